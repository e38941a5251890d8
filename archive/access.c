/*
 * Noting and pruning looks: see access.h. Who writes holds the folder exclusively. What a crash
 * left of a line that was not synced is cut off by the next one who notes: nothing was given out
 * for it.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "archive/access.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "archive/access_file.h"
#include "archive/journal.h"
#include "archive/state.h"
#include "base/clock.h"
#include "base/fault.h"
#include "base/file.h"
#include "base/log.h"
#include "base/scope.h"

enum { FOLDER_MODE = 0750, FILE_MODE = 0640 };

/* Lines on their way to the end of the journal. */
struct appending {
    char folder[PATH_MAX], path[PATH_MAX];
    int latch, fd; /* -1: none */
    off_t end;     /* where they go; behind it lies what a crash left */
    bool fresh;    /* the file has no line yet, and may not be durable in its folder */
    struct access_head head;
    struct buf lines;
};

static void appending_clear(struct appending *appending)
{
    scope_close(&appending->fd);
    scope_close(&appending->latch);
    buf_free(&appending->lines);
}

/* ---- where the journal ends ---- */

/* The last line of the last file that has one; `ret_end` is the end of the newest file. */
static int find_head(const char *folder, const struct access_months *months,
                     struct access_head *ret_head, off_t *ret_end, struct err *err)
{
    *ret_head = (struct access_head){0, access_beginning()};
    *ret_end = 0;
    for (int i = months->count - 1; i >= 0; i--) {
        char path[PATH_MAX];
        off_t end = 0;
        access_path(folder, months->at[i], path);
        int rc = access_read_end(path, ret_head, &end, err);
        if (i == months->count - 1)
            *ret_end = end;
        if (rc != 0)
            return rc < 0 ? rc : 0;
    }
    return 0;
}

static int sync_file(const char *path, struct err *err)
{
    SCOPED(scope_close) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    return fd < 0 || fsync(fd) < 0 ? err_errno(err, errno, "%s: sync", path) : 0;
}

/* A line that somebody was killed over may not be durable yet: who speaks of it makes it so. */
int access_head(const struct archive *archive, struct access_head *ret_head, struct err *err)
{
    struct access_months months;
    char folder[PATH_MAX], path[PATH_MAX];
    struct stat st;
    off_t end;
    *ret_head = (struct access_head){0, access_beginning()};
    access_folder(archive, folder);
    if (stat(folder, &st) < 0 && errno == ENOENT)
        return 0;
    SCOPED(scope_close) int latch = store_latch(folder, false, err);
    int rc = latch < 0 ? latch : access_list(folder, &months, err);
    if (rc == 0)
        rc = find_head(folder, &months, ret_head, &end, err);
    if (rc < 0 || months.count == 0)
        return rc;
    access_path(folder, months.at[months.count - 1], path);
    return sync_file(path, err);
}

/* ---- appending ---- */

/* The newest file goes on when the clock shows an earlier month than its own. */
static void choose_file(struct appending *appending, const struct access_months *months,
                        int64_t at_ms)
{
    char month[MONTH_TEXT_SIZE];
    const char *newest = months->count ? months->at[months->count - 1] : "";
    day_format_month(day_of_ms(at_ms), month);
    bool later = strcmp(newest, month) >= 0;
    access_path(appending->folder, later ? newest : month, appending->path);
    if (!later)
        appending->end = 0;
    appending->fresh = appending->end == 0;
}

static int appending_begin(const struct archive *archive, int64_t at_ms,
                           struct appending *appending, struct err *err)
{
    struct access_months months;
    access_folder(archive, appending->folder);
    int rc = file_make_folders(appending->folder, FOLDER_MODE, err);
    if (rc < 0)
        return rc;
    appending->latch = store_latch(appending->folder, true, err);
    if (appending->latch < 0)
        return appending->latch;
    rc = access_list(appending->folder, &months, err);
    if (rc == 0)
        rc = find_head(appending->folder, &months, &appending->head, &appending->end, err);
    if (rc < 0)
        return rc;
    choose_file(appending, &months, at_ms);
    appending->fd =
        open(appending->path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, FILE_MODE);
    if (appending->fd < 0)
        return err_errno(err, errno, "%s", appending->path);
    if (ftruncate(appending->fd, appending->end) < 0)
        return err_errno(err, errno, "%s: cut", appending->path);
    return appending->fresh ? file_sync_folder(appending->folder, err) : 0;
}

