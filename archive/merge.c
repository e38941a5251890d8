/*
 * Merging tenants: see merge.h. CAT_META has "merging 041" → 1 until steps 2 and 3 are done.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "archive/merge.h"

#include <stdio.h>
#include <string.h>

#include "archive/day_seal.h"
#include "archive/journal.h"
#include "archive/keys_rotate.h"
#include "archive/rotate.h"
#include "archive/slip_store.h"
#include "archive/state.h"
#include "archive/successor.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/scope.h"

enum { NAME_SIZE = 16 };

static const char merged_id[] = "tenant_merged";

static char *taken_id(const char *from, char ret_id[EVENT_ID_SIZE])
{
    snprintf(ret_id, EVENT_ID_SIZE, "tenant_taken_over %.3s", from);
    return ret_id;
}

static char *merging_name(const char *from, char ret_name[NAME_SIZE])
{
    snprintf(ret_name, NAME_SIZE, "merging %.3s", from);
    return ret_name;
}

/* ---- what forbids it ---- */

static int check_batches(const struct archive *archive, const char *from, struct err *err)
{
    for (size_t i = 0; i < archive->live_count; i++)
        if (strcmp(archive->live[i].row.spec.tenant, from) == 0)
            return err_set(err, ERR_CONFLICT,
                           "tenant %s: batch %u is not closed; close it, then merge", from,
                           archive->live[i].id.n);
    return 0;
}

static int check_slips(struct store_txn *txn, const char *from, struct err *err)
{
    uint64_t last;
    int rc = catalogue_number(txn, "last_slip", &last, err);
    for (uint32_t slip = 1; rc == 0 && slip <= last; slip++) {
        struct slip_row row;
        rc = slip_read(txn, slip, &row, err);
        if (rc == 0 && strcmp(row.tenant, from) == 0 && row.state != SLIP_REFUSED &&
            row.state != SLIP_DESTROYED)
            rc = err_set(err, ERR_CONFLICT,
                         "tenant %s: slip %u is %s; bring it to its end, then merge", from, slip,
                         slip_state_name(row.state));
    }
    return rc;
}

static int check(struct archive *archive, struct store_txn *txn, const struct merge *merge,
                 struct err *err)
{
    int rc = archive_check_tenant(archive, merge->from, err);
    if (rc == 0)
        rc = archive_check_tenant(archive, merge->into, err);
    if (rc == 0 && strcmp(merge->from, merge->into) == 0)
        rc = err_set(err, ERR_CONFLICT, "tenant %s: cannot be merged into itself", merge->from);
    if (rc == 0)
        rc = successor_none(txn, merge->from, "it is merged once", err);
    if (rc == 0)
        rc = successor_none(txn, merge->into, "nothing is merged into it", err);
    if (rc == 0)
        rc = check_batches(archive, merge->from, err);
    return rc < 0 ? rc : check_slips(txn, merge->from, err);
}

/* ---- step 1 ---- */

static int note_end(struct store_txn *txn, const struct merge *merge, int64_t now, struct err *err)
{
    const struct journal_event event = {
        merge->from, merged_id, "tenant_merged", now,
        json_pack("{s:s, s:s}", "into", merge->into, "actor", merge->actor)};
    return journal_note(txn, &event, err);
}

static int note_taken(struct store_txn *txn, const struct merge *merge, int64_t now,
                      struct err *err)
{
    struct digest head;
    uint64_t records = 0;
    char id[EVENT_ID_SIZE], hex[DIGEST_HEX_SIZE];
    int rc = journal_own_end(txn, merge->from, &records, err);
    if (rc == 0)
        rc = journal_hash(txn, merge->from, records, &head, err);
    if (rc < 0)
        return rc;
    const struct journal_event event = {
        merge->into, taken_id(merge->from, id), "tenant_taken_over", now,
        json_pack("{s:s, s:I, s:s, s:s}", "from", merge->from, "records", (json_int_t)records,
                  "head", digest_hex(&head, hex), "actor", merge->actor)};
    return journal_note(txn, &event, err);
}

/* The old chain ends before it says who goes on. */
static int enter(struct archive *archive, const struct merge *merge, struct err *err)
{
    static const struct commit_points points = {"merge.enter.before_commit",
                                                "merge.enter.after_commit"};
    SCOPED(store_abort) struct store_txn txn = {0};
    char name[NAME_SIZE];
    const int64_t now = clock_wall_ms();
    int rc = store_begin(archive->catalogue, &txn, err);
    if (rc == 0)
        rc = check(archive, &txn, merge, err);
    if (rc == 0)
        rc = note_end(&txn, merge, now, err);
    if (rc == 0)
        rc = note_taken(&txn, merge, now, err);
    if (rc == 0)
        rc = successor_set(&txn, merge->from, merge->into, err);
    if (rc == 0)
        rc = catalogue_set_number(&txn, merging_name(merge->from, name), 1, err);
    return rc < 0 ? rc : store_commit(&txn, &points, err);
}

/* ---- steps 2 and 3 ---- */

/* A medical service has no administrative mail: all of it is for the medical readers. */
static struct key_owner readers_of(const struct archive *archive, const struct merge *merge,
                                   enum compartment compartment)
{
    const struct tenant *from = tenants_find(archive->tenants, merge->from);
    const bool medical = from && from->kind == TENANT_MEDICAL_SERVICE;
    return (struct key_owner){merge->into, medical ? COMPARTMENT_MEDICAL : compartment};
}

