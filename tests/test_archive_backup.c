/*
 * Backup and restore: what is restored verifies, a backup made while filing goes on too, closed
 * boxes are copied once, destroyed ones leave the backup, what would harm is refused. A backup is
 * made in a process of its own, as LMDB wants it.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "archive/backup.h"
#include "archive/state.h"
#include "base/file.h"
#include "base/scope.h"
#include "base/seal.h"
#include "tests/archive_room.h"
#include "tests/check.h"

enum { PAGES = 5, HOT_BACKUPS = 5, CHILD_FAILED = 1, HOT_BATCHES = 200 };

static int setup(void **state)
{
    room_set_up(state);
    struct room *room = *state;
    room_file_letters(room, 1, PAGES);
    return 0;
}

static void below(const struct room *room, const char *name, char ret_path[ROOM_PATH_SIZE + 32])
{
    snprintf(ret_path, ROOM_PATH_SIZE + 32, "%s/%s", room->root, name);
}

/* Backs up `times` times, in a child. */
static pid_t start_backup(const struct room *room, int times)
{
    char folder[ROOM_PATH_SIZE + 32];
    below(room, "backup", folder);
    pid_t child = fork();
    if (child != 0)
        return child;
    struct err err = {0};
    struct backup_report report;
    int rc = 0;
    for (int i = 0; rc == 0 && i < times; i++)
        rc = backup_make(room->data, folder, &report, &err);
    if (rc < 0)
        fprintf(stderr, "backup: %s\n", err.text);
    _exit(rc < 0 ? CHILD_FAILED
                 : report.boxes_copied * 64 + report.boxes_kept * 16 + report.boxes_removed * 4);
}

static int wait_for(pid_t child)
{
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_not_equal(WEXITSTATUS(status), CHILD_FAILED);
    return WEXITSTATUS(status);
}

/* Restores, opens for writing as after a crash, verifies; returns how many pages there are. */
static uint64_t restore(struct room *room)
{
    struct room copy = *room;
    struct room_heard heard;
    struct err err = {0};
    char folder[ROOM_PATH_SIZE + 32];
    below(room, "backup", folder);
    snprintf(copy.data, sizeof copy.data, "%s/again", room->root);
    check_ok(backup_restore(folder, copy.data, room->keys, &err), &err);
    struct archive_params params = room_params(&copy, true);
    check_ok(archive_open(&params, &copy.archive, &err), &err);
    struct verify_report report = room_verify(&copy, &heard);
    archive_free(&copy.archive);
    if (heard.lines)
        fail_msg("%s", heard.first);
    return report.pages;
}

static void what_is_restored_verifies(void **state)
{
    struct room *room = *state;
    struct batch_id waiting = room_batch(room, 9, BOUNDARY_MARKED);
    room_feed(room, (struct page_id){waiting.n, 1}, true);
    wait_for(start_backup(room, 1));
    assert_int_equal(restore(room), PAGES);
}

/* The parent files as fast as it can until the child has made its backups. */
static void a_backup_made_while_filing_goes_on_is_whole(void **state)
{
    struct room *room = *state;
    int status;
    pid_t child = start_backup(room, HOT_BACKUPS);
    uint8_t mark = 2;
    while (waitpid(child, &status, WNOHANG) == 0)
        if (mark < HOT_BATCHES)
            room_file_letters(room, mark++, PAGES);
    assert_true(WIFEXITED(status));
    assert_int_not_equal(WEXITSTATUS(status), CHILD_FAILED);
    assert_true(restore(room) >= PAGES);
}

static void set_box_state(struct room *room, enum box_state box_state)
{
    static const struct commit_points points = {"test.before", "test.after"};
    struct err err = {0};
    struct store_txn txn;
    struct box_row row;
    check_ok(store_begin(room->archive->catalogue, &txn, &err), &err);
    assert_int_equal(catalogue_box(&txn, 1, &row, &err), 1);
    row.state = box_state;
    check_ok(catalogue_put_box(&txn, 1, &row, &err), &err);
    check_ok(store_commit(&txn, &points, &err), &err);
}

