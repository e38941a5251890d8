/*
 * Paper on elimination slips: see paper_slip.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "archive/paper_slip.h"

#include <stdio.h>
#include <string.h>

#include "archive/hold.h"
#include "archive/journal.h"
#include "archive/successor.h"
#include "archive/tombs.h"
#include "base/clock.h"
#include "base/scope.h"

bool slip_line_is_paper(const struct slip_line_row *line)
{
    return strcmp(line->class_name, paper_tag) == 0;
}

/* ---- whether it may go ---- */

/* The first document of the batch on which a hold lies: 1 found. */
static int find_held(struct store_txn *txn, struct batch_id batch, struct hold_names *ret_holds,
                     struct document_id *ret_id, struct err *err)
{
    const struct day today = day_of_ms(clock_wall_ms());
    const struct db_key of_batch = key_of_number(batch.n);
    struct db_key from = of_batch;
    struct store_entry entry;
    struct document_row row;
    int rc = holds_on_batch(txn, batch, today, ret_holds, err);
    while (rc == 0 && (rc = store_seek(txn, CAT_DOCUMENTS, &from, &entry, err)) == 1 &&
           key_has_prefix(entry.key, &of_batch)) {
        const struct page_id first = page_of_key(entry.key);
        *ret_id = (struct document_id){first.batch, first.page};
        if (!document_row_decode(entry.value, &row))
            return err_set(err, ERR_INTEGRITY, "document %u-%u: its row is damaged", first.batch,
                           first.page);
        rc = holds_on(txn, &(struct hold_subject){*ret_id, &row, today}, ret_holds, err);
        from = key_of_page((struct page_id){first.batch, first.page + 1});
    }
    return rc < 0 ? rc : ret_holds->count > 0;
}

static int look_at_holds(struct store_txn *txn, struct slip_candidate *candidate, struct err *err)
{
    struct hold_names holds = {0};
    struct document_id id = {0};
    int rc = find_held(txn, (struct batch_id){candidate->batch}, &holds, &id, err);
    if (rc == 1 && id.batch)
        snprintf(candidate->why, sizeof candidate->why, "document %u-%u is held by '%s'", id.batch,
                 id.first_page, holds.names[0]);
    else if (rc == 1)
        snprintf(candidate->why, sizeof candidate->why, "batch %u is held by '%s'",
                 candidate->batch, holds.names[0]);
    return rc < 0 ? rc : 0;
}

static void describe(const struct paper_info *info, const struct retention_row *rule,
                     struct slip_candidate *candidate)
{
    struct slip_line_row *line = &candidate->line;
    memcpy(candidate->tenant, info->row.tenant, sizeof candidate->tenant);
    memcpy(candidate->carton, info->row.carton, sizeof candidate->carton);
    snprintf(line->class_name, sizeof line->class_name, "%s", paper_tag);
    memcpy(line->rule, info->rule, sizeof line->rule);
    memcpy(line->law, info->law, sizeof line->law);
    line->version_low = line->version_high = info->rule_version;
    line->years = rule ? rule->years : 0;
    line->months = rule ? rule->months : 0;
    line->days = rule ? rule->days : 0;
    line->extent = (struct slip_extent){.batches = 1,
                                        .sheets = info->sheets,
                                        .oldest = info->received,
                                        .newest = info->received,
                                        .last_expiry = info->expiry};
}

/* Fills the candidate, `why` too. */
static int look(struct archive *archive, struct store_txn *txn, struct batch_id batch,
                struct slip_candidate *candidate, struct err *err)
{
    struct paper_info info;
    char day[DAY_TEXT_SIZE];
    const struct retention_row *rule = NULL;
    *candidate = (struct slip_candidate){.batch = batch.n, .stays = true};
    int rc = paper_reckon(archive, txn, batch, &info, err);
    if (rc < 0)
        return rc;
    if (info.rule[0])
        retention_find(archive->retention, info.rule, info.rule_version, &rule, NULL);
    describe(&info, rule, candidate);
    char *why = candidate->why;
    if (info.row.destroyed_ms)
        snprintf(why, SLIP_WHY_SIZE, "it was destroyed with slip %u", info.row.slip);
    else if (day_is_none(info.expiry))
        snprintf(why, SLIP_WHY_SIZE, "it never expires");
    else if (day_compare(info.expiry, day_of_ms(clock_wall_ms())) > 0)
        snprintf(why, SLIP_WHY_SIZE, "it is kept until %s", day_format(info.expiry, day));
    else if (!rule || rule->disposition != DISPOSITION_DESTROY)
        snprintf(why, SLIP_WHY_SIZE, "rule %s does not end in destruction", info.rule);
    else
        rc = look_at_holds(txn, candidate, err);
    candidate->stays = why[0] != '\0';
    return rc;
}

