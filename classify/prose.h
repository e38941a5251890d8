/*
 * Is this running text? Letters are made of sentences: small words, lower case, full lines. Forms,
 * receipts and lists are made of labels and figures.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "ocr/ocr.h"

struct prose {
    int words;         /* all that was read */
    double confidence; /* the engine's mean, 0..1 */
    /* Shares of the words that the engine is fairly sure of: */
    double small;   /* articles, prepositions, pronouns (French, English, German, Danish) */
    double lower;   /* lower-case words of two letters or more */
    double figures; /* digits among all characters */
    /* Shares of all words and of all lines: */
    double in_long_lines; /* words on lines of seven or more */
    double in_paragraphs; /* words on lines of six or more that follow or precede such a line */
    double labels;        /* lines with a word that ends in a colon */
    int courtesies;       /* "Madame", "Monsieur", "salutations", "Dear", … */
};

struct prose prose_of_text(const struct ocr_text *text);
