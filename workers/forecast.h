/*
 * When a tenant's mail will have been read: from the pages decided in the last minutes of work, and
 * from the turns that tenants take (archive/turns.h).
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

enum {
    PACE_NOTES = 300,     /* remembered: five minutes at a note a second, so that one kind of mail
                           * does not speak for all */
    PACE_LEAST_MS = 10000 /* of work; less says nothing */
};

/* Pages decided while some waited. {0} is ready for use. */
struct pace {
    struct {
        uint32_t ms, pages;
    } notes[PACE_NOTES];
    size_t next;
    uint64_t ms, pages; /* sums of the notes */
};

/* Notes how many pages were decided in so many milliseconds in which some waited. */
void pace_note(struct pace *pace, uint32_t ms, uint32_t pages);

/* Pages per second; 0: not known, too little was seen or nothing was decided. */
double pace_of(const struct pace *pace);

struct forecast {
    uint64_t unread;
    uint32_t weight; /* from 1 */
    int64_t in_ms;   /* out: until its last unread page is decided; -1 not known */
};

/* Fills `in_ms` as if no mail came any more: all tenants are read at once, each at its weight's
 * share of the pace, and whoever is done leaves its share to the rest. 200 rows: 40 000 steps. */
void forecast_reckon(struct forecast *rows, size_t count, double pages_per_s);
