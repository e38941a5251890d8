/*
 * The checks that every format passes before a pixel is decoded: sides, decoded bytes. Only the
 * readers of image/ include this.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "image/header.h"

/* Room beside the decoded page for codec state, a row, a reduced copy: decode.h's promise. */
enum { IMAGE_WORKING_LIMIT_BYTES = 16 << 20 };

/* Bytes of a Pix of that shape; UINT64_MAX when they cannot be counted. */
uint64_t image_pixel_bytes(uint32_t width, uint32_t height, unsigned depth);

/* Fills decoded_bytes from width, height, depth and orientation (a quarter turn holds the page
 * twice) plus `extra` bytes that the decoder keeps; 0 or ERR_LIMIT. */
int image_check_limits(struct image_header *header, uint64_t extra, struct err *err);

/* `dpi` where it is between 50 and 1200, otherwise 0. */
double image_sane_dpi(double dpi);
