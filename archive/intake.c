/*
 * Intake: accepting, lending, giving back: see intake.h. Pages of one call are grouped by the
 * environment of their day (usually one): one transaction each.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "archive/intake.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "archive/envelopes.h"
#include "archive/intake_row.h"
#include "archive/intake_work.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/scope.h"

enum { CAPTURE_BYTES_MAX = 4096 };

/* ---- accepting ---- */

struct accepting {
    const struct intake_page *pages;
    int *results;
};

static int same_or_conflict(const struct digest *a, const struct digest *b)
{
    return digest_equal(a, b) ? 0 : ERR_CONFLICT;
}

/* Whether the page was accepted before: 1 not yet; 0 the same; ERR_CONFLICT another. */
static int accepted_before(struct archive *archive, struct store_txn *txn,
                           const struct intake_page *page, struct err *err)
{
    struct intake_row row;
    struct page_row filed;
    int rc = txn ? intake_row_get(txn, page->id, &row, err) : 0;
    if (rc != 0)
        return rc < 0 ? rc : same_or_conflict(&row.digest, &page->digest);
    SCOPED(store_abort) struct store_txn catalogue = {0};
    rc = store_begin_read(archive->catalogue, &catalogue, err);
    if (rc == 0)
        rc = catalogue_page(&catalogue, page->id, &filed, err);
    if (rc != 0)
        return rc < 0 ? rc : same_or_conflict(&filed.digest, &page->digest);
    return 1;
}

static int check_page(const struct archive *archive, const struct intake_page *page)
{
    if (page->id.page < 1 || page->id.page > PAGES_PER_BATCH_MAX || page->image.len == 0 ||
        page->image.len > image_bytes_max(archive) || page->capture.len > CAPTURE_BYTES_MAX)
        return ERR_LIMIT;
    struct digest digest = digest_of(page->image);
    return digest_equal(&digest, &page->digest) ? 0 : ERR_INTEGRITY;
}

static int write_page(const struct page_place *place, const struct intake_page *page,
                      struct err *err)
{
    const struct live_batch *batch = place->batch;
    const struct intake_row row = {.state = PAGE_ACCEPTED,
                                   .digest = page->digest,
                                   .sheet = page->sheet,
                                   .side = page->side,
                                   .starts_envelope = page->starts_envelope,
                                   .image_bytes = (uint32_t)page->image.len,
                                   .received = batch->row.spec.received,
                                   .accepted_ms = clock_wall_ms()};
    int rc = intake_store(place->archive, place->txn,
                          (struct intake_part_of){INTAKE_IMAGE, page->id}, page->image, err);
    if (rc == 0)
        rc = intake_store(place->archive, place->txn,
                          (struct intake_part_of){INTAKE_CAPTURE, page->id}, page->capture, err);
    if (rc == 0)
        rc = envelopes_accepted(place, page->starts_envelope, err);
    return rc < 0 ? rc : intake_row_add(place->txn, page->id, &row, err);
}

/* Pages come in the order of their numbers, so that the pages of a batch are always 1 to n: only
 * then does n tell a capture that resumes where to go on. 1 it is due, 0 one before it is missing.
 */
static int is_due(struct work *work, struct page_id id, struct err *err)
{
    struct intake_progress progress;
    int rc = intake_progress_get(&work->txn, id.batch, &progress, err);
    return rc < 0 ? rc : id.page <= progress.highest + 1;
}

static int accept_one(struct work *work, size_t index, struct err *err)
{
    const struct accepting *accepting = work->of;
    const struct intake_page *page = &accepting->pages[index];
    const struct page_place place = {work->archive, &work->txn, work->batch, page->id};
    int *result = &accepting->results[index];
    *result = check_page(work->archive, page);
    if (*result < 0)
        return 0;
    int rc = accepted_before(work->archive, &work->txn, page, err);
    if (rc == 0 || rc == ERR_CONFLICT) {
        *result = rc;
        return 0;
    }
    if (rc == 1 && work->batch->row.state != BATCH_FEEDING) {
        *result = ERR_CONFLICT;
        return 0;
    }
    if (rc == 1)
        rc = is_due(work, page->id, err);
    if (rc == 0)
        *result = ERR_UNAVAILABLE;
    return rc <= 0 ? rc : write_page(&place, page, err);
}

/* A page of a batch that is closed or unknown: only known to be there, or refused. */
static int accept_nowhere(struct archive *archive, void *of, size_t index, struct err *err)
{
    const struct accepting *accepting = of;
    int rc = accepted_before(archive, NULL, &accepting->pages[index], err);
    accepting->results[index] = rc == 1 ? ERR_NOT_FOUND : rc;
    return rc < 0 && rc != ERR_CONFLICT ? rc : 0;
}

static uint32_t accept_batch(const void *of, size_t index)
{
    return ((const struct accepting *)of)->pages[index].id.batch;
}

int intake_accept(struct archive *archive, const struct intake_page *pages, size_t count,
                  int *ret_results, struct err *err)
{
    static const struct commit_points points = {"intake.accept.before_commit",
                                                "intake.accept.after_commit"};
    struct accepting accepting = {pages, ret_results};
    const struct work_kind kind = {accept_batch, accept_one, accept_nowhere, &points};
    uint64_t bytes = 0;
    for (size_t i = 0; i < count; i++)
        bytes += pages[i].image.len;
    int rc = archive_may_write(archive, err);
    if (rc == 0)
        rc = archive_has_space(archive, bytes, err);
    if (rc == 0)
        rc = work_on_all(archive, &kind, &accepting, count, err);
    for (size_t i = 0; rc >= 0 && i < count; i++)
        if (ret_results[i] == 0)
            live_find(archive, pages[i].id.batch)->fed_ms = clock_wall_ms();
    return rc;
}

