/*
 * Intake: acceptance, leases, failures, coding; what is acknowledged stays, what is stale changes
 * nothing.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "archive/state.h"
#include "base/scope.h"
#include "base/seal.h"
#include "tests/archive_room.h"
#include "tests/check.h"

static const struct room_verdict letter = {.tag = "letter"};

static struct intake_lease lend_one(struct room *room)
{
    struct err err = {0};
    struct intake_lease lease;
    int rc = intake_lend(room->archive, 1, 60000, &lease, &err);
    check_ok(rc, &err);
    assert_int_equal(rc, 1);
    return lease;
}

static struct intake_lending lending_of(struct intake_lease *lease)
{
    struct intake_lending lending = {lease->id, lease->epoch};
    intake_lease_clear(lease);
    return lending;
}

static int decide(struct room *room, struct intake_lending lending, bool accepted, const char *tag)
{
    struct err err = {0};
    struct intake_decision decision = {.lending = lending,
                                       .accepted = accepted,
                                       .confidence = 0.5,
                                       .record = bytes_of("{}", 2),
                                       .actor = lending.epoch ? "worker" : "martin"};
    snprintf(decision.tag, sizeof decision.tag, "%s", tag);
    int result = 1, rc = intake_decide(room->archive, &decision, 1, &result, &err);
    check_ok(rc, &err);
    return result;
}

static void the_same_page_twice_is_one_page(void **state)
{
    struct room *room = *state;
    struct batch_id batch = room_batch(room, 1, BOUNDARY_MARKED);
    struct page_id id = {batch.n, 1};
    assert_int_equal(room_feed(room, id, true), 0);
    assert_int_equal(room_feed(room, id, true), 0);
    struct archive_counts counts = room_count(room, batch);
    assert_int_equal(counts.accepted, 1);
    assert_int_equal(counts.unread, 1);
    assert_true(counts.oldest_unread_ms > 0);
}

static void another_image_under_the_same_number_is_refused(void **state)
{
    struct room *room = *state;
    struct err err = {0};
    struct batch_id batch = room_batch(room, 1, BOUNDARY_MARKED);
    struct page_id id = {batch.n, 1};
    assert_int_equal(room_feed(room, id, true), 0);
    struct intake_page other = {.id = id, .image = bytes_of("other", 5), .sheet = 1};
    other.digest = digest_of(other.image);
    int result = 1, rc = intake_accept(room->archive, &other, 1, &result, &err);
    check_ok(rc, &err);
    assert_int_equal(result, ERR_CONFLICT);
    other.digest.at[0] ^= 1;
    rc = intake_accept(room->archive, &other, 1, &result, &err);
    check_ok(rc, &err);
    assert_int_equal(result, ERR_INTEGRITY);
    other.id.batch = 99;
    other.digest = digest_of(other.image);
    rc = intake_accept(room->archive, &other, 1, &result, &err);
    check_ok(rc, &err);
    assert_int_equal(result, ERR_NOT_FOUND);
}

static void a_page_waits_for_the_one_before_it(void **state)
{
    struct room *room = *state;
    struct err err = {0};
    struct batch_id batch = room_batch(room, 1, BOUNDARY_MARKED), again;
    assert_int_equal(room_feed(room, (struct page_id){batch.n, 2}, true), ERR_UNAVAILABLE);
    assert_int_equal(room_feed(room, (struct page_id){batch.n, 1}, true), 0);
    assert_int_equal(room_feed(room, (struct page_id){batch.n, 3}, true), ERR_UNAVAILABLE);
    struct archive_counts counts = room_count(room, batch);
    assert_int_equal(counts.accepted, 1); /* where a capture that resumes goes on */
    assert_int_equal(room_feed(room, (struct page_id){batch.n, 2}, true), 0);
    assert_int_equal(room_feed(room, (struct page_id){batch.n, 3}, true), 0);
    struct batch_spec spec = room_spec(1, BOUNDARY_MARKED);
    check_ok(archive_batch_open(room->archive, &spec, &again, &err), &err);
    assert_int_equal(again.n, batch.n);
    assert_int_equal(room_count(room, batch).accepted, 3);
}

