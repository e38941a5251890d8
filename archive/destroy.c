/*
 * Destroying what a visa was granted for. One box after the other: (1) one transaction of the
 * catalogue looks at expiry and holds again, takes out documents, pages and every index entry,
 * leaves a tombstone for each document and the box's row as destroyed, and journals it; (2) the
 * list of what was destroyed, outside DATA, gets its documents (tombs.h); (3) the box's key is
 * zeroed in place; (4) its files are unlinked. Between 1 and 4 the box stands in CAT_ERASING, so
 * that a start finishes what was cut short.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "archive/journal.h"
#include "archive/paper_slip.h"
#include "archive/purge.h"
#include "archive/spare.h"
#include "archive/tombs.h"
#include "base/clock.h"
#include "base/fault.h"
#include "base/file.h"
#include "base/log.h"
#include "base/scope.h"

/* ---- out of the catalogue ---- */

static int remove_pages(struct store_txn *txn, struct document_id id, uint32_t count,
                        struct err *err)
{
    int rc = 0;
    for (uint32_t i = 0; rc >= 0 && i < count; i++) {
        struct db_key key = key_of_page((struct page_id){id.batch, id.first_page + i});
        rc = store_delete(txn, CAT_PAGES, &key, err);
    }
    return rc < 0 ? rc : 0;
}

static int bury(struct store_txn *txn, struct document_id id, const struct document_row *was,
                struct err *err)
{
    struct db_key key = key_of_page((struct page_id){id.batch, id.first_page});
    struct db_key value = key_of_number(was->box);
    key_u32(&value, was->page_count);
    return store_put(txn, CAT_TOMBS, &key, key_view(&value), err);
}

static int remove_document(struct store_txn *txn, struct document_id id, struct err *err)
{
    struct document_row row;
    int rc = catalogue_document(txn, id, &row, err);
    if (rc == 1)
        rc = remove_pages(txn, id, row.page_count, err);
    if (rc == 0)
        rc = catalogue_remove_document(txn, id, &row, err);
    return rc < 0 ? rc : bury(txn, id, &row, err);
}

static int remove_documents(struct store_txn *txn, uint32_t box, struct tomb_record *record,
                            struct err *err)
{
    struct db_key of_box = key_of_number(box);
    struct document_id id = {0};
    int rc;
    while ((rc = catalogue_seek_document(txn, CAT_BY_BOX, &of_box, &id, err)) == 1) {
        rc = tomb_add(record, txn, id, err);
        if (rc == 0)
            rc = remove_document(txn, id, err);
        if (rc < 0)
            return rc;
    }
    return rc;
}

/* What left the box before has nothing in it any more. */
static int forget_moved(struct store_txn *txn, uint32_t box, struct err *err)
{
    struct db_key of_box = key_of_number(box);
    struct document_id id = {0};
    int rc;
    while ((rc = catalogue_seek_document(txn, CAT_MOVED, &of_box, &id, err)) == 1) {
        rc = catalogue_set_moved(txn, box, id, false, err);
        if (rc < 0)
            return rc;
    }
    return rc;
}

static int note_destroyed(struct store_txn *txn, uint32_t box, const struct box_row *row,
                          const struct slip_step *step, struct err *err)
{
    char id[EVENT_ID_SIZE], path[SERIES_TEXT_SIZE];
    snprintf(id, sizeof id, "box_destroyed %u", box);
    const struct journal_event event = {
        row->tenant, id, "box_destroyed", step->at_ms,
        json_pack("{s:I, s:s, s:I, s:I, s:I, s:I, s:s, s:s}", "box", (json_int_t)box, "path",
                  box_path(row, path), "documents", (json_int_t)row->documents, "pages",
                  (json_int_t)row->pages, "slip", (json_int_t)step->place.slip, "line",
                  (json_int_t)step->place.line, "visa", step->visa ? step->visa : "", "actor",
                  step->actor)};
    return journal_note(txn, &event, err);
}

static int mark_destroyed(struct store_txn *txn, uint32_t box, const struct slip_step *step,
                          struct bytes record, struct err *err)
{
    struct box_row row;
    struct db_key key = key_of_number(box);
    int rc = catalogue_box(txn, box, &row, err);
    if (rc <= 0)
        return rc < 0 ? rc : err_set(err, ERR_INTEGRITY, "box %u: its row is missing", box);
    row.state = BOX_DESTROYED;
    rc = catalogue_put_box(txn, box, &row, err);
    if (rc == 0)
        rc = store_put(txn, CAT_ERASING, &key, record, err);
    if (rc == 0)
        rc = store_delete(txn, CAT_BOX_SLIPS, &key, err);
    if (rc >= 0)
        rc = purge_ask(txn, err);
    return rc < 0 ? rc : note_destroyed(txn, box, &row, step, err);
}

