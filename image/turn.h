/*
 * Putting a page straight: exact quarter turns, and small angles. Resolution is kept, and its axes
 * follow a quarter turn.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "base/err.h"
#include "image/geometry.h"

struct Pix;

/* Undoes a rotation of 0, 90, 180 or 270 degrees counter-clockwise. Exact: every pixel is kept. */
int turn_upright(const struct Pix *page, int rotation, struct Pix **ret_page, struct err *err);

/* Undoes a skew (degrees, counter-clockwise positive, at most 45) about the middle of the page; the
 * page keeps its size and what comes in is white. Bilevel pages by shears (1 ms), grey and colour
 * by area weights (A4 at 300 dpi: grey 60 ms, colour 100 ms). Below 0.02 degrees: a copy. */
int turn_straight(const struct Pix *page, double skew, struct Pix **ret_page, struct err *err);

/* Where a box of the page after turn_upright(rotation) lay before it; `width` and `height` are
 * those of the page before. */
struct image_box turn_back(struct image_box box, int rotation, int32_t width, int32_t height);
