/*
 * Backup: see backup.h. The moment: all environments that may change are looked at, and the keys
 * read, between two looks at the catalogue that show no commit: then boxes are at most the one
 * filing run ahead, and intake as far behind, that a start after a crash mends anyhow.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "archive/backup.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "archive/file_copy.h"
#include "archive/keys_fit.h"
#include "archive/rows.h"
#include "archive/snapshot.h"
#include "archive/store.h"
#include "base/clock.h"
#include "base/fault.h"
#include "base/file.h"
#include "base/scope.h"

enum {
    ENVIRONMENTS_MAX = 1024, /* open boxes and intake days; three descriptors each */
    FREE_MS = 500,           /* of looks that keep nobody waiting */
    MOMENT_MS = 20000,       /* of all looks */
    PAUSE_MS = 5,            /* between two */
    FOLDER_MODE = 0750
};

/* An environment that may change, with its path below DATA. */
struct changing {
    char below[PATH_MAX / 4];
    struct snapshot *snapshot;
};

struct backup {
    const char *data_dir, *folder;
    char new_dir[PATH_MAX / 2];
    struct snapshot *catalogue;
    int count;
    struct changing *at; /* ENVIRONMENTS_MAX */
    struct backup_report report;
    struct err *err;
};

static void forget_moment(struct backup *backup)
{
    for (int i = 0; i < backup->count; i++)
        snapshot_free(&backup->at[i].snapshot);
    backup->count = 0;
    snapshot_free(&backup->catalogue);
}

static void backup_clear(struct backup *backup)
{
    forget_moment(backup);
    free(backup->at);
}

/* ---- the moment ---- */

static int add(struct backup *backup, const char *below)
{
    char path[PATH_MAX];
    if (backup->count == ENVIRONMENTS_MAX)
        return err_set(backup->err, ERR_LIMIT, "%s: more than %d open boxes and intake days",
                       backup->data_dir, ENVIRONMENTS_MAX);
    struct changing *changing = &backup->at[backup->count];
    snprintf(changing->below, sizeof changing->below, "%s", below);
    snprintf(path, sizeof path, "%s/%s", backup->data_dir, below);
    int rc = snapshot_open(path, &changing->snapshot, backup->err);
    backup->count += rc == 0;
    return rc;
}

static int add_open_box(void *to, struct bytes key, struct bytes value)
{
    struct backup *backup = to;
    struct box_row row;
    char box[SERIES_TEXT_SIZE], below[PATH_MAX / 4];
    (void)key;
    if (!box_row_decode(value, &row))
        return err_set(backup->err, ERR_INTEGRITY, "%s: the row of a box is damaged",
                       backup->data_dir);
    if (row.state != BOX_OPEN)
        return 0;
    snprintf(below, sizeof below, "boxes/%s", box_path(&row, box));
    return add(backup, below);
}

static int add_day(void *to, const char *name)
{
    char below[PATH_MAX / 4];
    snprintf(below, sizeof below, "intake/%.60s", name);
    return add(to, below);
}

static int copy_key_file(void *to, const char *name)
{
    const struct backup *backup = to;
    char from[PATH_MAX], into[PATH_MAX];
    snprintf(from, sizeof from, "%s/keys/%.60s", backup->data_dir, name);
    snprintf(into, sizeof into, "%s/keys/%.60s", backup->new_dir, name);
    const char *end = strstr(name, ".next"); /* of a change of keys: not of the archive */
    return end ? 0 : file_copy(from, into, backup->err);
}

static int look(struct backup *backup, struct err *err)
{
    char path[PATH_MAX];
    int rc = snapshot_each(backup->catalogue, "boxes", add_open_box, backup, err);
    snprintf(path, sizeof path, "%s/intake", backup->data_dir);
    if (rc == 0)
        rc = folder_each(path, add_day, backup, err);
    snprintf(path, sizeof path, "%s/keys", backup->data_dir);
    if (rc < 0)
        return rc;
    SCOPED(scope_close) int latch = store_latch(path, false, err); /* no change of keys meanwhile */
    return latch < 0 ? latch : folder_each(path, copy_key_file, backup, err);
}

/* 1 a moment was taken, 0 filing went on between the looks. Everything is opened anew: files that
 * were looked at before may have been exchanged, or made anew under their names. */
static int try_moment(struct backup *backup, bool hold, struct err *err)
{
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/catalogue", backup->data_dir);
    forget_moment(backup);
    int rc = snapshot_open_to_hold(path, &backup->catalogue, err);
    if (rc < 0)
        return rc;
    if (hold)
        rc = snapshot_hold(backup->catalogue, err);
    if (rc == 0)
        rc = look(backup, err);
    bool last = rc == 0 && snapshot_is_last(backup->catalogue);
    snapshot_release(backup->catalogue);
    if (rc == ERR_NOT_FOUND) /* a day was retired between two looks */
        return 0;
    if (hold && rc == ERR_UNAVAILABLE) /* keys are being changed by who waits for us */
        return 0;
    return rc < 0 ? rc : last;
}

