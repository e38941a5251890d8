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
/* A page; the names that its image and its document's PDF have in the hand-over, `pdf` "": none. */
struct handover_index_files {
    const char *image, *pdf;
};
int handover_index_add(struct handover_index *index, const struct found_document *document,
                       const struct found_page *page, const struct handover_index_files *files,
                       struct err *err);
/* Wipes and frees. */
void handover_index_clear(struct handover_index *index);
