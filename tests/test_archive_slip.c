/*
 * Elimination: candidates, slip, visa, destruction, and everything that must be refused on the way.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <string.h>
#include <sys/stat.h>

#include "archive/filing_record.h"
#include "archive/hold.h"
#include "base/seal.h"
#include "tests/check.h"
#include "tests/slip_room.h"

struct tally {
    int going, kept;
    char why[SLIP_WHY_SIZE];
};

static int tally_one(void *to, const struct slip_candidate *candidate)
{
    struct tally *tally = to;
    tally->going += !candidate->why[0];
    tally->kept += !!candidate->why[0];
    if (candidate->why[0])
        snprintf(tally->why, sizeof tally->why, "%s", candidate->why);
    return 0;
}

static struct tally candidates(struct room *room)
{
    struct err err = {0};
    struct tally tally = {0};
    check_ok(slip_candidates(room->archive, &slips_all, tally_one, &tally, &err), &err);
    return tally;
}

static void only_what_is_past_and_free_is_a_candidate(void **state)
{
    (void)state;
    struct room room;
    struct err err = {0};
    uint32_t slip;
    room_open(&room);
    slips_file_letters(&room, 1, (struct day){2018, 2, 1}, 2);
    slips_file_letters(&room, 2, (struct day){2026, 2, 1}, 1);
    assert_int_equal(candidates(&room).going, 1);
    assert_int_equal(candidates(&room).kept, 0);
    slips_hold_first(&room, 1);
    struct tally tally = candidates(&room);
    assert_int_equal(tally.going, 0);
    assert_string_equal(tally.why, "document 1-1 is held by 'case'");
    slips_hold_on(&room, "case-2", (struct document_id){1, 2});
    assert_int_equal(slip_draw(room.archive, &slips_all, "martin", &slip, &err), ERR_NOT_FOUND);
    room_remove(&room);
}

static void each_step_out_of_turn_is_refused(void **state)
{
    (void)state;
    struct room room;
    struct err err = {0};
    uint32_t slip;
    room_open(&room);
    slips_file_letters(&room, 1, (struct day){2018, 2, 1}, 1);
    assert_int_equal(slips_visa(&room, 1, true, &err), ERR_NOT_FOUND);
    slips_draw(&room, 1);
    assert_int_equal(slip_draw(room.archive, &slips_all, "martin", &slip, &err), ERR_NOT_FOUND);
    assert_int_equal(slips_visa(&room, 1, true, &err), ERR_CONFLICT);
    assert_int_equal(slip_destroy(room.archive, 1, "martin", &err), ERR_CONFLICT);
    slips_submit(&room, 1);
    assert_int_equal(slip_submit(room.archive, 1, "martin", &err), ERR_CONFLICT);
    assert_int_equal(slip_destroy(room.archive, 1, "martin", &err), ERR_CONFLICT);
    check_ok(slips_visa(&room, 1, false, &err), &err);
    assert_int_equal(slips_state(&room, 1), SLIP_REFUSED);
    assert_int_equal(slips_visa(&room, 1, true, &err), ERR_CONFLICT);
    assert_int_equal(slip_destroy(room.archive, 1, "martin", &err), ERR_CONFLICT);
    assert_int_equal(candidates(&room).going, 1); /* what was refused may be asked for again */
    slips_expect_clean(&room);
    room_remove(&room);
}

static void a_held_line_is_neither_submitted_nor_granted_nor_destroyed(void **state)
{
    (void)state;
    struct room room;
    struct err err = {0};
    room_open(&room);
    slips_file_letters(&room, 1, (struct day){2018, 2, 1}, 1);
    slips_draw(&room, 1);
    slips_hold_first(&room, 1);
    assert_int_equal(slip_submit(room.archive, 1, "martin", &err), ERR_CONFLICT);
    assert_string_equal(err.text, "slip 1 line 1: box 1: document 1-1 is held by 'case'");
    slips_lift(&room);
    slips_submit(&room, 1);
    struct hold_spec again = {.name = "case-2",
                              .actor = "martin",
                              .reason = "contentieux",
                              .owner = "service juridique",
                              .scope = HOLD_BOX,
                              .box = 1};
    check_ok(hold_set(room.archive, &again, &err), &err);
    assert_int_equal(slips_visa(&room, 1, true, &err), ERR_CONFLICT);
    check_ok(hold_lift(room.archive, "case-2", "martin", &err), &err);
    check_ok(slips_visa(&room, 1, true, &err), &err);
    again.name = "case-3";
    check_ok(hold_set(room.archive, &again, &err), &err);
    assert_int_equal(slip_destroy(room.archive, 1, "martin", &err), ERR_CONFLICT);
    check_ok(hold_lift(room.archive, "case-3", "martin", &err), &err);
    check_ok(slip_destroy(room.archive, 1, "martin", &err), &err);
    slips_expect_clean(&room);
    room_remove(&room);
}

