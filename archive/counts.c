/*
 * Counts, and batches shown with them: see archive.h. A live batch is counted in intake, in the
 * transactions that change its pages; a closed one in its row and in one sum over all.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "archive/intake_row.h"
#include "archive/state.h"
#include "base/scope.h"

static struct db_key closed_key(void)
{
    struct db_key key = {.len = 0};
    key_text(&key, "closed_counts");
    return key;
}

int counts_closed(struct store_txn *txn, struct archive_counts *ret_counts, struct err *err)
{
    struct db_key key = closed_key();
    struct bytes value = {0};
    *ret_counts = (struct archive_counts){0};
    int rc = store_get(txn, CAT_META, &key, &value, err);
    if (rc <= 0)
        return rc;
    struct unpacker row = {.left = value};
    counts_decode(&row, ret_counts);
    return row.bad ? err_set(err, ERR_INTEGRITY, "catalogue: the sum of counts is damaged") : 0;
}

int counts_add_closed(struct store_txn *txn, const struct archive_counts *counts, struct err *err)
{
    SCOPED(packer_free) struct packer row = {0};
    struct db_key key = closed_key();
    struct archive_counts sum;
    int rc = counts_closed(txn, &sum, err);
    if (rc < 0)
        return rc;
    counts_add(&sum, counts);
    counts_encode(&row, &sum);
    return store_put_row(txn, CAT_META, &key, &row, err);
}

/* ---- live batches ---- */

static int oldest_unread(struct store_txn *txn, uint32_t batch, int64_t *ret_ms, struct err *err)
{
    struct db_key from = key_of_number(batch);
    struct store_entry entry;
    int rc = store_seek(txn, IN_UNREAD, &from, &entry, err);
    if (rc <= 0)
        return rc;
    struct unpacker key = {.left = entry.key};
    if (unpack_u32(&key) == batch)
        *ret_ms = (int64_t)unpack_u64(&key);
    return 0;
}

static int count_live(const struct live_batch *live, struct archive_counts *ret_counts,
                      struct err *err)
{
    SCOPED(store_abort) struct store_txn txn = {0};
    struct intake_progress progress = {0};
    int rc = store_begin_read(live->day->store, &txn, err);
    if (rc == 0)
        rc = intake_progress_get(&txn, live->id.n, &progress, err);
    if (rc == 1)
        rc = oldest_unread(&txn, live->id.n, &progress.counts.oldest_unread_ms, err);
    if (rc < 0)
        return rc;
    *ret_counts = progress.counts;
    counts_tidy(ret_counts);
    ret_counts->batches = 1;
    ret_counts->sheets_fed = live->row.end.sheets_fed;
    ret_counts->sheets_rejected = live->row.end.sheets_rejected;
    return 0;
}

static int count_all(struct archive *archive, struct archive_counts *ret_counts, struct err *err)
{
    SCOPED(store_abort) struct store_txn txn = {0};
    struct archive_counts sum, counts;
    int rc = store_begin_read(archive->catalogue, &txn, err);
    if (rc == 0)
        rc = counts_closed(&txn, &sum, err);
    for (size_t i = 0; rc == 0 && i < archive->live_count; i++) {
        rc = count_live(&archive->live[i], &counts, err);
        counts_add(&sum, &counts);
    }
    if (rc < 0)
        return rc;
    counts_tidy(&sum);
    *ret_counts = sum;
    return 0;
}

static int show(struct archive *archive, struct store_txn *txn, struct batch_id id,
                struct batch_info *ret_info, struct err *err)
{
    struct batch_row row;
    int rc = catalogue_batch(txn, id, &row, err);
    if (rc == 0)
        return err_set(err, ERR_NOT_FOUND, "batch %u does not exist", id.n);
    if (rc < 0)
        return rc;
    *ret_info =
        (struct batch_info){id, row.spec, row.state, row.opened_ms, row.closed_ms, row.counts};
    counts_tidy(&ret_info->counts);
    const struct live_batch *live = live_find(archive, id.n);
    return live ? count_live(live, &ret_info->counts, err) : 0;
}

int archive_count(struct archive *archive, struct batch_id id, struct archive_counts *ret_counts,
                  struct err *err)
{
    int rc = live_refresh(archive, err);
    if (rc < 0)
        return rc;
    if (id.n == 0)
        return count_all(archive, ret_counts, err);
    struct batch_info info;
    rc = archive_batch_show(archive, id, &info, err);
    if (rc == 0)
        *ret_counts = info.counts;
    return rc;
}

int archive_batch_show(struct archive *archive, struct batch_id id, struct batch_info *ret_info,
                       struct err *err)
{
    SCOPED(store_abort) struct store_txn txn = {0};
    int rc = live_refresh(archive, err);
    if (rc == 0)
        rc = store_begin_read(archive->catalogue, &txn, err);
    return rc < 0 ? rc : show(archive, &txn, id, ret_info, err);
}

int archive_batch_list(struct archive *archive, struct batch_id after, struct batch_info *ret_infos,
                       int most, struct err *err)
{
    SCOPED(store_abort) struct store_txn txn = {0};
    SCOPED(store_walk_end) struct store_cursor cursor = {0};
    struct db_key from = key_of_number(after.n + 1);
    struct store_entry entry;
    int count = 0, rc = live_refresh(archive, err);
    if (rc == 0)
        rc = store_begin_read(archive->catalogue, &txn, err);
    if (rc == 0)
        rc = store_walk(&txn, CAT_BATCHES, &from, &cursor, err);
    while (rc >= 0 && count < most && (rc = store_next(&cursor, &entry, err)) == 1) {
        struct unpacker key = {.left = entry.key};
        rc = show(archive, &txn, (struct batch_id){unpack_u32(&key)}, &ret_infos[count], err);
        count++;
    }
    return rc < 0 ? rc : count;
}
