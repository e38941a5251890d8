/*
 * Sparing: see spare.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "archive/spare.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "archive/filing_record.h"
#include "archive/hold.h"
#include "archive/move.h"
#include "base/clock.h"
#include "base/scope.h"

/* ---- documents of a box ---- */

struct listing {
    struct archive *archive;
    struct store_txn txn;
    struct document_id *ids;
    size_t count, capacity;
};

/* 1 is listed, 0 is passed over. */
typedef int (*choice)(const void *to, struct listing *listing, struct document_id id,
                      struct err *err);

static void listing_end(struct listing *listing)
{
    store_abort(&listing->txn);
    free(listing->ids);
}

static int list_one(struct listing *listing, struct document_id id, struct err *err)
{
    if (plan_grow(&listing->ids, listing->count, &listing->capacity, sizeof *listing->ids) < 0)
        return err_set(err, ERR_MEMORY, "box: no memory for its documents");
    listing->ids[listing->count++] = id;
    return 0;
}

/* Reads them all at one moment; the transaction has ended afterwards. */
static int list_box(struct listing *listing, uint32_t box, choice chosen, const void *to,
                    struct err *err)
{
    struct db_key of_box = key_of_number(box);
    struct document_id id = {0};
    struct store_txn *txn = &listing->txn;
    int rc = store_begin_read(listing->archive->catalogue, txn, err);
    for (; rc >= 0 && (rc = catalogue_seek_document(txn, CAT_BY_BOX, &of_box, &id, err)) == 1;
         id.first_page++) {
        rc = chosen ? chosen(to, listing, id, err) : 1;
        if (rc == 1)
            rc = list_one(listing, id, err);
    }
    store_abort(txn);
    return rc;
}

static int move_listed(struct listing *listing, uint32_t box, const struct move_cause *cause,
                       struct err *err)
{
    const struct move_list list = {box, listing->ids, listing->count};
    return listing->count ? move_out(listing->archive, &list, cause, err) : 0;
}

/* ---- what is held ---- */

static int is_held(const void *to, struct listing *listing, struct document_id id, struct err *err)
{
    const struct day *today = to;
    struct hold_names holds;
    struct document_row row;
    int rc = catalogue_document(&listing->txn, id, &row, err);
    if (rc == 1)
        rc = holds_on(&listing->txn, &(struct hold_subject){id, &row, *today}, &holds, err);
    return rc < 0 ? rc : rc > 0;
}

int spare_held(struct archive *archive, uint32_t box, const char *actor, struct err *err)
{
    SCOPED(listing_end) struct listing listing = {.archive = archive};
    const struct day today = day_of_ms(clock_wall_ms());
    const struct move_cause cause = {"moved_out", actor, "held; its box is to be destroyed"};
    int rc = list_box(&listing, box, is_held, &today, err);
    return rc < 0 ? rc : move_listed(&listing, box, &cause, err);
}

/* ---- boxes that everything left ---- */

static int close_box(struct archive *archive, uint32_t box, struct err *err)
{
    static const struct commit_points points = {"spare.close.before_commit",
                                                "spare.close.after_commit"};
    SCOPED(store_abort) struct store_txn txn = {0};
    int rc = store_begin(archive->catalogue, &txn, err);
    if (rc == 0)
        rc = slip_close_box(archive, &txn, box, err);
    return rc < 0 ? rc : store_commit(&txn, &points, err);
}

/* All of it moves into other boxes, and what is left are copies. */
static int empty_box(struct archive *archive, uint32_t box, const char *actor, struct err *err)
{
    SCOPED(listing_end) struct listing listing = {.archive = archive};
    const struct move_cause cause = {"moved_out", actor,
                                     "its box holds a copy of what is to be destroyed"};
    int rc = close_box(archive, box, err);
    if (rc == 0)
        rc = list_box(&listing, box, NULL, NULL, err);
    return rc < 0 ? rc : move_listed(&listing, box, &cause, err);
}

/* The next closed box without documents, from `*box` on: 1 found. */
static int next_emptied(struct archive *archive, uint32_t *box, struct err *err)
{
    SCOPED(store_abort) struct store_txn txn = {0};
    SCOPED(store_walk_end) struct store_cursor cursor = {0};
    struct db_key from = key_of_number(*box);
    struct store_entry entry;
    struct box_row row;
    int rc = store_begin_read(archive->catalogue, &txn, err);
    if (rc == 0)
        rc = store_walk(&txn, CAT_BOXES, &from, &cursor, err);
    while (rc >= 0 && (rc = store_next(&cursor, &entry, err)) == 1) {
        struct unpacker key = {.left = entry.key};
        *box = unpack_u32(&key);
        if (!box_row_decode(entry.value, &row))
            return err_set(err, ERR_INTEGRITY, "the row of box %u is damaged", *box);
        if (row.state == BOX_CLOSED && row.documents == 0 && row.pages == 0)
            return 1;
    }
    return rc;
}

int spare_emptied(struct archive *archive, const char *actor, struct err *err)
{
    uint32_t box = 1;
    int rc;
    while ((rc = next_emptied(archive, &box, err)) == 1) {
        const struct slip_step step = {.actor = actor, .at_ms = clock_wall_ms()};
        rc = destroy_box(archive, box++, DESTROY_EMPTIED, &step, err);
        if (rc < 0)
            return rc;
    }
    return rc;
}

/* ---- copies ---- */