static int check_empty(struct store_txn *txn, uint32_t box, struct err *err)
{
    struct db_key of_box = key_of_number(box);
    struct document_id id = {0};
    int rc = catalogue_seek_document(txn, CAT_BY_BOX, &of_box, &id, err);
    if (rc == 1)
        return err_set(err, ERR_CONFLICT, "box %u: documents lie in it", box);
    return rc < 0 ? rc : 0;
}

/* In one transaction: whether it may go, and that it is gone. */
static int enter_destroyed(struct archive *archive, uint32_t box, enum destroy_why why,
                           const struct slip_step *step, struct err *err)
{
    static const struct commit_points points = {"destroy.box.before_commit",
                                                "destroy.box.after_commit"};
    SCOPED(store_abort) struct store_txn txn = {0};
    SCOPED(tomb_free) struct tomb_record record = {0};
    int rc = store_begin(archive->catalogue, &txn, err);
    if (rc == 0 && why == DESTROY_GRANTED)
        rc = slip_check_box(archive, &txn, step->place, box, err);
    if (rc == 0 && why == DESTROY_EMPTIED)
        rc = check_empty(&txn, box, err);
    if (rc == 0)
        rc = tomb_begin(&record, step, err);
    if (rc == 0)
        rc = remove_documents(&txn, box, &record, err);
    if (rc == 0)
        rc = forget_moved(&txn, box, err);
    if (rc == 0)
        rc = tomb_end(&record, err);
    bool listed = why == DESTROY_GRANTED; /* what was destroyed before stands on the list */
    if (rc == 0)
        rc =
            mark_destroyed(&txn, box, step, listed ? buf_view(&record.text) : bytes_of("", 0), err);
    return rc < 0 ? rc : store_commit(&txn, &points, err);
}

/* ---- list, key and files ---- */

static int erase(struct archive *archive, uint32_t box, const struct box_row *row, struct err *err)
{
    char path[PATH_MAX], below[SERIES_TEXT_SIZE];
    const struct key_owner owner = {row->tenant, row->compartment};
    box_forget(archive->boxes, box);
    int rc = keys_zero_box(archive->keys, &owner, box, err);
    if (rc < 0)
        return rc;
    snprintf(path, sizeof path, "%s/boxes/%s", archive->data_dir, box_path(row, below));
    int fault = fault_point("destroy.files.before_unlink");
    if (fault)
        return err_errno(err, fault, "%s: remove", path);
    rc = file_remove_tree(path, err);
    fault_point("destroy.files.after_unlink");
    log_info("box=%s is destroyed: key zeroed, files removed", below);
    return rc;
}

static int forget_erasing(struct archive *archive, uint32_t box, struct err *err)
{
    static const struct commit_points points = {"destroy.done.before_commit",
                                                "destroy.done.after_commit"};
    SCOPED(store_abort) struct store_txn txn = {0};
    struct db_key key = key_of_number(box);
    int rc = store_begin(archive->catalogue, &txn, err);
    if (rc == 0)
        rc = store_delete(&txn, CAT_ERASING, &key, err);
    return rc < 0 ? rc : store_commit(&txn, &points, err);
}

/* A box that is destroyed and may not be erased yet. */
struct erasing {
    uint32_t box;
    struct box_row row;
    struct buf record; /* for the list; empty: it stands there */
};

static void erasing_clear(struct erasing *erasing)
{
    buf_free(&erasing->record);
}

/* The first one: 1 found. */
static int next_erasing(struct archive *archive, struct erasing *ret_erasing, struct err *err)
{
    SCOPED(store_abort) struct store_txn txn = {0};
    const struct db_key from = {.len = 0};
    struct store_entry entry;
    int rc = store_begin_read(archive->catalogue, &txn, err);
    if (rc == 0)
        rc = store_seek(&txn, CAT_ERASING, &from, &entry, err);
    if (rc <= 0)
        return rc;
    struct unpacker key = {.left = entry.key};
    ret_erasing->box = unpack_u32(&key);
    if (buf_append(&ret_erasing->record, entry.value) < 0)
        return err_set(err, ERR_MEMORY, "box %u: no memory", ret_erasing->box);
    rc = catalogue_box(&txn, ret_erasing->box, &ret_erasing->row, err);
    return rc == 0 ? err_set(err, ERR_INTEGRITY, "box %u: its row is missing", ret_erasing->box)
                   : rc;
}

