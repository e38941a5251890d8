/*
 * Moving: see move.h. One run: rows as they are, boxes, catalogue with journal.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "archive/move.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "archive/filing_record.h"
#include "archive/journal.h"
#include "base/clock.h"
#include "base/scope.h"

/* Each document may lie in a box of its own, and the one written must stay among the open ones. */
enum { RUN_DOCUMENTS_MAX = BOXES_OPEN_MAX / 2 };

/* One document of a run. */
struct step {
    struct move *move;
    struct document_row was;
    bool stays;      /* in its box */
    size_t document; /* of the plan, unless it stays */
};

struct run {
    struct archive *archive;
    const struct move_cause *cause;
    struct plan plan; /* the documents that change their box, and the boxes that take them */
    struct step steps[RUN_DOCUMENTS_MAX];
    size_t count;
};

static void run_free(struct run **run)
{
    if (!*run)
        return;
    plan_free(&(*run)->plan);
    free(*run);
    *run = NULL;
}

/* ---- 1: rows as they are, and boxes for what leaves ---- */

static int read_box(struct store_txn *txn, uint32_t number, struct box_row *ret_row,
                    struct err *err)
{
    int rc = catalogue_box(txn, number, ret_row, err);
    if (rc == 0 || (rc == 1 && ret_row->state == BOX_DESTROYED))
        return err_set(err, ERR_INTEGRITY, "box %u holds documents and is %s", number,
                       rc == 0 ? "missing" : "destroyed");
    return rc < 0 ? rc : 0;
}

static int read_page_row(struct store_txn *txn, struct page_id id, struct page_row *ret_row,
                         struct err *err)
{
    int rc = catalogue_page(txn, id, ret_row, err);
    if (rc == 0)
        return err_set(err, ERR_INTEGRITY, "page %u-%u: its row is missing", id.batch, id.page);
    return rc < 0 ? rc : 0;
}

static int add_page(struct store_txn *txn, struct plan *plan, struct page_id id, struct err *err)
{
    struct page_row row;
    int rc = read_page_row(txn, id, &row, err);
    if (rc < 0)
        return rc;
    if (plan_grow(&plan->pages, plan->page_count, &plan->page_capacity, sizeof *plan->pages) < 0)
        return err_set(err, ERR_MEMORY, "moving: no memory");
    struct plan_page *page = &plan->pages[plan->page_count++];
    *page = (struct plan_page){.id = id};
    page->row.digest = row.digest;
    page->row.image_bytes = row.image_bytes;
    plan->bytes += row.image_bytes;
    return 0;
}

/* Puts a document that leaves its box into the plan. */
static int plan_leaving(struct run *run, struct store_txn *txn, struct step *step, struct err *err)
{
    struct plan *plan = &run->plan;
    const struct document_id id = step->move->id;
    if (plan_grow(&plan->documents, plan->document_count, &plan->document_capacity,
                  sizeof *plan->documents) < 0)
        return err_set(err, ERR_MEMORY, "moving: no memory");
    step->document = plan->document_count++;
    struct plan_document *document = &plan->documents[step->document];
    *document = (struct plan_document){.id = id,
                                       .row = step->move->row,
                                       .first = plan->page_count,
                                       .count = step->was.page_count,
                                       .leaves = step->was.box};
    if (step->move->row.compartment != step->was.compartment)
        document->row.insured_count = 0; /* hashed anew: each compartment has its own key */
    int rc = 0;
    for (uint32_t i = 0; rc == 0 && i < step->was.page_count; i++)
        rc = add_page(txn, plan, (struct page_id){id.batch, id.first_page + i}, err);
    return rc;
}

static int take(struct run *run, struct store_txn *txn, struct move *move, struct err *err)
{
    struct step *step = &run->steps[run->count];
    struct box_row box;
    *step = (struct step){.move = move};
    int rc = catalogue_filed(txn, move->id, &step->was, err);
    if (rc == 0)
        rc = read_box(txn, step->was.box, &box, err);
    if (rc < 0)
        return rc;
    run->count++;
    struct box_row like = plan_box_like(&run->plan, &move->row);
    step->stays = !move->out && plan_same_series(&box, &like);
    move->row.box = step->was.box;
    return step->stays ? 0 : plan_leaving(run, txn, step, err);
}

