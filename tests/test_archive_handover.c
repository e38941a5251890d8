/*
 * Hand-overs: everything that was filed is in one of them, in the right compartment, and counts as
 * given when it was acknowledged, not before.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "archive/handover.h"

#include <string.h>

#include "archive/batch_receipt.h"
#include "archive/journal.h"
#include "archive/state.h"
#include "archive/term.h"
#include "base/scope.h"
#include "base/seal.h"
#include "tests/archive_room.h"
#include "tests/check.h"

enum { MOST = 64, LETTERS = 5, NOTES = 2, DAYS = 30 };

static const char partner[] = "the key of a partner";
static const char lines[] = "{\"file\":1}\n{\"file\":2}\n";
static const struct room_verdict sick_note = {
    .tag = "sick_note", .compartment = COMPARTMENT_MEDICAL, .insured = ""};

static int setup(void **state)
{
    room_set_up(state);
    struct room *room = *state;
    struct batch_spec spec = room_spec(2, BOUNDARY_MARKED);
    room_file_letters(room, 1, LETTERS);
    room_file(room, &spec, &sick_note, NOTES);
    return 0;
}

/* The next one of a compartment, with what it takes in. */
static int next(struct room *room, enum compartment compartment, struct handover *ret_handover,
                struct handover_row rows[MOST])
{
    struct err err = {0};
    *ret_handover = (struct handover){.tenant = "061", .compartment = compartment};
    check_ok(handover_next(room->archive, ret_handover, &err), &err);
    int count = handover_documents(room->archive, ret_handover, rows, MOST, &err);
    check_ok(count, &err);
    ret_handover->documents = (uint32_t)count;
    ret_handover->files = 2;
    ret_handover->lines = digest_of(bytes_of(lines, strlen(lines)));
    return count;
}

static struct signed_statement signed_by_platform(struct room *room, struct handover *handover)
{
    struct err err = {0};
    struct signed_statement by;
    check_ok(handover_sign(room->archive, handover, &by, &err), &err);
    return by;
}

static void give(struct room *room, struct handover *handover)
{
    struct err err = {0};
    struct signed_statement by = signed_by_platform(room, handover);
    check_ok(handover_give(room->archive, &by, partner, &err), &err);
}

static uint64_t journal_end(struct room *room)
{
    SCOPED(store_abort) struct store_txn txn = {0};
    struct err err = {0};
    uint64_t end = 0;
    check_ok(store_begin_read(room->archive->catalogue, &txn, &err), &err);
    check_ok(journal_next(&txn, "061", &end, &err), &err);
    return end;
}

static void what_was_filed_comes_until_it_is_acknowledged_and_then_no_more(void **state)
{
    struct room *room = *state;
    struct handover handover;
    struct handover_row rows[MOST], again[MOST];
    assert_int_equal(next(room, COMPARTMENT_ADMIN, &handover, rows), LETTERS);
    assert_int_equal(handover.number, 1);
    signed_by_platform(room, &handover); /* nobody acknowledged it */
    assert_int_equal(next(room, COMPARTMENT_ADMIN, &handover, again), LETTERS);
    assert_int_equal(handover.number, 1);
    assert_memory_equal(rows, again, LETTERS * sizeof *rows);
    give(room, &handover);
    assert_int_equal(next(room, COMPARTMENT_ADMIN, &handover, again), 0);
    assert_int_equal(handover.number, 2);
    room_reopen(room);
    room_file_letters(room, 3, 1);
    assert_int_equal(next(room, COMPARTMENT_ADMIN, &handover, again), 1);
    assert_int_equal(again[0].id.batch, 3);
}

static void each_compartment_has_its_own(void **state)
{
    struct room *room = *state;
    struct handover admin, medical;
    struct handover_row letters[MOST], notes[MOST];
    assert_int_equal(next(room, COMPARTMENT_ADMIN, &admin, letters), LETTERS);
    assert_int_equal(next(room, COMPARTMENT_MEDICAL, &medical, notes), NOTES);
    for (int i = 0; i < NOTES; i++)
        assert_int_equal(notes[i].id.batch, 2);
    give(room, &admin);
    assert_int_equal(next(room, COMPARTMENT_MEDICAL, &medical, notes), NOTES);
    give(room, &medical);
    assert_int_equal(next(room, COMPARTMENT_MEDICAL, &medical, notes), 0);
}

