/*
 * The rewrite of the catalogue, slice by slice: see purge.h. A read transaction is the moment whose
 * rows are copied; the keys that are written or removed after it are noted (store_watch) and
 * brought up in the end, in the transaction that also takes the request back. Then the files are
 * exchanged. Rows removed meanwhile leave bytes in the new file: who removes what must not be found
 * asks again, and the request stays.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "archive/purge.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "archive/state.h"
#include "base/clock.h"
#include "base/fault.h"
#include "base/file.h"
#include "base/log.h"
#include "base/scope.h"

enum {
    SLICE_MS = 20,          /* and as long again for its sync */
    SLICE_PARTS = 4096,     /* of a box's map: 1 MB of rows, so that a sync stays short */
    CHANGES_MAX = 1000000,  /* keys noted, 136 bytes each; beyond it the copy begins anew */
    CHANGES_A_TURN = 10000, /* brought up at once */
};

static const char due_name[] = "purge_due"; /* how often it was asked for since the last one */

struct purge {
    char folder[PATH_MAX];   /* of the new catalogue, below the old one's */
    struct store *part;      /* the new catalogue */
    struct store_txn moment; /* of the old one */
    struct store_cursor cursor;
    int database;   /* being copied; CAT_DATABASES: all are */
    uint64_t asked; /* `due_name` at the moment */
    uint64_t copied, rows;
    int64_t began_ms, longest_ms;
};

int purge_ask(struct store_txn *txn, struct err *err)
{
    uint64_t asked = 0;
    int rc = catalogue_number(txn, due_name, &asked, err);
    return rc < 0 ? rc : catalogue_set_number(txn, due_name, asked + 1, err);
}

int purge_is_due(struct archive *archive, struct err *err)
{
    SCOPED(store_abort) struct store_txn txn = {0};
    uint64_t asked = 0;
    int rc = store_begin_read(archive->catalogue, &txn, err);
    if (rc == 0)
        rc = catalogue_number(&txn, due_name, &asked, err);
    return rc < 0 ? rc : asked != 0;
}

/* ---- begin ---- */

static int count_rows(struct purge *purge, struct err *err)
{
    int rc = 0;
    for (int i = 0; rc == 0 && i < CAT_DATABASES; i++) {
        uint64_t rows = 0;
        rc = store_count(&purge->moment, i, &rows, err);
        purge->rows += rows;
    }
    return rc;
}

static int begin(struct archive *archive, struct err *err)
{
    uint64_t used, map;
    store_fill(archive->catalogue, &used, &map);
    int rc = archive_has_space(archive, used, err);
    if (rc < 0)
        return rc;
    struct purge *purge = archive->purge = calloc(1, sizeof *purge);
    if (!purge)
        return err_set(err, ERR_MEMORY, "catalogue: no memory to rewrite it");
    purge->began_ms = clock_mono_ms();
    snprintf(purge->folder, sizeof purge->folder, "%s/catalogue/rewrite", archive->data_dir);
    int fault = fault_point("purge.rewrite.before");
    if (fault)
        return err_errno(err, fault, "%s: rewrite", purge->folder);
    rc = file_remove_tree(purge->folder, err); /* of one that was cut short */
    if (rc == 0)
        rc = catalogue_open(purge->folder, map, STORE_WRITE, &purge->part, err);
    if (rc == 0)
        rc = store_begin_read(archive->catalogue, &purge->moment, err);
    if (rc == 0)
        rc = catalogue_number(&purge->moment, due_name, &purge->asked, err);
    if (rc >= 0)
        rc = count_rows(purge, err);
    return rc < 0 ? rc : store_watch(archive->catalogue, CHANGES_MAX, err);
}

void purge_drop(struct archive *archive)
{
    struct err ignored;
    struct purge *purge = archive->purge;
    if (!purge)
        return;
    store_walk_end(&purge->cursor);
    store_abort(&purge->moment);
    store_free(&purge->part);
    if (archive->catalogue)
        store_unwatch(archive->catalogue);
    file_remove_tree(purge->folder, &ignored);
    free(purge);
    archive->purge = NULL;
}

