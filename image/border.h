/*
 * The black that a scanner adds around the paper.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "base/err.h"
#include "image/geometry.h"

struct Pix;

struct border_params {
    double solid_mm;  /* black at least this thick in both directions, joined to the edge */
    double row_share; /* a row or column is border when this share of it is */
};
#define BORDER_DEFAULT ((struct border_params){.solid_mm = 2, .row_share = 0.5})

struct border {
    struct image_box paper; /* what is left when the border rows and columns are cut off */
    double black_share;     /* of the page that is border */
};

/* Bilevel page; `ret_clean` (may be NULL) becomes the page with the border white, also where it is
 * a wedge beside skewed paper. A page that is black all over has an empty `paper`. 5 ms for A4 at
 * 300 dpi. */
int border_find(const struct Pix *bits, const struct border_params *params,
                struct border *ret_border, struct Pix **ret_clean, struct err *err);

/* The rows and columns of a page of border pixels that are not border at both ends: what is left in
 * the middle. */
struct image_box border_trim(struct Pix *mask, double row_share);
