/*
 * Checking receipts: see receipt.h. A receipt comes from outside: every field is looked at, and
 * only what the signature covers is told.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "archive/day_seal.h"
#include "archive/journal.h"
#include "archive/receipt.h"

struct checking {
    const json_t *seals;
    const struct digest *key;
    struct receipt_facts facts;
};

static bool parse_path(const json_t *json, struct merkle_path *ret_path)
{
    size_t count = json_array_size(json);
    if (!json_is_array(json) || count > MERKLE_STEPS_MAX)
        return false;
    ret_path->count = (int)count;
    for (size_t i = 0; i < count; i++) {
        const char *text = json_string_value(json_array_get(json, i));
        if (!text || (text[0] != 'L' && text[0] != 'R') ||
            digest_parse(text + 1, &ret_path->steps[i].with) < 0)
            return false;
        ret_path->steps[i].left = text[0] == 'L';
    }
    return true;
}

static int statement_of(const struct checking *checking, uint32_t number, struct statement *ret,
                        struct err *err)
{
    char name[16];
    struct signed_statement sealed;
    snprintf(name, sizeof name, "%u", number);
    int rc = statement_from_json(json_object_get(checking->seals, name), &sealed, err);
    if (rc == 0)
        rc = statement_check(&sealed, checking->key, ret, err);
    if (rc == 0 && ret->number != number)
        rc = err_set(err, ERR_INTEGRITY, "its statement is that of seal %u", ret->number);
    return rc;
}

/* What is proven must also be about this envelope. */
static int take_record(struct checking *checking, const char *record, struct err *err)
{
    json_t *facts = json_loads(record, JSON_REJECT_DUPLICATES, NULL);
    const char *event = json_string_value(json_object_get(facts, "event"));
    const char *envelope = json_string_value(json_object_get(facts, "envelope"));
    bool good = event && envelope && strcmp(event, "filed") == 0 &&
                strcmp(envelope, checking->facts.envelope) == 0;
    checking->facts.pages += (uint32_t)json_array_size(json_object_get(facts, "pages"));
    json_decref(facts);
    return good ? 0
                : err_set(err, ERR_INTEGRITY, "its record files nothing of envelope %s",
                          checking->facts.envelope);
}

static int check_document(struct checking *checking, json_t *document, struct err *err)
{
    json_int_t seq = 0, number = 0;
    const char *before = NULL, *record = NULL;
    json_t *path_json = NULL;
    struct merkle_path path;
    struct digest hash;
    struct statement statement;
    if (json_unpack(document, "{s:I, s:s, s:s, s:I, s:o}", "seq", &seq, "before", &before, "record",
                    &record, "seal", &number, "path", &path_json) != 0 ||
        seq < 1 || number < 1 || number > UINT32_MAX || digest_parse(before, &hash) < 0 ||
        !parse_path(path_json, &path))
        return err_set(err, ERR_FORMAT, "a field is missing or damaged");
    int rc = statement_of(checking, (uint32_t)number, &statement, err);
    if (rc < 0)
        return rc;
    if (journal_chain(&hash, bytes_of(record, strlen(record)), &hash) < 0)
        return err_set(err, ERR_MEMORY, "no memory");
    struct digest leaf = day_seal_leaf(checking->facts.tenant, (uint64_t)seq, &hash);
    struct digest root = merkle_climb(&leaf, &path);
    if (!digest_equal(&root, &statement.root))
        return err_set(err, ERR_INTEGRITY, "its record is not in seal %u", statement.number);
    if (strcmp(statement.at, checking->facts.sealed_at) > 0)
        memcpy(checking->facts.sealed_at, statement.at, sizeof statement.at);
    return take_record(checking, record, err);
}

static bool start(const json_t *receipt, struct checking *checking)
{
    const char *envelope = json_string_value(json_object_get(receipt, "envelope"));
    const char *tenant = json_string_value(json_object_get(receipt, "tenant"));
    size_t count = json_array_size(json_object_get(receipt, "documents"));
    checking->seals = json_object_get(receipt, "seals");
    if (json_integer_value(json_object_get(receipt, "tripli_receipt")) != 1 || !envelope ||
        !tenant || strlen(envelope) >= ID_TEXT_SIZE || strlen(tenant) != TENANT_TEXT_SIZE - 1 ||
        count == 0 || count > RECEIPT_DOCUMENTS_MAX)
        return false;
    memcpy(checking->facts.envelope, envelope, strlen(envelope) + 1);
    memcpy(checking->facts.tenant, tenant, TENANT_TEXT_SIZE);
    return true;
}

int receipt_check(const json_t *receipt, const struct digest *public_key,
                  struct receipt_facts *ret_facts, struct err *err)
{
    struct checking checking = {.key = public_key};
    if (!start(receipt, &checking))
        return err_set(err, ERR_FORMAT, "not a receipt");
    size_t i;
    json_t *document;
    json_array_foreach(json_object_get(receipt, "documents"), i, document)
    {
        struct err why = {0};
        int rc = check_document(&checking, document, &why);
        if (rc < 0)
            return err_set(err, rc, "document %zu of envelope %s is not proven: %.200s", i + 1,
                           checking.facts.envelope, why.text);
        checking.facts.documents++;
    }
    *ret_facts = checking.facts;
    return 0;
}
