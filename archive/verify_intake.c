/*
 * Intake against its own counts and against the catalogue: a page is in exactly one place, in
 * exactly one state.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <string.h>

#include "archive/intake_work.h"
#include "archive/verify.h"
#include "base/scope.h"

struct batch_look {
    struct verifying *verifying;
    const struct live_batch *live;
    bool is_sealed_off; /* the key of its images is missing, which was told */
    struct store_txn txn, catalogue;
    struct archive_counts found;
};

static void count_state(struct archive_counts *counts, const struct intake_row *row)
{
    counts->unread += row->state == PAGE_ACCEPTED || row->state == PAGE_LEASED;
    counts->to_code += row->state == PAGE_TO_CODE;
    counts->quarantined += row->state == PAGE_QUARANTINED;
    counts->waiting += row->state == PAGE_DECIDED && row->kind == PAGE_WRITTEN;
    counts->blank += row->state == PAGE_DECIDED && row->kind == PAGE_BLANK;
    counts->separators += row->state == PAGE_DECIDED && row->kind == PAGE_SEPARATOR;
}

/* A filing run between the catalogue's commit and intake's is in both, and says so. */
static bool is_in_flight(struct store_txn *catalogue, struct page_id id)
{
    struct db_key key = {.len = 0};
    struct bytes value = {0};
    key_text(&key, "in_flight");
    if (store_get(catalogue, CAT_META, &key, &value, NULL) != 1)
        return false;
    struct unpacker row = {.left = value};
    while (row.left.len > 0 && !row.bad) {
        uint32_t batch = unpack_u32(&row);
        unpack_u32(&row);
        uint32_t from = unpack_u32(&row), until = unpack_u32(&row);
        unpack_u32(&row);
        unpack_u8(&row);
        if (batch == id.batch && id.page >= from && id.page < until)
            return true;
    }
    return false;
}

/* The key of intake is the medical one; told here when no box needs it. */
static void seal_off(struct batch_look *look, const struct err *err)
{
    const struct key_owner owner = {look->live->row.spec.tenant, COMPARTMENT_MEDICAL};
    look->is_sealed_off = true;
    if (!keys_wraps(look->verifying->archive->keys, &owner))
        tell_missing_key(look->verifying, err->text);
}

static void check_page(struct batch_look *look, struct page_id id, const struct intake_row *row)
{
    struct verifying *verifying = look->verifying;
    struct page_row filed;
    SCOPED(buf_free) struct buf image = {0};
    struct err err = {0};
    if (catalogue_page(&look->catalogue, id, &filed, NULL) == 1 &&
        !is_in_flight(&look->catalogue, id))
        discrepancy(verifying, "page %u-%u is in intake and filed", id.batch, id.page);
    if (look->is_sealed_off)
        return;
    int rc = intake_fetch(verifying->archive, &look->txn, (struct intake_part_of){INTAKE_IMAGE, id},
                          &image, &err);
    if (rc == ERR_DENIED)
        seal_off(look, &err);
    else if (rc < 0)
        discrepancy(verifying, "%s", err.text);
    if (rc < 0)
        return;
    struct digest digest = digest_of(buf_view(&image));
    if (!digest_equal(&digest, &row->digest))
        discrepancy(verifying, "page %u-%u in intake is not the image that was accepted", id.batch,
                    id.page);
}

static int check_pages(struct batch_look *look, struct err *err)
{
    struct db_key prefix = key_of_number(look->live->id.n);
    SCOPED(store_walk_end) struct store_cursor cursor = {0};
    struct store_entry entry;
    int rc = store_walk(&look->txn, IN_PAGES, &prefix, &cursor, err);
    while (rc >= 0 && (rc = store_next(&cursor, &entry, err)) == 1 &&
           key_has_prefix(entry.key, &prefix)) {
        struct page_id id = page_of_key(entry.key);
        struct intake_row row;
        if (!intake_row_decode(entry.value, &row)) {
            discrepancy(look->verifying, "page %u-%u in intake: its row is damaged", id.batch,
                        id.page);
            continue;
        }
        count_state(&look->found, &row);
        check_page(look, id, &row);
    }
    return rc < 0 ? rc : 0;
}

static void compare_counts(struct batch_look *look, const struct archive_counts *kept)
{
    const struct archive_counts *found = &look->found;
    uint32_t batch = look->live->id.n;
    if (found->unread != kept->unread || found->to_code != kept->to_code ||
        found->quarantined != kept->quarantined || found->waiting != kept->waiting)
        discrepancy(look->verifying, "batch %u: its counts are not those of its pages in intake",
                    batch);
    if (found->blank > kept->blank || found->separators > kept->separators)
        discrepancy(look->verifying, "batch %u: more blanks or separators than counted", batch);
    if (kept->accepted != kept->filed + kept->blank + kept->separators + kept->to_code +
                              kept->quarantined + kept->waiting + kept->unread)
        discrepancy(look->verifying, "batch %u: %llu pages accepted, the states have another sum",
                    batch, (unsigned long long)kept->accepted);
}

