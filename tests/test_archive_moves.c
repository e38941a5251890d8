/*
 * Documents that move: to the box of another term, tag or compartment, or out of a box that is to
 * go. After each move the whole archive verifies clean.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <string.h>

#include "archive/filing_plan.h"
#include "archive/history.h"
#include "archive/move.h"
#include "base/scope.h"
#include "base/seal.h"
#include "tests/archive_room.h"
#include "tests/check.h"

static const struct move_cause cause = {"term_revised", "martin", "a test"};

static void check_clean(struct room *room)
{
    struct room_heard heard;
    room_verify(room, &heard);
    if (heard.lines)
        fail_msg("verification says: %s", heard.first);
}

static struct document_row row_of(struct room *room, struct document_id id)
{
    SCOPED(store_abort) struct store_txn txn = {0};
    struct document_row row;
    struct err err = {0};
    check_ok(store_begin_read(room->archive->catalogue, &txn, &err), &err);
    assert_int_equal(catalogue_document(&txn, id, &row, &err), 1);
    return row;
}

static struct box_row box_of(struct room *room, uint32_t box)
{
    SCOPED(store_abort) struct store_txn txn = {0};
    struct box_row row;
    struct err err = {0};
    check_ok(store_begin_read(room->archive->catalogue, &txn, &err), &err);
    assert_int_equal(catalogue_box(&txn, box, &row, &err), 1);
    return row;
}

/* The image of every page comes back as it was fed, from the box that is named. */
static void check_readable(struct room *room, struct document_id id, const char *box_begins)
{
    struct found_document found;
    struct err err = {0};
    check_ok(find_document(room->archive, id, &found, &err), &err);
    if (strncmp(found.box, box_begins, strlen(box_begins)) != 0)
        fail_msg("got box %s, want %s", found.box, box_begins);
    for (uint32_t i = 0; i < found.page_count; i++) {
        struct found_page page = {0};
        SCOPED(buf_free) struct buf image = {0};
        check_ok(find_page(room->archive, &found, i, &page, &err), &err);
        room_image(page.id, 5000, &image);
        assert_true(bytes_equal(buf_view(&image), buf_view(&page.image)));
        found_page_clear(&page);
    }
}

static int found_with(struct room *room, const char *tag, const char *insured)
{
    struct found_document found[10];
    struct find_query query = {.tenant = "061", .tag = tag, .insured = insured, .most = 10};
    struct err err = {0};
    int rc = find_documents(room->archive, &query, found, &err);
    check_ok(rc, &err);
    return rc;
}

/* A move that gives a document another tag, reckoned anew. */
static struct move retagged(struct room *room, struct document_id id, const char *tag)
{
    struct move move = {.id = id, .row = row_of(room, id)};
    struct err err = {0};
    memset(move.row.tag, 0, sizeof move.row.tag);
    snprintf(move.row.tag, sizeof move.row.tag, "%s", tag);
    check_ok(plan_reckon(room->archive->retention, &move.row, &err), &err);
    return move;
}

static void another_tag_brings_a_document_into_another_box(void **state)
{
    (void)state;
    struct room room;
    struct err err = {0};
    room_open(&room);
    struct batch_id batch = room_file_letters(&room, 1, 3);
    const struct document_id id = {batch.n, 2};
    struct move move = retagged(&room, id, "cheque");
    check_ok(move_documents(room.archive, &move, 1, &cause, &err), &err);
    assert_true(move.ret_moved);
    check_readable(&room, id, "061/admin/cheque/2036-12/");
    assert_int_equal(found_with(&room, "letter", NULL), 2);
    assert_int_equal(found_with(&room, "cheque", NULL), 1);
    struct box_row box = box_of(&room, 1);
    assert_int_equal(box.documents, 2);
    assert_int_equal(box.pages, 2);
    check_clean(&room);
    room_reopen(&room);
    check_clean(&room);
    room_remove(&room);
}

