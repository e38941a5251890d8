/*
 * Moving: filed documents get another term, tag or compartment, or only another box, and lie in the
 * right one afterwards: the present filing month's box of their new series. Order: the new boxes,
 * then catalogue and journal in one transaction. What they leave in the old box is dead weight,
 * known to the catalogue (CAT_MOVED) until that box is destroyed. A crash leaves a document either
 * where it was or where it is to be, never in both and never in none.
 *
 * Destroying a part of a box = move_out of what must stay (held, or not on the slip), then destroy
 * the box as a whole.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "archive/rows.h"

struct move_cause {
    const char *event;  /* name of the record: "event_known", "term_revised", "moved_out", … */
    const char *actor;  /* who asked */
    const char *reason; /* why, for people; nothing personal, at most MOVE_REASON_MAX bytes */
};

enum { MOVE_REASON_MAX = 200 };

struct move {
    struct document_id id;
    struct document_row row; /* as it is to be; its box and record are chosen by the move */
    bool out;                /* leaves its box even when that would do */
    bool ret_moved;          /* lies in another box now */
};

/* Does all of them, in runs of bounded size; each run is durable as a whole. A document whose box
 * is right as it is keeps it. ERR_NOT_FOUND, before anything is done in that run, for a document
 * that is not filed; ERR_INTEGRITY when an image is not what was filed: damage is never copied.
 * Done again after an error or a crash, it does what is left: the caller reckons anew. */
int move_documents(struct archive *archive, struct move *moves, size_t count,
                   const struct move_cause *cause, struct err *err);

/* Documents that are to leave a box. */
struct move_list {
    uint32_t box;
    const struct document_id *ids;
    size_t count;
};

/* Brings them into another box of their series, with another key. Those that do not lie in the box
 * any more are passed over, so that it can be done again. */
int move_out(struct archive *archive, const struct move_list *list, const struct move_cause *cause,
             struct err *err);
