/*
 * The paper of a batch: see paper.h. A paper has a row only when somebody said where it lies; its
 * term is reckoned anew each time, so that a changed retention.conf holds at once.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "archive/paper.h"

#include <stdio.h>
#include <string.h>

#include "archive/journal.h"
#include "archive/paper_slip.h"
#include "base/clock.h"
#include "base/scope.h"

enum { ROW_VERSION = 1 };

const char paper_tag[] = "paper";

void paper_row_encode(struct packer *to, const struct paper_row *row)
{
    pack_u8(to, ROW_VERSION);
    pack_text(to, row->tenant);
    pack_text(to, row->carton);
    pack_text(to, row->place);
    pack_text(to, row->placed_by);
    pack_u64(to, (uint64_t)row->placed_ms);
    pack_u32(to, row->slip);
    pack_u32(to, row->line);
    pack_u64(to, (uint64_t)row->destroyed_ms);
}

bool paper_row_decode(struct bytes from, struct paper_row *ret_row)
{
    struct unpacker row = {.left = from};
    struct paper_row read = {0};
    row.bad = unpack_u8(&row) != ROW_VERSION;
    unpack_text(&row, read.tenant, sizeof read.tenant);
    unpack_text(&row, read.carton, sizeof read.carton);
    unpack_text(&row, read.place, sizeof read.place);
    unpack_text(&row, read.placed_by, sizeof read.placed_by);
    read.placed_ms = (int64_t)unpack_u64(&row);
    read.slip = unpack_u32(&row);
    read.line = unpack_u32(&row);
    read.destroyed_ms = (int64_t)unpack_u64(&row);
    if (row.bad || row.left.len != 0)
        return false;
    *ret_row = read;
    return true;
}

int paper_read(struct store_txn *txn, struct batch_id batch, struct paper_row *ret_row,
               struct err *err)
{
    struct db_key key = key_of_number(batch.n);
    struct bytes value = {0};
    int rc = store_get(txn, CAT_PAPERS, &key, &value, err);
    if (rc == 1 && !paper_row_decode(value, ret_row))
        return err_set(err, ERR_INTEGRITY, "the paper of batch %u: its row is damaged", batch.n);
    return rc;
}

int paper_write(struct store_txn *txn, struct batch_id batch, const struct paper_row *row,
                struct err *err)
{
    SCOPED(packer_free) struct packer bytes = {0};
    struct db_key key = key_of_number(batch.n);
    paper_row_encode(&bytes, row);
    return store_put_row(txn, CAT_PAPERS, &key, &bytes, err);
}

/* ---- where it lies ---- */

static int check_text(const char *text, const char *what, size_t least, size_t size,
                      struct err *err)
{
    const size_t len = strlen(text);
    if (len < least || len >= size)
        return err_set(err, ERR_FORMAT, "%s: has %zu to %zu bytes, this one %zu", what, least,
                       size - 1, len);
    for (size_t i = 0; i < len; i++)
        if ((unsigned char)text[i] < ' ' || text[i] == 0x7f)
            return err_set(err, ERR_FORMAT, "%s: byte %zu is no text", what, i + 1);
    return 0;
}

static int note_placed(struct store_txn *txn, struct batch_id batch, const struct paper_row *was,
                       const struct paper_row *now, struct err *err)
{
    char id[EVENT_ID_SIZE];
    snprintf(id, sizeof id, "paper %u placed %lld", batch.n, (long long)now->placed_ms);
    const struct journal_event event = {
        now->tenant, id, "paper_placed", now->placed_ms,
        json_pack("{s:I, s:{s:s, s:s}, s:{s:s, s:s}, s:s}", "batch", (json_int_t)batch.n, "from",
                  "carton", was->carton, "place", was->place, "to", "carton", now->carton, "place",
                  now->place, "actor", now->placed_by)};
    return journal_note(txn, &event, err);
}

