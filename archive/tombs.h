/*
 * The list of what was destroyed, in KEYDIR/tombstones, outside DATA: it outlives a restore of an
 * older backup. A writer first destroys again, without asking, what it names and is there:
 *   slip S line L at MS visa NUMBER
 *   batch B MS                     opened then: ids of another archive are not meant
 *   doc P                          a document of that batch, by its first page
 *   paper                          the paper of that batch; such a record names nothing else
 *   end N                          so many in all; a record without it counts for nothing
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "archive/slip_store.h"

/* A record in the making. */
struct tomb_record {
    struct buf text;
    uint32_t batch, count;
};

int tomb_begin(struct tomb_record *record, const struct slip_step *step, struct err *err);
int tomb_add(struct tomb_record *record, struct store_txn *txn, struct document_id id,
             struct err *err);
int tomb_end(struct tomb_record *record, struct err *err);
/* The record of a paper that was shredded, appended to `list`. */
int tomb_of_paper(struct buf *list, struct store_txn *txn, struct batch_id batch,
                  const struct slip_step *step, struct err *err);
void tomb_free(struct tomb_record *record);

/* The list can be added to: asked before anything is destroyed. */
int tombs_check(const struct archive *archive, struct err *err);
/* Adds a record; durable. Twice the same changes nothing. */
int tombs_append(const struct archive *archive, struct bytes record, struct err *err);

/* Destroys what the list names and the catalogue holds; at the start of a writer. */
int tombs_replay(struct archive *archive, struct err *err);
