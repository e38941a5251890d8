/*
 * Slips: see slip.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "archive/slip.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "archive/paper_slip.h"
#include "archive/spare.h"
#include "archive/successor.h"
#include "base/clock.h"
#include "base/scope.h"

/* ---- candidates ---- */

static bool is_asked(const struct slip_query *query, const struct box_row *row)
{
    struct day today = day_of_ms(clock_wall_ms());
    return row->state != BOX_DESTROYED && !day_is_none(row->expiry) &&
           day_compare(row->expiry, today) <= 0 &&
           (day_is_none(query->first) || day_compare(row->expiry, query->first) >= 0) &&
           (day_is_none(query->last) || day_compare(row->expiry, query->last) <= 0);
}

/* The next box from `*number` on that is asked for and on no slip: 1 found. */
static int next_asked(struct store_txn *txn, const struct slip_query *query, uint32_t *number,
                      struct err *err)
{
    for (;;) {
        struct db_key key = key_of_number(*number);
        struct store_entry entry;
        struct box_row row;
        struct bytes value;
        int rc = store_seek(txn, CAT_BOXES, &key, &entry, err);
        if (rc <= 0)
            return rc;
        struct unpacker at = {.left = entry.key};
        *number = unpack_u32(&at);
        if (!box_row_decode(entry.value, &row))
            return err_set(err, ERR_INTEGRITY, "the row of box %u is damaged", *number);
        key = key_of_number(*number);
        rc = is_asked(query, &row) ? store_get(txn, CAT_BOX_SLIPS, &key, &value, err) : 1;
        int is_its =
            rc == 0 && query->tenant ? successor_is(txn, query->tenant, row.tenant, err) : 1;
        if (is_its < 0)
            return is_its;
        if (rc <= 0 && is_its)
            return rc < 0 ? rc : 1;
        ++*number;
    }
}

int slip_candidates(struct archive *archive, const struct slip_query *query,
                    int (*each)(void *to, const struct slip_candidate *candidate), void *to,
                    struct err *err)
{
    SCOPED(store_abort) struct store_txn txn = {0};
    struct slip_candidate candidate;
    int rc = query->tenant ? archive_check_tenant(archive, query->tenant, err) : 0;
    if (rc == 0)
        rc = store_begin_read(archive->catalogue, &txn, err);
    for (uint32_t box = 1; rc >= 0; box++) {
        rc = next_asked(&txn, query, &box, err);
        if (rc <= 0)
            break;
        rc = slip_look(archive, &txn, box, &candidate, err);
        if (rc == 0 && (candidate.why[0] || candidate.line.extent.documents > 0))
            rc = each(to, &candidate);
        if (rc != 0)
            return rc;
    }
    const struct slip_visitor visitor = {each, to};
    return rc < 0 ? rc : papers_asked(archive, &txn, query, &visitor, err);
}

/* ---- what is held leaves first ---- */

/* The next candidate, from `*box` on, of which a part is held and the rest may go: 1 found. */
static int next_divided(struct archive *archive, const struct slip_query *query, uint32_t *box,
                        struct err *err)
{
    SCOPED(store_abort) struct store_txn txn = {0};
    struct slip_candidate candidate;
    int rc = store_begin_read(archive->catalogue, &txn, err);
    for (; rc >= 0; ++*box) {
        rc = next_asked(&txn, query, box, err);
        if (rc <= 0)
            return rc;
        rc = slip_look(archive, &txn, *box, &candidate, err);
        if (rc == 0 && candidate.held && !candidate.stays && candidate.line.extent.documents > 0)
            return 1;
    }
    return rc;
}

static int spare_candidates(struct archive *archive, const struct slip_query *query,
                            const char *actor, struct err *err)
{
    uint32_t box = 1;
    int rc;
    while ((rc = next_divided(archive, query, &box, err)) == 1) {
        rc = spare_held(archive, box++, actor, err);
        if (rc < 0)
            return rc;
    }
    return rc;
}

/* ---- drawing ---- */

struct drawing {
    struct archive *archive;
    struct store_txn txn;
    uint32_t slip, line_count;
    struct slip_line_row *lines; /* SLIP_LINES_MAX */
    struct err *err;
};