/* ---- copying ---- */

/* The next row of the moment: 1, or 0 when all were shown. */
static int next_row(struct purge *purge, struct store_entry *ret_row, struct err *err)
{
    const struct db_key first = {.len = 0};
    for (; purge->database < CAT_DATABASES; purge->database++) {
        int rc = purge->cursor.at
                     ? 0
                     : store_walk(&purge->moment, purge->database, &first, &purge->cursor, err);
        if (rc == 0)
            rc = store_next(&purge->cursor, ret_row, err);
        if (rc != 0)
            return rc;
        store_walk_end(&purge->cursor);
    }
    return 0;
}

static int copy_slice(const struct archive *archive, struct purge *purge, struct err *err)
{
    static const struct commit_points points = {"purge.slice.before_commit",
                                                "purge.slice.after_commit"};
    SCOPED(store_abort) struct store_txn to = {0};
    struct store_entry row;
    const uint64_t most = archive->box_map_bytes / SLICE_PARTS;
    const int64_t until_ms = clock_mono_ms() + SLICE_MS;
    int rc = store_begin(purge->part, &to, err), more = 1;
    for (uint64_t bytes = 0; rc == 0 && bytes < most && clock_mono_ms() < until_ms;) {
        more = next_row(purge, &row, err);
        if (more <= 0)
            break;
        rc = store_append(&to, purge->database, row.key, row.value, err);
        bytes += row.key.len + row.value.len;
        purge->copied++;
    }
    if (rc == 0 && more < 0)
        rc = more;
    return rc < 0 ? rc : store_commit(&to, &points, err);
}

/* ---- bringing up what was changed meanwhile ---- */

static int bring_up_row(struct store_txn *from, struct store_txn *to,
                        const struct store_change *change, struct err *err)
{
    struct bytes value;
    int rc = store_get(from, change->database, &change->key, &value, err);
    if (rc == 1)
        return store_put(to, change->database, &change->key, value, err);
    if (rc == 0)
        rc = store_delete(to, change->database, &change->key, err);
    return rc < 0 ? rc : 0;
}

/* The request is taken back only when nobody asked since the moment. */
static int take_request_back(struct store_txn *to, uint64_t asked_then, struct err *err)
{
    uint64_t asked = 0;
    int rc = catalogue_number(to, due_name, &asked, err);
    if (rc < 0 || asked != asked_then)
        return rc < 0 ? rc : 0;
    return catalogue_set_number(to, due_name, 0, err);
}

/* All of them, or some: 1 when more are left. */
static int bring_up(struct archive *archive, struct purge *purge, struct err *err)
{
    static const struct commit_points points = {"purge.done.before_commit",
                                                "purge.done.after_commit"};
    SCOPED(store_abort) struct store_txn from = {0}, to = {0};
    size_t count = 0;
    const struct store_change *changes = store_changes(archive->catalogue, &count);
    const size_t now = count < CHANGES_A_TURN ? count : CHANGES_A_TURN;
    int rc = store_begin_read(archive->catalogue, &from, err);
    if (rc == 0)
        rc = store_begin(purge->part, &to, err);
    for (size_t i = 0; rc == 0 && i < now; i++)
        rc = bring_up_row(&from, &to, &changes[i], err);
    if (rc == 0 && now == count)
        rc = take_request_back(&to, purge->asked, err);
    if (rc == 0)
        rc = store_commit(&to, &points, err);
    if (rc < 0)
        return rc;
    store_changes_forget(archive->catalogue, now);
    return now < count;
}

/* ---- the exchange ---- */

/* The lock file belongs to the old data file: readers that have both open see the archive as it was
 * until they end. It goes first: the new data under the old lock would be written at that one's
 * transaction numbers. */