/* Takes as many as fit into a run; returns how many. */
static int take_some(struct run *run, struct move *moves, size_t count, struct err *err)
{
    SCOPED(store_abort) struct store_txn txn = {0};
    run->plan.now_ms = clock_wall_ms();
    int rc = store_begin_read(run->archive->catalogue, &txn, err);
    for (size_t i = 0; rc == 0 && i < count && run->count < RUN_DOCUMENTS_MAX &&
                       run->plan.bytes < plan_bytes_max(run->archive);
         i++)
        rc = take(run, &txn, &moves[i], err);
    store_abort(&txn);
    if (rc == 0)
        rc = plan_boxes(run->archive, &run->plan, err);
    return rc < 0 ? rc : (int)run->count;
}

/* ---- 2: boxes ---- */

static int copy_page(struct run *run, struct box_writing *writing, struct step *step,
                     const struct plan_page *page, struct err *err)
{
    SCOPED(store_abort) struct store_txn txn = {0};
    SCOPED(box_page_clear) struct box_page content = {0};
    struct plan_document *document = &run->plan.documents[step->document];
    struct box_record record = {0};
    struct box_row from;
    int rc = store_begin_read(run->archive->catalogue, &txn, err);
    if (rc == 0)
        rc = read_box(&txn, step->was.box, &from, err);
    store_abort(&txn);
    if (rc == 0)
        rc = box_get(run->archive->boxes, &(struct box_ref){step->was.box, &from}, page->id,
                     &content, err);
    if (rc < 0)
        return rc;
    struct digest digest = digest_of(buf_view(&content.image));
    if (!digest_equal(&digest, &page->row.digest) ||
        !box_record_decode(buf_view(&content.record), &record))
        return err_set(err, ERR_INTEGRITY,
                       "page %u-%u: what its box holds is not what was filed; it is not moved",
                       page->id.batch, page->id.page);
    if (document->row.compartment != step->was.compartment)
        rc = filing_add_insured(run->archive, document, record.insured, err);
    return rc < 0 ? rc
                  : box_put(writing, page->id, buf_view(&content.image), buf_view(&content.record),
                            err);
}

static int copy_document(struct run *run, struct box_writing *writing, struct step *step,
                         struct err *err)
{
    const struct plan_document *document = &run->plan.documents[step->document];
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < document->count; i++)
        rc = copy_page(run, writing, step, &run->plan.pages[document->first + i], err);
    return rc;
}

static int write_box(struct run *run, size_t index, struct err *err)
{
    SCOPED(box_abort) struct box_writing writing = {0};
    struct plan_box *box = &run->plan.boxes[index];
    struct box_row as_open = box->row;
    as_open.state = BOX_OPEN; /* it closes, if at all, with this run */
    int rc =
        box_begin(run->archive->boxes, &(struct box_ref){box->number, &as_open}, &writing, err);
    for (size_t i = 0; rc == 0 && i < run->count; i++)
        if (!run->steps[i].stays && run->plan.documents[run->steps[i].document].box == index)
            rc = copy_document(run, &writing, &run->steps[i], err);
    if (rc == 0)
        rc = box_commit(&writing, err);
    box->row.bytes += writing.bytes;
    box->row.run++;
    return rc;
}

static int write_boxes(struct run *run, struct err *err)
{
    int rc = plan_create_boxes(run->archive, &run->plan, err);
    for (size_t i = 0; rc == 0 && i < run->plan.box_count; i++)
        if (run->plan.boxes[i].bytes > 0)
            rc = write_box(run, i, err);
    return rc;
}

/* ---- 3: catalogue and journal ---- */

