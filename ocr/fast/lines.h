/*
 * Finding the lines of text on a page or in a zone of it, in one or several columns: what the fast
 * recogniser reads instead of asking Tesseract's page layout. Bottom up: blobs of ink, letters
 * among them, chains of letters, lines, reading order; every size is that of the neighbourhood.
 * It knows what it does not know: `safe` is false where another layout should read.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include <stdbool.h>

#include "base/err.h"
#include "ocr/ocr.h"

/* A page of small print has 250 lines, a dense form 400 pieces; above this the page is refused. */
enum { FAST_LINES_MOST = 1500 };

/* Page pixels. */
struct fast_line {
    struct ocr_rect box;   /* marks, ascenders, descenders, 4 px around; on the page */
    struct ocr_rect strip; /* to be cut out: the box once the line is levelled, in the rows of its
                              middle column; the box itself when the line is level already */
    float slope;           /* pixels down per pixel to the right */
    float baseline_left, baseline_right; /* y at the box's left and right edge */
    float x_height;                      /* of a line in capitals or digits: 0.72 of their height */
    int32_t block;                       /* lines that stand together share a number, from 0 up */
};

struct fast_layout {
    struct fast_line *lines; /* in reading order: columns one after the other */
    size_t count;
    float coverage;  /* share of letter-sized blobs inside the lines, 0..1; 1 without any */
    float evenness;  /* share of the lines' letters that stand on their line, 0..1: print is above
                        0.92, most handwriting, worn typescript and pictures below */
    float cleanness; /* share of the lines' letters that stand in lines of six or more, nearly all
                        of them even, 0..1: of clean print all do, of typescript and handwriting few
                      */
    bool safe;       /* the lines are all the text, as far as can be told */
};

/* Depth 1, 8 or 32; text upright, askew by 4 degrees at most. A zone of width 0, or NULL, is the
 * whole page; it must lie on the page. A page of noise is no error: it has no lines and is not
 * safe. 15 to 30 ms for A4 at 300 dpi. ERR_MEMORY. Free with fast_layout_free. */
int fast_layout_find(const struct Pix *page, int dpi, const struct ocr_rect *zone,
                     struct fast_layout *ret_layout, struct err *err);

/* The line's strip as a picture of its own, depth as the page: levelled by moving its columns up
 * and down by whole pixels, white where it leaves the page. ERR_MEMORY. Free with image_free. */
int fast_line_cut(const struct Pix *page, const struct fast_line *line, struct Pix **ret_strip,
                  struct err *err);

/* The page's row that is the strip's first in the page's column `x`. */
int32_t fast_line_top(const struct fast_line *line, int32_t x);

/* NULL-safe; leaves {0}. */
void fast_layout_free(struct fast_layout *layout);
