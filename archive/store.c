/*
 * One LMDB environment: see store.h. Never WRITEMAP, NOSYNC or NOMETASYNC. The lock file is
 * allocated before LMDB maps it: on a full disk a hole in a shared map is SIGBUS, not an error.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "archive/store.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <lmdb.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/fault.h"
#include "base/file.h"
#include "base/log.h"
#include "base/scope.h"

enum {
    LOCK_BYTES = 16384, /* room for about 250 readers; LMDB takes the file's size as it finds it */
    FOLDER_MODE = 0750,
    DATA_MODE = 0640,
    LOCK_MODE = 0660, /* a reader of the group enters itself in the reader table */
    ALARM_PERCENT = 80
};

struct store {
    MDB_env *env;
    char *path;
    MDB_dbi dbi[STORE_DATABASES_MAX];
    ino_t inode; /* of the data file when it was opened */
    uint64_t map_bytes;
    bool alarmed;
    struct changes {
        struct store_change *at;
        size_t count, capacity, most; /* most 0: nothing is noted */
        bool lost;
    } changes;
};

static int code_of(int rc)
{
    switch (rc) {
    case MDB_MAP_FULL:
    case MDB_TXN_FULL:
        return ERR_FULL;
    case MDB_NOTFOUND:
        return ERR_NOT_FOUND;
    case MDB_READERS_FULL:
    case MDB_MAP_RESIZED:
    case MDB_PANIC: /* a write of the root failed: nothing goes until the file is opened again */
        return ERR_UNAVAILABLE;
    default:
        return rc < 0 ? ERR_INTEGRITY : 0;
    }
}

static int refuse(const char *path, int rc, const char *what, struct err *err)
{
    int code = code_of(rc);
    if (code == 0)
        return err_errno(err, rc, "%s: %s", path, what);
    return err_set(err, code, "%.200s: %s: %s", path, what, mdb_strerror(rc));
}

/* ---- opening ---- */

static int make_lock_file(const char *folder, struct err *err)
{
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/lock.mdb", folder);
    SCOPED(scope_close) int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, LOCK_MODE);
    if (fd < 0)
        return err_errno(err, errno, "%s", path);
    struct stat st;
    if (fstat(fd, &st) < 0)
        return err_errno(err, errno, "%s: stat", path);
    if (st.st_size >= LOCK_BYTES)
        return 0;
    int rc = posix_fallocate(fd, 0, LOCK_BYTES);
    return rc == 0 ? 0 : err_errno(err, rc, "%s: reserve %d bytes", path, LOCK_BYTES);
}

int store_latch(const char *path, bool exclusive, struct err *err)
{
    const struct timespec pause = {.tv_nsec = LATCH_PAUSE_MS * 1000000};
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return err_errno(err, errno, "%s", path);
    for (int i = 0; i < LATCH_TRIES; i++) {
        if (flock(fd, (exclusive ? LOCK_EX : LOCK_SH) | LOCK_NB) == 0)
            return fd;
        nanosleep(&pause, NULL);
    }
    close(fd);
    return err_set(err, ERR_UNAVAILABLE, "%.200s: another process holds it for more than %d ms",
                   path, LATCH_TRIES * LATCH_PAUSE_MS);
}

static int open_databases(struct store *store, const struct store_spec *spec, struct err *err)
{
    bool writes = spec->mode == STORE_WRITE;
    MDB_txn *txn;
    int rc = mdb_txn_begin(store->env, NULL, writes ? 0 : MDB_RDONLY, &txn);
    for (int i = 0; rc == 0 && i < spec->count; i++) {
        rc = mdb_dbi_open(txn, spec->databases[i], writes ? MDB_CREATE : 0, &store->dbi[i]);
        if (rc != 0)
            mdb_txn_abort(txn);
    }
    if (rc == 0)
        rc = mdb_txn_commit(txn);
    return rc == 0 ? 0 : refuse(store->path, rc, "open databases", err);
}

static unsigned flags_of(enum store_mode mode)
{
    unsigned flags = MDB_NOTLS;
    if (mode != STORE_WRITE)
        flags |= MDB_RDONLY;
    if (mode == STORE_READ_CLOSED)
        flags |= MDB_NOLOCK;
    return flags;
}

