/*
 * Patch codes: four bars, two wide and two narrow, across the leading edge of a separator sheet
 * (Kodak A-61599). Found in rows of dark pixels; the code is read from the nearest edge of the page
 * inwards, so that an upside-down sheet gives the same code. Internal to separators.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include <stdbool.h>

#include "classify/glance.h"
#include "classify/verdict.h"

enum patch_side { PATCH_TOP, PATCH_LEFT, PATCH_BOTTOM, PATCH_RIGHT, PATCH_SIDES };

struct patch {
    char code;      /* '1', '2', '3', '4', '6', 'T'; '\0': none */
    struct box box; /* glance pixels */
    double length;  /* of the bars, glance pixels */
};

/* The patch at each side of the page. Sizes must fit `dpi`, that of the page;
 * where none does (tags are wrong now and then) or it is 0, they only have to suit each other.
 * Returns how many sides have one. */
int patches_find(const struct glance *glance, double dpi, struct patch ret_patches[PATCH_SIDES]);

/* The six codes as bars, "WNNW" for '2'; NULL for another name. */
const char *patch_pattern(char code);
