/*
 * The rewrite of the catalogue after a destruction, while mail comes in, is decided, and more is
 * destroyed.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "archive/purge.h"

#include "archive/filing_record.h"
#include "archive/state.h"
#include "base/scope.h"
#include "base/seal.h"
#include "tests/check.h"
#include "tests/slip_room.h"

enum { BATCHES = 8, LETTERS = 10, TURNS_LEAST = 4 };

static const struct day long_ago = {2018, 2, 1};

static struct insured_hash known_hash(struct room *room)
{
    struct err err = {0};
    struct insured_hash hash;
    const struct key_owner owner = {"061", COMPARTMENT_ADMIN};
    check_ok(filing_insured_hash(room->archive->keys, &owner, "2550699999005", &hash, &err), &err);
    return hash;
}

/* Eight closed batches of one series whose day has come; slip 1 has the visa. */
static void prepare(struct room *room)
{
    struct err err = {0};
    for (uint8_t i = 1; i <= BATCHES; i++)
        slips_file_letters(room, i, long_ago, LETTERS);
    room->archive->rewrites_later = true;
    slips_draw(room, 1);
    slips_submit(room, 1);
    check_ok(slips_visa(room, 1, true, &err), &err);
}

static int turn(struct room *room)
{
    struct err err = {0};
    int rc = purge_turn(room->archive, &err);
    check_ok(rc, &err);
    return rc;
}

/* One page of a batch of its own, whose insured person is another. */
static void feed_one(struct room *room, struct batch_id batch, uint32_t page)
{
    static const struct room_verdict letter = {.tag = "letter", .insured = "1120699999001"};
    struct err err = {0};
    assert_int_equal(room_feed(room, (struct page_id){batch.n, page}, true), 0);
    room_decide_next(room, &letter);
    assert_int_equal(filing_run(room->archive, 100, &err), 0);
}

static void mail_comes_in_while_it_is_rewritten(void **state)
{
    struct room *room = *state;
    struct err err = {0};
    prepare(room);
    const struct insured_hash hash = known_hash(room);
    const struct bytes known = bytes_of(hash.at, sizeof hash.at);
    check_ok(slip_destroy(room->archive, 1, "martin", &err), &err);
    assert_true(room_holds(room->data, known)); /* in free bytes of the old file */
    assert_int_equal(turn(room), 1);
    struct batch_id batch = room_batch(room, 100, BOUNDARY_MARKED);
    uint32_t pages = 0;
    while (turn(room) == 1)
        feed_one(room, batch, ++pages);
    assert_true(pages >= TURNS_LEAST);
    const struct batch_end end = {pages, 0, pages};
    check_ok(archive_batch_end(room->archive, batch, &end, &err), &err);
    assert_int_equal(filing_run(room->archive, 100, &err), pages);
    check_ok(archive_batch_close(room->archive, batch, "martin", &err), &err);
    assert_false(room_holds(room->data, known));
    slips_expect_clean(room);
    room_reopen(room);
    assert_int_equal(room_count(room, batch).filed, pages);
    slips_expect_clean(room);
}

static void what_is_destroyed_meanwhile_is_rewritten_again(void **state)
{
    struct room *room = *state;
    struct err err = {0};
    prepare(room);
    const struct insured_hash hash = known_hash(room);
    SCOPED(store_abort) struct store_txn txn = {0};
    static const struct commit_points points = {"test.before", "test.after"};
    check_ok(store_begin(room->archive->catalogue, &txn, &err), &err);
    check_ok(purge_ask(&txn, &err), &err);
    check_ok(store_commit(&txn, &points, &err), &err);
    for (int i = 0; i < TURNS_LEAST; i++)
        assert_int_equal(turn(room), 1);
    check_ok(slip_destroy(room->archive, 1, "martin", &err), &err);
    while (room->archive->purge)
        turn(room);
    assert_int_equal(purge_is_due(room->archive, &err), 1);
    check_ok(purge_finish(room->archive, &err), &err);
    assert_int_equal(purge_is_due(room->archive, &err), 0);
    assert_false(room_holds(room->data, bytes_of(hash.at, sizeof hash.at)));
    slips_expect_clean(room);
}

static void cut_short_it_begins_anew(void **state)
{
    struct room *room = *state;
    struct err err = {0};
    prepare(room);
    const struct insured_hash hash = known_hash(room);
    check_ok(slip_destroy(room->archive, 1, "martin", &err), &err);
    for (int i = 0; i < TURNS_LEAST; i++)
        assert_int_equal(turn(room), 1);
    room_reopen(room); /* a writer that serves nobody rewrites at its start */
    assert_int_equal(purge_is_due(room->archive, &err), 0);
    assert_false(room_holds(room->data, bytes_of(hash.at, sizeof hash.at)));
    slips_expect_clean(room);
}

/* One that has the old files open sees the archive as it was. */
static void a_reader_goes_on_with_the_old_files(void **state)
{
    struct room *room = *state;
    struct err err = {0};
    struct found_document found;
    const struct document_id kept = {BATCHES + 1, 1};
    prepare(room);
    room_file_letters(room, 99, 1);
    struct archive *reader = room_reader(room);
    check_ok(slip_destroy(room->archive, 1, "martin", &err), &err);
    check_ok(purge_finish(room->archive, &err), &err);
    check_ok(find_document(reader, kept, &found, &err), &err);
    archive_free(&reader);
    reader = room_reader(room);
    check_ok(find_document(reader, kept, &found, &err), &err);
    archive_free(&reader);
}

static void more_changes_than_are_noted_are_told(void **state)
{
    struct room *room = *state;
    struct err err = {0};
    struct store *store = room->archive->catalogue;
    SCOPED(store_abort) struct store_txn txn = {0};
    size_t count;
    check_ok(store_watch(store, 3, &err), &err);
    check_ok(store_begin(store, &txn, &err), &err);
    for (int i = 0; i < 3; i++)
        check_ok(purge_ask(&txn, &err), &err);
    store_changes(store, &count);
    assert_int_equal(count, 3);
    assert_false(store_changes_lost(store));
    check_ok(purge_ask(&txn, &err), &err);
    assert_true(store_changes_lost(store));
    store_unwatch(store);
}

int main(void)
{
    struct err err;
    if (seal_start(&err) < 0)
        return 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(mail_comes_in_while_it_is_rewritten, room_set_up,
                                        room_tear_down),
        cmocka_unit_test_setup_teardown(what_is_destroyed_meanwhile_is_rewritten_again, room_set_up,
                                        room_tear_down),
        cmocka_unit_test_setup_teardown(cut_short_it_begins_anew, room_set_up, room_tear_down),
        cmocka_unit_test_setup_teardown(a_reader_goes_on_with_the_old_files, room_set_up,
                                        room_tear_down),
        cmocka_unit_test_setup_teardown(more_changes_than_are_noted_are_told, room_set_up,
                                        room_tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
