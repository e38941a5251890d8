/*
 * What readings of many pages add up to, in all and by class of page.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "bench/engines/reading.h"

enum { WORD_LETTERS = 3, CLASSES_MAX = 48, CLASS_NAME_SIZE = 64 };

struct tally {
    int pages;
    int fallbacks[OCR_FALLBACK_COUNT]; /* of the fast engine */
    double ms[ENGINES];                /* sums */
    double steps[OCR_STEP_COUNT];      /* of the fast engine */
    int running;                       /* pages with running text: its letters, and wrong ones */
    size_t letters, errors[ENGINES];
    int printed; /* pages with print: its words of 3 letters and more, and those found */
    size_t words, found[ENGINES];
    size_t read[ENGINES], common; /* words that each read; that both read */
    size_t apart, apart_of;       /* letters in which they differ, of those Tesseract read */
    int commands;                 /* pages that the tesseract command read too */
    double command_ms, beside_ms; /* it; the fast engine on the same pages */
};

/* ERR_MEMORY. */
int tally_add(struct tally *tally, const struct page_reading *reading, struct err *err);

void tally_join(struct tally *tally, const struct tally *more);

/* Errors over letters, words over words, in percent; 0 of nothing. */
double tally_percent(size_t part, size_t of);

/* Classes in the order of their first page; one that finds no room any more counts in the last. */
struct classes {
    int count;
    struct {
        char name[CLASS_NAME_SIZE];
        struct tally tally;
    } at[CLASSES_MAX];
};
struct tally *classes_find(struct classes *classes, const char *name);
