/*
 * Terms: see term.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "archive/term.h"

#include <stdlib.h>
#include <string.h>

#include "archive/catalogue.h"
#include "archive/filing_plan.h"
#include "archive/successor.h"
#include "base/clock.h"
#include "base/scope.h"

enum { EVENT_YEAR_MIN = 1900 };

static int check_cause(const struct move_cause *cause, struct err *err)
{
    size_t len = strlen(cause->reason);
    if (len == 0 || len > MOVE_REASON_MAX)
        return err_set(err, ERR_FORMAT, "a reason of 1 to %d bytes is wanted, this one has %zu",
                       MOVE_REASON_MAX, len);
    return 0;
}

static bool is_same_term(const struct document_row *a, const struct document_row *b)
{
    return strcmp(a->tag, b->tag) == 0 && a->compartment == b->compartment &&
           day_compare(a->event, b->event) == 0 && day_compare(a->expiry, b->expiry) == 0 &&
           strcmp(a->rule, b->rule) == 0 && a->rule_version == b->rule_version &&
           a->by_fallback == b->by_fallback;
}

/* 1 found. */
static int read_row(struct archive *archive, struct document_id id, struct document_row *ret_row,
                    struct err *err)
{
    SCOPED(store_abort) struct store_txn txn = {0};
    int rc = store_begin_read(archive->catalogue, &txn, err);
    return rc < 0 ? rc : catalogue_document(&txn, id, ret_row, err);
}

static int read_filed(struct archive *archive, struct document_id id, struct document_row *ret_row,
                      struct err *err)
{
    SCOPED(store_abort) struct store_txn txn = {0};
    int rc = store_begin_read(archive->catalogue, &txn, err);
    return rc < 0 ? rc : catalogue_filed(&txn, id, ret_row, err);
}

/* Reckons the row anew and gives it to the document: 1, or 0 when nothing of its term changes. */
static int revise(struct archive *archive, struct move *move, const struct move_cause *cause,
                  struct err *err)
{
    struct document_row was;
    int rc = read_filed(archive, move->id, &was, err);
    if (rc == 0)
        rc = plan_reckon(archive->retention, &move->row, err);
    if (rc < 0 || is_same_term(&was, &move->row))
        return rc;
    rc = move_documents(archive, move, 1, cause, err);
    return rc < 0 ? rc : 1;
}

/* ---- one document ---- */

static int check_event(struct day event, struct err *err)
{
    char text[DAY_TEXT_SIZE];
    const struct day last = day_add_months(day_of_ms(clock_wall_ms()), 12 * EVENT_AHEAD_YEARS);
    if (!day_is_valid(event) || event.year < EVENT_YEAR_MIN)
        return err_set(err, ERR_FORMAT, "date of the event: no such day, from %d on",
                       EVENT_YEAR_MIN);
    if (day_compare(event, last) > 0)
        return err_set(err, ERR_FORMAT, "date of the event: %s is more than %d years ahead",
                       day_format(event, text), EVENT_AHEAD_YEARS);
    return 0;
}

int term_event(struct archive *archive, struct document_id id, struct day event,
               const struct move_cause *cause, struct err *err)
{
    struct move move = {.id = id};
    int rc = archive_may_write(archive, err);
    if (rc == 0)
        rc = check_cause(cause, err);
    if (rc == 0)
        rc = check_event(event, err);
    if (rc == 0)
        rc = read_filed(archive, id, &move.row, err);
    move.row.event = event;
    return rc < 0 ? rc : revise(archive, &move, cause, err);
}

static bool is_written(const char *tag)
{
    return strcmp(tag, "blank") != 0 && strcmp(tag, "separator") != 0;
}

static void put_text(char *to, size_t size, const char *text)
{
    memset(to, 0, size);
    memcpy(to, text, strnlen(text, size - 1));
}

