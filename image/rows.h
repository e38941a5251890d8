/*
 * A page that is filled row by row from the top, reduced on the way: cell means of 2, 4 or 8 pixels
 * square, so that a reduced decode never holds the full page.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include <stdint.h>

#include "base/err.h"

struct Pix;
struct rows;

/* The page as it comes in; `depth` 1, 8 or 32. A bilevel page becomes grey (0 = black) when
 * `reduce` > 1. The page made measures width/reduce x height/reduce, rounded up. */
struct rows_shape {
    uint32_t width, height;
    unsigned depth, reduce;
};

/* ERR_LIMIT when the page made would exceed IMAGE_DECODED_LIMIT_BYTES, ERR_MEMORY. */
int rows_new(const struct rows_shape *shape, struct rows **ret_rows, struct err *err);
void rows_free(struct rows **rows);

/* The next row in the form of page_put_row. At most `height` of them. */
void rows_put(struct rows *rows, const uint8_t *row);

/* Hands the page over; every row must have been put. */
struct Pix *rows_take(struct rows *rows);
