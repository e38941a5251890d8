/*
 * The paper of batches: each row against its batch, against the journal's last word on where it
 * lies and whether it is gone, and against the slip that it is on.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdio.h>
#include <string.h>

#include "archive/journal.h"
#include "archive/paper_slip.h"
#include "archive/verify.h"
#include "base/scope.h"

struct paper_look {
    struct verifying *verifying;
    struct store_txn *txn;
    uint32_t batch;
    struct paper_row row;
};

static void complain(const struct paper_look *look, const char *what)
{
    discrepancy(look->verifying, "paper of batch %u: %s", look->batch, what);
}

/* Carton and place are those that the record of the last placing says. */
static void check_place(const struct paper_look *look)
{
    char id[EVENT_ID_SIZE];
    struct bytes text = {0};
    uint64_t seq;
    snprintf(id, sizeof id, "paper %u placed %lld", look->batch, (long long)look->row.placed_ms);
    int rc = journal_find(look->txn, look->row.tenant, id, &seq, NULL);
    if (rc == 1)
        rc = journal_record(look->txn, look->row.tenant, seq, &text, NULL);
    json_t *record = rc == 1 ? json_loadb((const char *)text.at, text.len, 0, NULL) : NULL;
    const json_t *to = json_object_get(record, "to");
    const char *carton = json_string_value(json_object_get(to, "carton"));
    const char *place = json_string_value(json_object_get(to, "place"));
    if (!carton || !place || strcmp(carton, look->row.carton) != 0 ||
        strcmp(place, look->row.place) != 0)
        complain(look, "it lies where the journal does not say");
    json_decref(record);
}

static void check_end(const struct paper_look *look)
{
    char id[EVENT_ID_SIZE];
    uint64_t seq;
    snprintf(id, sizeof id, "paper_destroyed %u", look->batch);
    const bool gone = journal_find(look->txn, look->row.tenant, id, &seq, NULL) == 1;
    if (gone != (look->row.destroyed_ms != 0))
        complain(look, gone ? "the journal says that it was destroyed, its row does not"
                            : "its row says that it was destroyed, the journal does not");
}

static void check_slip(const struct paper_look *look)
{
    const struct db_key key =
        slip_box_key((struct slip_place){look->row.slip, look->row.line}, look->batch);
    struct bytes value;
    struct slip_row slip;
    if (look->row.slip == 0)
        return;
    if (slip_read(look->txn, look->row.slip, &slip, &(struct err){0}) < 0)
        complain(look, "the slip that it is on is missing");
    else if (!look->row.destroyed_ms &&
             store_get(look->txn, CAT_SLIP_PAPERS, &key, &value, NULL) != 1)
        complain(look, "the slip that it is on does not list it");
}

static void check_paper(struct verifying *verifying, struct store_txn *txn,
                        const struct store_entry *entry)
{
    struct unpacker key = {.left = entry->key};
    struct paper_look look = {.verifying = verifying, .txn = txn, .batch = unpack_u32(&key)};
    struct batch_row batch;
    if (!paper_row_decode(entry->value, &look.row)) {
        complain(&look, "its row is damaged");
        return;
    }
    if (catalogue_batch(txn, (struct batch_id){look.batch}, &batch, NULL) != 1)
        complain(&look, "its batch is missing");
    else if (strcmp(batch.spec.tenant, look.row.tenant) != 0)
        complain(&look, "its batch is another tenant's");
    if (look.row.placed_ms)
        check_place(&look);
    check_end(&look);
    check_slip(&look);
}

int verify_papers(struct verifying *verifying, struct err *err)
{
    SCOPED(store_abort) struct store_txn txn = {0};
    SCOPED(store_walk_end) struct store_cursor cursor = {0};
    const struct db_key from = {.len = 0};
    struct store_entry entry;
    int rc = store_begin_read(verifying->archive->catalogue, &txn, err);
    if (rc == 0)
        rc = store_walk(&txn, CAT_PAPERS, &from, &cursor, err);
    while (rc >= 0 && (rc = store_next(&cursor, &entry, err)) == 1)
        check_paper(verifying, &txn, &entry);
    return rc < 0 ? rc : 0;
}
