/*
 * Reading lines with the fast recogniser: a model, the network and the search put together.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include <stdbool.h>

#include "base/bytes.h"
#include "ocr/engine.h"

struct fast_reader;

/* Takes the bytes of a .traineddata over, whatever comes out. ERR_FORMAT says why this model is not
 * for it. `plain`: without vector instructions, for tests. */
int fast_reader_new(struct buf *model, bool plain, struct fast_reader **ret_reader,
                    struct err *err);
void fast_reader_free(struct fast_reader **reader);

/* "plain" or "avx2". */
const char *fast_reader_kernels(const struct fast_reader *reader);

/* How sure a line is. */
struct fast_line_text {
    double assurance; /* 0..1, mean probability of what is read; 0 when nothing is */
    double worst;     /* 0..1, confidence of the least sure word */
};

/* Appends the words of a strip that holds one line (depth 1 or 8, some pixels of margin); boxes are
 * in pixels of the strip, its full height. */
int fast_reader_line(struct fast_reader *reader, const struct Pix *strip, struct ocr_text *text,
                     struct fast_line_text *ret_how, struct err *err);