static void a_filed_page_that_comes_again_is_known(void **state)
{
    struct room *room = *state;
    struct err err = {0};
    struct batch_id batch = room_batch(room, 1, BOUNDARY_MARKED);
    room_feed(room, (struct page_id){batch.n, 1}, true);
    room_feed(room, (struct page_id){batch.n, 2}, true);
    room_decide_next(room, &letter);
    assert_int_equal(filing_run(room->archive, 10, &err), 1);
    assert_int_equal(room_feed(room, (struct page_id){batch.n, 1}, true), 0);
    struct archive_counts counts = room_count(room, batch);
    assert_int_equal(counts.accepted, 2);
    assert_int_equal(counts.filed, 1);
}

static void the_same_batch_twice_is_one_batch(void **state)
{
    struct room *room = *state;
    struct err err = {0};
    struct batch_id first = room_batch(room, 1, BOUNDARY_MARKED), again;
    assert_int_equal(room_batch(room, 1, BOUNDARY_MARKED).n, first.n);
    struct batch_spec spec = room_spec(1, BOUNDARY_SEPARATORS);
    check_refused(archive_batch_open(room->archive, &spec, &again, &err), ERR_CONFLICT, &err);
    spec = room_spec(2, BOUNDARY_MARKED);
    snprintf(spec.tenant, sizeof spec.tenant, "999");
    check_refused(archive_batch_open(room->archive, &spec, &again, &err), ERR_NOT_FOUND, &err);
    assert_int_equal(room_batch(room, 3, BOUNDARY_MARKED).n, first.n + 1);
}

static void a_reject_is_noted_once_and_the_end_has_to_know_it(void **state)
{
    struct room *room = *state;
    struct err err = {0};
    struct batch_id batch = room_batch(room, 1, BOUNDARY_MARKED);
    struct batch_reject torn = {.number = 1, .sheet = 1, .reason = REJECT_TORN};
    struct batch_end end = {1, 0, 1};
    for (int again = 0; again < 2; again++) {
        check_ok(archive_batch_reject(room->archive, batch, &torn, &err), &err);
        assert_int_equal(room_count(room, batch).sheets_rejected, 1);
    }
    torn.number = 3;
    check_refused(archive_batch_reject(room->archive, batch, &torn, &err), ERR_CONFLICT, &err);
    room_feed(room, (struct page_id){batch.n, 1}, true);
    check_refused(archive_batch_end(room->archive, batch, &end, &err), ERR_CONFLICT, &err);
    end = (struct batch_end){2, 1, 1};
    check_ok(archive_batch_end(room->archive, batch, &end, &err), &err);
    torn.number = 2;
    check_refused(archive_batch_reject(room->archive, batch, &torn, &err), ERR_CONFLICT, &err);
}

static void a_stale_answer_changes_nothing(void **state)
{
    struct room *room = *state;
    struct err err = {0};
    struct batch_id batch = room_batch(room, 1, BOUNDARY_MARKED);
    room_feed(room, (struct page_id){batch.n, 1}, true);
    struct intake_lease lease = lend_one(room);
    struct intake_lending old = lending_of(&lease);
    check_ok(intake_return(room->archive, old, &err), &err);
    lease = lend_one(room);
    struct intake_lending now = lending_of(&lease);
    assert_int_equal(now.epoch, old.epoch + 1);
    assert_int_equal(decide(room, old, true, "letter"), ERR_CONFLICT);
    check_refused(intake_return(room->archive, old, &err), ERR_CONFLICT, &err);
    check_refused(intake_fail(room->archive, old, "died", &err), ERR_CONFLICT, &err);
    check_refused(intake_quarantine(room->archive, old, "broken", &err), ERR_CONFLICT, &err);
    assert_int_equal(decide(room, now, true, "letter"), 0);
    assert_int_equal(decide(room, now, true, "cheque"), ERR_CONFLICT); /* answering twice */
    assert_int_equal(decide(room, (struct intake_lending){{batch.n, 7}, 1}, true, "letter"),
                     ERR_NOT_FOUND);
}

