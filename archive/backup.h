/*
 * Backup while filing goes on, and restore. A backup folder holds
 *   closed/<box path>/data.mdb   closed boxes: copied once, for they never change
 *   last/                        the rest of DATA as it stood at one moment: catalogue, keys, open
 *                                boxes, intake, seals; replaced whole by the next backup
 * The keys in it are wrapped by the tenant keys of KEYDIR, which are not in it: they are backed up
 * apart (docs/durability.md). What was destroyed since is gone from the folder after the next
 * backup.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include <stdint.h>

#include "base/err.h"

struct backup_report {
    uint32_t boxes_copied, boxes_kept, boxes_open, boxes_removed, days;
};

/* Not in a process that has the archive open. A backup that was cut short leaves the one before it
 * as it was. ERR_CONFLICT when `folder` lies inside DATA; ERR_UNAVAILABLE when filing left no
 * moment in between. */
int backup_make(const char *data_dir, const char *folder, struct backup_report *ret_report,
                struct err *err);

/* Into a data folder that has no catalogue (ERR_CONFLICT otherwise). ERR_CONFLICT too, and nothing
 * is touched, when a key of `key_dir` was changed since, or is older: restore it from its backup
 * of that time first. Cut short, it is done again after the folder was emptied. */
int backup_restore(const char *folder, const char *data_dir, const char *key_dir, struct err *err);
