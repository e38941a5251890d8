/*
 * The access journal: what is noted is there, in order, chained; a look that cannot be noted is
 * refused; pruning follows its rule and says so; whatever is changed, cut or removed is named.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "archive/access.h"
#include "archive/backup.h"
#include "archive/day_seal.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/scope.h"
#include "base/seal.h"
#include "tests/archive_room.h"
#include "tests/check.h"

static const int64_t day_ms = INT64_C(24) * 3600 * 1000;
enum { FILE_LIMIT = 1 << 20, LOOKERS = 4, LOOKS = 25 };

/* ---- what is in it ---- */

static int note_at(struct archive *archive, int64_t at_ms, uint32_t page, struct err *err)
{
    const struct access_by by = {"jeanne", "show", at_ms};
    const struct access_to thing = {ACCESS_DOCUMENT, "061", 12, page};
    return access_note(archive, &by, &thing, 1, err);
}

static void note(struct room *room, int64_t at_ms, uint32_t page)
{
    struct err err = {0};
    check_ok(note_at(room->archive, at_ms, page, &err), &err);
}

static int append_line(void *to, const struct access_line *line)
{
    struct buf *text = to;
    assert_int_equal(buf_append(text, line->record), 0);
    return buf_append(text, bytes_of("\n", 1));
}

/* All records, a line each; NUL-terminated. */
static void read_records(struct room *room, struct buf *ret_text)
{
    struct err err = {0};
    check_ok(access_each(room->archive, append_line, ret_text, &err), &err);
    assert_int_equal(buf_append(ret_text, bytes_of("", 1)), 0);
}

static int count_line(void *to, const struct access_line *line)
{
    int *count = to;
    *count += line->record.len > 0;
    return 0;
}

static int count_records(const struct archive *archive)
{
    struct err err = {0};
    int count = 0;
    check_ok(access_each(archive, count_line, &count, &err), &err);
    return count;
}

static void path_of(const struct room *room, int64_t at_ms, char ret_path[256])
{
    char month[MONTH_TEXT_SIZE];
    snprintf(ret_path, 256, "%s/access/%s.log", room->data,
             day_format_month(day_of_ms(at_ms), month));
}

static void read_file(const char *path, struct buf *ret_text)
{
    struct err err = {0};
    check_ok(file_read(path, FILE_LIMIT, ret_text, &err), &err);
}

static void write_file(const char *path, struct bytes text)
{
    struct err err = {0};
    check_ok(file_write(path, 0640, text, &err), &err);
}

static void what_was_looked_at_is_noted_in_order_and_with_nothing_else(void **state)
{
    struct room *room = *state;
    struct err err = {0};
    SCOPED(buf_free) struct buf text = {0};
    const int64_t at = INT64_C(1795000000123);
    const struct access_by by = {"jeanne", "export", at};
    const struct access_to things[] = {{ACCESS_DOCUMENT, "061", 12, 340},
                                       {ACCESS_PAGE, "", 12, 341},
                                       {ACCESS_SEARCH, "041", 0, 0}};
    check_ok(access_note(room->archive, &by, things, 3, &err), &err);
    read_records(room, &text);
    assert_string_equal(
        (char *)text.at,
        "{\"seq\":1,\"at\":\"2026-11-18T11:06:40.123Z\",\"user\":\"jeanne\",\"verb\":\"export\","
        "\"tenant\":\"061\",\"document\":\"12-340\"}\n"
        "{\"seq\":2,\"at\":\"2026-11-18T11:06:40.123Z\",\"user\":\"jeanne\",\"verb\":\"export\","
        "\"page\":\"12-341\"}\n"
        "{\"seq\":3,\"at\":\"2026-11-18T11:06:40.123Z\",\"user\":\"jeanne\",\"verb\":\"export\","
        "\"tenant\":\"041\",\"by\":\"insured\"}\n");
    struct room_heard heard = {0};
    assert_int_equal(room_verify(room, &heard).access_records, 3);
    assert_int_equal(heard.lines, 0);
}

static void many_who_look_at_once_are_all_noted(void **state)
{
    struct room *room = *state;
    struct archive *reader = room_reader(room);
    for (int who = 0; who < LOOKERS; who++)
        if (fork() == 0) {
            struct err err = {0};
            int rc = 0;
            for (uint32_t i = 0; rc == 0 && i < LOOKS; i++)
                rc = note_at(reader, clock_wall_ms(), i + 1, &err);
            _exit(rc < 0);
        }
    int status, failed = 0;
    while (wait(&status) > 0)
        failed += status != 0;
    assert_int_equal(failed, 0);
    assert_int_equal(count_records(room->archive), LOOKERS * LOOKS);
    archive_free(&reader);
    struct room_heard heard = {0};
    room_verify(room, &heard);
    assert_int_equal(heard.lines, 0);
}