static void a_document_whose_box_is_right_keeps_it(void **state)
{
    (void)state;
    struct room room;
    struct err err = {0};
    room_open(&room);
    struct batch_id batch = room_file_letters(&room, 1, 1);
    const struct document_id id = {batch.n, 1};
    struct move move = {.id = id, .row = row_of(&room, id)};
    move.row.event = (struct day){2026, 11, 3}; /* the same quarter */
    check_ok(plan_reckon(room.archive->retention, &move.row, &err), &err);
    check_ok(move_documents(room.archive, &move, 1, &cause, &err), &err);
    assert_false(move.ret_moved);
    assert_int_equal(row_of(&room, id).box, 1);
    assert_int_equal(day_compare(row_of(&room, id).event, (struct day){2026, 11, 3}), 0);
    assert_false(row_of(&room, id).by_fallback);
    check_clean(&room);
    room_remove(&room);
}

static void a_document_comes_back_into_the_box_it_left(void **state)
{
    (void)state;
    struct room room;
    struct err err = {0};
    room_open(&room);
    struct batch_id batch = room_file_letters(&room, 1, 2);
    const struct document_id id = {batch.n, 1};
    static const char *const tags[] = {"cheque", "letter", "other", "letter"};
    static const char *const boxes[] = {"061/admin/cheque/", "061/admin/letter/",
                                        "061/admin/other/", "061/admin/letter/"};
    for (int i = 0; i < 4; i++) {
        struct move move = retagged(&room, id, tags[i]);
        check_ok(move_documents(room.archive, &move, 1, &cause, &err), &err);
        check_readable(&room, id, boxes[i]);
        check_clean(&room);
    }
    assert_int_equal(row_of(&room, id).box, 1);
    assert_int_equal(box_of(&room, 1).documents, 2);
    room_remove(&room);
}

static void every_step_of_a_document_is_told_with_what_holds_it(void **state)
{
    (void)state;
    static const char *const tags[] = {"cheque", "other"};
    struct room room;
    struct err err = {0};
    struct history history = {0};
    room_open(&room);
    struct batch_id batch = room_file_letters(&room, 1, 2);
    const struct document_id id = {batch.n, 1};
    for (int i = 0; i < 2; i++) {
        struct move move = retagged(&room, id, tags[i]);
        check_ok(move_documents(room.archive, &move, 1, &cause, &err), &err);
    }
    const struct hold_spec hold = {.name = "case-1",
                                   .actor = "martin",
                                   .reason = "a case",
                                   .owner = "the archive",
                                   .scope = HOLD_DOCUMENT,
                                   .document = id};
    check_ok(hold_set(room.archive, &hold, &err), &err);
    check_ok(history_read(room.archive, id, &history, &err), &err);
    static const char *const events[] = {"filed", "term_revised", "term_revised"};
    assert_int_equal(json_array_size(history.steps), 3);
    for (size_t i = 0; i < 3; i++) {
        const json_t *step = json_array_get(history.steps, i);
        assert_string_equal(json_string_value(json_object_get(step, "event")), events[i]);
    }
    const json_t *last = json_array_get(history.steps, 2);
    const json_t *from = json_object_get(last, "from"), *to = json_object_get(last, "to");
    assert_string_equal(json_string_value(json_object_get(from, "tag")), "cheque");
    assert_string_equal(json_string_value(json_object_get(from, "expiry")), "2036-12-20");
    assert_string_equal(json_string_value(json_object_get(to, "tag")), "other");
    assert_string_equal(json_string_value(json_object_get(to, "expiry")), "2030-07-01");
    assert_string_equal(history.rule.rule, "OTHER");
    assert_true(history.by_fallback);
    assert_int_equal(day_compare(history.trigger, (struct day){2027, 11, 20}), 0);
    assert_int_equal(history.holds.count, 1);
    assert_string_equal(history.holds.names[0], "case-1");
    history_clear(&history);
    check_refused(history_read(room.archive, (struct document_id){9, 9}, &history, &err),
                  ERR_NOT_FOUND, &err);
    room_remove(&room);
}