/* ---- lending ---- */

struct queued {
    uint8_t key[12]; /* received, batch, page */
};

struct lending {
    struct queued *queue;
    size_t count;
    struct intake_lease *leases;
    int64_t until_ms;
    size_t lent;
};

static int by_key(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(struct queued));
}

/* Adds the first `most` of a day. */
static int read_queue(const struct intake_day *day, size_t most, struct lending *lending,
                      struct err *err)
{
    SCOPED(store_abort) struct store_txn txn = {0};
    SCOPED(store_walk_end) struct store_cursor cursor = {0};
    struct db_key start = {.len = 0};
    struct store_entry entry;
    int rc = store_begin_read(day->store, &txn, err);
    if (rc == 0)
        rc = store_walk(&txn, IN_QUEUE, &start, &cursor, err);
    for (size_t i = 0; rc >= 0 && i < most && (rc = store_next(&cursor, &entry, err)) == 1; i++)
        if (entry.key.len == sizeof(struct queued))
            memcpy(lending->queue[lending->count++].key, entry.key.at, entry.key.len);
    return rc < 0 ? rc : 0;
}

static struct page_id queued_page(const struct lending *lending, size_t index)
{
    return page_of_key(bytes_of(lending->queue[index].key + 4, 8));
}

static uint32_t lend_batch(const void *of, size_t index)
{
    return queued_page(of, index).batch;
}

/* A page whose bytes are not the ones that came in is set aside, not lent. */
static int set_aside(struct work *work, struct page_id id, const struct intake_row *was,
                     struct err *err)
{
    struct intake_row lent = *was, is = *was;
    const struct page_event_row event = {.event = EVENT_QUARANTINED, .at_ms = clock_wall_ms()};
    lent.state = PAGE_LEASED;
    is.state = PAGE_QUARANTINED;
    log_error("page=%u-%u its image in intake is not the one accepted: quarantined", id.batch,
              id.page);
    int rc = intake_row_change(&work->txn, id, was, &lent, err);
    if (rc == 0)
        rc = intake_event_add(&work->txn, id, &is, &event, err);
    return rc < 0 ? rc : intake_row_change(&work->txn, id, &lent, &is, err);
}

static int lend_one(struct work *work, size_t index, struct err *err)
{
    struct lending *lending = work->of;
    struct page_id id = queued_page(lending, index);
    struct intake_lease *lease = &lending->leases[lending->lent];
    struct intake_row was, is;
    int rc = intake_row_get(&work->txn, id, &was, err);
    if (rc == 1 && was.state != PAGE_ACCEPTED)
        rc = err_set(err, ERR_INTEGRITY, "page %u-%u is queued but %s", id.batch, id.page,
                     page_state_name(was.state));
    if (rc <= 0)
        return rc;
    *lease = (struct intake_lease){.id = id, .tries = was.tries, .digest = was.digest};
    rc = intake_fetch(work->archive, &work->txn, (struct intake_part_of){INTAKE_IMAGE, id},
                      &lease->image, err);
    struct digest digest = digest_of(buf_view(&lease->image));
    if (rc == ERR_INTEGRITY || (rc == 0 && !digest_equal(&digest, &was.digest))) {
        buf_free(&lease->image);
        return set_aside(work, id, &was, err);
    }
    if (rc < 0)
        return rc;
    is = was;
    is.state = PAGE_LEASED;
    is.epoch++;
    is.lease_until_ms = lending->until_ms;
    lease->epoch = is.epoch;
    lending->lent++;
    return intake_row_change(&work->txn, id, &was, &is, err);
}

static int lend_nowhere(struct archive *archive, void *of, size_t index, struct err *err)
{
    (void)archive;
    struct page_id id = queued_page(of, index);
    return err_set(err, ERR_INTEGRITY, "page %u-%u is queued, its batch is not open", id.batch,
                   id.page);
}

static int fill_queue(struct archive *archive, size_t most, struct lending *lending,
                      struct err *err)
{
    lending->queue = calloc(most * archive->day_count + 1, sizeof *lending->queue);
    if (!lending->queue)
        return err_set(err, ERR_MEMORY, "intake: no memory to lend %zu pages", most);
    for (size_t i = 0; i < archive->day_count; i++) {
        int rc = read_queue(archive->days[i], most, lending, err);
        if (rc < 0)
            return rc;
    }
    qsort(lending->queue, lending->count, sizeof *lending->queue, by_key);
    if (lending->count > most)
        lending->count = most;
    return 0;
}

int intake_lend(struct archive *archive, size_t most, int64_t lease_ms,
                struct intake_lease *ret_leases, struct err *err)
{
    static const struct commit_points points = {"intake.lend.before_commit",
                                                "intake.lend.after_commit"};
    const struct work_kind kind = {lend_batch, lend_one, lend_nowhere, &points};
    struct lending lending = {.leases = ret_leases, .until_ms = clock_wall_ms() + lease_ms};
    int rc = archive_may_write(archive, err);
    if (rc == 0)
        rc = fill_queue(archive, most, &lending, err);
    if (rc == 0)
        rc = work_on_all(archive, &kind, &lending, lending.count, err);
    free(lending.queue);
    for (size_t i = 0; rc < 0 && i < lending.lent; i++)
        intake_lease_clear(&ret_leases[i]);
    return rc < 0 ? rc : (int)lending.lent;
}

void intake_lease_clear(struct intake_lease *lease)
{
    buf_free(&lease->image);
    *lease = (struct intake_lease){0};
}