int term_retag(struct archive *archive, struct document_id id, const struct term_tag *as,
               const struct move_cause *cause, struct err *err)
{
    struct move move = {.id = id};
    int rc = archive_may_write(archive, err);
    if (rc == 0)
        rc = check_cause(cause, err);
    if (rc == 0 && (!tag_is_valid(as->tag) || !is_written(as->tag)))
        return err_set(err, ERR_FORMAT, "tag '%.24s': not one of a written page", as->tag);
    if (rc == 0)
        rc = read_filed(archive, id, &move.row, err);
    if (rc == 0 && !is_written(move.row.tag))
        return err_set(err, ERR_CONFLICT, "document %u-%u holds no written page: it is %s",
                       id.batch, id.first_page, move.row.tag);
    if (rc < 0)
        return rc;
    put_text(move.row.tag, sizeof move.row.tag, as->tag);
    put_text(move.row.decided_by, sizeof move.row.decided_by, cause->actor);
    move.row.compartment = as->compartment;
    move.row.confidence = 1;
    return revise(archive, &move, cause, err);
}

/* ---- all of them ---- */

/* The next document from `*from` on: 1 found, and `*from` is behind it. */
static int next_document(struct store_txn *txn, struct document_id *from,
                         struct term_change *ret_change, struct err *err)
{
    const struct db_key all = {.len = 0};
    int rc = catalogue_seek_document(txn, CAT_DOCUMENTS, &all, from, err);
    if (rc <= 0)
        return rc;
    ret_change->id = *from;
    from->first_page++;
    return catalogue_document(txn, ret_change->id, &ret_change->was, err);
}

int term_check(struct archive *archive, const struct term_query *query,
               int (*each)(void *to, const struct term_change *change), void *to, struct err *err)
{
    SCOPED(store_abort) struct store_txn txn = {0};
    struct document_id from = {query->after.batch, query->after.first_page + 1};
    struct term_change change;
    int rc = query->tenant ? archive_check_tenant(archive, query->tenant, err) : 0;
    if (rc == 0)
        rc = store_begin_read(archive->catalogue, &txn, err);
    while (rc == 0 && (rc = next_document(&txn, &from, &change, err)) == 1) {
        change.is = change.was;
        const int asked =
            query->tenant ? successor_is(&txn, query->tenant, change.was.tenant, err) : 1;
        rc = asked == 1 ? plan_reckon(archive->retention, &change.is, err) : asked;
        if (rc == 0 && !is_same_term(&change.was, &change.is))
            rc = each(to, &change);
    }
    return rc;
}

/* Those that change, with their rows; returns how many. */
static int gather(struct archive *archive, const struct document_id *ids, size_t count,
                  struct move *moves, struct err *err)
{
    int changing = 0;
    for (size_t i = 0; i < count; i++) {
        struct document_row was;
        struct move *move = &moves[changing];
        int rc = read_row(archive, ids[i], &was, err);
        *move = (struct move){.id = ids[i], .row = was};
        if (rc == 1)
            rc = plan_reckon(archive->retention, &move->row, err);
        else if (rc == 0)
            continue; /* destroyed since */
        if (rc < 0)
            return rc;
        changing += !is_same_term(&was, &move->row);
    }
    return changing;
}

int term_apply(struct archive *archive, const struct document_id *ids, size_t count,
               const struct move_cause *cause, struct err *err)
{
    SCOPED(scope_free) struct move *moves = calloc(TERM_GROUP_MAX, sizeof *moves);
    if (count > TERM_GROUP_MAX)
        return err_set(err, ERR_LIMIT, "%zu documents at once, at most %d", count, TERM_GROUP_MAX);
    int rc = moves ? archive_may_write(archive, err) : err_set(err, ERR_MEMORY, "terms: no memory");
    if (rc == 0)
        rc = check_cause(cause, err);
    const int changing = rc < 0 ? rc : gather(archive, ids, count, moves, err);
    if (changing <= 0)
        return changing;
    rc = move_documents(archive, moves, (size_t)changing, cause, err);
    return rc < 0 ? rc : changing;
}