static int exchange_files(const char *part, const char *folder, struct err *err)
{
    char lock[PATH_MAX], data[PATH_MAX];
    snprintf(lock, sizeof lock, "%s/lock.mdb", folder);
    snprintf(data, sizeof data, "%s/data.mdb", folder);
    if (unlink(lock) < 0 && errno != ENOENT)
        return err_errno(err, errno, "%s: remove", lock);
    if (rename(part, data) < 0)
        return err_errno(err, errno, "%s: rename", data);
    fault_point("purge.rewrite.after");
    return file_sync_folder(folder, err);
}

static int exchange(struct archive *archive, struct purge *purge, struct err *err)
{
    char folder[PATH_MAX], part[PATH_MAX + 32];
    snprintf(folder, sizeof folder, "%s/catalogue", archive->data_dir);
    snprintf(part, sizeof part, "%s/catalogue/data.mdb", purge->folder);
    SCOPED(scope_close) int latch = store_latch(folder, true, err);
    if (latch < 0)
        return latch;
    store_abort(&purge->moment);
    store_free(&purge->part);
    store_free(&archive->catalogue);
    int rc = exchange_files(part, folder, err);
    int opened = purge_reopen(archive, rc < 0 ? NULL : err);
    return rc < 0 ? rc : opened;
}

int purge_reopen(struct archive *archive, struct err *err)
{
    return archive->catalogue ? 0
                              : catalogue_open(archive->data_dir, catalogue_map_bytes(archive),
                                               STORE_WRITE, &archive->catalogue, err);
}

/* ---- turns ---- */

static int end(struct archive *archive, struct purge *purge, struct err *err)
{
    int rc = exchange(archive, purge, err);
    if (rc < 0)
        return rc;
    archive->purged.took_ms = clock_mono_ms() - purge->began_ms;
    archive->purged.longest_ms = purge->longest_ms;
    log_info("the catalogue was rewritten in %lld ms, at most %lld ms at a time: nothing of what "
             "was destroyed is left",
             (long long)archive->purged.took_ms, (long long)purge->longest_ms);
    purge_drop(archive);
    return purge_is_due(archive, err);
}

/* 1 more is left, 0 done, < 0 the rewrite is of no use any more. */
static int go_on(struct archive *archive, struct purge *purge, struct err *err)
{
    if (store_changes_lost(archive->catalogue))
        return err_set(err, ERR_LIMIT,
                       "catalogue: more than %d rows were changed while it was rewritten; it "
                       "begins anew",
                       CHANGES_MAX);
    if (purge->database < CAT_DATABASES) {
        int rc = copy_slice(archive, purge, err);
        return rc < 0 ? rc : 1;
    }
    int rc = bring_up(archive, purge, err);
    return rc == 0 ? end(archive, purge, err) : rc;
}

int purge_turn(struct archive *archive, struct err *err)
{
    const int64_t start_ms = clock_mono_ms();
    int rc = purge_reopen(archive, err);
    if (rc == 0)
        rc = archive->purge ? 1 : purge_is_due(archive, err);
    if (rc <= 0)
        return rc;
    if (archive->purge)
        rc = go_on(archive, archive->purge, err);
    else
        rc = begin(archive, err);
    if (rc < 0) {
        purge_drop(archive);
        return rc;
    }
    const int64_t took_ms = clock_mono_ms() - start_ms;
    if (archive->purge && took_ms > archive->purge->longest_ms)
        archive->purge->longest_ms = took_ms;
    return archive->purge ? 1 : rc;
}

int purge_finish(struct archive *archive, struct err *err)
{
    int rc;
    do
        rc = purge_turn(archive, err);
    while (rc == 1);
    return rc;
}

void purge_progress(const struct archive *archive, struct purge_progress *ret_progress)
{
    const struct purge *purge = archive->purge;
    *ret_progress = archive->purged;
    ret_progress->runs = purge != NULL;
    ret_progress->copied = purge ? purge->copied : 0;
    ret_progress->rows = purge ? purge->rows : 0;
}
