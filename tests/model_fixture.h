/*
 * A language model small enough to be drawn: the chain of layers that the fast engine knows, with 8
 * states a layer, 8 characters and three word graphs, all numbers by chance. It reads nonsense, but
 * it is read like an installed one.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "base/bytes.h"

/* What a model may be instead of what the engine knows. */
enum model_kind {
    MODEL_KNOWN,
    MODEL_FLOATS,       /* weights as floats, as the "best" models have them */
    MODEL_TWO_CODES,    /* a character of several codes, as Chinese has them */
    MODEL_OTHER_CHAIN,  /* a layer of another type */
    MODEL_FLAT_LSTM,    /* an LSTM over two dimensions */
    MODEL_OTHER_HEIGHT, /* lines of 48 pixels */
    MODEL_EMBEDDED,     /* characters inside the network, as old models have them */
    MODEL_LEGACY,       /* no LSTM network at all */
    MODEL_BIG_ENDIAN,   /* written on a machine of the other byte order */
    MODEL_KINDS
};

/* ERR_MEMORY. The same kind gives the same bytes. */
int model_fixture(enum model_kind kind, struct buf *ret_model);
