/*
 * The walk over a tenant's journal: see account_walk.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "archive/account_walk.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "archive/journal.h"
#include "archive/state.h"
#include "base/scope.h"

enum { FIRST_ROOM = 64, FILE_REASONS = REJECT_OTHER + 1 }; /* codes of errors come behind */

void walk_free(struct walk *walk)
{
    for (size_t i = 0; i < walk->batch_count; i++)
        free(walk->batches[i].seen);
    free(walk->batches);
    free(walk->documents);
    free(walk->nothing_taken);
    free(walk->corrected);
}

/* ---- what a record holds ---- */

static const char *text(const json_t *record, const char *name)
{
    const char *value = json_string_value(json_object_get(record, name));
    return value ? value : "";
}

static uint64_t number(const json_t *record, const char *name)
{
    json_int_t value = json_integer_value(json_object_get(record, name));
    return value > 0 ? (uint64_t)value : 0;
}

/* Of "2026-11-26T20:24:15.979Z"; 0 when it is none. */
static int64_t moment(const json_t *record)
{
    struct tm at = {0};
    int ms = 0;
    if (sscanf(text(record, "at"), "%d-%d-%dT%d:%d:%d.%dZ", &at.tm_year, &at.tm_mon, &at.tm_mday,
               &at.tm_hour, &at.tm_min, &at.tm_sec, &ms) != 7)
        return 0;
    at.tm_year -= 1900;
    at.tm_mon -= 1;
    return (int64_t)timegm(&at) * 1000 + ms;
}

static bool is_medical(const json_t *facts)
{
    return strcmp(text(facts, "compartment"), compartment_name(COMPARTMENT_MEDICAL)) == 0;
}

static int wrong(struct walk *walk, const char *why)
{
    walk->why = why;
    return ERR_INTEGRITY;
}

/* Room for one more of `size` bytes; `*at` may move. */
static int make_room(void *at, size_t *room, size_t count, size_t size)
{
    void *old;
    memcpy(&old, at, sizeof old);
    if (count < *room)
        return 0;
    const size_t more = *room ? 2 * *room : FIRST_ROOM;
    void *grown = reallocarray(old, more, size);
    if (!grown)
        return ERR_MEMORY;
    memcpy(at, &grown, sizeof grown);
    *room = more;
    return 0;
}

/* ---- batches ---- */

struct walk_batch *walk_batch(const struct walk *walk, uint32_t wanted)
{
    size_t low = 0, high = walk->batch_count;
    while (low < high) {
        const size_t middle = (low + high) / 2;
        if (walk->batches[middle].number < wanted)
            low = middle + 1;
        else
            high = middle;
    }
    return low < walk->batch_count && walk->batches[low].number == wanted ? &walk->batches[low]
                                                                          : NULL;
}

static int take_opened(struct walk *walk, const json_t *record)
{
    const uint32_t opened = (uint32_t)number(record, "batch");
    if (walk->batch_count && walk->batches[walk->batch_count - 1].number >= opened)
        return wrong(walk, "batches are not opened in the order of their numbers");
    int rc = make_room(&walk->batches, &walk->batch_room, walk->batch_count, sizeof *walk->batches);
    if (rc == 0)
        walk->batches[walk->batch_count++] = (struct walk_batch){.number = opened};
    return rc;
}

static int take_fed(struct walk *walk, struct walk_batch *batch, const json_t *record)
{
    const uint64_t pages = number(record, "pages");
    if (batch->fed_ms && batch->pages != pages)
        return wrong(walk, "the batch ended with another number of pages before");
    if (!batch->fed_ms)
        batch->fed_ms = moment(record);
    batch->pages = pages;
    batch->refused = number(record, "sheets_rejected");
    return batch->fed_ms > 0 ? 0 : wrong(walk, "it has no moment");
}

static int take_rejected(struct walk *walk, struct walk_batch *batch, const json_t *record)
{
    enum reject_reason reason;
    if (reject_reason_parse(text(record, "reason"), &reason) < 0)
        return wrong(walk, "the reason of its refusal is not known");
    batch->reasons[reason]++;
    return 0;
}

