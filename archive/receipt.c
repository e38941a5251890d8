/*
 * Making receipts: see receipt.h.
 *   {"tripli_receipt": 1, "envelope", "tenant", "documents": [{"seq", "before", "record", "seal",
 *    "path": ["L<digest>" | "R<digest>", …]}], "seals": {"<number>": {"statement", "signature"}}}
 * `before` is the chain's hash before the record, L and R tell on which side the digest stands.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "archive/receipt.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "archive/catalogue.h"
#include "archive/day_seal.h"
#include "archive/gone.h"
#include "archive/journal.h"
#include "archive/state.h"
#include "base/scope.h"

/* The seal that was needed last, its tree, and the seal before it. */
struct making {
    struct archive *archive;
    struct store_txn txn;
    uint32_t count; /* of seals */
    struct digest key;
    struct day_seal before, seal;
    struct merkle *tree;
    json_t *documents, *seals;
    char tenant[TENANT_TEXT_SIZE];
};

static void making_free(struct making **making)
{
    if (!*making)
        return;
    merkle_free(&(*making)->tree);
    json_decref((*making)->documents);
    json_decref((*making)->seals);
    store_abort(&(*making)->txn);
    free(*making);
    *making = NULL;
}

static int start(struct archive *archive, struct making **ret, struct err *err)
{
    struct making *making = *ret = calloc(1, sizeof *making);
    if (!making)
        return err_set(err, ERR_MEMORY, "receipt: no memory");
    making->archive = archive;
    making->documents = json_array();
    making->seals = json_object();
    int rc = day_seal_count(archive, &making->count, err);
    if (rc == 0 && making->count)
        rc = day_seal_own_key(archive, &making->key, err);
    return rc < 0 ? rc : store_begin_read(archive->catalogue, &making->txn, err);
}

/* ---- the seal of a record ---- */

static int load(struct making *making, uint32_t number, struct day_seal *ret_seal, struct err *err)
{
    *ret_seal = (struct day_seal){0};
    return number == 0 ? 0 : day_seal_load(making->archive, number, &making->key, ret_seal, err);
}

/* The first seal that reaches the record, by halving: heads never fall. Leaves it in `seal`. */
static int seek_seal(struct making *making, const char *tenant, uint64_t seq, struct err *err)
{
    uint32_t low = 1, high = making->count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        int rc = load(making, middle, &making->seal, err);
        if (rc < 0)
            return rc;
        if (day_seal_reach(&making->seal, tenant) >= seq)
            high = middle;
        else
            low = middle + 1;
    }
    return load(making, low, &making->seal, err);
}

static int find_seal(struct making *making, const char *tenant, uint64_t seq, struct err *err)
{
    bool at_hand = making->tree && day_seal_reach(&making->before, tenant) < seq &&
                   seq <= day_seal_reach(&making->seal, tenant);
    if (at_hand)
        return 0;
    merkle_free(&making->tree);
    int rc = making->count ? seek_seal(making, tenant, seq, err) : 0;
    if (rc < 0)
        return rc;
    if (!making->count || day_seal_reach(&making->seal, tenant) < seq)
        return err_set(err, ERR_CONFLICT,
                       "record %llu of tenant %s is filed and not sealed yet; the day's seal, or "
                       "tripli seal, takes it in",
                       (unsigned long long)seq, tenant);
    rc = load(making, making->seal.statement.number - 1, &making->before, err);
    if (rc == 0)
        rc = day_seal_tree(&making->txn, &making->before, &making->seal, &making->tree, err);
    if (rc < 0)
        return rc;
    struct digest root = merkle_root(making->tree);
    return digest_equal(&root, &making->seal.statement.root)
               ? 0
               : err_set(err, ERR_INTEGRITY, "seal %u: its root is not that of the records",
                         making->seal.statement.number);
}

static size_t leaf_index(const struct making *making, const char *tenant, uint64_t seq)
{
    size_t index = 0;
    for (int i = 0; i < making->seal.head_count; i++) {
        const struct seal_head *head = &making->seal.heads[i];
        uint64_t from = day_seal_reach(&making->before, head->tenant);
        if (strcmp(head->tenant, tenant) == 0)
            return index + (size_t)(seq - from - 1);
        index += (size_t)(head->seq - from);
    }
    return index;
}

/* ---- documents ---- */

static json_t *path_json(const struct making *making, size_t index)
{
    struct merkle_path path;
    json_t *steps = json_array();
    merkle_path_of(making->tree, index, &path);
    for (int i = 0; i < path.count; i++) {
        char text[DIGEST_HEX_SIZE + 1] = {path.steps[i].left ? 'L' : 'R'};
        digest_hex(&path.steps[i].with, text + 1);
        json_array_append_new(steps, json_string(text));
    }
    return steps;
}