static void what_must_stay_leaves_a_box_and_another_takes_it(void **state)
{
    (void)state;
    struct room room;
    struct err err = {0};
    room_open(&room);
    struct batch_id batch = room_file_letters(&room, 1, 4);
    const struct document_id ids[] = {{batch.n, 2}, {batch.n, 4}};
    const struct move_list list = {1, ids, 2};
    for (int again = 0; again < 2; again++) {
        check_ok(move_out(room.archive, &list, &cause, &err), &err);
        check_readable(&room, ids[0], "061/admin/letter/2029-07/");
        assert_int_equal(row_of(&room, ids[0]).box, 2);
        assert_int_equal(row_of(&room, ids[1]).box, 2);
        assert_int_equal(row_of(&room, (struct document_id){batch.n, 1}).box, 1);
        assert_int_equal(box_of(&room, 1).documents, 2);
        assert_int_equal(box_of(&room, 1).state, BOX_CLOSED);
        assert_int_equal(box_of(&room, 2).documents, 2);
        check_clean(&room);
    }
    room_remove(&room);
}

static void a_medical_document_is_found_with_the_medical_key_alone(void **state)
{
    (void)state;
    static const struct room_verdict note = {.tag = "letter", .insured = "2690549588157"};
    struct room room;
    struct err err = {0};
    room_open(&room);
    struct batch_id batch = room_batch(&room, 1, BOUNDARY_MARKED);
    room_feed(&room, (struct page_id){batch.n, 1}, true);
    room_decide_next(&room, &note);
    check_ok(archive_batch_end(room.archive, batch, &(struct batch_end){1, 0, 1}, &err), &err);
    assert_int_equal(filing_run(room.archive, 10, &err), 1);
    const struct document_id id = {batch.n, 1};
    struct insured_hash before = row_of(&room, id).insured[0];
    struct move move = retagged(&room, id, "sick_note");
    move.row.compartment = COMPARTMENT_MEDICAL;
    check_ok(move_documents(room.archive, &move, 1, &cause, &err), &err);
    check_readable(&room, id, "061/medical/sick_note/");
    assert_int_equal(row_of(&room, id).insured_count, 1);
    assert_memory_not_equal(row_of(&room, id).insured[0].at, before.at, sizeof before.at);
    assert_int_equal(found_with(&room, NULL, "2690549588157"), 1);
    check_clean(&room);
    room_remove(&room);
}

static void what_is_not_filed_does_not_move(void **state)
{
    (void)state;
    struct room room;
    struct err err = {0};
    room_open(&room);
    struct batch_id batch = room_file_letters(&room, 1, 1);
    struct move moves[2] = {retagged(&room, (struct document_id){batch.n, 1}, "cheque")};
    moves[1] = moves[0];
    moves[1].id.first_page = 9;
    check_refused(move_documents(room.archive, moves, 2, &cause, &err), ERR_NOT_FOUND, &err);
    assert_string_equal(err.text, "document 1-9 is not filed");
    assert_int_equal(row_of(&room, moves[0].id).box, 1);
    check_clean(&room);
    room_remove(&room);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(another_tag_brings_a_document_into_another_box),
        cmocka_unit_test(a_document_whose_box_is_right_keeps_it),
        cmocka_unit_test(a_document_comes_back_into_the_box_it_left),
        cmocka_unit_test(every_step_of_a_document_is_told_with_what_holds_it),
        cmocka_unit_test(what_must_stay_leaves_a_box_and_another_takes_it),
        cmocka_unit_test(a_medical_document_is_found_with_the_medical_key_alone),
        cmocka_unit_test(what_is_not_filed_does_not_move),
    };
    struct err err = {0};
    check_ok(seal_start(&err), &err);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
