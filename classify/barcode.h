/*
 * Barcodes on a page, through zbar: Code 39, 93, 128, Codabar, interleaved 2 of 5, EAN, UPC-A, QR.
 * Not DataMatrix, PDF417 or Aztec: zbar has no decoder for them.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "base/err.h"
#include "classify/verdict.h"

struct Pix;
struct glance;

enum { BARCODE_TEXT_SIZE = 128, BARCODES_MAX = 8 };

struct barcode {
    char kind[24];                /* "CODE-128", "CODE-39", "QR-Code", … as zbar names it */
    char text[BARCODE_TEXT_SIZE]; /* printable ASCII, the rest '?'; cut when longer */
    struct box box;               /* page pixels as scanned */
    int rotation;                 /* degrees counter-clockwise that it was turned, -1 unknown */
};

/* Number found on the whole page, at most BARCODES_MAX. */
int barcode_read(const struct Pix *page, struct barcode ret_codes[BARCODES_MAX], struct err *err);

/* The same for a part of it. */
int barcode_read_part(const struct Pix *page, const struct box *part,
                      struct barcode ret_codes[BARCODES_MAX], struct err *err);

/* Code 128 alone, on every eighth row and column of the whole page: a tenth of the time. */
int barcode_read_quick(const struct Pix *page, struct barcode ret_codes[BARCODES_MAX],
                       struct err *err);

/* Where the page looks like the bars of a linear code: many changes one way, none the other, over
 * 25 mm or so. Page pixels; false when nowhere. */
bool barcode_suspect(const struct glance *glance, struct box *ret_part);
