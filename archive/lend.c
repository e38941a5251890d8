/*
 * Lending pages to workers: see intake.h. Tenants take turns by weight (turns.h); inside a tenant
 * batches declared as what goes first (words.h) do, then the oldest date of receipt, then the
 * batch that came first. A look costs one seek for each batch with pages in the queue.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdlib.h>
#include <string.h>

#include "archive/intake.h"
#include "archive/intake_work.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/scope.h"
#include "base/words.h"

enum {
    KEY_BYTES = 12, /* of IN_QUEUE: received, batch, page */
    RANKS_MAX = 8   /* as there are tags; what is declared as none of the first has the last */
};

struct queued {
    int turn; /* whose: its place in struct turns */
    int rank; /* of what its batch was declared as: lower goes first */
    uint8_t key[KEY_BYTES];
};

struct lending {
    struct queued *queue; /* gathered, later chosen */
    size_t count, room, most;
    struct intake_lease *leases;
    int64_t until_ms;
    size_t lent;
};

static int by_turn_rank_and_key(const void *a, const void *b)
{
    const struct queued *one = a, *other = b;
    if (one->turn != other->turn)
        return one->turn < other->turn ? -1 : 1;
    if (one->rank != other->rank)
        return one->rank < other->rank ? -1 : 1;
    return memcmp(one->key, other->key, KEY_BYTES);
}

static struct page_id queued_page(const struct queued *queued)
{
    return page_of_key(bytes_of(queued->key + 4, 8));
}

static void place_in_line(const struct archive *archive, struct queued *queued)
{
    const struct live_batch *live = live_find(archive, queued_page(queued).batch);
    int at = live ? tenants_place(archive->tenants, live->row.spec.tenant) : -1;
    size_t rank = words_rank(archive->first, live ? live->row.spec.kind : "");
    queued->turn = at < 0 ? TURNS_MAX - 1 : at;
    queued->rank = rank < RANKS_MAX ? (int)rank : RANKS_MAX - 1;
}

/* Where to look on: at the batch's next page, or behind all its pages. */
static struct db_key behind(const struct queued *queued, bool batch)
{
    struct db_key key = {.len = 0};
    struct page_id id = queued_page(queued);
    key_raw(&key, queued->key, 4);
    key_u32(key_u32(&key, id.batch), batch ? UINT32_MAX : id.page + 1);
    return key;
}

/* Makes room for one more. */
static int grow(struct lending *lending, struct err *err)
{
    if (lending->count < lending->room)
        return 0;
    size_t room = lending->room ? 2 * lending->room : 64;
    struct queued *queue = realloc(lending->queue, room * sizeof *queue);
    if (!queue)
        return err_set(err, ERR_MEMORY, "intake: no memory to choose among %zu pages", room);
    lending->queue = queue;
    lending->room = room;
    return 0;
}

/* Adds the first `most` pages of each tenant and rank of a day. */
static int read_queue(struct archive *archive, const struct intake_day *day,
                      struct lending *lending, struct err *err)
{
    SCOPED(store_abort) struct store_txn txn = {0};
    struct db_key key = {.len = 0};
    struct store_entry entry;
    size_t taken[TURNS_MAX][RANKS_MAX] = {0};
    int rc = store_begin_read(day->store, &txn, err);
    while (rc >= 0 && (rc = store_seek(&txn, IN_QUEUE, &key, &entry, err)) == 1) {
        if (entry.key.len != KEY_BYTES)
            return err_set(err, ERR_INTEGRITY, "%.200s: a key of its queue is damaged",
                           store_path(day->store));
        struct queued queued;
        memcpy(queued.key, entry.key.at, KEY_BYTES);
        place_in_line(archive, &queued);
        size_t *of_these = &taken[queued.turn][queued.rank];
        bool enough = *of_these == lending->most;
        key = behind(&queued, enough);
        if (enough)
            continue;
        rc = grow(lending, err);
        if (rc < 0)
            return rc;
        lending->queue[lending->count++] = queued;
        ++*of_these;
    }
    return rc;
}

/* Leaves in the queue what is lent now, in the order of turns. */
static void choose(struct archive *archive, struct lending *lending, struct queued *ret_chosen)
{
    struct turn at[TURNS_MAX];
    size_t head[TURNS_MAX], chosen = 0;
    const struct tenant *tenant;
    qsort(lending->queue, lending->count, sizeof *lending->queue, by_turn_rank_and_key);
    for (int i = 0; i < TURNS_MAX; i++) {
        tenant = tenants_at(archive->tenants, i);
        at[i] = (struct turn){false, tenant ? tenant->weight : 1};
    }
    for (size_t i = lending->count; i-- > 0;) {
        at[lending->queue[i].turn].waits = true;
        head[lending->queue[i].turn] = i;
    }
    while (chosen < lending->most) {
        int next = turns_take(&archive->turns, at, TURNS_MAX);
        if (next < 0)
            break;
        size_t i = head[next]++;
        ret_chosen[chosen++] = lending->queue[i];
        at[next].waits = head[next] < lending->count && lending->queue[head[next]].turn == next;
    }
    memcpy(lending->queue, ret_chosen, chosen * sizeof *ret_chosen);
    lending->count = chosen;
}