/* A record that begins with its number and time; `facts` (taken; NULL: no memory) follow. */
static int add_line(struct appending *appending, int64_t at_ms, json_t *facts, struct err *err)
{
    char at[CLOCK_TEXT_SIZE], hex[DIGEST_HEX_SIZE + 1];
    json_t *record = json_pack("{s:I, s:s}", "seq", (json_int_t)appending->head.seq + 1, "at",
                               clock_format(at_ms, at));
    bool whole = record && facts && json_object_update(record, facts) == 0;
    SCOPED(scope_free) char *text = whole ? json_dumps(record, JSON_COMPACT) : NULL;
    json_decref(facts);
    json_decref(record);
    if (!text)
        return err_set(err, ERR_MEMORY, "%s: no memory", appending->path);
    const struct bytes view = bytes_of(text, strlen(text));
    if (journal_chain(&appending->head.hash, view, &appending->head.hash) < 0)
        return err_set(err, ERR_MEMORY, "%s: no memory", appending->path);
    appending->head.seq++;
    digest_hex(&appending->head.hash, hex);
    hex[DIGEST_HEX_SIZE - 1] = ' ';
    struct buf *lines = &appending->lines;
    if (buf_append(lines, bytes_of(hex, DIGEST_HEX_SIZE)) < 0 || buf_append(lines, view) < 0 ||
        buf_append(lines, bytes_of("\n", 1)) < 0)
        return err_set(err, ERR_MEMORY, "%s: no memory", appending->path);
    return 0;
}

static int write_lines(struct appending *appending, struct err *err)
{
    int fault = fault_point("access.append.before_write");
    if (fault)
        return err_errno(err, fault, "%s: write", appending->path);
    int rc = file_write_all(appending->fd, buf_view(&appending->lines), appending->path, err);
    fault_point("access.append.before_sync");
    if (rc == 0 && fsync(appending->fd) < 0)
        rc = err_errno(err, errno, "%s: sync", appending->path);
    return rc;
}

/* Durable when it returns 0; otherwise what was written of it is taken back. */
static int appending_end(struct appending *appending, struct err *err)
{
    int rc = write_lines(appending, err);
    if (rc < 0 && ftruncate(appending->fd, appending->end) < 0)
        log_warn("%s: what a failed write left stays until the next one", appending->path);
    fault_point("access.append.after_sync");
    return rc;
}

static json_t *facts_of(const struct access_by *by, const struct access_to *thing)
{
    static const char *const kinds[] = {"document", "page"};
    char id[ID_TEXT_SIZE];
    json_t *facts = json_pack("{s:s, s:s}", "user", by->user, "verb", by->verb);
    if (thing->tenant[0])
        json_object_set_new(facts, "tenant", json_string(thing->tenant));
    if (thing->kind == ACCESS_SEARCH)
        json_object_set_new(facts, "by", json_string("insured"));
    else
        json_object_set_new(
            facts, kinds[thing->kind],
            json_string(page_id_format((struct page_id){thing->batch, thing->number}, id)));
    return facts;
}

int access_note(const struct archive *archive, const struct access_by *by,
                const struct access_to *things, size_t count, struct err *err)
{
    SCOPED(appending_clear) struct appending appending = {.latch = -1, .fd = -1};
    int rc = appending_begin(archive, by->at_ms, &appending, err);
    for (size_t i = 0; rc == 0 && i < count; i++)
        rc = add_line(&appending, by->at_ms, facts_of(by, &things[i]), err);
    if (rc == 0)
        rc = appending_end(&appending, err);
    return rc < 0 ? err_prefix(err, "nothing is shown, for the look cannot be noted") : 0;
}

/* ---- refused tries ---- */

static json_t *facts_of_try(const struct access_tries *tries, const struct access_try *one)
{
    char from[CLOCK_TEXT_SIZE], to[CLOCK_TEXT_SIZE];
    json_t *facts = json_pack("{s:s, s:s, s:s, s:s, s:I, s:s, s:s, s:s}", "event", "refused",
                              "user", one->user, "verb", one->verb, "code", one->code, "count",
                              (json_int_t)one->count, "from", clock_format(tries->from_ms, from),
                              "to", clock_format(tries->to_ms, to), "period", tries->period);
    if (one->tenant[0])
        json_object_set_new(facts, "tenant", json_string(one->tenant));
    return facts;
}

