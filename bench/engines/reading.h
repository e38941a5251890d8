/*
 * A labelled page made ready as the cascade makes it, and read by both engines one after the other
 * in one thread.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "bench/labelled/pages.h"
#include "ocr/ocr.h"

enum { ENGINES = 2 }; /* as enum ocr_engine_name numbers them */

struct engines {
    struct ocr *at[ENGINES];
};

/* As ocr_open. */
int engines_open(const char *language, enum ocr_kernels kernels, struct engines *ret_engines,
                 struct err *err);

/* "plain", "avx2", "vnni"; ERR_UNSUPPORTED when this processor lacks them. */
int engines_kernels(const char *name, enum ocr_kernels *ret_kernels, struct err *err);

/* Of those that are read with. */
const char *engines_kernels_name(enum ocr_kernels kernels);
void engines_close(struct engines *engines);

/* What both made of a page. */
struct page_reading {
    struct ocr_account accounts[ENGINES];
    double ms[ENGINES];    /* processor time of the whole call */
    char *texts[ENGINES];  /* lines of words; owned */
    char *running, *print; /* what stands there; owned, NULL where nothing says */
    double command_ms;     /* of the tesseract command; 0: not run */
};
void page_reading_free(struct page_reading *reading);

/* Decodes, turns and straightens the page, and lets both read it; who begins alternates from
 * page to page. Errors
 * are those of decoding and of the files named. */
int page_reading_make(const struct engines *engines, const struct labelled_pages *pages,
                      const struct labelled_page *page, struct page_reading *ret_reading,
                      struct err *err);

/* The same file by `tesseract FILE - -l fra`, its start included. Only for pages that lie upright;
 * one whose name is long (64 bytes) is left out. */
int page_reading_command(const struct labelled_pages *pages, const struct labelled_page *page,
                         struct page_reading *reading, struct err *err);
