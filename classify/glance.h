/*
 * A page at a glance: grey, reduced by whole pixels to some 75 to 150 dpi, and its dark pixels
 * against the local paper. What every cheap test of this folder looks at first. Made once per page,
 * 2 ms for A4 at 300 dpi.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

struct Pix;

struct glance {
    int width, height;
    int factor;           /* page pixels to a glance pixel, both ways */
    uint8_t *grey;        /* 0 black to 255 white, width x height */
    uint8_t *dark;        /* 1: darker than the paper around it by a fifth */
    uint8_t *dark_turned; /* the same with rows and columns exchanged, height x width */
};

/* Depth 1, 8 or 32; a page with a side below 32 pixels is ERR_UNSUPPORTED. Free with
 * glance_clear. */
int glance_make(const struct Pix *page, struct glance *ret_glance, struct err *err);
void glance_clear(struct glance *glance);

/* Rows of dark pixels: of the page as it is, or with rows and columns exchanged. Borrowed. */
struct dark_rows {
    const uint8_t *at;
    int width, height;
};
struct dark_rows glance_rows(const struct glance *glance, bool turned);
