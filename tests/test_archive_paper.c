/*
 * The paper of a batch: where it lies, how long it is kept, and its way over a slip; what is held
 * or not due stays.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdio.h>
#include <string.h>

#include "archive/backup.h"
#include "archive/hold.h"
#include "archive/paper_slip.h"
#include "archive/state.h"
#include "base/clock.h"
#include "base/scope.h"
#include "base/seal.h"
#include "tests/check.h"
#include "tests/slip_room.h"

static const struct batch_id first = {1};

static void place(struct room *room, const char *carton)
{
    struct err err = {0};
    check_ok(paper_place(room->archive, &(struct paper_move){first, carton, "magasin 2", "martin"},
                         &err),
             &err);
}

static struct paper_info paper_of(struct room *room, struct batch_id batch)
{
    struct err err = {0};
    struct paper_info info;
    check_ok(paper_show(room->archive, batch, &info, &err), &err);
    return info;
}

/* As if the batch had been closed so many days ago. */
static void close_earlier(struct room *room, struct batch_id batch, int days)
{
    struct err err = {0};
    struct batch_row row;
    SCOPED(store_abort) struct store_txn txn = {0};
    static const struct commit_points points = {"test", "test"};
    check_ok(store_begin(room->archive->catalogue, &txn, &err), &err);
    assert_int_equal(catalogue_batch(&txn, batch, &row, &err), 1);
    row.closed_ms -= INT64_C(86400000) * days;
    check_ok(catalogue_put_batch(&txn, batch, &row, &err), &err);
    check_ok(store_commit(&txn, &points, &err), &err);
}

/* Batch 1: two letters that are kept for years yet, its paper in a carton for that many days. */
static void file_paper(struct room *room, int days)
{
    room_open(room);
    slips_file_letters(room, 1, (struct day){2026, 2, 1}, 2);
    close_earlier(room, first, days);
    place(room, "C-7");
}

static int draw(struct room *room, struct err *err)
{
    uint32_t slip;
    return slip_draw(room->archive, &slips_all, "martin", &slip, err);
}

static int shred(struct room *room, uint32_t slip, struct err *err)
{
    return slip_shredded(room->archive, &(struct slip_shredding){slip, "BD-2026-4", "martin"}, err);
}

static void its_place_is_kept_and_its_term_reckoned(void **state)
{
    (void)state;
    struct room room;
    struct err err = {0};
    struct paper_sheets sheets;
    file_paper(&room, 10);
    struct paper_info info = paper_of(&room, first);
    const struct day closed = day_of_ms(clock_wall_ms() - INT64_C(86400000) * 10);
    assert_string_equal(info.row.carton, "C-7");
    assert_string_equal(info.row.place, "magasin 2");
    assert_string_equal(info.rule, "PAPER");
    assert_int_equal(info.sheets, 2);
    assert_int_equal(day_compare(info.expiry, day_add_days(closed, 90)), 0);
    place(&room, "C-8");
    place(&room, "C-8");
    assert_string_equal(paper_of(&room, first).row.carton, "C-8");
    check_ok(paper_sheets_of(room.archive, (struct document_id){1, 2}, &sheets, &err), &err);
    assert_int_equal(sheets.first, 2);
    assert_int_equal(sheets.last, 2);
    slips_expect_clean(&room);
    room_remove(&room);
}

static void a_batch_that_is_not_closed_keeps_its_paper(void **state)
{
    (void)state;
    struct room room;
    struct err err = {0};
    room_open(&room);
    room_file_letters(&room, 1, 1);
    place(&room, "C-1");
    assert_true(day_is_none(paper_of(&room, first).expiry));
    assert_int_equal(draw(&room, &err), ERR_NOT_FOUND);
    room_remove(&room);
}

static void what_cannot_be_a_place_is_refused(void **state)
{
    (void)state;
    struct room room;
    struct err err = {0};
    static const struct {
        struct paper_move move;
        int want;
    } rows[] = {
        {{{9}, "C-1", "", "martin"}, ERR_NOT_FOUND},
        {{{1}, "", "", "martin"}, ERR_FORMAT},
        {{{1}, "C\n1", "", "martin"}, ERR_FORMAT},
        {{{1}, "0123456789012345678901234567890123", "", "martin"}, ERR_FORMAT},
        {{{1}, "C-1", "\x7f", "martin"}, ERR_FORMAT},
    };
    file_paper(&room, 1);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_int_equal(paper_place(room.archive, &rows[i].move, &err), rows[i].want);
    assert_string_equal(paper_of(&room, first).row.carton, "C-7");
    room_remove(&room);
}

