/*
 * What waits: see standings.h and archive.h. Only batches that are not closed
 * have pages in intake; the first page of a batch there is its oldest, since pages come in rising
 * order.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "archive/standings.h"

#include <stdlib.h>
#include <string.h>

#include "archive/intake_row.h"
#include "archive/state.h"
#include "base/scope.h"

_Static_assert((int)ARCHIVE_STANDINGS_MAX >= (int)TENANTS_MAX, "every tenant has a row");

/* 1 and the oldest page, 0: the batch has no page in intake. Envelopes leave it whole: the first
 * page that is there begins one. */
static int oldest_page(struct store_txn *txn, uint32_t batch, struct tenant_standing *ret_standing,
                       struct err *err)
{
    struct db_key from = key_of_number(batch);
    struct store_entry entry;
    struct intake_row row;
    int rc = store_seek(txn, IN_PAGES, &from, &entry, err);
    if (rc <= 0 || !key_has_prefix(entry.key, &from))
        return rc < 0 ? rc : 0;
    if (!intake_row_decode(entry.value, &row))
        return err_set(err, ERR_INTEGRITY, "batch %u: a row of intake is damaged", batch);
    ret_standing->oldest_ms = row.accepted_ms;
    ret_standing->oldest = (struct envelope_id){batch, page_of_key(entry.key).page};
    return 1;
}

static int look_at(const struct live_batch *live, struct tenant_standing *ret_standing,
                   struct err *err)
{
    SCOPED(store_abort) struct store_txn txn = {0};
    struct intake_progress progress = {0};
    int rc = store_begin_read(live->day->store, &txn, err);
    if (rc == 0)
        rc = oldest_page(&txn, live->id.n, ret_standing, err);
    if (rc == 1)
        rc = intake_progress_get(&txn, live->id.n, &progress, err);
    if (rc <= 0)
        return rc;
    memcpy(ret_standing->tenant, live->row.spec.tenant, TENANT_TEXT_SIZE);
    ret_standing->unread = progress.counts.unread;
    ret_standing->to_code = progress.counts.to_code;
    ret_standing->quarantined = progress.counts.quarantined;
    ret_standing->waiting = progress.counts.waiting;
    return 1;
}

/* Returns how many rows there are now. */
static int add_to(struct tenant_standing *rows, int count, const struct tenant_standing *more)
{
    int at = 0;
    while (at < count && strcmp(rows[at].tenant, more->tenant) != 0)
        at++;
    if (at == ARCHIVE_STANDINGS_MAX)
        return count; /* cannot be: batches have tenants of the list */
    if (at == count) {
        rows[at] = *more;
        return count + 1;
    }
    if (more->oldest_ms < rows[at].oldest_ms) {
        rows[at].oldest_ms = more->oldest_ms;
        rows[at].oldest = more->oldest;
    }
    rows[at].unread += more->unread;
    rows[at].to_code += more->to_code;
    rows[at].quarantined += more->quarantined;
    rows[at].waiting += more->waiting;
    return count;
}

static int by_age(const void *a, const void *b)
{
    const struct tenant_standing *one = a, *other = b;
    return (one->oldest_ms > other->oldest_ms) - (one->oldest_ms < other->oldest_ms);
}

int archive_standings(struct archive *archive,
                      struct tenant_standing ret_standings[ARCHIVE_STANDINGS_MAX], struct err *err)
{
    int count = 0, rc = live_refresh(archive, err);
    for (size_t i = 0; rc >= 0 && i < archive->live_count; i++) {
        struct tenant_standing standing = {.oldest_ms = 0};
        rc = look_at(&archive->live[i], &standing, err);
        if (rc == 1)
            count = add_to(ret_standings, count, &standing);
    }
    if (rc < 0)
        return rc;
    for (int i = 0; i < count; i++) {
        const struct tenant *tenant = tenants_find(archive->tenants, ret_standings[i].tenant);
        ret_standings[i].weight = tenant ? tenant->weight : 1;
    }
    qsort(ret_standings, (size_t)count, sizeof *ret_standings, by_age);
    return count;
}

static int by_silence(const void *a, const void *b)
{
    const struct feeding_batch *one = a, *other = b;
    return (one->fed_ms > other->fed_ms) - (one->fed_ms < other->fed_ms);
}

int archive_feeding(struct archive *archive, struct feeding_batch ret_rows[ARCHIVE_FEEDING_MAX],
                    struct err *err)
{
    int count = 0, rc = live_refresh(archive, err);
    if (rc < 0)
        return rc;
    for (size_t i = 0; i < archive->live_count && count < ARCHIVE_FEEDING_MAX; i++) {
        const struct live_batch *live = &archive->live[i];
        if (live->row.state == BATCH_FEEDING)
            ret_rows[count++] = (struct feeding_batch){live->id, live->row.spec, live->fed_ms};
    }
    qsort(ret_rows, (size_t)count, sizeof *ret_rows, by_silence);
    return count;
}
