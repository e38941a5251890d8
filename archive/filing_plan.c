/*
 * What one filing run files: see filing_plan.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "archive/filing_plan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "archive/envelopes.h"
#include "base/clock.h"
#include "base/scope.h"

int plan_grow(void *array, size_t count, size_t *capacity, size_t size)
{
    if (count < *capacity)
        return 0;
    size_t more = *capacity ? 2 * *capacity : 64;
    void *grown = realloc(*(void **)array, more * size);
    if (!grown)
        return ERR_MEMORY;
    *(void **)array = grown;
    *capacity = more;
    return 0;
}

void plan_free(struct plan *plan)
{
    free(plan->pages);
    free(plan->documents);
    free(plan->parts);
    free(plan->boxes);
    *plan = (struct plan){0};
}

uint64_t plan_bytes_max(const struct archive *archive)
{
    const uint64_t most = UINT64_C(128) << 20; /* dirty pages of one commit stay in memory */
    uint64_t share = archive->box_map_bytes / 8;
    return share < most ? share : most;
}

static uint64_t document_bytes_max(const struct archive *archive)
{
    return plan_bytes_max(archive) / 2;
}

/* ---- documents ---- */

/* A document that is being gathered. */
struct gathering {
    struct archive *archive;
    struct plan *plan;
    struct plan_part *part;
    struct plan_document *document; /* NULL: none yet */
    uint64_t bytes;
    unsigned written; /* pages: with the first, tag and compartment stand */
};

/* Each page of these may be of another insured person: every one of them must be found. */
static bool names_a_person(const char *tag)
{
    return strcmp(tag, "care_form") == 0 || strcmp(tag, "sick_note") == 0;
}

/* Pages without a form of their own: letters, what goes on overleaf, what is enclosed with them. */
static bool goes_with_a_letter(const char *tag)
{
    return strcmp(tag, "letter") == 0 || strcmp(tag, "other") == 0;
}

static bool continues(const struct gathering *gathering, const struct intake_row *row)
{
    const struct plan_document *document = gathering->document;
    if (!document || document->count >= DOCUMENT_PAGES_MAX ||
        gathering->bytes + row->image_bytes > document_bytes_max(gathering->archive))
        return false;
    if (row->kind != PAGE_WRITTEN || !gathering->written)
        return true;
    if (gathering->written >= DOCUMENT_INSURED && names_a_person(document->row.tag))
        return false;
    return strcmp(document->row.tag, row->tag) == 0 &&
           document->row.compartment == row->compartment;
}

static int begin_document(struct gathering *gathering, const struct plan_page *page,
                          struct err *err)
{
    struct plan *plan = gathering->plan;
    if (plan_grow(&plan->documents, plan->document_count, &plan->document_capacity,
                  sizeof *plan->documents) < 0)
        return err_set(err, ERR_MEMORY, "filing: no memory");
    struct plan_document *document = &plan->documents[plan->document_count++];
    const struct live_batch *batch = gathering->part->batch;
    *document = (struct plan_document){
        .id = {page->id.batch, page->id.page}, .batch = batch, .first = plan->page_count - 1};
    document->row.envelope = gathering->part->id.first_page;
    document->row.received = batch->row.spec.received;
    document->row.confidence = 1;
    document->row.page_count = 0;
    memcpy(document->row.tenant, batch->row.spec.tenant, sizeof document->row.tenant);
    snprintf(document->row.tag, sizeof document->row.tag, "blank");
    snprintf(document->row.decided_by, sizeof document->row.decided_by, "worker");
    gathering->part->documents++;
    gathering->document = document;
    gathering->bytes = 0;
    gathering->written = 0;
    return 0;
}

/* The first written page gives a document its tag and compartment. Without one it is evidence:
 * blank, or separator as soon as one is in it. */
static void take_page(struct gathering *gathering, const struct intake_row *row)
{
    struct document_row *document = &gathering->document->row;
    gathering->document->count++;
    gathering->bytes += row->image_bytes;
    document->page_count++;
    gathering->part->written |= row->kind == PAGE_WRITTEN;
    gathering->part->separator |= row->kind == PAGE_SEPARATOR;
    if (row->by_person)
        memcpy(document->decided_by, row->actor, sizeof document->decided_by);
    if (row->kind != PAGE_WRITTEN) {
        if (!gathering->written && row->kind == PAGE_SEPARATOR)
            snprintf(document->tag, sizeof document->tag, "separator");
        return;
    }
    if (!gathering->written) {
        memcpy(document->tag, row->tag, sizeof document->tag);
        document->compartment = row->compartment;
        document->confidence = row->confidence;
    }
    gathering->written++;
    if (row->confidence < document->confidence)
        document->confidence = row->confidence;
    if (day_compare(row->event, document->event) > 0)
        document->event = row->event; /* the latest: keeping longer harms nobody */
}

static bool run_is_full(const struct archive *archive, const struct plan *plan)
{
    return plan->page_count >= RUN_PAGES_MAX || plan->bytes >= plan_bytes_max(archive);
}

static int add_page(struct gathering *gathering, const struct plan_page *page, struct err *err)
{
    struct plan *plan = gathering->plan;
    if (plan_grow(&plan->pages, plan->page_count, &plan->page_capacity, sizeof *plan->pages) < 0)
        return err_set(err, ERR_MEMORY, "filing: no memory");
    plan->pages[plan->page_count++] = *page;
    plan->bytes += page->row.image_bytes;
    int rc = continues(gathering, &page->row) ? 0 : begin_document(gathering, page, err);
    if (rc == 0)
        take_page(gathering, &page->row);
    return rc;
}

