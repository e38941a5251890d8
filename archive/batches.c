/*
 * Batches: opening, end of feeding, closing, counts: see archive.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdio.h>
#include <string.h>

#include "archive/envelopes.h"
#include "archive/journal.h"
#include "archive/state.h"
#include "archive/successor.h"
#include "archive/tenants.h"
#include "base/clock.h"
#include "base/scope.h"

/* ---- journal ---- */

static int note(struct store_txn *txn, const struct live_batch *batch, const char *what,
                json_t *facts, struct err *err)
{
    char id[EVENT_ID_SIZE], name[24];
    uint64_t seq;
    if (!facts)
        return err_set(err, ERR_MEMORY, "batch %u: no memory", batch->id.n);
    if (batch->row.state == BATCH_FED)
        snprintf(id, sizeof id, "batch %u %s %u-%u", batch->id.n, what, batch->row.end.sheets_fed,
                 batch->row.end.sheets_rejected);
    else
        snprintf(id, sizeof id, "batch %u %s", batch->id.n, what);
    snprintf(name, sizeof name, "batch_%s", what);
    const struct journal_event event = {batch->row.spec.tenant, id, name, clock_wall_ms(), facts};
    int rc = journal_append(txn, &event, &seq, err);
    json_decref(facts);
    return rc;
}

static json_t *opening_facts(const struct live_batch *batch)
{
    char day[DAY_TEXT_SIZE];
    const struct batch_spec *spec = &batch->row.spec;
    return json_pack("{s:I, s:s, s:s, s:b, s:b, s:s, s:s, s:s}", "batch", (json_int_t)batch->id.n,
                     "received", day_format(spec->received, day), "boundary",
                     spec->boundary == BOUNDARY_MARKED ? "marked" : "separators", "duplex",
                     (int)spec->duplex, "medical", (int)spec->medical, "kind", spec->kind, "source",
                     spec->source, "profile", spec->profile);
}

/* ---- opening ---- */

static int check_spec(const struct archive *archive, const struct batch_spec *spec, struct err *err)
{
    int rc = archive_check_tenant(archive, spec->tenant, err);
    if (rc < 0)
        return rc;
    if (!day_is_valid(spec->received))
        return err_set(err, ERR_FORMAT, "batch: its date of receipt is no day");
    if (strnlen(spec->kind, sizeof spec->kind) == sizeof spec->kind)
        return err_set(err, ERR_LIMIT, "batch: its kind is too long, at most %d bytes",
                       TAG_TEXT_SIZE - 1);
    if (strnlen(spec->source, sizeof spec->source) == sizeof spec->source ||
        strnlen(spec->profile, sizeof spec->profile) == sizeof spec->profile)
        return err_set(err, ERR_LIMIT, "batch: source or profile too long, at most 63 bytes");
    return 0;
}

static bool same_spec(const struct batch_spec *a, const struct batch_spec *b)
{
    return strcmp(a->tenant, b->tenant) == 0 && day_compare(a->received, b->received) == 0 &&
           a->boundary == b->boundary && a->duplex == b->duplex && a->medical == b->medical &&
           strcmp(a->kind, b->kind) == 0 && strcmp(a->source, b->source) == 0 &&
           strcmp(a->profile, b->profile) == 0;
}

/* 1: a batch with this uuid exists and agrees. */
static int find_same(struct store_txn *txn, const struct batch_spec *spec, struct batch_id *ret_id,
                     struct err *err)
{
    struct db_key uuid = {.len = 0};
    struct bytes value = {0};
    struct batch_row row;
    key_raw(&uuid, spec->uuid.at, sizeof spec->uuid.at);
    int rc = store_get(txn, CAT_UUIDS, &uuid, &value, err);
    if (rc <= 0)
        return rc;
    struct unpacker number = {.left = value};
    ret_id->n = unpack_u32(&number);
    rc = catalogue_batch(txn, *ret_id, &row, err);
    if (rc < 0)
        return rc;
    if (rc == 1 && same_spec(&row.spec, spec))
        return 1;
    return err_set(err, ERR_CONFLICT, "batch %u has the same uuid and another description",
                   ret_id->n);
}

/* Keys first: a tenant's two compartments and the day, so that nothing that is accepted lacks
 * one. */
static int make_keys(struct archive *archive, const struct live_batch *batch, struct err *err)
{
    const struct seal_key *key;
    for (int i = COMPARTMENT_ADMIN; i <= COMPARTMENT_MEDICAL; i++) {
        const struct key_owner owner = {batch->row.spec.tenant, (enum compartment)i};
        int rc = keys_search(archive->keys, &owner, &key, err);
        if (rc < 0)
            return rc;
    }
    struct seal_key *day_key;
    int rc = keys_open_intake(archive->keys, batch->row.intake_day, batch->row.spec.tenant,
                              &day_key, err);
    if (rc == 0)
        seal_key_free(&day_key);
    return rc;
}

