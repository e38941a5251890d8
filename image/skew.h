/*
 * By how much a page lies askew.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "base/err.h"

struct Pix;

struct skew_params {
    double most_degrees;   /* looked for on both sides */
    double finest_degrees; /* step of the last search */
};
#define SKEW_DEFAULT ((struct skew_params){.most_degrees = 15, .finest_degrees = 0.02})

struct skew {
    double degrees;    /* the page was turned by this, counter-clockwise positive */
    double confidence; /* 0..1; below 0.3 there were no lines to judge by, and degrees is 0 */
};

/* Bilevel page, lines of text level or upright (a sideways page has the same skew). 10 ms for A4 at
 * 300 dpi. */
int image_skew(const struct Pix *bits, const struct skew_params *params, struct skew *ret_skew,
               struct err *err);
