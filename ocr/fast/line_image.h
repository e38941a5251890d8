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