static int enter_batch(struct store_txn *txn, struct live_batch *batch, struct err *err)
{
    static const struct commit_points points = {"batch.open.before_commit",
                                                "batch.open.after_commit"};
    int rc = catalogue_set_number(txn, "last_batch", batch->id.n, err);
    if (rc == 0)
        rc = catalogue_set_number(txn, "layout", CATALOGUE_LAYOUT, err);
    if (rc == 0)
        rc = catalogue_put_batch(txn, batch->id, &batch->row, err);
    if (rc == 0)
        rc = note(txn, batch, "opened", opening_facts(batch), err);
    return rc < 0 ? rc : store_commit(txn, &points, err);
}

int archive_batch_open(struct archive *archive, const struct batch_spec *spec,
                       struct batch_id *ret_id, struct err *err)
{
    int rc = archive_may_write(archive, err);
    if (rc == 0)
        rc = check_spec(archive, spec, err);
    if (rc < 0)
        return rc;
    SCOPED(store_abort) struct store_txn txn = {0};
    uint64_t last;
    rc = store_begin(archive->catalogue, &txn, err);
    if (rc == 0)
        rc = find_same(&txn, spec, ret_id, err);
    if (rc != 0)
        return rc < 0 ? rc : 0;
    rc = successor_none(&txn, spec->tenant, "it has no new mail", err);
    if (rc == 0)
        rc = archive_has_space(archive, 0, err);
    if (rc == 0)
        rc = catalogue_number(&txn, "last_batch", &last, err);
    if (rc < 0)
        return rc;
    struct live_batch batch = {.id = {(uint32_t)last + 1}, .row = {.spec = *spec}};
    batch.row.opened_ms = clock_wall_ms();
    batch.row.intake_day = day_of_ms(batch.row.opened_ms);
    rc = make_keys(archive, &batch, err);
    if (rc == 0)
        rc = live_add(archive, batch.id, &batch.row, err);
    if (rc < 0)
        return rc;
    rc = enter_batch(&txn, &batch, err);
    if (rc < 0)
        live_remove(archive, batch.id);
    *ret_id = batch.id;
    return rc;
}

/* ---- end and close ---- */

static int progress_of(const struct live_batch *batch, struct intake_progress *ret_progress,
                       struct err *err)
{
    SCOPED(store_abort) struct store_txn txn = {0};
    int rc = store_begin_read(batch->day->store, &txn, err);
    if (rc == 0)
        rc = intake_progress_get(&txn, batch->id.n, ret_progress, err);
    return rc < 0 ? rc : 0;
}

/* The batch's row in the catalogue, live or closed: 0, ERR_NOT_FOUND. */
static int find_batch(struct archive *archive, struct batch_id id, struct batch_row *ret_row,
                      struct err *err)
{
    SCOPED(store_abort) struct store_txn txn = {0};
    int rc = store_begin_read(archive->catalogue, &txn, err);
    if (rc == 0)
        rc = catalogue_batch(&txn, id, ret_row, err);
    if (rc == 0)
        return err_set(err, ERR_NOT_FOUND, "batch %u does not exist", id.n);
    return rc < 0 ? rc : 0;
}

/* ---- rejects ---- */

static const char *const reject_names[] = {"torn", "unfit", "object", "other"};

const char *reject_reason_name(enum reject_reason reason)
{
    return reject_names[reason];
}

int reject_reason_parse(const char *name, enum reject_reason *ret_reason)
{
    for (int i = REJECT_TORN; i <= REJECT_OTHER; i++)
        if (strcmp(name, reject_names[i]) == 0) {
            *ret_reason = (enum reject_reason)i;
            return 0;
        }
    return ERR_NOT_FOUND;
}

static int write_reject(struct archive *archive, const struct live_batch *batch,
                        const struct batch_reject *reject, struct err *err)
{
    static const struct commit_points points = {"batch.reject.before_commit",
                                                "batch.reject.after_commit"};
    SCOPED(store_abort) struct store_txn txn = {0};
    char id[EVENT_ID_SIZE];
    snprintf(id, sizeof id, "batch %u reject %u", batch->id.n, reject->number);
    const struct journal_event event = {
        batch->row.spec.tenant, id, "sheet_rejected", clock_wall_ms(),
        json_pack("{s:I, s:I, s:I, s:s}", "batch", (json_int_t)batch->id.n, "number",
                  (json_int_t)reject->number, "sheet", (json_int_t)reject->sheet, "reason",
                  reject_reason_name(reject->reason))};
    int rc = store_begin(archive->catalogue, &txn, err);
    if (rc == 0)
        rc = catalogue_put_batch(&txn, batch->id, &batch->row, err);
    if (rc == 0)
        rc = journal_note(&txn, &event, err);
    return rc < 0 ? rc : store_commit(&txn, &points, err);
}

