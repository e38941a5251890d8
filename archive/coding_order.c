/*
 * In which order a person sees the pages that wait for one: see intake.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdlib.h>

#include "archive/intake.h"
#include "archive/intake_work.h"
#include "base/scope.h"
#include "base/words.h"

struct waiting {
    size_t rank; /* of its tag: lower goes first */
    struct day received;
    struct page_id id;
};

struct waitings {
    struct waiting *at;
    size_t count, room;
};

static void waitings_free(struct waitings *waitings)
{
    free(waitings->at);
}

static int in_order(const void *a, const void *b)
{
    const struct waiting *one = a, *other = b;
    if (one->rank != other->rank)
        return one->rank < other->rank ? -1 : 1;
    const int days = day_compare(one->received, other->received);
    if (days != 0)
        return days;
    if (one->id.batch != other->id.batch)
        return one->id.batch < other->id.batch ? -1 : 1;
    return (one->id.page > other->id.page) - (one->id.page < other->id.page);
}

static int add(struct waitings *to, const struct waiting *waiting, struct err *err)
{
    if (to->count == to->room) {
        const size_t room = to->room ? 2 * to->room : 256;
        struct waiting *more = realloc(to->at, room * sizeof *more);
        if (!more)
            return err_set(err, ERR_MEMORY, "intake: no memory for %zu waiting pages", room);
        to->at = more;
        to->room = room;
    }
    to->at[to->count++] = *waiting;
    return 0;
}

static int read_day(const struct intake_day *day, struct intake_order order, struct waitings *to,
                    struct err *err)
{
    SCOPED(store_abort) struct store_txn txn = {0};
    struct db_key from = {.len = 0};
    struct store_entry entry;
    const int queue = order.state == PAGE_TO_CODE ? IN_TO_CODE : IN_QUARANTINE;
    int rc = store_begin_read(day->store, &txn, err);
    while (rc >= 0 && (rc = store_seek(&txn, queue, &from, &entry, err)) == 1) {
        struct intake_row row;
        struct waiting waiting = {.id = page_of_key(entry.key)};
        from = key_of_page((struct page_id){waiting.id.batch, waiting.id.page + 1});
        rc = intake_row_get(&txn, waiting.id, &row, err);
        if (rc <= 0)
            continue;
        waiting.rank = words_rank(order.first, row.tag);
        waiting.received = row.received;
        rc = add(to, &waiting, err);
    }
    return rc;
}

int intake_in_order(struct archive *archive, struct intake_order order, struct page_id **ret_ids,
                    struct err *err)
{
    SCOPED(waitings_free) struct waitings waitings = {0};
    int rc = live_refresh(archive, err);
    for (size_t i = 0; rc >= 0 && i < archive->day_count; i++)
        rc = read_day(archive->days[i], order, &waitings, err);
    if (rc < 0)
        return rc;
    struct page_id *ids = calloc(waitings.count + 1, sizeof *ids);
    if (!ids)
        return err_set(err, ERR_MEMORY, "intake: no memory for %zu waiting pages", waitings.count);
    if (waitings.count)
        qsort(waitings.at, waitings.count, sizeof *waitings.at, in_order);
    for (size_t i = 0; i < waitings.count; i++)
        ids[i] = waitings.at[i].id;
    *ret_ids = ids;
    return (int)waitings.count;
}