static void three_failures_quarantine_a_page(void **state)
{
    struct room *room = *state;
    struct err err = {0};
    struct batch_id batch = room_batch(room, 1, BOUNDARY_MARKED);
    struct page_id id = {batch.n, 1};
    room_feed(room, id, true);
    for (int i = 0; i < INTAKE_TRIES_MAX; i++) {
        struct intake_lease lease = lend_one(room);
        assert_int_equal(lease.tries, i);
        int now = intake_fail(room->archive, lending_of(&lease), "reader died", &err);
        check_ok(now, &err);
        assert_int_equal(now, i + 1 < INTAKE_TRIES_MAX ? PAGE_ACCEPTED : PAGE_QUARANTINED);
    }
    struct intake_waiting waiting;
    int count =
        intake_list(room->archive, (struct intake_line){PAGE_QUARANTINED, {0}}, &waiting, 1, &err);
    check_ok(count, &err);
    assert_int_equal(count, 1);
    assert_string_equal(waiting.reason, "reader died");
    assert_string_equal(waiting.tenant, "061");
    assert_int_equal(waiting.tries, INTAKE_TRIES_MAX);
    intake_waiting_clear(&waiting);
    check_ok(intake_release(room->archive, id, "martin", &err), &err);
    check_refused(intake_release(room->archive, id, "martin", &err), ERR_CONFLICT, &err);
    struct intake_lease lease = lend_one(room);
    assert_int_equal(lease.tries, 0);
    check_ok(intake_quarantine(room->archive, lending_of(&lease), "too large", &err), &err);
    struct archive_counts counts = room_count(room, batch);
    assert_int_equal(counts.quarantined, 1);
    room_check_equation(&counts);
}

static void lost_leases_cost_nothing(void **state)
{
    struct room *room = *state;
    struct err err = {0};
    struct batch_id batch = room_batch(room, 1, BOUNDARY_MARKED);
    room_feed(room, (struct page_id){batch.n, 1}, true);
    struct intake_lease lease;
    for (int i = 0; i < 2 * INTAKE_TRIES_MAX; i++) {
        int rc = intake_lend(room->archive, 1, -1, &lease, &err);
        check_ok(rc, &err);
        assert_int_equal(rc, 1);
        intake_lease_clear(&lease);
        assert_int_equal(intake_expire(room->archive, 10, &err), 1);
        assert_int_equal(intake_expire(room->archive, 10, &err), 0);
    }
    lease = lend_one(room);
    intake_lease_clear(&lease);
    room_reopen(room);
    assert_int_equal(intake_lend(room->archive, 1, 60000, &lease, &err), 0);
    assert_int_equal(intake_recover(room->archive, &err), 1);
    lease = lend_one(room);
    assert_int_equal(lease.tries, 0);
    assert_int_equal(lease.epoch, 2 * INTAKE_TRIES_MAX + 2);
    intake_lease_clear(&lease);
}

static void the_oldest_mail_goes_first(void **state)
{
    struct room *room = *state;
    struct err err = {0};
    struct batch_id late = room_batch(room, 1, BOUNDARY_MARKED), early;
    struct batch_spec spec = room_spec(2, BOUNDARY_MARKED);
    spec.received = (struct day){2026, 11, 3};
    check_ok(archive_batch_open(room->archive, &spec, &early, &err), &err);
    room_feed(room, (struct page_id){late.n, 1}, true);
    room_feed(room, (struct page_id){early.n, 1}, true);
    room_feed(room, (struct page_id){early.n, 2}, true);
    struct intake_lease leases[5];
    int count = intake_lend(room->archive, 5, 60000, leases, &err);
    check_ok(count, &err);
    assert_int_equal(count, 3);
    const struct page_id want[] = {{early.n, 1}, {early.n, 2}, {late.n, 1}};
    for (int i = 0; i < 3; i++) {
        assert_int_equal(leases[i].id.batch, want[i].batch);
        assert_int_equal(leases[i].id.page, want[i].page);
        intake_lease_clear(&leases[i]);
    }
}

/* A page that waits for a person, with the machine's guess. */
static struct page_id await_person(struct room *room, uint8_t mark, struct day received,
                                   const char *tag)
{
    struct err err = {0};
    struct batch_id batch;
    struct batch_spec spec = room_spec(mark, BOUNDARY_MARKED);
    spec.received = received;
    check_ok(archive_batch_open(room->archive, &spec, &batch, &err), &err);
    room_feed(room, (struct page_id){batch.n, 1}, true);
    return room_decide_next(room, &(struct room_verdict){.tag = tag, .to_code = true});
}

