/*
 * One character of a straightened magnetic line against the fifteen of CMC-7, by two readings that
 * share no step: the likeness to drawn templates, and the distances of the seven strokes. Internal
 * to the reader of magnetic lines.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include <stdbool.h>

#include "classify/cmc7.h"
#include "classify/micr_strip.h"

enum { PATCH_COLUMNS = 36, PATCH_ROWS = 44 };

/* Templates for one resolution; about 200 KB. */
struct micr_templates {
    float fine[CMC7_GLYPHS][PATCH_ROWS * PATCH_COLUMNS];  /* strokes apart, mean 0, norm 1 */
    float shape[CMC7_GLYPHS][PATCH_ROWS * PATCH_COLUMNS]; /* strokes smeared together */
};

/* `pixel` is the width of a page pixel in strip pixels, `tall` the height of the print relative to
 * its pitch (1 = as the standard). */
void micr_templates_draw(struct micr_templates *templates, double pixel, double tall);

/* A place to look at: the middle of a character and how far from it, strip pixels. */
struct micr_place {
    double column, row;
    int columns_off, rows_off;
};

struct micr_match {
    double column, row;             /* middle of the character where the likeness is greatest */
    int fine, shape;                /* glyph of greatest likeness, -1 none */
    double fine_score, fine_margin; /* likeness -1..1 and its lead over the second */
    double shape_score, shape_margin;
    int stroke;           /* glyph that the strokes say, -1 when seven are not seen */
    double stroke_margin; /* (narrower of the wide - widest of the narrow) / mean narrow */
};

/* Matches at a place. `smeared` is the strip after micr_smear. */
void micr_match_at(const struct strip *strip, const struct strip *smeared,
                   const struct micr_templates *templates, const struct micr_place *place,
                   struct micr_match *ret_match);

/* A copy with the strokes of a character smeared together (box of 0.4 mm along the line). */
int micr_smear(const struct strip *strip, struct strip *ret_smeared, struct err *err);

/* Only the strokes: seven peaks of the column sums within the character at `column`, `row`. */
int micr_strokes_at(const struct strip *strip, double column, double row, double *ret_margin);
