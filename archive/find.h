/*
 * Finding and reading back what is filed. Readers open the catalogue and boxes themselves; the
 * right to a tenant and compartment is the right to read its key file.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "archive/archive.h"
#include "base/bytes.h"
#include "base/digest.h"

struct find_query {
    const char *tenant;  /* and those merged into it; NULL: every tenant whose key can be read */
    const char *tag;     /* NULL: all */
    const char *insured; /* insured number, looked up by its keyed hash; needs tenant */
    struct batch_id batch;
    struct day received_from, received_to; /* none: open */
    struct day expiry_from, expiry_to;     /* none: open; with either, what never expires is out */
    uint32_t box;                          /* 0: all */
    uint32_t slip;                         /* on it now; 0: all */
    const char *hold;                      /* held by it today; NULL: all */
    struct document_id after;              /* for paging; results rise by document id */
    int most;                              /* 1 to 10 000 */
};

struct found_document {
    struct document_id id;
    struct envelope_id envelope;
    char tenant[TENANT_TEXT_SIZE];
    enum compartment compartment;
    char tag[TAG_TEXT_SIZE];
    double confidence; /* the lowest of its pages */
    char decided_by[32];
    struct day received, event, expiry; /* expiry none: never eliminable */
    char rule[32];
    uint32_t rule_version;
    char box[96]; /* path below DATA/boxes */
    int64_t filed_ms;
    uint32_t page_count; /* written pages and the blanks and separators kept with them */
};

/* Fills up to query->most documents; returns how many. ERR_NOT_FOUND when the query names a batch,
 * box, slip or hold that does not exist. */
int find_documents(struct archive *archive, const struct find_query *query,
                   struct found_document *ret_documents, struct err *err);
int find_document(struct archive *archive, struct document_id id,
                  struct found_document *ret_document, struct err *err);

struct found_page {
    struct page_id id;
    uint32_t sheet;
    uint8_t side;
    char tag[TAG_TEXT_SIZE];
    struct digest digest;
    struct buf image;  /* the bytes whose digest was taken at birth; checked */
    struct buf record; /* the verdict as JSON */
    struct buf capture;
};

/* Page `index` (from 0) of a document. ERR_INTEGRITY when digest or seal does not match. Free with
 * found_page_clear. */
int find_page(struct archive *archive, const struct found_document *document, uint32_t index,
              struct found_page *ret_page, struct err *err);
void found_page_clear(struct found_page *page);

struct verify_report {
    uint64_t boxes, documents, pages, journal_records, access_records, seals, discrepancies;
    uint64_t keys_missing; /* tenant keys; what they open was not read */
};

/* Reads everything back: digests, seals, journal chains, day seals, the access journal, catalogue
 * against boxes both ways. Each discrepancy and each missing tenant key is one line to `say`;
 * returns 0 even then, with the numbers in the report. */
int verify_archive(struct archive *archive, void (*say)(void *to, const char *line), void *to,
                   struct verify_report *ret_report, struct err *err);
