/*
 * A document that somebody names: its row, or what became of it. Destruction is told with its day,
 * slip and visa, from the tombstone and the journal.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "archive/catalogue.h"
#include "archive/state.h"

/* 0; ERR_NOT_FOUND: it was destroyed, or is not filed. ERR_DENIED to who may not read the key of
 * what was destroyed. */
int filed_or_gone(const struct archive *archive, struct store_txn *txn, struct document_id id,
                  struct document_row *ret_row, struct err *err);
