/*
 * The queue of whole batches that wait for the hub, and whose is next. An entry is a file,
 * ROOT/queue/TENANT-UUID, that holds the date of receipt and, after a blank, what the batch is
 * declared as.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "base/day.h"
#include "partners/inbox.h"

/* A batch that waits for the hub. */
struct inbox_queued {
    char tenant[MANIFEST_TENANT_SIZE], uuid[MANIFEST_UUID_SIZE];
    char received[DAY_TEXT_SIZE]; /* date of receipt; "" counts as the oldest */
    char kind[MAIL_KIND_SIZE];    /* what it is declared as, or "" */
};

/* Puts a whole batch into the queue. */
int inbox_enqueue(const char *root, const struct manifest *manifest, struct err *err);

/* How many batches wait for the hub, and since when the oldest does: milliseconds since 1970, 0
 * when none. An inbox that is not there has none. */
struct inbox_waiting {
    uint32_t batches;
    int64_t oldest_ms;
};
int inbox_look(const char *root, struct inbox_waiting *ret_waiting, struct err *err);

enum { INBOX_PASS_MS = 60000 }; /* a pass ends then at the latest: others may always have mail */

/* How far the turns of tenants are; starts with `first` alone. */
struct inbox_pass {
    const char *first;                 /* kinds that go first (base/words.h), borrowed; "": none */
    char served[MANIFEST_TENANT_SIZE]; /* the tenant served last */
    int64_t ends_ms;                   /* of clock_mono_ms, when a batch was passed over */
    uint32_t count;
    struct inbox_queued over[INBOX_PASSED_MAX]; /* not offered again before the pass ends */
};

/* The batch to take next: 1, or 0 when all that wait are passed over; then a new pass begins, and
 * INBOX_PASS_MS after the first was passed over.
 * Tenants take turns in the order of their codes; inside a tenant the kinds in `first` go before
 * the rest, then the oldest date of receipt, then the lowest uuid. A batch is offered until it is
 * cleared or passed over. */
int inbox_next(const char *root, struct inbox_pass *pass, struct inbox_queued *ret_queued,
               struct err *err);

/* Leaves a batch that cannot be taken now; after INBOX_PASSED_MAX all are offered again. */
void inbox_pass_over(struct inbox_pass *pass, const struct inbox_queued *queued);
