/*
 * Refused tries: counted without losing one, bounded however many come, handed over one file at a
 * time, noted once in the access journal whatever is killed; bytes that were not written so are set
 * aside.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "partners/tries.h"

#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "archive/access.h"
#include "base/clock.h"
#include "base/day.h"
#include "base/file.h"
#include "base/scope.h"
#include "base/seal.h"
#include "tests/archive_room.h"
#include "tests/check.h"
#include "workers/handover_tries.h"

static const int64_t start_ms = INT64_C(1795000000000);
#define KEY "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7"

/* ---- a folder of the door beside an archive ---- */

static struct tries tries, again;
static struct tries_counter counter;

static const char *root_of(const struct room *room)
{
    static char root[ROOM_PATH_SIZE + 32];
    snprintf(root, sizeof root, "%s/partners", room->data);
    return root;
}

static void path_of(const struct room *room, const char *name, char ret_path[256])
{
    snprintf(ret_path, 256, "%s/tries/%s", root_of(room), name);
}

static bool is_there(const struct room *room, const char *name)
{
    char path[256];
    path_of(room, name, path);
    return access(path, F_OK) == 0;
}

static void open_counter(const struct room *room)
{
    struct err err = {0};
    check_ok(tries_open(root_of(room), &counter, &err), &err);
}

static struct tried tried_of(const char *tenant, const char *kind, const char *code)
{
    struct tried tried = {.count = 1};
    snprintf(tried.tenant, sizeof tried.tenant, "%s", tenant);
    snprintf(tried.key, sizeof tried.key, "%s", KEY);
    snprintf(tried.kind, sizeof tried.kind, "%s", kind);
    snprintf(tried.code, sizeof tried.code, "%s", code);
    return tried;
}

static void count(const char *kind, int64_t at_ms)
{
    const struct tried tried = tried_of("041", kind, "denied");
    tries_count(&counter, &tried, at_ms);
}

static void keep(int64_t at_ms)
{
    struct err err = {0};
    check_ok(tries_keep(&counter, at_ms, false, &err), &err);
}

static int note(struct room *room, bool knows)
{
    struct err err = {0};
    struct tries_noter noter = {.knows = knows};
    return tries_noter_note(&noter, room->archive, root_of(room), &err);
}

/* What the access journal has: records of refused tries, and the sum of their counts. */
struct noted {
    int records;
    long long count;
};

static int add_line(void *to, const struct access_line *line)
{
    static const char what[] = "\"count\":";
    struct noted *noted = to;
    const char *at = memmem(line->record.at, line->record.len, what, sizeof what - 1);
    noted->records += at != NULL;
    noted->count += at ? atoll(at + sizeof what - 1) : 0;
    return 0;
}

static void expect_noted(struct room *room, int records, long long sum)
{
    struct err err = {0};
    struct noted noted = {0};
    struct room_heard heard = {0};
    check_ok(access_each(room->archive, add_line, &noted, &err), &err);
    assert_int_equal(noted.records, records);
    assert_int_equal(noted.count, sum);
    room_verify(room, &heard);
    assert_int_equal(heard.lines, 0);
}

/* ---- counting ---- */

static void alike_tries_are_one_row_and_what_is_written_is_read_the_same(void **state)
{
    (void)state;
    struct err err = {0};
    SCOPED(buf_free) struct buf text = {0};
    const struct tried rows[] = {tried_of("041", "submit", "denied"),
                                 tried_of("", "part", "denied"),
                                 {.kind = "any", .code = "any", .count = 7}};
    tries.count = 0;
    for (int64_t i = 0; i < 6; i++)
        tries_add(&tries, &rows[i % 3], start_ms + i);
    check_ok(tries_write(&tries, &text, &err), &err);
    assert_int_equal(buf_append(&text, bytes_of("", 1)), 0);
    assert_string_equal((char *)text.at,
                        "tripli_tries 1 1795000000000 1795000000005 3\n"
                        "041 rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7 submit denied 2\n"
                        "- rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7 part denied 2\n"
                        "- - any any 14\n");
    check_ok(tries_read(bytes_of(text.at, text.len - 1), &again, &err), &err);
    assert_int_equal(again.count, 3);
    assert_int_equal(again.at[2].count, 14);
}

static uint64_t sum_of(const struct tries *of)
{
    uint64_t sum = 0;
    for (int i = 0; i < of->count; i++)
        sum += of->at[i].count;
    return sum;
}

