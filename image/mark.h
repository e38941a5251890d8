/*
 * One mark on a side: where it lies, how much ink it has, how thin and straight it is. What blank.h
 * judges by.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "image/geometry.h"

struct Pix;

struct mark {
    struct image_box box; /* pixels */
    double width, height; /* mm */
    double longer, area;  /* mm, mm2: the longer side of the box; the ink */
    double length;        /* mm: of the ink along its main direction, were it an even line */
    double thickness;     /* mm: across it, likewise */
};

/* The ink of a bilevel page inside a box. */
struct mark mark_measure(struct Pix *bits, const struct image_box *box, double dpi);
