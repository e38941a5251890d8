/*
 * Opening and closing an archive: see archive.h and state.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "archive/archive.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <unistd.h>

#include "archive/envelopes.h"
#include "archive/life.h"
#include "archive/merge.h"
#include "archive/purge.h"
#include "archive/rotate.h"
#include "archive/slip_store.h"
#include "archive/state.h"
#include "archive/tenants.h"
#include "base/file.h"
#include "base/scope.h"

#define BOX_MAP_BYTES (UINT64_C(4) << 30)   /* a box closes at 1 GB; a run and its copies fit */
#define RESERVE_BYTES (UINT64_C(256) << 20) /* environments can still be made and rows removed */

enum {
    DESCRIPTORS = 4096, /* 256 boxes of three, intake days, and room for the process */
    LOCK_TEXT_LIMIT = 64
};

/* ---- one writer ---- */

static int lock_conflict(int fd, const char *path, struct err *err)
{
    char pid[LOCK_TEXT_LIMIT] = "";
    ssize_t got = pread(fd, pid, sizeof pid - 1, 0);
    pid[got > 0 ? got : 0] = '\0';
    pid[strcspn(pid, "\n")] = '\0';
    return err_set(err, ERR_CONFLICT, "%s: process %s writes already", path,
                   pid[0] ? pid : "of unknown number");
}

static int take_lock(struct archive *archive, struct err *err)
{
    char path[PATH_MAX], pid[LOCK_TEXT_LIMIT];
    snprintf(path, sizeof path, "%s/writer.lock", archive->data_dir);
    archive->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0640);
    if (archive->lock < 0)
        return err_errno(err, errno, "%s", path);
    if (flock(archive->lock, LOCK_EX | LOCK_NB) < 0)
        return errno == EWOULDBLOCK ? lock_conflict(archive->lock, path, err)
                                    : err_errno(err, errno, "%s: lock", path);
    snprintf(pid, sizeof pid, "%ld\n", (long)getpid());
    if (ftruncate(archive->lock, 0) < 0)
        return err_errno(err, errno, "%s", path);
    return file_write_all(archive->lock, bytes_of(pid, strlen(pid)), path, err);
}

static void raise_descriptor_limit(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur >= DESCRIPTORS)
        return;
    limit.rlim_cur = limit.rlim_max < DESCRIPTORS ? limit.rlim_max : DESCRIPTORS;
    setrlimit(RLIMIT_NOFILE, &limit);
}

/* ---- opening ---- */

static int load_config(struct archive *archive, const char *config_dir, struct err *err)
{
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/tenants.conf", config_dir);
    int rc = tenants_load(path, &archive->tenants, err);
    if (rc < 0)
        return rc;
    snprintf(path, sizeof path, "%s/retention.conf", config_dir);
    return retention_load(path, &archive->retention, err);
}

static int open_rooms(struct archive *archive, const struct archive_params *params, struct err *err)
{
    const struct keys_params keys = {archive->data_dir, params->key_dir, params->writer};
    int rc = keys_open(&keys, &archive->keys, err);
    if (rc == 0)
        rc = catalogue_open(archive->data_dir, catalogue_map_bytes(archive),
                            params->writer ? STORE_WRITE : STORE_READ, &archive->catalogue, err);
    if (rc < 0)
        return rc;
    const struct boxes_params boxes = {archive->data_dir, archive->keys, archive->box_map_bytes,
                                       params->writer};
    return boxes_open(&boxes, &archive->boxes, err);
}

/* Whatever an earlier life left half done is finished before anything else happens. */
static int recover(struct archive *archive, struct err *err)
{
    int rc = rotate_recover(archive, err);
    if (rc == 0)
        rc = live_load(archive, err);
    if (rc == 0)
        rc = filing_finish(archive, err);
    if (rc == 0)
        rc = live_retire_days(archive, err);
    if (rc == 0)
        rc = stray_boxes_remove(archive, err);
    if (rc == 0)
        rc = destroy_recover(archive, err);
    if (rc == 0)
        rc = filing_close_old_boxes(archive, err);
    if (rc == 0)
        rc = merge_recover(archive, err);
    return rc < 0 ? rc : envelopes_recover(archive, err);
}

/* 1 when the folder below DATA holds anything. */
static int holds_anything(const struct archive *archive, const char *name, struct err *err)
{
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/%s", archive->data_dir, name);
    DIR *folder = opendir(path);
    if (!folder)
        return errno == ENOENT ? 0 : err_errno(err, errno, "%s", path);
    const struct dirent *entry;
    int found = 0;
    while (!found && (entry = readdir(folder)) != NULL)
        found = entry->d_name[0] != '.';
    closedir(folder);
    return found;
}

