/*
 * Envelopes among the pages in intake: see envelopes.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "archive/envelopes.h"

#include "base/scope.h"

/* Where an envelope begins. */
struct start {
    uint32_t resume; /* its first page that is not filed */
    bool medical;    /* of what is filed: see struct stretch */
};

/* A row has the page alone, or the page and what the start says beyond it. */
static int put_start(struct store_txn *txn, struct page_id at, const struct start *start,
                     struct err *err)
{
    struct db_key key = key_of_page(at), value = key_of_number(start->resume);
    if (start->medical)
        key_u8(&value, 1);
    return store_put(txn, IN_STARTS, &key, key_view(&value), err);
}

/* 1 when an envelope begins there, else 0. */
static int get_start(struct store_txn *txn, struct page_id at, struct start *ret_start,
                     struct err *err)
{
    struct db_key key = key_of_page(at);
    struct bytes value = {0};
    int rc = store_get(txn, IN_STARTS, &key, &value, err);
    if (rc <= 0)
        return rc;
    struct unpacker row = {.left = value};
    *ret_start = (struct start){.resume = unpack_u32(&row)};
    ret_start->medical = row.left.len > 0;
    return 1;
}

/* The envelope that a page lies in: the last start at or before it. 1 found. */
static int start_before(struct store_txn *txn, struct page_id id, struct envelope_id *ret_envelope,
                        struct err *err)
{
    struct db_key bound = key_of_page((struct page_id){id.batch, id.page + 1});
    struct store_entry entry;
    int rc = store_seek_before(txn, IN_STARTS, &bound, &entry, err);
    if (rc <= 0)
        return rc;
    struct page_id start = page_of_key(entry.key);
    *ret_envelope = (struct envelope_id){start.batch, start.page};
    return start.batch == id.batch;
}

static int look_at(struct archive *archive, struct store_txn *txn, struct page_id id,
                   struct err *err)
{
    struct envelope_id envelope;
    int rc = start_before(txn, id, &envelope, err);
    if (rc == 1 && envelope_set_add(&archive->ready, envelope) < 0)
        return err_set(err, ERR_MEMORY, "batch %u: no memory", id.batch);
    return rc < 0 ? rc : 0;
}

/* Envelopes begun, for the counts of the batch. */
static int count_begun(const struct page_place *place, int more, struct err *err)
{
    struct intake_progress progress;
    int rc = intake_progress_get(place->txn, place->id.batch, &progress, err);
    if (rc < 0)
        return rc;
    progress.counts.envelopes += (uint64_t)(int64_t)more;
    return intake_progress_put(place->txn, place->id.batch, &progress, err);
}

/* An envelope begins at a page: the one before it may be complete now. */
static int begin_envelope(const struct page_place *place, uint32_t page, struct err *err)
{
    struct page_id at = {place->id.batch, page};
    struct start start;
    int rc = get_start(place->txn, at, &start, err);
    if (rc == 0) {
        rc = put_start(place->txn, at, &(struct start){.resume = page}, err);
        if (rc == 0)
            rc = count_begun(place, 1, err);
    } else if (rc == 1) {
        rc = 0;
    }
    if (rc == 0 && page > 1)
        rc = look_at(place->archive, place->txn, (struct page_id){at.batch, page - 1}, err);
    return rc;
}

int envelopes_accepted(const struct page_place *place, bool starts_envelope, struct err *err)
{
    int rc = place->id.page == 1 ? begin_envelope(place, 1, err) : 0;
    if (rc == 0 && starts_envelope && place->batch->row.spec.boundary == BOUNDARY_MARKED)
        rc = begin_envelope(place, place->id.page, err);
    return rc;
}

/* The first page of the sheet that a page lies on. */
static int first_of_sheet(struct store_txn *txn, struct page_id id, uint32_t sheet,
                          uint32_t *ret_page, struct err *err)
{
    struct intake_row before;
    *ret_page = id.page;
    while (*ret_page > 1) {
        int rc = intake_row_get(txn, (struct page_id){id.batch, *ret_page - 1}, &before, err);
        if (rc < 0)
            return rc;
        if (rc == 0 || before.sheet != sheet)
            return 0;
        --*ret_page;
    }
    return 0;
}

static bool separates(const struct live_batch *batch, const struct intake_row *row)
{
    return batch->row.spec.boundary == BOUNDARY_SEPARATORS && row->state == PAGE_DECIDED &&
           row->kind == PAGE_SEPARATOR;
}

int envelopes_decided(const struct page_place *place, const struct intake_row *row, struct err *err)
{
    int rc = 0;
    if (separates(place->batch, row)) {
        uint32_t first;
        rc = first_of_sheet(place->txn, place->id, row->sheet, &first, err);
        if (rc == 0)
            rc = begin_envelope(place, first, err);
    }
    return rc < 0 ? rc : look_at(place->archive, place->txn, place->id, err);
}

