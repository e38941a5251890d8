/*
 * What on a bilevel page may be writing, small: solid areas (borders, holes, bars) and long
 * straight lines (rulings, scanner streaks) are taken away. Skew and orientation look at this.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "base/err.h"

struct Pix;

struct text_mask_params {
    int dpi;         /* of the page; > 0 */
    int reduced_dpi; /* wanted: the page is halved while it stays at or above this */
};

/* Both bilevel and of one size; their resolution says what was reached. */
struct text_mask {
    struct Pix *page;    /* the page, halved only: its edges are those of the ink */
    struct Pix *writing; /* what of it may be writing */
};

/* 4 ms for A4 at 300 dpi. */
int text_mask(const struct Pix *bits, const struct text_mask_params *params,
              struct text_mask *ret_mask, struct err *err);

/* NULL-safe; leaves {0}. */
void text_mask_free(struct text_mask *mask);

/* The resolution of a page: what it says, or else what makes its long side that of A4. */
int text_mask_dpi(const struct Pix *page);
