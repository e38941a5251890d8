/*
 * A magnetic line set straight: the page resampled along the line so that every character is
 * STRIP_PITCH pixels from the next, whatever the resolution, skew and turn of the page. Internal to
 * the reader of magnetic lines.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "base/err.h"

struct Pix;

enum {
    STRIP_PITCH = 40, /* 12.6 pixels per mm: the narrow distance is 3.8 pixels */
    STRIP_ROWS = 88,  /* 7 mm: the characters' 36 rows and room to look for them */
    STRIP_COLUMNS_MAX = 80 * STRIP_PITCH /* 254 mm, longer than any cheque */
};

#define STRIP_PX_PER_MM (STRIP_PITCH / 3.175)

/* Where a strip lies: page pixel of its left middle, reading direction, page pixels per strip
 * pixel along and across, and how far the strokes lean (dx per dy, strip pixels). */
struct strip_frame {
    double x, y, ux, uy;
    double along, across;
    double lean;
};

/* Darkness 0 (white) to 255, `columns` x STRIP_ROWS, row by row. Outside the page is white. */
struct strip {
    struct strip_frame frame;
    int columns;
    float *dark;
};

int strip_take(const struct Pix *page, const struct strip_frame *frame, int columns,
               struct strip *ret_strip, struct err *err);
void strip_clear(struct strip *strip);

/* Page position of a strip position. */
void strip_to_page(const struct strip_frame *frame, double column, double row, double *ret_x,
                   double *ret_y);

/* The same frame seen from the other end, `columns` further on and turned by 180 degrees. */
struct strip_frame strip_turned(const struct strip_frame *frame, int columns);
