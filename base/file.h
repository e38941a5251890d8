/*
 * Files: whole reads with a limit, writes that are there completely or not at all, and durably.
 * Every error text names the path.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include <stdint.h>
#include <sys/types.h>

#include "base/bytes.h"
#include "base/err.h"

/* Appends the whole file to `ret_data`; ERR_LIMIT when it holds more than `limit` bytes, and then
 * nothing was read. Regular files only (a pipe or a directory is ERR_FORMAT). */
int file_read(const char *path, size_t limit, struct buf *ret_data, struct err *err);

/* Appends up to `most` bytes of the file from byte `at` on, none at or beyond its end; `whole` is
 * set to its length. Regular files only. */
struct file_part {
    uint64_t at, whole;
    size_t most;
};
int file_read_part(const char *path, struct file_part *part, struct buf *ret_data, struct err *err);

/* Writes path.part, syncs it, renames it to path, syncs the folder. */
int file_write(const char *path, mode_t mode, struct bytes data, struct err *err);

/* Makes the folder and its parents with `mode`, durably; an existing folder is fine. */
int file_make_folders(const char *path, mode_t mode, struct err *err);

/* Makes names created, renamed or removed in the folder durable. */
int file_sync_folder(const char *path, struct err *err);
/* The same for the folder that `path` lies in. */
int file_sync_parent(const char *path, struct err *err);

/* Removes a folder and all below it; a missing folder is fine. Symbolic links are not followed. */
int file_remove_tree(const char *path, struct err *err);

/* Bytes that an unprivileged process may still write on the file system of `path`. */
int file_free_bytes(const char *path, uint64_t *ret_bytes, struct err *err);

/* Writes all of `data` to a descriptor, going on after short writes and EINTR. 0 or -errno code
 * mapped by err_errno; `name` names the descriptor in the text. */
int file_write_all(int fd, struct bytes data, const char *name, struct err *err);
