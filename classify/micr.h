/*
 * The magnetic line of a cheque. CMC-7 is found in any quarter turn and skew, read from its strokes
 * (the two widest of six distances) and, apart from that, from its shapes; a character counts only
 * when both agree. The line must follow a known country's order. What is not certain is refused
 * with a reason: money follows it. E-13B is recognised, not read.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include <stdbool.h>

#include "base/err.h"
#include "classify/verdict.h"

struct Pix;
struct glance;

enum micr_font { MICR_NO_FONT, MICR_CMC7, MICR_E13B };
enum micr_country { MICR_UNKNOWN, MICR_FR, MICR_BR, MICR_VE, MICR_TN };

/* Refused: characters there, not certain; below MICR_DPI_STROKES also when they are, for strokes
 * cannot be seen there. Read: every character certain and the order a known one. Proven: French,
 * at most MICR_UNSURE_MAX characters not certain, and the RLMC key printed on the cheque agrees. */
enum micr_state { MICR_ABSENT, MICR_REFUSED, MICR_READ, MICR_PROVEN };

enum { MICR_DPI_STROKES = 180 };

enum { MICR_CHARS_MAX = 64, MICR_TEXT_SIZE = MICR_CHARS_MAX + 1, MICR_REASON_SIZE = 100 };

/* The key is a remainder by a prime: one wrong digit never agrees with it, two do once in 97. A
 * line of a few uncertain characters, each taken for what it is likest to, is therefore wrong under
 * an agreeing key only when two of them are wrong, and then once in 97. */
enum { MICR_UNSURE_MAX = 3, MICR_GUESSES_MAX = 3 };

struct micr_band {
    enum micr_font font;
    int rotation;   /* degrees counter-clockwise that the page was turned: 0, 90, 180, 270 */
    double skew;    /* degrees, counter-clockwise positive, after undoing the rotation */
    double dpi;     /* from the character pitch; the page's own tag is not trusted */
    struct box box; /* round the line, page pixels as scanned */
    double score;   /* 0..1, how much it looks like such a line */
    /* In page pixels as scanned: left end of its middle, reading direction (unit), length. */
    double x, y, ux, uy, length;
};

/* A French line with its uncertain characters filled in; worth nothing without the printed key. */
struct micr_guess {
    char text[MICR_TEXT_SIZE];
    char key[3]; /* computed of it */
};

struct micr_line {
    enum micr_state state;
    enum micr_country country;
    char text[MICR_TEXT_SIZE]; /* ASCII ":;<=>" and digits, '?' where not certain; no blanks */
    int count;                 /* characters in text */
    double confidence;         /* 0..1: the least certain character's margin */
    char key[3];     /* RLMC key computed from a French line of certain characters, or "" */
    int guess_count; /* what an uncertain line may be, likeliest first; 0 otherwise */
    struct micr_guess guesses[MICR_GUESSES_MAX];
    struct box box;                /* round the whole line, page pixels as scanned */
    struct box key_box;            /* where a French cheque prints that key in parentheses */
    char reason[MICR_REASON_SIZE]; /* no digit of the line in it */
};

/* 1 and the band when there is one, 0 when there is none. Looks for lines of print in the page's
 * glance, and at the page itself only where one repeats like a magnetic line: a few milliseconds on
 * a page without. */
int micr_find(const struct Pix *page, const struct glance *glance, struct micr_band *ret_band,
              struct err *err);

/* The same for a line of another font, characters a pitch apart, taken for E-13B: at a long edge of
 * a page that has a cheque's proportions, or (`on_page`) at a short edge of one that has those of
 * A4 or letter paper. Only where micr_find found none. */
int micr_find_foreign(const struct glance *glance, bool on_page, struct micr_band *ret_band,
                      struct err *err);

/* Reads the band that micr_find found on the same page. A line that is not legible is no error: its
 * state says so. */
int micr_read(const struct Pix *page, const struct micr_band *band, struct micr_line *ret_line,
              struct err *err);

/* The line has a computed key, or guesses that have: the printed one is worth reading. */
bool micr_wants_key(const struct micr_line *line);
/* The key is that of the line or of exactly one of its guesses. */
bool micr_key_agrees(const struct micr_line *line, const char *printed_key);

/* Compares the key printed on the cheque ("07") with the computed one, where there is one:
 * MICR_PROVEN when they agree (a guess then becomes the text), MICR_REFUSED when not. Other lines
 * and no key change nothing. Returns the new state. */
enum micr_state micr_prove(struct micr_line *line, const char *printed_key);

/* The country whose order of symbols and digits `text` follows; '?' stands for a digit. */
enum micr_country micr_country_of(const char *text);
const char *micr_country_name(enum micr_country country); /* "FR", …, "" */