static json_t *term_facts(struct store_txn *txn, const struct document_row *row)
{
    char event[DAY_TEXT_SIZE], expiry[DAY_TEXT_SIZE], path[SERIES_TEXT_SIZE];
    struct box_row box;
    if (catalogue_box(txn, row->box, &box, NULL) != 1)
        return NULL;
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:I, s:b, s:s}", "compartment",
                     compartment_name(row->compartment), "tag", row->tag, "trigger",
                     day_format(row->event, event), "expiry", day_format(row->expiry, expiry),
                     "rule", row->rule, "rule_version", (json_int_t)row->rule_version,
                     "by_fallback", (int)row->by_fallback, "box", box_path(&box, path));
}

static int journal_move(struct store_txn *txn, const struct run *run, const struct step *step,
                        const struct document_row *is, struct err *err)
{
    const struct document_id of = step->move->id;
    char text[ID_TEXT_SIZE], id[EVENT_ID_SIZE], digest[DIGEST_HEX_SIZE];
    struct digest vouched;
    uint64_t seq;
    int rc = catalogue_document_digest(txn, of, &vouched, err);
    if (rc < 0)
        return rc;
    json_t *facts =
        json_pack("{s:s, s:s, s:s, s:I, s:o, s:o, s:s}", "document", document_id_format(of, text),
                  "actor", run->cause->actor, "reason", run->cause->reason, "after",
                  (json_int_t)step->was.journal_seq, "from", term_facts(txn, &step->was), "to",
                  term_facts(txn, is), "row", digest_hex(&vouched, digest));
    if (!facts)
        return err_set(err, ERR_MEMORY, "moving: no memory for the journal");
    /* The record before this one makes it one of a kind. */
    snprintf(id, sizeof id, "moved %s %llu", text, (unsigned long long)step->was.journal_seq);
    const struct journal_event event = {is->tenant, id, run->cause->event, run->plan.now_ms, facts};
    rc = journal_append(txn, &event, &seq, err);
    json_decref(facts);
    if (rc == 0 && seq != is->journal_seq)
        rc = err_set(err, ERR_INTEGRITY, "journal of tenant %s: '%s' stands there already",
                     is->tenant, id);
    return rc;
}

/* The counts of a box; its files do not change. */
static int count_in_box(struct store_txn *txn, uint32_t number, const struct document_row *document,
                        bool comes, struct err *err)
{
    struct box_row row;
    int rc = read_box(txn, number, &row, err);
    if (rc < 0)
        return rc;
    if (!comes && (row.documents < 1 || row.pages < document->page_count))
        return err_set(err, ERR_INTEGRITY, "box %u: its row counts fewer pages than leave it",
                       number);
    row.documents += comes ? 1 : UINT32_MAX;
    row.pages += comes ? document->page_count : -document->page_count;
    return catalogue_put_box(txn, number, &row, err);
}

static int change_box(struct store_txn *txn, const struct step *step, const struct document_row *is,
                      struct err *err)
{
    const struct document_id id = step->move->id;
    int rc = count_in_box(txn, step->was.box, is, false, err);
    if (rc == 0)
        rc = count_in_box(txn, is->box, is, true, err);
    if (rc == 0)
        rc = catalogue_set_moved(txn, step->was.box, id, true, err);
    return rc < 0 ? rc : catalogue_set_moved(txn, is->box, id, false, err);
}

/* Pages that had the document's tag take its new one; blanks and separators stay what they are. */
static int retag_pages(struct store_txn *txn, const struct step *step,
                       const struct document_row *is, struct err *err)
{
    int rc = 0;
    for (uint32_t i = 0; rc == 0 && i < is->page_count; i++) {
        const struct page_id id = {step->move->id.batch, step->move->id.first_page + i};
        struct page_row row;
        rc = read_page_row(txn, id, &row, err);
        if (rc < 0 || strcmp(row.tag, step->was.tag) != 0)
            continue;
        memcpy(row.tag, is->tag, sizeof row.tag);
        row.confidence = is->confidence;
        rc = catalogue_put_page(txn, id, &row, err);
    }
    return rc;
}

