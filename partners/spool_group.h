/*
 * Spools that were written and not synced yet: one sync makes all of them durable, so that a disk
 * that needs milliseconds for each carries many partners' chunks. While a thread of the group's own
 * syncs what has gathered, the next gathers. Nothing of the group may be acknowledged before the
 * sync that covers it has ended with 0. All functions are for one thread.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "partners/spool.h"

/* Chunks, or spools: 33 MB of blocks, a tenth of a second of a plain disk; the room for two groups
 * is kept, touched as far as it was used. */
enum { SPOOL_GROUP_MAX = 128 };

struct spool_group;

/* All spools of the group lie on the file system of `folder`. */
int spool_group_open(const char *folder, struct spool_group **ret_group, struct err *err);
/* NULL-safe, nulls; waits for a sync that was begun, syncs nothing. */
void spool_group_free(struct spool_group **group);

/* Seals the next chunk (as spool_seal); the spool takes part in the next sync, which writes it, and
 * is borrowed until that has ended. The group is not full. */
int spool_group_write(struct spool_group *group, struct spool *spool,
                      const struct spool_chunk *chunk, struct err *err);

/* Takes part in the next sync without a chunk. Once more is the same as once. The group is not
 * full. */
void spool_group_add(struct spool_group *group, struct spool *spool);

bool spool_group_is_full(const struct spool_group *group);

/* Begins to make durable what was written to the spools that have gathered, and their names, and
 * returns at once; the next gather. The sync before has ended. */
void spool_group_begin(struct spool_group *group);

/* Readable from when a sync that was begun is over until the next is begun. */
int spool_group_descriptor(const struct spool_group *group);

/* Waits until the sync that was begun is over; 0 when there is none. When it failed, neither what
 * it covers counts nor what has gathered since: each spool is as it was at its last sync, and the
 * group is empty. */
int spool_group_end(struct spool_group *group, struct err *err);
