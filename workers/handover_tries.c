/*
 * Noting refused tries: see handover_tries.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "workers/handover_tries.h"

#include <stdio.h>
#include <string.h>

#include "archive/access.h"
#include "partners/tries.h"

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

int handover_tries_note(const struct archive *archive, const char *root, bool *knows,
                        struct err *err)
{
    static struct tries tries;
    struct digest id;
    const bool knew = *knows;
    int rc = tries_take(root, &tries, &id, err);
    if (rc == 0)
        return 0;
    *knows = false;
    if (rc > 0)
        rc = note(archive, &tries, &id, knew, err);
    if (rc == 0)
        rc = tries_taken(root, err);
    *knows = rc == 0;
    return rc;
}
