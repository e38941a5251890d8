/*
 * Filing: see filing.h. One run: plan, boxes, catalogue with journal, intake.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "archive/filing.h"

#include "archive/envelopes.h"
#include "archive/filing_record.h"
#include "archive/intake_work.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/scope.h"

enum { READERS_CHECK_MS = 60000 };

/* ---- 1: boxes ---- */

static int put_page(struct archive *archive, struct box_writing *writing,
                    struct plan_document *document, struct plan_page *page, struct err *err)
{
    SCOPED(store_abort) struct store_txn txn = {0};
    SCOPED(filing_page_clear) struct filing_page content = {0};
    int rc = store_begin_read(document->batch->day->store, &txn, err);
    if (rc == 0)
        rc = filing_page_read(archive, &txn, page, &content, err);
    page->evidence = content.evidence;
    if (rc == 0)
        rc = filing_add_insured(archive, document, content.insured, err);
    if (rc == 0)
        rc =
            box_put(writing, page->id, buf_view(&content.image), packer_view(&content.record), err);
    return rc;
}

static int put_document(struct archive *archive, struct box_writing *writing, struct plan *plan,
                        struct plan_document *document, struct err *err)
{
    for (size_t i = 0; i < document->count; i++) {
        struct plan_page *page = &plan->pages[document->first + i];
        int rc = put_page(archive, writing, document, page, err);
        if (rc == ERR_INTEGRITY)
            plan->damaged = page->id;
        if (rc < 0)
            return rc;
    }
    return 0;
}

/* One transaction of one box. */
static int write_box(struct archive *archive, struct plan *plan, size_t index, struct err *err)
{
    SCOPED(box_abort) struct box_writing writing = {0};
    struct plan_box *box = &plan->boxes[index];
    struct box_row as_open = box->row;
    as_open.state = BOX_OPEN; /* it closes, if at all, with this run */
    int rc = box_begin(archive->boxes, &(struct box_ref){box->number, &as_open}, &writing, err);
    for (size_t i = 0; rc == 0 && i < plan->document_count; i++) {
        struct plan_document *document = &plan->documents[i];
        if (document->box != index)
            continue;
        rc = put_document(archive, &writing, plan, document, err);
        box->row.documents++;
        box->row.pages += (uint32_t)document->count;
    }
    if (rc == 0)
        rc = box_commit(&writing, err);
    box->row.bytes += writing.bytes;
    box->row.run++;
    return rc;
}

static int write_boxes(struct archive *archive, struct plan *plan, struct err *err)
{
    int rc = plan_create_boxes(archive, plan, err);
    for (size_t i = 0; rc == 0 && i < plan->box_count; i++)
        if (plan->boxes[i].bytes > 0)
            rc = write_box(archive, plan, i, err);
    return rc;
}

/* ---- 2: catalogue and journal ---- */

static int enter_envelopes(struct store_txn *txn, const struct plan *plan, struct err *err)
{
    for (size_t i = 0; i < plan->part_count; i++) {
        const struct plan_part *part = &plan->parts[i];
        struct envelope_row row = {0};
        int rc = catalogue_envelope(txn, part->id, &row, err);
        if (rc < 0)
            return rc;
        row.pages += part->until - part->from;
        row.documents += part->documents;
        row.filed_ms = plan->now_ms;
        rc = catalogue_put_envelope(txn, part->id, &row, err);
        if (rc < 0)
            return rc;
    }
    return 0;
}

static struct db_key in_flight_key(void)
{
    struct db_key key = {.len = 0};
    key_text(&key, "in_flight");
    return key;
}

/* How a part's end and its kinds of pages stand in that row. */
enum { PART_LAST = 1, PART_WRITTEN = 2, PART_SEPARATOR = 4 };

static uint8_t flags_of(const struct plan_part *part)
{
    return (uint8_t)((part->last ? PART_LAST : 0) | (part->written ? PART_WRITTEN : 0) |
                     (part->separator ? PART_SEPARATOR : 0));
}

/* What has to leave intake once this transaction is there. */
static int enter_in_flight(struct store_txn *txn, const struct plan *plan, struct err *err)
{
    SCOPED(packer_free) struct packer row = {0};
    struct db_key key = in_flight_key();
    for (size_t i = 0; i < plan->part_count; i++) {
        const struct plan_part *part = &plan->parts[i];
        pack_u32(&row, part->id.batch);
        pack_u32(&row, part->id.first_page);
        pack_u32(&row, part->from);
        pack_u32(&row, part->until);
        pack_u32(&row, part->documents);
        pack_u8(&row, flags_of(part));
    }
    return store_put_row(txn, CAT_META, &key, &row, err);
}

