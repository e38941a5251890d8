/*
 * Noting refused tries: see handover_tries.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "workers/handover_tries.h"

#include <stdio.h>
#include <string.h>

#include "archive/access.h"
#include "base/clock.h"
#include "base/log.h"
#include "partners/tries.h"
#include "workers/ask.h"

enum { REST_MS = 3000 }; /* after trouble */

/* The actor as in what a partner fetches. */
static struct access_try try_of(const struct tried *tried)
{
    struct access_try one = {.count = tried->count};
    snprintf(one.user, sizeof one.user, "partner%s%s", tried->key[0] ? " " : "", tried->key);
    memcpy(one.tenant, tried->tenant, sizeof one.tenant);
    memcpy(one.verb, tried->kind, sizeof one.verb);
    memcpy(one.code, tried->code, sizeof one.code);
    return one;
}

static int note(const struct archive *archive, const struct tries *tries, const struct digest *id,
                bool knows, struct err *err)
{
    static struct access_try at[TRIES_MAX];
    char period[DIGEST_HEX_SIZE];
    const struct access_tries noted = {digest_hex(id, period), tries->from_ms, tries->to_ms, at,
                                       (size_t)tries->count};
    int before = knows ? 0 : access_tries_noted(archive, period, err);
    for (int i = 0; i < tries->count; i++)
        at[i] = try_of(&tries->at[i]);
    if (before < 0 || before >= tries->count)
        return before < 0 ? before : 0;
    return access_note_tries(archive, &noted, (size_t)before, err);
}

int tries_noter_note(struct tries_noter *noter, const struct archive *archive, const char *root,
                     struct err *err)
{
    static struct tries tries;
    struct digest id;
    const bool knew = noter->knows;
    int rc = tries_take(root, &tries, &id, err);
    if (rc == 0)
        return 0;
    noter->knows = false;
    if (rc > 0)
        rc = note(archive, &tries, &id, knew, err);
    if (rc == 0)
        rc = tries_taken(root, err);
    noter->knows = rc == 0;
    return rc;
}

void tries_noter_turn(struct tries_noter *noter, const struct program *program, const char *root)
{
    struct archive *archive = NULL;
    struct err err = {0};
    const int64_t now = clock_mono_ms();
    if ((noter->failed_ms && now - noter->failed_ms < REST_MS) || !tries_are_waiting(root))
        return;
    int rc = ask_open_archive(program, &archive, &err);
    if (rc == 0)
        rc = tries_noter_note(noter, archive, root, &err);
    archive_free(&archive);
    if (rc < 0 && !noter->failed_ms)
        log_error("refused tries of partners are not noted: %s; it is tried again", err.text);
    noter->failed_ms = rc < 0 ? now : 0;
}
