/*
 * Finding printed phrases in OCR text that may be wrong in places: accents and case do not count,
 * one letter in six may differ. Pure functions.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include <stdbool.h>

#include "ocr/ocr.h"

enum { PHRASE_WORDS_MAX = 12, PHRASE_WORD_SIZE = 32 };

/* Upper-case ASCII letters and digits of a UTF-8 word: "d'arrêt" gives "DARRET". Longer words are
 * cut. Returns the length. */
int phrase_normalise(const char *word, char ret_plain[PHRASE_WORD_SIZE]);

/* True when two normalised words differ in at most one letter per six of the longer. */
bool phrase_alike(const char *a, const char *b);

/* "avis d'arrêt de travail" split into normalised words, those of one or two letters dropped. */
struct phrase {
    char words[PHRASE_WORDS_MAX][PHRASE_WORD_SIZE];
    int count;
};
struct phrase phrase_of(const char *text);

struct phrase_hit {
    size_t first, last; /* words of the text */
    double line_share;  /* letters of the phrase over those of words about as high on its lines:
                           1 = stands alone, whatever small print is beside it */
    double height;      /* mean height of its words, pixels */
};

/* The first place at or after word `from` where the phrase stands, its words in order, on at most
 * three lines, with at most two short or unread words between. */
bool phrase_find(const struct phrase *phrase, const struct ocr_text *text, size_t from,
                 struct phrase_hit *ret_hit);