/* Whether another side of the sheet is a decided separator. */
static int other_side_separates(const struct page_place *place, uint32_t first, uint32_t sheet,
                                struct err *err)
{
    for (uint32_t page = first;; page++) {
        struct page_id id = {place->id.batch, page};
        struct intake_row row;
        int rc = intake_row_get(place->txn, id, &row, err);
        if (rc < 0)
            return rc;
        if (rc == 0 || row.sheet != sheet)
            return 0;
        if (page != place->id.page && separates(place->batch, &row))
            return 1;
    }
}

int envelopes_undone(const struct page_place *place, const struct intake_row *row, struct err *err)
{
    if (!separates(place->batch, row))
        return 0;
    uint32_t first;
    struct start start;
    struct intake_row before;
    int rc = first_of_sheet(place->txn, place->id, row->sheet, &first, err);
    if (rc < 0 || first == 1)
        return rc;
    rc = other_side_separates(place, first, row->sheet, err);
    if (rc != 0)
        return rc < 0 ? rc : 0;
    /* When the page before is filed, its envelope ended here, and this start stays. */
    rc = intake_row_get(place->txn, (struct page_id){place->id.batch, first - 1}, &before, err);
    if (rc <= 0)
        return rc;
    struct page_id at = {place->id.batch, first};
    struct db_key key = key_of_page(at);
    rc = get_start(place->txn, at, &start, err);
    if (rc == 1 && start.resume == first) {
        rc = store_delete(place->txn, IN_STARTS, &key, err);
        if (rc >= 0)
            rc = count_begun(place, -1, err);
    }
    return rc < 0 ? rc : 0;
}

int envelopes_ended(struct archive *archive, const struct live_batch *batch, struct err *err)
{
    SCOPED(store_abort) struct store_txn txn = {0};
    int rc = store_begin_read(batch->day->store, &txn, err);
    if (rc < 0 || batch->row.end.pages == 0)
        return rc;
    return look_at(archive, &txn, (struct page_id){batch->id.n, batch->row.end.pages}, err);
}

static int recover_day(struct archive *archive, const struct intake_day *day, struct err *err)
{
    SCOPED(store_abort) struct store_txn txn = {0};
    SCOPED(store_walk_end) struct store_cursor cursor = {0};
    struct db_key start = {.len = 0};
    struct store_entry entry;
    int rc = store_begin_read(day->store, &txn, err);
    if (rc == 0)
        rc = store_walk(&txn, IN_STARTS, &start, &cursor, err);
    while (rc == 0 && (rc = store_next(&cursor, &entry, err)) == 1) {
        struct page_id id = page_of_key(entry.key);
        rc = envelope_set_add(&archive->ready, (struct envelope_id){id.batch, id.page});
        if (rc < 0)
            return err_set(err, rc, "intake: no memory");
    }
    return rc;
}

int envelopes_recover(struct archive *archive, struct err *err)
{
    for (size_t i = 0; i < archive->day_count; i++) {
        int rc = recover_day(archive, archive->days[i], err);
        if (rc < 0)
            return rc;
    }
    return 0;
}

/* Where the envelope ends: the next start or the batch's end; 0 when not known. */
static int find_end(struct store_txn *txn, const struct live_batch *batch, uint32_t first,
                    uint32_t *ret_until, struct err *err)
{
    struct db_key after = key_of_page((struct page_id){batch->id.n, first + 1});
    struct store_entry entry;
    *ret_until = batch->row.state == BATCH_FEEDING ? 0 : batch->row.end.pages + 1;
    int rc = store_seek(txn, IN_STARTS, &after, &entry, err);
    if (rc <= 0)
        return rc;
    struct page_id next = page_of_key(entry.key);
    if (next.batch == batch->id.n)
        *ret_until = next.page;
    return 0;
}

int envelopes_complete(struct store_txn *txn, const struct live_batch *batch, struct envelope_id id,
                       struct stretch *ret_stretch, struct err *err)
{
    struct start start;
    int rc = get_start(txn, (struct page_id){id.batch, id.first_page}, &start, err);
    if (rc <= 0)
        return rc;
    *ret_stretch = (struct stretch){.from = start.resume, .medical = start.medical};
    rc = find_end(txn, batch, id.first_page, &ret_stretch->until, err);
    if (rc < 0 || ret_stretch->until <= ret_stretch->from)
        return rc < 0 ? rc : 0; /* end not known yet, or filed already */
    struct db_key from = key_of_page((struct page_id){id.batch, ret_stretch->from});
    struct store_entry entry;
    rc = store_seek(txn, IN_UNDECIDED, &from, &entry, err);
    if (rc <= 0)
        return rc < 0 ? rc : 1;
    struct page_id undecided = page_of_key(entry.key);
    return undecided.batch != id.batch || undecided.page >= ret_stretch->until;
}

/* The start of a filed envelope stays: it is the end of the one before it, which may be complete
 * only later. What is left of it to file is nothing. */
int envelopes_filed(struct store_txn *txn, struct envelope_id id, const struct stretch *filed,
                    struct err *err)
{
    const struct start start = {filed->until, filed->medical};
    return put_start(txn, (struct page_id){id.batch, id.first_page}, &start, err);
}