/* A look takes milliseconds, filing commits a few times a second; where it commits so often that
 * every look is overtaken, later looks keep it waiting meanwhile. A writer that starts may take its
 * time to clean up. */
static int take_moment(struct backup *backup, struct err *err)
{
    const int64_t start_ms = clock_mono_ms();
    int64_t took_ms = 0;
    int rc = try_moment(backup, false, err);
    for (; rc == 0 && took_ms < MOMENT_MS; took_ms = clock_mono_ms() - start_ms) {
        poll(NULL, 0, PAUSE_MS);
        rc = try_moment(backup, took_ms > FREE_MS, err);
    }
    if (rc != 0)
        return rc < 0 ? rc : 0;
    return err_set(err, ERR_UNAVAILABLE, "%s: filing left no moment in %d ms; try again",
                   backup->data_dir, MOMENT_MS);
}

/* ---- copying ---- */

static int write_changing(struct backup *backup, struct err *err)
{
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/catalogue", backup->new_dir);
    int rc = snapshot_write(backup->catalogue, path, err);
    for (int i = 0; rc == 0 && i < backup->count; i++) {
        snprintf(path, sizeof path, "%s/%s", backup->new_dir, backup->at[i].below);
        rc = snapshot_write(backup->at[i].snapshot, path, err);
        if (strncmp(backup->at[i].below, "intake/", 7) == 0)
            backup->report.days++;
        else
            backup->report.boxes_open++;
    }
    return rc;
}

static int copy_closed_box(void *to, struct bytes key, struct bytes value)
{
    struct backup *backup = to;
    struct box_row row;
    char box[SERIES_TEXT_SIZE], from[PATH_MAX], into[PATH_MAX];
    struct stat st;
    (void)key;
    if (!box_row_decode(value, &row) || row.state != BOX_CLOSED)
        return 0;
    box_path(&row, box);
    snprintf(from, sizeof from, "%s/boxes/%s/data.mdb", backup->data_dir, box);
    snprintf(into, sizeof into, "%s/closed/%s/data.mdb", backup->folder, box);
    if (stat(into, &st) == 0) {
        backup->report.boxes_kept++;
        return 0;
    }
    *strrchr(into, '/') = '\0';
    int rc = file_make_folders(into, FOLDER_MODE, backup->err);
    into[strlen(into)] = '/';
    if (rc == 0)
        rc = file_copy(from, into, backup->err);
    fault_point("backup.box.after_copy");
    backup->report.boxes_copied += rc == 0;
    return rc;
}

static int copy_seal(void *to, const char *name)
{
    const struct backup *backup = to;
    char from[PATH_MAX], into[PATH_MAX];
    snprintf(from, sizeof from, "%s/seals/%.60s", backup->data_dir, name);
    snprintf(into, sizeof into, "%s/seals/%.60s", backup->new_dir, name);
    return strstr(name, ".part") ? 0 : file_copy(from, into, backup->err);
}

/* After the seals, which say how far it reached when they were made. A month that was pruned
 * meanwhile is spoken of in a later one. */
static int copy_access(void *to, const char *name)
{
    const struct backup *backup = to;
    char from[PATH_MAX], into[PATH_MAX];
    snprintf(from, sizeof from, "%s/access/%.60s", backup->data_dir, name);
    snprintf(into, sizeof into, "%s/access/%.60s", backup->new_dir, name);
    int rc = file_copy(from, into, backup->err);
    return rc == ERR_NOT_FOUND ? 0 : rc;
}

static int copy_rest(struct backup *backup, struct err *err)
{
    char from[PATH_MAX], into[PATH_MAX];
    int rc = snapshot_each(backup->catalogue, "boxes", copy_closed_box, backup, err);
    snprintf(from, sizeof from, "%s/seals", backup->data_dir);
    if (rc == 0)
        rc = folder_each(from, copy_seal, backup, err);
    snprintf(from, sizeof from, "%s/access", backup->data_dir);
    if (rc == 0)
        rc = folder_each(from, copy_access, backup, err);
    snprintf(from, sizeof from, "%s/platform.pub", backup->data_dir);
    snprintf(into, sizeof into, "%s/platform.pub", backup->new_dir);
    return rc < 0 ? rc : file_copy(from, into, err);
}

/* ---- what was destroyed since ---- */

static int remove_when_destroyed(void *to, struct bytes key, struct bytes value)
{
    struct backup *backup = to;
    struct box_row row;
    char box[SERIES_TEXT_SIZE], path[PATH_MAX];
    struct stat st;
    (void)key;
    if (!box_row_decode(value, &row) || row.state != BOX_DESTROYED)
        return 0;
    snprintf(path, sizeof path, "%s/closed/%s", backup->folder, box_path(&row, box));
    if (stat(path, &st) < 0)
        return 0;
    backup->report.boxes_removed++;
    return file_remove_tree(path, backup->err);
}

/* ---- the whole ---- */

