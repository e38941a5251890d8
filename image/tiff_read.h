/*
 * TIFF pages through libtiff: strips, codecs none, G3, G4, LZW, deflate, PackBits and JPEG;
 * bilevel, grey, palette and RGB of 1 to 16 bits. Refused: tiles, planes, CMYK, YCbCr without JPEG.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "image/decode.h"
#include "image/header.h"

/* As image_header_read, for a file that begins like a TIFF. */
int tiff_header_read(struct bytes file, unsigned page, struct image_header *ret_header,
                     struct err *err);

/* As image_decode, before orientation and resolution are applied. */
int tiff_decode(struct bytes file, const struct image_decode_params *params, struct Pix **ret_page,
                struct err *err);