static void add_seal(struct making *making)
{
    char number[16];
    snprintf(number, sizeof number, "%u", making->seal.statement.number);
    if (!json_object_get(making->seals, number))
        json_object_set_new(making->seals, number, statement_to_json(&making->seal.sealed));
}

/* The record of the filing: the row's own may be a later one, of a move. */
static int filed_record(struct making *making, struct document_id id, const char *tenant,
                        uint64_t *ret_seq, struct err *err)
{
    char event[EVENT_ID_SIZE];
    snprintf(event, sizeof event, "filed %u-%u", id.batch, id.first_page);
    int rc = journal_find(&making->txn, tenant, event, ret_seq, err);
    if (rc == 0)
        return err_set(err, ERR_INTEGRITY, "document %u-%u: no record of its filing", id.batch,
                       id.first_page);
    return rc < 0 ? rc : 0;
}

static int add_document(struct making *making, struct document_id id,
                        const struct document_row *row, struct err *err)
{
    char before[DIGEST_HEX_SIZE];
    struct digest hash;
    struct bytes record = {0};
    uint64_t seq = 0;
    int rc = filed_record(making, id, row->tenant, &seq, err);
    if (rc == 0)
        rc = find_seal(making, row->tenant, seq, err);
    if (rc == 0)
        rc = journal_hash(&making->txn, row->tenant, seq - 1, &hash, err);
    if (rc == 0)
        rc = journal_record(&making->txn, row->tenant, seq, &record, err);
    if (rc < 0)
        return rc;
    json_t *document = json_pack("{s:I, s:s, s:s%, s:I, s:o}", "seq", (json_int_t)seq, "before",
                                 digest_hex(&hash, before), "record", (const char *)record.at,
                                 record.len, "seal", (json_int_t)making->seal.statement.number,
                                 "path", path_json(making, leaf_index(making, row->tenant, seq)));
    add_seal(making);
    memcpy(making->tenant, row->tenant, sizeof making->tenant);
    return json_array_append_new(making->documents, document) == 0
               ? 0
               : err_set(err, ERR_MEMORY, "receipt: no memory");
}

/* The documents of an envelope follow one another. */
static int add_documents(struct making *making, struct envelope_id envelope, struct err *err)
{
    SCOPED(store_walk_end) struct store_cursor cursor = {0};
    struct db_key from = key_of_page((struct page_id){envelope.batch, envelope.first_page});
    struct store_entry entry;
    int rc = store_walk(&making->txn, CAT_DOCUMENTS, &from, &cursor, err);
    while (rc >= 0 && (rc = store_next(&cursor, &entry, err)) == 1) {
        struct document_id id = catalogue_document_of(entry.key);
        struct document_row row;
        if (!document_row_decode(entry.value, &row))
            return err_set(err, ERR_INTEGRITY, "document %u-%u: its row is damaged", id.batch,
                           id.first_page);
        if (id.batch != envelope.batch || row.envelope != envelope.first_page)
            break;
        rc = json_array_size(making->documents) < RECEIPT_DOCUMENTS_MAX
                 ? add_document(making, id, &row, err)
                 : err_set(err, ERR_LIMIT, "envelope %u-%u: more than %d documents", envelope.batch,
                           envelope.first_page, RECEIPT_DOCUMENTS_MAX);
    }
    return rc < 0 ? rc : 0;
}

/* It was destroyed, or never filed: ERR_NOT_FOUND either way. */
static int nothing_of_it(struct making *making, struct envelope_id envelope, struct err *err)
{
    const struct document_id first = {envelope.batch, envelope.first_page};
    struct document_row row;
    int rc = filed_or_gone(making->archive, &making->txn, first, &row, err);
    return rc < 0 ? rc
                  : err_set(err, ERR_NOT_FOUND, "envelope %u-%u: nothing of it is filed",
                            envelope.batch, envelope.first_page);
}

int receipt_make(struct archive *archive, struct envelope_id envelope, json_t **ret_receipt,
                 struct err *err)
{
    SCOPED(making_free) struct making *making = NULL;
    char id[ID_TEXT_SIZE];
    int rc = start(archive, &making, err);
    if (rc == 0)
        rc = add_documents(making, envelope, err);
    if (rc < 0)
        return rc;
    page_id_format((struct page_id){envelope.batch, envelope.first_page}, id);
    if (json_array_size(making->documents) == 0)
        return nothing_of_it(making, envelope, err);
    *ret_receipt =
        json_pack("{s:i, s:s, s:s, s:O, s:O}", "tripli_receipt", 1, "envelope", id, "tenant",
                  making->tenant, "documents", making->documents, "seals", making->seals);
    return *ret_receipt ? 0 : err_set(err, ERR_MEMORY, "receipt: no memory");
}
