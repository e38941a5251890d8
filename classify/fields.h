/*
 * Fields read from text and zones, each proven, read or absent, never silently wrong. Text comes as
 * the OCR's words with their boxes; the page is upright, boxes are its pixels.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "base/day.h"
#include "base/err.h"
#include "classify/verdict.h"
#include "ocr/ocr.h"

struct Pix;

struct fields_context {
    struct day receipt; /* dates after it are not events; {0}: unknown */
    enum tag tag;       /* what the page is, TAG_NONE when not yet known */
};

/* Fills every field that the text gives (nir, date, cerfa, volet, organisation); leaves others.
 * A field already proven is left as it is. */
void fields_of_text(const struct ocr_text *text, const struct fields_context *context,
                    struct field fields[FIELD_COUNT]);

/* The insured number: 15 characters, blanks or points between, usual confusions of OCR undone,
 * accepted only when the key proves it and no second reading does. Otherwise absent, with the box
 * of what looks like one. */
void field_find_nir(const struct ocr_text *text, struct field *ret_field);

/* May a number that a key proves still be misread? One in 97 misread numbers has a key that fits:
 * so when its words were read with low confidence, or when it begins like the rare numbers of
 * people not yet registered (3, 4, 7, 8), as one that has lost a digit may. Then a second reading
 * must agree (classify/read_again.h). */
bool field_nir_is_doubtful(const struct ocr_text *text, const struct field *nir);

/* Boxes of lines that may hold an insured number that was misread: many digits, or rubbish on a
 * page that reads well. Returns how many. */
enum { NIR_SUSPECTS_MAX = 3 };
int field_nir_suspects(const struct ocr_text *text, struct box ret_boxes[NIR_SUSPECTS_MAX]);

/* "12/03/2026", "12.03.26", "12 mars 2026", "1er mars 2026"; ISO. The event date of a letter is its
 * own date: the first plausible one. Read at best. */
void field_find_date(const struct ocr_text *text, const struct fields_context *context,
                     struct field *ret_field);
void field_find_cerfa(const struct ocr_text *text, struct field *ret_field);
void field_find_volet(const struct ocr_text *text, struct field *ret_field);
void field_find_organisation(const struct ocr_text *text, struct field *ret_field);

/* Digits in the boxes of a form. */
struct comb {
    struct box zone; /* round all boxes, upright page pixels */
    int cells;       /* 15 for an insured number, 8 for a date */
    int dpi;
};

enum comb_look {
    COMB_EMPTY,  /* fewer marks than half the boxes, or specks of a tint */
    COMB_PROVEN, /* typed digits whose key is right */
    COMB_TYPED,  /* typed digits that no key proves: a finer look may help */
    COMB_WRITTEN /* handwriting, a stamp */
};

/* Reads typed digits in a comb: boxes' rulings are taken out, the zone is read by `ocr`; an insured
 * number counts only when its key proves it. Handwriting stays absent with the box to cut out. What
 * the comb holds (enum comb_look), or an error. */
int field_read_nir_comb(const struct Pix *page, const struct comb *comb, struct ocr *ocr,
                        struct field *ret_field, struct err *err);
