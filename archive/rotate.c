/*
 * Changing keys, with the journal: see rotate.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "archive/rotate.h"

#include <stdio.h>
#include <string.h>

#include "archive/journal.h"
#include "archive/keys_rotate.h"
#include "archive/state.h"
#include "archive/tenants.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/scope.h"

/* Written at most once for each generation. */
static int note(struct archive *archive, const struct rotation *rotation, const char *actor,
                struct err *err)
{
    static const struct commit_points points = {"rotate.note.before_commit",
                                                "rotate.note.after_commit"};
    SCOPED(store_abort) struct store_txn txn = {0};
    char id[EVENT_ID_SIZE];
    const char *compartment = compartment_name(rotation->owner.compartment);
    snprintf(id, sizeof id, "key_changed %s %u", compartment, rotation->generation);
    int rc = store_begin(archive->catalogue, &txn, err);
    if (rc == 0)
        rc = journal_note(&txn,
                          &(struct journal_event){
                              rotation->owner.tenant, id, "key_changed", clock_wall_ms(),
                              json_pack("{s:s, s:I, s:I, s:s}", "compartment", compartment,
                                        "generation", (json_int_t)rotation->generation, "rewrapped",
                                        (json_int_t)rotation->rewrapped, "actor", actor)},
                          err);
    return rc < 0 ? rc : store_commit(&txn, &points, err);
}

static int note_and_end(struct archive *archive, const struct rotation *rotation, const char *actor,
                        struct err *err)
{
    int rc = note(archive, rotation, actor, err);
    if (rc == 0)
        rc = keys_rotate_end(archive->keys, &rotation->owner, err);
    if (rc == 0)
        log_info("key of tenant %s, %s changed: generation %u", rotation->owner.tenant,
                 compartment_name(rotation->owner.compartment), rotation->generation);
    return rc;
}

/* 1 it was changed, 0 there is none. */
static int rotate_one(struct archive *archive, const struct key_owner *owner, const char *actor,
                      struct err *err)
{
    struct rotation rotation;
    int rc = keys_rotate(archive->keys, owner, &rotation, err);
    if (rc == 1)
        rc = note_and_end(archive, &rotation, actor, err);
    return rc < 0 ? rc : rotation.generation > 0;
}

int rotate_keys(struct archive *archive, const char *tenant, const char *actor, struct err *err)
{
    int changed = 0, rc = archive_may_write(archive, err);
    if (rc == 0 && tenant)
        rc = archive_check_tenant(archive, tenant, err);
    if (rc == 0)
        rc = archive_has_space(archive, 0, err);
    const struct tenant *at;
    for (int i = 0; rc == 0 && (at = tenants_at(archive->tenants, i)) != NULL; i++)
        for (int k = COMPARTMENT_ADMIN; rc == 0 && k <= COMPARTMENT_MEDICAL; k++) {
            const struct key_owner owner = {at->code, (enum compartment)k};
            int one = tenant && strcmp(tenant, at->code) != 0
                          ? 0
                          : rotate_one(archive, &owner, actor, err);
            rc = one < 0 ? one : 0;
            changed += one > 0;
        }
    return rc < 0 ? rc : changed;
}

struct recovering {
    struct archive *archive;
    struct err *err;
};

static int finish_one(void *to, const struct rotation *rotation)
{
    const struct recovering *recovering = to;
    return note_and_end(recovering->archive, rotation, "restart", recovering->err);
}

int rotate_recover(struct archive *archive, struct err *err)
{
    struct recovering recovering = {archive, err};
    return keys_rotate_pending(archive->keys, finish_one, &recovering, err);
}
