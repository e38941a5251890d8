/*
 * Intake as a person sees it: waiting pages, images, release, undo: see intake.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdio.h>
#include <string.h>

#include "archive/envelopes.h"
#include "archive/intake.h"
#include "archive/intake_work.h"
#include "base/scope.h"

static int database_of(enum page_state state)
{
    return state == PAGE_TO_CODE ? IN_TO_CODE : IN_QUARANTINE;
}

/* The first page after `after` in that state, over all days: 1 found. */
static int next_waiting(struct archive *archive, struct intake_line line, struct page_id *ret_id,
                        struct err *err)
{
    struct db_key from = key_of_page((struct page_id){line.after.batch, line.after.page + 1});
    *ret_id = (struct page_id){0};
    for (size_t i = 0; i < archive->day_count; i++) {
        SCOPED(store_abort) struct store_txn txn = {0};
        struct store_entry entry;
        int rc = store_begin_read(archive->days[i]->store, &txn, err);
        if (rc == 0)
            rc = store_seek(&txn, database_of(line.state), &from, &entry, err);
        if (rc < 0)
            return rc;
        if (rc == 0)
            continue;
        struct page_id id = page_of_key(entry.key);
        if (!ret_id->batch || id.batch < ret_id->batch ||
            (id.batch == ret_id->batch && id.page < ret_id->page))
            *ret_id = id;
    }
    return ret_id->batch != 0;
}

static int describe(struct archive *archive, struct page_id id, struct intake_waiting *ret_page,
                    struct err *err)
{
    SCOPED(store_abort) struct store_txn txn = {0};
    SCOPED(note_of_clear) struct note_of note = {0};
    struct intake_row row;
    const struct live_batch *live = live_find(archive, id.batch);
    if (!live)
        return 0;
    int rc = store_begin_read(live->day->store, &txn, err);
    if (rc == 0)
        rc = intake_row_get(&txn, id, &row, err);
    if (rc <= 0)
        return rc;
    *ret_page = (struct intake_waiting){.id = id,
                                        .accepted_ms = row.accepted_ms,
                                        .tries = row.tries,
                                        .compartment = row.compartment};
    memcpy(ret_page->tenant, live->row.spec.tenant, sizeof ret_page->tenant);
    rc = intake_sound_note(archive, &txn, id, &note, err);
    if (rc < 0)
        return rc;
    if (row.state == PAGE_QUARANTINED)
        memcpy(ret_page->reason, note.note.reason, sizeof ret_page->reason);
    if (buf_append(&ret_page->record, note.note.record) < 0)
        return err_set(err, ERR_MEMORY, "page %u-%u: no memory", id.batch, id.page);
    return 1;
}

int intake_list(struct archive *archive, struct intake_line line, struct intake_waiting *ret_pages,
                int most, struct err *err)
{
    if (line.state != PAGE_TO_CODE && line.state != PAGE_QUARANTINED)
        return err_set(err, ERR_UNSUPPORTED, "pages that are %s are not listed",
                       page_state_name(line.state));
    int count = 0, rc = live_refresh(archive, err);
    while (rc >= 0 && count < most) {
        rc = next_waiting(archive, line, &line.after, err);
        if (rc <= 0)
            break;
        rc = describe(archive, line.after, &ret_pages[count], err);
        count += rc == 1;
    }
    for (int i = 0; rc < 0 && i < count; i++)
        intake_waiting_clear(&ret_pages[i]);
    return rc < 0 ? rc : count;
}

void intake_waiting_clear(struct intake_waiting *page)
{
    buf_free(&page->record);
    *page = (struct intake_waiting){0};
}

int intake_image(struct archive *archive, struct page_id id, struct buf *ret_image, struct err *err)
{
    SCOPED(store_abort) struct store_txn txn = {0};
    SCOPED(buf_free) struct buf image = {0};
    struct intake_row row;
    int rc = live_refresh(archive, err);
    const struct live_batch *live = live_find(archive, id.batch);
    if (rc == 0 && live)
        rc = store_begin_read(live->day->store, &txn, err);
    if (rc == 0 && live)
        rc = intake_row_get(&txn, id, &row, err);
    if (rc == 0)
        return err_set(err, ERR_NOT_FOUND, "page %u-%u is not in intake", id.batch, id.page);
    if (rc > 0)
        rc = intake_fetch(archive, &txn, (struct intake_part_of){INTAKE_IMAGE, id}, &image, err);
    if (rc < 0)
        return rc;
    struct digest digest = digest_of(buf_view(&image));
    if (!digest_equal(&digest, &row.digest))
        return err_set(err, ERR_INTEGRITY,
                       "page %u-%u in intake: its image is not the one accepted", id.batch,
                       id.page);
    return buf_append(ret_image, buf_view(&image)) < 0
               ? err_set(err, ERR_MEMORY, "page %u-%u: no memory", id.batch, id.page)
               : 0;
}

int intake_release(struct archive *archive, struct page_id id, const char *actor, struct err *err)
{
    static const struct commit_points points = {"intake.release.before_commit",
                                                "intake.release.after_commit"};
    SCOPED(page_work_end) struct page_work work = {0};
    int rc = page_work_begin(archive, id, &work, err);
    if (rc == 0 && work.was.state != PAGE_QUARANTINED)
        rc = err_set(err, ERR_CONFLICT, "page %u-%u is %s, only a quarantined page is released",
                     id.batch, id.page, page_state_name(work.was.state));
    if (rc < 0)
        return rc;
    work.is.tries = 0;
    rc = page_work_move(&work, PAGE_ACCEPTED, EVENT_RELEASED, actor, err);
    return rc < 0 ? rc : store_commit(&work.work.txn, &points, err);
}

int intake_undo(struct archive *archive, struct page_id id, const char *actor, struct err *err)
{
    static const struct commit_points points = {"intake.undo.before_commit",
                                                "intake.undo.after_commit"};
    SCOPED(page_work_end) struct page_work work = {0};
    int rc = page_work_begin(archive, id, &work, err);
    if (rc == 0 && (work.was.state != PAGE_DECIDED || !work.was.by_person))
        rc = err_set(err, ERR_CONFLICT, "page %u-%u is %s%s, only a person's decision is undone",
                     id.batch, id.page, page_state_name(work.was.state),
                     work.was.state == PAGE_DECIDED ? " by the machine" : "");
    if (rc < 0)
        return rc;
    const struct page_place place = {archive, &work.work.txn, work.work.batch, id};
    rc = envelopes_undone(&place, &work.was, err);
    if (rc == 0)
        rc = page_work_move(&work, PAGE_TO_CODE, EVENT_UNDONE, actor, err);
    return rc < 0 ? rc : store_commit(&work.work.txn, &points, err);
}
