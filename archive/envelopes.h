/*
 * Where envelopes begin and end among the pages in intake, and which are complete. An envelope
 * reaches from its start to the next start or the end of the batch; it is complete when no page of
 * that stretch is undecided. Each question costs a few look-ups, whatever the batch's size:
 * undecided pages stand in one index, starts in another.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "archive/intake_row.h"
#include "archive/state.h"

/* A page of a live batch, in a transaction of its day. */
struct page_place {
    struct archive *archive;
    struct store_txn *txn;
    const struct live_batch *batch;
    struct page_id id;
};

/* A page was accepted; the batch's first one makes its first envelope. Call before the row is
 * added. */
int envelopes_accepted(const struct page_place *place, bool starts_envelope, struct err *err);

/* A page was decided: a separator begins an envelope at the first side of its sheet. */
int envelopes_decided(const struct page_place *place, const struct intake_row *row,
                      struct err *err);

/* A decision is undone; a start that only it made goes away. Call before the row is changed. */
int envelopes_undone(const struct page_place *place, const struct intake_row *row, struct err *err);

/* The end of the batch became known. */
int envelopes_ended(struct archive *archive, const struct live_batch *batch, struct err *err);

/* Everything that may be complete, after a start. */
int envelopes_recover(struct archive *archive, struct err *err);

struct stretch {
    uint32_t from;  /* page where filing goes on: the first one, or further in a long envelope */
    uint32_t until; /* first page after it */
    bool medical;   /* what was filed of it already held mail to the médecin-conseil */
};

/* 1: complete, 0: not yet. */
int envelopes_complete(struct store_txn *txn, const struct live_batch *batch, struct envelope_id id,
                       struct stretch *ret_stretch, struct err *err);

/* Pages of the envelope before `filed->until` are filed; `filed->medical` is kept for what follows.
 */
int envelopes_filed(struct store_txn *txn, struct envelope_id id, const struct stretch *filed,
                    struct err *err);