static void a_person_sees_cheques_and_sick_notes_first_then_the_oldest(void **state)
{
    static const struct {
        const char *tag;
        int day;
    } pages[] = {{"letter", 1}, {"letter", 3}, {"sick_note", 2}, {"cheque", 4},
                 {"other", 2},  {"cheque", 3}, {"", 2},          {"sick_note", 2}};
    static const struct {
        const char *first;
        int want[8];
    } rows[] = {{"cheque sick_note", {5, 3, 2, 7, 0, 4, 6, 1}},
                {"letter", {0, 1, 2, 4, 6, 7, 5, 3}},
                {"", {0, 2, 4, 6, 7, 1, 5, 3}}};
    enum { PAGES = sizeof pages / sizeof *pages };
    struct room *room = *state;
    struct err err = {0};
    struct page_id fed[PAGES];
    for (uint8_t i = 0; i < PAGES; i++)
        fed[i] = await_person(room, i + 1, (struct day){2026, 11, pages[i].day}, pages[i].tag);
    for (int row = 0; row < 3; row++) {
        SCOPED(scope_free) struct page_id *ids = NULL;
        const struct intake_order order = {PAGE_TO_CODE, rows[row].first};
        assert_int_equal(intake_in_order(room->archive, order, &ids, &err), PAGES);
        for (int i = 0; i < PAGES; i++)
            assert_int_equal(ids[i].batch, fed[rows[row].want[i]].batch);
    }
}

static void a_person_decides_undoes_and_decides_again(void **state)
{
    struct room *room = *state;
    struct err err = {0};
    struct batch_id batch = room_batch(room, 1, BOUNDARY_MARKED);
    struct page_id id = {batch.n, 1};
    room_feed(room, id, true);
    room_decide_next(room, &(struct room_verdict){.tag = "other", .to_code = true});
    struct intake_waiting waiting;
    assert_int_equal(
        intake_list(room->archive, (struct intake_line){PAGE_TO_CODE, {0}}, &waiting, 1, &err), 1);
    assert_true(memmem(waiting.record.at, waiting.record.len, "verdict secret", 14) != NULL);
    intake_waiting_clear(&waiting);
    assert_int_equal(
        intake_list(room->archive, (struct intake_line){PAGE_TO_CODE, id}, &waiting, 1, &err), 0);
    struct buf image = {0}, want = {0};
    check_ok(intake_image(room->archive, id, &image, &err), &err);
    room_image(id, 5000, &want);
    assert_true(bytes_equal(buf_view(&image), buf_view(&want)));
    buf_free(&image);
    buf_free(&want);

    struct intake_lending by_person = {id, 0};
    assert_int_equal(decide(room, by_person, false, "letter"), ERR_CONFLICT);
    assert_int_equal(decide(room, by_person, true, "cheque"), 0);
    assert_int_equal(decide(room, by_person, true, "letter"), ERR_CONFLICT);
    check_ok(intake_undo(room->archive, id, "martin", &err), &err);
    check_refused(intake_undo(room->archive, id, "martin", &err), ERR_CONFLICT, &err);
    assert_int_equal(decide(room, by_person, true, "letter"), 0);
    struct batch_end end = {1, 0, 1};
    check_ok(archive_batch_end(room->archive, batch, &end, &err), &err);
    assert_int_equal(filing_run(room->archive, 10, &err), 1);
    check_refused(intake_undo(room->archive, id, "martin", &err), ERR_CONFLICT, &err);
    struct found_document found;
    struct find_query query = {.tenant = "061", .most = 1};
    assert_int_equal(find_documents(room->archive, &query, &found, &err), 1);
    assert_string_equal(found.decided_by, "martin");
    assert_string_equal(found.tag, "letter");
    struct archive_counts counts = room_count(room, batch);
    assert_string_equal(counts.by_tag[0].tag, "letter");
    assert_int_equal(counts.by_tag[0].pages, 1);
    assert_string_equal(counts.by_tag[1].tag, "");
}

static void an_undone_separator_joins_its_envelopes_again(void **state)
{
    struct room *room = *state;
    struct err err = {0};
    struct batch_id batch = room_batch(room, 1, BOUNDARY_SEPARATORS);
    for (uint32_t page = 1; page <= 4; page++)
        room_feed(room, (struct page_id){batch.n, page}, false);
    room_decide_next(room, &letter);
    room_decide_next(room, &(struct room_verdict){.tag = "other", .to_code = true});
    struct page_id id = {batch.n, 2};
    struct intake_decision decision = {.lending = {id, 0},
                                       .accepted = true,
                                       .tag = "separator",
                                       .kind = PAGE_SEPARATOR,
                                       .actor = "martin"};
    int result = 1;
    check_ok(intake_decide(room->archive, &decision, 1, &result, &err), &err);
    assert_int_equal(result, 0);
    check_ok(intake_undo(room->archive, id, "martin", &err), &err);
    assert_int_equal(filing_run(room->archive, 10, &err), 0);
    assert_int_equal(decide(room, (struct intake_lending){id, 0}, true, "letter"), 0);
    room_decide_next(room, &letter);
    room_decide_next(room, &letter);
    struct batch_end end = {4, 0, 4};
    check_ok(archive_batch_end(room->archive, batch, &end, &err), &err);
    assert_int_equal(filing_run(room->archive, 10, &err), 1);
    assert_int_equal(room_count(room, batch).documents, 1);
}

