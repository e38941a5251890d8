/*
 * JPEG pages through libjpeg-turbo: grey, YCbCr, RGB, CMYK; baseline and progressive, 8 bits.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "image/decode.h"
#include "image/header.h"

/* As image_header_read, for a file that begins like a JPEG. */
int jpeg_header_read(struct bytes file, struct image_header *ret_header, struct err *err);

/* As image_decode, before orientation and resolution are applied. */
int jpeg_decode(struct bytes file, const struct image_decode_params *params, struct Pix **ret_page,
                struct err *err);