static int place(struct store_txn *txn, const struct paper_move *move, struct err *err)
{
    struct batch_row batch;
    struct paper_row row = {0};
    int rc = catalogue_batch(txn, move->batch, &batch, err);
    if (rc == 0)
        return err_set(err, ERR_NOT_FOUND, "batch %u: there is none", move->batch.n);
    if (rc == 1)
        rc = paper_read(txn, move->batch, &row, err);
    if (rc < 0)
        return rc;
    if (row.destroyed_ms)
        return err_set(err, ERR_CONFLICT, "the paper of batch %u was destroyed with slip %u",
                       move->batch.n, row.slip);
    if (rc == 1 && strcmp(row.carton, move->carton) == 0 && strcmp(row.place, move->place) == 0)
        return 0;
    struct paper_row now = row;
    memcpy(now.tenant, batch.spec.tenant, sizeof now.tenant);
    snprintf(now.carton, sizeof now.carton, "%s", move->carton);
    snprintf(now.place, sizeof now.place, "%s", move->place);
    snprintf(now.placed_by, sizeof now.placed_by, "%.31s", move->actor);
    now.placed_ms = clock_wall_ms(); /* names the record: each placing has its own */
    if (now.placed_ms <= row.placed_ms)
        now.placed_ms = row.placed_ms + 1;
    rc = paper_write(txn, move->batch, &now, err);
    return rc < 0 ? rc : note_placed(txn, move->batch, &row, &now, err);
}

int paper_place(struct archive *archive, const struct paper_move *move, struct err *err)
{
    static const struct commit_points points = {"paper.place.before_commit",
                                                "paper.place.after_commit"};
    SCOPED(store_abort) struct store_txn txn = {0};
    int rc = check_text(move->carton, "carton", 1, CARTON_TEXT_SIZE, err);
    if (rc == 0)
        rc = check_text(move->place, "place", 0, PLACE_TEXT_SIZE, err);
    if (rc == 0)
        rc = archive_may_write(archive, err);
    if (rc == 0)
        rc = store_begin(archive->catalogue, &txn, err);
    if (rc == 0)
        rc = place(&txn, move, err);
    return rc < 0 ? rc : store_commit(&txn, &points, err);
}

/* ---- its facts ---- */

static int reckon_term(const struct archive *archive, const struct batch_row *batch,
                       struct paper_info *info, struct err *err)
{
    struct retention_term term;
    const struct day closed =
        batch->state == BATCH_CLOSED ? day_of_ms(batch->closed_ms) : (struct day){0};
    const struct retention_case of = {paper_tag, closed, batch->spec.received};
    int rc = retention_reckon(archive->retention, &of, &term, err);
    if (rc < 0 || !term.row)
        return rc;
    memcpy(info->rule, term.row->rule, sizeof info->rule);
    memcpy(info->law, term.row->law, sizeof info->law);
    info->rule_version = term.row->version;
    info->trigger = term.trigger;
    info->expiry = day_is_none(closed) ? closed : term.expiry;
    return 0;
}

int paper_reckon(const struct archive *archive, struct store_txn *txn, struct batch_id batch,
                 struct paper_info *ret_info, struct err *err)
{
    struct batch_row row;
    *ret_info = (struct paper_info){0};
    int rc = catalogue_batch(txn, batch, &row, err);
    if (rc == 0)
        return err_set(err, ERR_NOT_FOUND, "batch %u: there is none", batch.n);
    if (rc == 1)
        rc = paper_read(txn, batch, &ret_info->row, err);
    if (rc < 0)
        return rc;
    ret_info->placed = rc == 1;
    memcpy(ret_info->row.tenant, row.spec.tenant, sizeof ret_info->row.tenant);
    ret_info->sheets = row.end.sheets_fed - row.end.sheets_rejected;
    ret_info->received = row.spec.received;
    return reckon_term(archive, &row, ret_info, err);
}

int paper_show(struct archive *archive, struct batch_id batch, struct paper_info *ret_info,
               struct err *err)
{
    SCOPED(store_abort) struct store_txn txn = {0};
    int rc = store_begin_read(archive->catalogue, &txn, err);
    return rc < 0 ? rc : paper_reckon(archive, &txn, batch, ret_info, err);
}

int paper_sheets_of(struct archive *archive, struct document_id id, struct paper_sheets *ret_sheets,
                    struct err *err)
{
    SCOPED(store_abort) struct store_txn txn = {0};
    struct document_row row;
    struct page_row page;
    *ret_sheets = (struct paper_sheets){0};
    int rc = store_begin_read(archive->catalogue, &txn, err);
    if (rc == 0)
        rc = catalogue_filed(&txn, id, &row, err);
    for (uint32_t i = 0; rc >= 0 && i < row.page_count; i++) {
        rc = catalogue_page(&txn, (struct page_id){id.batch, id.first_page + i}, &page, err);
        if (rc == 1 && (i == 0 || page.sheet < ret_sheets->first))
            ret_sheets->first = page.sheet;
        if (rc == 1 && page.sheet > ret_sheets->last)
            ret_sheets->last = page.sheet;
    }
    return rc < 0 ? rc : 0;
}