static void a_clock_that_goes_back_does_not_break_the_order(void **state)
{
    struct room *room = *state;
    const int64_t now = clock_wall_ms();
    note(room, now, 1);
    note(room, now - 70 * day_ms, 2);
    note(room, now, 3);
    struct room_heard heard = {0};
    assert_int_equal(room_verify(room, &heard).access_records, 3);
    assert_int_equal(heard.lines, 0);
}

/* ---- what was not finished, what cannot be written ---- */

static void an_unfinished_line_is_passed_over_and_cut_off(void **state)
{
    struct room *room = *state;
    char path[256];
    const int64_t now = clock_wall_ms();
    SCOPED(buf_free) struct buf text = {0};
    note(room, now, 1);
    note(room, now, 2);
    path_of(room, now, path);
    read_file(path, &text);
    write_file(path, bytes_of(text.at, text.len - 7));
    assert_int_equal(count_records(room->archive), 1);
    note(room, now, 3);
    assert_int_equal(count_records(room->archive), 2);
    struct room_heard heard = {0};
    room_verify(room, &heard);
    assert_int_equal(heard.lines, 0);
}

static void a_look_that_cannot_be_noted_is_refused(void **state)
{
    struct room *room = *state;
    char path[256];
    struct err err = {0};
    const int64_t now = clock_wall_ms();
    note(room, now, 1);
    path_of(room, now, path);
    write_file(path, bytes_of("what stands here is no record\n", 30));
    assert_int_equal(note_at(room->archive, now, 2, &err), ERR_INTEGRITY);
    assert_non_null(strstr(err.text, "nothing is shown"));
    assert_non_null(strstr(err.text, "its last line is no record"));
    room_expect_named(room, "is no record");
}

static void a_folder_that_cannot_be_written_refuses_the_look(void **state)
{
    struct room *room = *state;
    char path[256];
    struct err err = {0};
    snprintf(path, sizeof path, "%s/access", room->data);
    write_file(path, bytes_of("in the way", 10));
    assert_true(note_at(room->archive, clock_wall_ms(), 1, &err) < 0);
    assert_non_null(strstr(err.text, "nothing is shown"));
    assert_int_equal(unlink(path), 0);
}

/* ---- pruning ---- */

static void months_go_by_their_rule_and_the_journal_says_so(void **state)
{
    struct room *room = *state;
    struct err err = {0};
    SCOPED(buf_free) struct buf text = {0};
    struct day day;
    assert_int_equal(day_parse("2025-10-15", &day), 0);
    const int64_t october = INT64_C(1760520000000); /* 2025-10-15 */
    assert_int_equal(day_compare(day_of_ms(october), day), 0);
    note(room, october, 1);
    note(room, october + 31 * day_ms, 2); /* November 2025 */
    note(room, october + 62 * day_ms, 3); /* December 2025 */
    /* Twelve whole months after the month itself: October 2025 goes on 1 November 2026. */
    assert_int_equal(access_prune(room->archive, october + 381 * day_ms, &err), 0); /* 31 October */
    assert_int_equal(access_prune(room->archive, october + 382 * day_ms, &err), 1);
    read_records(room, &text);
    assert_non_null(strstr((char *)text.at, "\"event\":\"pruned\",\"month\":\"2025-10\","
                                            "\"through\":1,"));
    assert_null(strstr((char *)text.at, "12-1\""));
    assert_non_null(strstr((char *)text.at, "12-2\""));
    struct room_heard heard = {0};
    room_verify(room, &heard);
    assert_int_equal(heard.lines, 0);
    /* Years without a look: all goes but what says that it went. */
    assert_int_equal(access_prune(room->archive, october + 2000 * day_ms, &err), 3);
    assert_int_equal(room_verify(room, &heard).access_records, 3);
    assert_int_equal(heard.lines, 0);
}

static void a_reader_does_not_prune(void **state)
{
    struct room *room = *state;
    struct err err = {0};
    struct archive *reader = room_reader(room);
    note(room, INT64_C(1760520000000), 1);
    assert_int_equal(access_prune(reader, clock_wall_ms(), &err), ERR_CONFLICT);
    assert_int_equal(count_records(reader), 1);
    archive_free(&reader);
}

