/*
 * Is a side blank? Decided on a small decode, before anything dear is done. Dust, punch holes,
 * scanner borders, streaks, creases, folded corners, small marks near the edge and what shows
 * through from the other side do not count; one line of handwriting or a signature does. In doubt a
 * side is not blank: that costs a reading, the other error loses a page.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include <stdbool.h>

#include "base/err.h"
#include "image/header.h"

struct Pix;

struct blank_params {
    double faint;        /* darker than the paper by this share: a trace */
    double ink;          /* … by this share: ink. Between the two lies what shows through */
    double strong_share; /* of the pixels of a mark must be ink for it to count */
    double pale;         /* darker than the paper by this share: looked at closely when no ink is
                            found */
    double pale_ink;     /* … and this dark, seen closely: perhaps pale writing; */
    double pale_edge;    /* 1/mm, with edges as steep; see pale.h */
};
#define BLANK_DEFAULT                                                                              \
    ((struct blank_params){.faint = 0.12,                                                          \
                           .ink = 0.2,                                                             \
                           .strong_share = 0.1,                                                    \
                           .pale = 0.06,                                                           \
                           .pale_ink = 0.1,                                                        \
                           .pale_edge = 2.5})

enum { BLANK_REASON_SIZE = 120 };

struct blank_verdict {
    bool blank;
    double ink_share;               /* of the page, in the marks that count */
    char reason[BLANK_REASON_SIZE]; /* "ink of 43 x 6 mm at 20,31 mm", "no ink: 14 specks, 2 holes"
                                     */
};

/* The `reduce` for image_decode that brings a page nearest above 60 dpi: 1, 2, 4 or 8. */
unsigned blank_reduce(const struct image_header *header);

/* A page of 60 to 150 dpi, any depth; its resolution is read from the Pix, or else taken as A4.
 * 5 ms at 75 dpi. */
int image_blank(const struct Pix *page, const struct blank_params *params,
                struct blank_verdict *ret_verdict, struct err *err);

/* What of a side without ink may be pale writing all the same. */
struct pale_verdict {
    int marks;     /* that are dark enough and have edges */
    double length; /* mm, of their longer sides together */
};

/* Looks closely at the pale marks of a side that image_blank calls blank: `page` as given to it,
 * `fine` the same page at 100 to 200 dpi. */
int image_pale(const struct Pix *page, const struct Pix *fine, const struct blank_params *params,
               struct pale_verdict *ret_verdict, struct err *err);
