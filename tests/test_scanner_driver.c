/*
 * SANE's own test driver, which sends what only odd scanners send: unknown heights, padded lines,
 * tiny reads, every status, three passes.
 *
 * When a page ends, the driver cancels its reading thread wherever that is, now and then inside
 * malloc, and then waits for it for ever. So the tests run in a child, and one that hangs is run
 * again.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <dlfcn.h>
#include <leptonica/allheaders.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/scope.h"
#include "scanner/device.h"
#include "tests/check.h"
#include "tests/feeder_fixture.h"

enum {
    WRITER_WAIT_MS = 2000,
    TRIES = 8,       /* under load one run in a hundred hangs */
    HANG_SECONDS = 8 /* a run takes less than one, with sanitizers on a busy machine two */
};

/* SANE's test backend loses a buffer at each status but success. It stays loaded so that the leak
 * has its name. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
    return "leak:libsane-test.so\n";
}

/* Stands in front of libsane's own: whoever cancels waits until the thread has written, which is
 * when it has all the memory it needs. That leaves few hangs. */
void sane_cancel(void *handle);
int sane_get_select_fd(void *handle, int *ret_fd);
void sane_cancel(void *handle)
{
    void (*next)(void *) = NULL;
    struct pollfd written = {.fd = -1, .events = POLLIN};
    *(void **)&next = dlsym(RTLD_NEXT, "sane_cancel");
    if (sane_get_select_fd(handle, &written.fd) == 0 && written.fd >= 0)
        poll(&written, 1, WRITER_WAIT_MS);
    next(handle);
}

static struct scanner *open_test(const struct profile *profile, enum scan_mode mode)
{
    struct err err = {0};
    struct scanner *scanner = NULL;
    struct scan_request request = {mode, false, 50};
    check_ok(scanner_open("test:0", profile, &request, &scanner, &err), &err);
    check_ok(scanner_set(scanner, "select-fd", "yes", &err), &err);
    assert_non_null(dlopen("libsane-test.so.1", RTLD_NOLOAD | RTLD_NODELETE | RTLD_NOW));
    return scanner;
}

static void sanes_test_scanner_feeds_ten_sheets_in_every_mode(void **state)
{
    SCOPED(profile_free) struct profile *profile = fixture_profile("test.conf");
    static const struct {
        enum scan_mode mode;
        int depth;
    } rows[] = {{SCAN_GREY, 8}, {SCAN_BILEVEL, 1}, {SCAN_COLOUR, 32}};
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        struct fixture_log log = {0};
        SCOPED(scanner_free) struct scanner *scanner = open_test(profile, rows[i].mode);
        fixture_scan(scanner, &log);
        assert_int_equal(log.count, 10);
        for (unsigned k = 0; k < log.count; k++)
            assert_int_equal(log.at[k].depth, rows[i].depth);
        assert_int_equal(log.event.kind, SCAN_END_UNSURE);
        assert_int_equal(log.event.sheets_complete, 10);
        assert_non_null(strstr(log.event.sentence, "vérifiez que le chargeur est vide"));
        fixture_scan(scanner, &log);
        assert_int_equal(log.event.sheets_complete, 20); /* the next ten go on counting */
    }
}

static void a_page_of_unknown_height_is_read_to_its_end(void **state)
{
    SCOPED(profile_free) struct profile *profile = fixture_profile("test.conf");
    struct scan_event event;
    struct scanned_side side;
    struct err err = {0};
    (void)state;
    SCOPED(scanner_free) struct scanner *scanner = open_test(profile, SCAN_GREY);
    check_ok(scanner_set(scanner, "hand-scanner", "yes", &err), &err);
    check_ok(scanner_set(scanner, "resolution", "300", &err), &err);
    check_ok(scanner_set(scanner, "test-picture", "Solid white", &err), &err);
    assert_int_equal(scanner_next_side(scanner, &side, &event), 1);
    assert_in_range(pixGetWidth(side.page), 1298, 1300);  /* 11 cm at 300 dpi */
    assert_in_range(pixGetHeight(side.page), 1100, 2400); /* the test scanner's own choice */
    assert_true(side.x_dpi > 299 && side.x_dpi < 301);
    pixDestroy(&side.page);
    check_ok(scanner_set(scanner, "hand-scanner", "no", &err), &err);
}

static void padded_lines_and_tiny_reads_change_nothing(void **state)
{
    SCOPED(profile_free) struct profile *profile = fixture_profile("test.conf");
    struct scan_event event;
    struct scanned_side side;
    struct err err = {0};
    (void)state;
    SCOPED(scanner_free) struct scanner *scanner = open_test(profile, SCAN_GREY);
    check_ok(scanner_set(scanner, "ppl-loss", "17", &err), &err);
    check_ok(scanner_set(scanner, "read-limit", "yes", &err), &err);
    check_ok(scanner_set(scanner, "read-limit-size", "7", &err), &err);
    assert_int_equal(scanner_next_side(scanner, &side, &event), 1);
    assert_int_equal(pixGetWidth(side.page), 393 - 17);
    pixDestroy(&side.page);
    check_ok(scanner_set(scanner, "read-limit", "no", &err), &err);
    check_ok(scanner_set(scanner, "ppl-loss", "0", &err), &err);
}

