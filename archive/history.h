/*
 * Why a document is kept, and everything that happened to it: its rule, its holds, and the records
 * of the tenant's journal that speak of it, from its filing on. Reads only.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include <jansson.h>

#include "archive/hold.h"
#include "archive/retention.h"

struct history {
    bool has_rule;             /* the rule stands in retention.conf */
    struct retention_row rule; /* with has_rule */
    bool by_fallback;          /* the receipt, plus the rule's margin, stands in for the event */
    struct day trigger;        /* the day from which the period runs, or none */
    uint32_t box;              /* its number */
    uint32_t slip;             /* on which its box is now; 0: none */
    struct hold_names holds;   /* that lie on it today */
    json_t *steps;             /* the journal's records, oldest first, each with its "seq" */
};

/* ERR_NOT_FOUND: not filed; ERR_DENIED: its key cannot be read; ERR_INTEGRITY: the records do not
 * lead back to the filing. Free with history_clear. */
int history_read(struct archive *archive, struct document_id id, struct history *ret_history,
                 struct err *err);
void history_clear(struct history *history);
