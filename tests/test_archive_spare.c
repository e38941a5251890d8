/*
 * What leaves a box before it is destroyed, copies that go with it, what an older backup would
 * bring back, and the rewrite of the catalogue afterwards.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "archive/backup.h"
#include "archive/filing_record.h"
#include "archive/hold.h"
#include "archive/move.h"
#include "archive/state.h"
#include "archive/tombs.h"
#include "base/file.h"
#include "base/scope.h"
#include "base/seal.h"
#include "tests/check.h"
#include "tests/slip_room.h"

static uint32_t documents_on(struct room *room, uint32_t slip)
{
    struct err err = {0};
    struct slip_line_row line;
    check_ok(slip_line(room->archive, slip, 1, &line, &err), &err);
    return line.extent.documents;
}

static void a_held_document_leaves_the_box_and_the_rest_is_destroyed(void **state)
{
    (void)state;
    struct room room;
    room_open(&room);
    slips_file_letters(&room, 1, (struct day){2018, 2, 1}, 4);
    slips_hold_first(&room, 1);
    slips_draw(&room, 1);
    assert_int_equal(documents_on(&room, 1), 3);
    slips_grant_and_destroy(&room, 1);
    assert_true(slips_is_there(&room, (struct document_id){1, 1}));
    for (uint32_t page = 2; page <= 4; page++)
        assert_false(slips_is_there(&room, (struct document_id){1, page}));
    slips_expect_clean(&room);
    slips_lift(&room); /* then it may go, too */
    slips_draw(&room, 2);
    slips_grant_and_destroy(&room, 2);
    assert_false(slips_is_there(&room, (struct document_id){1, 1}));
    slips_expect_clean(&room);
    room_remove(&room);
}

static void what_is_held_later_leaves_a_slip_that_is_revised(void **state)
{
    (void)state;
    struct room room;
    struct err err = {0};
    room_open(&room);
    slips_file_letters(&room, 1, (struct day){2018, 2, 1}, 3);
    slips_draw(&room, 1);
    slips_submit(&room, 1);
    check_ok(slips_visa(&room, 1, true, &err), &err);
    slips_hold_on(&room, "later", (struct document_id){1, 3});
    assert_int_equal(slip_destroy(room.archive, 1, "martin", &err), ERR_CONFLICT);
    check_ok(slip_revise(room.archive, 1, "martin", &err), &err);
    assert_int_equal(documents_on(&room, 1), 2);
    check_ok(slip_revise(room.archive, 1, "martin", &err), &err); /* nothing more leaves */
    check_ok(slip_destroy(room.archive, 1, "martin", &err), &err);
    assert_true(slips_is_there(&room, (struct document_id){1, 3}));
    assert_false(slips_is_there(&room, (struct document_id){1, 1}));
    slips_expect_clean(&room);
    assert_int_equal(slip_revise(room.archive, 1, "martin", &err), ERR_CONFLICT);
    room_remove(&room);
}

static uint32_t box_of(struct room *room, struct document_id id)
{
    struct err err = {0};
    SCOPED(store_abort) struct store_txn txn = {0};
    struct document_row row;
    check_ok(store_begin_read(room->archive->catalogue, &txn, &err), &err);
    assert_int_equal(catalogue_document(&txn, id, &row, &err), 1);
    return row.box;
}

static bool is_destroyed(struct room *room, uint32_t box)
{
    struct err err = {0};
    SCOPED(store_abort) struct store_txn txn = {0};
    struct box_row row;
    check_ok(store_begin_read(room->archive->catalogue, &txn, &err), &err);
    assert_int_equal(catalogue_box(&txn, box, &row, &err), 1);
    return row.state == BOX_DESTROYED;
}

static void move_all(struct room *room, struct document_id id)
{
    static const struct move_cause cause = {"moved_out", "martin", "for the test"};
    struct err err = {0};
    const struct move_list list = {box_of(room, id), &id, 1};
    check_ok(move_out(room->archive, &list, &cause, &err), &err);
}

static void a_box_that_everything_left_is_destroyed_without_a_visa(void **state)
{
    (void)state;
    struct room room;
    room_open(&room);
    slips_file_letters(&room, 1, (struct day){2026, 2, 1}, 1);
    const struct document_id id = {1, 1};
    uint32_t first = box_of(&room, id);
    move_all(&room, id);
    room_reopen(&room);
    assert_true(is_destroyed(&room, first));
    assert_true(slips_is_there(&room, id));
    slips_expect_clean(&room);
    room_remove(&room);
}