static void a_batch_closes_only_when_its_equations_hold(void **state)
{
    struct room *room = *state;
    struct err err = {0};
    struct batch_id batch = room_batch(room, 1, BOUNDARY_MARKED);
    room_feed(room, (struct page_id){batch.n, 1}, true);
    room_feed(room, (struct page_id){batch.n, 2}, false);
    struct batch_end end = {3, 0, 3};
    check_refused(archive_batch_close(room->archive, batch, "x", &err), ERR_CONFLICT, &err);
    check_refused(archive_batch_end(room->archive, batch, &end, &err), ERR_CONFLICT, &err);
    room_feed(room, (struct page_id){batch.n, 3}, true);
    end.sheets_fed = 4;
    check_ok(archive_batch_end(room->archive, batch, &end, &err), &err);
    assert_int_equal(room_feed(room, (struct page_id){batch.n, 4}, true), ERR_CONFLICT);
    check_refused(archive_batch_close(room->archive, batch, "x", &err), ERR_CONFLICT, &err);
    for (int i = 0; i < 3; i++)
        room_decide_next(room, &letter);
    check_refused(archive_batch_close(room->archive, batch, "x", &err), ERR_CONFLICT, &err);
    assert_int_equal(filing_run(room->archive, 10, &err), 2);
    check_refused(archive_batch_close(room->archive, batch, "x", &err), ERR_CONFLICT, &err);
    assert_non_null(strstr(err.text, "4 sheets fed"));
    end.sheets_rejected = 1; /* the operator declares the one that is missing */
    check_ok(archive_batch_end(room->archive, batch, &end, &err), &err);
    check_ok(archive_batch_close(room->archive, batch, "x", &err), &err);
    check_ok(archive_batch_close(room->archive, batch, "x", &err), &err);
    struct batch_info infos[3];
    int count = archive_batch_list(room->archive, (struct batch_id){0}, infos, 3, &err);
    check_ok(count, &err);
    assert_int_equal(count, 1);
    assert_int_equal(infos[0].state, BATCH_CLOSED);
    assert_int_equal(infos[0].counts.sheets_rejected, 1);
    struct archive_counts all = room_count(room, (struct batch_id){0});
    assert_int_equal(all.accepted, 3);
    assert_int_equal(all.filed, 3);
    assert_int_equal(all.batches, 1);
}

/* Counts accepted pages through a reader in a process of its own, as readers are; LMDB does not
 * bear the same environment twice in one process. */
