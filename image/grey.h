/*
 * Colour to grey: luminance by the weights of ITU-R BT.601 (0.299, 0.587, 0.114), or the darkest of
 * the three colours, in which no coloured ink is pale.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include <stdint.h>

#include "base/err.h"

struct Pix;

/* A new page of depth 8, 0 = black, from depth 1, 8 or 32; resolution kept. */
int image_grey(const struct Pix *page, struct Pix **ret_grey, struct err *err);
int image_darkest(const struct Pix *page, struct Pix **ret_grey, struct err *err);

/* Of one pixel of a page of depth 32, as image_grey takes it. */
uint8_t image_luminance(uint32_t pixel);