/* 1 one was erased, 0 none was left. */
static int erase_next(struct archive *archive, struct err *err)
{
    SCOPED(erasing_clear) struct erasing erasing = {0};
    int rc = next_erasing(archive, &erasing, err);
    if (rc <= 0)
        return rc;
    rc = erasing.record.len ? tombs_append(archive, buf_view(&erasing.record), err) : 0;
    if (rc == 0)
        rc = erase(archive, erasing.box, &erasing.row, err);
    if (rc == 0)
        rc = forget_erasing(archive, erasing.box, err);
    return rc < 0 ? rc : 1;
}

static int erase_all(struct archive *archive, struct err *err)
{
    int rc;
    do
        rc = erase_next(archive, err);
    while (rc == 1);
    return rc;
}

int destroy_box(struct archive *archive, uint32_t box, enum destroy_why why,
                const struct slip_step *step, struct err *err)
{
    int rc = enter_destroyed(archive, box, why, step, err);
    return rc < 0 ? rc : erase_all(archive, err);
}

/* ---- a slip ---- */

/* 1 when the portion was used up. */
static int destroy_line(struct archive *archive, const struct slip_step *step, int *left,
                        struct err *err)
{
    uint32_t box = 1;
    int rc;
    while ((rc = slip_next_living(archive, step->place, &box, err)) == 1) {
        if (*left == 0)
            return 1;
        rc = destroy_box(archive, box, DESTROY_GRANTED, step, err);
        if (rc < 0)
            return rc;
        --*left;
    }
    return rc;
}

/* Paper is looked at again here, and goes on the list before the commit: what a person says was
 * shredded is gone, whatever becomes of this transaction. */
static int end_line(struct archive *archive, const struct slip_step *step,
                    struct slip_line_row *line, struct err *err)
{
    static const struct commit_points points = {"destroy.line.before_commit",
                                                "destroy.line.after_commit"};
    SCOPED(store_abort) struct store_txn txn = {0};
    SCOPED(buf_free) struct buf list = {0};
    struct slip_row slip;
    line->state = SLIP_DESTROYED;
    line->destroyed_ms = step->at_ms;
    int rc = store_begin(archive->catalogue, &txn, err);
    if (rc == 0)
        rc = papers_gone(archive, &txn, step, &list, err);
    if (rc == 0 && list.len)
        rc = tombs_append(archive, buf_view(&list), err);
    if (rc == 0)
        rc = slip_write_line(&txn, step->place, line, err);
    if (rc == 0)
        rc = slip_read(&txn, step->place.slip, &slip, err);
    if (rc == 0)
        rc = slip_note(&txn, slip.tenant, step, err);
    return rc < 0 ? rc : store_commit(&txn, &points, err);
}

static int destroy_lines(struct archive *archive, uint32_t slip, uint32_t lines, const char *actor,
                         struct err *err)
{
    int rc = 0, left = SLIP_PORTION;
    for (uint32_t i = 1; rc == 0 && i <= lines; i++) {
        struct slip_line_row line;
        rc = slip_line(archive, slip, i, &line, err);
        if (rc < 0 || line.state != SLIP_GRANTED || slip_line_is_paper(&line))
            continue;
        const struct slip_step step = {{slip, i}, "slip_line_destroyed", actor,
                                       line.visa, clock_wall_ms(),       NULL};
        rc = destroy_line(archive, &step, &left, err);
        if (rc == 0)
            rc = end_line(archive, &step, &line, err);
    }
    return rc;
}

static int end_slip(struct archive *archive, uint32_t slip, const char *actor, struct err *err)
{
    static const struct commit_points points = {"destroy.slip.before_commit",
                                                "destroy.slip.after_commit"};
    SCOPED(store_abort) struct store_txn txn = {0};
    struct slip_row row;
    int rc = store_begin(archive->catalogue, &txn, err);
    if (rc == 0)
        rc = slip_read(&txn, slip, &row, err);
    if (rc < 0)
        return rc;
    row.state = SLIP_DESTROYED;
    row.destroyed_ms = clock_wall_ms();
    rc = slip_write(&txn, slip, &row, err);
    const struct slip_step step = {{slip, 0}, "slip_destroyed", actor,
                                   NULL,      row.destroyed_ms, NULL};
    if (rc == 0)
        rc = slip_note(&txn, row.tenant, &step, err);
    return rc < 0 ? rc : store_commit(&txn, &points, err);
}

/* Ends the slip unless a granted line is left. */
static int end_slip_when_done(struct archive *archive, uint32_t slip, uint32_t lines,
                              const char *actor, struct err *err)
{
    struct slip_line_row line = {0};
    int rc = 0;
    for (uint32_t i = 1; rc == 0 && i <= lines; i++) {
        rc = slip_line(archive, slip, i, &line, err);
        if (rc == 0 && line.state == SLIP_GRANTED)
            return 0;
    }
    return rc < 0 ? rc : end_slip(archive, slip, actor, err);
}

