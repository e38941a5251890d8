/*
 * Reading everything back: see find.h. Works beside a writer: each box and each stretch of
 * documents is looked at in a transaction of its own, so that the catalogue does not grow
 * meanwhile.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "archive/verify.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "archive/journal.h"
#include "archive/merge.h"
#include "archive/slip.h"
#include "base/scope.h"

enum { DOCUMENTS_PER_LOOK = 1000, LINE_MAX_BYTES = 500 };

void discrepancy(struct verifying *verifying, const char *format, ...)
{
    char line[LINE_MAX_BYTES];
    va_list args;
    va_start(args, format);
    vsnprintf(line, sizeof line, format, args);
    va_end(args);
    verifying->report.discrepancies++;
    if (verifying->say)
        verifying->say(verifying->to, line);
}

/* ---- journals ---- */

struct journal_look {
    struct verifying *verifying;
    struct store_txn *txn;
    const char *tenant;
};

/* It went with its box, as the journal says. */
static bool is_destroyed(const struct journal_look *look, struct document_id id)
{
    struct box_row row;
    uint64_t seq;
    uint32_t box;
    char event[EVENT_ID_SIZE];
    if (destroyed_with(look->txn, id, &box, NULL) != 1)
        return false;
    snprintf(event, sizeof event, "box_destroyed %u", box);
    return catalogue_box(look->txn, box, &row, NULL) == 1 && row.state == BOX_DESTROYED &&
           journal_find(look->txn, look->tenant, event, &seq, NULL) == 1;
}

/* A paper that the journal says was placed has a row. */
static void look_at_placing(const struct journal_look *look, uint64_t seq, const char *text)
{
    uint32_t batch;
    struct bytes row;
    if (sscanf(text, "{\"id\":\"paper %u placed", &batch) != 1 || !strstr(text, " placed "))
        return;
    const struct db_key key = key_of_number(batch);
    if (store_get(look->txn, CAT_PAPERS, &key, &row, NULL) != 1)
        discrepancy(look->verifying,
                    "journal of tenant %s: record %llu places the paper of batch %u, which is "
                    "missing",
                    look->tenant, (unsigned long long)seq, batch);
}

/* What the journal says was filed must be in the catalogue, or destroyed. */
static int look_at_record(void *to, uint64_t seq, struct bytes record)
{
    const struct journal_look *look = to;
    char text[64] = "";
    struct document_id id;
    struct document_row row;
    memcpy(text, record.at, record.len < sizeof text - 1 ? record.len : sizeof text - 1);
    look_at_placing(look, seq, text);
    if (sscanf(text, "{\"id\":\"filed %u-%u\"", &id.batch, &id.first_page) != 2)
        return 0;
    int rc = catalogue_document(look->txn, id, &row, NULL);
    if (rc == 0 && !is_destroyed(look, id))
        discrepancy(look->verifying,
                    "journal of tenant %s: record %llu files document %u-%u, which is missing",
                    look->tenant, (unsigned long long)seq, id.batch, id.first_page);
    return 0; /* a damaged row is named when documents are looked at */
}

static int verify_journal(struct verifying *verifying, struct store_txn *txn, const char *tenant,
                          struct err *err)
{
    struct journal_look look = {verifying, txn, tenant};
    struct journal_visitor visitor = {look_at_record, &look};
    struct journal_check check;
    int rc = journal_verify(txn, tenant, &visitor, &check, err);
    if (rc < 0) {
        discrepancy(verifying, "journal of tenant %s: %s", tenant, err->text);
        return 0;
    }
    verifying->report.journal_records += check.records;
    if (check.broken_at)
        discrepancy(verifying, "journal of tenant %s: record %llu: %s", tenant,
                    (unsigned long long)check.broken_at, check.why);
    struct err why = {0};
    if (merge_check(txn, tenant, &why) < 0)
        discrepancy(verifying, "%s", why.text);
    return 0;
}

int verify_journals(struct verifying *verifying, struct err *err)
{
    SCOPED(store_abort) struct store_txn txn = {0};
    char tenant[TENANT_TEXT_SIZE] = "";
    int rc = store_begin_read(verifying->archive->catalogue, &txn, err);
    while (rc >= 0 && (rc = journal_next_tenant(&txn, tenant, err)) == 1)
        rc = verify_journal(verifying, &txn, tenant, err);
    return rc < 0 ? rc : 0;
}

