/*
 * The batches that are not closed and the intake days that hold their pages: see state.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "archive/state.h"
#include "base/clock.h"
#include "base/fault.h"
#include "base/file.h"
#include "base/log.h"
#include "base/scope.h"

enum { INTAKE_MAPS = 16 }; /* an intake map in box maps: 64 GB, a day of 200 000 colour sides */

/* ---- days ---- */

static void forget_day(struct archive *archive, struct intake_day *day)
{
    for (size_t i = 0; i < archive->day_count; i++)
        if (archive->days[i] == day) {
            archive->days[i] = archive->days[--archive->day_count];
            intake_day_free(&day);
            return;
        }
}

static struct intake_day *open_day_of(const struct archive *archive, struct day day)
{
    for (size_t i = 0; i < archive->day_count; i++)
        if (day_compare(archive->days[i]->day, day) == 0)
            return archive->days[i];
    return NULL;
}

static int use_day(struct archive *archive, struct day day, struct intake_day **ret_day,
                   struct err *err)
{
    *ret_day = open_day_of(archive, day);
    if (*ret_day)
        return 0;
    struct intake_day **days =
        realloc(archive->days, (archive->day_count + 1) * sizeof *archive->days);
    if (!days)
        return err_set(err, ERR_MEMORY, "intake: no memory");
    archive->days = days;
    const struct intake_place place = {archive->data_dir, day, INTAKE_MAPS * archive->box_map_bytes,
                                       archive->writer ? STORE_WRITE : STORE_READ};
    int rc = intake_day_open(&place, ret_day, err);
    if (rc == 0)
        archive->days[archive->day_count++] = *ret_day;
    return rc;
}

/* ---- batches ---- */

