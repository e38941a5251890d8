/*
 * The forms that samples take in a TIFF row, and what becomes of them: bits with 1 = black, grey
 * bytes with 0 = black, or R, G, B bytes; transparent pixels lie on white paper.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

enum tiff_alpha { TIFF_ALPHA_NONE, TIFF_ALPHA_MULTIPLIED, TIFF_ALPHA_SEPARATE };

struct tiff_form {
    uint32_t width;
    uint16_t bits, samples; /* bits per sample, samples per pixel */
    uint16_t photometric;   /* as the rows come: a JPEG's YCbCr has become RGB */
    enum tiff_alpha alpha;  /* of the first extra sample */
    bool is_jpeg, is_fax;
    uint8_t palette[256][3];
};

/* ERR_UNSUPPORTED for a form that is not read here; otherwise the depth it decodes to. */
int tiff_form_check(const struct tiff_form *form, unsigned *ret_depth, struct err *err);

/* Bytes of a row as it comes, and of the two rows that tiff_form_row works in. */
size_t tiff_form_row_bytes(const struct tiff_form *form);
size_t tiff_form_scratch_bytes(const struct tiff_form *form);

/* Turns a raw row into the form of page_put_row. Returns `raw` or a place in `scratch`. */
const uint8_t *tiff_form_row(const struct tiff_form *form, uint8_t *raw, uint8_t *scratch);
