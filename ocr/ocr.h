/*
 * Reading text: one interface, engines behind it. An engine is made once per reader process (it
 * loads its model) and used by one thread.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

struct Pix;
struct ocr;

/* Which engine reads. The fast one is own code on Tesseract's weights; it leaves to Tesseract what
 * it cannot answer for. */
enum ocr_engine_name { OCR_FAST, OCR_TESSERACT };

/* The fast engine's arithmetic: all give the same bits. One that the processor lacks is replaced by
 * the one before it. */
enum ocr_kernels { OCR_KERNELS_BEST, OCR_KERNELS_PLAIN, OCR_KERNELS_AVX2, OCR_KERNELS_VNNI };

/* "best", "plain", "avx2" or "vnni"; false for any other name. */
bool ocr_kernels_of_name(const char *name, enum ocr_kernels *ret_kernels);

struct ocr_params {
    const char *language;  /* "fra" */
    const char *model_dir; /* folder of .traineddata files; NULL: the engine's own default */
    enum ocr_engine_name engine;
    enum ocr_kernels kernels; /* other than the best: to test and to measure */
};
#define OCR_DEFAULT ((struct ocr_params){.language = "fra"})

enum ocr_layout {
    OCR_PAGE,  /* columns, letterheads: the engine finds them */
    OCR_BLOCK, /* one column of lines */
    OCR_LINE,  /* one line, somewhere in the zone */
    OCR_STRIP  /* the zone is one line with some pixels of margin, and is read as it is */
};

/* Pixels of the page as given; x from the left, y from the top. */
struct ocr_rect {
    int32_t x, y, width, height;
};

struct ocr_word {
    char *text; /* UTF-8, no blank at its ends; owned by the ocr_text it is part of */
    struct ocr_rect box;
    float confidence; /* 0..1, the engine's own estimate */
    int32_t line;     /* words of one line share a number, rising down the page */
};

/* What reading costs: the steps of the fast engine, and Tesseract as a whole. */
enum ocr_step {
    OCR_STEP_LAYOUT, /* finding lines */
    OCR_STEP_CUT,    /* lines cut out and made the network's size, words put back */
    OCR_STEP_NETWORK,
    OCR_STEP_SEARCH, /* from probabilities to words */
    OCR_STEP_TESSERACT,
    OCR_STEP_COUNT
};
/* "layout", "cut", "network", "search", "tesseract". */
const char *ocr_step_name(enum ocr_step step);

/* Why Tesseract read what the fast engine was asked for. */
enum ocr_fallback {
    OCR_FALLBACK_NONE,    /* it did not, or the fast engine was not asked */
    OCR_FALLBACK_MODEL,   /* ocr_refusal says why */
    OCR_FALLBACK_LAYOUT,  /* the lines found are not all the text */
    OCR_FALLBACK_READING, /* the lines read badly */
    OCR_FALLBACK_WIDTH,   /* a line is too wide */
    OCR_FALLBACK_COUNT
};
/* "none", "model", "layout", "reading", "width". */
const char *ocr_fallback_name(enum ocr_fallback fallback);

/* Who read, and what it cost. */
struct ocr_account {
    enum ocr_engine_name reader;
    enum ocr_fallback fallback;
    double ms[OCR_STEP_COUNT]; /* processor time */
};

struct ocr_text {
    struct ocr_word *words;
    size_t count;
    float confidence; /* mean over words, weighted by length; 0 without words */
    struct ocr_account account;
};

struct ocr_request {
    const struct Pix *page; /* depth 1, 8 or 32, text upright */
    int dpi;                /* > 0 */
    struct ocr_rect zone;   /* width 0: the whole page */
    enum ocr_layout layout;
    bool rough; /* a glance: lines that are found at once are enough, even where they are not all
                   the text; an engine that has no quicker way reads as ever */
    int deadline_ms; /* the gentle limit: what is read by then is returned with ERR_TIMEOUT; it does
                        not cover layout analysis, so a process limit stands behind it */
};

/* ERR_NOT_FOUND names the model that is missing and the package that brings it. The environment
 * must hold OMP_THREAD_LIMIT=1 before the process starts; otherwise ERR_CONFIG. */
int ocr_open(const struct ocr_params *params, struct ocr **ret_ocr, struct err *err);
void ocr_free(struct ocr **ocr);

/* "tesseract 5.3.0 fra <first 12 hex digits of the model's digest>", with "fast 1, " before it
 * where the fast engine reads; borrowed. */
const char *ocr_id(const struct ocr *ocr);

/* Why the fast engine was asked for and does not read, one line; NULL when it does or was not
 * asked; borrowed. */
const char *ocr_refusal(const struct ocr *ocr);

/* Reads a page or a zone of it. Boxes are in page pixels. On ERR_TIMEOUT `ret_text` holds the words
 * read so far; on other errors it is empty. Free with ocr_text_free. */
int ocr_read(struct ocr *ocr, const struct ocr_request *request, struct ocr_text *ret_text,
             struct err *err);

void ocr_text_free(struct ocr_text *text);

/* All words as lines of text, '\n' after each; owned by the caller; NULL when memory is short. */
char *ocr_text_plain(const struct ocr_text *text);
