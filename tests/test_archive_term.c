/*
 * Terms that change: an event becomes known, a person corrects a tag, a rule changes. And finding
 * by expiry, box, hold and slip.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <string.h>

#include "archive/filing_record.h"
#include "archive/history.h"
#include "archive/term.h"
#include "base/file.h"
#include "base/scope.h"
#include "base/seal.h"
#include "tests/check.h"
#include "tests/slip_room.h"

static const struct document_id first = {1, 1};
static const struct move_cause cause = {"event_known", "martin", "known by a letter"};

static struct found_document found(struct room *room, struct document_id id)
{
    struct err err = {0};
    struct found_document document;
    check_ok(find_document(room->archive, id, &document, &err), &err);
    return document;
}

static void expect_expiry(struct room *room, struct document_id id, const char *want)
{
    char text[DAY_TEXT_SIZE];
    assert_string_equal(day_format(found(room, id).expiry, text), want);
}

static void file_one(struct room *room, const char *tag)
{
    const struct room_verdict verdict = {.tag = tag, .insured = "2550699999005"};
    struct err err = {0};
    struct batch_id batch = room_batch(room, 1, BOUNDARY_MARKED);
    const struct batch_end end = {1, 0, 1};
    room_feed(room, (struct page_id){batch.n, 1}, true);
    room_decide_next(room, &verdict);
    check_ok(archive_batch_end(room->archive, batch, &end, &err), &err);
    assert_int_equal(filing_run(room->archive, 10, &err), 1);
}

/* Quarter edges: the last day of a quarter and the first of the next (CSS L.332-1). */
static void an_event_that_becomes_known_replaces_the_fallback(void **state)
{
    (void)state;
    static const struct {
        const char *tag;
        struct day event;
        const char *expiry;
    } rows[] = {
        {"care_form", {2026, 9, 30}, "2029-04-01"}, {"care_form", {2026, 10, 1}, "2029-07-01"},
        {"care_form", {2024, 2, 29}, "2026-10-01"}, {"sick_note", {2027, 12, 31}, "2030-07-01"},
        {"cheque", {2024, 2, 29}, "2034-02-28"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct room room;
        struct err err = {0};
        room_open(&room);
        file_one(&room, rows[i].tag);
        assert_int_equal(term_event(room.archive, first, rows[i].event, &cause, &err), 1);
        expect_expiry(&room, first, rows[i].expiry);
        assert_true(slips_is_there(&room, first));
        assert_int_equal(term_event(room.archive, first, rows[i].event, &cause, &err), 0);
        slips_expect_clean(&room);
        room_remove(&room);
    }
}

static void the_journal_says_from_what_to_what_and_why(void **state)
{
    (void)state;
    struct room room;
    struct err err = {0};
    SCOPED(history_clear) struct history history = {0};
    room_open(&room);
    file_one(&room, "care_form");
    assert_int_equal(term_event(room.archive, first, (struct day){2026, 9, 30}, &cause, &err), 1);
    check_ok(history_read(room.archive, first, &history, &err), &err);
    assert_false(history.by_fallback);
    const json_t *step = json_array_get(history.steps, 1);
    static const struct {
        const char *object, *name, *want;
    } rows[] = {{NULL, "event", "event_known"},        {NULL, "actor", "martin"},
                {NULL, "reason", "known by a letter"}, {"from", "expiry", "2029-07-01"},
                {"to", "expiry", "2029-04-01"},        {"to", "trigger", "2026-09-30"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const json_t *object = rows[i].object ? json_object_get(step, rows[i].object) : step;
        assert_string_equal(json_string_value(json_object_get(object, rows[i].name)), rows[i].want);
    }
    room_remove(&room);
}

static void a_corrected_tag_takes_rule_compartment_and_box_with_it(void **state)
{
    (void)state;
    struct room room;
    struct err err = {0};
    const struct term_tag as = {"sick_note", COMPARTMENT_MEDICAL};
    room_open(&room);
    file_one(&room, "letter");
    assert_int_equal(term_retag(room.archive, first, &as, &cause, &err), 1);
    const struct found_document document = found(&room, first);
    assert_string_equal(document.tag, "sick_note");
    assert_string_equal(document.rule, "AAT");
    assert_string_equal(document.decided_by, "martin");
    assert_int_equal(document.compartment, COMPARTMENT_MEDICAL);
    assert_non_null(strstr(document.box, "061/medical/sick_note/"));
    const struct find_query query = {.tenant = "061", .insured = "2550699999005", .most = 2};
    struct found_document some[2];
    assert_int_equal(find_documents(room.archive, &query, some, &err), 1);
    assert_int_equal(term_retag(room.archive, first, &as, &cause, &err), 0);
    slips_expect_clean(&room);
    room_remove(&room);
}

static void what_cannot_be_is_refused_and_changes_nothing(void **state)
{
    (void)state;
    static const struct {
        struct day event;
        const char *tag, *reason;
        int code;
    } rows[] = {
        {{2026, 2, 30}, NULL, "r", ERR_FORMAT}, {{1899, 1, 1}, NULL, "r", ERR_FORMAT},
        {{2190, 1, 1}, NULL, "r", ERR_FORMAT},  {{2026, 2, 1}, NULL, "", ERR_FORMAT},
        {{0}, "blank", "r", ERR_FORMAT},        {{0}, "Ab", "r", ERR_FORMAT},
        {{0}, "cheque", "", ERR_FORMAT},
    };
    struct room room;
    struct err err = {0};
    room_open(&room);
    file_one(&room, "letter");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct move_cause why = {"event_known", "martin", rows[i].reason};
        const struct term_tag as = {rows[i].tag, COMPARTMENT_ADMIN};
        int rc = rows[i].tag ? term_retag(room.archive, first, &as, &why, &err)
                             : term_event(room.archive, first, rows[i].event, &why, &err);
        check_refused(rc, rows[i].code, &err);
    }
    check_refused(term_event(room.archive, (struct document_id){7, 7}, (struct day){2026, 2, 1},
                             &cause, &err),
                  ERR_NOT_FOUND, &err);
    assert_string_equal(found(&room, first).tag, "letter");
    room_remove(&room);
}

/* ---- a rule that changes ---- */

/* A configuration in which letters are kept for five years from version 2 on. */
static void make_config(const struct room *room, char ret_folder[ROOM_PATH_SIZE + 32])
{
    static const char version[] = "rule = \"LTR\"; version = 1;", period[] = "P2Y6M";
    struct err err = {0};
    char path[ROOM_PATH_SIZE + 64], from[4096];
    snprintf(ret_folder, ROOM_PATH_SIZE + 32, "%s/config", room->root);
    check_ok(file_make_folders(ret_folder, 0750, &err), &err);
    static const char *const names[] = {"tenants.conf", "retention.conf"};
    for (int i = 0; i < 2; i++) {
        SCOPED(buf_free) struct buf text = {0};
        snprintf(from, sizeof from, "%s/%s", getenv("TRIPLI_CONFIG"), names[i]);
        check_ok(file_read(from, 1 << 20, &text, &err), &err);
        uint8_t *at = i ? memmem(text.at, text.len, version, strlen(version)) : NULL;
        if (at) {
            memcpy(at, "rule = \"LTR\"; version = 2;", strlen(version));
            at = memmem(at, 400, period, strlen(period));
            assert_non_null(at);
            memcpy(at, "P5Y1M", strlen(period));
        }
        snprintf(path, sizeof path, "%s/%s", ret_folder, names[i]);
        check_ok(file_write(path, 0640, buf_view(&text), &err), &err);
    }
}

struct changes {
    struct document_id ids[10];
    size_t count;
};

static int take(void *to, const struct term_change *change)
{
    struct changes *changes = to;
    assert_true(changes->count < 10);
    assert_int_equal(change->was.rule_version, 1);
    assert_int_equal(change->is.rule_version, 2);
    changes->ids[changes->count++] = change->id;
    return 0;
}

static void a_rule_that_changes_moves_every_document_of_it(void **state)
{
    (void)state;
    struct room room;
    struct err err = {0};
    struct changes changes = {0};
    char config[ROOM_PATH_SIZE + 32];
    const struct term_query query = {.tenant = "061"};
    room_open(&room);
    slips_file_letters(&room, 1, (struct day){2026, 2, 1}, 3);
    room_close(&room);
    make_config(&room, config);
    struct archive_params params = room_params(&room, true);
    params.config_dir = config;
    check_ok(archive_open(&params, &room.archive, &err), &err);
    expect_expiry(&room, first, "2028-10-01");
    check_ok(term_check(room.archive, &query, take, &changes, &err), &err);
    assert_int_equal(changes.count, 3);
    assert_int_equal(term_apply(room.archive, changes.ids, 3, &cause, &err), 3);
    expect_expiry(&room, first, "2031-05-01");
    struct changes left = {0};
    check_ok(term_check(room.archive, &query, take, &left, &err), &err);
    assert_int_equal(left.count, 0);
    assert_int_equal(term_apply(room.archive, changes.ids, 3, &cause, &err), 0);
    slips_expect_clean(&room);
    room_remove(&room);
}

/* ---- finding ---- */

static void documents_are_found_by_expiry_box_hold_and_slip(void **state)
{
    (void)state;
    struct room room;
    struct err err = {0};
    struct found_document some[10];
    room_open(&room);
    slips_file_letters(&room, 1, (struct day){2018, 2, 1}, 2); /* they may go from 2020-10-01 on */
    slips_file_letters(&room, 2, (struct day){2026, 2, 1}, 3);
    slips_hold_on(&room, "case", (struct document_id){2, 2});
    slips_draw(&room, 1);
    const struct {
        struct find_query query;
        int want;
    } rows[] = {
        {{.expiry_to = {2020, 10, 1}}, 2},
        {{.expiry_to = {2020, 9, 30}}, 0},
        {{.expiry_from = {2020, 10, 2}}, 3},
        {{.tenant = "061", .box = 1}, 2},
        {{.box = 2}, 3},
        {{.box = 9}, ERR_NOT_FOUND},
        {{.tenant = "061", .hold = "case"}, 1},
        {{.hold = "other"}, ERR_NOT_FOUND},
        {{.slip = 1}, 2},
        {{.tenant = "061", .slip = 2}, ERR_NOT_FOUND},
        {{.batch = {9}}, ERR_NOT_FOUND},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct find_query query = rows[i].query;
        query.most = 10;
        int got = find_documents(room.archive, &query, some, &err);
        if (got != rows[i].want)
            fail_msg("row %zu: got %d documents, want %d", i, got, rows[i].want);
    }
    room_remove(&room);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_event_that_becomes_known_replaces_the_fallback),
        cmocka_unit_test(the_journal_says_from_what_to_what_and_why),
        cmocka_unit_test(a_corrected_tag_takes_rule_compartment_and_box_with_it),
        cmocka_unit_test(what_cannot_be_is_refused_and_changes_nothing),
        cmocka_unit_test(a_rule_that_changes_moves_every_document_of_it),
        cmocka_unit_test(documents_are_found_by_expiry_box_hold_and_slip),
    };
    struct err err = {0};
    check_ok(seal_start(&err), &err);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
