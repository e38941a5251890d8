/*
 * One call on many pages: see intake_work.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "archive/intake_work.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/scope.h"

/* Handles every open item of the day of item `first`. */
static int work_on_day(struct work *work, const struct work_kind *kind, bool *done, size_t range[2],
                       struct err *err)
{
    const struct live_batch *live = live_find(work->archive, kind->batch_of(work->of, range[0]));
    const struct intake_day *day = live->day;
    int rc = store_begin(day->store, &work->txn, err);
    for (size_t i = range[0]; rc >= 0 && i < range[1]; i++) {
        live = done[i] ? NULL : live_find(work->archive, kind->batch_of(work->of, i));
        if (!live || live->day != day)
            continue;
        work->batch = live;
        rc = kind->one(work, i, err);
        done[i] = true;
    }
    return rc < 0 ? rc : store_commit(&work->txn, kind->points, err);
}

int work_on_all(struct archive *archive, const struct work_kind *kind, void *of, size_t count,
                struct err *err)
{
    SCOPED(scope_free) bool *done = calloc(count ? count : 1, sizeof *done);
    if (!done)
        return err_set(err, ERR_MEMORY, "intake: no memory for %zu items", count);
    int rc = 0;
    for (size_t i = 0; rc >= 0 && i < count; i++) {
        if (done[i])
            continue;
        if (!live_find(archive, kind->batch_of(of, i))) {
            rc = kind->nowhere(archive, of, i, err);
            continue;
        }
        struct work work = {.archive = archive, .of = of};
        rc = work_on_day(&work, kind, done, (size_t[2]){i, count}, err);
        store_abort(&work.txn);
    }
    return rc < 0 ? rc : 0;
}

/* ---- one page ---- */

int page_absence(struct archive *archive, struct page_id id, struct err *err)
{
    SCOPED(store_abort) struct store_txn txn = {0};
    struct page_row row;
    int rc = store_begin_read(archive->catalogue, &txn, err);
    if (rc == 0)
        rc = catalogue_page(&txn, id, &row, err);
    if (rc < 0)
        return rc;
    if (rc == 1)
        return err_set(err, ERR_CONFLICT, "page %u-%u is filed", id.batch, id.page);
    return err_set(err, ERR_NOT_FOUND, "page %u-%u is not in intake", id.batch, id.page);
}

int page_work_begin(struct archive *archive, struct page_id id, struct page_work *ret_work,
                    struct err *err)
{
    *ret_work = (struct page_work){.work = {.archive = archive}, .id = id};
    int rc = archive_may_write(archive, err);
    if (rc < 0)
        return rc;
    const struct live_batch *live = live_find(archive, id.batch);
    if (live)
        rc = store_begin(live->day->store, &ret_work->work.txn, err);
    if (live && rc == 0)
        rc = intake_row_get(&ret_work->work.txn, id, &ret_work->was, err);
    if (rc == 0)
        return page_absence(archive, id, err);
    ret_work->work.batch = live;
    ret_work->is = ret_work->was;
    return rc < 0 ? rc : 0;
}

void page_work_end(struct page_work *work)
{
    store_abort(&work->work.txn);
}

int page_work_move(struct page_work *work, enum page_state to, enum page_event event,
                   const char *actor, struct err *err)
{
    if (!page_may_move(work->was.state, to))
        return err_set(err, ERR_CONFLICT, "page %u-%u is %s, it cannot become %s", work->id.batch,
                       work->id.page, page_state_name(work->was.state), page_state_name(to));
    struct page_event_row row = {
        .event = event, .at_ms = clock_wall_ms(), .confidence = work->is.confidence};
    snprintf(row.actor, sizeof row.actor, "%s", actor);
    snprintf(row.tag, sizeof row.tag, "%s", work->is.tag);
    work->is.state = to;
    int rc = event ? intake_event_add(&work->work.txn, work->id, &work->is, &row, err) : 0;
    return rc < 0 ? rc : intake_row_change(&work->work.txn, work->id, &work->was, &work->is, err);
}

/* ---- sealed parts ---- */

static int find_value(struct archive *archive, struct intake_part_of what,
                      struct intake_value *ret_value, struct err *err)
{
    const struct live_batch *live = live_find(archive, what.id.batch);
    if (!live)
        return err_set(err, ERR_NOT_FOUND, "page %u-%u is not in intake", what.id.batch,
                       what.id.page);
    *ret_value = (struct intake_value){.part = what.part, .id = what.id};
    return intake_day_key(live->day, archive->keys, live->row.spec.tenant, &ret_value->key, err);
}

int intake_fetch(struct archive *archive, struct store_txn *txn, struct intake_part_of what,
                 struct buf *ret_plain, struct err *err)
{
    struct intake_value value;
    int rc = find_value(archive, what, &value, err);
    if (rc == 0)
        rc = intake_value_get(txn, &value, ret_plain, err);
    else
        return rc;
    if (rc == 0)
        return err_set(err, ERR_NOT_FOUND, "page %u-%u in intake: a part is missing", what.id.batch,
                       what.id.page);
    return rc < 0 ? rc : 0;
}

int intake_store(struct archive *archive, struct store_txn *txn, struct intake_part_of what,
                 struct bytes plain, struct err *err)
{
    struct intake_value value;
    int rc = find_value(archive, what, &value, err);
    return rc < 0 ? rc : intake_value_put(txn, &value, plain, err);
}

int intake_fetch_note(struct archive *archive, struct store_txn *txn, struct page_id id,
                      struct note_of *ret_note, struct err *err)
{
    *ret_note = (struct note_of){0};
    int rc = intake_fetch(archive, txn, (struct intake_part_of){INTAKE_RECORD, id},
                          &ret_note->bytes, err);
    if (rc == ERR_NOT_FOUND)
        return 0;
    if (rc == 0 && !intake_note_decode(buf_view(&ret_note->bytes), &ret_note->note))
        rc = err_set(err, ERR_INTEGRITY, "page %u-%u in intake: its note is damaged", id.batch,
                     id.page);
    return rc;
}

int intake_sound_note(struct archive *archive, struct store_txn *txn, struct page_id id,
                      struct note_of *ret_note, struct err *err)
{
    struct err why;
    int rc = intake_fetch_note(archive, txn, id, ret_note, &why);
    if (rc != ERR_INTEGRITY) {
        if (rc < 0)
            *err = why;
        return rc;
    }
    log_error("%s; it counts as none", why.text);
    note_of_clear(ret_note);
    *ret_note = (struct note_of){.note.reason = "what was noted of the page before is damaged"};
    return 0;
}

int intake_store_note(struct archive *archive, struct store_txn *txn, struct page_id id,
                      const struct intake_note *note, struct err *err)
{
    SCOPED(packer_free) struct packer bytes = {0};
    intake_note_encode(&bytes, note);
    if (bytes.failed)
        return err_set(err, ERR_MEMORY, "page %u-%u: no memory", id.batch, id.page);
    return intake_store(archive, txn, (struct intake_part_of){INTAKE_RECORD, id},
                        packer_view(&bytes), err);
}

void note_of_clear(struct note_of *note)
{
    buf_free(&note->bytes);
}
