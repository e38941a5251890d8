/*
 * The account of a month: every page and every refusal is in one figure, of its own tenant and
 * month, and a journal that contradicts itself gives none.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "archive/account.h"

#include <string.h>

#include "archive/batch_receipt.h"
#include "archive/handover.h"
#include "archive/journal.h"
#include "archive/state.h"
#include "archive/term.h"
#include "base/clock.h"
#include "base/scope.h"
#include "base/seal.h"
#include "tests/archive_room.h"
#include "tests/check.h"

enum { MOST = 16 };

static void this_month(char ret_month[ACCOUNT_MONTH_SIZE])
{
    char at[CLOCK_TEXT_SIZE];
    snprintf(ret_month, ACCOUNT_MONTH_SIZE, "%.7s", clock_format(clock_wall_ms(), at));
}

static int read_now(struct room *room, struct account *ret_account, struct err *err)
{
    char month[ACCOUNT_MONTH_SIZE];
    this_month(month);
    return account_read(room->archive, "061", month, ret_account, err);
}

static struct account account_now(struct room *room)
{
    struct err err = {0};
    struct account account;
    check_ok(read_now(room, &account, &err), &err);
    return account;
}

static uint64_t reason_count(const struct account *account, const char *name)
{
    for (int i = 0; i < account->reason_count; i++)
        if (strcmp(account->reasons[i].name, name) == 0)
            return account->reasons[i].count;
    return 0;
}

static void end(struct room *room, struct batch_id batch, uint32_t pages, uint32_t refused)
{
    struct err err = {0};
    const struct batch_end how = {pages + refused, refused, pages};
    check_ok(archive_batch_end(room->archive, batch, &how, &err), &err);
}

static void vouch(struct room *room, struct batch_receipt receipt, const char *reasons, int want)
{
    struct err err = {0};
    struct signed_statement by;
    json_t *json = json_loads(reasons, 0, NULL);
    memcpy(receipt.tenant, "061", sizeof receipt.tenant);
    memcpy(receipt.received, "2026-11-20", sizeof receipt.received);
    int rc = batch_receipt_sign(room->archive, &receipt, json, &by, &err);
    json_decref(json);
    if (want == 0)
        check_ok(rc, &err);
    else
        check_refused(rc, want, &err);
}

static void hand_over(struct room *room, enum compartment compartment, int want)
{
    struct err err = {0};
    struct handover handover = {.tenant = "061", .compartment = compartment, .files = 2};
    struct handover_row rows[MOST];
    struct signed_statement by;
    check_ok(handover_next(room->archive, &handover, &err), &err);
    int count = handover_documents(room->archive, &handover, rows, MOST, &err);
    assert_int_equal(count, want);
    handover.documents = (uint32_t)count;
    check_ok(handover_sign(room->archive, &handover, &by, &err), &err);
    check_ok(handover_give(room->archive, &by, "a partner's key", &err), &err);
}

static void months_have_a_form(void **state)
{
    (void)state;
    assert_true(account_month_is_valid("2026-11"));
    static const char *const wrong[] = {"",        "2026",       "2026-00", "2026-13", "2026-1",
                                        "2026/11", "2026-11-01", "x026-11", "2026-1x", "20 6-11"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_false(account_month_is_valid(wrong[i]));
}

static void pages_under_way_and_torn_sheets_are_counted(void **state)
{
    struct room *room = *state;
    struct err err = {0};
    room_file_letters(room, 1, 3);
    struct batch_id batch = room_batch(room, 2, BOUNDARY_MARKED);
    for (uint32_t page = 1; page <= 4; page++)
        room_feed(room, (struct page_id){batch.n, page}, true);
    const struct batch_reject torn = {1, 5, REJECT_TORN};
    check_ok(archive_batch_reject(room->archive, batch, &torn, &err), &err);
    assert_int_equal(account_now(room).received, 3); /* it is still fed */
    end(room, batch, 4, 2);                          /* and one more, without a reason */
    room_decide_next(room, &(struct room_verdict){.tag = "blank", .kind = PAGE_BLANK});
    room_decide_next(room, &(struct room_verdict){.tag = "letter"});
    check_ok(filing_run(room->archive, 10, &err), &err);
    const struct account got = account_now(room);
    assert_int_equal(got.batches, 2);
    assert_int_equal(got.received, 7);
    assert_int_equal(got.archived, 5);
    assert_int_equal(got.under_way, 2);
    assert_int_equal(got.by_machine, 5);
    assert_int_equal(got.refused, 2);
    assert_int_equal(got.unnamed, 1);
    assert_int_equal(reason_count(&got, "torn"), 1);
    assert_int_equal(got.documents, 5);
    assert_int_equal(got.kept, 5);
    assert_true(got.oldest_ms > 0);
    assert_int_equal(got.max_ms, -1); /* nothing was handed over */
}

