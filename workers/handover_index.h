/*
 * The index of a hand-over: one row for each page, as JSON lines and as CSV (docs/partners.md has
 * the columns). It holds what was read from the pages, so it is sealed like them.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "archive/find.h"

struct handover_index {
    struct buf lines, csv;
};

/* The CSV's head. */
int handover_index_begin(struct handover_index *index, struct err *err);
/* A page whose image has the name `file` in the hand-over. */
int handover_index_add(struct handover_index *index, const struct found_document *document,
                       const struct found_page *page, const char *file, struct err *err);
/* Wipes and frees. */
void handover_index_clear(struct handover_index *index);
