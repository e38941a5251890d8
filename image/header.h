/*
 * What an image file says of itself, read before any pixel is decoded. Formats: TIFF, JPEG, PNG,
 * told by their bytes, never by a file name. Every limit of image/ stands here.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include <stdint.h>

#include "base/bytes.h"
#include "base/err.h"

enum {
    IMAGE_FILE_LIMIT_BYTES = 256 << 20,    /* one file; a 64-page colour TIFF stays below */
    IMAGE_DECODED_LIMIT_BYTES = 150000000, /* one page decoded; design section 11 */
    IMAGE_SIDE_LIMIT_PIXELS = 32768,       /* width or height; 2.7 m at 300 dpi */
    IMAGE_PAGES_LIMIT = 64                 /* image file directories in one TIFF */
};

enum image_format { IMAGE_TIFF, IMAGE_JPEG, IMAGE_PNG };

struct image_header {
    enum image_format format;
    unsigned pages;         /* 1 for JPEG and PNG */
    uint32_t width, height; /* pixels, before the orientation tag is applied */
    unsigned depth;         /* bits per pixel as decoded: 1, 8 or 32 */
    double x_dpi, y_dpi;    /* 0 when the file does not say, or says nonsense (< 50 or > 1200) */
    unsigned orientation;   /* 1..8, TIFF and EXIF numbering; 1 when absent */
    const char *codec;      /* "g4", "g3", "lzw", "deflate", "jpeg", "packbits", "none", "png" */
    uint64_t decoded_bytes; /* what a full decode will hold */
};

/* Reads the header of page `page` (from 1). ERR_FORMAT: not an image, damaged; ERR_UNSUPPORTED: a
 * codec or pixel form not read here; ERR_LIMIT: a limit above, with value and limit in the text;
 * ERR_NOT_FOUND: no such page. Costs no more than the directory; decodes nothing. */
int image_header_read(struct bytes file, unsigned page, struct image_header *ret_header,
                      struct err *err);

/* "tiff", "jpeg", "png" */
const char *image_format_name(enum image_format format);