static void a_flood_of_made_up_keys_is_counted_in_bounded_room(void **state)
{
    (void)state;
    enum { FLOOD = 5000, LISTED = 2000 };
    struct err err = {0};
    SCOPED(buf_free) struct buf text = {0};
    tries.count = 0;
    for (int i = 0; i < FLOOD; i++) {
        struct tried stranger = tried_of("", "handshake", "denied");
        snprintf(stranger.key, sizeof stranger.key, "%040d", i);
        tries_add(&tries, &stranger, start_ms);
    }
    assert_int_equal(tries.count, TRIES_STRANGERS_MAX + 1);
    const struct tried listed = tried_of("041", "submit", "denied");
    tries_add(&tries, &listed, start_ms); /* still has a row of its own */
    assert_string_equal(tries.at[tries.count - 1].tenant, "041");
    for (int i = 0; i < LISTED; i++) {
        struct tried other = listed;
        snprintf(other.key, sizeof other.key, "%040d", i);
        tries_add(&tries, &other, start_ms);
    }
    assert_true(tries.count <= TRIES_MAX);
    assert_int_equal(sum_of(&tries), FLOOD + LISTED + 1);
    check_ok(tries_write(&tries, &text, &err), &err);
    assert_true(text.len <= TRIES_FILE_BYTES);
    check_ok(tries_read(buf_view(&text), &again, &err), &err);
}

static void a_full_table_of_the_longest_words_is_still_read(void **state)
{
    (void)state;
    struct err err = {0};
    SCOPED(buf_free) struct buf text = {0};
    tries.count = 0;
    for (int i = 0; i < 2 * TRIES_MAX; i++) {
        struct tried row = tried_of("041", "abcdefghijklmnopqrstuvw", "abcdefghijklmnopqrstuvw");
        snprintf(row.key, sizeof row.key, "%040d", i);
        row.count = UINT64_C(999999999999999);
        tries_add(&tries, &row, start_ms);
    }
    assert_int_equal(tries.count, TRIES_MAX);
    check_ok(tries_write(&tries, &text, &err), &err);
    assert_true(text.len <= TRIES_FILE_BYTES);
    check_ok(tries_read(buf_view(&text), &again, &err), &err);
}

/* ---- handing over ---- */

static void the_first_try_is_kept_at_once_and_a_flood_once_a_second(void **state)
{
    struct room *room = *state;
    SCOPED(buf_free) struct buf text = {0};
    char path[256];
    struct err err = {0};
    open_counter(room);
    keep(start_ms);
    assert_false(is_there(room, "counting"));
    count("submit", start_ms);
    keep(start_ms);
    assert_true(is_there(room, "counting"));
    for (int i = 1; i < TRIES_KEEP_MS; i++) {
        count("submit", start_ms + i);
        keep(start_ms + i);
    }
    path_of(room, "counting", path);
    check_ok(file_read(path, TRIES_FILE_BYTES, &text, &err), &err);
    check_ok(tries_read(buf_view(&text), &again, &err), &err);
    assert_int_equal(sum_of(&again), 1);
    keep(start_ms + TRIES_KEEP_MS);
    open_counter(room); /* killed: what is on the disk goes on */
    assert_int_equal(sum_of(&counter.tries), TRIES_KEEP_MS);
}

static void one_file_a_period_is_handed_over_and_none_before_it_was_noted(void **state)
{
    struct room *room = *state;
    open_counter(room);
    count("submit", start_ms);
    keep(start_ms);
    keep(start_ms + TRIES_PERIOD_MS - 1);
    assert_false(is_there(room, "counted"));
    keep(start_ms + TRIES_PERIOD_MS);
    assert_true(is_there(room, "counted"));
    for (int i = 1; i <= 100; i++) { /* nobody notes: it is counted on */
        count("chunk", start_ms + i * TRIES_PERIOD_MS);
        keep(start_ms + i * TRIES_PERIOD_MS);
    }
    assert_int_equal(note(room, true), 0);
    expect_noted(room, 1, 1);
    assert_false(is_there(room, "counted"));
    keep(start_ms + 101 * (int64_t)TRIES_PERIOD_MS);
    assert_int_equal(note(room, true), 0);
    expect_noted(room, 2, 101);
    assert_int_equal(note(room, true), 0); /* nothing waits */
    expect_noted(room, 2, 101);
}

static void a_gateway_that_stops_hands_over_what_it_has(void **state)
{
    struct room *room = *state;
    struct err err = {0};
    open_counter(room);
    count("fetch", start_ms);
    check_ok(tries_keep(&counter, start_ms + 1, true, &err), &err);
    assert_int_equal(note(room, true), 0);
    expect_noted(room, 1, 1);
}

static void a_clock_that_goes_back_holds_nothing_up(void **state)
{
    struct room *room = *state;
    open_counter(room);
    count("fetch", start_ms);
    keep(start_ms);
    keep(start_ms - 1);
    assert_int_equal(note(room, true), 0);
    expect_noted(room, 1, 1);
}

