/*
 * Whose page is lent next: tenants take turns by weight, so that one's mountain of mail delays
 * another's few envelopes by no more than its own share. Pages are counted, not their time. Start-
 * time fair queueing (Goyal, Vin, Cheng 1996): each tenant has a clock that goes on by 1/weight
 * with each page; the waiting tenant whose clock is behind is next; one that had nothing to do
 * comes back at the clock of the page lent last, so that nobody saves up turns.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "archive/tenants.h"

enum {
    TURNS_MAX = TENANTS_MAX + 1, /* the last is for tenants no longer in the configuration */
    TURN_STEP = 1000000          /* of a clock, for a page of a tenant of weight 1 */
};

/* {0} is ready for use. Kept in memory only: after a restart all begin even. */
struct turns {
    uint64_t now;            /* clock of the page lent last */
    uint64_t due[TURNS_MAX]; /* clock of each tenant's next page */
};

struct turn {
    bool waits;      /* has a page to be read */
    uint32_t weight; /* from 1 */
};

/* Whose turn it is, and counts it; -1 when nobody waits. Among equals the first. */
int turns_take(struct turns *turns, const struct turn *at, int count);
