/*
 * The journal: one append-only, hash-chained record of what happened to each tenant's documents.
 * hash 0 = BLAKE2b("tripli journal " tenant); hash n = BLAKE2b(hash n-1 || record n). A record is a
 * JSON object with "id" (of the event), "at", "event" and facts about ids, tags, digests, days and
 * actors: nothing personal. It is written in the transaction that makes it true.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include <jansson.h>

#include "archive/store.h"
#include "base/digest.h"

/* A tenant that was merged (merge.h) appends to the chain of the one that took it over. Numbers go
 * on: record n of the chain that is `hops` mergers away is hops * JOURNAL_HOP + n, so that a number
 * and a tenant name one record. In that chain the event's id begins with the tenant's code, and the
 * record has it as "of". */
#define JOURNAL_HOP UINT64_C(1000000000000) /* records that no chain will ever have */

/* An event happens once: the same id again changes nothing and answers the first record's number.
 */
enum { EVENT_ID_SIZE = 48 };

struct journal_event {
    const char *tenant;
    const char *id;   /* "filed 12-340", "batch 12 closed", … */
    const char *name; /* "filed", "batch_closed", … */
    int64_t at_ms;
    json_t *facts; /* object, borrowed; its members follow id, at and event in the record */
};

/* Appends to the tenant's chain (its successor's, once it was merged) in this transaction of the
 * catalogue. `*ret_seq` from 1. */
int journal_append(struct store_txn *txn, const struct journal_event *event, uint64_t *ret_seq,
                   struct err *err);

/* Appends an event whose number nobody wants; the event's facts are taken (NULL: ERR_MEMORY). */
int journal_note(struct store_txn *txn, const struct journal_event *event, struct err *err);

/* The number of the record of an event: 1 found, 0 it did not happen. */
int journal_find(struct store_txn *txn, const char *tenant, const char *id, uint64_t *ret_seq,
                 struct err *err);

/* The number that the tenant's next record will have. */
int journal_next(struct store_txn *txn, const char *tenant, uint64_t *ret_seq, struct err *err);

/* The number of the last record of the tenant's own chain, whoever took over; 0: it has none. */
int journal_own_end(struct store_txn *txn, const char *tenant, uint64_t *ret_seq, struct err *err);

/* The own chain's hash after record `seq` (0: its start), as it is stored: ERR_NOT_FOUND. */
int journal_hash(struct store_txn *txn, const char *tenant, uint64_t seq, struct digest *ret_hash,
                 struct err *err);

/* The hash that follows from the one before and the record's text; 0 or ERR_MEMORY. */
int journal_chain(const struct digest *before, struct bytes record, struct digest *ret_hash);

/* The text of a record, borrowed from the transaction: 1, 0 when it is not there. */
int journal_record(struct store_txn *txn, const char *tenant, uint64_t seq, struct bytes *ret_text,
                   struct err *err);

struct journal_check {
    uint64_t records;
    uint64_t broken_at; /* number of the first record that does not fit; 0: whole */
    const char *why;
};

struct journal_visitor {
    int (*each)(void *to, uint64_t seq, struct bytes record); /* NULL: nobody looks on */
    void *to;
};

/* Walks a tenant's chain from its beginning to its head; every record that fits is shown. */
int journal_verify(struct store_txn *txn, const char *tenant, const struct journal_visitor *visitor,
                   struct journal_check *ret_check, struct err *err);

/* The next tenant that has a chain after `tenant` ("": the first): 1 found. */
int journal_next_tenant(struct store_txn *txn, char tenant[TENANT_TEXT_SIZE], struct err *err);