static void what_is_destroyed_is_gone_and_the_archive_stays_whole(void **state)
{
    (void)state;
    struct room room;
    struct err err = {0};
    struct found_document found;
    char path[ROOM_PATH_SIZE + 200];
    struct stat st;
    room_open(&room);
    slips_file_letters(&room, 1, (struct day){2018, 2, 1}, 3);
    slips_file_letters(&room, 2, (struct day){2026, 2, 1}, 1);
    check_ok(find_document(room.archive, (struct document_id){1, 1}, &found, &err), &err);
    snprintf(path, sizeof path, "%s/boxes/%s", room.data, found.box);
    assert_int_equal(stat(path, &st), 0);
    slips_draw(&room, 1);
    slips_submit(&room, 1);
    check_ok(slips_visa(&room, 1, true, &err), &err);
    check_ok(slip_destroy(room.archive, 1, "martin", &err), &err);
    assert_int_equal(slips_state(&room, 1), SLIP_DESTROYED);
    assert_int_equal(stat(path, &st), -1);
    assert_int_equal(find_document(room.archive, (struct document_id){1, 1}, &found, &err),
                     ERR_NOT_FOUND);
    const struct find_query by_insured = {.tenant = "061", .insured = "2550699999005", .most = 10};
    struct found_document some[10];
    assert_int_equal(find_documents(room.archive, &by_insured, some, &err), 1);
    const struct key_owner owner = {"061", COMPARTMENT_ADMIN};
    struct seal_key *key = NULL;
    assert_int_equal(keys_open_box(room.archive->keys, &owner, 1, &key, &err), ERR_NOT_FOUND);
    slips_expect_clean(&room);
    room_reopen(&room);
    slips_expect_clean(&room);
    assert_int_equal(slip_destroy(room.archive, 1, "martin", &err), ERR_CONFLICT);
    room_remove(&room);
}

/* LMDB keeps removed rows in its file: the rewrite must leave none of them. */
static void no_byte_that_helped_the_search_survives(void **state)
{
    (void)state;
    struct room room;
    struct err err = {0};
    struct insured_hash hash;
    const struct key_owner owner = {"061", COMPARTMENT_ADMIN};
    room_open(&room);
    slips_file_letters(&room, 1, (struct day){2018, 2, 1}, 3);
    check_ok(filing_insured_hash(room.archive->keys, &owner, "2550699999005", &hash, &err), &err);
    struct bytes known = bytes_of(hash.at, sizeof hash.at);
    assert_true(room_holds(room.data, known));
    slips_draw(&room, 1);
    slips_submit(&room, 1);
    check_ok(slips_visa(&room, 1, true, &err), &err);
    check_ok(slip_destroy(room.archive, 1, "martin", &err), &err);
    assert_false(room_holds(room.data, known));
    slips_file_letters(&room, 2, (struct day){2026, 2, 1}, 1); /* the archive goes on */
    assert_true(room_holds(room.data, known));
    slips_expect_clean(&room);
    room_remove(&room);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_what_is_past_and_free_is_a_candidate),
        cmocka_unit_test(each_step_out_of_turn_is_refused),
        cmocka_unit_test(a_held_line_is_neither_submitted_nor_granted_nor_destroyed),
        cmocka_unit_test(what_is_destroyed_is_gone_and_the_archive_stays_whole),
        cmocka_unit_test(no_byte_that_helped_the_search_survives),
    };
    struct err err = {0};
    check_ok(seal_start(&err), &err);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
