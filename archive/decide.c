/*
 * Intake: what becomes of a lent page: decisions, returns, failures, quarantine: see intake.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdio.h>
#include <string.h>

#include "archive/envelopes.h"
#include "archive/intake.h"
#include "archive/intake_work.h"
#include "base/clock.h"
#include "base/scope.h"

enum { RECORD_BYTES_MAX = 4 << 20 }; /* a verdict with the full text of a dense page: some 100 KB */

/* ---- decisions ---- */

struct deciding {
    const struct intake_decision *decisions;
    int *results;
};

static int check_decision(const struct intake_decision *decision)
{
    bool sound = decision->record.len <= RECORD_BYTES_MAX &&
                 (day_is_none(decision->event) || day_is_valid(decision->event)) &&
                 decision->kind <= PAGE_SEPARATOR && decision->compartment <= COMPARTMENT_MEDICAL &&
                 memchr(decision->insured, 0, sizeof decision->insured) && decision->actor &&
                 strlen(decision->actor) < ACTOR_TEXT_SIZE &&
                 memchr(decision->tag, 0, sizeof decision->tag);
    if (!sound)
        return ERR_FORMAT;
    /* What is not decided may have no tag yet. */
    return tag_is_valid(decision->tag) || (!decision->accepted && !decision->tag[0]) ? 0
                                                                                     : ERR_FORMAT;
}

/* Whether this answer may speak for the page now. */
static bool may_decide(const struct intake_lending *lending, const struct intake_row *row)
{
    if (lending->epoch)
        return row->state == PAGE_LEASED && row->epoch == lending->epoch;
    return row->state == PAGE_TO_CODE || row->state == PAGE_QUARANTINED;
}

static void take_over(const struct intake_decision *decision, struct intake_row *row)
{
    row->state = decision->accepted ? PAGE_DECIDED : PAGE_TO_CODE;
    row->decided_ms = clock_wall_ms();
    row->kind = decision->kind;
    row->compartment = decision->compartment;
    row->confidence = decision->confidence;
    row->event = decision->event;
    row->by_person = decision->lending.epoch == 0;
    snprintf(row->tag, sizeof row->tag, "%s", decision->tag);
    snprintf(row->actor, sizeof row->actor, "%s", decision->actor);
}

/* Verdict and insured number go under seal; a person's bare answer keeps the machine's verdict. */
static int seal_note(struct work *work, const struct intake_decision *decision, struct err *err)
{
    SCOPED(note_of_clear) struct note_of old = {0};
    struct page_id id = decision->lending.id;
    int rc = intake_sound_note(work->archive, &work->txn, id, &old, err);
    if (rc < 0)
        return rc;
    struct intake_note note = old.note;
    if (decision->record.len)
        note.record = decision->record;
    if (decision->insured[0] || decision->lending.epoch)
        memcpy(note.insured, decision->insured, sizeof note.insured);
    return intake_store_note(work->archive, &work->txn, id, &note, err);
}

static int write_decision(struct work *work, const struct intake_decision *decision,
                          const struct intake_row *was, struct err *err)
{
    struct intake_row is = *was;
    struct page_id id = decision->lending.id;
    take_over(decision, &is);
    struct page_event_row event = {
        .event = decision->accepted ? EVENT_DECIDED : EVENT_TO_CODE,
        .at_ms = is.decided_ms,
        .confidence = is.confidence,
    };
    memcpy(event.actor, is.actor, sizeof event.actor);
    memcpy(event.tag, is.tag, sizeof event.tag);
    int rc = seal_note(work, decision, err);
    if (rc == 0)
        rc = intake_event_add(&work->txn, id, &is, &event, err);
    if (rc == 0)
        rc = intake_row_change(&work->txn, id, was, &is, err);
    if (rc < 0 || !decision->accepted)
        return rc;
    const struct page_place place = {work->archive, &work->txn, work->batch, id};
    return envelopes_decided(&place, &is, err);
}

static int decide_one(struct work *work, size_t index, struct err *err)
{
    const struct deciding *deciding = work->of;
    const struct intake_decision *decision = &deciding->decisions[index];
    int *result = &deciding->results[index];
    struct intake_row row;
    *result = check_decision(decision);
    if (*result < 0)
        return 0;
    int rc = intake_row_get(&work->txn, decision->lending.id, &row, err);
    if (rc < 0)
        return rc;
    enum page_state to = decision->accepted ? PAGE_DECIDED : PAGE_TO_CODE;
    if (rc == 0)
        *result = page_absence(work->archive, decision->lending.id, err);
    else if (!may_decide(&decision->lending, &row) || !page_may_move(row.state, to))
        *result = ERR_CONFLICT;
    else
        return write_decision(work, decision, &row, err);
    return 0;
}

static int decide_nowhere(struct archive *archive, void *of, size_t index, struct err *err)
{
    const struct deciding *deciding = of;
    deciding->results[index] = page_absence(archive, deciding->decisions[index].lending.id, err);
    return 0;
}

static uint32_t decide_batch(const void *of, size_t index)
{
    return ((const struct deciding *)of)->decisions[index].lending.id.batch;
}

int intake_decide(struct archive *archive, const struct intake_decision *decisions, size_t count,
                  int *ret_results, struct err *err)
{
    static const struct commit_points points = {"intake.decide.before_commit",
                                                "intake.decide.after_commit"};
    const struct work_kind kind = {decide_batch, decide_one, decide_nowhere, &points};
    struct deciding deciding = {decisions, ret_results};
    int rc = archive_may_write(archive, err);
    return rc < 0 ? rc : work_on_all(archive, &kind, &deciding, count, err);
}