/* ---- nothing is lost silently ---- */

static void a_month_that_was_removed_by_hand_is_named(void **state)
{
    struct room *room = *state;
    char path[256];
    const int64_t october = INT64_C(1760520000000);
    note(room, october, 1);
    note(room, october + 31 * day_ms, 2);
    path_of(room, october, path);
    assert_int_equal(unlink(path), 0);
    room_expect_named(room, "it begins with record 2, and no pruning");
}

static void a_record_that_was_changed_or_taken_out_is_named(void **state)
{
    struct room *room = *state;
    char path[256];
    const int64_t now = clock_wall_ms();
    SCOPED(buf_free) struct buf text = {0}, other = {0};
    for (uint32_t i = 1; i <= 3; i++)
        note(room, now, i);
    path_of(room, now, path);
    read_file(path, &text);
    char *second = memmem(text.at, text.len, "12-2\"", 5);
    assert_non_null(second);
    second[3] = '9';
    write_file(path, buf_view(&text));
    room_expect_named(room, "access journal: record 2, line 2");
    second[3] = '2';
    size_t line = text.len / 3; /* the three have the same length */
    assert_int_equal(buf_append(&other, bytes_of(text.at, line)), 0);
    assert_int_equal(buf_append(&other, bytes_of(text.at + 2 * line, line)), 0);
    write_file(path, buf_view(&other));
    room_expect_named(room, "access journal: record 3, line 2");
}

static void a_tail_that_was_sealed_is_missed(void **state)
{
    struct room *room = *state;
    char path[256];
    struct err err = {0};
    const int64_t now = clock_wall_ms();
    SCOPED(buf_free) struct buf text = {0};
    room_file_letters(room, 1, 1);
    note(room, now, 1);
    note(room, now, 2);
    assert_int_equal(day_seal_make(room->archive, &err), 1);
    path_of(room, now, path);
    read_file(path, &text);
    write_file(path, bytes_of(text.at, text.len / 2));
    room_expect_named(room, "it ends with record 1, record 2 was sealed");
    note(room, now, 3); /* another record 2, rightly chained */
    room_expect_named(room, "record 2 is not the one that was sealed");
    write_file(path, buf_view(&text));
    struct room_heard heard = {0};
    room_verify(room, &heard);
    assert_int_equal(heard.lines, 0);
}

static void a_backup_takes_the_journal_along(void **state)
{
    struct room *room = *state;
    struct err err = {0};
    struct backup_report report;
    char folder[ROOM_PATH_SIZE + 16], again[ROOM_PATH_SIZE + 16], old[ROOM_PATH_SIZE + 16];
    room_file_letters(room, 1, 1);
    note(room, clock_wall_ms(), 1);
    assert_int_equal(day_seal_make(room->archive, &err), 1);
    room_close(room);
    snprintf(folder, sizeof folder, "%s/backup", room->root);
    snprintf(again, sizeof again, "%s/again", room->root);
    snprintf(old, sizeof old, "%s/old", room->root);
    check_ok(backup_make(room->data, folder, &report, &err), &err);
    check_ok(backup_restore(folder, again, room->keys, &err), &err);
    assert_int_equal(rename(room->data, old), 0);
    assert_int_equal(rename(again, room->data), 0);
    room_reopen(room);
    struct room_heard heard = {0};
    assert_int_equal(room_verify(room, &heard).access_records, 1);
    assert_int_equal(heard.lines, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, room_set_up, room_tear_down)
        TEST(what_was_looked_at_is_noted_in_order_and_with_nothing_else),
        TEST(many_who_look_at_once_are_all_noted),
        TEST(a_clock_that_goes_back_does_not_break_the_order),
        TEST(an_unfinished_line_is_passed_over_and_cut_off),
        TEST(a_look_that_cannot_be_noted_is_refused),
        TEST(a_folder_that_cannot_be_written_refuses_the_look),
        TEST(months_go_by_their_rule_and_the_journal_says_so),
        TEST(a_reader_does_not_prune),
        TEST(a_month_that_was_removed_by_hand_is_named),
        TEST(a_record_that_was_changed_or_taken_out_is_named),
        TEST(a_tail_that_was_sealed_is_missed),
        TEST(a_backup_takes_the_journal_along),
    };
    struct err err = {0};
    check_ok(seal_start(&err), &err);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
