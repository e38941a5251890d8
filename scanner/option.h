/*
 * SANE options by name, as text: "yes"/"no", numbers, texts. Names are looked up at every call, for
 * setting one option may move, add or switch off others.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include <sane/sane.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

enum {
    OPTION_TEXT_MAX = 256, /* a value as text; longer ones are of no use here */
    OPTION_COUNT_LIMIT = 1024,
    OPTION_VALUE_LIMIT_BYTES = 64 << 10 /* what a driver may claim a value needs */
};

/* The descriptor of the active option of that name and its number, or NULL. */
const SANE_Option_Descriptor *option_find(SANE_Handle handle, const char *name, SANE_Int *ret_at);

/* Reads a value; ERR_NOT_FOUND: no such active and readable option; ERR_DEVICE: the driver fails;
 * ERR_UNSUPPORTED: a list of numbers. Text that does not fit is cut. */
int option_get(SANE_Handle handle, const char *name, char ret_text[OPTION_TEXT_MAX],
               struct err *err);

/* The same as a whole number: yes = 1, no = 0. A text is ERR_FORMAT. */
int option_get_number(SANE_Handle handle, const char *name, double *ret_number, struct err *err);

/* Sets a value. "max" stands for the end of a number's range, "off" for no, 0 or the texts "Off"
 * and "None". Of a list of texts exactly the one given is taken, never a prefix. ERR_NOT_FOUND: no
 * such active and settable option; ERR_FORMAT: not a value of its type or not in its list;
 * ERR_DEVICE: the driver refuses. */
int option_set(SANE_Handle handle, const char *name, const char *text, struct err *err);

/* True when a value read back is the one asked for; numbers may be `within` apart. */
bool option_stands(SANE_Handle handle, const char *name, const char *asked, double within);
