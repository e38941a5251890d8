/*
 * The print of a page as boxes: words, filled bars, rulings, in millimetres of an upright, deskewed
 * page, together with the reduced ink they were taken from. It is what forms are compared by;
 * it holds no picture of the page in more than 100 dpi and no colour.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct Pix;

enum layout_kind {
    LAYOUT_WORD, /* letters joined over gaps of LAYOUT_JOIN_MM */
    LAYOUT_BAR,  /* filled, long, higher than a line */
    LAYOUT_RULE, /* a horizontal line */
    LAYOUT_POST  /* a vertical line */
};

/* Left, top, width, height; the page's upper left corner is 0, 0. */
struct layout_box {
    float x, y, width, height;
    enum layout_kind kind;
};

enum { LAYOUT_BOXES_MAX = 4000 }; /* a page of the smallest print has some 1 500 words */

struct layout {
    float width, height; /* mm, when the longer side is taken to be that of A4 */
    float pixels_per_mm; /* of `ink` */
    int rotation;        /* quarter turn taken back: 0 or 90; which of it and +180 is not known */
    double skew;         /* degrees taken back, counter-clockwise positive */
    double sideways;     /* how sure the quarter turn is: strength of lines along over across */
    struct Pix *ink;     /* depth 1, turned and deskewed; grown so that no corner is lost */
    int32_t turned_width, turned_height; /* pixels of the ink before it was deskewed */
    struct layout_box *boxes;
    size_t count;
};

struct layout_params {
    const struct Pix *page; /* depth 1, 8 or 32, any size: best near 100 to 150 dpi of an A4 page */
    int turn;               /* 0 or 90 to set the quarter turn, -1 to find it */
};

/* The ink of a page as given (not turned), its longer side at most `long_side` pixels. */
int layout_ink(const struct Pix *page, int long_side, struct Pix **ret_ink, struct err *err);

/* Errors: ERR_MEMORY, ERR_LIMIT (a side below 16 pixels). Free with layout_free. */
int layout_read(const struct layout_params *params, struct layout *ret_layout, struct err *err);
void layout_free(struct layout *layout);

/* The same boxes seen from the other end: turned by 180 degrees. */
struct layout_box layout_box_flipped(const struct layout *layout, struct layout_box box);
