/*
 * PNG pages through libpng: every colour type, transparent pixels lie on white paper. A file of one
 * bit per pixel in black and white is a bilevel page.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "image/decode.h"
#include "image/header.h"

/* As image_header_read, for a file that begins like a PNG. */
int png_header_read(struct bytes file, struct image_header *ret_header, struct err *err);

/* As image_decode, before resolution is applied. */
int png_decode(struct bytes file, const struct image_decode_params *params, struct Pix **ret_page,
               struct err *err);
