/*
 * Steps that finding and reading a magnetic line share. Internal to the reader of magnetic lines.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "classify/micr.h"
#include "classify/micr_match.h"
#include "classify/micr_strip.h"

/* A part of a line under close look. */
struct line_view {
    struct strip strip, smeared;
    double row;   /* middle of the print */
    double phase; /* column of the middle of some character, 0..STRIP_PITCH */
};

/* Straightens and smears. */
int line_view_take(const struct Pix *page, const struct strip_frame *frame, int columns,
                   struct line_view *ret_view, struct err *err);
/* Finds where characters stand from the sums of rows and columns between two columns. */
void line_view_place(struct line_view *view, int from, int to);
void line_view_clear(struct line_view *view);

/* Mean likeness of up to `looks` characters around the middle of the view. */
double line_likeness(const struct line_view *view, const struct micr_templates *templates,
                     int looks);

enum { MICR_PLACES_MAX = 80 };

/* Characters from left to right, one a pitch; a blank has glyph `fine` -1. Columns and rows are
 * those of `frame`. */
struct micr_sequence {
    struct strip_frame frame;
    int count;
    struct micr_match at[MICR_PLACES_MAX];
};

/* Matches every character of the line that the band is a part of. Empty when nothing is there. */
int micr_follow(const struct Pix *page, const struct micr_band *band,
                struct micr_sequence *ret_sequence, struct err *err);
