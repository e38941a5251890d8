/*
 * One call on many pages of intake: items are grouped by the environment of their batch's day, one
 * transaction and one commit each (a call nearly always touches one day).
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "archive/intake_row.h"
#include "archive/state.h"

struct work {
    struct archive *archive;
    struct store_txn txn;
    const struct live_batch *batch; /* of the item at hand */
    void *of;                       /* the caller's items */
};

struct work_kind {
    uint32_t (*batch_of)(const void *of, size_t index);
    /* Handles an item in the transaction; an error aborts the whole call. */
    int (*one)(struct work *work, size_t index, struct err *err);
    /* An item whose batch is closed or unknown. */
    int (*nowhere)(struct archive *archive, void *of, size_t index, struct err *err);
    const struct commit_points *points;
};

int work_on_all(struct archive *archive, const struct work_kind *kind, void *of, size_t count,
                struct err *err);

/* Why a page is not in intake: ERR_CONFLICT it is filed, ERR_NOT_FOUND it never was. */
int page_absence(struct archive *archive, struct page_id id, struct err *err);

/* A transaction on the day of one page, with its row; page_absence when it is not in intake. */
struct page_work {
    struct work work;
    struct page_id id;
    struct intake_row was, is; /* `is` begins as a copy */
};

int page_work_begin(struct archive *archive, struct page_id id, struct page_work *ret_work,
                    struct err *err);
void page_work_end(struct page_work *work);

/* Moves the page to a state, or ERR_CONFLICT: writes `is`, notes the event unless it is 0. */
int page_work_move(struct page_work *work, enum page_state to, enum page_event event,
                   const char *actor, struct err *err);

/* A sealed part of a page of a live batch, appended; one that is not there is ERR_NOT_FOUND. */
struct intake_part_of {
    enum intake_part part;
    struct page_id id;
};
int intake_fetch(struct archive *archive, struct store_txn *txn, struct intake_part_of what,
                 struct buf *ret_plain, struct err *err);
int intake_store(struct archive *archive, struct store_txn *txn, struct intake_part_of what,
                 struct bytes plain, struct err *err);

/* The note of a page's decision with the bytes that it borrows from; empty when there is none. */
struct note_of {
    struct buf bytes;
    struct intake_note note;
};
int intake_fetch_note(struct archive *archive, struct store_txn *txn, struct page_id id,
                      struct note_of *ret_note, struct err *err);
/* The same for what replaces it: a damaged one counts as none, with a reason that says so. */
int intake_sound_note(struct archive *archive, struct store_txn *txn, struct page_id id,
                      struct note_of *ret_note, struct err *err);
int intake_store_note(struct archive *archive, struct store_txn *txn, struct page_id id,
                      const struct intake_note *note, struct err *err);
void note_of_clear(struct note_of *note);