/* The slip on whose granted line the box is; 0: none. */
static int slip_of_box(struct store_txn *txn, uint32_t box, uint32_t *ret_slip, struct err *err)
{
    struct db_key key = key_of_number(box);
    struct slip_line_row line;
    struct bytes value;
    *ret_slip = 0;
    int rc = store_get(txn, CAT_BOX_SLIPS, &key, &value, err);
    if (rc <= 0)
        return rc;
    struct unpacker at = {.left = value};
    struct slip_place place = {.slip = unpack_u32(&at)};
    place.line = unpack_u32(&at);
    rc = slip_read_line(txn, place, &line, err);
    if (rc == 0 && line.state == SLIP_GRANTED)
        *ret_slip = place.slip;
    return rc;
}

/* Whether an entry of CAT_MOVED is a copy, outside the slip, of a document that goes with it. */
static int is_copy_of(struct store_txn *txn, struct bytes moved, uint32_t slip, uint32_t *ret_box,
                      struct err *err)
{
    struct unpacker key = {.left = moved};
    struct document_row row;
    uint32_t of_document = 0, of_copy = 0;
    *ret_box = unpack_u32(&key);
    int rc = catalogue_document(txn, catalogue_document_of(moved), &row, err);
    if (rc <= 0)
        return rc;
    rc = slip_of_box(txn, row.box, &of_document, err);
    if (rc == 0)
        rc = slip_of_box(txn, *ret_box, &of_copy, err);
    return rc < 0 ? rc : of_document == slip && of_copy != slip;
}

/* The next box with such a copy: 1 found. */
static int next_copy(struct archive *archive, uint32_t slip, uint32_t *ret_box, struct err *err)
{
    SCOPED(store_abort) struct store_txn txn = {0};
    SCOPED(store_walk_end) struct store_cursor cursor = {0};
    struct db_key from = {.len = 0};
    struct store_entry entry;
    int rc = store_begin_read(archive->catalogue, &txn, err);
    if (rc == 0)
        rc = store_walk(&txn, CAT_MOVED, &from, &cursor, err);
    while (rc >= 0 && (rc = store_next(&cursor, &entry, err)) == 1) {
        rc = is_copy_of(&txn, entry.key, slip, ret_box, err);
        if (rc != 0)
            return rc;
    }
    return rc;
}

int spare_copies(struct archive *archive, uint32_t slip, const char *actor, struct err *err)
{
    uint32_t box;
    int rc;
    while ((rc = next_copy(archive, slip, &box, err)) == 1) {
        const struct slip_step step = {.actor = actor, .at_ms = clock_wall_ms()};
        rc = empty_box(archive, box, actor, err);
        if (rc == 0)
            rc = destroy_box(archive, box, DESTROY_EMPTIED, &step, err);
        if (rc < 0)
            return rc;
    }
    return rc;
}

/* ---- what is destroyed wherever it lies ---- */

int doomed_add(struct doomed *doomed, uint32_t box, struct document_id id, struct err *err)
{
    if (plan_grow(&doomed->at, doomed->count, &doomed->capacity, sizeof *doomed->at) < 0)
        return err_set(err, ERR_MEMORY, "destroying: no memory");
    doomed->at[doomed->count++] = (struct doomed_entry){box, id};
    return 0;
}

void doomed_free(struct doomed *doomed)
{
    free(doomed->at);
    *doomed = (struct doomed){0};
}

static int compare(const void *a, const void *b)
{
    const struct doomed_entry *one = a, *other = b;
    const uint32_t left[] = {one->box, one->id.batch, one->id.first_page};
    const uint32_t right[] = {other->box, other->id.batch, other->id.first_page};
    for (int i = 0; i < 3; i++)
        if (left[i] != right[i])
            return left[i] < right[i] ? -1 : 1;
    return 0;
}

/* The doomed of one box, in order. */
struct doomed_box {
    uint32_t box;
    const struct doomed_entry *at;
    size_t count;
};

static int survives(const void *to, struct listing *listing, struct document_id id, struct err *err)
{
    const struct doomed_box *of = to;
    const struct doomed_entry wanted = {of->box, id};
    (void)listing;
    (void)err;
    return !bsearch(&wanted, of->at, of->count, sizeof *of->at, compare);
}

static int destroy_part(struct archive *archive, const struct doomed_box *of,
                        const struct slip_step *step, struct err *err)
{
    SCOPED(listing_end) struct listing listing = {.archive = archive};
    const struct move_cause cause = {"moved_out", step->actor,
                                     "the rest of its box was destroyed before"};
    int rc = list_box(&listing, of->box, survives, of, err);
    if (rc == 0)
        rc = move_listed(&listing, of->box, &cause, err);
    return rc < 0 ? rc : destroy_box(archive, of->box, DESTROY_AGAIN, step, err);
}

int doomed_destroy(struct archive *archive, struct doomed *doomed, uint64_t *boxes, struct err *err)
{
    size_t end;
    int rc = 0;
    if (doomed->count)
        qsort(doomed->at, doomed->count, sizeof *doomed->at, compare);
    for (size_t i = 0; rc == 0 && i < doomed->count; i = end) {
        for (end = i; end < doomed->count && doomed->at[end].box == doomed->at[i].box;)
            end++;
        const struct doomed_box of = {doomed->at[i].box, doomed->at + i, end - i};
        rc = destroy_part(archive, &of, &doomed->step, err);
        *boxes += rc == 0;
    }
    doomed->count = 0;
    return rc;
}
