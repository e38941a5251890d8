/*
 * The text of a page, or of a part of it, read from the end that reads best.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "classify/reading.h"
#include "ocr/ocr.h"

/* A cut-out made fit for reading: grey or bilevel, 140 to 330 dpi. */
struct readable {
    struct cut cut;
    struct Pix *pix;
    double enlarged; /* pixels of pix per pixel of cut.pix */
    int dpi;
};

/* A whole page as read from one end. */
struct page_text {
    struct readable readable;
    struct ocr_text text;
};
void page_text_free(struct page_text *page);

/* Reads a zone (width 0: all), and from the other end when the first reading is poor; sets
 * `flipped` and `turn_sureness` by that. Upside down a glance tells enough; of handwriting too
 * little is read for more than a glance to pay. As ocr_read; ERR_TIMEOUT at the page's deadline. */
int page_text_read_zone(struct reading *reading, struct rect_mm zone, struct page_text *ret,
                        struct err *err);

/* The whole page; of much handwriting a part that shows what it is. From the best end, of four
 * where it is typed and its letters were read one by one: then its lines run the other way than the
 * layout thought, which is turned. */
int page_text_read(struct reading *reading, struct page_text *ret, struct err *err);

/* The whole page from the end that is up by now. */
int page_text_read_as_it_lies(struct reading *reading, struct page_text *ret, struct err *err);

/* Enough words, and no worse than print that is the right way up. */
bool page_text_reads_well(const struct ocr_text *text);

/* The engine also reads lines that run down the page; then words are higher than wide. Lines that
 * follow one another to the right have their top at the left. Sets `rotation` where they do. */
bool page_text_notice_sideways(struct reading *reading, const struct ocr_text *text);

/* From pixels of what was read to the page as scanned. */
struct box page_text_box(const struct page_text *page, struct box at);