/* ---- envelopes ---- */

static int read_decided(struct store_txn *txn, struct page_id id, struct plan_page *ret_page,
                        struct err *err)
{
    ret_page->id = id;
    int rc = intake_row_get(txn, id, &ret_page->row, err);
    if (rc < 0)
        return rc;
    if (rc == 0 || ret_page->row.state != PAGE_DECIDED)
        return err_set(err, ERR_INTEGRITY, "page %u-%u is %s, its envelope is to be filed",
                       id.batch, id.page,
                       rc == 0 ? "missing" : page_state_name(ret_page->row.state));
    return 0;
}

/* Whether the envelope is mail to the médecin-conseil, as whoever fed it said or a letter in it
 * does. Only the first page may say so, and enclosures say nothing: then all letters and other
 * papers in it are medical. */
static int is_medical(struct store_txn *txn, const struct plan_part *part,
                      const struct stretch *stretch, struct err *err)
{
    if (stretch->medical || part->batch->row.spec.medical)
        return 1;
    for (uint32_t at = stretch->from; at < stretch->until; at++) {
        struct plan_page page;
        int rc = read_decided(txn, (struct page_id){part->id.batch, at}, &page, err);
        if (rc < 0)
            return rc;
        if (page.row.compartment == COMPARTMENT_MEDICAL && goes_with_a_letter(page.row.tag))
            return 1;
    }
    return 0;
}

/* Takes pages until the envelope, or at the end of a document the run, is full. */
static int gather(struct gathering *gathering, struct store_txn *txn, struct stretch stretch,
                  struct err *err)
{
    struct plan_part *part = gathering->part;
    int medical = is_medical(txn, part, &stretch, err);
    if (medical < 0)
        return medical;
    part->medical = medical;
    for (uint32_t at = stretch.from; at < stretch.until; at++) {
        struct plan_page page;
        int rc = read_decided(txn, (struct page_id){part->id.batch, at}, &page, err);
        if (rc < 0)
            return rc;
        if (part->medical && goes_with_a_letter(page.row.tag))
            page.row.compartment = COMPARTMENT_MEDICAL;
        if (run_is_full(gathering->archive, gathering->plan) && !continues(gathering, &page.row))
            return 0;
        rc = add_page(gathering, &page, err);
        if (rc < 0)
            return rc;
        part->until = at + 1;
    }
    part->last = true;
    return 0;
}

/* 1 taken, 0 not complete. */
static int plan_envelope(struct archive *archive, struct plan *plan, struct envelope_id id,
                         struct err *err)
{
    SCOPED(store_abort) struct store_txn txn = {0};
    struct stretch stretch;
    const struct live_batch *batch = live_find(archive, id.batch);
    if (!batch)
        return 0;
    int rc = store_begin_read(batch->day->store, &txn, err);
    if (rc == 0)
        rc = envelopes_complete(&txn, batch, id, &stretch, err);
    if (rc <= 0)
        return rc;
    if (plan_grow(&plan->parts, plan->part_count, &plan->part_capacity, sizeof *plan->parts) < 0)
        return err_set(err, ERR_MEMORY, "filing: no memory");
    struct plan_part *part = &plan->parts[plan->part_count++];
    *part =
        (struct plan_part){.id = id, .batch = batch, .from = stretch.from, .until = stretch.from};
    struct gathering gathering = {.archive = archive, .plan = plan, .part = part};
    rc = gather(&gathering, &txn, stretch, err);
    return rc < 0 ? rc : 1;
}

int plan_reckon(const struct retention *retention, struct document_row *row, struct err *err)
{
    const struct retention_case of = {row->tag, row->event, row->received};
    struct retention_term term;
    int rc = retention_reckon(retention, &of, &term, err);
    if (rc < 0)
        return rc;
    row->expiry = term.expiry;
    row->by_fallback = term.by_fallback;
    row->rule_version = term.row ? term.row->version : 0;
    memset(row->rule, 0, sizeof row->rule);
    if (term.row)
        memcpy(row->rule, term.row->rule, sizeof row->rule);
    return 0;
}

static int reckon(const struct archive *archive, struct plan *plan, struct err *err)
{
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < plan->document_count; i++) {
        plan->documents[i].row.filed_ms = plan->now_ms;
        rc = plan_reckon(archive->retention, &plan->documents[i].row, err);
    }
    return rc;
}

int plan_make(struct archive *archive, int most, struct plan *ret_plan, struct err *err)
{
    struct plan plan = {.now_ms = clock_wall_ms()};
    int rc = 0;
    for (size_t i = 0; rc >= 0 && i < archive->ready.count && plan.part_count < (size_t)most;) {
        struct envelope_id id = archive->ready.at[i];
        if (run_is_full(archive, &plan))
            break;
        rc = plan_envelope(archive, &plan, id, err);
        if (rc == 0)
            envelope_set_remove(&archive->ready, id);
        else
            i++;
    }
    if (rc >= 0)
        rc = reckon(archive, &plan, err);
    if (rc == 0)
        rc = plan_boxes(archive, &plan, err);
    *ret_plan = plan;
    return rc;
}
