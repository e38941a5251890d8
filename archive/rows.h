/*
 * Rows of the catalogue and their bytes. None holds anything personal: ids, days, tags, digests,
 * keyed hashes. Each begins with its version; a reader refuses versions that it does not know.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "archive/archive.h"
#include "archive/pack.h"
#include "archive/retention.h"

enum { ACTOR_TEXT_SIZE = 32, SERIES_TEXT_SIZE = 96, INSURED_HASH_BYTES = 16 };
enum {
    DOCUMENT_INSURED = 64
}; /* people of a document; care forms and sick notes end before there may be more */

struct batch_row {
    struct batch_spec spec;
    enum batch_state state;
    int64_t opened_ms, closed_ms;
    struct day intake_day; /* the intake environment that holds its pages */
    struct batch_end end;
    struct archive_counts counts; /* final; set when the batch closes */
};

struct envelope_row {
    uint32_t pages, documents;
    int64_t filed_ms; /* of the last document */
};

struct insured_hash {
    uint8_t at[INSURED_HASH_BYTES];
};

struct document_row {
    uint32_t envelope; /* its first page */
    char tenant[TENANT_TEXT_SIZE];
    enum compartment compartment;
    char tag[TAG_TEXT_SIZE];
    double confidence;
    char decided_by[ACTOR_TEXT_SIZE];
    struct day received, event, expiry;
    char rule[RULE_TEXT_SIZE];
    uint32_t rule_version;
    bool by_fallback;
    uint32_t box;
    int64_t filed_ms;
    uint32_t page_count;
    uint64_t journal_seq; /* the record of the tenant's chain that vouches for this row */
    uint8_t insured_count;
    struct insured_hash insured[DOCUMENT_INSURED];
};

struct page_row {
    uint32_t document; /* its first page */
    uint32_t sheet;
    uint8_t side;
    uint8_t kind; /* enum page_kind */
    char tag[TAG_TEXT_SIZE];
    double confidence;
    struct digest digest; /* at birth */
    uint32_t image_bytes;
};

enum box_state { BOX_OPEN, BOX_CLOSED, BOX_DESTROYED };

struct box_row {
    char tenant[TENANT_TEXT_SIZE];
    enum compartment compartment;
    char class_name[TAG_TEXT_SIZE];
    struct day expiry; /* first of the month; none: "open" */
    struct day filing; /* first of the month */
    uint32_t number;   /* in its series and filing month, from 1 */
    enum box_state state;
    uint32_t pages, documents;
    uint64_t bytes;
    uint64_t run; /* filing runs that the catalogue knows of; the box itself may be one ahead */
    int64_t opened_ms, closed_ms;
};

/* Only the numbers; oldest_unread_ms is never stored. */
void counts_encode(struct packer *to, const struct archive_counts *counts);
void counts_decode(struct unpacker *from, struct archive_counts *ret_counts);
/* Adds to the pages of a tag. A tag keeps its row, even at 0, so that both directions agree. */
void counts_add_tag(struct archive_counts *counts, const char *tag, int64_t pages);
/* Adds every number of `more`; the older oldest_unread_ms stands. */
void counts_add(struct archive_counts *sum, const struct archive_counts *more);
/* Drops tags without pages, for those who read the list. */
void counts_tidy(struct archive_counts *counts);

/* Encode appends; decode answers false for bytes that are no such row. */
void batch_row_encode(struct packer *to, const struct batch_row *row);
bool batch_row_decode(struct bytes from, struct batch_row *ret_row);
void envelope_row_encode(struct packer *to, const struct envelope_row *row);
bool envelope_row_decode(struct bytes from, struct envelope_row *ret_row);
void document_row_encode(struct packer *to, const struct document_row *row);
bool document_row_decode(struct bytes from, struct document_row *ret_row);
void page_row_encode(struct packer *to, const struct page_row *row);
bool page_row_decode(struct bytes from, struct page_row *ret_row);
void box_row_encode(struct packer *to, const struct box_row *row);
bool box_row_decode(struct bytes from, struct box_row *ret_row);

/* "061/admin/care_form/2029-04": boxes of one series are destroyed together. */
char *box_series(const struct box_row *row, char ret_text[SERIES_TEXT_SIZE]);
/* Path below DATA/boxes: the series, filing month and number. */
char *box_path(const struct box_row *row, char ret_text[SERIES_TEXT_SIZE]);

/* A tag names a folder too: 1 to 23 of a-z, 0-9 and _. */
bool tag_is_valid(const char *tag);
