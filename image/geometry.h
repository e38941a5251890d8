/*
 * Places on a page, in pixels: x from the left, y from the top.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* Covers x .. x + width - 1; width 0 is the empty box. */
struct image_box {
    int32_t x, y, width, height;
};

/* A straight stroke from (x0, y0) to (x1, y1), both on it. */
struct image_segment {
    int32_t x0, y0, x1, y1;
    int32_t thickness; /* mean, at least 1 */
};

/* Millimetres to pixels; `dpi` > 0. */
static inline int32_t image_pixels(double mm, double dpi)
{
    return (int32_t)(mm * dpi / 25.4 + 0.5);
}