static int take_closed(struct walk *walk, const struct walk_batch *batch, const json_t *record)
{
    const uint64_t accepted = number(record, "accepted");
    if (accepted != batch->pages || accepted != batch->archived ||
        number(record, "documents") != batch->documents)
        return wrong(walk, "the batch closed with other pages or documents than were filed");
    return 0;
}

/* ---- receipts of partners ---- */

static int reason_place(struct walk *walk, const char *name)
{
    if (walk->reason_count == 0)
        for (int i = REJECT_TORN; i <= REJECT_OTHER; i++, walk->reason_count++)
            snprintf(walk->reasons[i], ACCOUNT_REASON_SIZE, "%s",
                     reject_reason_name((enum reject_reason)i));
    for (int i = 0; i < walk->reason_count; i++)
        if (strcmp(walk->reasons[i], name) == 0)
            return i;
    if (walk->reason_count == ACCOUNT_REASONS_MAX || strlen(name) >= ACCOUNT_REASON_SIZE)
        return -1;
    snprintf(walk->reasons[walk->reason_count], ACCOUNT_REASON_SIZE, "%s", name);
    return walk->reason_count++;
}

static int take_reasons(struct walk *walk, const json_t *record, uint64_t *reasons)
{
    const char *name;
    json_t *count;
    uint64_t sum = 0;
    memset(reasons, 0, ACCOUNT_REASONS_MAX * sizeof *reasons);
    json_object_foreach(json_object_get(record, "reasons"), name, count)
    {
        const int place = reason_place(walk, name);
        if (place < FILE_REASONS || json_integer_value(count) < 0)
            return wrong(walk, "a reason of its refusals is not known");
        reasons[place] = (uint64_t)json_integer_value(count);
        sum += reasons[place];
    }
    return sum == number(record, "refused")
               ? 0
               : wrong(walk, "the reasons of its refusals are not as many as they");
}

/* Every file was refused. */
static int take_nothing(struct walk *walk, const json_t *record)
{
    struct walk_refused refused = {.at_ms = moment(record), .refused = number(record, "refused")};
    int rc = take_reasons(walk, record, refused.reasons);
    if (rc == 0)
        rc = make_room(&walk->nothing_taken, &walk->nothing_room, walk->nothing_count,
                       sizeof *walk->nothing_taken);
    if (rc < 0)
        return rc;
    snprintf(refused.uuid, sizeof refused.uuid, "%s", text(record, "uuid"));
    walk->nothing_taken[walk->nothing_count++] = refused;
    return 0;
}

static int take_vouched(struct walk *walk, const json_t *record)
{
    struct walk_batch *batch = walk_batch(walk, (uint32_t)number(record, "batch"));
    /* Vouched again after the first answer was lost: the last one counts. */
    for (size_t i = 0; i < walk->nothing_count; i++)
        if (strcmp(walk->nothing_taken[i].uuid, text(record, "uuid")) == 0)
            walk->nothing_taken[i].at_ms = 0;
    if (number(record, "batch") == 0)
        return take_nothing(walk, record);
    if (!batch || number(record, "pages") != batch->pages ||
        number(record, "refused") != batch->refused)
        return wrong(walk, "the receipt and its batch differ");
    batch->vouched = true;
    return take_reasons(walk, record, batch->reasons);
}

/* ---- documents ---- */

/* Each page once, and none beyond those received. */
static int see_page(struct walk *walk, struct walk_batch *batch, uint32_t page)
{
    const size_t byte = page / 8;
    const uint8_t bit = (uint8_t)(1U << (page % 8));
    if (page == 0 || page > PAGES_PER_BATCH_MAX || (batch->fed_ms && page > batch->pages))
        return wrong(walk, "a page was filed that was never received");
    if (byte >= batch->seen_bytes) {
        const size_t more = 2 * byte + FIRST_ROOM;
        uint8_t *grown = realloc(batch->seen, more);
        if (!grown)
            return ERR_MEMORY;
        memset(grown + batch->seen_bytes, 0, more - batch->seen_bytes);
        batch->seen = grown;
        batch->seen_bytes = more;
    }
    if (batch->seen[byte] & bit)
        return wrong(walk, "a page was filed twice");
    batch->seen[byte] |= bit;
    return 0;
}

