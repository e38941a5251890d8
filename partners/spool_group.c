/*
 * A group of spools: see spool_group.h. One spool with a durable name is synced by itself; for more
 * of them one syncfs costs as much as two or three syncs of a file, and reports errors of any
 * (Linux 5.8 and later). The thread touches no spool but to sync it; all else is the caller's.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "partners/spool_group.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/fault.h"
#include "base/scope.h"

/* What one sync covers. */
struct members {
    int count;
    struct spool *at[SPOOL_GROUP_MAX];
    int chunk_count;
    struct spool_blocks chunks[SPOOL_GROUP_MAX];
    uint8_t *room; /* of SPOOL_GROUP_MAX chunks' blocks, one after the other */
    size_t used;
};

_Static_assert(2 * (int)SPOOL_GROUP_MAX <= (int)SPOOL_IN_DOUBT,
               "a power cut takes chunks of the sync that was begun and of what has gathered");

enum step { IDLE, BEGUN, OVER, ENDS };

struct spool_group {
    int disk; /* a folder on the file system */
    int over; /* counts 1 when a sync is over */
    struct members groups[2], *gathering, *syncing;
    pthread_t thread;
    bool has_thread;
    pthread_mutex_t lock; /* of what follows; what syncs is the thread's while BEGUN */
    pthread_cond_t changed;
    enum step step;
    int rc; /* how the sync ended */
    struct err why;
};

static int sync_disk(const struct spool_group *group, struct err *err)
{
    int fault = fault_point("spool.group.before_sync");
    if (fault)
        return err_errno(err, fault, "the partners' disk");
    int rc = syncfs(group->disk) < 0 ? err_errno(err, errno, "the partners' disk") : 0;
    fault_point("spool.group.after_sync");
    return rc;
}

/* How many of the chunks from the first on are of one spool, one after the other. */
static int run_of(const struct spool_blocks *chunks, int count)
{
    int run = 1;
    while (run < count && run < SPOOL_PUT_MOST && chunks[run].spool == chunks->spool)
        run++;
    return run;
}

/* The chunks came from many partners in turns; the disk gets each spool's together. */
static int put(const struct members *members, struct err *err)
{
    struct spool_blocks sorted[SPOOL_GROUP_MAX];
    int count = 0, rc = 0;
    for (int i = 0; i < members->count; i++)
        for (int j = 0; j < members->chunk_count; j++)
            if (members->chunks[j].spool == members->at[i])
                sorted[count++] = members->chunks[j];
    for (int i = 0, run; rc == 0 && i < count; i += run) {
        run = run_of(sorted + i, count - i);
        rc = spool_put(sorted + i, run, err);
    }
    return rc;
}

static int put_and_sync(const struct spool_group *group, struct err *err)
{
    const struct members *members = group->syncing;
    int rc = put(members, err);
    if (rc < 0)
        return rc;
    return members->count == 1 && !spool_is_fresh(members->at[0]) ? spool_sync(members->at[0], err)
                                                                  : sync_disk(group, err);
}

/* The thread: syncs whenever it is asked, until it is to end. */
static void *sync_all(void *context)
{
    struct spool_group *group = context;
    pthread_mutex_lock(&group->lock);
    while (group->step != ENDS) {
        if (group->step != BEGUN) {
            pthread_cond_wait(&group->changed, &group->lock);
            continue;
        }
        pthread_mutex_unlock(&group->lock);
        struct err why = {0};
        int rc = put_and_sync(group, &why);
        pthread_mutex_lock(&group->lock);
        group->rc = rc;
        group->why = why;
        group->step = OVER;
        eventfd_write(group->over, 1);
        pthread_cond_broadcast(&group->changed);
    }
    pthread_mutex_unlock(&group->lock);
    return NULL;
}

static int make_room(struct spool_group *group)
{
    bool failed = false;
    for (int i = 0; i < 2; i++) {
        struct members *members = &group->groups[i];
        members->room =
            aligned_alloc(SPOOL_BLOCK_BYTES, (size_t)SPOOL_GROUP_MAX * SPOOL_BLOCKS_MOST);
        failed |= !members->room;
    }
    return failed ? ERR_MEMORY : 0;
}

static void set_step(struct spool_group *group, enum step step)
{
    pthread_mutex_lock(&group->lock);
    group->step = step;
    pthread_cond_broadcast(&group->changed);
    pthread_mutex_unlock(&group->lock);
}