static void every_status_of_a_read_has_its_meaning(void **state)
{
    SCOPED(profile_free) struct profile *profile = fixture_profile("test.conf");
    static const struct {
        const char *status;
        enum scan_event_kind kind;
    } rows[] = {{"SANE_STATUS_UNSUPPORTED", SCAN_UNSUPPORTED},
                {"SANE_STATUS_CANCELLED", SCAN_CANCELLED},
                {"SANE_STATUS_DEVICE_BUSY", SCAN_BUSY},
                {"SANE_STATUS_INVAL", SCAN_REFUSED},
                {"SANE_STATUS_EOF", SCAN_INCOMPLETE},
                {"SANE_STATUS_JAMMED", SCAN_JAM_OR_DOUBLE_FEED},
                {"SANE_STATUS_NO_DOCS", SCAN_EMPTY},
                {"SANE_STATUS_COVER_OPEN", SCAN_COVER_OPEN},
                {"SANE_STATUS_IO_ERROR", SCAN_IO_ERROR},
                {"SANE_STATUS_NO_MEM", SCAN_NO_MEMORY},
                {"SANE_STATUS_ACCESS_DENIED", SCAN_DENIED}};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct fixture_log log = {0};
        struct err err = {0};
        SCOPED(scanner_free) struct scanner *scanner = open_test(profile, SCAN_GREY);
        check_ok(scanner_set(scanner, "read-return-value", rows[i].status, &err), &err);
        fixture_scan(scanner, &log);
        assert_int_equal(log.count, 0);
        assert_string_equal(scan_event_name(log.event.kind), scan_event_name(rows[i].kind));
        assert_true(log.event.sentence[0] != '\0');
    }
}

static void options_left_from_the_last_user_are_set_anew(void **state)
{
    SCOPED(profile_free) struct profile *profile = fixture_profile("test.conf");
    struct fixture_log log = {0};
    struct err err = {0};
    (void)state;
    struct scanner *scanner = open_test(profile, SCAN_GREY);
    check_ok(scanner_set(scanner, "read-return-value", "SANE_STATUS_JAMMED", &err), &err);
    scanner_free(&scanner);
    scanner = open_test(profile, SCAN_GREY);
    fixture_scan(scanner, &log);
    assert_int_equal(log.count, 10);
    scanner_free(&scanner);
}

static void three_passes_and_sixteen_bits_are_refused(void **state)
{
    SCOPED(profile_free) struct profile *profile = fixture_profile("test.conf");
    struct fixture_log log = {0};
    struct err err = {0};
    (void)state;
    SCOPED(scanner_free) struct scanner *scanner = open_test(profile, SCAN_COLOUR);
    check_ok(scanner_set(scanner, "three-pass", "yes", &err), &err);
    fixture_scan(scanner, &log);
    assert_int_equal(log.event.kind, SCAN_UNSUPPORTED);
    check_ok(scanner_set(scanner, "three-pass", "no", &err), &err);
    check_ok(scanner_set(scanner, "depth", "16", &err), &err);
    fixture_scan(scanner, &log);
    assert_int_equal(log.event.kind, SCAN_UNSUPPORTED);
    assert_non_null(strstr(log.event.detail, "16 bits"));
}

static void a_duplex_wish_is_refused_by_a_scanner_without(void **state)
{
    SCOPED(profile_free) struct profile *profile = fixture_profile("test.conf");
    const struct scan_request duplex = {SCAN_GREY, true, 200};
    struct scanner *scanner = NULL;
    struct err err = {0};
    (void)state;
    check_refused(scanner_open("test:0", profile, &duplex, &scanner, &err), ERR_UNSUPPORTED, &err);
    assert_non_null(strstr(err.text, "'source' has no value for grey, duplex"));
}

static int run_group(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sanes_test_scanner_feeds_ten_sheets_in_every_mode),
        cmocka_unit_test(a_page_of_unknown_height_is_read_to_its_end),
        cmocka_unit_test(padded_lines_and_tiny_reads_change_nothing),
        cmocka_unit_test(every_status_of_a_read_has_its_meaning),
        cmocka_unit_test(options_left_from_the_last_user_are_set_anew),
        cmocka_unit_test(three_passes_and_sixteen_bits_are_refused),
        cmocka_unit_test(a_duplex_wish_is_refused_by_a_scanner_without),
    };
    alarm(HANG_SECONDS);
    return cmocka_run_group_tests(tests, fixture_start, fixture_stop);
}

int main(void)
{
    for (int try = 1; try <= TRIES; try++) {
        int status = 0;
        fflush(stdout);
        pid_t child = fork();
        if (child == 0)
            exit(run_group());
        if (child < 0 || waitpid(child, &status, 0) < 0)
            return EXIT_FAILURE;
        if (WIFEXITED(status))
            return WEXITSTATUS(status);
        if (WTERMSIG(status) != SIGALRM)
            return EXIT_FAILURE;
        printf("try %d: SANE's test driver hangs, once more\n", try);
    }
    return EXIT_FAILURE;
}
