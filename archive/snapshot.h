/*
 * A look at one LMDB environment as it stood at a moment, taken beside its writer by another
 * process, and its copy into a file of its own. Names of databases are taken from the environment
 * itself. A process that has the same environment open otherwise must not take one.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include <stdbool.h>

#include "base/bytes.h"
#include "base/err.h"

struct snapshot;

/* Opens the environment in a folder and takes the moment now. */
int snapshot_open(const char *path, struct snapshot **ret_snapshot, struct err *err);
/* The same, for who may write it and wants to call snapshot_hold. */
int snapshot_open_to_hold(const char *path, struct snapshot **ret_snapshot, struct err *err);
void snapshot_free(struct snapshot **snapshot);

/* Takes a new moment and keeps the writer from committing until snapshot_release or snapshot_free:
 * what lies beside the environment can be looked at as of the same moment. Waits for the commit
 * that is under way. A holder that is killed lets go. */
int snapshot_hold(struct snapshot *snapshot, struct err *err);
void snapshot_release(struct snapshot *snapshot);

/* Nothing was committed since the moment. */
bool snapshot_is_last(const struct snapshot *snapshot);

/* Shows every entry of a database until `each` answers other than 0; answers that. */
int snapshot_each(struct snapshot *snapshot, const char *database,
                  int (*each)(void *to, struct bytes key, struct bytes value), void *to,
                  struct err *err);

/* Writes folder/data.mdb (by way of a .part) with what the moment holds, durably. */
int snapshot_write(struct snapshot *snapshot, const char *folder, struct err *err);