struct live_batch *live_find(const struct archive *archive, uint32_t batch)
{
    size_t low = 0, high = archive->live_count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        uint32_t id = archive->live[middle].id.n;
        if (id == batch)
            return &archive->live[middle];
        if (id < batch)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

int live_add(struct archive *archive, struct batch_id id, const struct batch_row *row,
             struct err *err)
{
    struct live_batch *live =
        realloc(archive->live, (archive->live_count + 1) * sizeof *archive->live);
    if (!live)
        return err_set(err, ERR_MEMORY, "batch %u: no memory", id.n);
    archive->live = live;
    struct intake_day *day;
    int rc = use_day(archive, row->intake_day, &day, err);
    if (rc < 0)
        return rc;
    size_t at = archive->live_count++;
    for (; at > 0 && live[at - 1].id.n > id.n; at--)
        live[at] = live[at - 1];
    const int64_t now_ms = clock_wall_ms();
    live[at] = (struct live_batch){id, *row, day, archive->writer ? now_ms : row->opened_ms};
    return 0;
}

void live_remove(struct archive *archive, struct batch_id id)
{
    struct live_batch *live = live_find(archive, id.n);
    if (!live)
        return;
    size_t at = (size_t)(live - archive->live);
    archive->live_count--;
    memmove(live, live + 1, (archive->live_count - at) * sizeof *live);
}

/* A reader's days may have been retired, and made anew, since it opened them. */
static void forget_stale_days(struct archive *archive)
{
    for (size_t i = archive->day_count; i > 0; i--)
        if (!store_is_current(archive->days[i - 1]->store))
            forget_day(archive, archive->days[i - 1]);
}

int live_load(struct archive *archive, struct err *err)
{
    SCOPED(store_abort) struct store_txn txn = {0};
    SCOPED(store_walk_end) struct store_cursor cursor = {0};
    struct db_key start = {.len = 0};
    struct store_entry entry;
    archive->live_count = 0;
    forget_stale_days(archive);
    int rc = store_begin_read(archive->catalogue, &txn, err);
    if (rc == 0)
        rc = store_walk(&txn, CAT_UNCLOSED, &start, &cursor, err);
    if (rc < 0)
        return rc;
    while ((rc = store_next(&cursor, &entry, err)) == 1) {
        struct unpacker key = {.left = entry.key};
        struct batch_id id = {unpack_u32(&key)};
        struct batch_row row;
        rc = catalogue_batch(&txn, id, &row, err);
        if (rc == 1)
            rc = live_add(archive, id, &row, err);
        if (rc == ERR_NOT_FOUND && !archive->writer)
            continue; /* its day was retired between the two looks */
        if (rc < 0)
            return rc;
    }
    return rc;
}

int live_refresh(struct archive *archive, struct err *err)
{
    return archive->writer ? 0 : live_load(archive, err);
}

void live_free(struct archive *archive)
{
    for (size_t i = 0; i < archive->day_count; i++)
        intake_day_free(&archive->days[i]);
    free(archive->days);
    free(archive->live);
    archive->days = NULL;
    archive->live = NULL;
    archive->day_count = archive->live_count = 0;
}

/* ---- retiring days: first the keys, then the files ---- */

static bool day_is_needed(const struct archive *archive, struct day day)
{
    for (size_t i = 0; i < archive->live_count; i++)
        if (day_compare(archive->live[i].row.intake_day, day) == 0)
            return true;
    return false;
}

static int retire_day(struct archive *archive, struct day day, struct err *err)
{
    char path[PATH_MAX], text[DAY_TEXT_SIZE];
    intake_day_path(archive->data_dir, day, path, sizeof path);
    fault_point("intake.retire.before_key");
    int rc = keys_zero_intake(archive->keys, day, err);
    if (rc < 0)
        return rc;
    fault_point("intake.retire.before_unlink");
    struct intake_day *open = open_day_of(archive, day);
    if (open)
        forget_day(archive, open);
    /* Who opens it to read, a backup, would make a lock file in a folder that is being removed. */
    SCOPED(scope_close) int latch = store_latch(path, true, err);
    rc = latch >= 0 ? file_remove_tree(path, err) : latch == ERR_NOT_FOUND ? 0 : latch;
    fault_point("intake.retire.after_unlink");
    if (rc == 0)
        log_info("intake=%s retired, its keys are destroyed", day_format(day, text));
    return rc;
}

struct retiring {
    struct archive *archive;
    struct err *err;
};

static int retire_if_unneeded(void *to, struct day day)
{
    const struct retiring *retiring = to;
    if (day_is_needed(retiring->archive, day))
        return 0;
    return retire_day(retiring->archive, day, retiring->err);
}

/* Folders whose key went before a crash. */
static int retire_keyless(struct archive *archive, struct err *err)
{
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/intake", archive->data_dir);
    DIR *folder = opendir(path);
    if (!folder)
        return errno == ENOENT ? 0 : err_errno(err, errno, "%s", path);
    int rc = 0;
    const struct dirent *entry;
    while (rc == 0 && (entry = readdir(folder)) != NULL) {
        struct day day;
        if (day_parse(entry->d_name, &day) == 0 && !day_is_needed(archive, day))
            rc = retire_day(archive, day, err);
    }
    closedir(folder);
    return rc;
}

int live_retire_days(struct archive *archive, struct err *err)
{
    struct retiring retiring = {archive, err};
    int rc = keys_walk_intake(archive->keys, retire_if_unneeded, &retiring, err);
    return rc < 0 ? rc : retire_keyless(archive, err);
}

/* ---- envelopes to look at ---- */

static int compare(struct envelope_id a, struct envelope_id b)
{
    if (a.batch != b.batch)
        return a.batch < b.batch ? -1 : 1;
    return a.first_page < b.first_page ? -1 : a.first_page > b.first_page;
}

/* Where the id is, or belongs. */
static size_t position(const struct envelope_set *set, struct envelope_id id)
{
    size_t low = 0, high = set->count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (compare(set->at[middle], id) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

int envelope_set_add(struct envelope_set *set, struct envelope_id id)
{
    size_t at = position(set, id);
    if (at < set->count && compare(set->at[at], id) == 0)
        return 0;
    if (set->count == set->capacity) {
        size_t capacity = set->capacity ? 2 * set->capacity : 256;
        struct envelope_id *ids = realloc(set->at, capacity * sizeof *ids);
        if (!ids)
            return ERR_MEMORY;
        set->at = ids;
        set->capacity = capacity;
    }
    memmove(set->at + at + 1, set->at + at, (set->count - at) * sizeof *set->at);
    set->at[at] = id;
    set->count++;
    return 0;
}

void envelope_set_remove(struct envelope_set *set, struct envelope_id id)
{
    size_t at = position(set, id);
    if (at == set->count || compare(set->at[at], id) != 0)
        return;
    set->count--;
    memmove(set->at + at, set->at + at + 1, (set->count - at) * sizeof *set->at);
}

void envelope_set_free(struct envelope_set *set)
{
    free(set->at);
    *set = (struct envelope_set){0};
}
