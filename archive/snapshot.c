/*
 * Snapshots: see snapshot.h. A read transaction is the moment; the copy is made entry by entry, for
 * mdb_env_copy takes a moment of its own.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "archive/snapshot.h"

#include <errno.h>
#include <limits.h>
#include <lmdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "archive/store.h"
#include "base/file.h"
#include "base/scope.h"

enum {
    DATABASES_MAX = 40,
    NAME_SIZE = 64,
    FOLDER_MODE = 0750,
    FILE_MODE = 0640,
    COMMIT_BYTES = 64 << 20 /* of one transaction of the copy: pages wait in memory until then */
};

struct snapshot {
    MDB_env *env;
    MDB_txn *txn;
    MDB_txn *hold; /* a write transaction that writes nothing; NULL */
    char path[PATH_MAX];
};

static int refuse(const char *path, int rc, const char *what, struct err *err)
{
    if (rc > 0)
        return err_errno(err, rc, "%s: %s", path, what);
    int code = rc == MDB_MAP_FULL       ? ERR_FULL
               : rc == MDB_READERS_FULL ? ERR_UNAVAILABLE
                                        : ERR_INTEGRITY;
    return err_set(err, code, "%.200s: %s: %s", path, what, mdb_strerror(rc));
}

/* Takes a new moment. */
static int renew(struct snapshot *snapshot, struct err *err)
{
    if (snapshot->txn)
        mdb_txn_abort(snapshot->txn);
    snapshot->txn = NULL;
    int rc = mdb_txn_begin(snapshot->env, NULL, MDB_RDONLY, &snapshot->txn);
    return rc == 0 ? 0 : refuse(snapshot->path, rc, "begin", err);
}

static int open_with(const char *path, unsigned flags, struct snapshot **ret_snapshot,
                     struct err *err)
{
    SCOPED(scope_close) int latch = store_latch(path, false, err);
    if (latch < 0)
        return latch;
    struct snapshot *snapshot = calloc(1, sizeof *snapshot);
    if (!snapshot)
        return err_set(err, ERR_MEMORY, "%s: no memory", path);
    snprintf(snapshot->path, sizeof snapshot->path, "%s", path);
    int rc = mdb_env_create(&snapshot->env);
    if (rc == 0)
        rc = mdb_env_set_maxdbs(snapshot->env, DATABASES_MAX);
    if (rc == 0)
        rc = mdb_env_open(snapshot->env, path, flags | MDB_NOTLS, FILE_MODE);
    rc = rc == 0 ? renew(snapshot, err) : refuse(path, rc, "open", err);
    if (rc < 0)
        snapshot_free(&snapshot);
    else
        *ret_snapshot = snapshot;
    return rc;
}

int snapshot_open(const char *path, struct snapshot **ret_snapshot, struct err *err)
{
    return open_with(path, MDB_RDONLY, ret_snapshot, err);
}

int snapshot_open_to_hold(const char *path, struct snapshot **ret_snapshot, struct err *err)
{
    return open_with(path, 0, ret_snapshot, err);
}

void snapshot_free(struct snapshot **snapshot)
{
    if (!snapshot || !*snapshot)
        return;
    snapshot_release(*snapshot);
    if ((*snapshot)->txn)
        mdb_txn_abort((*snapshot)->txn);
    mdb_env_close((*snapshot)->env);
    free(*snapshot);
    *snapshot = NULL;
}

int snapshot_hold(struct snapshot *snapshot, struct err *err)
{
    int rc = mdb_txn_begin(snapshot->env, NULL, 0, &snapshot->hold);
    if (rc != 0) {
        snapshot->hold = NULL;
        return refuse(snapshot->path, rc, "hold", err);
    }
    return renew(snapshot, err);
}

void snapshot_release(struct snapshot *snapshot)
{
    if (snapshot->hold)
        mdb_txn_abort(snapshot->hold);
    snapshot->hold = NULL;
}

bool snapshot_is_last(const struct snapshot *snapshot)
{
    MDB_envinfo info;
    return mdb_env_info(snapshot->env, &info) == 0 &&
           info.me_last_txnid == mdb_txn_id(snapshot->txn);
}

static int walk(const struct snapshot *snapshot, MDB_dbi dbi,
                int (*each)(void *to, struct bytes key, struct bytes value), void *to,
                struct err *err)
{
    MDB_cursor *cursor;
    MDB_val key, value;
    int answer = 0, rc = mdb_cursor_open(snapshot->txn, dbi, &cursor);
    if (rc != 0)
        return refuse(snapshot->path, rc, "walk", err);
    while (answer == 0 && (rc = mdb_cursor_get(cursor, &key, &value, MDB_NEXT)) == 0)
        answer =
            each(to, bytes_of(key.mv_data, key.mv_size), bytes_of(value.mv_data, value.mv_size));
    mdb_cursor_close(cursor);
    if (rc != 0 && rc != MDB_NOTFOUND)
        return refuse(snapshot->path, rc, "read", err);
    return answer;
}

