/*
 * A story that takes mail through everything the archive does: two batches, every way a lease can
 * end, coding, undo, filing, the end of a filing month, closing, the elimination of one of two old
 * pages. It can be cut short anywhere and told again from the beginning: what is done is found
 * done.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include <stdio.h>

#include "archive/archive.h"

enum {
    STORY_BATCHES = 2,
    STORY_PAGES = 14,
    STORY_ENVELOPES = 10,  /* that hold mail: 5, 3 and of the old batches 1 each */
    STORY_OLD_BATCHES = 2, /* a page each, of 2005; that of the first is destroyed */
    STORY_IMAGE_BYTES = 9000
};

struct story {
    struct archive_params params;
    FILE *acknowledged; /* a line "batch page" for every page that was acknowledged; may be NULL */
};

/* 0 told to the end; otherwise the error that stopped it. */
int story_tell(const struct story *story, struct err *err);

/* A hand-over of tenant 061 that its partner acknowledges, and the receipt of a batch of which
 * nothing was taken. */
int story_hand_over(struct archive *archive, struct err *err);

/* What must hold after any interruption: each acknowledged page exactly once, nothing else twice,
 * verification clean. `complete`: the story was told to the end. Returns the number of lines that
 * it had to say on stderr. */
int story_check(const struct story *story, const char *acknowledged_path, bool complete);

/* The image that a page was born with. */
void story_image(struct page_id id, uint8_t image[STORY_IMAGE_BYTES]);

/* Puts right what the story itself made bad before it was cut short. */
int story_heal(struct archive *archive, struct err *err);
