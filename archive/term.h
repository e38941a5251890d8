/*
 * Terms of filed documents that change: an event becomes known, a person corrects the tag, a rule
 * changes. The expiry is reckoned anew from retention.conf, the document moves to the box where it
 * belongs (move.h), and the tenant's journal says from what to what, by whom and why. A document
 * on a slip leaves it so: the slip must be revised.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "archive/archive.h"
#include "archive/move.h"

enum {
    EVENT_AHEAD_YEARS = 3, /* the end of a stop, three years paid at most, is an event too */
    TERM_GROUP_MAX = 100   /* documents of one call: a hub must answer in between */
};

/* ERR_NOT_FOUND; ERR_FORMAT for a day that is none, lies before 1900 or too far ahead, or a reason
 * of other than 1 to MOVE_REASON_MAX bytes. 1 something changed, 0 it was known. Durable. */
int term_event(struct archive *archive, struct document_id id, struct day event,
               const struct move_cause *cause, struct err *err);

struct term_tag {
    const char *tag; /* of a written page */
    enum compartment compartment;
};

/* The same; ERR_CONFLICT when the document holds no written page. */
int term_retag(struct archive *archive, struct document_id id, const struct term_tag *as,
               const struct move_cause *cause, struct err *err);

/* What retention.conf says today, where the catalogue says something else. */
struct term_change {
    struct document_id id;
    struct document_row was, is; /* `is` with the box of `was` */
};

struct term_query {
    const char *tenant;       /* NULL: all */
    struct document_id after; /* changes rise by document id */
};

/* Calls `each` for every document whose term would change until it answers other than 0, and
 * returns that. Reads only. */
int term_check(struct archive *archive, const struct term_query *query,
               int (*each)(void *to, const struct term_change *change), void *to, struct err *err);

/* Reckons these documents anew, at most TERM_GROUP_MAX; those that are right, or are not there any
 * more, stay as they are. Returns how many changed. Durable. */
int term_apply(struct archive *archive, const struct document_id *ids, size_t count,
               const struct move_cause *cause, struct err *err);
