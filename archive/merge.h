/*
 * A tenant's mail goes to another: an échelon médical to its caisse (decree 2025-599), a caisse to
 * its neighbour. What was filed stays as it is: documents, boxes, hashes, receipts and search keys
 * keep the old code; who asks for the new tenant gets them too (successor.h).
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "archive/archive.h"

struct merge {
    const char *from, *into;
    const char *actor; /* the user's name, into the journal */
};

/* (1) In one transaction: "tenant_merged" ends the old tenant's chain, "tenant_taken_over" in the
 * new one's names its head, and from there on the old one opens no batch. (2) The old tenant's key
 * files go to the readers of the new one's, compartment by compartment, and are changed
 * (keys_rotate.h), so that a copy of an old one opens nothing. (3) A day seal signs both heads. Cut
 * short after (1), it is finished by the next opening for writing.
 * ERR_CONFLICT when `from` has a batch that is not closed or a slip that is not at its end, or one
 * of the two was merged before; ERR_NOT_FOUND for an unknown code. Durable. */
int merge_tenants(struct archive *archive, const struct merge *merge, struct err *err);

/* At the start of a writer. */
int merge_recover(struct archive *archive, struct err *err);

struct merge_seen {
    char from[TENANT_TEXT_SIZE], into[TENANT_TEXT_SIZE];
    uint64_t records; /* of the chain that ended */
    bool unfinished;  /* steps 2 and 3 */
};

/* Calls `each` for every merger, rising by `from`, until it returns other than 0. */
int merge_each(struct archive *archive, int (*each)(void *to, const struct merge_seen *seen),
               void *to, struct err *err);

struct store_txn;

/* The chain of a tenant that was merged ends with the merger, and at the head that was taken over;
 * 0 too for one that was not. ERR_INTEGRITY says what is not so. */
int merge_check(struct store_txn *txn, const char *tenant, struct err *err);