/* What the catalogue does not know is removed as half made. So a catalogue that is not there must
 * never be made anew beside boxes or pages: everything would be unknown to it. */
static int check_catalogue_is_there(const struct archive *archive, struct err *err)
{
    static const char *const rooms[] = {"boxes", "intake"};
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/catalogue/data.mdb", archive->data_dir);
    if (access(path, F_OK) == 0)
        return 0;
    if (errno != ENOENT)
        return err_errno(err, errno, "%s", path);
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < sizeof rooms / sizeof *rooms; i++)
        rc = holds_anything(archive, rooms[i], err);
    return rc <= 0 ? rc
                   : err_set(err, ERR_INTEGRITY,
                             "%s: no catalogue, but there are boxes or pages; nothing was touched: "
                             "put the catalogue back, or restore a backup",
                             archive->data_dir);
}

static int open_all(struct archive *archive, const struct archive_params *params, struct err *err)
{
    int rc = 0;
    if (params->writer) {
        raise_descriptor_limit();
        rc = file_make_folders(archive->data_dir, 0750, err);
        if (rc == 0)
            rc = take_lock(archive, err);
        if (rc == 0)
            rc = check_catalogue_is_there(archive, err);
    }
    if (rc == 0)
        rc = load_config(archive, params->config_dir, err);
    if (rc == 0)
        rc = open_rooms(archive, params, err);
    if (rc == 0 && params->writer)
        rc = life_begin(archive, err);
    return rc == 0 && params->writer ? recover(archive, err) : rc;
}

int archive_open(const struct archive_params *params, struct archive **ret_archive, struct err *err)
{
    struct archive *archive = calloc(1, sizeof *archive);
    if (!archive)
        return err_set(err, ERR_MEMORY, "archive: no memory");
    archive->lock = -1;
    archive->writer = params->writer;
    archive->rewrites_later = params->rewrites_later;
    archive->box_map_bytes = params->box_map_bytes ? params->box_map_bytes : BOX_MAP_BYTES;
    archive->reserve_bytes = params->reserve_bytes ? params->reserve_bytes : RESERVE_BYTES;
    snprintf(archive->first, sizeof archive->first, "%s", params->first ? params->first : "");
    snprintf(archive->data_dir, sizeof archive->data_dir, "%s", params->data_dir);
    snprintf(archive->key_dir, sizeof archive->key_dir, "%s", params->key_dir);
    snprintf(archive->config_dir, sizeof archive->config_dir, "%s", params->config_dir);
    int rc = open_all(archive, params, err);
    if (rc < 0) {
        archive_free(&archive);
        return rc;
    }
    *ret_archive = archive;
    return 0;
}

void archive_free(struct archive **archive)
{
    if (!archive || !*archive)
        return;
    live_free(*archive);
    envelope_set_free(&(*archive)->ready);
    boxes_free(&(*archive)->boxes);
    purge_drop(*archive);
    store_free(&(*archive)->catalogue);
    keys_free(&(*archive)->keys);
    retention_free(&(*archive)->retention);
    tenants_free(&(*archive)->tenants);
    if ((*archive)->lock >= 0)
        close((*archive)->lock);
    free(*archive);
    *archive = NULL;
}

/* ---- questions ---- */

int archive_check_tenant(const struct archive *archive, const char *tenant, struct err *err)
{
    if (tenants_find(archive->tenants, tenant))
        return 0;
    return err_set(err, ERR_NOT_FOUND, "tenant '%.8s' is not in tenants.conf", tenant);
}

int archive_may_write(struct archive *archive, struct err *err)
{
    if (!archive->writer)
        return err_set(err, ERR_CONFLICT, "%s: opened for reading", archive->data_dir);
    int rc = purge_reopen(archive, err);
    if (rc < 0)
        return rc;
    return archive->unfinished ? filing_finish(archive, err) : 0;
}

int archive_has_space(const struct archive *archive, uint64_t extra, struct err *err)
{
    uint64_t space;
    int rc = file_free_bytes(archive->data_dir, &space, err);
    if (rc < 0 || space >= archive->reserve_bytes + extra)
        return rc;
    return err_set(err, ERR_FULL,
                   "%s: %llu MB free, %llu MB are kept in reserve; nothing is lost, "
                   "free some space",
                   archive->data_dir, (unsigned long long)(space >> 20),
                   (unsigned long long)(archive->reserve_bytes >> 20));
}