/* ---- documents: rows against the journal and the indexes ---- */

static void check_vouched(struct verifying *verifying, struct store_txn *txn, struct document_id id,
                          const struct document_row *row)
{
    struct digest now;
    struct bytes record = {0};
    char hex[DIGEST_HEX_SIZE];
    struct err err;
    if (catalogue_document_digest(txn, id, &now, &err) < 0) {
        discrepancy(verifying, "document %u-%u: %s", id.batch, id.first_page, err.text);
        return;
    }
    json_t *facts = NULL;
    if (journal_record(txn, row->tenant, row->journal_seq, &record, NULL) == 1)
        facts = json_loadb((const char *)record.at, record.len, 0, NULL);
    const char *vouched = json_string_value(json_object_get(facts, "row"));
    if (!vouched)
        discrepancy(verifying, "document %u-%u: record %llu of its tenant's journal does not vouch",
                    id.batch, id.first_page, (unsigned long long)row->journal_seq);
    else if (strcmp(vouched, digest_hex(&now, hex)) != 0)
        discrepancy(verifying,
                    "document %u-%u: its rows in the catalogue are not the ones the journal knows",
                    id.batch, id.first_page);
    json_decref(facts);
}

static void check_index(struct verifying *verifying, struct store_txn *txn, struct document_id id,
                        const struct document_row *row)
{
    const struct {
        int db;
        struct db_key key;
    } places[] = {{CAT_BY_TENANT, catalogue_tenant_key(row->tenant)},
                  {CAT_BY_TAG, catalogue_tag_key(row->tenant, row->tag)},
                  {CAT_BY_BOX, key_of_number(row->box)}};
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        struct db_key key = places[i].key;
        struct bytes value;
        key_u32(key_u32(&key, id.batch), id.first_page);
        if (store_get(txn, places[i].db, &key, &value, NULL) != 1)
            discrepancy(verifying, "document %u-%u: an index does not lead to it", id.batch,
                        id.first_page);
    }
}

static void check_document(struct verifying *verifying, struct store_txn *txn,
                           struct document_id id)
{
    struct document_row row;
    struct err err;
    verifying->report.documents++;
    if (catalogue_document(txn, id, &row, &err) != 1) {
        discrepancy(verifying, "document %u-%u: its row is damaged", id.batch, id.first_page);
        return;
    }
    check_vouched(verifying, txn, id, &row);
    check_index(verifying, txn, id, &row);
}

/* Up to DOCUMENTS_PER_LOOK from `next` on: 1 there may be more. */
static int look_at_documents(struct verifying *verifying, struct document_id *next, struct err *err)
{
    SCOPED(store_abort) struct store_txn txn = {0};
    const struct db_key all = {.len = 0};
    int rc = store_begin_read(verifying->archive->catalogue, &txn, err);
    for (int i = 0; rc >= 0 && i < DOCUMENTS_PER_LOOK; i++) {
        rc = catalogue_seek_document(&txn, CAT_DOCUMENTS, &all, next, err);
        if (rc <= 0)
            return rc;
        check_document(verifying, &txn, *next);
        next->first_page++;
    }
    return rc < 0 ? rc : 1;
}

int verify_documents(struct verifying *verifying, struct err *err)
{
    struct document_id next = {0};
    int rc;
    while ((rc = look_at_documents(verifying, &next, err)) == 1)
        ;
    return rc;
}

/* ---- all ---- */

int verify_archive(struct archive *archive, void (*say)(void *to, const char *line), void *to,
                   struct verify_report *ret_report, struct err *err)
{
    struct verifying verifying = {.archive = archive, .say = say, .to = to};
    int rc = verify_keys(&verifying, err);
    if (rc == 0)
        rc = verify_journals(&verifying, err);
    if (rc == 0)
        rc = verify_seals(&verifying, err);
    if (rc == 0)
        rc = verify_access(&verifying, err);
    if (rc == 0)
        rc = verify_documents(&verifying, err);
    if (rc == 0)
        rc = verify_boxes(&verifying, err);
    if (rc == 0)
        rc = verify_folders(&verifying, err);
    if (rc == 0)
        rc = verify_papers(&verifying, err);
    if (rc == 0)
        rc = verify_intake(&verifying, err);
    *ret_report = verifying.report;
    return rc;
}
