/*
 * Copies of files and folders: see file_copy.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "archive/file_copy.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/scope.h"

enum { STEP = 1 << 16, FOLDER_MODE = 0750 };

static int pour(int from, int into, const char *path, struct err *err)
{
    static _Thread_local uint8_t step[STEP];
    ssize_t got;
    int rc = 0;
    while (rc == 0 && (got = read(from, step, sizeof step)) != 0)
        rc = got < 0 ? err_errno(err, errno, "%s: read", path)
                     : file_write_all(into, bytes_of(step, (size_t)got), path, err);
    if (rc == 0 && fsync(into) < 0)
        rc = err_errno(err, errno, "%s: sync", path);
    return rc;
}

int file_copy(const char *from, const char *into, struct err *err)
{
    char part[PATH_MAX];
    struct stat st;
    snprintf(part, sizeof part, "%s.part", into);
    SCOPED(scope_close) int source = open(from, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (source < 0 || fstat(source, &st) < 0)
        return err_errno(err, errno, "%s", from);
    SCOPED(scope_close)
    int copy = open(part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, st.st_mode & 0770);
    if (copy < 0)
        return err_errno(err, errno, "%s", part);
    int rc = pour(source, copy, into, err);
    if (rc == 0 && rename(part, into) < 0)
        rc = err_errno(err, errno, "%s: rename", into);
    return rc;
}

int folder_each(const char *path, int (*each)(void *to, const char *name), void *to,
                struct err *err)
{
    DIR *folder = opendir(path);
    const struct dirent *entry;
    int rc = 0;
    if (!folder)
        return errno == ENOENT ? 0 : err_errno(err, errno, "%s", path);
    while (rc == 0 && (entry = readdir(folder)) != NULL)
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            rc = each(to, entry->d_name);
    closedir(folder);
    return rc;
}

struct tree {
    const char *from, *into;
    struct err *err;
};

static int copy_one(void *to, const char *name)
{
    const struct tree *tree = to;
    char from[PATH_MAX], into[PATH_MAX];
    struct stat st;
    size_t len = strlen(name);
    int fits = snprintf(from, sizeof from, "%s/%s", tree->from, name);
    if (fits >= (int)sizeof from ||
        snprintf(into, sizeof into, "%s/%s", tree->into, name) >= (int)sizeof into)
        return err_set(tree->err, ERR_LIMIT, "%.200s: a path longer than %d bytes", tree->from,
                       PATH_MAX);
    if (lstat(from, &st) < 0)
        return err_errno(tree->err, errno, "%s", from);
    if (S_ISDIR(st.st_mode))
        return tree_copy(from, into, tree->err);
    if (!S_ISREG(st.st_mode))
        return err_set(tree->err, ERR_FORMAT, "%.200s: neither file nor folder", from);
    return len > 5 && strcmp(name + len - 5, ".part") == 0 ? 0 : file_copy(from, into, tree->err);
}

int tree_copy(const char *from, const char *into, struct err *err)
{
    struct tree tree = {from, into, err};
    int rc = file_make_folders(into, FOLDER_MODE, err);
    if (rc == 0)
        rc = folder_each(from, copy_one, &tree, err);
    return rc < 0 ? rc : file_sync_folder(into, err);
}
