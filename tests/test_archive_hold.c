/*
 * Holds: set, lifted, ended, several on one document, and what they lie on.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <string.h>

#include "archive/catalogue.h"
#include "archive/hold.h"
#include "archive/state.h"
#include "base/clock.h"
#include "base/seal.h"
#include "tests/archive_room.h"
#include "tests/check.h"

static const char insured[] = "2550699999005";

static struct hold_spec spec_of(const char *name)
{
    return (struct hold_spec){.name = name,
                              .actor = "archivist",
                              .reason = "contentieux",
                              .owner = "service juridique",
                              .scope = HOLD_DOCUMENT,
                              .document = {1, 1}};
}

static void set_well(struct room *room, const struct hold_spec *spec)
{
    struct err err = {0};
    check_ok(hold_set(room->archive, spec, &err), &err);
}

static void lift_well(struct room *room, const char *name)
{
    struct err err = {0};
    check_ok(hold_lift(room->archive, name, "archivist", &err), &err);
}

static int holds_of_on(struct room *room, struct document_id id, struct day today)
{
    struct store_txn txn = {0};
    struct err err = {0};
    struct document_row row;
    struct hold_names names;
    check_ok(store_begin_read(room->archive->catalogue, &txn, &err), &err);
    assert_int_equal(catalogue_document(&txn, id, &row, &err), 1);
    int count = holds_on(&txn, &(struct hold_subject){id, &row, today}, &names, &err);
    store_abort(&txn);
    return count;
}

static int holds_of(struct room *room, uint32_t page)
{
    return holds_of_on(room, (struct document_id){1, page}, day_of_ms(clock_wall_ms()));
}

static void all_holds_of_a_document_must_be_lifted(void **state)
{
    (void)state;
    struct room room;
    room_open(&room);
    room_file_letters(&room, 1, 2);
    struct hold_spec one = spec_of("one"), batch = spec_of("batch"), box = spec_of("box");
    batch.scope = HOLD_BATCH;
    batch.batch.n = 1;
    box.scope = HOLD_BOX;
    box.box = 1;
    set_well(&room, &one);
    set_well(&room, &batch);
    set_well(&room, &box);
    assert_int_equal(holds_of(&room, 1), 3);
    assert_int_equal(holds_of(&room, 2), 2);
    lift_well(&room, "batch");
    room_reopen(&room);
    assert_int_equal(holds_of(&room, 1), 2);
    lift_well(&room, "box");
    assert_int_equal(holds_of(&room, 1), 1);
    assert_int_equal(holds_of(&room, 2), 0);
    lift_well(&room, "one");
    assert_int_equal(holds_of(&room, 1), 0);
    struct room_heard heard;
    room_verify(&room, &heard);
    assert_int_equal(heard.lines, 0);
    room_remove(&room);
}

static void a_hold_ends_after_its_last_day(void **state)
{
    (void)state;
    struct room room;
    room_open(&room);
    room_file_letters(&room, 1, 1);
    struct hold_spec spec = spec_of("short");
    struct day today = day_of_ms(clock_wall_ms());
    spec.until = day_add_days(today, 3);
    set_well(&room, &spec);
    const struct document_id id = {1, 1};
    assert_int_equal(holds_of_on(&room, id, spec.until), 1);
    assert_int_equal(holds_of_on(&room, id, day_add_days(spec.until, 1)), 0);
    room_remove(&room);
}

static void a_hold_on_an_insured_number_finds_what_is_filed_later(void **state)
{
    (void)state;
    struct room room;
    struct err err = {0};
    room_open(&room);
    struct hold_spec spec = spec_of("case-7");
    spec.scope = HOLD_INSURED;
    spec.tenant = "061";
    spec.insured = insured;
    set_well(&room, &spec);
    struct batch_id batch = room_batch(&room, 1, BOUNDARY_MARKED);
    for (uint32_t i = 1; i <= 2; i++)
        assert_int_equal(room_feed(&room, (struct page_id){batch.n, i}, true), 0);
    for (int i = 0; i < 2; i++)
        room_decide_next(&room, &(struct room_verdict){.tag = "letter",
                                                       .kind = PAGE_WRITTEN,
                                                       .insured = i ? "" : insured});
    const struct batch_end end = {.sheets_fed = 2, .pages = 2};
    check_ok(archive_batch_end(room.archive, batch, &end, &err), &err);
    assert_true(filing_run(room.archive, 10, &err) > 0);
    assert_int_equal(holds_of(&room, 1) + holds_of(&room, 2), 1);
    assert_false(room_holds(room.data, bytes_of(insured, strlen(insured))));
    lift_well(&room, "case-7");
    assert_int_equal(holds_of(&room, 1) + holds_of(&room, 2), 0);
    room_remove(&room);
}

static int add(struct room *room, const char *name, struct document_id id)
{
    struct err err = {0};
    return hold_add(room->archive, name, id, "archivist", &err);
}

static void a_case_grows_and_is_lifted_as_one(void **state)
{
    (void)state;
    struct room room;
    struct hold_spec of_case = spec_of("dossier-of-thirty-two-bytes-1234"), document = spec_of("d");
    of_case.scope = HOLD_CASE;
    of_case.tenant = "061";
    room_open(&room);
    room_file_letters(&room, 1, 3);
    set_well(&room, &of_case);
    set_well(&room, &document);
    assert_int_equal(holds_of(&room, 2), 0);
    for (int i = 0; i < 2; i++)
        for (uint32_t page = 1; page <= 2; page++)
            assert_int_equal(add(&room, of_case.name, (struct document_id){1, page}), 0);
    assert_int_equal(holds_of(&room, 1), 2);
    assert_int_equal(holds_of(&room, 2), 1);
    assert_int_equal(holds_of(&room, 3), 0);
    assert_int_equal(add(&room, of_case.name, (struct document_id){1, 77}), ERR_NOT_FOUND);
    assert_int_equal(add(&room, "none", (struct document_id){1, 1}), ERR_NOT_FOUND);
    assert_int_equal(add(&room, "d", (struct document_id){1, 2}), ERR_CONFLICT);
    lift_well(&room, of_case.name);
    assert_int_equal(holds_of(&room, 1), 1);
    assert_int_equal(holds_of(&room, 2), 0);
    assert_int_equal(add(&room, of_case.name, (struct document_id){1, 3}), ERR_CONFLICT);
    of_case.name = "other";
    of_case.tenant = "041";
    set_well(&room, &of_case);
    assert_int_equal(add(&room, "other", (struct document_id){1, 1}), ERR_CONFLICT);
    room_remove(&room);
}

static void what_cannot_be_held_is_refused(void **state)
{
    (void)state;
    struct room room;
    struct err err = {0};
    room_open(&room);
    room_file_letters(&room, 1, 1);
    struct hold_spec bad_name = spec_of("a b"), no_reason = spec_of("x"), past = spec_of("x");
    struct hold_spec nothing = spec_of("x"), no_box = spec_of("x"), twice = spec_of("twice");
    no_reason.reason = "";
    past.until = (struct day){2001, 2, 3};
    nothing.document.first_page = 77;
    no_box.scope = HOLD_BOX;
    no_box.box = 9;
    set_well(&room, &twice);
    const struct {
        const struct hold_spec *spec;
        int code;
    } rows[] = {{&bad_name, ERR_FORMAT},   {&no_reason, ERR_FORMAT}, {&past, ERR_FORMAT},
                {&nothing, ERR_NOT_FOUND}, {&no_box, ERR_NOT_FOUND}, {&twice, ERR_CONFLICT}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_int_equal(hold_set(room.archive, rows[i].spec, &err), rows[i].code);
    assert_int_equal(hold_lift(room.archive, "none", "archivist", &err), ERR_NOT_FOUND);
    lift_well(&room, "twice");
    assert_int_equal(hold_lift(room.archive, "twice", "archivist", &err), ERR_CONFLICT);
    assert_int_equal(hold_set(room.archive, &twice, &err), ERR_CONFLICT);
    room_remove(&room);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_holds_of_a_document_must_be_lifted),
        cmocka_unit_test(a_hold_ends_after_its_last_day),
        cmocka_unit_test(a_hold_on_an_insured_number_finds_what_is_filed_later),
        cmocka_unit_test(a_case_grows_and_is_lifted_as_one),
        cmocka_unit_test(what_cannot_be_held_is_refused),
    };
    struct err err = {0};
    check_ok(seal_start(&err), &err);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
