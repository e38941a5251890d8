/*
 * Notes of peers: see gateway_notes.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "workers/gateway_notes.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"

static struct note *note_of(struct notes *notes, const char *about)
{
    struct note *oldest = &notes->at[0];
    for (int i = 0; i < NOTES_MAX; i++) {
        struct note *note = &notes->at[i];
        if (strcmp(note->about, about) == 0) {
            note->used_ms = clock_mono_ms();
            return note;
        }
        if (note->used_ms < oldest->used_ms)
            oldest = note;
    }
    *oldest = (struct note){.used_ms = clock_mono_ms()};
    snprintf(oldest->about, sizeof oldest->about, "%s", about);
    return oldest;
}

void notes_say(struct notes *notes, const char *about, const char *text)
{
    struct note *note = note_of(notes, about);
    int64_t now = clock_mono_ms();
    if (note->said_ms && now - note->said_ms < NOTE_MS) {
        note->unsaid++;
        return;
    }
    if (note->unsaid)
        log_warn("peer=%.21s %s (%u more before this)", about, text, note->unsaid);
    else
        log_warn("peer=%.21s %s", about, text);
    note->said_ms = now;
    note->unsaid = 0;
}

void notes_add_unsaid(struct notes *notes, const char *about, unsigned count)
{
    note_of(notes, about)->unsaid += count;
}

unsigned notes_visit(struct notes *notes, const char *about, unsigned count)
{
    struct note *note = note_of(notes, about);
    int64_t now = clock_mono_ms();
    if (now - note->counted_ms >= NOTE_MS) {
        note->counted_ms = now;
        note->visits = 0;
    }
    note->visits += count;
    return note->visits;
}