static int take_page(struct walk *walk, struct walk_batch *batch, const json_t *page,
                     int64_t *accepted_ms)
{
    const json_t *event;
    size_t i;
    struct page_id id;
    bool person = false, quarantined = false;
    if (page_id_parse(text(page, "page"), &id) < 0 || id.batch != batch->number)
        return wrong(walk, "a page was filed that is of another batch");
    json_array_foreach(json_object_get(page, "events"), i, event)
    {
        const char *name = text(event, "event");
        if (strcmp(name, "accepted") == 0 && (*accepted_ms == 0 || moment(event) < *accepted_ms))
            *accepted_ms = moment(event);
        if (strcmp(name, "decided") == 0)
            person = strcmp(text(event, "actor"), "worker") != 0;
        quarantined |= strcmp(name, "quarantined") == 0;
    }
    batch->archived++;
    batch->by_people += person;
    batch->quarantined += quarantined;
    return see_page(walk, batch, id.page);
}

static int take_filed(struct walk *walk, uint64_t seq, const json_t *record)
{
    struct document_id id = {0};
    const json_t *page;
    size_t i;
    bool named = document_id_parse(text(record, "document"), &id) == 0;
    struct walk_batch *batch = named ? walk_batch(walk, id.batch) : NULL;
    if (!batch)
        return wrong(walk, "a document was filed whose batch was never opened");
    struct walk_document document = {
        .seq = seq, .batch = id.batch, .first_page = id.first_page, .medical = is_medical(record)};
    int rc = 0;
    json_array_foreach(json_object_get(record, "pages"), i, page)
    {
        if (rc == 0)
            rc = take_page(walk, batch, page, &document.accepted_ms);
    }
    if (rc == 0 && document.accepted_ms == 0)
        rc = wrong(walk, "it says no moment at which its pages were accepted");
    if (rc == 0)
        rc = make_room(&walk->documents, &walk->document_room, walk->document_count,
                       sizeof *walk->documents);
    if (rc < 0)
        return rc;
    batch->documents++;
    walk->documents[walk->document_count++] = document;
    return 0;
}

static int take_corrected(struct walk *walk, uint64_t seq, const json_t *record)
{
    struct document_id id = {0};
    size_t at = walk->document_count;
    if (document_id_parse(text(record, "document"), &id) < 0)
        return wrong(walk, "it names no document");
    while (at > 0 && (walk->documents[at - 1].batch != id.batch ||
                      walk->documents[at - 1].first_page != id.first_page))
        at--;
    if (at == 0)
        return wrong(walk, "a document was corrected that was never filed");
    struct walk_document *document = &walk->documents[at - 1];
    bool again = document->moved != 0;
    document->was_medical = document->medical;
    document->medical = is_medical(json_object_get(record, "to"));
    document->moved = seq;
    int rc = again ? 0
                   : make_room(&walk->corrected, &walk->corrected_room, walk->corrected_count,
                               sizeof *walk->corrected);
    if (rc == 0 && !again)
        walk->corrected[walk->corrected_count++] = at - 1;
    return rc;
}

/* Of a tenant that was merged into this one: no batch of this chain has it, hand-overs take it in.
 */
static int take_others(struct walk *walk, uint64_t seq, const json_t *record)
{
    struct document_id id = {0};
    if (strcmp(text(record, "event"), "tag_corrected") != 0)
        return 0;
    if (document_id_parse(text(record, "document"), &id) < 0)
        return wrong(walk, "it names no document");
    int rc = make_room(&walk->documents, &walk->document_room, walk->document_count,
                       sizeof *walk->documents);
    if (rc == 0)
        walk->documents[walk->document_count++] =
            (struct walk_document){.seq = seq,
                                   .batch = id.batch,
                                   .first_page = id.first_page,
                                   .medical = is_medical(json_object_get(record, "to"))};
    return rc;
}

/* ---- hand-overs ---- */

struct hand_over {
    uint64_t after, to;
    bool medical;
    int64_t at_ms;
};

/* It took in what lay in its compartment when its last record was written. */
static bool takes(const struct hand_over *over, const struct walk_document *document)
{
    const bool lay = document->moved > over->to ? document->was_medical : document->medical;
    return lay == over->medical;
}

static bool is_within(const struct hand_over *over, uint64_t seq)
{
    return seq > over->after && seq <= over->to;
}

