/*
 * Which box a document of a filing run goes into: see filing_plan.h. One box is open per series
 * (tenant, compartment, class, expiry month) and filing month; when it is full, the next number.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <string.h>

#include "archive/filing_plan.h"
#include "archive/filing_record.h"
#include "base/scope.h"

static struct day first_of_month(struct day day)
{
    day.day = day_is_none(day) ? 0 : 1;
    return day;
}

static uint64_t bytes_of_document(const struct plan *plan, const struct plan_document *document)
{
    uint64_t bytes = 0;
    for (size_t i = 0; i < document->count; i++)
        bytes += plan->pages[document->first + i].row.image_bytes;
    return bytes;
}

struct box_row plan_box_like(const struct plan *plan, const struct document_row *document)
{
    struct box_row row = {.compartment = document->compartment,
                          .expiry = first_of_month(document->expiry),
                          .filing = first_of_month(day_of_ms(plan->now_ms)),
                          .state = BOX_OPEN,
                          .opened_ms = plan->now_ms};
    memcpy(row.tenant, document->tenant, sizeof row.tenant);
    memcpy(row.class_name, document->tag, sizeof row.class_name);
    return row;
}

bool plan_same_series(const struct box_row *a, const struct box_row *b)
{
    return a->compartment == b->compartment && strcmp(a->tenant, b->tenant) == 0 &&
           strcmp(a->class_name, b->class_name) == 0 && day_compare(a->expiry, b->expiry) == 0;
}

/* The newest box of the series in this plan; plan->box_count when none. */
static size_t box_in_plan(const struct plan *plan, const struct box_row *like)
{
    for (size_t i = plan->box_count; i > 0; i--)
        if (plan_same_series(&plan->boxes[i - 1].row, like) &&
            day_compare(plan->boxes[i - 1].row.filing, like->filing) == 0)
            return i - 1;
    return plan->box_count;
}

static bool has_room(const struct archive *archive, const struct plan_box *box, uint64_t bytes)
{
    uint64_t held = box->row.bytes + box->bytes;
    return box->row.state == BOX_OPEN && (held == 0 || held + bytes <= box_bytes_max(archive));
}

static int add_box(struct plan *plan, const struct plan_box *box, struct err *err)
{
    if (plan_grow(&plan->boxes, plan->box_count, &plan->box_capacity, sizeof *plan->boxes) < 0)
        return err_set(err, ERR_MEMORY, "filing: no memory");
    plan->boxes[plan->box_count++] = *box;
    return 0;
}

/* Brings the series' newest box of the catalogue into the plan, if there is one. */
static int fetch_box(struct store_txn *txn, struct plan *plan, const struct box_row *like,
                     struct err *err)
{
    struct plan_box box = {0};
    int rc = catalogue_last_box(txn, like, &box.number, err);
    if (rc < 0 || box.number == 0)
        return rc;
    rc = catalogue_box(txn, box.number, &box.row, err);
    return rc <= 0 ? rc : add_box(plan, &box, err);
}

/* The box before it is full, and closes with this run. */
static int next_box(struct plan *plan, size_t before, const struct box_row *like, struct err *err)
{
    struct plan_box box = {.number = ++plan->last_box, .row = *like, .is_new = true};
    box.row.number = 1;
    if (before < plan->box_count) {
        struct box_row *full = &plan->boxes[before].row;
        box.row.number = full->number + 1;
        if (full->state == BOX_OPEN) {
            full->state = BOX_CLOSED;
            full->closed_ms = plan->now_ms;
        }
    }
    return add_box(plan, &box, err);
}

static int choose(const struct archive *archive, struct store_txn *txn, struct plan *plan,
                  struct plan_document *document, struct err *err)
{
    struct box_row like = plan_box_like(plan, &document->row);
    uint64_t bytes = bytes_of_document(plan, document);
    int rc = 0;
    if (box_in_plan(plan, &like) == plan->box_count)
        rc = fetch_box(txn, plan, &like, err);
    if (rc < 0)
        return rc;
    size_t at = box_in_plan(plan, &like);
    if (at == plan->box_count || plan->boxes[at].number == document->leaves ||
        !has_room(archive, &plan->boxes[at], bytes)) {
        rc = next_box(plan, at, &like, err);
        if (rc < 0)
            return rc;
        at = plan->box_count - 1;
    }
    plan->boxes[at].bytes += bytes;
    document->box = at;
    document->row.box = plan->boxes[at].number;
    return 0;
}

int plan_boxes(struct archive *archive, struct plan *plan, struct err *err)
{
    SCOPED(store_abort) struct store_txn txn = {0};
    uint64_t last;
    int rc = store_begin_read(archive->catalogue, &txn, err);
    if (rc == 0)
        rc = catalogue_number(&txn, "last_box", &last, err);
    if (rc < 0)
        return rc;
    plan->last_box = (uint32_t)last;
    for (size_t i = 0; i < plan->document_count; i++) {
        rc = choose(archive, &txn, plan, &plan->documents[i], err);
        if (rc < 0)
            return rc;
    }
    return 0;
}

int plan_create_boxes(struct archive *archive, const struct plan *plan, struct err *err)
{
    for (size_t i = 0; i < plan->box_count; i++) {
        const struct plan_box *box = &plan->boxes[i];
        const struct box_ref ref = {box->number, &box->row};
        struct box_row as_open = box->row;
        as_open.state = BOX_OPEN;
        int rc = box->is_new
                     ? box_create(archive->boxes, &(struct box_ref){ref.number, &as_open}, err)
                     : 0;
        if (rc < 0)
            return rc;
    }
    return 0;
}

int plan_enter_boxes(struct store_txn *txn, const struct plan *plan, struct err *err)
{
    for (size_t i = 0; i < plan->box_count; i++) {
        const struct plan_box *box = &plan->boxes[i];
        int rc = catalogue_put_box(txn, box->number, &box->row, err);
        if (rc == 0 && box->is_new)
            rc = filing_note_box(txn, box->number, &box->row, "box_opened", err);
        if (rc == 0 && box->row.state == BOX_CLOSED)
            rc = filing_note_box(txn, box->number, &box->row, "box_closed", err);
        if (rc < 0)
            return rc;
    }
    return catalogue_set_number(txn, "last_box", plan->last_box, err);
}