static void another_tenant_gets_nothing_of_it(void **state)
{
    struct room *room = *state;
    struct err err = {0};
    struct handover other = {.tenant = "041"};
    struct handover_row rows[MOST];
    check_ok(handover_next(room->archive, &other, &err), &err);
    assert_int_equal(handover_documents(room->archive, &other, rows, MOST, &err), 0);
    other.to = journal_end(room) - 1; /* whatever somebody writes into it */
    check_refused(handover_documents(room->archive, &other, rows, MOST, &err), ERR_INTEGRITY, &err);
    next(room, COMPARTMENT_ADMIN, &other, rows);
    memcpy(other.tenant, "041", sizeof other.tenant);
    assert_int_equal(handover_may_hold(room->archive, &other, rows[0].id, &err), 0);
}

static void what_does_not_fit_is_in_the_one_that_follows(void **state)
{
    struct room *room = *state;
    struct err err = {0};
    struct handover handover = {.tenant = "061"};
    struct handover_row rows[2];
    uint32_t seen = 0;
    for (int i = 0; i < (LETTERS + 1) / 2; i++) {
        check_ok(handover_next(room->archive, &handover, &err), &err);
        int count = handover_documents(room->archive, &handover, rows, 2, &err);
        assert_int_equal(count, LETTERS - 2 * i >= 2 ? 2 : 1);
        for (int k = 0; k < count; k++)
            seen |= 1u << rows[k].id.first_page;
        give(room, &handover);
    }
    assert_int_equal(seen, ((1u << LETTERS) - 1) << 1);
}

static void a_document_that_becomes_medical_leaves_the_administrative_one(void **state)
{
    struct room *room = *state;
    struct err err = {0};
    struct handover admin, medical;
    struct handover_row rows[MOST];
    const struct move_cause cause = {"tag_corrected", "martin", "a sick note"};
    const struct term_tag as = {.tag = "sick_note", .compartment = COMPARTMENT_MEDICAL};
    next(room, COMPARTMENT_ADMIN, &admin, rows);
    struct document_id moved = rows[0].id;
    assert_int_equal(handover_may_hold(room->archive, &admin, moved, &err), 1);
    check_ok(term_retag(room->archive, moved, &as, &cause, &err), &err);
    assert_int_equal(handover_may_hold(room->archive, &admin, moved, &err), 0);
    assert_int_equal(next(room, COMPARTMENT_ADMIN, &admin, rows), LETTERS - 1);
    assert_int_equal(next(room, COMPARTMENT_MEDICAL, &medical, rows), NOTES + 1);
    give(room, &medical);
    give(room, &admin);
    admin = (struct handover){.tenant = "061", .number = 1};
    check_ok(handover_past(room->archive, DAYS, &admin, &err), &err);
    assert_int_equal(handover_documents(room->archive, &admin, rows, MOST, &err), LETTERS - 1);
}

static void a_corrected_tag_brings_a_document_once_more(void **state)
{
    struct room *room = *state;
    struct err err = {0};
    struct handover handover;
    struct handover_row rows[MOST];
    const struct move_cause cause = {"tag_corrected", "martin", "no letter"};
    const struct term_tag as = {.tag = "other", .compartment = COMPARTMENT_ADMIN};
    next(room, COMPARTMENT_ADMIN, &handover, rows);
    struct document_id corrected = rows[1].id;
    give(room, &handover);
    check_ok(term_retag(room->archive, corrected, &as, &cause, &err), &err);
    assert_int_equal(next(room, COMPARTMENT_ADMIN, &handover, rows), 1);
    assert_int_equal(rows[0].id.first_page, corrected.first_page);
}

static void acknowledging_it_twice_is_one_record_of_the_journal(void **state)
{
    struct room *room = *state;
    struct err err = {0};
    struct handover handover;
    struct handover_row rows[MOST];
    next(room, COMPARTMENT_ADMIN, &handover, rows);
    struct signed_statement by = signed_by_platform(room, &handover);
    check_ok(handover_give(room->archive, &by, partner, &err), &err);
    uint64_t end = journal_end(room);
    check_ok(handover_give(room->archive, &by, partner, &err), &err);
    assert_int_equal(journal_end(room), end);
}

/* Two keys of one compartment fetch at the same time: the second one's is refused, and comes again
 * under the next number where it was not the same. */
static void the_same_number_with_other_contents_is_refused(void **state)
{
    struct room *room = *state;
    struct err err = {0};
    struct handover first, second;
    struct handover_row rows[MOST];
    next(room, COMPARTMENT_ADMIN, &first, rows);
    room_file_letters(room, 3, 1);
    next(room, COMPARTMENT_ADMIN, &second, rows);
    struct signed_statement by = signed_by_platform(room, &second);
    give(room, &first);
    check_refused(handover_give(room->archive, &by, partner, &err), ERR_CONFLICT, &err);
    check_refused(handover_sign(room->archive, &second, &by, &err), ERR_CONFLICT, &err);
    assert_int_equal(next(room, COMPARTMENT_ADMIN, &second, rows), 1);
    assert_int_equal(rows[0].id.batch, 3);
}