static int fill_queue(struct archive *archive, struct lending *lending, struct err *err)
{
    size_t days = archive->day_count;
    SCOPED(scope_free) struct queued *chosen = calloc(lending->most + 1, sizeof *chosen);
    if (!chosen)
        return err_set(err, ERR_MEMORY, "intake: no memory to lend %zu pages", lending->most);
    int rc = 0;
    for (size_t i = 0; rc >= 0 && i < days; i++)
        rc = read_queue(archive, archive->days[i], lending, err);
    if (rc >= 0 && lending->count > 0)
        choose(archive, lending, chosen);
    return rc < 0 ? rc : 0;
}

static uint32_t lend_batch(const void *of, size_t index)
{
    const struct lending *lending = of;
    return queued_page(&lending->queue[index]).batch;
}

/* A page whose bytes are not the ones that came in is set aside, not lent. */
static int set_aside(struct work *work, struct page_id id, const struct intake_row *was,
                     struct err *err)
{
    struct intake_row lent = *was, is = *was;
    const struct page_event_row event = {.event = EVENT_QUARANTINED, .at_ms = clock_wall_ms()};
    lent.state = PAGE_LEASED;
    is.state = PAGE_QUARANTINED;
    log_error("page=%u-%u its image in intake is not the one accepted: quarantined", id.batch,
              id.page);
    int rc = intake_row_change(&work->txn, id, was, &lent, err);
    if (rc == 0)
        rc = intake_event_add(&work->txn, id, &is, &event, err);
    return rc < 0 ? rc : intake_row_change(&work->txn, id, &lent, &is, err);
}

static int lend_one(struct work *work, size_t index, struct err *err)
{
    struct lending *lending = work->of;
    struct page_id id = queued_page(&lending->queue[index]);
    struct intake_lease *lease = &lending->leases[lending->lent];
    struct intake_row was, is;
    int rc = intake_row_get(&work->txn, id, &was, err);
    if (rc == 1 && was.state != PAGE_ACCEPTED)
        rc = err_set(err, ERR_INTEGRITY, "page %u-%u is queued but %s", id.batch, id.page,
                     page_state_name(was.state));
    if (rc <= 0)
        return rc;
    *lease = (struct intake_lease){
        .id = id, .tries = was.tries, .digest = was.digest, .sheet = was.sheet, .side = was.side};
    rc = intake_fetch(work->archive, &work->txn, (struct intake_part_of){INTAKE_IMAGE, id},
                      &lease->image, err);
    struct digest digest = digest_of(buf_view(&lease->image));
    if (rc == ERR_INTEGRITY || (rc == 0 && !digest_equal(&digest, &was.digest))) {
        buf_free(&lease->image);
        return set_aside(work, id, &was, err);
    }
    if (rc < 0)
        return rc;
    struct err ignored; /* without its record a page is read all the same */
    intake_fetch(work->archive, &work->txn, (struct intake_part_of){INTAKE_CAPTURE, id},
                 &lease->capture, &ignored);
    is = was;
    is.state = PAGE_LEASED;
    is.epoch++;
    is.lease_until_ms = lending->until_ms;
    lease->epoch = is.epoch;
    lending->lent++;
    return intake_row_change(&work->txn, id, &was, &is, err);
}

static int lend_nowhere(struct archive *archive, void *of, size_t index, struct err *err)
{
    (void)archive;
    const struct lending *lending = of;
    struct page_id id = queued_page(&lending->queue[index]);
    return err_set(err, ERR_INTEGRITY, "page %u-%u is queued, its batch is not open", id.batch,
                   id.page);
}

int intake_lend(struct archive *archive, size_t most, int64_t lease_ms,
                struct intake_lease *ret_leases, struct err *err)
{
    static const struct commit_points points = {"intake.lend.before_commit",
                                                "intake.lend.after_commit"};
    const struct work_kind kind = {lend_batch, lend_one, lend_nowhere, &points};
    struct lending lending = {
        .most = most, .leases = ret_leases, .until_ms = clock_wall_ms() + lease_ms};
    int rc = archive_may_write(archive, err);
    if (rc == 0)
        rc = fill_queue(archive, &lending, err);
    if (rc == 0)
        rc = work_on_all(archive, &kind, &lending, lending.count, err);
    free(lending.queue);
    for (size_t i = 0; rc < 0 && i < lending.lent; i++)
        intake_lease_clear(&ret_leases[i]);
    return rc < 0 ? rc : (int)lending.lent;
}

void intake_lease_clear(struct intake_lease *lease)
{
    buf_free(&lease->image);
    buf_free(&lease->capture);
    *lease = (struct intake_lease){0};
}