int slip_destroy_some(struct archive *archive, uint32_t slip, const char *actor, struct err *err)
{
    struct slip_row row;
    int rc = archive_may_write(archive, err);
    if (rc == 0)
        rc = slip_show(archive, slip, &row, err);
    if (rc == 0 && row.state != SLIP_GRANTED)
        return err_set(err, ERR_CONFLICT,
                       "slip %u: is %s, nothing is destroyed without a visa that was granted", slip,
                       slip_state_name(row.state));
    if (rc == 0)
        rc = tombs_check(archive, err);
    if (rc == 0)
        rc = erase_all(archive, err);
    if (rc == 0)
        rc = spare_copies(archive, slip, actor, err);
    if (rc == 0)
        rc = destroy_lines(archive, slip, row.lines, actor, err);
    if (rc != 0)
        return rc;
    rc = end_slip_when_done(archive, slip, row.lines, actor, err);
    return rc < 0 || archive->rewrites_later ? rc : purge_finish(archive, err);
}

int slip_destroy(struct archive *archive, uint32_t slip, const char *actor, struct err *err)
{
    int rc;
    do
        rc = slip_destroy_some(archive, slip, actor, err);
    while (rc == 1);
    return rc;
}

/* ---- paper ---- */

/* Ends the granted lines of paper; returns how many. */
static int end_papers(struct archive *archive, const struct slip_shredding *shredding,
                      uint32_t lines, struct err *err)
{
    int rc = 0, ended = 0;
    for (uint32_t i = 1; rc == 0 && i <= lines; i++) {
        struct slip_line_row line;
        rc = slip_line(archive, shredding->slip, i, &line, err);
        if (rc < 0 || line.state != SLIP_GRANTED || !slip_line_is_paper(&line))
            continue;
        const struct slip_step step = {{shredding->slip, i}, "slip_line_destroyed",
                                       shredding->actor,     line.visa,
                                       clock_wall_ms(),      shredding->record};
        snprintf(line.record, sizeof line.record, "%s", shredding->record);
        rc = end_line(archive, &step, &line, err);
        ended++;
    }
    return rc < 0 ? rc : ended;
}

int slip_shredded(struct archive *archive, const struct slip_shredding *shredding, struct err *err)
{
    struct slip_row row;
    int rc = slip_check_number(shredding->slip, "a record's number", shredding->record, err);
    if (rc == 0)
        rc = archive_may_write(archive, err);
    if (rc == 0)
        rc = slip_show(archive, shredding->slip, &row, err);
    if (rc == 0 && row.state != SLIP_GRANTED)
        return err_set(err, ERR_CONFLICT,
                       "slip %u: is %s, no paper is shredded without a visa that was granted",
                       shredding->slip, slip_state_name(row.state));
    if (rc == 0)
        rc = end_papers(archive, shredding, row.lines, err);
    if (rc == 0)
        return err_set(err, ERR_NOT_FOUND, "slip %u: no granted line of paper is left",
                       shredding->slip);
    return rc < 0 ? rc
                  : end_slip_when_done(archive, shredding->slip, row.lines, shredding->actor, err);
}

int destroyed_with(struct store_txn *txn, struct document_id id, uint32_t *ret_box, struct err *err)
{
    struct db_key key = key_of_page((struct page_id){id.batch, id.first_page});
    struct bytes value;
    int rc = store_get(txn, CAT_TOMBS, &key, &value, err);
    if (rc <= 0)
        return rc;
    struct unpacker row = {.left = value};
    *ret_box = unpack_u32(&row);
    return row.bad ? err_set(err, ERR_INTEGRITY, "the tombstone of document %u-%u is damaged",
                             id.batch, id.first_page)
                   : 1;
}

/* A full disk is no reason not to start. */
static int rewrite_at_start(struct archive *archive, struct err *err)
{
    struct err why = {0};
    int rc = purge_finish(archive, &why);
    if (rc == ERR_FULL && archive->catalogue) {
        log_warn("%s; what was destroyed leaves the catalogue's free bytes at a later start",
                 why.text);
        return 0;
    }
    return rc < 0 ? err_set(err, rc, "%s", why.text) : rc;
}

int destroy_recover(struct archive *archive, struct err *err)
{
    int rc = erase_all(archive, err);
    if (rc == 0)
        rc = tombs_replay(archive, err);
    if (rc == 0)
        rc = spare_emptied(archive, "start", err);
    return rc < 0 || archive->rewrites_later ? rc : rewrite_at_start(archive, err);
}