static bool is_same_series(const struct slip_line_row *a, const struct slip_line_row *b)
{
    return a->compartment == b->compartment && strcmp(a->class_name, b->class_name) == 0 &&
           strcmp(a->rule, b->rule) == 0;
}

/* The number of the line that the box belongs to; a new one if need be; 0: no room. */
static uint32_t line_for(struct drawing *drawing, const struct slip_line_row *like)
{
    for (uint32_t i = 0; i < drawing->line_count; i++) {
        struct slip_line_row *line = &drawing->lines[i];
        if (!is_same_series(line, like))
            continue;
        slip_extent_add(&line->extent, &like->extent);
        if (like->version_low < line->version_low)
            line->version_low = like->version_low;
        if (like->version_high > line->version_high)
            line->version_high = like->version_high;
        return i + 1;
    }
    if (drawing->line_count == SLIP_LINES_MAX)
        return 0;
    drawing->lines[drawing->line_count] = *like;
    return ++drawing->line_count;
}

static int put_on(struct drawing *drawing, const struct slip_candidate *candidate, struct err *err)
{
    struct slip_place place = {drawing->slip, line_for(drawing, &candidate->line)};
    struct db_key box = key_of_number(candidate->box);
    struct db_key key = slip_box_key(place, candidate->box);
    struct db_key at = key_of_number(place.slip), drawn = {.len = 0};
    if (place.line == 0)
        return err_set(err, ERR_LIMIT, "slip %u: more than %d series, ask for one quarter",
                       place.slip, SLIP_LINES_MAX);
    if (candidate->batch)
        return papers_put_on(&drawing->txn, place, candidate, err);
    key_u32(&at, place.line);
    key_u32(key_u32(&drawn, candidate->line.extent.documents), candidate->line.extent.pages);
    int rc = store_put(&drawing->txn, CAT_SLIP_BOXES, &key, key_view(&drawn), err);
    if (rc == 0)
        rc = store_put(&drawing->txn, CAT_BOX_SLIPS, &box, key_view(&at), err);
    return rc < 0 ? rc : slip_close_box(drawing->archive, &drawing->txn, candidate->box, err);
}

static int put_paper_on(void *to, const struct slip_candidate *candidate)
{
    struct drawing *drawing = to;
    return candidate->why[0] ? 0 : put_on(drawing, candidate, drawing->err);
}

static int put_candidates(struct drawing *drawing, const struct slip_query *query, struct err *err)
{
    struct slip_candidate candidate;
    int rc = 0;
    for (uint32_t box = 1; rc >= 0; box++) {
        rc = next_asked(&drawing->txn, query, &box, err);
        if (rc <= 0)
            break;
        rc = slip_look(drawing->archive, &drawing->txn, box, &candidate, err);
        if (rc == 0 && !candidate.why[0] && candidate.line.extent.documents > 0)
            rc = put_on(drawing, &candidate, err);
    }
    const struct slip_visitor visitor = {put_paper_on, drawing};
    return rc < 0 ? rc : papers_asked(drawing->archive, &drawing->txn, query, &visitor, err);
}

static int write_drawn(struct drawing *drawing, const struct slip_query *query, const char *actor,
                       struct err *err)
{
    struct slip_row row = {.lines = drawing->line_count, .drawn_ms = clock_wall_ms()};
    snprintf(row.tenant, sizeof row.tenant, "%.3s", query->tenant);
    snprintf(row.drawn_by, sizeof row.drawn_by, "%.31s", actor);
    int rc = slip_write(&drawing->txn, drawing->slip, &row, err);
    for (uint32_t i = 0; rc == 0 && i < drawing->line_count; i++)
        rc = slip_write_line(&drawing->txn, (struct slip_place){drawing->slip, i + 1},
                             &drawing->lines[i], err);
    if (rc == 0)
        rc = catalogue_set_number(&drawing->txn, "last_slip", drawing->slip, err);
    const struct slip_step step = {{drawing->slip, 0}, "slip_drawn", actor, NULL,
                                   row.drawn_ms,       NULL};
    return rc < 0 ? rc : slip_note(&drawing->txn, row.tenant, &step, err);
}

