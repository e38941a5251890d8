/*
 * The compacting rewrite of the catalogue after a destruction: LMDB keeps the bytes of rows that
 * were removed, keyed hashes of insured numbers among them, until their pages are used again. So
 * what lives is copied into a new file, which takes the old one's name. It is copied in slices, by
 * one process and one thread: between two of them the archive accepts, lends, decides and answers;
 * only filing pauses. Cut short at any moment, the old catalogue is there and the rewrite begins
 * anew.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "archive/archive.h"
#include "archive/store.h"

/* Asks for a rewrite in the transaction that removes rows. */
int purge_ask(struct store_txn *txn, struct err *err);

/* 1: one was asked for and is not done. */
int purge_is_due(struct archive *archive, struct err *err);

/* Does a slice of what is due, some 20 ms of it: 1 more is left, 0 nothing is due. An error leaves
 * the old catalogue, and the next turn begins anew: ERR_FULL, or what a disk may say. No
 * transaction of the catalogue may be open. */
int purge_turn(struct archive *archive, struct err *err);

/* All of it at once, for who serves nobody meanwhile. */
int purge_finish(struct archive *archive, struct err *err);

struct purge_progress {
    bool runs;
    uint64_t copied, rows;       /* so far, and of the catalogue */
    int64_t took_ms, longest_ms; /* of the last one that ended, and its longest turn */
};
void purge_progress(const struct archive *archive, struct purge_progress *ret_progress);

/* Gives up the one that runs, before the catalogue is closed. */
void purge_drop(struct archive *archive);

/* Opens the catalogue again, when an exchange could not. */
int purge_reopen(struct archive *archive, struct err *err);
