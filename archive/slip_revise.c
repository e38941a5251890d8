/*
 * Revising a slip: see slip.h. What is held moves out, box by box; then one transaction counts the
 * lines anew. Cut short in between, the lines count too many, which every later step refuses until
 * the slip is revised again.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdio.h>
#include <string.h>

#include "archive/journal.h"
#include "archive/paper_slip.h"
#include "archive/spare.h"
#include "base/clock.h"
#include "base/scope.h"

static bool is_open(const struct slip_line_row *line)
{
    return line->state != SLIP_REFUSED && line->state != SLIP_DESTROYED;
}

/* The next box of the line that is not destroyed, from `*box` on: 1 found. */
int slip_next_living(struct archive *archive, struct slip_place place, uint32_t *box,
                     struct err *err)
{
    SCOPED(store_abort) struct store_txn txn = {0};
    struct box_row row;
    int rc = store_begin_read(archive->catalogue, &txn, err);
    while (rc >= 0 && (rc = slip_next_box(&txn, place, *box, box, err)) == 1) {
        rc = catalogue_box(&txn, *box, &row, err);
        if (rc < 0 || row.state != BOX_DESTROYED)
            return rc;
        ++*box;
    }
    return rc;
}

static int spare_line(struct archive *archive, struct slip_place place, const char *actor,
                      struct err *err)
{
    struct slip_line_row line;
    uint32_t box = 1;
    int rc = slip_line(archive, place.slip, place.line, &line, err);
    if (rc < 0 || !is_open(&line))
        return rc;
    while ((rc = slip_next_living(archive, place, &box, err)) == 1) {
        rc = spare_held(archive, box++, actor, err);
        if (rc < 0)
            return rc;
    }
    return rc;
}

/* ---- counting anew ---- */

struct revision {
    struct archive *archive;
    struct store_txn txn;
    uint32_t documents, pages; /* that left */
};

static int drop_box(struct revision *revision, struct slip_place place, uint32_t box,
                    struct err *err)
{
    struct db_key key = slip_box_key(place, box), number = key_of_number(box);
    int rc = store_delete(&revision->txn, CAT_SLIP_BOXES, &key, err);
    if (rc >= 0)
        rc = store_delete(&revision->txn, CAT_BOX_SLIPS, &number, err);
    return rc < 0 ? rc : 0;
}

/* Writes what the box holds now, and adds it to the line's sum. */
static int count_box(struct revision *revision, struct slip_place place, uint32_t box,
                     struct slip_extent *sum, struct err *err)
{
    struct slip_candidate now;
    struct db_key key = slip_box_key(place, box), drawn = {.len = 0};
    int rc = slip_look(revision->archive, &revision->txn, box, &now, err);
    if (rc == 0 && now.why[0])
        return err_set(err, ERR_CONFLICT, "slip %u line %u: box %u: %s", place.slip, place.line,
                       box, now.why);
    if (rc < 0 || now.line.extent.documents == 0)
        return rc < 0 ? rc : drop_box(revision, place, box, err);
    slip_extent_add(sum, &now.line.extent);
    key_u32(key_u32(&drawn, now.line.extent.documents), now.line.extent.pages);
    return store_put(&revision->txn, CAT_SLIP_BOXES, &key, key_view(&drawn), err);
}

/* A destroyed box of a line counts as it was drawn. */
static int keep_count(struct revision *revision, struct slip_place place, uint32_t box,
                      struct slip_extent *sum, struct err *err)
{
    struct db_key key = slip_box_key(place, box);
    struct bytes value = {0};
    int rc = store_get(&revision->txn, CAT_SLIP_BOXES, &key, &value, err);
    struct unpacker drawn = {.left = value};
    sum->boxes++;
    sum->documents += unpack_u32(&drawn);
    sum->pages += unpack_u32(&drawn);
    return rc < 0 ? rc : 0;
}

static int count_line(struct revision *revision, struct slip_place place, struct err *err)
{
    struct slip_line_row line;
    struct slip_extent sum = {0};
    struct box_row row;
    uint32_t box = 0;
    int rc = slip_read_line(&revision->txn, place, &line, err);
    if (rc < 0 || !is_open(&line))
        return rc;
    while ((rc = slip_next_box(&revision->txn, place, box + 1, &box, err)) == 1) {
        rc = catalogue_box(&revision->txn, box, &row, err);
        if (rc == 1)
            rc = row.state == BOX_DESTROYED ? keep_count(revision, place, box, &sum, err)
                                            : count_box(revision, place, box, &sum, err);
        if (rc < 0)
            return rc;
    }
    if (rc == 0)
        rc = papers_revise(revision->archive, &revision->txn, place, &line, err);
    if (rc < 0)
        return rc;
    revision->documents += line.extent.documents - sum.documents;
    revision->pages += line.extent.pages - sum.pages;
    line.extent.boxes = sum.boxes;
    line.extent.documents = sum.documents;
    line.extent.pages = sum.pages;
    return slip_write_line(&revision->txn, place, &line, err);
}

static int note(struct revision *revision, uint32_t slip, const char *actor, struct err *err)
{
    char id[EVENT_ID_SIZE];
    struct slip_row row;
    const int64_t now = clock_wall_ms();
    int rc = slip_read(&revision->txn, slip, &row, err);
    snprintf(id, sizeof id, "slip_revised %u %lld", slip, (long long)now);
    const struct journal_event event = {
        row.tenant, id, "slip_revised", now,
        rc == 0 ? json_pack("{s:I, s:I, s:I, s:s}", "slip", (json_int_t)slip, "documents",
                            (json_int_t)revision->documents, "pages", (json_int_t)revision->pages,
                            "actor", actor)
                : NULL};
    return rc < 0 ? rc : journal_note(&revision->txn, &event, err);
}

static int count_lines(struct archive *archive, uint32_t slip, uint32_t lines, const char *actor,
                       struct err *err)
{
    static const struct commit_points points = {"slip.revise.before_commit",
                                                "slip.revise.after_commit"};
    struct revision revision = {.archive = archive};
    int rc = store_begin(archive->catalogue, &revision.txn, err);
    for (uint32_t i = 1; rc == 0 && i <= lines; i++)
        rc = count_line(&revision, (struct slip_place){slip, i}, err);
    if (rc == 0)
        rc = note(&revision, slip, actor, err);
    if (rc == 0)
        rc = store_commit(&revision.txn, &points, err);
    store_abort(&revision.txn);
    return rc;
}

int slip_revise(struct archive *archive, uint32_t slip, const char *actor, struct err *err)
{
    struct slip_row row;
    int rc = archive_may_write(archive, err);
    if (rc == 0)
        rc = slip_show(archive, slip, &row, err);
    if (rc == 0 && (row.state == SLIP_REFUSED || row.state == SLIP_DESTROYED))
        return err_set(err, ERR_CONFLICT, "slip %u: is %s, there is nothing to revise", slip,
                       slip_state_name(row.state));
    for (uint32_t i = 1; rc == 0 && i <= row.lines; i++)
        rc = spare_line(archive, (struct slip_place){slip, i}, actor, err);
    if (rc == 0)
        rc = count_lines(archive, slip, row.lines, actor, err);
    return rc < 0 ? rc : spare_emptied(archive, actor, err);
}
