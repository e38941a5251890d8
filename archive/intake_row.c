/*
 * A page in intake: see intake_row.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "archive/intake_row.h"

#include <assert.h>
#include <string.h>

#include "base/scope.h"

enum { ROW_VERSION = 1 };

/* ---- rows ---- */

void intake_row_encode(struct packer *to, const struct intake_row *row)
{
    pack_u8(to, ROW_VERSION);
    pack_u8(to, (uint8_t)row->state);
    pack_digest(to, &row->digest);
    pack_u32(to, row->sheet);
    pack_u8(to, row->side);
    pack_u8(to, row->starts_envelope);
    pack_u32(to, row->image_bytes);
    pack_day(to, row->received);
    pack_u64(to, (uint64_t)row->accepted_ms);
    pack_u64(to, (uint64_t)row->lease_until_ms);
    pack_u64(to, (uint64_t)row->decided_ms);
    pack_u32(to, row->epoch);
    pack_u32(to, row->tries);
    pack_u32(to, row->events);
    pack_u8(to, (uint8_t)row->kind);
    pack_u8(to, (uint8_t)row->compartment);
    pack_text(to, row->tag);
    pack_real(to, row->confidence);
    pack_day(to, row->event);
    pack_text(to, row->actor);
    pack_u8(to, row->by_person);
}

bool intake_row_decode(struct bytes bytes, struct intake_row *ret_row)
{
    struct unpacker from = {.left = bytes};
    struct intake_row row = {0};
    uint8_t version = unpack_u8(&from);
    row.state = (enum page_state)unpack_u8(&from);
    row.digest = unpack_digest(&from);
    row.sheet = unpack_u32(&from);
    row.side = unpack_u8(&from);
    row.starts_envelope = unpack_bool(&from);
    row.image_bytes = unpack_u32(&from);
    row.received = unpack_day(&from);
    row.accepted_ms = (int64_t)unpack_u64(&from);
    row.lease_until_ms = (int64_t)unpack_u64(&from);
    row.decided_ms = (int64_t)unpack_u64(&from);
    row.epoch = unpack_u32(&from);
    row.tries = unpack_u32(&from);
    row.events = unpack_u32(&from);
    row.kind = (enum page_kind)unpack_u8(&from);
    row.compartment = (enum compartment)unpack_u8(&from);
    unpack_text(&from, row.tag, sizeof row.tag);
    row.confidence = unpack_real(&from);
    row.event = unpack_day(&from);
    unpack_text(&from, row.actor, sizeof row.actor);
    row.by_person = unpack_bool(&from);
    *ret_row = row;
    return version == ROW_VERSION && !from.bad && from.left.len == 0 && row.state <= PAGE_FILED &&
           row.kind <= PAGE_SEPARATOR && row.compartment <= COMPARTMENT_MEDICAL;
}

int intake_row_get(struct store_txn *txn, struct page_id id, struct intake_row *ret_row,
                   struct err *err)
{
    struct db_key key = key_of_page(id);
    struct bytes value = {0};
    int rc = store_get(txn, IN_PAGES, &key, &value, err);
    if (rc == 1 && !intake_row_decode(value, ret_row))
        return err_set(err, ERR_INTEGRITY, "%.200s: the row of page %u-%u is damaged",
                       store_path(txn->store), id.batch, id.page);
    return rc;
}

/* ---- indexes: which states stand in which, and under which key ---- */

static struct db_key queue_key(struct page_id id, const struct intake_row *row)
{
    struct db_key key = {.len = 0};
    key_u32(&key,
            (uint32_t)(row->received.year * 10000 + row->received.month * 100 + row->received.day));
    key_u32(key_u32(&key, id.batch), id.page);
    return key;
}

static struct db_key lease_key(struct page_id id, const struct intake_row *row)
{
    struct db_key key = {.len = 0};
    key_u64(&key, (uint64_t)row->lease_until_ms);
    key_u32(key_u32(&key, id.batch), id.page);
    return key;
}

static struct db_key plain_key(struct page_id id, const struct intake_row *row)
{
    (void)row;
    return key_of_page(id);
}

static struct db_key unread_key(struct page_id id, const struct intake_row *row)
{
    struct db_key key = {.len = 0};
    key_u64(key_u32(&key, id.batch), (uint64_t)row->accepted_ms);
    key_u32(&key, id.page);
    return key;
}

