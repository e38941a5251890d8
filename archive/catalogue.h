/*
 * The catalogue: batches, envelopes, documents, pages, boxes, indexes and the journal, in one LMDB
 * environment. Rows go in and out whole; get functions answer 1 found, 0 not there, and
 * ERR_INTEGRITY for bytes that are no row.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "archive/rows.h"
#include "archive/store.h"

enum catalogue_db {
    CAT_META, /* name → number; "in_flight" → what the last filing run must finish in intake */
    CAT_BATCHES,       /* batch → batch_row */
    CAT_UUIDS,         /* uuid → batch */
    CAT_UNCLOSED,      /* batch → "" for batches that are not closed */
    CAT_ENVELOPES,     /* batch, first page → envelope_row */
    CAT_DOCUMENTS,     /* batch, first page → document_row */
    CAT_PAGES,         /* batch, page → page_row */
    CAT_BOXES,         /* box → box_row */
    CAT_SERIES,        /* box path without its number, number → box */
    CAT_OPEN_BOXES,    /* box → "" */
    CAT_BY_TENANT,     /* tenant, document → "" */
    CAT_BY_TAG,        /* tenant, tag, 0, document → "" */
    CAT_BY_INSURED,    /* tenant, compartment, keyed hash, document → "" */
    CAT_BY_BOX,        /* box, document → "" */
    CAT_JOURNAL,       /* tenant, number → hash, record */
    CAT_HEADS,         /* tenant → number and hash of the chain's last record */
    CAT_EVENTS,        /* tenant, event id → number of its record */
    CAT_MOVED,         /* box, document that left it → "": its pages there are dead weight */
    CAT_HOLDS,         /* name, 0 → hold_row */
    CAT_HELD,          /* subject of a hold, name → "" */
    CAT_HOLD_SUBJECTS, /* name, 0, subject → "" */
    CAT_SLIPS,         /* slip → slip_row */
    CAT_SLIP_LINES,    /* slip, line → slip_line_row */
    CAT_SLIP_BOXES,    /* slip, line, box → documents, pages: as drawn */
    CAT_BOX_SLIPS,     /* box → slip, line: while it is on one */
    CAT_ERASING,       /* box → "": destroyed, its key or files may still be there */
    CAT_TOMBS,         /* document → box that it was destroyed with, its pages */
    CAT_PAPERS,        /* batch → paper_row, when somebody said where its paper lies */
    CAT_SLIP_PAPERS,   /* slip, line, batch → sheets: its paper, as drawn */
    CAT_DATABASES
};

/* Rows are read by position, so what another layout wrote is refused (ERR_CONFLICT), not misread:
 * count this up with every change of a row in rows.h or of the intake's rows. */
enum { CATALOGUE_LAYOUT = 4 };

int catalogue_open(const char *data_dir, uint64_t map_bytes, enum store_mode mode,
                   struct store **ret_store, struct err *err);

/* Numbers by name in CAT_META; 0 when never set. */
int catalogue_number(struct store_txn *txn, const char *name, uint64_t *ret_number,
                     struct err *err);
int catalogue_set_number(struct store_txn *txn, const char *name, uint64_t number, struct err *err);

int catalogue_batch(struct store_txn *txn, struct batch_id id, struct batch_row *ret_row,
                    struct err *err);
int catalogue_put_batch(struct store_txn *txn, struct batch_id id, const struct batch_row *row,
                        struct err *err);
int catalogue_envelope(struct store_txn *txn, struct envelope_id id, struct envelope_row *ret_row,
                       struct err *err);
int catalogue_put_envelope(struct store_txn *txn, struct envelope_id id,
                           const struct envelope_row *row, struct err *err);
int catalogue_document(struct store_txn *txn, struct document_id id, struct document_row *ret_row,
                       struct err *err);
/* The same of one that somebody named: 0, or ERR_NOT_FOUND, not filed. */
int catalogue_filed(struct store_txn *txn, struct document_id id, struct document_row *ret_row,
                    struct err *err);
/* The row and its index entries (tenant, tag, box, insured numbers). */
int catalogue_put_document(struct store_txn *txn, struct document_id id,
                           const struct document_row *row, struct err *err);
/* Row and index entries go; its pages' rows are the caller's. */
int catalogue_remove_document(struct store_txn *txn, struct document_id id,
                              const struct document_row *row, struct err *err);
/* Takes the index entries of a row away, before another row is put in its place. */
int catalogue_unindex_document(struct store_txn *txn, struct document_id id,
                               const struct document_row *row, struct err *err);
/* Whether the document left its pages behind in the box: 1, 0. */
int catalogue_has_moved(struct store_txn *txn, uint32_t box, struct document_id id,
                        struct err *err);
/* Notes that it did, or that it is back. */
int catalogue_set_moved(struct store_txn *txn, uint32_t box, struct document_id id, bool moved,
                        struct err *err);
int catalogue_page(struct store_txn *txn, struct page_id id, struct page_row *ret_row,
                   struct err *err);
int catalogue_put_page(struct store_txn *txn, struct page_id id, const struct page_row *row,
                       struct err *err);
int catalogue_box(struct store_txn *txn, uint32_t box, struct box_row *ret_row, struct err *err);
/* The row, its place in the series and among the open boxes. */
int catalogue_put_box(struct store_txn *txn, uint32_t box, const struct box_row *row,
                      struct err *err);
/* The box with the highest number of the series and filing month of `like`; 0 when none. */
int catalogue_last_box(struct store_txn *txn, const struct box_row *like, uint32_t *ret_box,
                       struct err *err);

/* Keys of the indexes: up to the document id, which follows as the last 8 bytes. */
struct db_key catalogue_tenant_key(const char *tenant);
struct db_key catalogue_tag_key(const char *tenant, const char *tag);
struct db_key catalogue_insured_key(const char *tenant, enum compartment compartment,
                                    const struct insured_hash *hash);
struct document_id catalogue_document_of(struct bytes index_key);

/* The first document from `*id` on in a database whose keys are `prefix`, document id: 1 and it is
 * in `*id`, 0 none. A walk begins with {0} and goes on behind what it found: id.first_page++. */
int catalogue_seek_document(struct store_txn *txn, int db, const struct db_key *prefix,
                            struct document_id *id, struct err *err);

/* What vouches for a document: the digest of its row and of its pages' rows, as they stand. */
int catalogue_document_digest(struct store_txn *txn, struct document_id id,
                              struct digest *ret_digest, struct err *err);
