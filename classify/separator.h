/*
 * Separator sheets: patch codes (Kodak A-61599) in any quarter turn, and tripli's own sheets with
 * a barcode. docs/separators.md has the table that says which mark wins. A barcode of any other
 * kind on a page makes no separator of it.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include <stdbool.h>

#include "base/err.h"
#include "classify/verdict.h"

struct Pix;
struct glance;

enum separator_level { SEPARATOR_NONE, SEPARATOR_ENVELOPE, SEPARATOR_BATCH };

enum { SEPARATOR_CODE_SIZE = 40, PATCH_BARS = 4 };

struct separator {
    enum separator_level level;     /* SEPARATOR_NONE: this page is not a separator */
    char code[SEPARATOR_CODE_SIZE]; /* "patch-2", "tripli-e", "tripli-b:061" */
    int rotation;                   /* degrees counter-clockwise that the sheet was turned; a patch
                                       at both ends alone leaves open which of them is up */
    struct box box;
    char reason[REASON_SIZE];
};

/* Cheap on ordinary pages: barcodes are only tried where a page has their bars and little else. */
int separator_find(const struct Pix *page, const struct glance *glance, double dpi,
                   struct separator *ret_separator, struct err *err);

/* What FIELD_SEPARATOR holds: "batch:tripli-b:061", "envelope:patch-2"; false when none. */
bool separator_field(const struct separator *separator, char ret_value[FIELD_VALUE_SIZE]);

/* Widths in mm of bar, space, bar, … (7 of them) of patch '1', '2', '3', '4', '6', 'T'; bars are
 * 60 mm long, 10 mm from the edges. False for other names. */
bool separator_patch_bars(char patch, double ret_widths[2 * PATCH_BARS - 1]);

/* The barcode payload of tripli's sheets: "TRIPLI:E", or "TRIPLI:B:061". `tenant` NULL for an
 * envelope; false when it is not three digits. */
bool separator_payload(const char *tenant, char ret_payload[SEPARATOR_CODE_SIZE]);