/* ---- the other ends of a lease ---- */

/* The page of a lending; ERR_CONFLICT when it is not lent like that now. */
static int begin_lent(struct archive *archive, struct intake_lending lending,
                      struct page_work *ret_work, struct err *err)
{
    int rc = page_work_begin(archive, lending.id, ret_work, err);
    if (rc < 0)
        return rc;
    if (ret_work->was.state == PAGE_LEASED && ret_work->was.epoch == lending.epoch)
        return 0;
    return err_set(err, ERR_CONFLICT, "page %u-%u is %s, lending %u; the answer is for lending %u",
                   lending.id.batch, lending.id.page, page_state_name(ret_work->was.state),
                   ret_work->was.epoch, lending.epoch);
}

int intake_return(struct archive *archive, struct intake_lending lending, struct err *err)
{
    static const struct commit_points points = {"intake.return.before_commit",
                                                "intake.return.after_commit"};
    SCOPED(page_work_end) struct page_work work = {0};
    int rc = begin_lent(archive, lending, &work, err);
    if (rc == 0)
        rc = page_work_move(&work, PAGE_ACCEPTED, 0, "", err);
    return rc < 0 ? rc : store_commit(&work.work.txn, &points, err);
}

/* Keeps the reason under seal: it may name what was in the page. */
static int seal_reason(struct page_work *work, const char *reason, struct err *err)
{
    SCOPED(note_of_clear) struct note_of old = {0};
    int rc = intake_sound_note(work->work.archive, &work->work.txn, work->id, &old, err);
    if (rc < 0)
        return rc;
    struct intake_note note = old.note;
    snprintf(note.reason, sizeof note.reason, "%s", reason);
    return intake_store_note(work->work.archive, &work->work.txn, work->id, &note, err);
}

static int end_badly(struct page_work *work, enum page_state to, const char *reason,
                     struct err *err)
{
    static const struct commit_points points = {"intake.fail.before_commit",
                                                "intake.fail.after_commit"};
    enum page_event event = to == PAGE_QUARANTINED ? EVENT_QUARANTINED : EVENT_FAILED;
    int rc = seal_reason(work, reason, err);
    if (rc == 0)
        rc = page_work_move(work, to, event, "worker", err);
    if (rc == 0)
        rc = store_commit(&work->work.txn, &points, err);
    return rc < 0 ? rc : (int)to;
}

int intake_fail(struct archive *archive, struct intake_lending lending, const char *reason,
                struct err *err)
{
    SCOPED(page_work_end) struct page_work work = {0};
    int rc = begin_lent(archive, lending, &work, err);
    if (rc < 0)
        return rc;
    work.is.tries++;
    return end_badly(&work, work.is.tries < INTAKE_TRIES_MAX ? PAGE_ACCEPTED : PAGE_QUARANTINED,
                     reason, err);
}

int intake_quarantine(struct archive *archive, struct intake_lending lending, const char *reason,
                      struct err *err)
{
    SCOPED(page_work_end) struct page_work work = {0};
    int rc = begin_lent(archive, lending, &work, err);
    if (rc == 0)
        rc = end_badly(&work, PAGE_QUARANTINED, reason, err);
    return rc < 0 ? rc : 0;
}

/* ---- leases that ran out ---- */

/* The lease that ends first in a day, if before `until_ms`: 1 found. */
static int first_lease(struct store_txn *txn, int64_t until_ms, struct page_id *ret_id,
                       struct err *err)
{
    struct db_key start = {.len = 0};
    struct store_entry entry;
    int rc = store_seek(txn, IN_LEASED, &start, &entry, err);
    if (rc <= 0)
        return rc;
    struct unpacker key = {.left = entry.key};
    int64_t ends_ms = (int64_t)unpack_u64(&key);
    *ret_id = page_of_key(key.left);
    return ends_ms <= until_ms;
}

static int return_leases(const struct intake_day *day, size_t most, int64_t until_ms,
                         struct err *err)
{
    static const struct commit_points points = {"intake.expire.before_commit",
                                                "intake.expire.after_commit"};
    SCOPED(store_abort) struct store_txn txn = {0};
    struct page_id id;
    size_t count = 0;
    int rc = store_begin(day->store, &txn, err);
    while (rc == 0 && count < most && (rc = first_lease(&txn, until_ms, &id, err)) == 1) {
        struct intake_row was, is;
        rc = intake_row_get(&txn, id, &was, err);
        if (rc == 0)
            rc = err_set(err, ERR_INTEGRITY, "page %u-%u is leased and not there", id.batch,
                         id.page);
        is = was;
        is.state = PAGE_ACCEPTED;
        if (rc == 1)
            rc = intake_row_change(&txn, id, &was, &is, err);
        count++;
    }
    if (rc == 0 && count > 0)
        rc = store_commit(&txn, &points, err);
    return rc < 0 ? rc : (int)count;
}

static int return_all(struct archive *archive, size_t most, int64_t until_ms, struct err *err)
{
    int rc = archive_may_write(archive, err);
    size_t count = 0;
    for (size_t i = 0; rc >= 0 && i < archive->day_count && count < most; i++) {
        rc = return_leases(archive->days[i], most - count, until_ms, err);
        count += rc > 0 ? (size_t)rc : 0;
    }
    return rc < 0 ? rc : (int)count;
}

int intake_expire(struct archive *archive, size_t most, struct err *err)
{
    return return_all(archive, most, clock_wall_ms(), err);
}

int intake_recover(struct archive *archive, struct err *err)
{
    return return_all(archive, SIZE_MAX, INT64_MAX, err);
}