int snapshot_each(struct snapshot *snapshot, const char *database,
                  int (*each)(void *to, struct bytes key, struct bytes value), void *to,
                  struct err *err)
{
    MDB_dbi dbi;
    int rc = mdb_dbi_open(snapshot->txn, database, 0, &dbi);
    return rc == 0 ? walk(snapshot, dbi, each, to, err)
                   : refuse(snapshot->path, rc, "open a database", err);
}

/* ---- the copy ---- */

struct copying {
    struct snapshot *from;
    MDB_env *env;
    MDB_txn *txn;
    MDB_dbi dbi;
    size_t pending;
    const char *path;
    struct err *err;
};

static int commit(struct copying *copying)
{
    int rc = copying->txn ? mdb_txn_commit(copying->txn) : 0;
    copying->txn = NULL;
    copying->pending = 0;
    if (rc == 0)
        rc = mdb_txn_begin(copying->env, NULL, 0, &copying->txn);
    return rc == 0 ? 0 : refuse(copying->path, rc, "commit", copying->err);
}

static int put(void *to, struct bytes key, struct bytes value)
{
    struct copying *copying = to;
    MDB_val at = {key.len, (void *)(uintptr_t)key.at};
    MDB_val with = {value.len, (void *)(uintptr_t)value.at};
    int rc = mdb_put(copying->txn, copying->dbi, &at, &with, MDB_APPEND);
    if (rc != 0)
        return refuse(copying->path, rc, "write", copying->err);
    copying->pending += key.len + value.len;
    return copying->pending < COMMIT_BYTES ? 0 : commit(copying);
}

/* An entry of the main database: its key is the name of a database. */
static int copy_database(void *to, struct bytes key, struct bytes value)
{
    struct copying *copying = to;
    char name[NAME_SIZE];
    MDB_dbi from;
    (void)value;
    if (key.len >= sizeof name)
        return err_set(copying->err, ERR_INTEGRITY, "%.200s: a database's name is too long",
                       copying->from->path);
    memcpy(name, key.at, key.len);
    name[key.len] = '\0';
    int rc = mdb_dbi_open(copying->from->txn, name, 0, &from);
    if (rc == 0)
        rc = mdb_dbi_open(copying->txn, name, MDB_CREATE, &copying->dbi);
    if (rc != 0)
        return refuse(copying->path, rc, "open a database", copying->err);
    rc = walk(copying->from, from, put, copying, copying->err);
    return rc < 0 ? rc : commit(copying);
}

static int copy_all(struct copying *copying, struct err *err)
{
    MDB_dbi main_dbi;
    MDB_envinfo info;
    mdb_env_info(copying->from->env, &info);
    int rc = mdb_env_create(&copying->env);
    if (rc == 0)
        rc = mdb_env_set_maxdbs(copying->env, DATABASES_MAX);
    if (rc == 0)
        rc = mdb_env_set_mapsize(copying->env, info.me_mapsize);
    if (rc == 0)
        rc = mdb_env_open(copying->env, copying->path, MDB_NOSUBDIR | MDB_NOLOCK | MDB_NOSYNC,
                          FILE_MODE); /* nothing but this reads it, until it is synced as a whole */
    if (rc == 0)
        rc = mdb_dbi_open(copying->from->txn, NULL, 0, &main_dbi);
    if (rc != 0)
        return refuse(copying->path, rc, "make", err);
    rc = commit(copying);
    if (rc == 0)
        rc = walk(copying->from, main_dbi, copy_database, copying, err);
    if (copying->txn)
        mdb_txn_abort(copying->txn);
    const int synced = rc < 0 ? 0 : mdb_env_sync(copying->env, 1);
    return synced == 0 ? rc : refuse(copying->path, synced, "sync", err);
}

/* Writes what the moment holds into a file, durably; what was there is gone. */
static int copy(struct snapshot *snapshot, const char *file, struct err *err)
{
    unlink(file); /* of a copy that was cut short */
    struct copying copying = {.from = snapshot, .path = file, .err = err};
    int rc = copy_all(&copying, err);
    if (copying.env)
        mdb_env_close(copying.env);
    return rc;
}

int snapshot_write(struct snapshot *snapshot, const char *folder, struct err *err)
{
    char part[PATH_MAX], path[PATH_MAX];
    snprintf(part, sizeof part, "%s/data.mdb.part", folder);
    snprintf(path, sizeof path, "%s/data.mdb", folder);
    int rc = file_make_folders(folder, FOLDER_MODE, err);
    if (rc == 0)
        rc = copy(snapshot, part, err);
    if (rc == 0 && rename(part, path) < 0)
        rc = err_errno(err, errno, "%s: rename", path);
    return rc < 0 ? rc : file_sync_folder(folder, err);
}
