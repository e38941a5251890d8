/*
 * What a tenant's journal says of its batches and documents, for the account alone. One walk over
 * the chain, which is checked on the way; each record is held against those before it.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "archive/account.h"

/* A batch, in order of numbers, as they are opened. */
struct walk_batch {
    uint32_t number;
    bool vouched;            /* its receipt was signed for a partner: every refusal has a reason */
    int64_t fed_ms;          /* when its feeding ended first; 0: not yet */
    uint64_t pages, refused; /* as its feeding ended last */
    uint64_t archived, by_people, quarantined, documents;
    uint64_t reasons[ACCOUNT_REASONS_MAX];
    uint8_t *seen; /* a bit for each page that was archived */
    size_t seen_bytes;
};

struct walk_document {
    uint64_t seq; /* of the record of its filing: rising */
    uint32_t batch, first_page;
    bool medical, was_medical;      /* the compartment it lies in; where it lay before `moved` */
    uint64_t moved;                 /* record of its last correction; 0: none */
    int64_t accepted_ms, handed_ms; /* handed_ms 0: not yet */
};

/* A partner's batch of which every file was refused: it is no batch of the archive. */
struct walk_refused {
    char uuid[40];
    int64_t at_ms; /* 0: a later receipt took its place */
    uint64_t refused, reasons[ACCOUNT_REASONS_MAX];
};

struct walk {
    char reasons[ACCOUNT_REASONS_MAX][ACCOUNT_REASON_SIZE];
    int reason_count;
    struct walk_batch *batches;
    struct walk_document *documents;
    struct walk_refused *nothing_taken;
    size_t *corrected; /* places in `documents` */
    size_t batch_count, document_count, nothing_count, corrected_count;
    size_t batch_room, document_room, nothing_room, corrected_room;
    struct {
        uint64_t number, to;
    } given[2]; /* last hand-over of each compartment */
    uint64_t records;
    const char *why; /* what is wrong with the record after `records` */
};

void walk_free(struct walk *walk); /* not the struct itself */

/* NULL: a batch that was never opened. */
struct walk_batch *walk_batch(const struct walk *walk, uint32_t number);

int walk_journal(struct archive *archive, const char *tenant, struct walk *walk, struct err *err);
