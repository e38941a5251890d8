/*
 * How white the paper is and how dark the ink, cell by cell: the map that thresholds are made of.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include <stdint.h>

#include "base/err.h"

struct Pix;

/* Square cells of this side in pixels; the last ones may be partly off the page. 16 pixels are
 * 1.4 mm at 300 dpi: wider than a stroke, narrower than a letter's line. */
enum { PAPER_CELL_PIXELS = 16 };

struct paper {
    uint32_t columns, rows;
    uint8_t *white; /* brightest mean of 2 x 2 pixels in the cell */
    uint8_t *dark;  /* darkest such mean */
    uint8_t level;  /* what is paper on most of the page: the 75th percentile of `white` */
};

/* Measures a page of depth 8, 0 = black, of at least 2 x 2 pixels. 3 ms for A4 at 300 dpi. */
int paper_measure(const struct Pix *grey, struct paper *ret_paper, struct err *err);

/* NULL-safe; leaves {0}. */
void paper_free(struct paper *paper);

/* Where a cell is so dark that it holds no paper (below `share` of the level), takes the brightest
 * of the cells around it, or `share` of the level: solid ink, a black border. */
int paper_fill_dark(struct paper *paper, double share, struct err *err);
