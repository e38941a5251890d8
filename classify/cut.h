/*
 * Cutting a part out of a page so that it stands upright and straight, and finding the way back: a
 * box on the cut-out as a box on the page as scanned.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include <stdbool.h>

#include "base/err.h"
#include "classify/layout.h"
#include "classify/verdict.h"

struct Pix;

/* Millimetres of the layout, seen upright. */
struct rect_mm {
    double x, y, width, height;
};

struct cut_params {
    const struct Pix *page;      /* the page that the layout was read from, any resolution */
    const struct layout *layout; /* says how it is turned and skewed */
    bool flipped;                /* and whether its top is down */
    struct rect_mm zone;         /* width 0: the whole page */
    double margin;               /* mm added on each side */
    double least_skew;           /* degrees; less is left as it is */
};

struct cut {
    struct Pix *pix; /* depth of the page */
    struct box zone; /* the zone without its margin, pixels of the cut-out */
    double pixels_per_mm;
    double back_x[3], back_y[3]; /* page x = back_x[0] + back_x[1] * u + back_x[2] * v */
};

/* ERR_NOT_FOUND: the zone lies outside the page; ERR_MEMORY. Free with cut_free. */
int cut_out(const struct cut_params *params, struct cut *ret_cut, struct err *err);
void cut_free(struct cut *cut);

/* The box on the page as scanned that holds `at`, clipped to the page's upper left. */
struct box cut_box_on_page(const struct cut *cut, struct box at);