static const struct {
    enum intake_db db;
    unsigned states; /* bits */
    struct db_key (*key)(struct page_id id, const struct intake_row *row);
} indexes[] = {
    {IN_QUEUE, 1u << PAGE_ACCEPTED, queue_key},
    {IN_LEASED, 1u << PAGE_LEASED, lease_key},
    {IN_TO_CODE, 1u << PAGE_TO_CODE, plain_key},
    {IN_QUARANTINE, 1u << PAGE_QUARANTINED, plain_key},
    {IN_UNDECIDED,
     1u << PAGE_ACCEPTED | 1u << PAGE_LEASED | 1u << PAGE_TO_CODE | 1u << PAGE_QUARANTINED,
     plain_key},
    {IN_UNREAD, 1u << PAGE_ACCEPTED | 1u << PAGE_LEASED, unread_key},
};

enum { INDEXES = sizeof indexes / sizeof *indexes };

static bool stands_in(int index, const struct intake_row *row)
{
    return row && (indexes[index].states & 1u << row->state) != 0;
}

static int update_index(struct store_txn *txn, int index, struct page_id id,
                        const struct intake_row *const rows[2], struct err *err)
{
    const struct intake_row *was = rows[0], *is = rows[1];
    bool stood = stands_in(index, was), stands = stands_in(index, is);
    if (stood == stands)
        return 0;
    struct db_key key = indexes[index].key(id, stood ? was : is);
    int rc = stands ? store_put(txn, indexes[index].db, &key, bytes_of("", 0), err)
                    : store_delete(txn, indexes[index].db, &key, err);
    return rc < 0 ? rc : 0;
}

/* ---- counts ---- */

static uint64_t *count_for(struct archive_counts *counts, const struct intake_row *row)
{
    switch (row->state) {
    case PAGE_ACCEPTED:
    case PAGE_LEASED:
        return &counts->unread;
    case PAGE_TO_CODE:
        return &counts->to_code;
    case PAGE_QUARANTINED:
        return &counts->quarantined;
    default:
        break;
    }
    if (row->kind == PAGE_BLANK)
        return &counts->blank;
    if (row->kind == PAGE_SEPARATOR)
        return &counts->separators;
    return row->state == PAGE_FILED ? &counts->filed : &counts->waiting;
}

/* The tag under which a page is counted; NULL: none. */
static const char *counted_tag(const struct intake_row *row)
{
    bool decided = row->state == PAGE_DECIDED || row->state == PAGE_FILED;
    return decided && row->kind == PAGE_WRITTEN ? row->tag : NULL;
}

static void count_row(struct archive_counts *counts, const struct intake_row *row, int by)
{
    *count_for(counts, row) += (uint64_t)(int64_t)by;
    if (counted_tag(row))
        counts_add_tag(counts, counted_tag(row), by);
}

int intake_progress_get(struct store_txn *txn, uint32_t batch, struct intake_progress *ret_progress,
                        struct err *err)
{
    struct db_key key = key_of_number(batch);
    struct bytes value = {0};
    *ret_progress = (struct intake_progress){0};
    int rc = store_get(txn, IN_BATCHES, &key, &value, err);
    if (rc <= 0)
        return rc;
    struct unpacker row = {.left = value};
    counts_decode(&row, &ret_progress->counts);
    ret_progress->highest = unpack_u32(&row);
    ret_progress->fronts = unpack_u32(&row);
    if (row.bad)
        return err_set(err, ERR_INTEGRITY, "%.200s: the counts of batch %u are damaged",
                       store_path(txn->store), batch);
    return 1;
}

int intake_progress_put(struct store_txn *txn, uint32_t batch,
                        const struct intake_progress *progress, struct err *err)
{
    SCOPED(packer_free) struct packer row = {0};
    struct db_key key = key_of_number(batch);
    counts_encode(&row, &progress->counts);
    pack_u32(&row, progress->highest);
    pack_u32(&row, progress->fronts);
    return store_put_row(txn, IN_BATCHES, &key, &row, err);
}

static int update_counts(struct store_txn *txn, struct page_id id, const struct intake_row *was,
                         const struct intake_row *is, struct err *err)
{
    struct intake_progress progress;
    int rc = intake_progress_get(txn, id.batch, &progress, err);
    if (rc < 0)
        return rc;
    if (was)
        count_row(&progress.counts, was, -1);
    else
        progress.counts.accepted++;
    count_row(&progress.counts, is, 1);
    if (!was && is->side == 0)
        progress.fronts++;
    if (!was && id.page > progress.highest)
        progress.highest = id.page;
    return intake_progress_put(txn, id.batch, &progress, err);
}

/* ---- changes ---- */

