/*
 * Which words a model's dictionaries know, letter by letter. A word is punctuation, a core from the
 * word or the number graph, and punctuation again; the punctuation graph has the core as one edge
 * with letter 0.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "ocr/fast/model.h"

/* How a word came about, in rising order of trust. */
enum fast_source {
    SOURCE_NONE,
    SOURCE_PUNCTUATION,
    SOURCE_SHAPE, /* no dictionary: the letters alone */
    SOURCE_NUMBERS,
    SOURCE_WORDS
};

/* Where in the graphs the letters so far may lie. */
struct fast_position {
    enum fast_source core;      /* SOURCE_NONE: still before it */
    bool after;                 /* in the punctuation after the core */
    uint32_t edge, punctuation; /* edges that led here; FAST_NO_EDGE: the root */
};

#define FAST_NO_EDGE UINT32_MAX
enum { FAST_POSITIONS_MAX = 16 }; /* of one prefix; more are not followed */

struct fast_prefix {
    struct fast_position at[FAST_POSITIONS_MAX];
    int count;
};

/* A word begins. */
void fast_prefix_start(struct fast_prefix *ret_prefix);

/* Goes on with one character. SOURCE_NONE: no word goes on like that. `ret_complete`: one ends. */
enum fast_source fast_prefix_extend(const struct fast_model *model,
                                    const struct fast_prefix *prefix, int id,
                                    struct fast_prefix *ret_prefix, bool *ret_complete);
