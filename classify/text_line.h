/*
 * A line of OCR words as plain characters: lower case, accents taken off, one blank between words,
 * and the word that each character comes from. What the fields are searched in. Internal to them.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "classify/verdict.h"
#include "ocr/ocr.h"

enum { TEXT_LINE_SIZE = 512 };

struct text_line {
    char plain[TEXT_LINE_SIZE]; /* ASCII; other characters are '~', the degree sign is 'o' */
    int words[TEXT_LINE_SIZE];  /* index into ocr_text.words, -1 for blanks */
    int length;
};

/* The line that begins with word `first`; returns the index of the first word after it. Characters
 * beyond TEXT_LINE_SIZE are dropped. */
size_t text_line_take(const struct ocr_text *text, size_t first, struct text_line *ret_line);

/* Round the words of characters from..to-1. */
struct box text_line_box(const struct ocr_text *text, const struct text_line *line, int from,
                         int to);
