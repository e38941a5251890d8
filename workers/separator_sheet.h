/*
 * Separator sheets, A4: one before each envelope, one before each batch. A patch code at both short
 * ends (patch 2 reads the same upside down), a barcode and large French words. What the marks mean
 * stands in docs/separators.md.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include <cairo.h>

#include "base/err.h"

enum { SEPARATOR_SHEETS_LIMIT = 1000 }; /* in one file; more is a slip of the keyboard */

struct separator_sheet_params {
    const char *tenant; /* three digits: a batch sheet of this caisse; NULL: an envelope sheet */
    unsigned copies;    /* pages in the file, at least 1 */
};

/* Writes a PDF of `copies` equal pages, to stdout for the path "-". ERR_FORMAT: the tenant is not
 * three digits; ERR_LIMIT: too many copies; ERR_IO, ERR_FULL: the file cannot be written, and then
 * it is not there. */
int separator_sheet_write(const struct separator_sheet_params *params, const char *path,
                          struct err *err);

/* Draws one sheet on a cairo context whose unit is the millimetre, origin at the sheet's top left.
 * Errors as above. */
int separator_sheet_draw(const struct separator_sheet_params *params, cairo_t *cairo,
                         struct err *err);
