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
    for (size_t i = 0; rc >= 0 && i < count; i++) {
        struct live_batch *live = live_find(archive, pages[i].id.batch);
        if (live && ret_results[i] == 0) /* else a page of a closed batch came once more */
            live->fed_ms = clock_wall_ms();
    }
    return rc;
}