/* A document's copy in the box that it left goes with it; what else lies there stays. */
static void no_copy_of_what_is_destroyed_stays_in_another_box(void **state)
{
    (void)state;
    struct room room;
    struct err err = {0};
    struct move move = {.id = {1, 1}};
    static const struct move_cause cause = {"tag_corrected", "martin", "for the test"};
    room_open(&room);
    slips_file_letters(&room, 1, (struct day){2018, 2, 1}, 2);
    uint32_t first = box_of(&room, move.id);
    SCOPED(store_abort) struct store_txn txn = {0};
    check_ok(store_begin_read(room.archive->catalogue, &txn, &err), &err);
    assert_int_equal(catalogue_document(&txn, move.id, &move.row, &err), 1);
    store_abort(&txn);
    move.row.expiry = (struct day){2019, 7, 1}; /* another series, which goes before the first */
    check_ok(move_documents(room.archive, &move, 1, &cause, &err), &err);
    const struct day month = {2019, 7, 1};
    const struct slip_query query = {.tenant = "061", .first = month, .last = month};
    uint32_t slip;
    check_ok(slip_draw(room.archive, &query, "martin", &slip, &err), &err);
    slips_grant_and_destroy(&room, slip);
    assert_true(is_destroyed(&room, first));
    assert_false(slips_is_there(&room, move.id));
    assert_true(slips_is_there(&room, (struct document_id){1, 2}));
    slips_expect_clean(&room);
    room_remove(&room);
}

/* ---- a restore of an older backup ---- */