/* ---- noting ---- */

static int take_line(void *to, const struct access_line *line)
{
    struct buf *text = to;
    return buf_append(text, line->record);
}

static void a_record_says_who_tried_what_how_often_and_when(void **state)
{
    static const char want[] =
        "\"event\":\"refused\","
        "\"user\":\"partner rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7\",\"verb\":\"submit\","
        "\"code\":\"denied\",\"count\":2,\"from\":\"2026-11-18T11:06:40.000Z\","
        "\"to\":\"2026-11-18T11:06:42.000Z\",\"period\":\"";
    struct room *room = *state;
    struct err err = {0};
    SCOPED(buf_free) struct buf text = {0};
    open_counter(room);
    count("submit", start_ms);
    count("submit", start_ms + 2000);
    check_ok(tries_keep(&counter, start_ms + 3000, true, &err), &err);
    assert_int_equal(note(room, true), 0);
    check_ok(access_each(room->archive, take_line, &text, &err), &err);
    assert_non_null(memmem(text.at, text.len, want, sizeof want - 1));
    assert_non_null(memmem(text.at, text.len, "\"tenant\":\"041\"}", 15));
}

/* Counted for three kinds and handed over. */
static void hand_over_three(struct room *room, int64_t at_ms)
{
    struct err err = {0};
    open_counter(room);
    count("submit", at_ms);
    count("chunk", at_ms);
    count("receipt", at_ms);
    check_ok(tries_keep(&counter, at_ms, true, &err), &err);
}

static void copy(const char *from, const char *to, size_t cut)
{
    struct err err = {0};
    SCOPED(buf_free) struct buf text = {0};
    check_ok(file_read(from, 1 << 20, &text, &err), &err);
    check_ok(file_write(to, 0600, bytes_of(text.at, text.len - cut), &err), &err);
}

static void what_was_noted_and_not_removed_is_not_noted_again(void **state)
{
    struct room *room = *state;
    char counted[256], saved[256];
    path_of(room, "counted", counted);
    path_of(room, "saved", saved);
    hand_over_three(room, start_ms);
    copy(counted, saved, 0);
    assert_int_equal(note(room, true), 0);
    copy(saved, counted, 0);
    assert_int_equal(note(room, false), 0);
    assert_false(is_there(room, "counted"));
    expect_noted(room, 3, 3);
}

static void what_a_crash_left_of_a_note_is_completed(void **state)
{
    struct room *room = *state;
    char counted[256], saved[256], journal[256], month[MONTH_TEXT_SIZE];
    path_of(room, "counted", counted);
    path_of(room, "saved", saved);
    hand_over_three(room, start_ms);
    copy(counted, saved, 0);
    assert_int_equal(note(room, true), 0);
    snprintf(journal, sizeof journal, "%s/access/%s.log", room->data,
             day_format_month(day_of_ms(clock_wall_ms()), month));
    copy(journal, journal, 10); /* the third line has no end */
    copy(saved, counted, 0);
    assert_int_equal(note(room, false), 0);
    expect_noted(room, 3, 3);
}

/* ---- bytes that the gateway did not write so ---- */

#define ROW "041 " KEY " submit denied 1\n"

static void other_bytes_are_refused(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",
        "\n",
        "tripli_tries 1 1 2 1",
        "tripli_tries 2 1 2 0\n",
        "tripli_tries 1 2 1 0\n",
        "tripli_tries 1 -1 1 0\n",
        "tripli_tries 1 1 99999999999999999 0\n",
        "tripli_tries 1 1 2 -1\n",
        "tripli_tries 1 1 2 513\n",
        "tripli_tries 1 1 2 2147483648\n",
        "tripli_tries 1 1 2 1\n",
        "tripli_tries 1 1 2 0\n" ROW,
        "tripli_tries 1 1 2 2\n" ROW,
        "tripli_tries 1 1 2 1\n041 " KEY " submit denied 0\n",
        "tripli_tries 1 1 2 1\n041 " KEY " submit denied -1\n",
        "tripli_tries 1 1 2 1\n041 " KEY " submit denied 01\n",
        "tripli_tries 1 1 2 1\n041 " KEY " submit denied 18446744073709551616\n",
        "tripli_tries 1 1 2 1\n041 " KEY "  submit denied 1\n",
        "tripli_tries 1 1 2 1\n041 " KEY " submit denied 1 \n",
        "tripli_tries 1 1 2 1\n041 " KEY " Submit denied 1\n",
        "tripli_tries 1 1 2 1\n041 " KEY " sub\"mit denied 1\n",
        "tripli_tries 1 1 2 1\n041 " KEY " - denied 1\n",
        "tripli_tries 1 1 2 1\n41 " KEY " submit denied 1\n",
        "tripli_tries 1 1 2 1\n041 \xff" KEY " submit denied 1\n",
        "tripli_tries 1 1 2 1\n041 short submit denied 1\n",
        "tripli_tries 1 1 2 1\n041 " KEY " abcdefghijklmnopqrstuvwx denied 1\n",
    };
    struct err err = {0};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (tries_read(bytes_of(texts[i], strlen(texts[i])), &again, &err) != ERR_FORMAT)
            fail_msg("row %zu is taken: %s", i, texts[i]);
    static const char good[] = "tripli_tries 1 1 2 1\n" ROW;
    check_ok(tries_read(bytes_of(good, sizeof good - 1), &again, &err), &err);
    check_refused(tries_read(bytes_of(good, sizeof good), &again, &err), ERR_FORMAT, &err);
    for (size_t len = 0; len < sizeof good - 1; len++)
        check_refused(tries_read(bytes_of(good, len), &again, &err), ERR_FORMAT, &err);
}