static void it_goes_over_a_slip_with_a_visa_and_a_record(void **state)
{
    (void)state;
    struct room room;
    struct err err = {0};
    struct slip_line_row line;
    file_paper(&room, 89);
    assert_int_equal(draw(&room, &err), ERR_NOT_FOUND); /* one day too early */
    close_earlier(&room, first, 1);
    slips_draw(&room, 1);
    check_ok(slip_line(room.archive, 1, 1, &line, &err), &err);
    assert_string_equal(line.class_name, "paper");
    assert_int_equal(line.extent.batches, 1);
    assert_int_equal(line.extent.sheets, 2);
    assert_int_equal(line.extent.boxes, 0);
    assert_int_equal(shred(&room, 1, &err), ERR_CONFLICT); /* no visa */
    slips_submit(&room, 1);
    assert_int_equal(shred(&room, 1, &err), ERR_CONFLICT);
    check_ok(slips_visa(&room, 1, true, &err), &err);
    check_ok(slip_destroy(room.archive, 1, "martin", &err), &err);
    assert_int_equal(slips_state(&room, 1), SLIP_GRANTED); /* a person says when it is shredded */
    assert_int_equal(paper_of(&room, first).row.destroyed_ms, 0);
    check_ok(shred(&room, 1, &err), &err);
    assert_int_equal(slips_state(&room, 1), SLIP_DESTROYED);
    check_ok(slip_line(room.archive, 1, 1, &line, &err), &err);
    assert_string_equal(line.record, "BD-2026-4");
    assert_true(paper_of(&room, first).row.destroyed_ms > 0);
    assert_true(slips_is_there(&room, (struct document_id){1, 1})); /* the images stay */
    assert_int_equal(
        paper_place(room.archive, &(struct paper_move){first, "C-9", "", "martin"}, &err),
        ERR_CONFLICT);
    assert_int_equal(shred(&room, 1, &err), ERR_CONFLICT);
    slips_expect_clean(&room);
    room_remove(&room);
}

static void a_hold_on_its_batch_or_a_document_keeps_it_at_every_step(void **state)
{
    (void)state;
    struct room room;
    struct err err = {0};
    file_paper(&room, 100);
    slips_hold_on(&room, "h1", (struct document_id){1, 2});
    assert_int_equal(draw(&room, &err), ERR_NOT_FOUND);
    check_ok(hold_lift(room.archive, "h1", "martin", &err), &err);
    slips_draw(&room, 1);
    slips_hold_first(&room, 1);
    assert_int_equal(slip_submit(room.archive, 1, "martin", &err), ERR_CONFLICT);
    assert_string_equal(err.text,
                        "slip 1 line 1: paper of batch 1: document 1-1 is held by 'case'");
    slips_lift(&room);
    slips_submit(&room, 1);
    const struct hold_spec on_batch = {.name = "h2",
                                       .actor = "martin",
                                       .reason = "contentieux",
                                       .owner = "service juridique",
                                       .scope = HOLD_BATCH,
                                       .batch = {1}};
    check_ok(hold_set(room.archive, &on_batch, &err), &err);
    assert_int_equal(slips_visa(&room, 1, true, &err), ERR_CONFLICT);
    assert_string_equal(err.text, "slip 1 line 1: paper of batch 1: batch 1 is held by 'h2'");
    check_ok(hold_lift(room.archive, "h2", "martin", &err), &err);
    check_ok(slips_visa(&room, 1, true, &err), &err);
    slips_hold_on(&room, "h3", (struct document_id){1, 1});
    assert_int_equal(shred(&room, 1, &err), ERR_CONFLICT);
    assert_int_equal(paper_of(&room, first).row.destroyed_ms, 0);
    check_ok(slip_revise(room.archive, 1, "martin", &err), &err); /* it leaves the slip */
    assert_int_equal(paper_of(&room, first).row.slip, 0);
    slips_expect_clean(&room);
    room_remove(&room);
}

static void a_refused_line_may_go_on_another_slip(void **state)
{
    (void)state;
    struct room room;
    struct err err = {0};
    file_paper(&room, 100);
    slips_draw(&room, 1);
    assert_int_equal(paper_of(&room, first).row.slip, 1);
    slips_submit(&room, 1);
    check_ok(slips_visa(&room, 1, false, &err), &err);
    assert_int_equal(paper_of(&room, first).row.slip, 0);
    slips_draw(&room, 2);
    assert_int_equal(paper_of(&room, first).row.slip, 2);
    room_remove(&room);
}

