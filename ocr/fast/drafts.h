/*
 * Lines in the making: chains of letters get a baseline and a letter height, are put together
 * across wide gaps, and take in the marks around them.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "ocr/fast/letters.h"

struct draft {
    size_t first, count;  /* its letters in `members`, from left to right; marks too */
    size_t plain;         /* letters that are no marks */
    size_t judged, even;  /* those high enough; of these, those that stand on the baseline */
    float left, right;    /* with the page's slope taken out, like all that follows */
    float base, tilt;     /* the baseline at `left`, and pixels down per pixel to the right */
    float x_height, size; /* size: the median height of its letters */
    bool one_height;      /* its letters do not tell whether they are small or capitals */
    bool kept;            /* it is a line of text */
};

struct drafts {
    struct draft *items; /* by the number in letter.line */
    size_t count;
    int32_t *members; /* indexes of letters */
    int32_t *by_base; /* drafts from the top down, by the baseline at their middle */
    float tallest;    /* x height of any */
};

static inline float draft_base_at(const struct draft *draft, float x)
{
    return draft->base + draft->tilt * (x - draft->left);
}

/* Makes one draft of each number in letter.line, 0 .. count - 1. ERR_MEMORY. Free with
 * drafts_free. */
int drafts_make(const struct letters *letters, size_t count, struct drafts *ret_drafts,
                struct err *err);
void drafts_free(struct drafts *drafts);

/* Numbers anew the drafts that go on after a gap, unless the gap runs on through the lines above
 * and below (a gutter); returns how many there are now. The drafts must be made again. ERR_MEMORY.
 */
int drafts_merge(const struct drafts *drafts, struct letters *letters, size_t *ret_count,
                 struct err *err);

/* Gives the letters of drafts that are pieces of a larger one (broken letters) to that one, whose
 * shape stays. The members must be gathered again. ERR_MEMORY. */
int drafts_absorb(struct drafts *drafts, struct letters *letters, struct err *err);

/* Gives loose letters and marks, and single ones that are no line, to the line they belong to. The
 * drafts must be gathered again: drafts_gather. */
void drafts_attach(struct drafts *drafts, struct letters *letters);

/* Lists the members anew; shapes stay. */
void drafts_gather(struct drafts *drafts, const struct letters *letters);
