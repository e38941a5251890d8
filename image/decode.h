/*
 * From file bytes to pixels. The header is checked first (image/header.h); any error *or warning*
 * of libtiff while it reads a strip refuses the page, since a damaged G4 strip "succeeds"
 * otherwise. The orientation tag is applied, the resolution kept in the Pix. Pixels are Leptonica's
 * `struct Pix`: depth 1 (1 = black), 8 (grey, 0 = black) or 32 (RGB); no colour map, no alpha.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "base/bytes.h"
#include "base/err.h"

struct Pix;

struct image_decode_params {
    unsigned page;   /* from 1 */
    unsigned reduce; /* 1, 2, 4 or 8: a page of 1/reduce the width and height. JPEG: in the decoder,
                        far cheaper; bilevel becomes grey when reduce > 1 */
};
#define IMAGE_DECODE_DEFAULT ((struct image_decode_params){.page = 1, .reduce = 1})

/* Returns a page that the caller frees with image_free. Errors as image_header_read, and ERR_FORMAT
 * for damaged strips. Never more memory than IMAGE_DECODED_LIMIT_BYTES plus 16 MB. */
int image_decode(struct bytes file, const struct image_decode_params *params, struct Pix **ret_page,
                 struct err *err);

/* NULL-safe, nulls the pointer (pixDestroy). */
void image_free(struct Pix **page);
