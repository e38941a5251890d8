/*
 * What became of a document: see gone.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "archive/gone.h"

#include <jansson.h>
#include <stdio.h>

#include "archive/journal.h"
#include "archive/slip.h"

/* The journal's record of the destruction of a box; NULL: none. */
static json_t *record_of(struct store_txn *txn, const char *tenant, uint32_t box)
{
    char event[EVENT_ID_SIZE];
    uint64_t seq;
    struct bytes text;
    snprintf(event, sizeof event, "box_destroyed %u", box);
    if (journal_find(txn, tenant, event, &seq, NULL) != 1 ||
        journal_record(txn, tenant, seq, &text, NULL) != 1)
        return NULL;
    return json_loadb((const char *)text.at, text.len, 0, NULL);
}

static int tell_destroyed(const struct archive *archive, struct store_txn *txn,
                          struct document_id id, uint32_t box, struct err *err)
{
    struct box_row row;
    int rc = catalogue_box(txn, box, &row, err);
    if (rc == 1)
        rc = keys_check(archive->keys, &(struct key_owner){row.tenant, row.compartment}, err);
    if (rc < 0)
        return rc;
    const char *at = NULL, *visa = NULL;
    json_int_t slip = 0;
    json_t *record = record_of(txn, row.tenant, box);
    if (record &&
        json_unpack(record, "{s:s, s:s, s:I}", "at", &at, "visa", &visa, "slip", &slip) == 0)
        err_set(err, ERR_NOT_FOUND, "document %u-%u: destroyed on %.10s, slip %lld, visa %s",
                id.batch, id.first_page, at, (long long)slip, visa);
    else
        err_set(err, ERR_NOT_FOUND, "document %u-%u: destroyed with box %u", id.batch,
                id.first_page, box);
    json_decref(record);
    return ERR_NOT_FOUND;
}

int filed_or_gone(const struct archive *archive, struct store_txn *txn, struct document_id id,
                  struct document_row *ret_row, struct err *err)
{
    uint32_t box;
    int rc = catalogue_filed(txn, id, ret_row, err);
    if (rc != ERR_NOT_FOUND || destroyed_with(txn, id, &box, NULL) != 1)
        return rc;
    return tell_destroyed(archive, txn, id, box, err);
}