int access_note_tries(const struct archive *archive, const struct access_tries *tries, size_t noted,
                      struct err *err)
{
    SCOPED(appending_clear) struct appending appending = {.latch = -1, .fd = -1};
    const int64_t now = clock_wall_ms();
    int rc = appending_begin(archive, now, &appending, err);
    for (size_t i = noted; rc == 0 && i < tries->count; i++)
        rc = add_line(&appending, now, facts_of_try(tries, &tries->at[i]), err);
    return rc < 0 ? rc : appending_end(&appending, err);
}

struct noted {
    const char *period;
    int count;
};

static int count_noted(void *to, const struct access_line *line)
{
    struct noted *noted = to;
    if (line->record.len == 0 ||
        !memmem(line->record.at, line->record.len, noted->period, strlen(noted->period)))
        return 0; /* most lines: not parsed */
    json_t *record = json_loadb((const char *)line->record.at, line->record.len, 0, NULL);
    const char *period = json_string_value(json_object_get(record, "period"));
    noted->count += period && strcmp(period, noted->period) == 0;
    json_decref(record);
    return 0;
}

int access_tries_noted(const struct archive *archive, const char *period, struct err *err)
{
    struct noted noted = {.period = period};
    int rc = access_each(archive, count_noted, &noted, err);
    return rc < 0 ? rc : noted.count;
}

/* ---- pruning ---- */

/* Whether the month ended longer ago than the rule's period. */
static bool is_past(const struct archive *archive, const char *month, int64_t now_ms)
{
    char text[DAY_TEXT_SIZE];
    struct day first;
    snprintf(text, sizeof text, "%.7s-01", month);
    if (day_parse(text, &first) < 0)
        return false;
    const int months = retention_access_months(archive->retention);
    return day_compare(day_add_months(first, 1 + months), day_of_ms(now_ms)) <= 0;
}

/* What goes with a file, into the journal that stays: the file of this month. */
static int note_pruned(const struct archive *archive, const char *month,
                       const struct access_head *through, int64_t now, struct err *err)
{
    SCOPED(appending_clear) struct appending appending = {.latch = -1, .fd = -1};
    char hex[DIGEST_HEX_SIZE];
    int rc = appending_begin(archive, now, &appending, err);
    if (rc == 0)
        rc = add_line(&appending, now,
                      json_pack("{s:s, s:s, s:I, s:s, s:i}", "event", "pruned", "month", month,
                                "through", (json_int_t)through->seq, "hash",
                                digest_hex(&through->hash, hex), "months",
                                retention_access_months(archive->retention)),
                      err);
    return rc < 0 ? rc : appending_end(&appending, err);
}

static int prune_month(const struct archive *archive, const char *month, int64_t now_ms,
                       struct err *err)
{
    struct access_head through = {0};
    char folder[PATH_MAX], path[PATH_MAX];
    off_t end;
    access_folder(archive, folder);
    access_path(folder, month, path);
    int rc = access_read_end(path, &through, &end, err);
    if (rc > 0)
        rc = note_pruned(archive, month, &through, now_ms, err);
    if (rc < 0)
        return rc;
    int fault = fault_point("access.prune.before_unlink");
    if (fault || unlink(path) < 0)
        return err_errno(err, fault ? fault : errno, "%s: remove", path);
    fault_point("access.prune.after_unlink");
    return file_sync_folder(folder, err);
}

int access_prune(struct archive *archive, int64_t now_ms, struct err *err)
{
    struct access_months months;
    char folder[PATH_MAX];
    int pruned = 0;
    access_folder(archive, folder);
    int rc = archive_may_write(archive, err);
    if (rc == 0)
        rc = access_list(folder, &months, err);
    for (int i = 0; rc == 0 && i < months.count && is_past(archive, months.at[i], now_ms); i++) {
        rc = prune_month(archive, months.at[i], now_ms, err);
        pruned += rc == 0;
    }
    return rc < 0 ? rc : pruned;
}

int access_due(struct archive *archive, struct err *err)
{
    const int64_t now = clock_wall_ms();
    const struct day today = day_of_ms(now);
    if (day_compare(archive->access_pruned, today) >= 0)
        return 0;
    int pruned = access_prune(archive, now, err);
    if (pruned >= 0)
        archive->access_pruned = today;
    return pruned;
}
