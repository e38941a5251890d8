/*
 * A page in intake, and how it changes: one function writes every change of state, with the indexes
 * and the counts of its batch, so that they cannot disagree.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "archive/intake_day.h"
#include "archive/rows.h"

struct intake_row {
    enum page_state state;
    struct digest digest;
    uint32_t sheet;
    uint8_t side;
    bool starts_envelope;
    uint32_t image_bytes;
    struct day received; /* of the batch: lending order */
    int64_t accepted_ms, lease_until_ms, decided_ms;
    uint32_t epoch, tries, events;
    enum page_kind kind; /* from here on: set by a decision */
    enum compartment compartment;
    char tag[TAG_TEXT_SIZE];
    double confidence;
    struct day event;
    char actor[ACTOR_TEXT_SIZE];
    bool by_person;
};

void intake_row_encode(struct packer *to, const struct intake_row *row);
bool intake_row_decode(struct bytes from, struct intake_row *ret_row);

/* 1 found, 0 not there, ERR_INTEGRITY. */
int intake_row_get(struct store_txn *txn, struct page_id id, struct intake_row *ret_row,
                   struct err *err);

/* Enters a new page, ACCEPTED. */
int intake_row_add(struct store_txn *txn, struct page_id id, const struct intake_row *row,
                   struct err *err);

/* Replaces `was` by `is`; their states must be the same or a move of the table (asserted: callers
 * ask page_may_move first). FILED removes the page and all that belongs to it. */
int intake_row_change(struct store_txn *txn, struct page_id id, const struct intake_row *was,
                      const struct intake_row *is, struct err *err);

/* What intake knows of a batch. */
struct intake_progress {
    struct archive_counts counts; /* without batches and sheets */
    uint32_t highest;             /* page number accepted */
    uint32_t fronts;              /* sheets of which side 0 was accepted */
};

/* 1 found, 0: no page was ever accepted. */
int intake_progress_get(struct store_txn *txn, uint32_t batch, struct intake_progress *ret_progress,
                        struct err *err);
int intake_progress_put(struct store_txn *txn, uint32_t batch,
                        const struct intake_progress *progress, struct err *err);

/* What happened to a page before filing; joins the tenant's journal when it is filed. */
enum page_event {
    EVENT_DECIDED = 1,
    EVENT_TO_CODE,
    EVENT_FAILED,
    EVENT_QUARANTINED,
    EVENT_RELEASED,
    EVENT_UNDONE
};

struct page_event_row {
    enum page_event event;
    int64_t at_ms;
    char actor[ACTOR_TEXT_SIZE];
    char tag[TAG_TEXT_SIZE]; /* of decisions */
    double confidence;
};

const char *page_event_name(enum page_event event);

/* Notes an event; raises row->events, which the caller writes. */
int intake_event_add(struct store_txn *txn, struct page_id id, struct intake_row *row,
                     const struct page_event_row *event, struct err *err);
/* Event `number` of a page, from 1: 1 found, 0 not there. */
int intake_event_get(struct store_txn *txn, struct page_id id, uint32_t number,
                     struct page_event_row *ret_event, struct err *err);

/* The sealed part of a decision. */
struct intake_note {
    char insured[16];
    char reason[160];
    struct bytes record; /* borrowed when read */
};

void intake_note_encode(struct packer *to, const struct intake_note *note);
bool intake_note_decode(struct bytes from, struct intake_note *ret_note);
