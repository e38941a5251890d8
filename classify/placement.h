/*
 * Registration: how a form model lies on the print of a page. Shift, scale, shear and a smooth
 * local stretch; the page may be turned by 180 degrees. Pure functions on boxes.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "classify/layout.h"

enum { STRETCH_COLUMNS = 5, STRETCH_ROWS = 9 }; /* nodes some 50 x 37 mm apart on A4 */

struct point_mm {
    double x, y;
};

struct placement {
    bool flipped;           /* the page must be turned by 180 degrees first */
    double x[3], y[3];      /* page x = x[0] + x[1] * model x + x[2] * model y; the same for y */
    struct point_mm extent; /* of the model: where the stretch nodes end */
    struct point_mm stretch[STRETCH_ROWS][STRETCH_COLUMNS]; /* added after the affine part */
    double found;  /* 0..1: share of the model's print that is on the page, by weight */
    double chance; /* 0..1: the same for the model put in wrong places: what any such page gives */
    double score;  /* (found - chance) / (1 - chance), not below 0 */
};

/* The print of a form, mm from its upper left corner. */
struct form_print {
    double width, height;
    const struct layout_box *boxes;
    size_t count;
};

/* Finds the best placement of the print on the page; score 0 when there is none worth the name.
 * Scale 0.83 to 1.2, shift up to 45 mm, what skew the layout left. ERR_MEMORY. */
int placement_find(const struct form_print *print, const struct layout *layout,
                   struct placement *ret_placement, struct err *err);

/* Scores a print on a page where it lies like `known` (another model of the same form). */
int placement_score(const struct form_print *print, const struct layout *layout,
                    struct placement *known, struct err *err);

/* For each box of the print: true when it is on the page. `ret_found` has print->count places. */
int placement_presence(const struct form_print *print, const struct layout *layout,
                       const struct placement *placement, bool *ret_found, struct err *err);

/* A point of the model on the layout, mm, seen from the end that `flipped` names. */
struct point_mm placement_map(const struct placement *placement, struct point_mm model);
