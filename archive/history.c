/*
 * The history of a document: see history.h. Each record of a move names the one before it, so that
 * the way back to the filing costs as many reads as there were steps.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "archive/history.h"

#include <string.h>

#include "archive/journal.h"
#include "archive/state.h"
#include "base/clock.h"
#include "base/scope.h"

/* Puts record `seq` before the others; returns 1 and the record before it, 0 it was the filing. */
static int add_step(struct store_txn *txn, const char *tenant, uint64_t *seq, json_t *steps,
                    struct err *err)
{
    struct bytes text = {0};
    int rc = journal_record(txn, tenant, *seq, &text, err);
    if (rc < 0)
        return rc;
    json_t *record = rc == 1 ? json_loadb((const char *)text.at, text.len, 0, NULL) : NULL;
    const char *name = json_string_value(json_object_get(record, "event"));
    const json_int_t before = json_integer_value(json_object_get(record, "after"));
    bool filing = name && strcmp(name, "filed") == 0;
    if (!name || (!filing && (before < 1 || (uint64_t)before >= *seq))) {
        json_decref(record);
        return err_set(err, ERR_INTEGRITY, "journal of tenant %s: record %llu leads to no filing",
                       tenant, (unsigned long long)*seq);
    }
    json_object_set_new(record, "seq", json_integer((json_int_t)*seq));
    if (json_array_insert_new(steps, 0, record) < 0)
        return err_set(err, ERR_MEMORY, "history: no memory");
    *seq = (uint64_t)before;
    return filing ? 0 : 1;
}

static int read_steps(struct store_txn *txn, const struct document_row *row, json_t *steps,
                      struct err *err)
{
    uint64_t seq = row->journal_seq;
    int rc = steps ? 1 : err_set(err, ERR_MEMORY, "history: no memory");
    while (rc == 1)
        rc = add_step(txn, row->tenant, &seq, steps, err);
    return rc;
}

static void explain_term(const struct archive *archive, const struct document_row *row,
                         struct history *history)
{
    const struct retention_row *rule = NULL;
    history->by_fallback = row->by_fallback;
    history->trigger = row->event;
    history->has_rule =
        retention_find(archive->retention, row->rule, row->rule_version, &rule, NULL) == 0;
    if (!history->has_rule)
        return;
    history->rule = *rule;
    if (row->by_fallback)
        history->trigger = day_add_months(row->received, rule->margin_months);
}

static int read_slip(struct store_txn *txn, uint32_t box, uint32_t *ret_slip, struct err *err)
{
    const struct db_key key = key_of_number(box);
    struct bytes value = {0};
    int rc = store_get(txn, CAT_BOX_SLIPS, &key, &value, err);
    struct unpacker place = {.left = value};
    *ret_slip = rc == 1 ? unpack_u32(&place) : 0;
    return rc < 0 ? rc : 0;
}

int history_read(struct archive *archive, struct document_id id, struct history *ret_history,
                 struct err *err)
{
    SCOPED(store_abort) struct store_txn txn = {0};
    SCOPED(history_clear) struct history history = {0};
    struct document_row row;
    int rc = store_begin_read(archive->catalogue, &txn, err);
    if (rc == 0)
        rc = catalogue_filed(&txn, id, &row, err);
    if (rc == 0)
        rc = keys_check(archive->keys, &(struct key_owner){row.tenant, row.compartment}, err);
    if (rc < 0)
        return rc;
    history.box = row.box;
    rc = read_slip(&txn, row.box, &history.slip, err);
    if (rc < 0)
        return rc;
    explain_term(archive, &row, &history);
    history.steps = json_array();
    rc = read_steps(&txn, &row, history.steps, err);
    const struct hold_subject subject = {id, &row, day_of_ms(clock_wall_ms())};
    if (rc == 0)
        rc = holds_on(&txn, &subject, &history.holds, err);
    if (rc < 0)
        return rc;
    *ret_history = history;
    history.steps = NULL;
    return 0;
}

void history_clear(struct history *history)
{
    json_decref(history->steps);
    history->steps = NULL;
}