int archive_batch_reject(struct archive *archive, struct batch_id id,
                         const struct batch_reject *reject, struct err *err)
{
    int rc = archive_may_write(archive, err);
    if (rc < 0)
        return rc;
    struct batch_row row;
    rc = find_batch(archive, id, &row, err);
    if (rc < 0)
        return rc;
    uint32_t noted = row.end.sheets_rejected;
    if (reject->number > 0 && reject->number <= noted)
        return 0;
    struct live_batch *live = live_find(archive, id.n);
    if (!live || live->row.state != BATCH_FEEDING)
        return err_set(err, ERR_CONFLICT, "batch %u is not being fed", id.n);
    if (reject->number != noted + 1)
        return err_set(err, ERR_CONFLICT, "batch %u: reject %u, but %u are noted", id.n,
                       reject->number, noted);
    struct live_batch with = *live;
    with.row.end.sheets_rejected = reject->number;
    rc = write_reject(archive, &with, reject, err);
    if (rc == 0)
        *live = with;
    return rc;
}

/* ---- the end ---- */

static int check_end(const struct live_batch *batch, const struct batch_end *end, struct err *err)
{
    struct intake_progress progress;
    int rc = progress_of(batch, &progress, err);
    if (rc < 0)
        return rc;
    if (progress.counts.accepted != end->pages || progress.highest != end->pages)
        return err_set(err, ERR_CONFLICT,
                       "batch %u: %u sides captured, %llu pages accepted (highest number %u)",
                       batch->id.n, end->pages, (unsigned long long)progress.counts.accepted,
                       progress.highest);
    if (end->sheets_rejected < batch->row.end.sheets_rejected)
        return err_set(err, ERR_CONFLICT, "batch %u: %u sheets rejected, but %u are noted",
                       batch->id.n, end->sheets_rejected, batch->row.end.sheets_rejected);
    if (batch->row.state == BATCH_FED && batch->row.end.pages != end->pages)
        return err_set(err, ERR_CONFLICT, "batch %u ended with %u pages, not %u", batch->id.n,
                       batch->row.end.pages, end->pages);
    return 0;
}

static int write_end(struct archive *archive, const struct live_batch *batch, struct err *err)
{
    static const struct commit_points points = {"batch.end.before_commit",
                                                "batch.end.after_commit"};
    SCOPED(store_abort) struct store_txn txn = {0};
    const struct batch_end *end = &batch->row.end;
    int rc = store_begin(archive->catalogue, &txn, err);
    if (rc == 0)
        rc = catalogue_put_batch(&txn, batch->id, &batch->row, err);
    if (rc == 0)
        rc = note(&txn, batch, "fed",
                  json_pack("{s:I, s:I, s:I, s:I}", "batch", (json_int_t)batch->id.n, "sheets_fed",
                            (json_int_t)end->sheets_fed, "sheets_rejected",
                            (json_int_t)end->sheets_rejected, "pages", (json_int_t)end->pages),
                  err);
    return rc < 0 ? rc : store_commit(&txn, &points, err);
}

int archive_batch_end(struct archive *archive, struct batch_id id, const struct batch_end *end,
                      struct err *err)
{
    struct batch_row closed;
    int rc = archive_may_write(archive, err);
    if (rc < 0)
        return rc;
    struct live_batch *live = live_find(archive, id.n);
    if (!live) {
        rc = find_batch(archive, id, &closed, err);
        if (rc < 0 || memcmp(&closed.end, end, sizeof *end) == 0)
            return rc;
        return err_set(err, ERR_CONFLICT, "batch %u is closed", id.n);
    }
    rc = check_end(live, end, err);
    if (rc < 0)
        return rc;
    struct live_batch fed = *live;
    fed.row.state = BATCH_FED;
    fed.row.end = *end;
    rc = write_end(archive, &fed, err);
    if (rc < 0)
        return rc;
    *live = fed;
    return envelopes_ended(archive, live, err);
}