static void a_closed_box_is_copied_once_and_leaves_when_destroyed(void **state)
{
    struct room *room = *state;
    set_box_state(room, BOX_CLOSED);
    assert_int_equal(wait_for(start_backup(room, 1)), 64);
    assert_int_equal(wait_for(start_backup(room, 1)), 16);
    assert_int_equal(restore(room), PAGES);
    set_box_state(room, BOX_DESTROYED);
    assert_int_equal(wait_for(start_backup(room, 1)), 4);
    assert_int_equal(wait_for(start_backup(room, 1)), 0);
}

/* A backup that was cut short left a box in closed/: destroyed by then, or closed only later. */
static void a_restore_takes_only_boxes_that_its_catalogue_calls_closed(void **state)
{
    struct room *room = *state;
    struct err err = {0};
    struct box_row row;
    struct stat st;
    SCOPED(store_abort) struct store_txn txn = {0};
    char box[SERIES_TEXT_SIZE], path[2 * ROOM_PATH_SIZE + SERIES_TEXT_SIZE];
    check_ok(store_begin_read(room->archive->catalogue, &txn, &err), &err);
    assert_int_equal(catalogue_box(&txn, 1, &row, &err), 1);
    store_abort(&txn);
    wait_for(start_backup(room, 1));
    snprintf(path, sizeof path, "%s/backup/closed/%s", room->root, box_path(&row, box));
    check_ok(file_make_folders(path, 0700, &err), &err);
    snprintf(path, sizeof path, "%s/backup/closed/%s/data.mdb", room->root, box);
    check_ok(file_write(path, 0600, bytes_of("later", 5), &err), &err);
    assert_int_equal(restore(room), PAGES);
    snprintf(path, sizeof path, "%s/again", room->root);
    check_ok(file_remove_tree(path, &err), &err);
    set_box_state(room, BOX_DESTROYED);
    wait_for(start_backup(room, 1));
    snprintf(path, sizeof path, "%s/backup/closed/%s", room->root, box);
    check_ok(file_make_folders(path, 0700, &err), &err);
    snprintf(path, sizeof path, "%s/backup/closed/%s/data.mdb", room->root, box);
    check_ok(file_write(path, 0600, bytes_of("before", 6), &err), &err);
    snprintf(path, sizeof path, "%s/again", room->root);
    char folder[ROOM_PATH_SIZE + 32];
    below(room, "backup", folder);
    check_ok(backup_restore(folder, path, room->keys, &err), &err);
    snprintf(path, sizeof path, "%s/again/boxes/%s/data.mdb", room->root, box);
    assert_int_equal(stat(path, &st), -1);
}

static void what_would_harm_is_refused(void **state)
{
    struct room *room = *state;
    struct err err = {0};
    struct backup_report report;
    char folder[ROOM_PATH_SIZE + 32], inside[ROOM_PATH_SIZE + 32];
    below(room, "backup", folder);
    below(room, "data/backup", inside);
    assert_int_equal(backup_restore(folder, room->data, room->keys, &err), ERR_CONFLICT);
    below(room, "again", inside);
    assert_int_equal(backup_restore(folder, inside, room->keys, &err), ERR_NOT_FOUND);
    snprintf(inside, sizeof inside, "%s/backup", room->data);
    assert_int_equal(backup_make(room->data, inside, &report, &err), ERR_CONFLICT);
    assert_int_equal(backup_make(folder, folder, &report, &err), ERR_CONFLICT);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, room_tear_down)

int main(void)
{
    struct err err = {0};
    const struct CMUnitTest tests[] = {
        TEST(what_is_restored_verifies),
        TEST(a_backup_made_while_filing_goes_on_is_whole),
        TEST(a_closed_box_is_copied_once_and_leaves_when_destroyed),
        TEST(a_restore_takes_only_boxes_that_its_catalogue_calls_closed),
        TEST(what_would_harm_is_refused),
    };
    check_ok(seal_start(&err), &err);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