static uint64_t hand(const struct hand_over *over, struct walk_document *document)
{
    if (!takes(over, document))
        return 0;
    if (document->handed_ms == 0)
        document->handed_ms = over->at_ms;
    return 1;
}

static int take_handed(struct walk *walk, uint64_t seq, const json_t *record)
{
    const struct hand_over over = {number(record, "after"), number(record, "to"),
                                   is_medical(record), moment(record)};
    const uint64_t given = number(record, "number");
    uint64_t count = 0;
    if (given != walk->given[over.medical].number + 1 ||
        over.after != walk->given[over.medical].to || over.to < over.after || over.to >= seq)
        return wrong(walk, "a hand-over does not follow the one before it");
    for (size_t i = walk->document_count; i-- > 0 && walk->documents[i].seq > over.after;)
        if (walk->documents[i].seq <= over.to)
            count += hand(&over, &walk->documents[i]);
    for (size_t i = 0; i < walk->corrected_count; i++) {
        struct walk_document *document = &walk->documents[walk->corrected[i]];
        if (is_within(&over, document->moved) && !is_within(&over, document->seq))
            count += hand(&over, document);
    }
    if (number(record, "documents") > count)
        return wrong(walk, "more documents were handed over than were filed");
    walk->given[over.medical].number = given;
    walk->given[over.medical].to = over.to;
    return 0;
}

/* ---- the chain ---- */

static int take_record(struct walk *walk, uint64_t seq, const json_t *record)
{
    static const struct {
        const char *event;
        int (*take)(struct walk *, struct walk_batch *, const json_t *);
    } of_batches[] = {{"batch_fed", take_fed}, {"sheet_rejected", take_rejected}};
    const char *event = text(record, "event");
    struct walk_batch *batch = walk_batch(walk, (uint32_t)number(record, "batch"));
    if (json_object_get(record, "of"))
        return take_others(walk, seq, record);
    if (strcmp(event, "batch_opened") == 0)
        return take_opened(walk, record);
    if (strcmp(event, "batch_vouched") == 0)
        return take_vouched(walk, record);
    if (strcmp(event, "filed") == 0)
        return take_filed(walk, seq, record);
    if (strcmp(event, "tag_corrected") == 0)
        return take_corrected(walk, seq, record);
    if (strcmp(event, "handed_over") == 0)
        return take_handed(walk, seq, record);
    if (strcmp(event, "batch_closed") == 0)
        return batch ? take_closed(walk, batch, record) : wrong(walk, "no such batch");
    for (size_t i = 0; i < sizeof of_batches / sizeof *of_batches; i++)
        if (strcmp(event, of_batches[i].event) == 0)
            return batch ? of_batches[i].take(walk, batch, record) : wrong(walk, "no such batch");
    return 0;
}

static int each_record(void *to, uint64_t seq, struct bytes bytes)
{
    struct walk *walk = to;
    json_t *record = json_loadb((const char *)bytes.at, bytes.len, 0, NULL);
    int rc = json_is_object(record) ? take_record(walk, seq, record)
                                    : wrong(walk, "it is no JSON object");
    if (rc == 0)
        walk->records = seq;
    json_decref(record);
    return rc;
}

int walk_journal(struct archive *archive, const char *tenant, struct walk *walk, struct err *err)
{
    SCOPED(store_abort) struct store_txn txn = {0};
    const struct journal_visitor visitor = {each_record, walk};
    struct journal_check check = {0};
    reason_place(walk, "");
    int rc = store_begin_read(archive->catalogue, &txn, err);
    if (rc < 0)
        return rc;
    rc = journal_verify(&txn, tenant, &visitor, &check, err);
    if (rc == ERR_INTEGRITY && walk->why)
        return err_set(err, rc, "journal of tenant %s: record %" PRIu64 ": %s", tenant,
                       walk->records + 1, walk->why);
    if (rc == ERR_MEMORY)
        return err_set(err, rc, "journal of tenant %s: no memory", tenant);
    if (rc == 0 && check.broken_at)
        rc = err_set(err, ERR_INTEGRITY, "journal of tenant %s: record %" PRIu64 ": %s", tenant,
                     check.broken_at, check.why);
    return rc;
}