static int remove_events(struct store_txn *txn, struct page_id id, uint32_t count, struct err *err)
{
    for (uint32_t number = 1; number <= count; number++) {
        struct db_key key = key_of_page(id);
        int rc = store_delete(txn, IN_EVENTS, key_u32(&key, number), err);
        if (rc < 0)
            return rc;
    }
    return 0;
}

static int remove_page(struct store_txn *txn, struct page_id id, uint32_t events, struct err *err)
{
    static const enum intake_db all[] = {IN_PAGES, IN_IMAGES, IN_CAPTURES, IN_RECORDS};
    struct db_key key = key_of_page(id);
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        int rc = store_delete(txn, all[i], &key, err);
        if (rc < 0)
            return rc;
    }
    return remove_events(txn, id, events, err);
}

static int write_change(struct store_txn *txn, struct page_id id,
                        const struct intake_row *const rows[2], struct err *err)
{
    for (int i = 0; i < INDEXES; i++) {
        int rc = update_index(txn, i, id, rows, err);
        if (rc < 0)
            return rc;
    }
    int rc = update_counts(txn, id, rows[0], rows[1], err);
    if (rc < 0)
        return rc;
    if (rows[1]->state == PAGE_FILED)
        return remove_page(txn, id, rows[1]->events, err);
    SCOPED(packer_free) struct packer bytes = {0};
    struct db_key key = key_of_page(id);
    intake_row_encode(&bytes, rows[1]);
    return store_put_row(txn, IN_PAGES, &key, &bytes, err);
}

int intake_row_add(struct store_txn *txn, struct page_id id, const struct intake_row *row,
                   struct err *err)
{
    assert(row->state == PAGE_ACCEPTED);
    return write_change(txn, id, (const struct intake_row *const[2]){NULL, row}, err);
}

int intake_row_change(struct store_txn *txn, struct page_id id, const struct intake_row *was,
                      const struct intake_row *is, struct err *err)
{
    assert(was->state == is->state || page_may_move(was->state, is->state));
    return write_change(txn, id, (const struct intake_row *const[2]){was, is}, err);
}

/* ---- events ---- */

const char *page_event_name(enum page_event event)
{
    static const char *const names[] = {"unknown",     "decided",  "to_code", "failed",
                                        "quarantined", "released", "undone"};
    return event >= EVENT_DECIDED && event <= EVENT_UNDONE ? names[event] : names[0];
}

int intake_event_add(struct store_txn *txn, struct page_id id, struct intake_row *row,
                     const struct page_event_row *event, struct err *err)
{
    SCOPED(packer_free) struct packer bytes = {0};
    struct db_key key = key_of_page(id);
    key_u32(&key, ++row->events);
    pack_u8(&bytes, (uint8_t)event->event);
    pack_u64(&bytes, (uint64_t)event->at_ms);
    pack_text(&bytes, event->actor);
    pack_text(&bytes, event->tag);
    pack_real(&bytes, event->confidence);
    return store_put_row(txn, IN_EVENTS, &key, &bytes, err);
}

int intake_event_get(struct store_txn *txn, struct page_id id, uint32_t number,
                     struct page_event_row *ret_event, struct err *err)
{
    struct db_key key = key_of_page(id);
    struct bytes value = {0};
    int rc = store_get(txn, IN_EVENTS, key_u32(&key, number), &value, err);
    if (rc <= 0)
        return rc;
    struct unpacker row = {.left = value};
    ret_event->event = (enum page_event)unpack_u8(&row);
    ret_event->at_ms = (int64_t)unpack_u64(&row);
    unpack_text(&row, ret_event->actor, sizeof ret_event->actor);
    unpack_text(&row, ret_event->tag, sizeof ret_event->tag);
    ret_event->confidence = unpack_real(&row);
    if (row.bad)
        return err_set(err, ERR_INTEGRITY, "page %u-%u in intake: event %u is damaged", id.batch,
                       id.page, number);
    return 1;
}

void intake_note_encode(struct packer *to, const struct intake_note *note)
{
    pack_u8(to, ROW_VERSION);
    pack_text(to, note->insured);
    pack_text(to, note->reason);
    pack_bytes(to, note->record);
}

bool intake_note_decode(struct bytes bytes, struct intake_note *ret_note)
{
    struct unpacker from = {.left = bytes};
    uint8_t version = unpack_u8(&from);
    unpack_text(&from, ret_note->insured, sizeof ret_note->insured);
    unpack_text(&from, ret_note->reason, sizeof ret_note->reason);
    ret_note->record = unpack_bytes(&from);
    return version == ROW_VERSION && !from.bad && from.left.len == 0;
}