static int open_env(struct store *store, const struct store_spec *spec, struct err *err)
{
    int rc = mdb_env_create(&store->env);
    if (rc == 0)
        rc = mdb_env_set_maxdbs(store->env, STORE_DATABASES_MAX);
    if (rc == 0)
        rc = mdb_env_set_mapsize(store->env, spec->map_bytes);
    if (rc == 0)
        rc = mdb_env_open(store->env, store->path, flags_of(spec->mode), DATA_MODE);
    if (rc != 0)
        return refuse(store->path, rc, "open", err);
    if (spec->mode != STORE_READ_CLOSED)
        store_check_readers(store);
    int fd;
    struct stat st;
    if (mdb_env_get_fd(store->env, &fd) == 0 && fstat(fd, &st) == 0)
        store->inode = st.st_ino;
    return open_databases(store, spec, err);
}

/* LMDB syncs what is in its files, not their names in the folder: a power cut would take a new
 * environment with commits that were acknowledged. */
static int open_durably(struct store *store, const struct store_spec *spec, struct err *err)
{
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/data.mdb", spec->path);
    const bool fresh = spec->mode == STORE_WRITE && access(path, F_OK) < 0;
    int rc = open_env(store, spec, err);
    return rc == 0 && fresh ? file_sync_folder(spec->path, err) : rc;
}

int store_open(const struct store_spec *spec, struct store **ret_store, struct err *err)
{
    SCOPED(scope_close) int latch = -1;
    if (spec->mode == STORE_WRITE) {
        int rc = file_make_folders(spec->path, FOLDER_MODE, err);
        if (rc == 0)
            rc = make_lock_file(spec->path, err);
        if (rc < 0)
            return rc;
    } else if (spec->mode == STORE_READ) {
        latch = store_latch(spec->path, false, err);
        if (latch < 0)
            return latch;
    }
    struct store *store = calloc(1, sizeof *store);
    if (store)
        store->path = strdup(spec->path);
    if (!store || !store->path) {
        free(store);
        return err_set(err, ERR_MEMORY, "%s: no memory", spec->path);
    }
    store->map_bytes = spec->map_bytes;
    int rc = open_durably(store, spec, err);
    if (rc < 0) {
        store_free(&store);
        return rc;
    }
    *ret_store = store;
    return 0;
}

void store_free(struct store **store)
{
    if (!store || !*store)
        return;
    if ((*store)->env)
        mdb_env_close((*store)->env);
    store_unwatch(*store);
    free((*store)->path);
    free(*store);
    *store = NULL;
}

const char *store_path(const struct store *store)
{
    return store->path;
}

bool store_is_current(const struct store *store)
{
    char path[PATH_MAX];
    struct stat st;
    snprintf(path, sizeof path, "%s/data.mdb", store->path);
    return stat(path, &st) == 0 && st.st_ino == store->inode;
}

void store_fill(const struct store *store, uint64_t *ret_used, uint64_t *ret_map)
{
    MDB_envinfo info = {0};
    MDB_stat stat = {0};
    mdb_env_info(store->env, &info);
    mdb_env_stat(store->env, &stat);
    *ret_used = ((uint64_t)info.me_last_pgno + 1) * stat.ms_psize;
    *ret_map = store->map_bytes;
}

void store_check_readers(struct store *store)
{
    int dead = 0;
    if (mdb_reader_check(store->env, &dead) == 0 && dead > 0)
        log_warn("store=%s freed the slots of %d dead readers", store->path, dead);
}

/* ---- transactions ---- */

static int begin(struct store *store, unsigned flags, struct store_txn *ret_txn, struct err *err)
{
    MDB_txn *at;
    if (!store)
        return err_set(err, ERR_UNAVAILABLE, "the catalogue is not open: start again");
    int rc = mdb_txn_begin(store->env, NULL, flags, &at);
    if (rc != 0)
        return refuse(store->path, rc, "begin", err);
    *ret_txn = (struct store_txn){.at = at, .store = store};
    return 0;
}

int store_begin(struct store *store, struct store_txn *ret_txn, struct err *err)
{
    return begin(store, 0, ret_txn, err);
}