static int start(struct backup *backup, struct err *err)
{
    static const char *const folders[] = {"keys", "seals", "access"};
    char path[PATH_MAX], inside[PATH_MAX], outer[PATH_MAX];
    backup->at = calloc(ENVIRONMENTS_MAX, sizeof *backup->at);
    if (!backup->at)
        return err_set(err, ERR_MEMORY, "backup: no memory");
    snprintf(backup->new_dir, sizeof backup->new_dir, "%s/new", backup->folder);
    int rc = file_make_folders(backup->folder, FOLDER_MODE, err);
    if (rc < 0)
        return rc;
    if (!realpath(backup->folder, inside) || !realpath(backup->data_dir, outer))
        return err_errno(err, errno, "%s", backup->data_dir);
    size_t len = strlen(outer);
    if (strncmp(inside, outer, len) == 0 && (inside[len] == '/' || inside[len] == '\0'))
        return err_set(err, ERR_CONFLICT, "%s: the backup lies inside the data folder",
                       backup->folder);
    rc = file_remove_tree(backup->new_dir, err);
    for (size_t i = 0; rc == 0 && i < sizeof folders / sizeof *folders; i++) {
        snprintf(path, sizeof path, "%s/%s", backup->new_dir, folders[i]);
        rc = file_make_folders(path, FOLDER_MODE, err);
    }
    return rc;
}

/* new becomes last; between the two renames, the one before is `old`, which restore knows. */
static int publish(struct backup *backup, struct err *err)
{
    char last[PATH_MAX], old[PATH_MAX];
    snprintf(last, sizeof last, "%s/last", backup->folder);
    snprintf(old, sizeof old, "%s/old", backup->folder);
    struct stat st;
    bool again = stat(last, &st) == 0;
    int rc = again ? file_remove_tree(old, err) : 0;
    if (rc == 0 && again && rename(last, old) < 0)
        rc = err_errno(err, errno, "%s: rename", last);
    fault_point("backup.publish.after_old");
    if (rc == 0 && rename(backup->new_dir, last) < 0)
        rc = err_errno(err, errno, "%s: rename", backup->new_dir);
    if (rc == 0)
        rc = file_sync_folder(backup->folder, err);
    fault_point("backup.publish.after_new");
    return rc < 0 ? rc : file_remove_tree(old, err);
}

int backup_make(const char *data_dir, const char *folder, struct backup_report *ret_report,
                struct err *err)
{
    SCOPED(backup_clear)
    struct backup backup = {.data_dir = data_dir, .folder = folder, .err = err};
    int rc = start(&backup, err);
    if (rc == 0)
        rc = take_moment(&backup, err);
    if (rc == 0)
        rc = write_changing(&backup, err);
    if (rc == 0)
        rc = copy_rest(&backup, err);
    fault_point("backup.publish.before");
    if (rc == 0)
        rc = publish(&backup, err);
    if (rc == 0)
        rc = snapshot_each(backup.catalogue, "boxes", remove_when_destroyed, &backup, err);
    *ret_report = backup.report;
    return rc;
}

/* ---- restore ---- */

struct restore {
    const char *folder, *data_dir;
    struct err *err;
};

/* What the catalogue that is restored calls closed, and nothing else: beside it may lie boxes that
 * were destroyed by then, or closed later, by a backup that was cut short. One that is missing is
 * left to verification to name. */
static int restore_closed_box(void *to, struct bytes key, struct bytes value)
{
    const struct restore *restore = to;
    struct box_row row;
    char box[SERIES_TEXT_SIZE], from[PATH_MAX], into[PATH_MAX];
    (void)key;
    if (!box_row_decode(value, &row) || row.state != BOX_CLOSED)
        return 0;
    box_path(&row, box);
    snprintf(from, sizeof from, "%s/closed/%s", restore->folder, box);
    snprintf(into, sizeof into, "%s/boxes/%s", restore->data_dir, box);
    struct stat st;
    return stat(from, &st) == 0 ? tree_copy(from, into, restore->err) : 0;
}

static int restore_closed(struct restore *restore, struct err *err)
{
    char path[PATH_MAX];
    struct snapshot *catalogue = NULL;
    snprintf(path, sizeof path, "%s/catalogue", restore->data_dir);
    int rc = snapshot_open(path, &catalogue, err);
    if (rc == 0)
        rc = snapshot_each(catalogue, "boxes", restore_closed_box, restore, err);
    snapshot_free(&catalogue);
    return rc;
}

int backup_restore(const char *folder, const char *data_dir, const char *key_dir, struct err *err)
{
    char from[PATH_MAX], into[PATH_MAX];
    struct stat st;
    snprintf(into, sizeof into, "%s/catalogue", data_dir);
    if (stat(into, &st) == 0)
        return err_set(err, ERR_CONFLICT,
                       "%s: there is an archive already; restore into an empty folder", data_dir);
    snprintf(from, sizeof from, "%s/last", folder);
    if (stat(from, &st) < 0)
        snprintf(from, sizeof from, "%s/old", folder);
    if (stat(from, &st) < 0)
        return err_set(err, ERR_NOT_FOUND, "%s: no finished backup", folder);
    int rc = keys_fit(key_dir, from, err);
    if (rc == 0)
        rc = tree_copy(from, data_dir, err);
    return rc < 0 ? rc : restore_closed(&(struct restore){folder, data_dir, err}, err);
}
