/*
 * Openings for writing: see life.h. The catalogue first, then the file: a crash in between leaves
 * the file behind, which is fine.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "archive/life.h"

#include <inttypes.h>
#include <stdio.h>

#include "archive/state.h"
#include "base/file.h"
#include "base/scope.h"

enum { MARK_LIMIT = 64, MARK_MODE = 0640 };

static const char name[] = "life";

static void mark_path(const struct archive *archive, char ret_path[PATH_MAX])
{
    snprintf(ret_path, PATH_MAX, "%s/life", archive->data_dir);
}

/* 0 when there is no file, or nothing in it that counts. */
static int read_mark(const char *path, uint64_t *ret_life, struct err *err)
{
    SCOPED(buf_free) struct buf file = {0};
    *ret_life = 0;
    int rc = file_read(path, MARK_LIMIT, &file, err);
    if (rc == 0)
        rc = buf_append(&file, bytes_of("", 1)) == 0
                 ? 0
                 : err_set(err, ERR_MEMORY, "%s: no memory", path);
    if (rc == 0 && sscanf((const char *)file.at, "%" SCNu64, ret_life) != 1)
        *ret_life = 0;
    return rc == ERR_NOT_FOUND ? 0 : rc;
}

static int write_mark(const char *path, uint64_t life, struct err *err)
{
    char text[MARK_LIMIT];
    const int len = snprintf(text, sizeof text, "%" PRIu64 "\n", life);
    return file_write(path, MARK_MODE, bytes_of(text, (size_t)len), err);
}

int life_begin(struct archive *archive, struct err *err)
{
    static const struct commit_points points = {"life.count.before_commit",
                                                "life.count.after_commit"};
    SCOPED(store_abort) struct store_txn txn = {0};
    char path[PATH_MAX];
    uint64_t marked, known = 0;
    mark_path(archive, path);
    int rc = read_mark(path, &marked, err);
    if (rc == 0)
        rc = store_begin(archive->catalogue, &txn, err);
    if (rc == 0)
        rc = catalogue_number(&txn, name, &known, err);
    if (rc >= 0 && known < marked)
        rc = err_set(err, ERR_INTEGRITY,
                     "%s: the catalogue is an older one: it was opened %" PRIu64
                     " times, the archive %" PRIu64 " times; nothing was touched: put the right "
                     "one back, or restore a backup",
                     archive->data_dir, known, marked);
    if (rc >= 0)
        rc = catalogue_set_number(&txn, name, known + 1, err);
    if (rc == 0)
        rc = store_commit(&txn, &points, err);
    return rc < 0 ? rc : write_mark(path, known + 1, err);
}