int store_begin_read(struct store *store, struct store_txn *ret_txn, struct err *err)
{
    return begin(store, MDB_RDONLY, ret_txn, err);
}

void store_abort(struct store_txn *txn)
{
    if (!txn || !txn->at)
        return;
    mdb_txn_abort(txn->at);
    txn->at = NULL;
}

static void alarm_when_nearly_full(struct store *store)
{
    uint64_t used, map;
    store_fill(store, &used, &map);
    bool high = used / (map / 100 + 1) >= ALARM_PERCENT;
    if (high && !store->alarmed)
        log_warn("store=%s holds %llu of at most %llu MB", store->path,
                 (unsigned long long)(used >> 20), (unsigned long long)(map >> 20));
    store->alarmed = high;
}

int store_commit(struct store_txn *txn, const struct commit_points *points, struct err *err)
{
    int rc = fault_point(points->before);
    if (rc == 0) {
        rc = mdb_txn_commit(txn->at);
        txn->at = NULL;
    }
    store_abort(txn);
    if (rc != 0)
        return refuse(txn->store->path, rc, "commit", err);
    fault_point(points->after);
    alarm_when_nearly_full(txn->store);
    return 0;
}

/* ---- changes ---- */

int store_watch(struct store *store, size_t most, struct err *err)
{
    enum { FIRST = 1024 };
    store_unwatch(store);
    struct store_change *at = malloc(FIRST * sizeof *at);
    if (!at)
        return err_set(err, ERR_MEMORY, "%s: no memory to note changes", store->path);
    store->changes = (struct changes){.at = at, .capacity = FIRST, .most = most};
    return 0;
}

void store_unwatch(struct store *store)
{
    free(store->changes.at);
    store->changes = (struct changes){0};
}

const struct store_change *store_changes(const struct store *store, size_t *ret_count)
{
    *ret_count = store->changes.count;
    return store->changes.at;
}

void store_changes_forget(struct store *store, size_t count)
{
    struct changes *changes = &store->changes;
    changes->count -= count;
    memmove(changes->at, changes->at + count, changes->count * sizeof *changes->at);
}

bool store_changes_lost(const struct store *store)
{
    return store->changes.lost;
}

static void note_change(struct store *store, int db, const struct db_key *key)
{
    struct changes *changes = &store->changes;
    if (changes->most == 0 || changes->lost)
        return;
    if (changes->count == changes->capacity && changes->count < changes->most) {
        struct store_change *more = realloc(changes->at, 2 * changes->capacity * sizeof *more);
        if (more)
            *changes =
                (struct changes){more, changes->count, 2 * changes->capacity, changes->most, false};
    }
    changes->lost = changes->count == changes->capacity || changes->count == changes->most;
    if (!changes->lost)
        changes->at[changes->count++] = (struct store_change){db, *key};
}

/* ---- entries ---- */

static MDB_val val_of(struct bytes bytes)
{
    return (MDB_val){.mv_size = bytes.len, .mv_data = (void *)(uintptr_t)bytes.at};
}

static struct bytes bytes_of_val(MDB_val val)
{
    return bytes_of(val.mv_data, val.mv_size);
}

int store_get(struct store_txn *txn, int db, const struct db_key *key, struct bytes *ret_value,
              struct err *err)
{
    MDB_val at = val_of(key_view(key)), value;
    int rc = mdb_get(txn->at, txn->store->dbi[db], &at, &value);
    if (rc == MDB_NOTFOUND)
        return 0;
    if (rc != 0)
        return refuse(txn->store->path, rc, "read", err);
    *ret_value = bytes_of_val(value);
    return 1;
}

int store_put(struct store_txn *txn, int db, const struct db_key *key, struct bytes value,
              struct err *err)
{
    MDB_val at = val_of(key_view(key)), put = val_of(value);
    note_change(txn->store, db, key);
    int rc = mdb_put(txn->at, txn->store->dbi[db], &at, &put, 0);
    return rc == 0 ? 0 : refuse(txn->store->path, rc, "write", err);
}

int store_append(struct store_txn *txn, int db, struct bytes key, struct bytes value,
                 struct err *err)
{
    MDB_val at = val_of(key), put = val_of(value);
    int rc = mdb_put(txn->at, txn->store->dbi[db], &at, &put, MDB_APPEND);
    return rc == 0 ? 0 : refuse(txn->store->path, rc, "append", err);
}

