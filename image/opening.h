/*
 * Opening of black and white pages by a box: what is left of the ink is what boxes of that size,
 * lying wholly on ink and on the page, cover. By a box of 60 x 1: the level runs of 60 pixels and
 * more.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "base/err.h"

struct Pix;

/* A new page; the same as Leptonica's pixOpenBrick, in log2 steps of the size instead of one a
 * pixel. Depth 1; width and height of the box in pixels, at least 1. ERR_MEMORY. */
int image_open(const struct Pix *page, int width, int height, struct Pix **ret_opened,
               struct err *err);
