/*
 * One page to be drawn and what is true of it: the label that a reader is judged by.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "bench/mail/canvas.h"
#include "bench/mail/chance.h"
#include "bench/mail/people.h"

enum page_kind {
    PAGE_BLANK,
    PAGE_CARE_FORM,
    PAGE_SICK_NOTE,
    PAGE_CHEQUE,
    PAGE_CHEQUE_BACK,
    PAGE_LETTER,
    PAGE_OTHER,
    PAGE_SEPARATOR,
    PAGE_KINDS
};

enum { PAGE_TEXT_MAX = 6000, MICR_TEXT_SIZE = 40, PAGE_NOTE_SIZE = 48 };

/* Whose mail it is; the same people stand on every page of an envelope. */
struct affair {
    struct person person;
    struct prescriber prescriber;
    struct employer employer;
    struct day care, end; /* day of care; last day of the stop */
    int tenant;           /* 61, 41, … */
    char organisation[10];
};

struct page {
    enum page_kind kind;
    int variant;      /* sick note: volet 1..3; letter: page 1, 2, …; cheque: 0 alone, 1 on A4;
                         other: which (kinds.h); separator: 0 envelope, else the tenant */
    bool handwritten; /* letters */
    bool is_back;
    const struct page *front;         /* of a blank back: what may shine through, or NULL */
    double paper_width, paper_height; /* mm */
    const struct affair *affair;      /* borrowed; NULL for blanks and separators */
    uint64_t seed;                    /* of everything drawn on it */

    /* What became true while it was drawn. */
    char nir[NIR_SIZE];
    char micr[MICR_TEXT_SIZE], key[3];
    char note[PAGE_NOTE_SIZE];
    struct day date; /* the date that starts the clock, as printed */
    char organisation[10];
    unsigned words;   /* of running text */
    char *text;       /* the running text, owned; NULL when there is none */
    struct buf print; /* all text that was set or typed, in the order of drawing; owned */
};

/* "care_form", "blank", … as in labels.tsv; a cheque's back is a cheque. */
const char *page_type(const struct page *page);

/* Chooses the paper's size; call once before the placement is made. */
void page_choose_paper(struct page *page);

/* Draws the page and completes its label. */
void page_draw(struct page *page, struct canvas *canvas);

void page_free_text(struct page *page);
