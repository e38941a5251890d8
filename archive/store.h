/*
 * One LMDB environment with its named databases: the only place that knows LMDB. Always the default
 * durability: a commit is on disk when it returns. A transaction ends with its scope by abort;
 * store_commit disarms it. Keys and values that are read are borrowed until the transaction ends or
 * writes. Not for use across fork, nor by two threads at once.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "archive/pack.h"
#include "base/bytes.h"
#include "base/err.h"

struct store;

enum store_mode {
    STORE_WRITE,      /* makes the folder, files and databases that are missing */
    STORE_READ,       /* beside a writer; ERR_NOT_FOUND when it does not exist */
    STORE_READ_CLOSED /* nobody writes any more: no lock file, no reader table */
};

enum { STORE_DATABASES_MAX = 40 };

struct store_spec {
    const char *path; /* a folder */
    const char *const *databases;
    int count; /* of databases; a database is named by its index from here on */
    uint64_t map_bytes;
    enum store_mode mode;
};

int store_open(const struct store_spec *spec, struct store **ret_store, struct err *err);
void store_free(struct store **store);
const char *store_path(const struct store *store);

/* Opening for reading takes lock file and data file by name: who exchanges them holds the folder
 * exclusively meanwhile, who opens holds it shared. Returns a descriptor to be closed, or
 * ERR_UNAVAILABLE when readers do not let go within LATCH_TRIES looks of LATCH_PAUSE_MS. */
enum { LATCH_TRIES = 200, LATCH_PAUSE_MS = 10 };
int store_latch(const char *path, bool exclusive, struct err *err);

/* The store's data file is still the one at its path (it may have been removed and made anew). */
bool store_is_current(const struct store *store);

/* Bytes in use of the map, and the map. */
void store_fill(const struct store *store, uint64_t *ret_used, uint64_t *ret_map);

/* Frees the slots of readers that died. */
void store_check_readers(struct store *store);

struct store_txn {
    void *at; /* NULL: none */
    struct store *store;
};

/* ERR_UNAVAILABLE for NULL: it could not be opened again after its files were exchanged. */
int store_begin(struct store *store, struct store_txn *ret_txn, struct err *err);
int store_begin_read(struct store *store, struct store_txn *ret_txn, struct err *err);
void store_abort(struct store_txn *txn); /* NULL-safe, idempotent */

/* Names of the fault points around a commit. */
struct commit_points {
    const char *before, *after;
};

/* Durable when it returns 0; otherwise nothing changed, and the transaction is gone. */
int store_commit(struct store_txn *txn, const struct commit_points *points, struct err *err);

/* 1 found, 0 not there. */
int store_get(struct store_txn *txn, int db, const struct db_key *key, struct bytes *ret_value,
              struct err *err);
int store_put(struct store_txn *txn, int db, const struct db_key *key, struct bytes value,
              struct err *err);
/* The row of a packer; its failure is ERR_MEMORY. */
int store_put_row(struct store_txn *txn, int db, const struct db_key *key, const struct packer *row,
                  struct err *err);
/* A row behind all others of its database, whose pages it fills; only for rows in rising order. */
int store_append(struct store_txn *txn, int db, struct bytes key, struct bytes value,
                 struct err *err);
/* 1 removed, 0 was not there. */
int store_delete(struct store_txn *txn, int db, const struct db_key *key, struct err *err);

struct store_entry {
    struct bytes key, value;
};

/* The first entry whose key is at or after `from`; 1 found, 0 none. */
int store_seek(struct store_txn *txn, int db, const struct db_key *from,
               struct store_entry *ret_entry, struct err *err);
/* The last entry whose key is before `bound`; 1 found, 0 none. */
int store_seek_before(struct store_txn *txn, int db, const struct db_key *bound,
                      struct store_entry *ret_entry, struct err *err);

/* Walks rising keys from `from` on. Close before the transaction ends; do not write meanwhile. */
struct store_cursor {
    void *at;
    struct store *store;
    struct db_key from;
    bool started;
};

int store_walk(struct store_txn *txn, int db, const struct db_key *from,
               struct store_cursor *ret_cursor, struct err *err);
int store_next(struct store_cursor *cursor, struct store_entry *ret_entry, struct err *err);
void store_walk_end(struct store_cursor *cursor);

/* Notes from now on which rows transactions put or remove, at most so many; those of transactions
 * that are aborted, too. For who copies a store while it is written. */
struct store_change {
    int database;
    struct db_key key;
};
int store_watch(struct store *store, size_t most, struct err *err);
void store_unwatch(struct store *store);
/* What was noted, in order, valid until the next write; forget takes the first `count` off. */
const struct store_change *store_changes(const struct store *store, size_t *ret_count);
void store_changes_forget(struct store *store, size_t count);
/* There were more than `most`, or no memory for one. */
bool store_changes_lost(const struct store *store);

/* Number of entries of a database. */
int store_count(struct store_txn *txn, int db, uint64_t *ret_count, struct err *err);

static inline bool key_has_prefix(struct bytes key, const struct db_key *prefix)
{
    return key.len >= prefix->len && bytes_equal(bytes_of(key.at, prefix->len), key_view(prefix));
}