static void what_people_decided_and_what_was_in_quarantine_is_counted(void **state)
{
    struct room *room = *state;
    struct err err = {0};
    int result;
    struct batch_id batch = room_batch(room, 1, BOUNDARY_MARKED);
    for (uint32_t page = 1; page <= 3; page++)
        room_feed(room, (struct page_id){batch.n, page}, true);
    end(room, batch, 3, 0);
    room_decide_next(room, &(struct room_verdict){.tag = "letter"});
    struct page_id doubtful =
        room_decide_next(room, &(struct room_verdict){.tag = "letter", .to_code = true});
    struct intake_lease lease;
    assert_int_equal(intake_lend(room->archive, 1, 1000, &lease, &err), 1);
    const struct intake_lending lending = {lease.id, lease.epoch};
    intake_lease_clear(&lease);
    check_ok(intake_quarantine(room->archive, lending, "damaged", &err), &err);
    const struct page_id ids[] = {doubtful, lending.id};
    for (int i = 0; i < 2; i++) {
        const struct intake_decision decision = {.lending = {ids[i], 0},
                                                 .accepted = true,
                                                 .tag = "other",
                                                 .record = bytes_of("{}", 2),
                                                 .actor = "martin"};
        check_ok(intake_decide(room->archive, &decision, 1, &result, &err), &err);
        assert_int_equal(result, 0);
    }
    check_ok(filing_run(room->archive, 10, &err), &err);
    const struct account got = account_now(room);
    assert_int_equal(got.archived, 3);
    assert_int_equal(got.by_people, 2);
    assert_int_equal(got.by_machine, 1);
    assert_int_equal(got.quarantined, 1);
    assert_int_equal(got.oldest_ms, 0);
}

static void hand_overs_are_counted_once_whatever_is_corrected(void **state)
{
    struct room *room = *state;
    struct err err = {0};
    struct batch_spec spec = room_spec(2, BOUNDARY_MARKED);
    const struct room_verdict note = {
        .tag = "sick_note", .compartment = COMPARTMENT_MEDICAL, .insured = ""};
    const struct move_cause cause = {"tag_corrected", "martin", "a sick note"};
    const struct term_tag medical = {.tag = "sick_note", .compartment = COMPARTMENT_MEDICAL},
                          other = {.tag = "other", .compartment = COMPARTMENT_ADMIN};
    struct batch_id letters = room_file_letters(room, 1, 4);
    room_file(room, &spec, &note, 2);
    check_ok(term_retag(room->archive, (struct document_id){letters.n, 1}, &medical, &cause, &err),
             &err);
    hand_over(room, COMPARTMENT_ADMIN, 3);
    struct account got = account_now(room);
    assert_int_equal(got.documents, 6);
    assert_int_equal(got.handed_over, 3);
    assert_int_equal(got.kept, 3);
    assert_int_equal(got.corrected, 1);
    assert_true(got.p50_ms >= 0 && got.max_ms < 60000);
    hand_over(room, COMPARTMENT_MEDICAL, 3);
    check_ok(term_retag(room->archive, (struct document_id){letters.n, 2}, &other, &cause, &err),
             &err);
    hand_over(room, COMPARTMENT_ADMIN, 1); /* once more, as corrected */
    got = account_now(room);
    assert_int_equal(got.handed_over, 6);
    assert_int_equal(got.kept, 0);
    assert_int_equal(got.corrected, 2);
    check_ok(archive_batch_close(room->archive, letters, "martin", &err), &err);
    account_now(room);
}

