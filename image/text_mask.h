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

/* Makes a bilevel page; its resolution says what was reached. 2 ms for A4 at 300 dpi. */
int text_mask(const struct Pix *bits, const struct text_mask_params *params, struct Pix **ret_mask,
              struct err *err);

/* The resolution of a page: what it says, or else what makes its long side that of A4. */
int text_mask_dpi(const struct Pix *page);