/* Boxes and paper on one slip: each goes in its own way, and the slip ends with the last. */
static void boxes_and_paper_share_a_slip(void **state)
{
    (void)state;
    struct room room;
    struct err err = {0};
    room_open(&room);
    slips_file_letters(&room, 1, (struct day){2018, 2, 1}, 2);
    close_earlier(&room, first, 100);
    place(&room, "C-7");
    slips_draw(&room, 1);
    slips_submit(&room, 1);
    check_ok(slips_visa(&room, 1, true, &err), &err);
    check_ok(shred(&room, 1, &err), &err);
    assert_int_equal(slips_state(&room, 1), SLIP_GRANTED);
    assert_true(slips_is_there(&room, (struct document_id){1, 1}));
    check_ok(slip_destroy(room.archive, 1, "martin", &err), &err);
    assert_int_equal(slips_state(&room, 1), SLIP_DESTROYED);
    assert_false(slips_is_there(&room, (struct document_id){1, 1}));
    slips_expect_clean(&room);
    room_remove(&room);
}

/* Replaces its row by one in which a byte is another: of the carton, or of the slip. */
static void change_row(struct room *room, const struct paper_row *row)
{
    static const struct commit_points points = {"test", "test"};
    SCOPED(store_abort) struct store_txn txn = {0};
    struct err err = {0};
    check_ok(store_begin(room->archive->catalogue, &txn, &err), &err);
    if (row) {
        check_ok(paper_write(&txn, first, row, &err), &err);
    } else {
        const struct db_key key = key_of_number(first.n);
        assert_int_equal(store_delete(&txn, CAT_PAPERS, &key, &err), 1);
    }
    check_ok(store_commit(&txn, &points, &err), &err);
}

static void verification_looks_at_it(void **state)
{
    (void)state;
    struct room room;
    file_paper(&room, 10);
    const struct paper_row was = paper_of(&room, first).row;
    struct paper_row carton = was, slip = was, gone = was, tenant = was;
    carton.carton[0] = 'D';
    slip.slip = 7;
    gone.destroyed_ms = was.placed_ms;
    memcpy(tenant.tenant, "041", 4);
    const struct {
        const struct paper_row *row;
        const char *words;
    } rows[] = {{&carton, "it lies where the journal does not say"},
                {&slip, "the slip that it is on is missing"},
                {&gone, "its row says that it was destroyed, the journal does not"},
                {&tenant, "its batch is another tenant's"},
                {NULL, "places the paper of batch 1, which is missing"}};
    slips_expect_clean(&room);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        change_row(&room, rows[i].row);
        room_expect_named(&room, rows[i].words);
        change_row(&room, &was);
    }
    slips_expect_clean(&room);
    room_remove(&room);
}

static void a_restore_does_not_bring_it_back(void **state)
{
    (void)state;
    struct room room, copy;
    struct err err = {0};
    struct backup_report report;
    char folder[ROOM_PATH_SIZE + 8];
    file_paper(&room, 100);
    slips_draw(&room, 1);
    slips_submit(&room, 1);
    check_ok(slips_visa(&room, 1, true, &err), &err);
    snprintf(folder, sizeof folder, "%s/backup", room.root);
    check_ok(backup_make(room.data, folder, &report, &err), &err);
    check_ok(shred(&room, 1, &err), &err);
    room_close(&room);
    copy = room;
    snprintf(copy.data, sizeof copy.data, "%s/data2", room.root);
    check_ok(backup_restore(folder, copy.data, room.keys, &err), &err);
    const struct archive_params params = room_params(&copy, true);
    check_ok(archive_open(&params, &copy.archive, &err), &err);
    assert_true(paper_of(&copy, first).row.destroyed_ms > 0);
    assert_int_equal(slips_state(&copy, 1), SLIP_GRANTED);
    check_ok(shred(&copy, 1, &err), &err); /* the slip ends with what the list knew */
    assert_int_equal(slips_state(&copy, 1), SLIP_DESTROYED);
    slips_expect_clean(&copy);
    room_remove(&copy);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(its_place_is_kept_and_its_term_reckoned),
        cmocka_unit_test(a_batch_that_is_not_closed_keeps_its_paper),
        cmocka_unit_test(what_cannot_be_a_place_is_refused),
        cmocka_unit_test(it_goes_over_a_slip_with_a_visa_and_a_record),
        cmocka_unit_test(a_hold_on_its_batch_or_a_document_keeps_it_at_every_step),
        cmocka_unit_test(a_refused_line_may_go_on_another_slip),
        cmocka_unit_test(boxes_and_paper_share_a_slip),
        cmocka_unit_test(verification_looks_at_it),
        cmocka_unit_test(a_restore_does_not_bring_it_back),
    };
    struct err err = {0};
    check_ok(seal_start(&err), &err);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
