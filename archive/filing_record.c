/*
 * Pages and documents as they are filed: see filing_record.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "archive/filing_record.h"

#include <ctype.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "archive/intake_work.h"
#include "archive/journal.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/scope.h"

/* ---- pages ---- */

static int check_image(const struct plan_page *page, const struct buf *image, struct err *err)
{
    struct digest digest = digest_of(buf_view(image));
    if (digest_equal(&digest, &page->row.digest))
        return 0;
    return err_set(err, ERR_INTEGRITY,
                   "page %u-%u: its image in intake is not the one accepted; "
                   "it is not filed",
                   page->id.batch, page->id.page);
}

int filing_page_read(struct archive *archive, struct store_txn *txn, const struct plan_page *page,
                     struct filing_page *ret_page, struct err *err)
{
    SCOPED(note_of_clear) struct note_of note = {0};
    SCOPED(buf_free) struct buf capture = {0};
    int rc = intake_fetch(archive, txn, (struct intake_part_of){INTAKE_IMAGE, page->id},
                          &ret_page->image, err);
    if (rc == 0)
        rc = check_image(page, &ret_page->image, err);
    if (rc == 0)
        rc = intake_fetch(archive, txn, (struct intake_part_of){INTAKE_CAPTURE, page->id}, &capture,
                          err);
    if (rc == 0)
        rc = intake_fetch_note(archive, txn, page->id, &note, err);
    if (rc < 0)
        return rc;
    struct box_record record = {.verdict = note.note.record, .capture = buf_view(&capture)};
    memcpy(record.insured, note.note.insured, sizeof record.insured);
    memcpy(record.reason, note.note.reason, sizeof record.reason);
    memcpy(ret_page->insured, note.note.insured, sizeof ret_page->insured);
    ret_page->evidence = digest_of(buf_view(&capture));
    box_record_encode(&ret_page->record, &record);
    return ret_page->record.failed
               ? err_set(err, ERR_MEMORY, "page %u-%u: no memory", page->id.batch, page->id.page)
               : 0;
}

void filing_page_clear(struct filing_page *page)
{
    buf_free(&page->image);
    packer_free(&page->record);
}

/* ---- insured numbers ---- */

int filing_insured_hash(struct keys *keys, const struct key_owner *owner, const char *insured,
                        struct insured_hash *ret_hash, struct err *err)
{
    uint8_t text[32] = "insured ";
    size_t len = 8;
    for (; *insured && len < sizeof text; insured++)
        if (!isspace((unsigned char)*insured))
            text[len++] = (uint8_t)toupper((unsigned char)*insured);
    const struct seal_key *key;
    int rc = keys_search(keys, owner, &key, err);
    if (rc == 0)
        crypto_generichash(ret_hash->at, sizeof ret_hash->at, text, len, key->at, sizeof key->at);
    sodium_memzero(text, sizeof text);
    return rc;
}

int filing_add_insured(struct archive *archive, struct plan_document *document, const char *insured,
                       struct err *err)
{
    struct document_row *row = &document->row;
    if (!insured[0])
        return 0;
    const struct key_owner owner = {row->tenant, row->compartment};
    struct insured_hash hash;
    int rc = filing_insured_hash(archive->keys, &owner, insured, &hash, err);
    if (rc < 0)
        return rc;
    for (int i = 0; i < row->insured_count; i++)
        if (memcmp(row->insured[i].at, hash.at, sizeof hash.at) == 0)
            return 0;
    if (row->insured_count == DOCUMENT_INSURED) {
        log_warn("document=%u-%u names more than %d insured people; the rest are not looked up",
                 document->id.batch, document->id.first_page, DOCUMENT_INSURED);
        return 0;
    }
    row->insured[row->insured_count++] = hash;
    return 0;
}

/* ---- journal ---- */

static json_t *event_facts(const struct page_event_row *event, uint32_t number)
{
    char at[CLOCK_TEXT_SIZE];
    json_t *facts =
        json_pack("{s:I, s:s, s:s}", "n", (json_int_t)number, "at", clock_format(event->at_ms, at),
                  "event", page_event_name(event->event));
    if (facts && event->actor[0])
        json_object_set_new(facts, "actor", json_string(event->actor));
    if (facts && event->tag[0] && event->event != EVENT_FAILED) {
        json_object_set_new(facts, "tag", json_string(event->tag));
        json_object_set_new(facts, "confidence", json_real(event->confidence));
    }
    return facts;
}

/* Acceptance, then what was noted, in order. */
static json_t *page_events(struct store_txn *intake, const struct plan_page *page)
{
    char at[CLOCK_TEXT_SIZE];
    json_t *events = json_array();
    json_array_append_new(events,
                          json_pack("{s:I, s:s, s:s}", "n", (json_int_t)0, "at",
                                    clock_format(page->row.accepted_ms, at), "event", "accepted"));
    for (uint32_t number = 1; events && number <= page->row.events; number++) {
        struct page_event_row event;
        if (intake_event_get(intake, page->id, number, &event, NULL) == 1)
            json_array_append_new(events, event_facts(&event, number));
    }
    return events;
}

