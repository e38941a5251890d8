/*
 * Files: see file.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/fault.h"
#include "base/scope.h"

enum { TREE_DESCRIPTORS = 16 }; /* folders that nftw keeps open at once */

/* Opens a regular file for reading; the descriptor, or an error. */
static int open_regular(const char *path, struct stat *ret_stat, struct err *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return err_errno(err, errno, "%s", path);
    int rc = fstat(fd, ret_stat) < 0 ? err_errno(err, errno, "%s: stat", path) : 0;
    if (rc == 0 && !S_ISREG(ret_stat->st_mode))
        rc = err_set(err, ERR_FORMAT, "%s: not a regular file", path);
    if (rc < 0)
        close(fd);
    return rc < 0 ? rc : fd;
}

static int read_all(int fd, size_t size, const char *path, struct buf *ret_data, struct err *err)
{
    if (buf_reserve(ret_data, size + 1) < 0)
        return err_set(err, ERR_MEMORY, "%s: no memory for %zu bytes", path, size);
    size_t done = 0;
    while (done < size) {
        ssize_t got = read(fd, ret_data->at + ret_data->len + done, size - done);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return err_errno(err, errno, "%s: read", path);
        if (got == 0)
            break;
        done += (size_t)got;
    }
    ret_data->len += done;
    return 0;
}

int file_read(const char *path, size_t limit, struct buf *ret_data, struct err *err)
{
    struct stat st;
    SCOPED(scope_close) int fd = open_regular(path, &st, err);
    if (fd < 0)
        return fd;
    if ((uint64_t)st.st_size > limit)
        return err_set(err, ERR_LIMIT, "%s: %lld bytes, at most %zu", path, (long long)st.st_size,
                       limit);
    return read_all(fd, (size_t)st.st_size, path, ret_data, err);
}

int file_read_part(const char *path, struct file_part *part, struct buf *ret_data, struct err *err)
{
    struct stat st;
    SCOPED(scope_close) int fd = open_regular(path, &st, err);
    if (fd < 0)
        return fd;
    part->whole = (uint64_t)st.st_size;
    uint64_t left = part->at < part->whole ? part->whole - part->at : 0;
    if (left > 0 && lseek(fd, (off_t)part->at, SEEK_SET) < 0)
        return err_errno(err, errno, "%s: seek", path);
    return read_all(fd, left < part->most ? (size_t)left : part->most, path, ret_data, err);
}

int file_write_all(int fd, struct bytes data, const char *name, struct err *err)
{
    size_t done = 0;
    while (done < data.len) {
        ssize_t put = write(fd, data.at + done, data.len - done);
        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0)
            return err_errno(err, errno, "%s: write", name);
        done += (size_t)put;
    }
    return 0;
}

int file_sync_parent(const char *path, struct err *err)
{
    char folder[PATH_MAX];
    snprintf(folder, sizeof folder, "%s", path);
    char *slash = strrchr(folder, '/');
    if (!slash)
        return file_sync_folder(".", err);
    slash[slash == folder] = '\0';
    return file_sync_folder(folder, err);
}

static int write_part(const char *part, mode_t mode, struct bytes data, struct err *err)
{
    SCOPED(scope_close) int fd = open(part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
    if (fd < 0)
        return err_errno(err, errno, "%s", part);
    int rc = file_write_all(fd, data, part, err);
    if (rc < 0)
        return rc;
    fault_point("file.before_sync");
    if (fdatasync(fd) < 0)
        return err_errno(err, errno, "%s: sync", part);
    return 0;
}

int file_write(const char *path, mode_t mode, struct bytes data, struct err *err)
{
    char part[PATH_MAX];
    if (snprintf(part, sizeof part, "%s.part", path) >= (int)sizeof part)
        return err_set(err, ERR_LIMIT, "%s: path too long, at most %d bytes", path, PATH_MAX);
    int rc = write_part(part, mode, data, err);
    if (rc < 0) {
        unlink(part);
        return rc;
    }
    fault_point("file.before_rename");
    if (rename(part, path) < 0)
        return err_errno(err, errno, "%s: rename", path);
    fault_point("file.after_rename");
    return file_sync_parent(path, err);
}

int file_make_folders(const char *path, mode_t mode, struct err *err)
{
    char step[PATH_MAX];
    if (snprintf(step, sizeof step, "%s", path) >= (int)sizeof step)
        return err_set(err, ERR_LIMIT, "%s: path too long, at most %d bytes", path, PATH_MAX);
    for (char *at = step + 1;; at++) {
        if (*at != '/' && *at != '\0')
            continue;
        char kept = *at;
        *at = '\0';
        /* A new folder is a name in its parent: until that is synced a power cut takes the folder,
         * and whatever was synced within it. */
        int rc = mkdir(step, mode) == 0 ? file_sync_parent(step, err)
                 : errno == EEXIST      ? 0
                                        : err_errno(err, errno, "%s: make folder", step);
        if (rc < 0)
            return rc;
        if (kept == '\0')
            return 0;
        *at = kept;
    }
}

int file_sync_folder(const char *path, struct err *err)
{
    SCOPED(scope_close) int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return err_errno(err, errno, "%s", path);
    if (fsync(fd) < 0)
        return err_errno(err, errno, "%s: sync folder", path);
    return 0;
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *where)
{
    (void)st;
    (void)kind;
    (void)where;
    return remove(path);
}

int file_remove_tree(const char *path, struct err *err)
{
    if (nftw(path, remove_one, TREE_DESCRIPTORS, FTW_DEPTH | FTW_PHYS) == 0 || errno == ENOENT)
        return 0;
    return err_errno(err, errno, "%s: remove", path);
}

int file_free_bytes(const char *path, uint64_t *ret_bytes, struct err *err)
{
    struct statvfs fs;
    if (statvfs(path, &fs) < 0)
        return err_errno(err, errno, "%s: free space", path);
    *ret_bytes = (uint64_t)fs.f_bavail * fs.f_frsize;
    return 0;
}
