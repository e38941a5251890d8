/*
 * The readings of a line that a step of the search keeps: the few best of a kind. Only beam.c
 * includes this.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum { BEAM_WIDTH = 5 };

struct beam_node {
    const struct beam_node *before;
    const struct beam_node *letter; /* the last character of what is before */
    uint64_t history;               /* hash of the classes read */
    float certainty, score;
    int16_t class, id; /* NO_ID: nothing, or within a character */
    int8_t source;
    bool fresh;     /* a word begins behind it */
    bool complete;  /* a word may end here */
    bool repeats;   /* the class of the step before, again */
    int32_t prefix; /* of the beam's prefixes */
};

struct beam_heap {
    struct beam_node nodes[BEAM_WIDTH + 1]; /* the worst first */
    int count;
};

/* Whether a reading of this score would stay. */
static inline bool beam_heap_has_room(const struct beam_heap *heap, float score)
{
    return heap->count < BEAM_WIDTH || score > heap->nodes[0].score;
}

/* Keeps it where there is room; of two that read the same, the better one. */
void beam_heap_push(struct beam_heap *heap, const struct beam_node *node);