/* What stands in the way of closing; 0 nothing. */
static int check_closing(const struct live_batch *batch, const struct intake_progress *progress,
                         struct err *err)
{
    const struct archive_counts *counts = &progress->counts;
    const struct batch_end *end = &batch->row.end;
    const struct {
        uint64_t number;
        const char *name;
    } open[] = {{counts->unread, "unread"},
                {counts->to_code, "to code"},
                {counts->quarantined, "quarantined"},
                {counts->waiting, "waiting to be filed"}};
    bool nothing_came = batch->row.state == BATCH_FEEDING && counts->accepted == 0;
    if (batch->row.state != BATCH_FED && !nothing_came)
        return err_set(err, ERR_CONFLICT,
                       "batch %u: its feeding has not ended; tripli batch list shows with what "
                       "--resume it goes on",
                       batch->id.n);
    for (size_t i = 0; i < sizeof open / sizeof *open; i++)
        if (open[i].number)
            return err_set(err, ERR_CONFLICT, "batch %u: %llu pages are %s", batch->id.n,
                           (unsigned long long)open[i].number, open[i].name);
    if (!nothing_came && end->sheets_fed != progress->fronts + end->sheets_rejected)
        return err_set(err, ERR_CONFLICT,
                       "batch %u: %u sheets fed, but %u accepted and %u declared rejected",
                       batch->id.n, end->sheets_fed, progress->fronts, end->sheets_rejected);
    if (counts->accepted != counts->filed + counts->blank + counts->separators)
        return err_set(err, ERR_CONFLICT, "batch %u: %llu pages accepted, %llu accounted for",
                       batch->id.n, (unsigned long long)counts->accepted,
                       (unsigned long long)(counts->filed + counts->blank + counts->separators));
    return 0;
}

/* Blanks and separators count before they are filed: is anything of the batch still in intake? */
static int check_empty(const struct live_batch *batch, struct err *err)
{
    SCOPED(store_abort) struct store_txn txn = {0};
    struct store_entry entry;
    struct db_key from = key_of_number(batch->id.n);
    int rc = store_begin_read(batch->day->store, &txn, err);
    if (rc == 0)
        rc = store_seek(&txn, IN_PAGES, &from, &entry, err);
    if (rc == 1 && page_of_key(entry.key).batch == batch->id.n)
        return err_set(err, ERR_CONFLICT, "batch %u: page %u waits to be filed", batch->id.n,
                       page_of_key(entry.key).page);
    return rc < 0 ? rc : 0;
}

static int write_close(struct archive *archive, const struct live_batch *batch, const char *actor,
                       struct err *err)
{
    static const struct commit_points points = {"batch.close.before_commit",
                                                "batch.close.after_commit"};
    SCOPED(store_abort) struct store_txn txn = {0};
    const struct archive_counts *counts = &batch->row.counts;
    int rc = store_begin(archive->catalogue, &txn, err);
    if (rc == 0)
        rc = catalogue_put_batch(&txn, batch->id, &batch->row, err);
    if (rc == 0)
        rc = counts_add_closed(&txn, counts, err);
    if (rc == 0)
        rc = note(&txn, batch, "closed",
                  json_pack("{s:I, s:s, s:I, s:I, s:I, s:I, s:I}", "batch", (json_int_t)batch->id.n,
                            "actor", actor, "accepted", (json_int_t)counts->accepted, "filed",
                            (json_int_t)counts->filed, "blank", (json_int_t)counts->blank,
                            "separators", (json_int_t)counts->separators, "documents",
                            (json_int_t)counts->documents),
                  err);
    return rc < 0 ? rc : store_commit(&txn, &points, err);
}

static int close_live(struct archive *archive, const struct live_batch *live, const char *actor,
                      struct err *err)
{
    struct intake_progress progress;
    int rc = progress_of(live, &progress, err);
    if (rc == 0)
        rc = check_closing(live, &progress, err);
    if (rc == 0)
        rc = check_empty(live, err);
    if (rc < 0)
        return rc;
    struct live_batch closed = *live;
    closed.row.state = BATCH_CLOSED;
    closed.row.closed_ms = clock_wall_ms();
    closed.row.counts = progress.counts;
    closed.row.counts.batches = 1;
    closed.row.counts.sheets_fed = live->row.end.sheets_fed;
    closed.row.counts.sheets_rejected = live->row.end.sheets_rejected;
    rc = write_close(archive, &closed, actor, err);
    if (rc < 0)
        return rc;
    live_remove(archive, closed.id);
    return live_retire_days(archive, err);
}

int archive_batch_close(struct archive *archive, struct batch_id id, const char *actor,
                        struct err *err)
{
    struct batch_row row;
    int rc = archive_may_write(archive, err);
    if (rc < 0)
        return rc;
    const struct live_batch *live = live_find(archive, id.n);
    return live ? close_live(archive, live, actor, err) : find_batch(archive, id, &row, err);
}
