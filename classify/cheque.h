/*
 * Is this page a cheque? Evidence from its size and from the magnetic line, and the quarter turn
 * that sets it upright: alone, at the bottom of an A4 page (lettre-chèque), upside down, its back.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include <stdbool.h>

#include "base/err.h"
#include "classify/micr.h"

struct Pix;
struct glance;
struct ocr;

struct cheque_evidence {
    double score; /* 0..1 */
    int rotation; /* as micr_band; only meaningful when `band` was found, otherwise 0 or 90 */
    double skew;
    bool size_fits;        /* the page, or the part of it below, is 175 x 80 mm within tolerance */
    bool foreign;          /* E-13B, or a line too coarse to tell: a cheque, for a person */
    bool far;              /* the line is farther from the edge than on any cheque */
    struct micr_band band; /* font MICR_NO_FONT when there is none */
    char reason[REASON_SIZE]; /* one sentence */
};

/* `glance` is of the same page; `dpi` is the page's own tag, 0 when unknown. At most a few
 * milliseconds on other pages. */
int cheque_look(const struct Pix *page, const struct glance *glance, double dpi,
                struct cheque_evidence *ret_evidence, struct err *err);

/* Does a line that is taken for E-13B, or one far from the edge, read as words, either way up? Then
 * it is a title in bold print, 3.2 mm a letter. 1, 0, or an error of ocr_read; one or two readings
 * of one line. */
int cheque_line_is_words(const struct Pix *page, const struct cheque_evidence *evidence,
                         struct ocr *ocr, struct err *err);

/* Reads the line of a page with a band; a foreign one is located only. A CMC-7 line is read and
 * proven with the printed key, which `ocr` reads from its zone (NULL: the line stays read at best).
 * Fills the fields FIELD_CMC7 and FIELD_RLMC_KEY of `verdict` and adds one reason. */
int cheque_read(const struct Pix *page, const struct cheque_evidence *evidence, struct ocr *ocr,
                struct verdict *verdict, struct err *err);