static int check_batch(struct batch_look *look, struct err *err)
{
    struct intake_progress progress;
    int rc = store_begin_read(look->verifying->archive->catalogue, &look->catalogue, err);
    if (rc == 0)
        rc = store_begin_read(look->live->day->store, &look->txn, err);
    if (rc == 0)
        rc = check_pages(look, err);
    if (rc == 0)
        rc = intake_progress_get(&look->txn, look->live->id.n, &progress, err);
    if (rc < 0)
        return rc;
    compare_counts(look, &progress.counts);
    return 0;
}

/* ---- closed batches: what was counted must be what the catalogue holds ---- */

/* Adds what was destroyed of a batch: its tombstones. */
static int add_destroyed(struct store_txn *txn, struct batch_id id, uint64_t *documents,
                         uint64_t *pages, struct err *err)
{
    struct db_key prefix = key_of_number(id.n);
    SCOPED(store_walk_end) struct store_cursor cursor = {0};
    struct store_entry entry;
    int rc = store_walk(txn, CAT_TOMBS, &prefix, &cursor, err);
    while (rc >= 0 && (rc = store_next(&cursor, &entry, err)) == 1 &&
           key_has_prefix(entry.key, &prefix)) {
        struct unpacker tomb = {.left = entry.value};
        unpack_u32(&tomb); /* the box */
        *pages += unpack_u32(&tomb);
        ++*documents;
    }
    return rc < 0 ? rc : 0;
}

static int check_closed(struct verifying *verifying, struct store_txn *txn, struct batch_id id,
                        const struct batch_row *batch, struct err *err)
{
    struct db_key prefix = key_of_number(id.n);
    SCOPED(store_walk_end) struct store_cursor cursor = {0};
    struct store_entry entry;
    uint64_t documents = 0, pages = 0;
    int rc = store_walk(txn, CAT_DOCUMENTS, &prefix, &cursor, err);
    while (rc >= 0 && (rc = store_next(&cursor, &entry, err)) == 1 &&
           key_has_prefix(entry.key, &prefix)) {
        struct document_row row;
        if (!document_row_decode(entry.value, &row))
            continue; /* named when documents are looked at */
        documents++;
        pages += row.page_count;
    }
    const struct archive_counts *counts = &batch->counts;
    if (rc >= 0)
        rc = add_destroyed(txn, id, &documents, &pages, err);
    if (rc >= 0 && (documents != counts->documents || pages != counts->accepted))
        discrepancy(verifying,
                    "batch %u: closed with %llu documents of %llu pages, %llu of %llu are "
                    "in the catalogue",
                    id.n, (unsigned long long)counts->documents,
                    (unsigned long long)counts->accepted, (unsigned long long)documents,
                    (unsigned long long)pages);
    return rc < 0 ? rc : 0;
}

static int verify_closed(struct verifying *verifying, struct err *err)
{
    struct batch_id id = {0};
    int rc = 1;
    while (rc == 1) {
        SCOPED(store_abort) struct store_txn txn = {0};
        struct store_entry entry;
        struct batch_row row;
        struct db_key from = key_of_number(id.n + 1);
        rc = store_begin_read(verifying->archive->catalogue, &txn, err);
        if (rc == 0)
            rc = store_seek(&txn, CAT_BATCHES, &from, &entry, err);
        if (rc <= 0)
            return rc;
        struct unpacker key = {.left = entry.key};
        id.n = unpack_u32(&key);
        if (!batch_row_decode(entry.value, &row))
            discrepancy(verifying, "batch %u: its row is damaged", id.n);
        else if (row.state == BATCH_CLOSED)
            rc = check_closed(verifying, &txn, id, &row, err);
        rc = rc < 0 ? rc : 1;
    }
    return rc;
}

int verify_intake(struct verifying *verifying, struct err *err)
{
    struct archive *archive = verifying->archive;
    int rc = live_refresh(archive, err);
    for (size_t i = 0; rc == 0 && i < archive->live_count; i++) {
        struct batch_look look = {.verifying = verifying, .live = &archive->live[i]};
        rc = check_batch(&look, err);
        store_abort(&look.txn);
        store_abort(&look.catalogue);
    }
    return rc < 0 ? rc : verify_closed(verifying, err);
}