static void back_up(const struct room *room, const char *folder)
{
    struct err err = {0};
    struct backup_report report;
    int status;
    pid_t child = fork(); /* LMDB: not in a process that has it open */
    if (child == 0)
        _exit(backup_make(room->data, folder, &report, &err) < 0);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

static void restore_over(struct room *room, const char *folder)
{
    struct err err = {0};
    struct archive_params params = room_params(room, true);
    room_close(room);
    check_ok(file_remove_tree(room->data, &err), &err);
    check_ok(backup_restore(folder, room->data, room->keys, &err), &err);
    check_ok(archive_open(&params, &room->archive, &err), &err);
}

static void what_was_destroyed_does_not_come_back_from_an_older_backup(void **state)
{
    (void)state;
    struct room room;
    struct err err = {0};
    char folder[ROOM_PATH_SIZE + 32];
    room_open(&room);
    snprintf(folder, sizeof folder, "%s/older", room.root);
    slips_file_letters(&room, 1, (struct day){2018, 2, 1}, 3);
    slips_file_letters(&room, 2, (struct day){2026, 2, 1}, 1);
    back_up(&room, folder);
    slips_hold_first(&room, 1); /* 1-1 moves to another box, which the backup does not know */
    slips_draw(&room, 1);
    slips_grant_and_destroy(&room, 1);
    for (int i = 0; i < 2; i++) { /* the second time, the list was read before */
        restore_over(&room, folder);
        assert_true(slips_is_there(&room, (struct document_id){1, 1}));
        assert_false(slips_is_there(&room, (struct document_id){1, 2}));
        assert_false(slips_is_there(&room, (struct document_id){1, 3}));
        assert_true(slips_is_there(&room, (struct document_id){2, 1}));
        slips_expect_clean(&room);
        room_reopen(&room);
        slips_expect_clean(&room);
    }
    struct slip_row none;
    assert_int_equal(slip_show(room.archive, 1, &none, &err), ERR_NOT_FOUND);
    room_remove(&room);
}

static void a_list_of_another_archive_destroys_nothing(void **state)
{
    (void)state;
    struct room room;
    struct err err = {0};
    struct archive_params params;
    room_open(&room);
    slips_file_letters(&room, 1, (struct day){2018, 2, 1}, 2);
    slips_draw(&room, 1);
    slips_grant_and_destroy(&room, 1);
    room_close(&room);
    check_ok(file_remove_tree(room.data, &err), &err);
    params = room_params(&room, true); /* the same keys and list, an archive from its beginning */
    check_ok(archive_open(&params, &room.archive, &err), &err);
    slips_file_letters(&room, 1, (struct day){2018, 2, 1}, 2);
    room_reopen(&room);
    assert_true(slips_is_there(&room, (struct document_id){1, 1}));
    slips_expect_clean(&room);
    room_remove(&room);
}

/* Half a record, as a crash leaves it, counts for nothing, and the next one counts. */
static void a_record_that_was_cut_short_destroys_nothing(void **state)
{
    (void)state;
    struct room room;
    struct err err = {0};
    struct slip_step step = {{1, 1}, "box_destroyed", "martin", "AD06-17", 1, NULL};
    SCOPED(tomb_free) struct tomb_record record = {0};
    SCOPED(store_abort) struct store_txn txn = {0};
    room_open(&room);
    slips_file_letters(&room, 1, (struct day){2018, 2, 1}, 2);
    check_ok(store_begin_read(room.archive->catalogue, &txn, &err), &err);
    check_ok(tomb_begin(&record, &step, &err), &err);
    check_ok(tomb_add(&record, &txn, (struct document_id){1, 2}, &err), &err);
    store_abort(&txn);
    struct bytes whole = buf_view(&record.text);
    check_ok(tombs_append(room.archive, bytes_of(whole.at, whole.len - 1), &err), &err);
    room_reopen(&room);
    assert_true(slips_is_there(&room, (struct document_id){1, 2}));
    check_ok(tomb_end(&record, &err), &err);
    check_ok(tombs_append(room.archive, buf_view(&record.text), &err), &err);
    room_reopen(&room);
    assert_false(slips_is_there(&room, (struct document_id){1, 2}));
    assert_true(slips_is_there(&room, (struct document_id){1, 1}));
    slips_expect_clean(&room);
    room_remove(&room);
}

/* ---- the rewrite ---- */

static void a_lifted_hold_leaves_no_hash_of_the_number_behind(void **state)
{
    (void)state;
    struct room room;
    struct err err = {0};
    struct insured_hash hash;
    const struct key_owner owner = {"061", COMPARTMENT_ADMIN};
    const struct hold_spec spec = {.name = "person",
                                   .actor = "martin",
                                   .reason = "contentieux",
                                   .owner = "service juridique",
                                   .scope = HOLD_INSURED,
                                   .tenant = "061",
                                   .insured = "2690549588157"};
    room_open(&room);
    slips_file_letters(&room, 1, (struct day){2026, 2, 1}, 1);
    check_ok(hold_set(room.archive, &spec, &err), &err);
    check_ok(filing_insured_hash(room.archive->keys, &owner, spec.insured, &hash, &err), &err);
    struct bytes known = bytes_of(hash.at, sizeof hash.at);
    assert_true(room_holds(room.data, known));
    check_ok(hold_lift(room.archive, "person", "martin", &err), &err);
    room_reopen(&room);
    assert_false(room_holds(room.data, known));
    slips_expect_clean(&room);
    room_remove(&room);
}

/* In a process of its own, as readers are; it tells over the pipes when it looked. */
static int read_on(const struct room *room, int go, int done)
{
    struct archive *reader = room_reader(room);
    struct found_document some[10];
    const struct find_query query = {.tenant = "061", .most = 10};
    struct err err = {0};
    char byte = (char)find_documents(reader, &query, some, &err);
    if (write(done, &byte, 1) != 1 || read(go, &byte, 1) != 1)
        return 1;
    byte = (char)find_documents(reader, &query, some, &err);
    archive_free(&reader);
    return write(done, &byte, 1) != 1;
}

static void a_reader_goes_on_while_the_catalogue_is_rewritten(void **state)
{
    (void)state;
    struct room room;
    int go[2], done[2], status;
    char seen = 0;
    room_open(&room);
    slips_file_letters(&room, 1, (struct day){2018, 2, 1}, 3);
    slips_file_letters(&room, 2, (struct day){2026, 2, 1}, 1);
    assert_int_equal(pipe(go), 0);
    assert_int_equal(pipe(done), 0);
    room_close(&room);
    pid_t child = fork();
    if (child == 0)
        _exit(read_on(&room, go[0], done[1]));
    assert_int_equal(read(done[0], &seen, 1), 1);
    assert_int_equal(seen, 4);
    struct err err = {0};
    struct archive_params params = room_params(&room, true);
    check_ok(archive_open(&params, &room.archive, &err), &err);
    slips_draw(&room, 1);
    slips_grant_and_destroy(&room, 1);
    slips_file_letters(&room, 3, (struct day){2026, 2, 1}, 5);
    assert_int_equal(write(go[1], "", 1), 1);
    assert_int_equal(read(done[0], &seen, 1), 1);
    assert_true(seen == 4 || seen == 1); /* the archive as it was at some moment */
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    struct archive *reader = room_reader(&room);
    assert_non_null(reader);
    archive_free(&reader);
    slips_expect_clean(&room);
    room_remove(&room);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_held_document_leaves_the_box_and_the_rest_is_destroyed),
        cmocka_unit_test(what_is_held_later_leaves_a_slip_that_is_revised),
        cmocka_unit_test(a_box_that_everything_left_is_destroyed_without_a_visa),
        cmocka_unit_test(no_copy_of_what_is_destroyed_stays_in_another_box),
        cmocka_unit_test(what_was_destroyed_does_not_come_back_from_an_older_backup),
        cmocka_unit_test(a_list_of_another_archive_destroys_nothing),
        cmocka_unit_test(a_record_that_was_cut_short_destroys_nothing),
        cmocka_unit_test(a_lifted_hold_leaves_no_hash_of_the_number_behind),
        cmocka_unit_test(a_reader_goes_on_while_the_catalogue_is_rewritten),
    };
    struct err err = {0};
    check_ok(seal_start(&err), &err);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
