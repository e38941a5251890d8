/*
 * An insured number that the first reading of a page does not prove is read again from its own
 * line, smaller and larger: what was misread at one size seldom is at another, and the key decides.
 * So is a line that came out as rubbish on a page that reads well.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "classify/fields.h"

/* What was read, and by whom; borrowed. */
struct number_source {
    const struct Pix *page;
    int dpi;
    const struct ocr_text *text;
    struct ocr *ocr;
};

/* Fills `ret_field` when a key proves a number in two readings, or in one of high confidence;
 * leaves it otherwise. Readings that prove different numbers prove none. Five readings for each of
 * at most NIR_SUSPECTS_MAX lines that may be such a number. ERR_MEMORY, and what ocr_read says. */
int read_number_again(const struct number_source *source, struct field *ret_field, struct err *err);