int store_put_row(struct store_txn *txn, int db, const struct db_key *key, const struct packer *row,
                  struct err *err)
{
    if (row->failed)
        return err_set(err, ERR_MEMORY, "%s: no memory for a row", txn->store->path);
    return store_put(txn, db, key, packer_view(row), err);
}

int store_delete(struct store_txn *txn, int db, const struct db_key *key, struct err *err)
{
    MDB_val at = val_of(key_view(key));
    note_change(txn->store, db, key);
    int rc = mdb_del(txn->at, txn->store->dbi[db], &at, NULL);
    if (rc == MDB_NOTFOUND)
        return 0;
    return rc == 0 ? 1 : refuse(txn->store->path, rc, "remove", err);
}

static int found(int rc, MDB_val key, MDB_val value, struct store_entry *ret_entry)
{
    if (rc == 0)
        *ret_entry = (struct store_entry){bytes_of_val(key), bytes_of_val(value)};
    return rc;
}

static int cursor_get(MDB_cursor *cursor, const struct db_key *from, MDB_cursor_op op,
                      struct store_entry *ret_entry)
{
    MDB_val key = val_of(key_view(from)), value;
    if (from->len == 0 && op == MDB_SET_RANGE)
        op = MDB_FIRST;
    int rc = mdb_cursor_get(cursor, &key, &value, op);
    return found(rc, key, value, ret_entry);
}

static int seek(struct store_txn *txn, int db, const struct db_key *key, bool before,
                struct store_entry *ret_entry)
{
    MDB_cursor *cursor;
    int rc = mdb_cursor_open(txn->at, txn->store->dbi[db], &cursor);
    if (rc != 0)
        return rc;
    rc = cursor_get(cursor, key, MDB_SET_RANGE, ret_entry);
    if (before && rc == 0)
        rc = cursor_get(cursor, key, MDB_PREV, ret_entry);
    else if (before && rc == MDB_NOTFOUND)
        rc = cursor_get(cursor, key, MDB_LAST, ret_entry);
    mdb_cursor_close(cursor);
    return rc;
}

static int answer(struct store *store, int rc, struct err *err)
{
    if (rc == MDB_NOTFOUND)
        return 0;
    return rc == 0 ? 1 : refuse(store->path, rc, "read", err);
}

int store_seek(struct store_txn *txn, int db, const struct db_key *from,
               struct store_entry *ret_entry, struct err *err)
{
    return answer(txn->store, seek(txn, db, from, false, ret_entry), err);
}

int store_seek_before(struct store_txn *txn, int db, const struct db_key *bound,
                      struct store_entry *ret_entry, struct err *err)
{
    return answer(txn->store, seek(txn, db, bound, true, ret_entry), err);
}

int store_walk(struct store_txn *txn, int db, const struct db_key *from,
               struct store_cursor *ret_cursor, struct err *err)
{
    MDB_cursor *at;
    int rc = mdb_cursor_open(txn->at, txn->store->dbi[db], &at);
    if (rc != 0)
        return refuse(txn->store->path, rc, "walk", err);
    *ret_cursor = (struct store_cursor){.at = at, .store = txn->store, .from = *from};
    return 0;
}

int store_next(struct store_cursor *cursor, struct store_entry *ret_entry, struct err *err)
{
    MDB_cursor_op op = cursor->started ? MDB_NEXT : MDB_SET_RANGE;
    cursor->started = true;
    return answer(cursor->store, cursor_get(cursor->at, &cursor->from, op, ret_entry), err);
}

void store_walk_end(struct store_cursor *cursor)
{
    if (cursor && cursor->at)
        mdb_cursor_close(cursor->at);
    if (cursor)
        cursor->at = NULL;
}

int store_count(struct store_txn *txn, int db, uint64_t *ret_count, struct err *err)
{
    MDB_stat stat;
    int rc = mdb_stat(txn->at, txn->store->dbi[db], &stat);
    if (rc != 0)
        return refuse(txn->store->path, rc, "count", err);
    *ret_count = stat.ms_entries;
    return 0;
}