static int enter(struct store_txn *txn, const struct run *run, struct step *step, struct err *err)
{
    struct document_row is =
        step->stays ? step->move->row : run->plan.documents[step->document].row;
    if (step->stays)
        is.box = step->was.box;
    int rc = journal_next(txn, is.tenant, &is.journal_seq, err);
    if (rc == 0)
        rc = catalogue_unindex_document(txn, step->move->id, &step->was, err);
    if (rc == 0)
        rc = catalogue_put_document(txn, step->move->id, &is, err);
    if (rc == 0 && !step->stays)
        rc = change_box(txn, step, &is, err);
    if (rc == 0 && strcmp(is.tag, step->was.tag) != 0)
        rc = retag_pages(txn, step, &is, err);
    if (rc == 0)
        rc = journal_move(txn, run, step, &is, err);
    step->move->row = is;
    return rc;
}

static int write_catalogue(struct run *run, struct err *err)
{
    static const struct commit_points points = {"move.catalogue.before_commit",
                                                "move.catalogue.after_commit"};
    SCOPED(store_abort) struct store_txn txn = {0};
    int rc = store_begin(run->archive->catalogue, &txn, err);
    if (rc == 0 && run->plan.box_count > 0)
        rc = plan_enter_boxes(&txn, &run->plan, err);
    for (size_t i = 0; rc == 0 && i < run->count; i++)
        rc = enter(&txn, run, &run->steps[i], err);
    return rc < 0 ? rc : store_commit(&txn, &points, err);
}

/* ---- runs ---- */

/* Returns how many it did. */
static int run_once(struct archive *archive, struct move *moves, size_t count,
                    const struct move_cause *cause, struct err *err)
{
    SCOPED(run_free) struct run *run = calloc(1, sizeof *run);
    if (!run)
        return err_set(err, ERR_MEMORY, "moving: no memory");
    run->archive = archive;
    run->cause = cause;
    int rc = take_some(run, moves, count, err);
    if (rc >= 0)
        rc = archive_has_space(archive, 2 * run->plan.bytes, err);
    if (rc == 0)
        rc = write_boxes(run, err);
    if (rc == 0)
        rc = write_catalogue(run, err);
    for (size_t i = 0; i < run->plan.box_count; i++)
        if (run->plan.boxes[i].row.state != BOX_OPEN)
            box_forget(archive->boxes, run->plan.boxes[i].number);
    if (rc < 0)
        return rc;
    for (size_t i = 0; i < run->count; i++)
        run->steps[i].move->ret_moved = !run->steps[i].stays;
    return (int)run->count;
}

int move_documents(struct archive *archive, struct move *moves, size_t count,
                   const struct move_cause *cause, struct err *err)
{
    if (strlen(cause->reason) > MOVE_REASON_MAX)
        return err_set(err, ERR_LIMIT, "reason: %zu bytes, at most %d", strlen(cause->reason),
                       MOVE_REASON_MAX);
    int rc = archive_may_write(archive, err);
    for (size_t done = 0; rc >= 0 && done < count; done += (size_t)rc)
        rc = run_once(archive, moves + done, count - done, cause, err);
    return rc < 0 ? rc : 0;
}

int move_out(struct archive *archive, const struct move_list *list, const struct move_cause *cause,
             struct err *err)
{
    const size_t count = list->count;
    SCOPED(store_abort) struct store_txn txn = {0};
    SCOPED(scope_free) struct move *moves = calloc(count ? count : 1, sizeof *moves);
    size_t leaving = 0;
    if (!moves)
        return err_set(err, ERR_MEMORY, "moving: no memory for %zu documents", count);
    int rc = store_begin_read(archive->catalogue, &txn, err);
    for (size_t i = 0; rc == 0 && i < count; i++) {
        struct move *move = &moves[leaving];
        *move = (struct move){.id = list->ids[i], .out = true};
        rc = catalogue_filed(&txn, list->ids[i], &move->row, err);
        leaving += rc == 0 && move->row.box == list->box;
    }
    store_abort(&txn);
    return rc < 0 ? rc : move_documents(archive, moves, leaving, cause, err);
}
