/*
 * Rows of elimination slips (bordereaux d'élimination) and their bytes. A slip has lines, one per
 * series (compartment, class, rule); a line has boxes, for boxes are destroyed whole. The line of
 * paper (class "paper", paper.h) has the paper of batches.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "archive/rows.h"

enum { VISA_NUMBER_SIZE = 64 };

/* The only ways: drawn → submitted → granted or refused → (granted) destroyed. Of a slip:
 * SLIP_GRANTED when every line is decided and one is granted, SLIP_REFUSED when none is. */
enum slip_state { SLIP_DRAWN, SLIP_SUBMITTED, SLIP_GRANTED, SLIP_REFUSED, SLIP_DESTROYED };

/* "on_slip", "submitted", "visa_granted", "visa_refused", "destroyed" */
const char *slip_state_name(enum slip_state state);

struct slip_row {
    char tenant[TENANT_TEXT_SIZE];
    enum slip_state state;
    uint32_t lines;
    char drawn_by[ACTOR_TEXT_SIZE];
    int64_t drawn_ms, submitted_ms, decided_ms, destroyed_ms; /* 0: not yet */
};

/* What a line, or one box of it, holds. */
struct slip_extent {
    uint32_t boxes, documents, pages;
    uint32_t batches, sheets;  /* of paper; such a line has no boxes */
    uint64_t bytes;            /* of images, as accepted */
    struct day oldest, newest; /* receipts */
    struct day last_expiry;    /* all is past it */
};

struct slip_line_row {
    enum compartment compartment;
    char class_name[TAG_TEXT_SIZE];
    char rule[RULE_TEXT_SIZE];
    uint32_t version_low, version_high; /* of the rule */
    char law[LAW_TEXT_SIZE];            /* of the highest */
    int years, months, days;            /* its period */
    struct slip_extent extent;
    enum slip_state state;
    char record[VISA_NUMBER_SIZE];                         /* of paper: by which it was shredded */
    char visa[VISA_NUMBER_SIZE], visa_by[ACTOR_TEXT_SIZE]; /* number; who entered it */
    int64_t visa_ms, destroyed_ms;
};

/* Adds one to the other. */
void slip_extent_add(struct slip_extent *sum, const struct slip_extent *more);

void slip_row_encode(struct packer *to, const struct slip_row *row);
bool slip_row_decode(struct bytes from, struct slip_row *ret_row);
void slip_line_row_encode(struct packer *to, const struct slip_line_row *row);
bool slip_line_row_decode(struct bytes from, struct slip_line_row *ret_row);
