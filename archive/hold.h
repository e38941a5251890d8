/*
 * Holds (gels): a named reason that forbids destruction. Several may lie on one document; it may go
 * when all are lifted or ended. A hold lies on a document, on a batch, on a box (its documents keep
 * it wherever they lie later) or on what is filed under an insured number, now or later, found by
 * its keyed hash. Rows and journal record are written in one transaction.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "archive/archive.h"
#include "archive/rows.h"
#include "archive/store.h"

enum { HOLD_NAME_SIZE = 33, HOLD_REASON_SIZE = 200, HOLD_OWNER_SIZE = 64, HOLD_NAMES_SHOWN = 8 };

/* A case (dossier) begins empty; documents of its tenant are added one by one (hold_add). */
enum hold_scope { HOLD_DOCUMENT, HOLD_INSURED, HOLD_BOX, HOLD_BATCH, HOLD_CASE };

const char *hold_scope_name(enum hold_scope scope); /* "document", …, "case" */

/* What a person asks for. Neither reason nor owner may name an insured person: they are kept for
 * good, in the journal. */
struct hold_spec {
    const char *name;  /* 1 to 32 of A-Z a-z 0-9 . _ -; never given twice */
    const char *actor; /* who sets it */
    const char *reason, *owner;
    enum hold_scope scope;
    struct document_id document;
    struct batch_id batch;
    uint32_t box;
    const char *tenant;  /* of scopes HOLD_INSURED and HOLD_CASE */
    const char *insured; /* of scope HOLD_INSURED */
    struct day until;    /* last day on which it holds; none: until it is lifted */
    struct day review;   /* day on which somebody looks at it again, or none */
};

struct hold_row {
    char name[HOLD_NAME_SIZE];
    char tenant[TENANT_TEXT_SIZE];
    enum hold_scope scope;
    /* Batch and first page, batch, box, or how many documents a case has; 0 of an insured number.
     */
    uint32_t first, second;
    char reason[HOLD_REASON_SIZE], owner[HOLD_OWNER_SIZE];
    char set_by[ACTOR_TEXT_SIZE], lifted_by[ACTOR_TEXT_SIZE];
    struct day until, review;
    int64_t set_ms, lifted_ms; /* lifted_ms 0: it lies */
};

/* Whether it forbids destruction on that day. */
bool hold_lies(const struct hold_row *row, struct day today);

/* ERR_CONFLICT when the name was given before, ERR_NOT_FOUND when there is no such document, box,
 * batch or tenant, ERR_FORMAT for a name, a reason or a day that cannot be. Durable. */
int hold_set(struct archive *archive, const struct hold_spec *spec, struct err *err);

/* Adds a document to a case that lies; one that is in it changes nothing. ERR_NOT_FOUND: no such
 * hold or document; ERR_CONFLICT: no case, lifted, or the document is another tenant's. Durable. */
int hold_add(struct archive *archive, const char *name, struct document_id document,
             const char *actor, struct err *err);

/* ERR_NOT_FOUND; ERR_CONFLICT when it was lifted before. What it knew of an insured number goes:
 * out of the catalogue now, out of its free bytes with the next rewrite (slip.h). */
int hold_lift(struct archive *archive, const char *name, const char *actor, struct err *err);

/* Calls `each` for every hold, lifted ones too, in the order of names, until it returns other than
 * 0, and returns that. */
int hold_each(struct archive *archive, int (*each)(void *to, const struct hold_row *row), void *to,
              struct err *err);

struct hold_names {
    int count; /* of holds; the first HOLD_NAMES_SHOWN are named */
    char names[HOLD_NAMES_SHOWN][HOLD_NAME_SIZE];
};

/* A filed document, with its row. */
struct hold_subject {
    struct document_id id;
    const struct document_row *row;
    struct day today;
};

/* 1, or ERR_NOT_FOUND: no hold was ever set under that name. */
int hold_is_there(struct store_txn *txn, const char *name, struct err *err);

/* The holds that lie on a batch as a whole; returns how many. */
int holds_on_batch(struct store_txn *txn, struct batch_id batch, struct day today,
                   struct hold_names *ret_names, struct err *err);

/* The holds that lie on a document, as this transaction of the catalogue sees them; returns how
 * many. */
int holds_on(struct store_txn *txn, const struct hold_subject *subject,
             struct hold_names *ret_names, struct err *err);

void hold_row_encode(struct packer *to, const struct hold_row *row);
bool hold_row_decode(struct bytes from, struct hold_row *ret_row);
