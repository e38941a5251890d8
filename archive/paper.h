/*
 * The paper of a batch: where the sheets lie, so that a dispute can find the original, and how long
 * they are kept. It is an object of its own beside the images: its retention is the row of tag
 * "paper", reckoned from the day on which its batch was closed; it goes on a slip and needs a visa
 * as they do. tripli cannot destroy paper: a person says by which record it was shredded.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "archive/rows.h"

enum { CARTON_TEXT_SIZE = 32, PLACE_TEXT_SIZE = 64 };

extern const char paper_tag[]; /* "paper": of retention.conf, and the class of a slip's line */

struct paper_row {
    char tenant[TENANT_TEXT_SIZE];
    char carton[CARTON_TEXT_SIZE], place[PLACE_TEXT_SIZE];
    char placed_by[ACTOR_TEXT_SIZE];
    int64_t placed_ms;
    uint32_t slip, line;  /* on which it is, or with which it went; 0: none */
    int64_t destroyed_ms; /* 0: it is there */
};

struct paper_move {
    struct batch_id batch;
    const char *carton; /* 1 to 31 bytes */
    const char *place;  /* 0 to 63 bytes: room, shelf; neither may name an insured person */
    const char *actor;
};

/* Says where the paper of a batch lies, or lies now: the journal says from where to where. Saying
 * the same again changes nothing. ERR_NOT_FOUND: no such batch; ERR_FORMAT: control bytes, or too
 * long; ERR_CONFLICT: the paper was destroyed. Durable. */
int paper_place(struct archive *archive, const struct paper_move *move, struct err *err);

struct paper_info {
    bool placed; /* else `row` holds the tenant alone */
    struct paper_row row;
    uint32_t sheets; /* accepted; rejected ones were taken out of the batch's paper */
    struct day received;
    char rule[RULE_TEXT_SIZE]; /* "": retention.conf has no row for paper */
    char law[LAW_TEXT_SIZE];
    uint32_t rule_version;
    struct day trigger; /* the day its batch was closed; none: it is not */
    struct day expiry;  /* none: never eliminable */
};

/* ERR_NOT_FOUND: no such batch. */
int paper_show(struct archive *archive, struct batch_id batch, struct paper_info *ret_info,
               struct err *err);

/* The sheets of the batch that a document is on, first and last: ERR_NOT_FOUND: not filed. */
struct paper_sheets {
    uint32_t first, last;
};
int paper_sheets_of(struct archive *archive, struct document_id id, struct paper_sheets *ret_sheets,
                    struct err *err);

void paper_row_encode(struct packer *to, const struct paper_row *row);
bool paper_row_decode(struct bytes from, struct paper_row *ret_row);