static int hand_keys_over(struct archive *archive, const struct merge *merge, struct err *err)
{
    int rc = 0;
    for (int i = COMPARTMENT_ADMIN; rc >= 0 && i <= COMPARTMENT_MEDICAL; i++) {
        const struct key_owner owner = {merge->from, (enum compartment)i};
        const struct key_owner like = readers_of(archive, merge, owner.compartment);
        rc = keys_hand_to(archive->keys, &owner, &like, err);
    }
    return rc < 0 ? rc : rotate_keys(archive, merge->from, merge->actor, err);
}

static int end(struct archive *archive, const struct merge *merge, struct err *err)
{
    static const struct commit_points points = {"merge.end.before_commit",
                                                "merge.end.after_commit"};
    SCOPED(store_abort) struct store_txn txn = {0};
    char name[NAME_SIZE];
    int rc = store_begin(archive->catalogue, &txn, err);
    if (rc == 0)
        rc = catalogue_set_number(&txn, merging_name(merge->from, name), 0, err);
    return rc < 0 ? rc : store_commit(&txn, &points, err);
}

/* May be done again: keys are changed once more then. */
static int finish(struct archive *archive, const struct merge *merge, struct err *err)
{
    int rc = hand_keys_over(archive, merge, err);
    if (rc >= 0)
        rc = day_seal_make(archive, err);
    if (rc >= 0)
        rc = end(archive, merge, err);
    if (rc == 0)
        log_info("tenant %s is merged into %s: its mail is found there", merge->from, merge->into);
    return rc;
}

int merge_tenants(struct archive *archive, const struct merge *merge, struct err *err)
{
    int rc = archive_may_write(archive, err);
    if (rc == 0)
        rc = archive_has_space(archive, 0, err);
    if (rc == 0)
        rc = enter(archive, merge, err);
    return rc < 0 ? rc : finish(archive, merge, err);
}

/* ---- looking ---- */

static int see(struct store_txn *txn, const char *from, struct merge_seen *seen, struct err *err)
{
    char name[NAME_SIZE];
    uint64_t unfinished = 0;
    *seen = (struct merge_seen){.records = 0};
    snprintf(seen->from, sizeof seen->from, "%.3s", from);
    int rc = successor_of(txn, from, seen->into, err);
    if (rc == 1 && catalogue_number(txn, merging_name(from, name), &unfinished, err) < 0)
        return err->code;
    seen->unfinished = unfinished > 0;
    if (rc == 1 && journal_own_end(txn, from, &seen->records, err) < 0)
        return err->code;
    return rc;
}

int merge_each(struct archive *archive, int (*each)(void *to, const struct merge_seen *seen),
               void *to, struct err *err)
{
    int rc = 0;
    const struct tenant *tenant;
    for (int i = 0; rc == 0 && (tenant = tenants_at(archive->tenants, i)) != NULL; i++) {
        SCOPED(store_abort) struct store_txn txn = {0};
        struct merge_seen seen;
        rc = store_begin_read(archive->catalogue, &txn, err);
        if (rc == 0)
            rc = see(&txn, tenant->code, &seen, err);
        store_abort(&txn);
        if (rc == 1)
            rc = each(to, &seen);
    }
    return rc;
}

struct recovering {
    struct archive *archive;
    struct err *err;
};

static int finish_one(void *to, const struct merge_seen *seen)
{
    const struct recovering *recovering = to;
    const struct merge merge = {seen->from, seen->into, "restart"};
    return seen->unfinished ? finish(recovering->archive, &merge, recovering->err) : 0;
}

int merge_recover(struct archive *archive, struct err *err)
{
    struct recovering recovering = {archive, err};
    return merge_each(archive, finish_one, &recovering, err);
}

/* ---- checking ---- */

/* What the successor's chain says of the one that ended. */
static int check_head(struct store_txn *txn, const struct merge_seen *seen, struct err *err)
{
    char id[EVENT_ID_SIZE], hex[DIGEST_HEX_SIZE];
    struct bytes text = {0};
    struct digest head;
    uint64_t seq;
    int rc = journal_find(txn, seen->into, taken_id(seen->from, id), &seq, err);
    if (rc == 1)
        rc = journal_record(txn, seen->into, seq, &text, err);
    json_t *record = rc == 1 ? json_loadb((const char *)text.at, text.len, 0, NULL) : NULL;
    const char *taken = json_string_value(json_object_get(record, "head"));
    const bool fits = taken && journal_hash(txn, seen->from, seen->records, &head, err) == 0 &&
                      strcmp(taken, digest_hex(&head, hex)) == 0;
    json_decref(record);
    return fits ? 0
                : err_set(err, ERR_INTEGRITY,
                          "journal of tenant %s: its head is not the one that %s took over",
                          seen->from, seen->into);
}

int merge_check(struct store_txn *txn, const char *tenant, struct err *err)
{
    struct merge_seen seen;
    uint64_t last = 0;
    int rc = see(txn, tenant, &seen, err);
    int ended = rc < 0 ? rc : journal_find(txn, tenant, merged_id, &last, err);
    if (ended < 0)
        return ended;
    if (rc != ended)
        return err_set(err, ERR_INTEGRITY, "journal of tenant %s: %s", tenant,
                       ended ? "it ends with a merger that the catalogue does not know"
                             : "it does not end with the merger that the catalogue knows");
    if (rc == 1 && last != seen.records)
        return err_set(err, ERR_INTEGRITY,
                       "journal of tenant %s: it goes on behind its merger into %s", tenant,
                       seen.into);
    return rc == 1 ? check_head(txn, &seen, err) : 0;
}
