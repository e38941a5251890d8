/*
 * Front and back of one sheet: a duplex scanner sees the same paper from both sides, so they are of
 * one size. Where they are not, two sheets lay one on the other.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include <stdbool.h>

struct Pix;

struct side_size {
    double width, height; /* mm; 0 where the resolution is not known */
};

enum {
    SIDES_DIFFER_MM = 8 /* two heads crop a skewed sheet up to 5 mm apart */
};

struct side_size side_size_of(const struct Pix *page, double x_dpi, double y_dpi);

/* False when width or height differ by more than SIDES_DIFFER_MM; sizes that are not known match.
 */
bool sides_match(struct side_size front, struct side_size back);