static json_t *page_facts(struct store_txn *intake, const struct plan_page *page)
{
    char id[ID_TEXT_SIZE], digest[DIGEST_HEX_SIZE], evidence[DIGEST_HEX_SIZE];
    return json_pack("{s:s, s:I, s:I, s:s, s:s, s:s, s:o}", "page", page_id_format(page->id, id),
                     "sheet", (json_int_t)page->row.sheet, "side", (json_int_t)page->row.side,
                     "tag", page->row.tag, "digest", digest_hex(&page->row.digest, digest),
                     "evidence", digest_hex(&page->evidence, evidence), "events",
                     page_events(intake, page));
}

static json_t *pages_facts(const struct plan *plan, const struct plan_document *document)
{
    SCOPED(store_abort) struct store_txn intake = {0};
    if (store_begin_read(document->batch->day->store, &intake, NULL) < 0)
        return NULL;
    json_t *pages = json_array();
    for (size_t i = 0; pages && i < document->count; i++)
        json_array_append_new(pages, page_facts(&intake, &plan->pages[document->first + i]));
    return pages;
}

static json_t *document_facts(const struct plan *plan, const struct plan_document *document,
                              const struct digest *vouched)
{
    const struct document_row *row = &document->row;
    char id[ID_TEXT_SIZE], envelope[ID_TEXT_SIZE], digest[DIGEST_HEX_SIZE];
    char event[DAY_TEXT_SIZE], expiry[DAY_TEXT_SIZE], received[DAY_TEXT_SIZE];
    char box[SERIES_TEXT_SIZE];
    return json_pack("{s:s, s:s, s:s, s:s, s:f, s:s, s:s, s:s, s:s, s:s, s:I, s:b, s:s, s:s, s:o}",
                     "document", document_id_format(document->id, id), "envelope",
                     page_id_format((struct page_id){document->id.batch, row->envelope}, envelope),
                     "compartment", compartment_name(row->compartment), "tag", row->tag,
                     "confidence", row->confidence, "decided_by", row->decided_by, "received",
                     day_format(row->received, received), "trigger", day_format(row->event, event),
                     "expiry", day_format(row->expiry, expiry), "rule", row->rule, "rule_version",
                     (json_int_t)row->rule_version, "by_fallback", (int)row->by_fallback, "box",
                     box_path(&plan->boxes[document->box].row, box), "row",
                     digest_hex(vouched, digest), "pages", pages_facts(plan, document));
}

static int journal_document(struct store_txn *txn, const struct plan *plan,
                            const struct plan_document *document, struct err *err)
{
    char id[EVENT_ID_SIZE];
    struct digest vouched;
    uint64_t seq;
    int rc = catalogue_document_digest(txn, document->id, &vouched, err);
    if (rc < 0)
        return rc;
    json_t *facts = document_facts(plan, document, &vouched);
    if (!facts)
        return err_set(err, ERR_MEMORY, "filing: no memory for the journal");
    snprintf(id, sizeof id, "filed %u-%u", document->id.batch, document->id.first_page);
    const struct journal_event event = {document->row.tenant, id, "filed", plan->now_ms, facts};
    rc = journal_append(txn, &event, &seq, err);
    json_decref(facts);
    return rc;
}

/* ---- catalogue ---- */

static int enter_pages(struct store_txn *txn, const struct plan *plan,
                       const struct plan_document *document, struct err *err)
{
    for (size_t i = 0; i < document->count; i++) {
        const struct plan_page *page = &plan->pages[document->first + i];
        struct page_row row = {.document = document->id.first_page,
                               .sheet = page->row.sheet,
                               .side = page->row.side,
                               .kind = (uint8_t)page->row.kind,
                               .confidence = page->row.confidence,
                               .digest = page->row.digest,
                               .image_bytes = page->row.image_bytes};
        memcpy(row.tag, page->row.tag, sizeof row.tag);
        int rc = catalogue_put_page(txn, page->id, &row, err);
        if (rc < 0)
            return rc;
    }
    return 0;
}

int filing_enter_document(struct store_txn *txn, const struct plan *plan,
                          struct plan_document *document, struct err *err)
{
    int rc = journal_next(txn, document->row.tenant, &document->row.journal_seq, err);
    if (rc == 0)
        rc = catalogue_put_document(txn, document->id, &document->row, err);
    if (rc == 0)
        rc = enter_pages(txn, plan, document, err);
    return rc < 0 ? rc : journal_document(txn, plan, document, err);
}

int filing_note_box(struct store_txn *txn, uint32_t number, const struct box_row *row,
                    const char *event, struct err *err)
{
    char id[EVENT_ID_SIZE], path[SERIES_TEXT_SIZE];
    uint64_t seq;
    json_t *facts = json_pack("{s:I, s:s, s:I, s:I, s:I}", "box", (json_int_t)number, "path",
                              box_path(row, path), "documents", (json_int_t)row->documents, "pages",
                              (json_int_t)row->pages, "bytes", (json_int_t)row->bytes);
    if (!facts)
        return err_set(err, ERR_MEMORY, "box %u: no memory", number);
    snprintf(id, sizeof id, "%s %u", event, number);
    const struct journal_event noted = {row->tenant, id, event, clock_wall_ms(), facts};
    int rc = journal_append(txn, &noted, &seq, err);
    json_decref(facts);
    return rc;
}
