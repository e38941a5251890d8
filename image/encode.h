/*
 * From pixels to the bytes that are kept: bilevel as TIFF G4 in one strip, grey and colour as plain
 * JPEG (4:2:0, libjpeg-turbo). The resolution of the Pix is written.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "base/bytes.h"
#include "base/err.h"

struct Pix;

struct image_encode_params {
    /* 1..100. At 60 the noise of white paper falls below the quantiser's step: 285 KB for an A4
     * page in grey at 300 dpi against 640 KB at 75, and print looks the same. */
    int jpeg_quality;
};
#define IMAGE_ENCODE_DEFAULT ((struct image_encode_params){.jpeg_quality = 60})

/* Appends the encoded page to `ret_file`. The same pixels give the same bytes. Depth 1, 8 or 32. */
int image_encode(const struct Pix *page, const struct image_encode_params *params,
                 struct buf *ret_file, struct err *err);

/* Page `page` (from 1) of a multi-page TIFF as a TIFF of its own, compressed strips copied byte for
 * byte, tags kept. A one-page file of any format is copied whole. Errors as image_header_read. */
int image_split(struct bytes file, unsigned page, struct buf *ret_file, struct err *err);
