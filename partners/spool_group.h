/*
 * Spools that were written and not synced yet: one sync makes all of them durable, so that a disk
 * that needs milliseconds for each carries many partners' chunks. Nothing in the group may be
 * acknowledged before spool_group_sync has returned 0.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "partners/spool.h"

enum { SPOOL_GROUP_MAX = 128 }; /* spools: 32 MB of chunks, a tenth of a second of a plain disk */

struct spool_group;

/* All spools of the group lie on the file system of `folder`. */
int spool_group_open(const char *folder, struct spool_group **ret_group, struct err *err);
/* NULL-safe, nulls; frees what was left to it, syncs nothing. */
void spool_group_free(struct spool_group **group);

/* Takes part in the next sync; borrowed until then. Once more is the same as once. At most
 * SPOOL_GROUP_MAX. */
void spool_group_add(struct spool_group *group, struct spool *spool);

/* The same for a spool that nobody needs any more: the group frees it after the sync. */
void spool_group_leave(struct spool_group *group, struct spool **spool);

bool spool_group_is_full(const struct spool_group *group);

/* Makes what was written to them durable, and their names, and empties the group. When it fails,
 * none of it counts: each is as it was at its last sync. */
int spool_group_sync(struct spool_group *group, struct err *err);