static void a_damaged_file_is_set_aside_and_the_next_one_is_noted(void **state)
{
    struct room *room = *state;
    struct err err = {0};
    char path[256];
    static char big[TRIES_FILE_BYTES + 1];
    const struct bytes damaged[] = {bytes_of("\0\xff", 2), bytes_of(big, sizeof big)};
    for (size_t i = 0; i < 2; i++) {
        open_counter(room);
        path_of(room, "counted", path);
        check_ok(file_write(path, 0600, damaged[i], &err), &err);
        assert_int_equal(note(room, true), 0);
        assert_false(is_there(room, "counted"));
        assert_true(is_there(room, "damaged"));
        path_of(room, "counting", path);
        check_ok(file_write(path, 0600, damaged[i], &err), &err);
        open_counter(room);
        assert_int_equal(counter.tries.count, 0);
    }
    expect_noted(room, 0, 0);
    hand_over_three(room, start_ms);
    assert_int_equal(note(room, true), 0);
    expect_noted(room, 3, 3);
}

#ifdef TRIPLI_FAULTS
/* In a process of its own, killed at a point: counts, hands over, notes. */
static void run_with(struct room *room, int64_t at_ms, const char *fault)
{
    int status = 0;
    pid_t child = fork();
    if (child == 0) {
        setenv("TRIPLI_FAULT", fault, 1);
        hand_over_three(room, at_ms);
        _exit(note(room, true) < 0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGKILL)
        fail_msg("not killed at %s", fault);
}

static void a_kill_at_any_point_loses_and_doubles_nothing(void **state)
{
    static const char *const faults[] = {
        "tries.hand.before_rename=kill",   "tries.hand.after_rename=kill",
        "access.append.before_write=kill", "access.append.before_sync=kill",
        "access.append.after_sync=kill",   "tries.taken.before_unlink=kill",
        "tries.taken.after_unlink=kill",
    };
    struct room *room = *state;
    struct err err = {0};
    for (int i = 0; i < (int)(sizeof faults / sizeof *faults); i++) {
        run_with(room, start_ms + i, faults[i]);
        open_counter(room);
        check_ok(tries_keep(&counter, start_ms, true, &err), &err);
        assert_int_equal(note(room, false), 0);
        expect_noted(room, 3 * (i + 1), 3 * (i + 1));
    }
}
#endif

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(alike_tries_are_one_row_and_what_is_written_is_read_the_same),
        cmocka_unit_test(a_flood_of_made_up_keys_is_counted_in_bounded_room),
        cmocka_unit_test(a_full_table_of_the_longest_words_is_still_read),
        cmocka_unit_test(other_bytes_are_refused),
#define TEST(name) cmocka_unit_test_setup_teardown(name, room_set_up, room_tear_down)
        TEST(the_first_try_is_kept_at_once_and_a_flood_once_a_second),
        TEST(one_file_a_period_is_handed_over_and_none_before_it_was_noted),
        TEST(a_gateway_that_stops_hands_over_what_it_has),
        TEST(a_clock_that_goes_back_holds_nothing_up),
        TEST(a_record_says_who_tried_what_how_often_and_when),
        TEST(what_was_noted_and_not_removed_is_not_noted_again),
        TEST(what_a_crash_left_of_a_note_is_completed),
        TEST(a_damaged_file_is_set_aside_and_the_next_one_is_noted),
#ifdef TRIPLI_FAULTS
        TEST(a_kill_at_any_point_loses_and_doubles_nothing),
#endif
    };
    struct err err = {0};
    check_ok(seal_start(&err), &err);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