/* ---- candidates ---- */

static bool is_in_quarter(const struct slip_query *query, struct day expiry)
{
    const struct day month = {expiry.year, expiry.month, 1};
    return !day_is_none(expiry) && day_compare(expiry, day_of_ms(clock_wall_ms())) <= 0 &&
           (day_is_none(query->first) || day_compare(month, query->first) >= 0) &&
           (day_is_none(query->last) || day_compare(month, query->last) <= 0);
}

/* The next paper behind `*batch` that is of the tenant and on no slip: 1 found. */
static int next_paper(struct store_txn *txn, const struct slip_query *query, uint32_t *batch,
                      struct err *err)
{
    struct store_entry entry;
    struct paper_row row;
    struct db_key from = key_of_number(*batch + 1);
    int rc;
    while ((rc = store_seek(txn, CAT_PAPERS, &from, &entry, err)) == 1) {
        struct unpacker key = {.left = entry.key};
        *batch = unpack_u32(&key);
        from = key_of_number(*batch + 1);
        if (!paper_row_decode(entry.value, &row))
            return err_set(err, ERR_INTEGRITY, "the paper of batch %u: its row is damaged", *batch);
        rc = query->tenant && !row.slip ? successor_is(txn, query->tenant, row.tenant, err)
                                        : !row.slip;
        if (rc != 0)
            return rc;
    }
    return rc;
}

int papers_asked(struct archive *archive, struct store_txn *txn, const struct slip_query *query,
                 const struct slip_visitor *visitor, struct err *err)
{
    struct slip_candidate candidate;
    uint32_t batch = 0;
    int rc;
    while ((rc = next_paper(txn, query, &batch, err)) == 1) {
        rc = look(archive, txn, (struct batch_id){batch}, &candidate, err);
        if (rc == 0 && is_in_quarter(query, candidate.line.extent.last_expiry))
            rc = visitor->each(visitor->to, &candidate);
        if (rc != 0)
            return rc;
    }
    return rc;
}

/* ---- on a line ---- */

static struct db_key paper_key(struct slip_place place, uint32_t batch)
{
    struct db_key key = key_of_number(place.slip);
    key_u32(key_u32(&key, place.line), batch);
    return key;
}

/* The next paper of a line behind `*batch`: 1 found. */
static int next_on(struct store_txn *txn, struct slip_place place, uint32_t *batch, struct err *err)
{
    struct db_key of_line = key_of_number(place.slip);
    key_u32(&of_line, place.line);
    const struct db_key from = paper_key(place, *batch + 1);
    struct store_entry entry;
    int rc = store_seek(txn, CAT_SLIP_PAPERS, &from, &entry, err);
    if (rc <= 0 || !key_has_prefix(entry.key, &of_line))
        return rc < 0 ? rc : 0;
    struct unpacker number = {.left = bytes_of(entry.key.at + of_line.len, sizeof(uint32_t))};
    *batch = unpack_u32(&number);
    return 1;
}

static int set_slip(struct store_txn *txn, uint32_t batch, struct slip_place place, struct err *err)
{
    struct paper_row row;
    int rc = paper_read(txn, (struct batch_id){batch}, &row, err);
    if (rc == 0)
        return err_set(err, ERR_INTEGRITY, "the paper of batch %u: its row is missing", batch);
    if (rc < 0)
        return rc;
    row.slip = place.slip;
    row.line = place.line;
    return paper_write(txn, (struct batch_id){batch}, &row, err);
}

int papers_put_on(struct store_txn *txn, struct slip_place place,
                  const struct slip_candidate *candidate, struct err *err)
{
    struct db_key key = paper_key(place, candidate->batch);
    struct db_key sheets = key_of_number(candidate->line.extent.sheets);
    int rc = store_put(txn, CAT_SLIP_PAPERS, &key, key_view(&sheets), err);
    return rc < 0 ? rc : set_slip(txn, candidate->batch, place, err);
}

/* The list of what was destroyed was quicker than the catalogue. */
static bool went_with(struct store_txn *txn, uint32_t batch, struct slip_place place)
{
    struct paper_row row;
    return paper_read(txn, (struct batch_id){batch}, &row, NULL) == 1 && row.destroyed_ms &&
           row.slip == place.slip && row.line == place.line;
}

int papers_check(struct archive *archive, struct store_txn *txn, struct slip_place place,
                 struct err *err)
{
    struct slip_candidate now;
    uint32_t batch = 0;
    int rc;
    while ((rc = next_on(txn, place, &batch, err)) == 1) {
        if (went_with(txn, batch, place))
            continue;
        rc = look(archive, txn, (struct batch_id){batch}, &now, err);
        if (rc == 0 && now.why[0])
            return err_set(err, ERR_CONFLICT, "slip %u line %u: paper of batch %u: %s", place.slip,
                           place.line, batch, now.why);
        if (rc < 0)
            return rc;
    }
    return rc;
}

