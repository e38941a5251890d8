/*
 * What one filing run files: pages of complete envelopes, grouped into documents, each with its
 * retention and its box. Reads only. The same intake always gives the same documents: they are cut
 * by their pages alone, not by how much a run takes.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "archive/intake_row.h"
#include "archive/state.h"

enum {
    DOCUMENT_PAGES_MAX = 500, /* a longer one is continued in the next document */
    RUN_PAGES_MAX = 2048      /* pages of one run, give or take a document */
};

struct plan_page {
    struct page_id id;
    struct intake_row row;
    struct digest evidence; /* of the record of its capture; comes with the writing of its box */
};

struct plan_document {
    struct document_id id;
    struct document_row row; /* journal_seq and filed_ms come with the writing */
    const struct live_batch *batch;
    size_t first, count; /* of plan->pages */
    size_t box;          /* of plan->boxes */
    uint32_t leaves;     /* a box that it must not go into; 0: none */
};

/* An envelope, or as much of a long one as fits into the run. */
struct plan_part {
    struct envelope_id id;
    const struct live_batch *batch;
    uint32_t from, until; /* pages */
    bool last;
    bool medical;            /* to the médecin-conseil, as far as it is filed with this run */
    bool written, separator; /* holds such a page */
    uint32_t documents;
};

struct plan_box {
    uint32_t number;
    struct box_row row;
    bool is_new;
    uint64_t bytes; /* that this run adds, as images */
};

struct plan {
    struct plan_page *pages;
    size_t page_count, page_capacity;
    struct plan_document *documents;
    size_t document_count, document_capacity;
    struct plan_part *parts;
    size_t part_count, part_capacity;
    struct plan_box *boxes;
    size_t box_count, box_capacity;
    uint64_t bytes;
    uint32_t last_box;      /* number given last, new ones included */
    struct page_id damaged; /* the page that stopped the run, when one did */
    int64_t now_ms;
};

/* Up to `most` envelopes. Envelopes found incomplete leave archive->ready until something happens
 * to them; those of the plan stay there. */
int plan_make(struct archive *archive, int most, struct plan *ret_plan, struct err *err);
void plan_free(struct plan *plan);

/* Chooses or opens a box for every document of the plan: called by plan_make. */
int plan_boxes(struct archive *archive, struct plan *plan, struct err *err);
/* Makes the new ones among them. */
int plan_create_boxes(struct archive *archive, const struct plan *plan, struct err *err);
/* Their rows, and in the journal which were opened and closed. */
int plan_enter_boxes(struct store_txn *txn, const struct plan *plan, struct err *err);

/* The box, open and empty, into which a document belongs that is filed now. */
struct box_row plan_box_like(const struct plan *plan, const struct document_row *document);
/* Destroyed together: tenant, compartment, class and expiry month. */
bool plan_same_series(const struct box_row *a, const struct box_row *b);

/* Gives a document the rule, expiry and fallback that follow from its tag, event and receipt. */
int plan_reckon(const struct retention *retention, struct document_row *row, struct err *err);

/* Bytes that one run may take: dirty pages of a commit stay in memory. */
uint64_t plan_bytes_max(const struct archive *archive);

/* Makes room for one more element; ERR_MEMORY. */
int plan_grow(void *array, size_t count, size_t *capacity, size_t size);
