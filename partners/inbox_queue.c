/*
 * Whose batch is next: tenants take turns; inside a tenant what is declared as going first does,
 * then the oldest date of receipt. See inbox_queue.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "partners/inbox_queue.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/scope.h"
#include "base/words.h"

enum { ENTRY_BYTES = DAY_TEXT_SIZE + MAIL_KIND_SIZE };

int inbox_enqueue(const char *root, const struct manifest *manifest, struct err *err)
{
    char path[INBOX_PATH_SIZE], text[ENTRY_BYTES];
    const struct inbox_batch batch = {manifest->tenant, manifest->uuid};
    inbox_queue_path(root, &batch, path);
    int len = snprintf(text, sizeof text, "%s%s%s", manifest->received,
                       manifest->kind[0] ? " " : "", manifest->kind);
    return file_write(path, 0600, bytes_of(text, (size_t)len), err);
}

/* "041-UUID" of an entry; false when it is something else. */
static bool read_name(const char *name, struct inbox_queued *ret_queued)
{
    struct inbox_queued queued = {0};
    if (strlen(name) != sizeof queued.tenant + sizeof queued.uuid - 1 || name[3] != '-')
        return false;
    snprintf(queued.tenant, sizeof queued.tenant, "%.3s", name);
    snprintf(queued.uuid, sizeof queued.uuid, "%s", name + 4);
    *ret_queued = queued;
    return manifest_tenant_is_valid(queued.tenant) && manifest_uuid_is_valid(queued.uuid);
}

/* What the entry holds; one without a day counts as the oldest, one of an unknown kind as not
 * declared. */
static void read_entry(const char *folder, struct inbox_queued *queued)
{
    char path[INBOX_PATH_SIZE], text[ENTRY_BYTES] = "", day[DAY_TEXT_SIZE] = "";
    char kind[MAIL_KIND_SIZE] = "";
    struct day parsed;
    struct err ignored;
    SCOPED(buf_free) struct buf file = {0};
    snprintf(path, sizeof path, "%s/%s-%s", folder, queued->tenant, queued->uuid);
    if (file_read(path, sizeof text - 1, &file, &ignored) < 0 || file.len == 0)
        return;
    memcpy(text, file.at, file.len);
    int got = sscanf(text, "%10s %15s", day, kind);
    if (got >= 1 && day_parse(day, &parsed) == 0)
        memcpy(queued->received, day, sizeof queued->received);
    if (got == 2 && mail_kind_is_known(kind))
        memcpy(queued->kind, kind, sizeof queued->kind);
}

static bool is_passed_over(const struct inbox_pass *pass, const struct inbox_queued *queued)
{
    for (uint32_t i = 0; i < pass->count; i++)
        if (strcmp(pass->over[i].uuid, queued->uuid) == 0 &&
            strcmp(pass->over[i].tenant, queued->tenant) == 0)
            return true;
    return false;
}

/* Turns go round: tenants after the one served last come first, that one itself last. */
static bool comes_before(const struct inbox_pass *pass, const struct inbox_queued *a,
                         const struct inbox_queued *b)
{
    int tenants = strcmp(a->tenant, b->tenant), days = strcmp(a->received, b->received);
    if (tenants != 0) {
        bool a_has_had = strcmp(a->tenant, pass->served) <= 0;
        bool b_has_had = strcmp(b->tenant, pass->served) <= 0;
        return a_has_had == b_has_had ? tenants < 0 : b_has_had;
    }
    const size_t a_rank = words_rank(pass->first, a->kind),
                 b_rank = words_rank(pass->first, b->kind);
    if (a_rank != b_rank)
        return a_rank < b_rank;
    return days != 0 ? days < 0 : strcmp(a->uuid, b->uuid) < 0;
}

int inbox_next(const char *root, struct inbox_pass *pass, struct inbox_queued *ret_queued,
               struct err *err)
{
    char path[INBOX_PATH_SIZE];
    struct inbox_queued found, best;
    int count = 0;
    snprintf(path, sizeof path, "%s/queue", root);
    DIR *folder = opendir(path);
    if (!folder && errno == ENOENT)
        return 0;
    if (!folder)
        return err_errno(err, errno, "%s", path);
    if (pass->count > 0 && clock_mono_ms() >= pass->ends_ms)
        pass->count = 0;
    for (const struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        if (!read_name(entry->d_name, &found) || is_passed_over(pass, &found))
            continue;
        read_entry(path, &found);
        if (count++ == 0 || comes_before(pass, &found, &best))
            best = found;
    }
    closedir(folder);
    if (count == 0) {
        pass->count = 0;
        return 0;
    }
    memcpy(pass->served, best.tenant, sizeof pass->served);
    *ret_queued = best;
    return 1;
}

int inbox_look(const char *root, struct inbox_waiting *ret_waiting, struct err *err)
{
    char path[INBOX_PATH_SIZE];
    struct inbox_queued queued;
    struct stat stat;
    *ret_waiting = (struct inbox_waiting){0};
    snprintf(path, sizeof path, "%s/queue", root);
    DIR *folder = opendir(path);
    if (!folder)
        return errno == ENOENT ? 0 : err_errno(err, errno, "%s", path);
    for (const struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        if (!read_name(entry->d_name, &queued) ||
            fstatat(dirfd(folder), entry->d_name, &stat, 0) < 0) /* taken meanwhile */
            continue;
        int64_t since_ms = (int64_t)stat.st_mtim.tv_sec * 1000 + stat.st_mtim.tv_nsec / 1000000;
        if (ret_waiting->batches++ == 0 || since_ms < ret_waiting->oldest_ms)
            ret_waiting->oldest_ms = since_ms;
    }
    closedir(folder);
    return 0;
}

void inbox_pass_over(struct inbox_pass *pass, const struct inbox_queued *queued)
{
    if (pass->count == 0)
        pass->ends_ms = clock_mono_ms() + INBOX_PASS_MS;
    pass->count %= INBOX_PASSED_MAX;
    pass->over[pass->count++] = *queued;
}