int spool_group_open(const char *folder, struct spool_group **ret_group, struct err *err)
{
    SCOPED(spool_group_free) struct spool_group *group = calloc(1, sizeof *group);
    if (!group)
        return err_set(err, ERR_MEMORY, "%s: no memory for its group", folder);
    group->disk = group->over = -1;
    if (make_room(group) < 0)
        return err_set(err, ERR_MEMORY, "%s: no memory for its group", folder);
    group->gathering = &group->groups[0];
    group->syncing = &group->groups[1];
    pthread_mutex_init(&group->lock, NULL);
    pthread_cond_init(&group->changed, NULL);
    group->over = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    group->disk = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (group->disk < 0 || group->over < 0)
        return err_errno(err, errno, "%s", folder);
    int failed = pthread_create(&group->thread, NULL, sync_all, group);
    if (failed)
        return err_errno(err, failed, "%s: no thread that syncs", folder);
    group->has_thread = true;
    *ret_group = group;
    group = NULL;
    return 0;
}

static void empty(struct members *members)
{
    members->count = members->chunk_count = 0;
    members->used = 0;
}

void spool_group_free(struct spool_group **group)
{
    if (!group || !*group)
        return;
    if ((*group)->has_thread) {
        struct err ignored;
        spool_group_end(*group, &ignored);
        set_step(*group, ENDS);
        pthread_join((*group)->thread, NULL);
    }
    for (int i = 0; i < 2; i++)
        free((*group)->groups[i].room);
    if ((*group)->disk >= 0)
        close((*group)->disk);
    if ((*group)->over >= 0)
        close((*group)->over);
    pthread_cond_destroy(&(*group)->changed);
    pthread_mutex_destroy(&(*group)->lock);
    free(*group);
    *group = NULL;
}

void spool_group_add(struct spool_group *group, struct spool *spool)
{
    struct members *members = group->gathering;
    for (int i = 0; i < members->count; i++)
        if (members->at[i] == spool)
            return;
    assert(members->count < SPOOL_GROUP_MAX);
    members->at[members->count++] = spool;
}

int spool_group_write(struct spool_group *group, struct spool *spool,
                      const struct spool_chunk *chunk, struct err *err)
{
    struct members *members = group->gathering;
    struct spool_blocks blocks = {
        .sealed = {.at = members->room + members->used, .capacity = SPOOL_BLOCKS_MOST}};
    assert(!spool_group_is_full(group));
    int rc = spool_seal(spool, chunk, &blocks, err);
    if (rc < 0)
        return rc;
    spool_group_add(group, spool);
    members->chunks[members->chunk_count++] = blocks;
    members->used += blocks.sealed.len;
    return 0;
}

bool spool_group_is_full(const struct spool_group *group)
{
    const struct members *members = group->gathering;
    return members->count == SPOOL_GROUP_MAX || members->chunk_count == SPOOL_GROUP_MAX;
}

int spool_group_descriptor(const struct spool_group *group)
{
    return group->over;
}

static void each(const struct members *members, void (*act)(struct spool *))
{
    for (int i = 0; i < members->count; i++)
        act(members->at[i]);
}

void spool_group_begin(struct spool_group *group)
{
    struct members *begun = group->gathering;
    eventfd_t before;
    assert(group->syncing->count == 0);
    eventfd_read(group->over, &before);
    if (begun->count == 0) {
        eventfd_write(group->over, 1);
        return;
    }
    each(begun, spool_mark);
    group->gathering = group->syncing;
    group->syncing = begun;
    set_step(group, BEGUN);
}

static int wait_for_it(struct spool_group *group, struct err *err)
{
    pthread_mutex_lock(&group->lock);
    while (group->step == BEGUN)
        pthread_cond_wait(&group->changed, &group->lock);
    group->step = IDLE;
    int rc = group->rc;
    if (rc < 0)
        *err = group->why;
    pthread_mutex_unlock(&group->lock);
    return rc;
}

int spool_group_end(struct spool_group *group, struct err *err)
{
    int rc = group->syncing->count ? wait_for_it(group, err) : 0;
    each(group->syncing, rc < 0 ? spool_take_back : spool_settle);
    empty(group->syncing);
    if (rc < 0) {
        each(group->gathering, spool_take_back);
        empty(group->gathering);
    }
    return rc;
}
