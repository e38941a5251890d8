/*
 * A strip of a page as the network wants it: 36 rows high, contrast stretched.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "ocr/fast/forward.h"

struct Pix;

/* `strip` of depth 1 or 8 holds one line, with some pixels of margin. ERR_LIMIT where it would come
 * out wider than FAST_STEPS_MAX steps. */
int fast_image_make(const struct Pix *strip, struct fast_image *ret_image, struct err *err);

/* 1 and an image whose black and white are those of the whole strip, where the middle row misleads:
 * it has few strokes, and the grain of the paper is taken for ink. 0 and none where it does not. */
int fast_image_make_anew(const struct Pix *strip, struct fast_image *ret_image, struct err *err);