static int draw(struct drawing *drawing, const struct slip_query *query, const char *actor,
                struct err *err)
{
    static const struct commit_points points = {"slip.draw.before_commit",
                                                "slip.draw.after_commit"};
    uint64_t last;
    int rc = catalogue_number(&drawing->txn, "last_slip", &last, err);
    if (rc < 0)
        return rc;
    drawing->slip = (uint32_t)last + 1;
    rc = put_candidates(drawing, query, err);
    if (rc == 0 && drawing->line_count == 0)
        return err_set(err, ERR_NOT_FOUND,
                       "tenant %s: nothing may go; tripli slip candidates says what keeps it",
                       query->tenant);
    if (rc == 0)
        rc = write_drawn(drawing, query, actor, err);
    return rc < 0 ? rc : store_commit(&drawing->txn, &points, err);
}

int slip_draw(struct archive *archive, const struct slip_query *query, const char *actor,
              uint32_t *ret_slip, struct err *err)
{
    struct drawing drawing = {
        .archive = archive, .lines = calloc(SLIP_LINES_MAX, sizeof *drawing.lines), .err = err};
    int rc = drawing.lines ? archive_check_tenant(archive, query->tenant, err)
                           : err_set(err, ERR_MEMORY, "slip: no memory");
    if (rc == 0)
        rc = archive_may_write(archive, err);
    if (rc == 0)
        rc = spare_candidates(archive, query, actor, err);
    if (rc == 0)
        rc = store_begin(archive->catalogue, &drawing.txn, err);
    if (rc == 0)
        rc = successor_none(&drawing.txn, query->tenant, "no slip is drawn", err);
    if (rc == 0)
        rc = draw(&drawing, query, actor, err);
    store_abort(&drawing.txn);
    free(drawing.lines);
    if (rc == 0)
        *ret_slip = drawing.slip;
    return rc;
}

/* ---- submitting ---- */

static int submit(struct archive *archive, struct store_txn *txn, uint32_t slip, const char *actor,
                  struct err *err)
{
    struct slip_row row;
    struct slip_line_row line;
    int rc = slip_read(txn, slip, &row, err);
    if (rc == 0 && row.state != SLIP_DRAWN)
        return err_set(err, ERR_CONFLICT, "slip %u: is %s, only one that is on_slip is submitted",
                       slip, slip_state_name(row.state));
    row.state = SLIP_SUBMITTED;
    row.submitted_ms = clock_wall_ms();
    for (uint32_t i = 1; rc == 0 && i <= row.lines; i++) {
        const struct slip_place place = {slip, i};
        rc = slip_check_line(archive, txn, place, err);
        if (rc == 0)
            rc = slip_read_line(txn, place, &line, err);
        line.state = SLIP_SUBMITTED;
        if (rc == 0)
            rc = slip_write_line(txn, place, &line, err);
    }
    if (rc == 0)
        rc = slip_write(txn, slip, &row, err);
    const struct slip_step step = {{slip, 0}, "slip_submitted", actor,
                                   NULL,      row.submitted_ms, NULL};
    return rc < 0 ? rc : slip_note(txn, row.tenant, &step, err);
}

int slip_submit(struct archive *archive, uint32_t slip, const char *actor, struct err *err)
{
    static const struct commit_points points = {"slip.submit.before_commit",
                                                "slip.submit.after_commit"};
    SCOPED(store_abort) struct store_txn txn = {0};
    int rc = archive_may_write(archive, err);
    if (rc == 0)
        rc = store_begin(archive->catalogue, &txn, err);
    if (rc == 0)
        rc = submit(archive, &txn, slip, actor, err);
    return rc < 0 ? rc : store_commit(&txn, &points, err);
}

/* ---- the visa ---- */

/* What is refused leaves the slip and may be put on another. */
static int free_line(struct store_txn *txn, struct slip_place place, struct err *err)
{
    uint32_t box = 0;
    int rc;
    while ((rc = slip_next_box(txn, place, box + 1, &box, err)) == 1) {
        struct db_key key = key_of_number(box);
        rc = store_delete(txn, CAT_BOX_SLIPS, &key, err);
        if (rc < 0)
            return rc;
    }
    return rc < 0 ? rc : papers_free(txn, place, err);
}

