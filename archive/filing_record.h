/*
 * What a page and a document look like in their box, in the catalogue and in the journal.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "archive/filing_plan.h"

/* A page taken from intake: checked against its digest at birth. */
struct filing_page {
    struct buf image;
    struct packer record;
    struct digest evidence; /* of the record of its capture: how the copy came to be */
    char insured[16];
};

int filing_page_read(struct archive *archive, struct store_txn *txn, const struct plan_page *page,
                     struct filing_page *ret_page, struct err *err);
void filing_page_clear(struct filing_page *page);

/* Adds the keyed hash of an insured number ("": nothing) to the document, once. */
int filing_add_insured(struct archive *archive, struct plan_document *document, const char *insured,
                       struct err *err);

/* The keyed hash by which a number is found; blanks in it do not matter. */
int filing_insured_hash(struct keys *keys, const struct key_owner *owner, const char *insured,
                        struct insured_hash *ret_hash, struct err *err);

/* Rows of document and pages, and the record of the journal that vouches for them. */
int filing_enter_document(struct store_txn *txn, const struct plan *plan,
                          struct plan_document *document, struct err *err);

/* Journals a box: "box_opened", "box_closed". */
int filing_note_box(struct store_txn *txn, uint32_t number, const struct box_row *row,
                    const char *event, struct err *err);
