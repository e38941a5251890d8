/*
 * A group of spools: see spool_group.h. One spool with a durable name is synced by itself; for more
 * of them one syncfs costs as much as two or three syncs of a file, and reports errors of any
 * (Linux 5.8 and later).
 * SPDX-License-Identifier: Apache-2.0
 */
#include "partners/spool_group.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/fault.h"
#include "base/scope.h"

struct member {
    struct spool *spool;
    bool left; /* to the group */
};

struct spool_group {
    int disk; /* a folder on the file system */
    int count;
    struct member members[SPOOL_GROUP_MAX];
};

int spool_group_open(const char *folder, struct spool_group **ret_group, struct err *err)
{
    struct spool_group *group = calloc(1, sizeof *group);
    if (!group)
        return err_set(err, ERR_MEMORY, "%s: no memory for its group", folder);
    group->disk = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (group->disk < 0) {
        free(group);
        return err_errno(err, errno, "%s", folder);
    }
    *ret_group = group;
    return 0;
}

static void empty(struct spool_group *group)
{
    for (int i = 0; i < group->count; i++)
        if (group->members[i].left)
            spool_free(&group->members[i].spool);
    group->count = 0;
}

void spool_group_free(struct spool_group **group)
{
    if (!group || !*group)
        return;
    empty(*group);
    close((*group)->disk);
    free(*group);
    *group = NULL;
}

static struct member *member_of(struct spool_group *group, struct spool *spool)
{
    for (int i = 0; i < group->count; i++)
        if (group->members[i].spool == spool)
            return &group->members[i];
    assert(group->count < SPOOL_GROUP_MAX);
    group->members[group->count] = (struct member){.spool = spool};
    return &group->members[group->count++];
}

void spool_group_add(struct spool_group *group, struct spool *spool)
{
    member_of(group, spool);
}

void spool_group_leave(struct spool_group *group, struct spool **spool)
{
    member_of(group, *spool)->left = true;
    *spool = NULL;
}

bool spool_group_is_full(const struct spool_group *group)
{
    return group->count == SPOOL_GROUP_MAX;
}

static int sync_disk(const struct spool_group *group, struct err *err)
{
    int fault = fault_point("spool.group.before_sync");
    if (fault)
        return err_errno(err, fault, "the partners' disk");
    return syncfs(group->disk) < 0 ? err_errno(err, errno, "the partners' disk") : 0;
}

int spool_group_sync(struct spool_group *group, struct err *err)
{
    int rc = 0;
    if (group->count == 1 && !spool_is_fresh(group->members[0].spool)) {
        rc = spool_sync(group->members[0].spool, err);
    } else if (group->count > 0) {
        rc = sync_disk(group, err);
        for (int i = 0; i < group->count; i++)
            (rc < 0 ? spool_take_back : spool_settle)(group->members[i].spool);
        fault_point("spool.group.after_sync");
    }
    empty(group);
    return rc;
}
