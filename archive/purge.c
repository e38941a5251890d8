/*
 * The compacting rewrite of the catalogue after a destruction: LMDB keeps the bytes of rows that
 * were removed, keyed hashes of insured numbers among them, until their pages are used again. So
 * what lives is copied into a new file, which takes the old one's name. While it is copied this
 * process does nothing else: feeders wait. Cut short, the old file is still there and the next
 * start does it again.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "archive/slip_store.h"
#include "archive/snapshot.h"
#include "base/clock.h"
#include "base/fault.h"
#include "base/file.h"
#include "base/log.h"
#include "base/scope.h"

static const char due_name[] = "purge_due";

int purge_ask(struct store_txn *txn, struct err *err)
{
    return catalogue_set_number(txn, due_name, 1, err);
}

static int is_due(struct archive *archive, struct err *err)
{
    SCOPED(store_abort) struct store_txn txn = {0};
    uint64_t due = 0;
    int rc = store_begin_read(archive->catalogue, &txn, err);
    if (rc == 0)
        rc = catalogue_number(&txn, due_name, &due, err);
    return rc < 0 ? rc : due != 0;
}

/* What lives, in a file beside the catalogue; nothing else reads or writes meanwhile. */
static int copy_living(const char *folder, const char *part, struct err *err)
{
    struct snapshot *snapshot = NULL;
    int fault = fault_point("purge.rewrite.before");
    int rc = fault ? err_errno(err, fault, "%s: rewrite", folder)
                   : snapshot_open(folder, &snapshot, err);
    if (rc == 0)
        rc = snapshot_copy(snapshot, part, err);
    snapshot_free(&snapshot);
    return rc;
}

/* The lock file belongs to the old data file: readers that have both open see the archive as it was
 * until they end. It goes first: the new data under the old lock would be written at that one's
 * transaction numbers. */
static int exchange(const char *folder, const char *part, struct err *err)
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

static int note_done(struct archive *archive, struct err *err)
{
    static const struct commit_points points = {"purge.done.before_commit",
                                                "purge.done.after_commit"};
    SCOPED(store_abort) struct store_txn txn = {0};
    int rc = store_begin(archive->catalogue, &txn, err);
    if (rc == 0)
        rc = catalogue_set_number(&txn, due_name, 0, err);
    return rc < 0 ? rc : store_commit(&txn, &points, err);
}

/* The catalogue is closed while its files are copied and exchanged. */
static int rewrite(struct archive *archive, struct err *err)
{
    char folder[PATH_MAX], part[PATH_MAX];
    SCOPED(scope_close) int latch = -1;
    snprintf(folder, sizeof folder, "%s/catalogue", archive->data_dir);
    snprintf(part, sizeof part, "%s/data.mdb.part", folder);
    store_free(&archive->catalogue);
    int rc = copy_living(folder, part, err);
    if (rc == 0)
        latch = rc = store_latch(folder, true, err);
    if (rc >= 0)
        rc = exchange(folder, part, err);
    int opened = purge_reopen(archive, rc < 0 ? NULL : err);
    return rc < 0 ? rc : opened;
}

int purge_reopen(struct archive *archive, struct err *err)
{
    return archive->catalogue ? 0
                              : catalogue_open(archive->data_dir, catalogue_map_bytes(archive),
                                               STORE_WRITE, &archive->catalogue, err);
}

int purge_when_due(struct archive *archive, struct err *err)
{
    const int64_t began = clock_mono_ms();
    uint64_t used, map;
    int rc = is_due(archive, err);
    if (rc <= 0)
        return rc;
    store_fill(archive->catalogue, &used, &map);
    rc = archive_has_space(archive, used, err);
    if (rc == 0)
        rc = rewrite(archive, err);
    if (rc == 0)
        rc = note_done(archive, err);
    if (rc == 0)
        log_info("the catalogue was rewritten in %lld ms: nothing of what was destroyed is left",
                 (long long)(clock_mono_ms() - began));
    return rc;
}

int purge_at_start(struct archive *archive, struct err *err)
{
    struct err why = {0};
    int rc = purge_when_due(archive, &why);
    if (rc == ERR_FULL && archive->catalogue) {
        log_warn("%s; what was destroyed leaves the catalogue's free bytes at a later start",
                 why.text);
        return 0;
    }
    return rc < 0 ? err_set(err, rc, "%s", why.text) : rc;
}