static int write_catalogue(struct archive *archive, const struct plan *plan, struct err *err)
{
    static const struct commit_points points = {"filing.catalogue.before_commit",
                                                "filing.catalogue.after_commit"};
    SCOPED(store_abort) struct store_txn txn = {0};
    int rc = store_begin(archive->catalogue, &txn, err);
    if (rc == 0)
        rc = plan_enter_boxes(&txn, plan, err);
    if (rc == 0)
        rc = enter_envelopes(&txn, plan, err);
    for (size_t i = 0; rc == 0 && i < plan->document_count; i++)
        rc = filing_enter_document(&txn, plan, &plan->documents[i], err);
    if (rc == 0)
        rc = enter_in_flight(&txn, plan, err);
    return rc < 0 ? rc : store_commit(&txn, &points, err);
}

/* ---- 3: intake ---- */

/* 1: the part was still in intake; 0: it left before. */
static int remove_pages(struct store_txn *txn, const struct plan_part *part, struct err *err)
{
    int found = 0;
    for (uint32_t at = part->from; at < part->until; at++) {
        struct page_id id = {part->id.batch, at};
        struct intake_row was, is;
        int rc = intake_row_get(txn, id, &was, err);
        if (rc == 0)
            continue;
        is = was;
        is.state = PAGE_FILED;
        if (rc == 1 && !page_may_move(was.state, is.state))
            rc = err_set(err, ERR_INTEGRITY, "page %u-%u is filed and %s", id.batch, id.page,
                         page_state_name(was.state));
        if (rc == 1)
            rc = intake_row_change(txn, id, &was, &is, err);
        if (rc < 0)
            return rc;
        found = 1;
    }
    return found;
}

static int count_filed(struct store_txn *txn, const struct plan_part *part, struct err *err)
{
    struct intake_progress progress;
    int rc = intake_progress_get(txn, part->id.batch, &progress, err);
    if (rc < 0)
        return rc;
    progress.counts.documents += part->documents;
    if (part->written || !part->separator)
        progress.counts.envelopes_filed += part->last;
    else
        progress.counts.envelopes -= part->last; /* separators and their backs are no mail */
    return intake_progress_put(txn, part->id.batch, &progress, err);
}

static int remove_part(struct store_txn *txn, const struct plan_part *part, struct err *err)
{
    int rc = remove_pages(txn, part, err);
    if (rc <= 0)
        return rc;
    rc = count_filed(txn, part, err);
    const struct stretch filed = {part->from, part->until, part->medical};
    return rc < 0 ? rc : envelopes_filed(txn, part->id, &filed, err);
}

/* Every part of the run that lies in this day, in one transaction. */
static int leave_day(const struct intake_day *day, const struct plan *plan, struct err *err)
{
    static const struct commit_points points = {"filing.intake.before_commit",
                                                "filing.intake.after_commit"};
    SCOPED(store_abort) struct store_txn txn = {0};
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < plan->part_count; i++) {
        if (plan->parts[i].batch->day != day)
            continue;
        if (!txn.at)
            rc = store_begin(day->store, &txn, err);
        if (rc == 0)
            rc = remove_part(&txn, &plan->parts[i], err);
    }
    return rc < 0 || !txn.at ? rc : store_commit(&txn, &points, err);
}

static int leave_intake(struct archive *archive, const struct plan *plan, struct err *err)
{
    for (size_t i = 0; i < archive->day_count; i++) {
        int rc = leave_day(archive->days[i], plan, err);
        if (rc < 0)
            return rc;
    }
    for (size_t i = 0; i < plan->part_count; i++)
        if (plan->parts[i].last)
            envelope_set_remove(&archive->ready, plan->parts[i].id);
    return 0;
}

static int add_in_flight(struct archive *archive, struct unpacker *row, struct plan *plan,
                         struct err *err)
{
    struct plan_part part = {0};
    part.id.batch = unpack_u32(row);
    part.id.first_page = unpack_u32(row);
    part.from = unpack_u32(row);
    part.until = unpack_u32(row);
    part.documents = unpack_u32(row);
    uint8_t flags = unpack_u8(row);
    part.last = flags & PART_LAST;
    part.written = flags & PART_WRITTEN;
    part.separator = flags & PART_SEPARATOR;
    part.batch = live_find(archive, part.id.batch);
    if (row->bad)
        return err_set(err, ERR_INTEGRITY, "catalogue: the last filing run is damaged");
    if (!part.batch)
        return 0;
    if (plan_grow(&plan->parts, plan->part_count, &plan->part_capacity, sizeof *plan->parts) < 0)
        return err_set(err, ERR_MEMORY, "filing: no memory");
    plan->parts[plan->part_count++] = part;
    return 0;
}

int filing_finish(struct archive *archive, struct err *err)
{
    SCOPED(store_abort) struct store_txn txn = {0};
    SCOPED(plan_free) struct plan plan = {0};
    struct db_key key = in_flight_key();
    struct bytes value = {0};
    int rc = store_begin_read(archive->catalogue, &txn, err);
    if (rc == 0)
        rc = store_get(&txn, CAT_META, &key, &value, err);
    struct unpacker row = {.left = value};
    while (rc >= 0 && row.left.len > 0)
        rc = add_in_flight(archive, &row, &plan, err);
    store_abort(&txn);
    if (rc >= 0)
        rc = leave_intake(archive, &plan, err);
    if (rc == 0)
        archive->unfinished = false;
    return rc;
}

