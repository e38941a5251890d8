/*
 * Whose batch is next: tenants take turns, so that one with many batches delays another's by one
 * at the most; inside a tenant the oldest date of receipt comes first. See inbox.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/day.h"
#include "base/file.h"
#include "base/scope.h"
#include "partners/inbox.h"

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

/* The day that the entry holds; an entry without one counts as the oldest. */
static void read_received(const char *folder, struct inbox_queued *queued)
{
    char path[INBOX_PATH_SIZE];
    struct day day;
    struct err ignored;
    SCOPED(buf_free) struct buf text = {0};
    snprintf(path, sizeof path, "%s/%s-%s", folder, queued->tenant, queued->uuid);
    if (file_read(path, sizeof queued->received - 1, &text, &ignored) < 0)
        return;
    snprintf(queued->received, sizeof queued->received, "%.*s", (int)text.len,
             text.len ? (const char *)text.at : "");
    if (day_parse(queued->received, &day) < 0)
        queued->received[0] = '\0';
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
    for (const struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        if (!read_name(entry->d_name, &found) || is_passed_over(pass, &found))
            continue;
        read_received(path, &found);
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

void inbox_pass_over(struct inbox_pass *pass, const struct inbox_queued *queued)
{
    pass->count %= INBOX_PASSED_MAX;
    pass->over[pass->count++] = *queued;
}

int inbox_count_unfinished(const char *root, const char *tenant)
{
    char path[INBOX_PATH_SIZE];
    int count = 0;
    snprintf(path, sizeof path, "%s/%s", root, tenant);
    DIR *folder = opendir(path);
    for (const struct dirent *entry; folder && (entry = readdir(folder)) != NULL;) {
        const struct inbox_batch batch = {tenant, entry->d_name};
        count += manifest_uuid_is_valid(entry->d_name) && !inbox_has_receipt(root, &batch);
    }
    if (folder)
        closedir(folder);
    return count;
}
