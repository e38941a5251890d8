/*
 * Pages for the tests of image/ and ocr/, drawn with Leptonica's bitmap font: the same call draws
 * the same page. The caller frees each with image_free.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "base/bytes.h"

struct Pix;

/* A4 at 300 dpi, in pixels. */
enum { FIXTURE_WIDTH = 2480, FIXTURE_HEIGHT = 3508 };

/* A white bilevel page. */
struct Pix *fixture_page(int width, int height, int dpi);

/* Writes a line of text (letters 20 points high) with its upper left corner at x, y. */
void fixture_write(struct Pix *page, const char *text, int x, int y);

/* A4 at 300 dpi with a letter of 24 lines in lower case. */
struct Pix *fixture_letter(void);

/* A grey page: ink and paper level, paper darker by `shade` at the bottom than at the top, and
 * noise of +-`noise`. */
struct fixture_scan {
    int paper, ink, shade, noise;
};
struct Pix *fixture_scanned(struct Pix *bits, const struct fixture_scan *scan);

/* Small pages with a pattern in them: bilevel, grey (8) or colour (32). */
struct Pix *fixture_pattern(int width, int height, int depth, unsigned seed);

/* The next of a row of numbers that looks random; start with any seed. */
unsigned fixture_random(unsigned *seed);

/* The file that image_encode makes of the page; fails the test when it cannot. */
struct buf fixture_encoded(const struct Pix *page);