int papers_free(struct store_txn *txn, struct slip_place place, struct err *err)
{
    uint32_t batch = 0;
    int rc;
    while ((rc = next_on(txn, place, &batch, err)) == 1) {
        rc = set_slip(txn, batch, (struct slip_place){0}, err);
        if (rc < 0)
            return rc;
    }
    return rc;
}

int papers_revise(struct archive *archive, struct store_txn *txn, struct slip_place place,
                  struct slip_line_row *line, struct err *err)
{
    struct slip_candidate now;
    struct slip_extent sum = {0};
    uint32_t batch = 0;
    int rc;
    while ((rc = next_on(txn, place, &batch, err)) == 1) {
        struct db_key key = paper_key(place, batch);
        rc = look(archive, txn, (struct batch_id){batch}, &now, err);
        if (rc == 0 && now.why[0]) {
            rc = store_delete(txn, CAT_SLIP_PAPERS, &key, err);
            rc = rc < 0 ? rc : set_slip(txn, batch, (struct slip_place){0}, err);
        } else if (rc == 0)
            slip_extent_add(&sum, &now.line.extent);
        if (rc < 0)
            return rc;
    }
    line->extent.batches = sum.batches;
    line->extent.sheets = sum.sheets;
    return rc;
}

/* ---- gone ---- */

static int note_gone(struct store_txn *txn, uint32_t batch, const struct paper_row *row,
                     const struct slip_step *step, struct err *err)
{
    char id[EVENT_ID_SIZE];
    snprintf(id, sizeof id, "paper_destroyed %u", batch);
    const struct journal_event event = {
        row->tenant, id, "paper_destroyed", step->at_ms,
        json_pack("{s:I, s:s, s:s, s:I, s:I, s:s, s:s, s:s}", "batch", (json_int_t)batch, "carton",
                  row->carton, "place", row->place, "slip", (json_int_t)step->place.slip, "line",
                  (json_int_t)step->place.line, "visa", step->visa ? step->visa : "", "record",
                  step->record ? step->record : "", "actor", step->actor)};
    return journal_note(txn, &event, err);
}

static int mark_gone(struct store_txn *txn, uint32_t batch, const struct slip_step *step,
                     struct err *err)
{
    struct paper_row row;
    int rc = paper_read(txn, (struct batch_id){batch}, &row, err);
    if (rc <= 0 || row.destroyed_ms)
        return rc < 0 ? rc : 0;
    row.slip = step->place.slip;
    row.line = step->place.line;
    row.destroyed_ms = step->at_ms;
    rc = paper_write(txn, (struct batch_id){batch}, &row, err);
    return rc < 0 ? rc : note_gone(txn, batch, &row, step, err);
}

int papers_gone(struct archive *archive, struct store_txn *txn, const struct slip_step *step,
                struct buf *list, struct err *err)
{
    uint32_t batch = 0;
    int rc = papers_check(archive, txn, step->place, err);
    while (rc >= 0 && (rc = next_on(txn, step->place, &batch, err)) == 1) {
        rc = mark_gone(txn, batch, step, err);
        if (rc == 0)
            rc = tomb_of_paper(list, txn, (struct batch_id){batch}, step, err);
    }
    return rc < 0 ? rc : 0;
}

int paper_gone_again(struct archive *archive, struct batch_id batch, const struct slip_step *step,
                     struct err *err)
{
    SCOPED(store_abort) struct store_txn txn = {0};
    static const struct commit_points points = {"paper.place.before_commit",
                                                "paper.place.after_commit"};
    struct paper_row row;
    int rc = store_begin(archive->catalogue, &txn, err);
    if (rc == 0)
        rc = paper_read(&txn, batch, &row, err);
    if (rc <= 0 || row.destroyed_ms)
        return rc < 0 ? rc : 0;
    rc = mark_gone(&txn, batch.n, step, err);
    return rc < 0 ? rc : store_commit(&txn, &points, err);
}

int slip_papers(struct archive *archive, struct slip_place place,
                int (*each)(void *to, struct batch_id batch, const struct paper_row *row), void *to,
                struct err *err)
{
    SCOPED(store_abort) struct store_txn txn = {0};
    struct paper_row row;
    uint32_t batch = 0;
    int rc = store_begin_read(archive->catalogue, &txn, err);
    while (rc >= 0 && (rc = next_on(&txn, place, &batch, err)) == 1) {
        rc = paper_read(&txn, (struct batch_id){batch}, &row, err);
        if (rc == 1)
            rc = each(to, (struct batch_id){batch}, &row);
        if (rc != 0)
            return rc;
    }
    return rc;
}
