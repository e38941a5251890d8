/*
 * Rows of single characters as wide apart as the boxes of a comb: what stays of a form's combs when
 * its print was lost in scanning.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include <stddef.h>

/* Marks that may stand in a comb; a page with more has print enough to be known by it. */
enum { COMB_MARKS_MAX = 600 };

/* A mark by its centre and height, mm on the upright page. */
struct comb_mark {
    float x, y, height;
};

/* Rows of at least COMB_ROW_LEAST marks one pitch apart (4.2 to 5.6 mm: boxes of French official
 * forms are 4.85 to 5 mm wide), nothing between them. Sorts `marks` by x; at most COMB_MARKS_MAX.
 */
enum { COMB_ROW_LEAST = 7 /* a date has 8, an organisation 9, an insured number 13 */ };
int comb_rows_count(struct comb_mark *marks, size_t count);
