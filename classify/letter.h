/*
 * What the print of a page says of its kind, before anything is read: typed or handwritten, running
 * lines or the rulings, boxes and bars of a form.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include <stdbool.h>

#include "base/err.h"
#include "classify/layout.h"

/* Marks of one height, as a share: typed pages have more. */
#define LETTER_TYPED_REGULARITY 0.42

struct letter_look {
    int marks; /* letters and what looks like them */
    double
        regularity; /* share of marks of the commonest height: typed 0.45 to 0.9, hand below 0.4 */
    double joined;  /* mean width over height of marks: joined writing is wide */
    int words;      /* words of plausible size */
    int text_lines; /* lines of them */
    int bands, full_bands; /* strips as high as a line: with writing; filled over half the width */
    int comb_rows;         /* of marks that stand as in combs; 0 where there are many marks */
    double in_paragraphs;  /* share of the words' length on long lines that follow one another */
    int lines;             /* full rulings across the page: ruled paper has many, evenly spaced */
    bool ruled_paper;
    int rules; /* shorter rulings, those on one height counted once */
    int posts; /* vertical lines inside the page */
    int bars;
    bool typed;
    bool narrow; /* a strip: receipts are */
};

/* ERR_MEMORY. */
int letter_look(const struct layout *layout, struct letter_look *ret_look, struct err *err);
