/*
 * Changing tenant keys: everything opens with the new key and nothing with the old one, of which no
 * byte stays, nor of what it had wrapped; it is journaled; a change that was cut short is taken
 * back or finished at the next start.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "archive/journal.h"
#include "archive/keyslots.h"
#include "archive/rotate.h"
#include "archive/state.h"
#include "base/file.h"
#include "base/scope.h"
#include "base/seal.h"
#include "tests/archive_room.h"
#include "tests/check.h"

enum { KEY_AT = 28, KEY_FILE = 64, SLOTS = 16, PAGES = 3 };

static int set_up(void **state)
{
    room_set_up(state);
    struct room *room = *state;
    room_file_letters(room, 1, PAGES);
    const struct batch_id waiting = room_batch(room, 2, BOUNDARY_MARKED);
    assert_int_equal(room_feed(room, (struct page_id){waiting.n, 1}, true), 0);
    return 0;
}

/* ---- what lies where ---- */

static void path_in(const char *folder, const char *name, char ret_path[256])
{
    snprintf(ret_path, 256, "%s/%s", folder, name);
}

static void read_key(const struct room *room, const char *name, struct buf *ret_file)
{
    char path[256];
    struct err err = {0};
    path_in(room->keys, name, path);
    check_ok(file_read(path, KEY_FILE, ret_file, &err), &err);
}

struct wrappings {
    int count;
    struct slot at[SLOTS];
};

static int take_slot(void *to, const struct slot *slot)
{
    struct wrappings *wrappings = to;
    assert_true(wrappings->count < SLOTS);
    wrappings->at[wrappings->count++] = *slot;
    return 0;
}

static void read_wrappings(const struct room *room, struct wrappings *ret)
{
    static const char *const names[] = {"keys/061.admin.keys", "keys/intake.keys"};
    char path[256];
    struct err err = {0};
    ret->count = 0;
    for (int i = 0; i < 2; i++) {
        path_in(room->data, names[i], path);
        check_ok(keyslots_walk(path, take_slot, ret, &err), &err);
    }
    assert_true(ret->count >= 3); /* search, box, intake */
}

static void expect_all_there(struct room *room)
{
    struct room_heard heard = {0};
    struct buf image = {0};
    struct err err = {0};
    const struct verify_report report = room_verify(room, &heard);
    if (heard.lines)
        fail_msg("%s", heard.first);
    assert_int_equal(report.pages, PAGES);
    assert_int_equal(report.keys_missing, 0);
    check_ok(intake_image(room->archive, (struct page_id){2, 1}, &image, &err), &err);
    buf_free(&image);
}

static int page_of(struct archive *archive, struct err *err)
{
    struct found_document document;
    struct found_page page = {0};
    int rc = find_document(archive, (struct document_id){1, 1}, &document, err);
    if (rc == 0)
        rc = find_page(archive, &document, 0, &page, err);
    found_page_clear(&page);
    return rc;
}

static void rotate(struct room *room, int want)
{
    struct err err = {0};
    int changed = rotate_keys(room->archive, NULL, "martin", &err);
    check_ok(changed, &err);
    assert_int_equal(changed, want);
}

static bool is_journaled(struct room *room, const char *id)
{
    SCOPED(store_abort) struct store_txn txn = {0};
    struct err err = {0};
    uint64_t seq;
    check_ok(store_begin_read(room->archive->catalogue, &txn, &err), &err);
    return journal_find(&txn, "061", id, &seq, &err) == 1;
}

/* The waiting page into the box that is there, a cheque into a new one. */
static void file_more(struct room *room)
{
    static const struct room_verdict letter = {.tag = "letter"}, cheque = {.tag = "cheque"};
    const struct batch_spec spec = room_spec(3, BOUNDARY_MARKED);
    const struct batch_end end = {1, 0, 1};
    struct err err = {0};
    room_decide_next(room, &letter);
    check_ok(archive_batch_end(room->archive, (struct batch_id){2}, &end, &err), &err);
    assert_int_equal(filing_run(room->archive, 10, &err), 1);
    room_file(room, &spec, &cheque, 1);
}

/* ---- tests ---- */

