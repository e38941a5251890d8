/*
 * What the gateway's log remembers of its peers: each one's troubles are said once a minute, with
 * how often they were.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include <stdint.h>

#include "wire/curve.h"

enum {
    NOTES_MAX = 64, /* peers; the one longest unused goes */
    NOTE_MS = 60000 /* a peer's troubles are said once in this time */
};

struct note {
    char about[CURVE_KEY_SIZE]; /* key or address */
    int64_t used_ms, said_ms;
    unsigned unsaid;
    int64_t counted_ms; /* since when its connections are counted */
    unsigned visits;
};

struct notes {
    struct note at[NOTES_MAX];
};

/* Says it, or counts it when something was said of this peer within NOTE_MS. */
void notes_say(struct notes *notes, const char *about, const char *text);

/* As many more as are said together with the next one. */
void notes_add_unsaid(struct notes *notes, const char *about, unsigned count);

/* Counts connections; how many it were within NOTE_MS. */
unsigned notes_visit(struct notes *notes, const char *about, unsigned count);