static void refusals_of_partners_come_with_their_reasons(void **state)
{
    struct room *room = *state;
    struct batch_receipt receipt = {
        .uuid = "00112233445566778899aabbccddeeff", .files = 6, .refused = 3, .pages = 3};
    struct batch_id batch = room_batch(room, 1, BOUNDARY_MARKED);
    for (uint32_t page = 1; page <= 3; page++)
        room_feed(room, (struct page_id){batch.n, page}, true);
    end(room, batch, 3, 3);
    receipt.number = batch.n;
    vouch(room, receipt, "{\"format\":2}", ERR_PROTOCOL);
    vouch(room, receipt, "{\"format\":2,\"rain\":1}", ERR_PROTOCOL);
    vouch(room, receipt, "{\"format\":2,\"limit\":1}", 0);
    const uint64_t records = account_now(room).records;
    vouch(room, receipt, "{\"format\":2,\"limit\":1}", 0); /* the answer was lost */
    struct account got = account_now(room);
    assert_int_equal(got.records, records);
    assert_int_equal(got.refused, 3);
    assert_int_equal(got.unnamed, 0);
    assert_int_equal(reason_count(&got, "format"), 2);
    assert_int_equal(reason_count(&got, "limit"), 1);
    const struct batch_receipt nothing = {
        .uuid = "ff112233445566778899aabbccddeeff", .files = 5, .refused = 5};
    vouch(room, nothing, "{\"integrity\":5}", 0);
    got = account_now(room);
    assert_int_equal(got.batches, 2);
    assert_int_equal(got.received, 3);
    assert_int_equal(got.refused, 8);
    assert_int_equal(reason_count(&got, "integrity"), 5);
}

static void nobody_else_and_no_other_month_is_in_it(void **state)
{
    struct room *room = *state;
    struct err err = {0};
    struct account got;
    char month[ACCOUNT_MONTH_SIZE];
    room_file_letters(room, 1, 3);
    this_month(month);
    check_ok(account_read(room->archive, "041", month, &got, &err), &err);
    assert_int_equal(got.received + got.batches + got.records, 0);
    check_ok(account_read(room->archive, "061", "2020-01", &got, &err), &err);
    assert_int_equal(got.received + got.documents, 0);
    assert_int_equal(account_now(room).received, 3);
    check_refused(account_read(room->archive, "999", month, &got, &err), ERR_NOT_FOUND, &err);
}

/* ---- lies ---- */

/* A record that the chain holds and that is not true. */
static void lie(struct room *room, const char *event, const char *facts)
{
    SCOPED(store_abort) struct store_txn txn = {0};
    static const struct commit_points points = {"batch.end.before_commit",
                                                "batch.end.after_commit"};
    struct err err = {0};
    const struct journal_event record = {"061", "a lie", event, clock_wall_ms(),
                                         json_loads(facts, 0, NULL)};
    assert_non_null(record.facts);
    check_ok(store_begin(room->archive->catalogue, &txn, &err), &err);
    check_ok(journal_note(&txn, &record, &err), &err);
    check_ok(store_commit(&txn, &points, &err), &err);
}

#define A_PAGE(id)                                                                                 \
    "{\"page\":\"" id                                                                              \
    "\",\"events\":[{\"event\":\"accepted\",\"at\":\"2026-11-20T10:00:00.000Z\"}]}"

