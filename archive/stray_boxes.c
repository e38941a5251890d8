/*
 * Box folders that no box of the catalogue has: a crash, or a full disk, between the making of a
 * box and its entry in the catalogue leaves one. The next start destroys it, key first.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>

#include "archive/state.h"
#include "archive/tenants.h"
#include "base/clock.h"
#include "base/fault.h"
#include "base/file.h"
#include "base/log.h"
#include "base/scope.h"

enum { BOX_DEPTH = 5 }; /* tenant, compartment, class, expiry, filing month and number */

struct stray_walk {
    struct archive *archive;
    char making[MONTH_TEXT_SIZE]; /* month in which another process makes boxes now; "": none */
    int (*each)(void *to, const char *path);
    void *to;
};

static bool another_writes(const struct archive *archive)
{
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/writer.lock", archive->data_dir);
    SCOPED(scope_close) int fd = open(path, O_RDONLY | O_CLOEXEC);
    return !archive->writer && fd >= 0 && flock(fd, LOCK_SH | LOCK_NB) < 0;
}

/* "061/admin/letter/2029-04/2026-11-1" names a box of the catalogue. */
static int is_known(struct archive *archive, const char *path, struct err *err)
{
    SCOPED(store_abort) struct store_txn txn = {0};
    const char *dash = strrchr(path, '-');
    struct db_key key = {.len = 0};
    struct bytes value;
    if (!dash || dash - path >= SERIES_TEXT_SIZE)
        return 0;
    int rc = store_begin_read(archive->catalogue, &txn, err);
    if (rc < 0)
        return rc;
    key_raw(&key, path, (size_t)(dash - path));
    key_u32(&key, (uint32_t)strtoul(dash + 1, NULL, 10));
    return store_get(&txn, CAT_SERIES, &key, &value, err);
}

/* A look-up that fails says nothing of the box: it stays. */
static int look_at(struct stray_walk *walk, const char *path, struct err *err)
{
    const char *name = strrchr(path, '/');
    bool in_making =
        walk->making[0] && name && strncmp(name + 1, walk->making, strlen(walk->making)) == 0;
    int known = in_making ? 1 : is_known(walk->archive, path, err);
    return known < 0 ? known : known ? 0 : walk->each(walk->to, path);
}

static int walk_folder(struct stray_walk *walk, const char *path, int depth, struct err *err)
{
    char full[PATH_MAX], below[PATH_MAX];
    snprintf(full, sizeof full, "%s/boxes/%.2000s", walk->archive->data_dir, path);
    DIR *folder = opendir(full);
    if (!folder)
        return errno == ENOENT ? 0 : err_errno(err, errno, "%s", full);
    const struct dirent *entry;
    int rc = 0;
    while (rc == 0 && (entry = readdir(folder)) != NULL) {
        if (entry->d_name[0] == '.')
            continue;
        snprintf(below, sizeof below, "%.2000s%s%s", path, path[0] ? "/" : "", entry->d_name);
        rc = depth < BOX_DEPTH ? walk_folder(walk, below, depth + 1, err)
                               : look_at(walk, below, err);
    }
    closedir(folder);
    return rc;
}

int stray_boxes_walk(struct archive *archive, int (*each)(void *to, const char *path), void *to,
                     struct err *err)
{
    struct stray_walk walk = {.archive = archive, .each = each, .to = to};
    if (another_writes(archive))
        day_format_month(day_of_ms(clock_wall_ms()), walk.making);
    return walk_folder(&walk, "", 1, err);
}

/* ---- destroying them ---- */

struct removing {
    const struct archive *archive;
    struct err *err;
};

static int remove_stray(void *to, const char *path)
{
    const struct removing *removing = to;
    char full[PATH_MAX];
    snprintf(full, sizeof full, "%s/boxes/%.2000s", removing->archive->data_dir, path);
    int fault = fault_point("box.stray.before_unlink");
    if (fault)
        return err_errno(removing->err, fault, "%s: remove", full);
    int rc = file_remove_tree(full, removing->err);
    fault_point("box.stray.after_unlink");
    log_info("box=%s was never entered in the catalogue: removed", path);
    return rc;
}

/* Keys of boxes whose number the catalogue has not given yet. */
static int zero_stray_keys(struct archive *archive, struct err *err)
{
    SCOPED(store_abort) struct store_txn txn = {0};
    uint64_t last;
    int rc = store_begin_read(archive->catalogue, &txn, err);
    if (rc == 0)
        rc = catalogue_number(&txn, "last_box", &last, err);
    const struct tenant *tenant;
    for (int i = 0; rc == 0 && (tenant = tenants_at(archive->tenants, i)) != NULL; i++)
        for (int c = COMPARTMENT_ADMIN; rc == 0 && c <= COMPARTMENT_MEDICAL; c++) {
            const struct key_owner owner = {tenant->code, (enum compartment)c};
            rc = keys_zero_boxes_after(archive->keys, &owner, (uint32_t)last, err);
        }
    return rc;
}

int stray_boxes_remove(struct archive *archive, struct err *err)
{
    struct removing removing = {archive, err};
    int rc = zero_stray_keys(archive, err);
    return rc < 0 ? rc : stray_boxes_walk(archive, remove_stray, &removing, err);
}