static void an_acknowledged_one_can_be_had_again_for_so_many_days(void **state)
{
    struct room *room = *state;
    struct err err = {0};
    struct handover handover, past = {.tenant = "061", .number = 1};
    struct handover_row rows[MOST], again[MOST];
    next(room, COMPARTMENT_ADMIN, &handover, rows);
    check_refused(handover_past(room->archive, DAYS, &past, &err), ERR_NOT_FOUND, &err);
    give(room, &handover);
    room_file_letters(room, 3, 1);
    check_ok(handover_past(room->archive, DAYS, &past, &err), &err);
    assert_true(past.again);
    assert_int_equal(handover_documents(room->archive, &past, again, MOST, &err), LETTERS);
    assert_memory_equal(rows, again, LETTERS * sizeof *rows);
    give(room, &past);
    assert_int_equal(next(room, COMPARTMENT_ADMIN, &handover, rows), 1); /* where it was */
    check_refused(handover_past(room->archive, -1, &past, &err), ERR_LIMIT, &err);
}

static void what_the_platform_did_not_sign_is_not_given(void **state)
{
    struct room *room = *state;
    struct err err = {0};
    struct handover handover;
    struct handover_row rows[MOST];
    next(room, COMPARTMENT_ADMIN, &handover, rows);
    struct signed_statement by = signed_by_platform(room, &handover);
    char *number = strstr(by.text, "\"documents\":5");
    assert_non_null(number);
    number[strlen("\"documents\":")] = '4';
    check_refused(handover_give(room->archive, &by, partner, &err), ERR_INTEGRITY, &err);
    assert_int_equal(next(room, COMPARTMENT_ADMIN, &handover, rows), LETTERS);
}

static void a_manifest_that_was_changed_anywhere_is_refused(void **state)
{
    struct room *room = *state;
    struct err err = {0};
    struct handover handover, read;
    struct handover_row rows[MOST];
    struct digest key;
    struct bytes rest;
    SCOPED(buf_free) struct buf file = {0};
    next(room, COMPARTMENT_ADMIN, &handover, rows);
    struct signed_statement by = signed_by_platform(room, &handover);
    check_ok(batch_receipt_write(&by, bytes_of(lines, strlen(lines)), &file, &err), &err);
    check_ok(day_seal_own_key(room->archive, &key, &err), &err);
    check_ok(handover_check(buf_view(&file), &key, &read, &rest, &err), &err);
    assert_int_equal(read.number, 1);
    assert_int_equal(read.to, handover.to);
    assert_true(bytes_equal(rest, bytes_of(lines, strlen(lines))));
    for (size_t i = 0; i < file.len; i++) {
        file.at[i] ^= 1;
        assert_true(handover_check(buf_view(&file), &key, &read, &rest, &err) < 0);
        file.at[i] ^= 1;
    }
    for (size_t len = 0; len < file.len; len++)
        assert_true(handover_check(bytes_of(file.at, len), &key, &read, &rest, &err) < 0);
}

int main(void)
{
    struct err err = {0};
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            what_was_filed_comes_until_it_is_acknowledged_and_then_no_more, setup, room_tear_down),
        cmocka_unit_test_setup_teardown(each_compartment_has_its_own, setup, room_tear_down),
        cmocka_unit_test_setup_teardown(another_tenant_gets_nothing_of_it, setup, room_tear_down),
        cmocka_unit_test_setup_teardown(what_does_not_fit_is_in_the_one_that_follows, setup,
                                        room_tear_down),
        cmocka_unit_test_setup_teardown(
            a_document_that_becomes_medical_leaves_the_administrative_one, setup, room_tear_down),
        cmocka_unit_test_setup_teardown(a_corrected_tag_brings_a_document_once_more, setup,
                                        room_tear_down),
        cmocka_unit_test_setup_teardown(acknowledging_it_twice_is_one_record_of_the_journal, setup,
                                        room_tear_down),
        cmocka_unit_test_setup_teardown(the_same_number_with_other_contents_is_refused, setup,
                                        room_tear_down),
        cmocka_unit_test_setup_teardown(an_acknowledged_one_can_be_had_again_for_so_many_days,
                                        setup, room_tear_down),
        cmocka_unit_test_setup_teardown(what_the_platform_did_not_sign_is_not_given, setup,
                                        room_tear_down),
        cmocka_unit_test_setup_teardown(a_manifest_that_was_changed_anywhere_is_refused, setup,
                                        room_tear_down),
    };
    check_ok(seal_start(&err), &err);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
