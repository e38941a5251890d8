/*
 * Copies of files and folders, durable, without reading them into memory.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "base/err.h"

/* By way of into.part; replaces what is there. ERR_NOT_FOUND when there is no `from`. */
int file_copy(const char *from, const char *into, struct err *err);

/* All files below `from`; unfinished ones (.part) are left out. Symbolic links are ERR_FORMAT. */
int tree_copy(const char *from, const char *into, struct err *err);

/* Calls `each` with every name in a folder, not . and ..; a missing folder has none. */
int folder_each(const char *path, int (*each)(void *to, const char *name), void *to,
                struct err *err);
