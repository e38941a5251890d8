/*
 * Printing magnetic lines as a scanner sees them after the mail had them: drawn from the CMC-7
 * table, then stretched, leaning, skewed, worn, blurred, speckled, in grey or bilevel. Same seed,
 * same pixels.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct Pix;

/* splitmix64 */
struct dice {
    uint64_t state;
};
double dice_between(struct dice *dice, double low, double high);
int dice_below(struct dice *dice, int limit); /* 0..limit-1 */
double dice_normal(struct dice *dice);        /* mean 0, deviation 1 */

enum print_mode { PRINT_GREY, PRINT_BILEVEL, PRINT_JPEG };

struct micr_print {
    double dpi;
    enum print_mode mode;
    double skew_deg;   /* of the whole, counter-clockwise */
    double lean_deg;   /* of the strokes */
    double stretch;    /* 1 = true size, along the line */
    double wobble_mm;  /* how far characters swing along the line, over 60 mm */
    double grow_mm;    /* ink spread; negative: thin print */
    double wear;       /* 0..1: share of the print in worn spots */
    double fade;       /* 0..1: how light the worn spots are */
    int specks;        /* dark and light dots on the line */
    double blur_mm;    /* radius of the optics' box blur, twice applied */
    double noise;      /* deviation of grey values */
    double ink, paper; /* grey of print and paper */
    double threshold;  /* of bilevel, grey value */
    int jpeg_quality;
};

/* A clean line at that resolution. */
struct micr_print micr_print_clean(double dpi);

/* Damage as a share 0 (none) to 1 (the worst that is still legible to a person). */
struct micr_print micr_print_damaged(double dpi, enum print_mode mode, double damage,
                                     struct dice *dice);

/* The bottom 40 mm of a cheque 175 mm wide with `text` (a blank is a place without character), the
 * first one 7.4 mm from the left edge, the line's middle 6.4 mm above the lower one. Depth 8, or 1
 * for bilevel; NULL when memory is short. */
struct Pix *micr_print_line(const char *text, const struct micr_print *print, struct dice *dice);

/* A French line with its blanks, and its RLMC key. */
void micr_print_french(struct dice *dice, char ret_text[40], char ret_key[3]);