static void a_lie_in_the_journal_breaks_the_account(void **state)
{
    (void)state;
    static const struct {
        const char *event, *facts, *words;
    } lies[] = {
        {"filed", "{\"document\":\"1-1\",\"pages\":[" A_PAGE("1-1") "]}", "filed twice"},
        {"filed", "{\"document\":\"1-4\",\"pages\":[" A_PAGE("1-4") "]}", "never received"},
        {"filed", "{\"document\":\"1-3\",\"pages\":[" A_PAGE("2-3") "]}", "another batch"},
        {"filed", "{\"document\":\"7-1\",\"pages\":[" A_PAGE("7-1") "]}", "never opened"},
        {"filed", "{\"document\":\"1-3\",\"pages\":[]}", "no moment"},
        {"batch_fed", "{\"batch\":1,\"pages\":9}", "another number of pages"},
        {"batch_fed", "{\"batch\":7,\"pages\":9}", "no such batch"},
        {"batch_opened", "{\"batch\":1}", "order of their numbers"},
        {"batch_closed", "{\"batch\":1,\"accepted\":4,\"documents\":3}", "closed with other"},
        {"batch_closed", "{\"batch\":1,\"accepted\":3,\"documents\":2}", "closed with other"},
        {"sheet_rejected", "{\"batch\":1,\"reason\":\"torn\"}", "1 reasons for 0 refused"},
        {"sheet_rejected", "{\"batch\":1,\"reason\":\"rain\"}", "not known"},
        {"batch_vouched", "{\"batch\":1,\"pages\":3,\"refused\":1,\"reasons\":{\"format\":1}}",
         "differ"},
        {"batch_vouched", "{\"batch\":0,\"refused\":2,\"reasons\":{\"format\":1}}", "as many"},
        {"batch_vouched", "{\"batch\":0,\"refused\":1,\"reasons\":{\"torn\":1}}", "not known"},
        {"tag_corrected", "{\"document\":\"1-9\"}", "never filed"},
        {"handed_over", "{\"number\":2,\"after\":0,\"to\":3,\"documents\":1}", "does not follow"},
        {"handed_over", "{\"number\":1,\"after\":2,\"to\":3,\"documents\":1}", "does not follow"},
        {"handed_over", "{\"number\":1,\"after\":0,\"to\":99,\"documents\":1}", "does not follow"},
        {"handed_over", "{\"number\":1,\"after\":0,\"to\":5,\"documents\":4}", "more documents"}};
    for (size_t i = 0; i < sizeof lies / sizeof *lies; i++) {
        struct room room;
        struct err err = {0};
        struct account got;
        room_open(&room);
        room_file_letters(&room, 1, 3);
        account_now(&room);
        lie(&room, lies[i].event, lies[i].facts);
        check_refused(read_now(&room, &got, &err), ERR_INTEGRITY, &err);
        if (!strstr(err.text, lies[i].words))
            fail_msg("lie %zu: '%s' lacks '%s'", i, err.text, lies[i].words);
        room_remove(&room);
    }
}

static void figures_that_do_not_add_up_are_named(void **state)
{
    struct room *room = *state;
    struct err err = {0};
    room_file_letters(room, 1, 3);
    const struct account whole = account_now(room);
    const size_t places[] = {
        offsetof(struct account, received),    offsetof(struct account, archived),
        offsetof(struct account, under_way),   offsetof(struct account, by_machine),
        offsetof(struct account, by_people),   offsetof(struct account, refused),
        offsetof(struct account, unnamed),     offsetof(struct account, documents),
        offsetof(struct account, handed_over), offsetof(struct account, kept)};
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        struct account changed = whole;
        uint64_t figure;
        memcpy(&figure, (char *)&changed + places[i], sizeof figure);
        figure++;
        memcpy((char *)&changed + places[i], &figure, sizeof figure);
        check_refused(account_check(&changed, &err), ERR_INTEGRITY, &err);
    }
    check_ok(account_check(&whole, &err), &err);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, room_set_up, room_tear_down)

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(months_have_a_form),
    TEST(pages_under_way_and_torn_sheets_are_counted),
    TEST(what_people_decided_and_what_was_in_quarantine_is_counted),
    TEST(hand_overs_are_counted_once_whatever_is_corrected),
    TEST(refusals_of_partners_come_with_their_reasons),
    TEST(nobody_else_and_no_other_month_is_in_it),
    cmocka_unit_test(a_lie_in_the_journal_breaks_the_account),
    TEST(figures_that_do_not_add_up_are_named),
};

int main(void)
{
    struct err err;
    if (seal_start(&err) < 0)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