static void all_opens_with_the_new_key_and_nothing_of_the_old_one_stays(void **state)
{
    struct room *room = *state;
    struct wrappings old, new;
    SCOPED(buf_free) struct buf admin = {0}, medical = {0};
    read_key(room, "061.admin.key", &admin);
    read_key(room, "061.medical.key", &medical);
    read_wrappings(room, &old);
    assert_true(room_holds(room->keys, bytes_of(admin.at + KEY_AT, 32)));
    rotate(room, 2);
    assert_false(room_holds(room->keys, bytes_of(admin.at + KEY_AT, 32)));
    assert_false(room_holds(room->keys, bytes_of(medical.at + KEY_AT, 32)));
    read_wrappings(room, &new);
    assert_int_equal(new.count, old.count);
    for (int i = 0; i < old.count; i++) {
        assert_int_equal(new.at[i].generation, 2);
        assert_int_equal(new.at[i].id, old.at[i].id);
        assert_false(room_holds(room->data, bytes_of(old.at[i].wrapped, WRAPPED_BYTES)));
    }
    expect_all_there(room);
    assert_true(is_journaled(room, "key_changed admin 2"));
    assert_true(is_journaled(room, "key_changed medical 2"));
    room_reopen(room);
    expect_all_there(room);
    file_more(room);
    rotate(room, 2);
    assert_true(is_journaled(room, "key_changed admin 3"));
    struct room_heard heard = {0};
    assert_int_equal(room_verify(room, &heard).pages, PAGES + 2);
    assert_int_equal(heard.lines, 0);
}

static void the_old_key_put_back_opens_nothing(void **state)
{
    struct room *room = *state;
    char path[256];
    struct err err = {0};
    SCOPED(buf_free) struct buf admin = {0};
    read_key(room, "061.admin.key", &admin);
    rotate(room, 2);
    path_in(room->keys, "061.admin.key", path);
    check_ok(file_write(path, 0400, buf_view(&admin), &err), &err);
    struct archive *reader = room_reader(room);
    assert_int_equal(page_of(reader, &err), ERR_DENIED);
    assert_non_null(strstr(err.text, "generation"));
    archive_free(&reader);
}

static void a_reader_that_has_the_old_key_goes_on(void **state)
{
    struct room *room = *state;
    struct err err = {0};
    struct archive *reader = room_reader(room);
    check_ok(page_of(reader, &err), &err);
    rotate(room, 2);
    check_ok(page_of(reader, &err), &err);
    archive_free(&reader);
}

static void what_the_key_does_not_open_keeps_the_old_one(void **state)
{
    struct room *room = *state;
    char path[256];
    struct err err = {0};
    SCOPED(buf_free) struct buf before = {0}, after = {0};
    struct stat st;
    uint32_t index;
    path_in(room->data, "keys/061.admin.keys", path);
    const struct slot alien = {SLOT_BOX, 1, 999, {7}};
    check_ok(keyslots_put(path, &alien, &index, &err), &err);
    read_key(room, "061.admin.key", &before);
    assert_int_equal(rotate_keys(room->archive, NULL, "martin", &err), ERR_INTEGRITY);
    assert_non_null(strstr(err.text, "key 999 does not open"));
    read_key(room, "061.admin.key", &after);
    assert_true(bytes_equal(buf_view(&before), buf_view(&after)));
    path_in(room->keys, "061.admin.key.next", path);
    assert_int_equal(stat(path, &st), -1);
    path_in(room->data, "keys/061.admin.keys.next", path);
    assert_int_equal(stat(path, &st), -1);
    struct err none = {0};
    check_ok(page_of(room->archive, &none), &none);
}

/* A new key that nothing was wrapped by yet, and rubbish of one, are taken back at the start. */
static void a_change_that_had_only_begun_is_taken_back(void **state)
{
    struct room *room = *state;
    char next[256], part[256];
    struct err err = {0};
    struct stat st;
    SCOPED(buf_free) struct buf key = {0};
    read_key(room, "061.admin.key", &key);
    key.at[23]++; /* its generation's last byte */
    path_in(room->keys, "061.admin.key.next", next);
    path_in(room->keys, "061.medical.key.next.part", part);
    check_ok(file_write(next, 0400, buf_view(&key), &err), &err);
    check_ok(file_write(part, 0400, bytes_of("half", 4), &err), &err);
    room_reopen(room);
    assert_int_equal(stat(next, &st), -1);
    assert_int_equal(stat(part, &st), -1);
    expect_all_there(room);
    assert_false(is_journaled(room, "key_changed admin 2"));
    rotate(room, 2);
    expect_all_there(room);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, room_tear_down)
        TEST(all_opens_with_the_new_key_and_nothing_of_the_old_one_stays),
        TEST(the_old_key_put_back_opens_nothing),
        TEST(a_reader_that_has_the_old_key_goes_on),
        TEST(what_the_key_does_not_open_keeps_the_old_one),
        TEST(a_change_that_had_only_begun_is_taken_back),
    };
    struct err err = {0};
    check_ok(seal_start(&err), &err);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
