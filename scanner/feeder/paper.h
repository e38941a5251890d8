/*
 * One side of a sheet under the virtual scanner's lamp: the file decoded, turned into the mode and
 * resolution asked for, and given line by line as SANE wants it.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct paper;

/* PAPER_NATIVE leaves pixels as they are in the file. */
enum paper_mode { PAPER_BILEVEL, PAPER_GREY, PAPER_COLOUR, PAPER_NATIVE };

struct paper_params {
    enum paper_mode mode;
    unsigned dpi;         /* wanted; not heeded in PAPER_NATIVE */
    unsigned default_dpi; /* of files that do not say */
};

struct paper_size {
    uint32_t width, height;
    unsigned depth; /* 1, 8, or 32 for RGB */
    unsigned dpi;
};

/* Page `page` of the file; ERR_NOT_FOUND when the file has no such page, other errors as
 * image/decode.h. Free with paper_free. */
int paper_load(const char *path, unsigned page, const struct paper_params *params,
               struct paper **ret_paper, struct err *err);

/* A white side of the size of `like` (A4 when NULL); bilevel in PAPER_NATIVE. */
int paper_blank(const struct paper_size *like, const struct paper_params *params,
                struct paper **ret_paper, struct err *err);

void paper_free(struct paper **paper);

struct paper_size paper_size(const struct paper *paper);

/* SANE's bytes per line, without padding. */
uint32_t paper_line_bytes(const struct paper *paper);

/* Writes line `y` (bilevel: 1 is black, leftmost in the highest bit), paper_line_bytes long. */
void paper_line(const struct paper *paper, uint32_t y, uint8_t *ret_line);
