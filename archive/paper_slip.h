/*
 * Paper on elimination slips, for the files that work on them (slip.h). A paper may go when it is
 * past its expiry, of a rule that ends in destruction, its batch is closed, somebody said in which
 * carton it lies, and no hold lies on its batch or on any document of it.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "archive/paper.h"
#include "archive/slip_store.h"

/* The paper of a batch in the catalogue: 1 found; 0 nobody said where it lies. */
int paper_read(struct store_txn *txn, struct batch_id batch, struct paper_row *ret_row,
               struct err *err);
int paper_write(struct store_txn *txn, struct batch_id batch, const struct paper_row *row,
                struct err *err);
/* The facts of a paper, all but the holds; ERR_NOT_FOUND: no such batch. */
int paper_reckon(const struct archive *archive, struct store_txn *txn, struct batch_id batch,
                 struct paper_info *ret_info, struct err *err);

bool slip_line_is_paper(const struct slip_line_row *line);

/* Shows every paper of the query that is placed, on no slip, and past its expiry, with what keeps
 * it, until `each` answers other than 0, and returns that. */
struct slip_visitor {
    int (*each)(void *to, const struct slip_candidate *candidate);
    void *to;
};
int papers_asked(struct archive *archive, struct store_txn *txn, const struct slip_query *query,
                 const struct slip_visitor *visitor, struct err *err);

/* Puts it on the line: the row of the paper and of the line. */
int papers_put_on(struct store_txn *txn, struct slip_place place,
                  const struct slip_candidate *candidate, struct err *err);

/* ERR_CONFLICT when a paper of the line may not go. */
int papers_check(struct archive *archive, struct store_txn *txn, struct slip_place place,
                 struct err *err);

/* What is refused may be put on another slip. */
int papers_free(struct store_txn *txn, struct slip_place place, struct err *err);

/* Takes off what may not go any more, and counts the rest into `line`. */
int papers_revise(struct archive *archive, struct store_txn *txn, struct slip_place place,
                  struct slip_line_row *line, struct err *err);

/* In this transaction, after looking again: the line's papers are gone. Appends to `list` what the
 * list of what was destroyed (tombs.h) says of them. */
int papers_gone(struct archive *archive, struct store_txn *txn, const struct slip_step *step,
                struct buf *list, struct err *err);

/* Marks a paper that this list names, when a restored catalogue does not know. Durable. */
int paper_gone_again(struct archive *archive, struct batch_id batch, const struct slip_step *step,
                     struct err *err);