static int accepted_by_reader(const struct room *room)
{
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct archive_params params = room_params(room, false);
        struct archive *reader = NULL;
        struct archive_counts counts;
        bool read = archive_open(&params, &reader, NULL) == 0 &&
                    archive_count(reader, (struct batch_id){0}, &counts, NULL) == 0 &&
                    intake_recover(reader, NULL) == ERR_CONFLICT;
        archive_free(&reader);
        _exit(read ? (int)counts.accepted : 100);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void a_second_writer_is_refused_and_readers_are_not(void **state)
{
    struct room *room = *state;
    struct err err = {0};
    struct archive *second = NULL;
    struct archive_params params = room_params(room, true);
    check_refused(archive_open(&params, &second, &err), ERR_CONFLICT, &err);
    assert_non_null(strstr(err.text, "writer.lock"));
    struct batch_id batch = room_batch(room, 1, BOUNDARY_MARKED);
    assert_int_equal(accepted_by_reader(room), 0);
    room_feed(room, (struct page_id){batch.n, 1}, true);
    assert_int_equal(accepted_by_reader(room), 1);
    room_close(room);
    assert_int_equal(accepted_by_reader(room), 1);
}

static void set_layout(struct room *room, uint64_t layout)
{
    static const struct commit_points points = {"test.before_commit", "test.after_commit"};
    struct store_txn txn;
    struct err err = {0};
    check_ok(store_begin(room->archive->catalogue, &txn, &err), &err);
    check_ok(catalogue_set_number(&txn, "layout", layout, &err), &err);
    check_ok(store_commit(&txn, &points, &err), &err);
}

static void rows_of_another_layout_are_refused(void **state)
{
    struct room *room = *state;
    struct archive *archive = NULL;
    struct err err = {0};
    struct archive_params params = room_params(room, true);
    room_batch(room, 1, BOUNDARY_MARKED);
    set_layout(room, CATALOGUE_LAYOUT + 1);
    room_close(room);
    check_refused(archive_open(&params, &archive, &err), ERR_CONFLICT, &err);
    assert_non_null(strstr(err.text, "layout"));
}

static void a_full_disk_changes_nothing(void **state)
{
    struct room *room = *state;
    struct err err = {0};
    struct batch_id batch = room_batch(room, 1, BOUNDARY_MARKED);
    room_feed(room, (struct page_id){batch.n, 1}, true);
    room_decide_next(room, &letter);
    struct batch_end end = {1, 0, 1};
    check_ok(archive_batch_end(room->archive, batch, &end, &err), &err);
    room_close(room);
    struct archive_params params = room_params(room, true);
    params.reserve_bytes = UINT64_MAX / 4;
    check_ok(archive_open(&params, &room->archive, &err), &err);
    check_refused(filing_run(room->archive, 10, &err), ERR_FULL, &err);
    struct intake_page page = {.id = {batch.n, 2}, .image = bytes_of("x", 1)};
    int result;
    check_refused(intake_accept(room->archive, &page, 1, &result, &err), ERR_FULL, &err);
    struct archive_counts counts = room_count(room, batch);
    assert_int_equal(counts.accepted, 1);
    assert_int_equal(counts.waiting, 1);
    room_reopen(room);
    assert_int_equal(filing_run(room->archive, 10, &err), 1);
}

static void a_full_map_changes_nothing(void **state)
{
    struct room *room = *state;
    struct err err = {0};
    room_close(room);
    struct archive_params params = room_params(room, true);
    params.box_map_bytes = 1 << 20; /* intake: 16 MB */
    check_ok(archive_open(&params, &room->archive, &err), &err);
    struct batch_id batch = room_batch(room, 1, BOUNDARY_MARKED);
    struct buf image = {0};
    room_image((struct page_id){batch.n, 1}, 100000, &image);
    int rc = 0, result = 0;
    uint32_t accepted = 0;
    for (uint32_t number = 1; rc == 0 && number < 400; number++) {
        struct intake_page page = {.id = {batch.n, number},
                                   .image = buf_view(&image),
                                   .digest = digest_of(buf_view(&image))};
        rc = intake_accept(room->archive, &page, 1, &result, &err);
        accepted += rc == 0 && result == 0;
    }
    check_refused(rc, ERR_FULL, &err);
    buf_free(&image);
    struct archive_counts counts = room_count(room, batch);
    assert_int_equal(counts.accepted, accepted);
    assert_true(accepted > 100);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, room_set_up, room_tear_down)

static const struct CMUnitTest tests[] = {
    TEST(the_same_page_twice_is_one_page),
    TEST(another_image_under_the_same_number_is_refused),
    TEST(a_page_waits_for_the_one_before_it),
    TEST(a_filed_page_that_comes_again_is_known),
    TEST(the_same_batch_twice_is_one_batch),
    TEST(a_reject_is_noted_once_and_the_end_has_to_know_it),
    TEST(a_stale_answer_changes_nothing),
    TEST(three_failures_quarantine_a_page),
    TEST(lost_leases_cost_nothing),
    TEST(the_oldest_mail_goes_first),
    TEST(a_person_sees_cheques_and_sick_notes_first_then_the_oldest),
    TEST(a_person_decides_undoes_and_decides_again),
    TEST(an_undone_separator_joins_its_envelopes_again),
    TEST(a_batch_closes_only_when_its_equations_hold),
    TEST(a_second_writer_is_refused_and_readers_are_not),
    TEST(rows_of_another_layout_are_refused),
    TEST(a_full_disk_changes_nothing),
    TEST(a_full_map_changes_nothing),
};

int main(void)
{
    struct err err;
    if (seal_start(&err) < 0)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