/* ---- runs ---- */

/* Files the plan; on an error before the catalogue's commit nothing has changed but boxes that are
 * a run ahead. */
static int file_plan(struct archive *archive, struct plan *plan, struct err *err)
{
    int rc = archive_has_space(archive, 2 * plan->bytes, err);
    if (rc == 0)
        rc = write_boxes(archive, plan, err);
    if (rc == 0)
        rc = write_catalogue(archive, plan, err);
    if (rc < 0)
        return rc;
    archive->unfinished = true;
    rc = leave_intake(archive, plan, err);
    if (rc == 0)
        archive->unfinished = false;
    for (size_t i = 0; i < plan->box_count; i++)
        if (plan->boxes[i].row.state != BOX_OPEN)
            box_forget(archive->boxes, plan->boxes[i].number);
    return rc;
}

/* A page that is not what was accepted is set aside with its envelope; the others go on. */
static int set_aside(struct archive *archive, struct page_id id, const char *why, struct err *err)
{
    static const struct commit_points points = {"filing.aside.before_commit",
                                                "filing.aside.after_commit"};
    SCOPED(page_work_end) struct page_work work = {0};
    log_error("page=%u-%u quarantined, its envelope waits: %s", id.batch, id.page, why);
    int rc = page_work_begin(archive, id, &work, err);
    if (rc == 0)
        rc = page_work_move(&work, PAGE_QUARANTINED, EVENT_QUARANTINED, "archive", err);
    return rc < 0 ? rc : store_commit(&work.work.txn, &points, err);
}

/* Frees what readers that died hold, now and then: until then no space of theirs is used again. */
static void check_readers(struct archive *archive)
{
    int64_t now_ms = clock_mono_ms();
    if (now_ms - archive->readers_checked_ms < READERS_CHECK_MS)
        return;
    archive->readers_checked_ms = now_ms;
    store_check_readers(archive->catalogue);
    for (size_t i = 0; i < archive->day_count; i++)
        store_check_readers(archive->days[i]->store);
}

/* One run; 1 and the number of parts, or an error, in which case `*ret_damaged` may say why. */
static int run_once(struct archive *archive, int most, struct page_id *ret_damaged, struct err *err)
{
    SCOPED(plan_free) struct plan plan = {0};
    int rc = plan_make(archive, most, &plan, err);
    if (rc < 0 || plan.part_count == 0)
        return rc < 0 ? rc : 0;
    rc = file_plan(archive, &plan, err);
    *ret_damaged = plan.damaged;
    return rc < 0 ? rc : (int)plan.part_count;
}

int filing_run(struct archive *archive, int most, struct err *err)
{
    int rc = archive_may_write(archive, err);
    if (rc < 0 || archive->purge)
        return rc;
    rc = filing_close_old_boxes(archive, err);
    if (rc < 0)
        return rc;
    check_readers(archive);
    for (;;) {
        struct page_id damaged = {0};
        rc = run_once(archive, most, &damaged, err);
        if (rc != ERR_INTEGRITY || !damaged.batch)
            return rc;
        struct err why = err ? *err : (struct err){0};
        rc = set_aside(archive, damaged, why.text, err);
        if (rc < 0)
            return rc;
    }
}

/* ---- the end of a filing month ---- */

static int close_box(struct store_txn *txn, uint32_t number, struct day month, struct err *err)
{
    struct box_row row;
    int rc = catalogue_box(txn, number, &row, err);
    if (rc <= 0 || day_compare(row.filing, month) >= 0)
        return rc < 0 ? rc : 0;
    row.state = BOX_CLOSED;
    row.closed_ms = clock_wall_ms();
    rc = catalogue_put_box(txn, number, &row, err);
    if (rc == 0)
        rc = filing_note_box(txn, number, &row, "box_closed", err);
    return rc < 0 ? rc : 1;
}

int filing_close_old_boxes(struct archive *archive, struct err *err)
{
    static const struct commit_points points = {"box.close.before_commit",
                                                "box.close.after_commit"};
    SCOPED(store_abort) struct store_txn txn = {0};
    struct day month = day_of_ms(clock_wall_ms());
    month.day = 1;
    if (day_compare(month, archive->month) == 0)
        return 0;
    struct db_key from = {.len = 0};
    struct store_entry entry;
    int closed = 0, rc = store_begin(archive->catalogue, &txn, err);
    while (rc >= 0 && (rc = store_seek(&txn, CAT_OPEN_BOXES, &from, &entry, err)) == 1) {
        struct unpacker key = {.left = entry.key};
        uint32_t number = unpack_u32(&key);
        rc = close_box(&txn, number, month, err);
        closed += rc == 1;
        if (rc == 1)
            box_forget(archive->boxes, number);
        from = key_of_number(number + 1);
    }
    if (rc == 0 && closed > 0)
        rc = store_commit(&txn, &points, err);
    if (rc < 0)
        return rc;
    archive->month = month;
    return 0;
}