static int decide_line(struct archive *archive, struct store_txn *txn, const struct slip_visa *visa,
                       uint32_t number, struct err *err)
{
    const struct slip_place place = {visa->slip, number};
    struct slip_line_row line;
    int rc = slip_read_line(txn, place, &line, err);
    if (rc == 0 && line.state != SLIP_SUBMITTED)
        return err_set(err, ERR_CONFLICT, "slip %u line %u: is %s by visa '%s' already", visa->slip,
                       number, slip_state_name(line.state), line.visa);
    if (rc == 0)
        rc = visa->granted ? slip_check_line(archive, txn, place, err) : free_line(txn, place, err);
    if (rc < 0)
        return rc;
    line.state = visa->granted ? SLIP_GRANTED : SLIP_REFUSED;
    line.visa_ms = clock_wall_ms();
    snprintf(line.visa, sizeof line.visa, "%s", visa->number);
    snprintf(line.visa_by, sizeof line.visa_by, "%.31s", visa->actor);
    return slip_write_line(txn, place, &line, err);
}

static int note_visa(struct store_txn *txn, const char *tenant, const struct slip_visa *visa,
                     uint32_t number, struct err *err)
{
    const struct slip_step step = {
        {visa->slip, number}, visa->granted ? "visa_granted" : "visa_refused",
        visa->actor,          visa->number,
        clock_wall_ms(),      NULL};
    return slip_note(txn, tenant, &step, err);
}

/* The slip is decided when every line is. */
static int sum_up(struct store_txn *txn, uint32_t slip, struct slip_row *row, struct err *err)
{
    struct slip_line_row line;
    uint32_t open = 0, granted = 0;
    int rc = 0;
    for (uint32_t i = 1; rc == 0 && i <= row->lines; i++) {
        rc = slip_read_line(txn, (struct slip_place){slip, i}, &line, err);
        open += line.state == SLIP_SUBMITTED;
        granted += line.state == SLIP_GRANTED;
    }
    if (rc < 0 || open > 0)
        return rc;
    row->state = granted ? SLIP_GRANTED : SLIP_REFUSED;
    row->decided_ms = clock_wall_ms();
    return slip_write(txn, slip, row, err);
}

static int decide(struct archive *archive, struct store_txn *txn, const struct slip_visa *visa,
                  struct err *err)
{
    struct slip_row row;
    struct slip_line_row line = {0};
    int rc = slip_read(txn, visa->slip, &row, err);
    if (rc == 0 && row.state != SLIP_SUBMITTED)
        return err_set(err, ERR_CONFLICT, "slip %u: is %s, a visa is for one that is submitted",
                       visa->slip, slip_state_name(row.state));
    uint32_t first = visa->line ? visa->line : 1, last = visa->line ? visa->line : row.lines;
    for (uint32_t i = first; rc == 0 && i <= last; i++) {
        if (!visa->line)
            rc = slip_read_line(txn, (struct slip_place){visa->slip, i}, &line, err);
        if (rc < 0 || (!visa->line && line.state != SLIP_SUBMITTED))
            continue;
        rc = decide_line(archive, txn, visa, i, err);
        if (rc == 0)
            rc = note_visa(txn, row.tenant, visa, i, err);
    }
    return rc < 0 ? rc : sum_up(txn, visa->slip, &row, err);
}

int slip_decide(struct archive *archive, const struct slip_visa *visa, struct err *err)
{
    static const struct commit_points points = {"slip.visa.before_commit",
                                                "slip.visa.after_commit"};
    SCOPED(store_abort) struct store_txn txn = {0};
    int rc = slip_check_number(visa->slip, "a visa's number", visa->number, err);
    if (rc == 0)
        rc = archive_may_write(archive, err);
    if (rc == 0)
        rc = store_begin(archive->catalogue, &txn, err);
    if (rc == 0)
        rc = decide(archive, &txn, visa, err);
    return rc < 0 ? rc : store_commit(&txn, &points, err);
}
