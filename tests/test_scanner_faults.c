/*
 * Everything that can go wrong at a feeder: the event says what and which sheet, and after the
 * operator has done as told the batch has neither a gap nor a double.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "scanner/device.h"

#include <leptonica/allheaders.h>
#include <signal.h>
#include <string.h>
#include <sys/time.h>

#include "base/file.h"
#include "base/scope.h"
#include "tests/check.h"
#include "tests/feeder_fixture.h"

enum { SHEETS = 5 };

static const struct scan_request duplex = {SCAN_AS_SCANNED, true, 300};

struct fault_row {
    const char *fault;
    enum scan_event_kind kind;
    uint32_t complete; /* sheets read before it */
    uint32_t in_path;
    const char *says; /* part of the sentence */
};

static const struct fault_row rows[] = {
    {"jam sheet=3", SCAN_JAM, 2, 3, "Bourrage à la feuille n° 3."},
    {"jam sheet=1", SCAN_JAM, 0, 1, "Aucune feuille n'est encore lue."},
    {"jam sheet=2", SCAN_JAM, 1, 2, "La feuille n° 1 est lue : ne la remettez pas."},
    {"jam sheet=3 percent=50", SCAN_JAM, 2, 3, "remettez-la en premier"},
    {"jam sheet=3 side=back", SCAN_JAM, 2, 3, "Les feuilles n° 1 à n° 2 sont lues"},
    {"jam sheet=3 side=back percent=99", SCAN_JAM, 2, 3, "feuille n° 3"},
    {"double-feed sheet=3", SCAN_DOUBLE_FEED, 2, 3, "Double prise à la feuille n° 3"},
    {"double-feed sheet=3 side=back percent=10", SCAN_DOUBLE_FEED, 2, 3, "séparez-les"},
    {"cover-open sheet=4", SCAN_COVER_OPEN, 3, 0, "capot"},
    {"cover-open sheet=4 percent=70", SCAN_COVER_OPEN, 3, 4, "c'est la n° 4"},
    {"io-error sheet=2 percent=30", SCAN_IO_ERROR, 1, 2, "Erreur de liaison"},
    {"busy sheet=2", SCAN_BUSY, 1, 0, "occupé"},
    {"no-memory sheet=2", SCAN_NO_MEMORY, 1, 0, "mémoire"},
    {"stop sheet=3", SCAN_STOP, 2, 0, "il reste du papier"},
    {"stop sheet=1", SCAN_STOP, 0, 0, "aucune feuille lue"},
    {"late-end sheet=3", SCAN_STOP, 2, 0, "prochaine feuille est la n° 3"},
    {"late-end sheet=3 side=back", SCAN_INCOMPLETE, 2, 3, "incomplète"},
    {"premature-eof sheet=3", SCAN_INCOMPLETE, 2, 3, "n'a pas été gardée"},
    {"premature-eof sheet=3 side=back percent=0", SCAN_INCOMPLETE, 2, 3, "feuille n° 3"},
    {"excess sheet=3 side=back", SCAN_INCOMPLETE, 2, 3, "incomplète"},
};

/* Scans until the end, setting the fault first; checks the event that came before. */
static void run_row(const struct fault_row *row, const struct profile *profile)
{
    struct fixture_log log = {0};
    struct err err = {0};
    SCOPED(scanner_free)
    struct scanner *scanner = fixture_open(FIXTURE_TRIPLI, profile, &duplex);
    check_ok(scanner_set(scanner, "fault", row->fault, &err), &err);
    fixture_scan(scanner, &log);
    if (log.event.kind != row->kind)
        fail_msg("%s: got %s (%s), want %s", row->fault, scan_event_name(log.event.kind),
                 log.event.detail, scan_event_name(row->kind));
    assert_int_equal(log.event.sheets_complete, row->complete);
    assert_int_equal(log.event.feed_from, row->complete + 1);
    assert_int_equal(log.event.sheet_in_path, row->in_path);
    assert_int_equal(log.event.passed_unread, 0);
    assert_int_equal(log.count, 2 * row->complete);
    if (!strstr(log.event.sentence, row->says))
        fail_msg("%s: got '%s', want '%s' in it", row->fault, log.event.sentence, row->says);
    fixture_scan(scanner, &log);
    assert_int_equal(log.event.kind, SCAN_END);
    assert_int_equal(log.event.sheets_complete, SHEETS);
    fixture_check_whole(&log, SHEETS);
}

static void resuming_after_any_fault_makes_no_gap_and_no_double(void **state)
{
    SCOPED(profile_free) struct profile *profile = fixture_profile("tripli.conf");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        fixture_clear(state);
        fixture_fill(FIXTURE_TRIPLI, SHEETS);
        run_row(&rows[i], profile);
    }
}

static void resuming_in_a_new_process_is_the_same(void **state)
{
    SCOPED(profile_free) struct profile *profile = fixture_profile("tripli.conf");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct fixture_log log = {0};
        fixture_clear(state);
        fixture_fill(FIXTURE_TRIPLI, SHEETS);
        fixture_put_text(FIXTURE_TRIPLI, "faults", rows[i].fault);
        struct scanner *scanner = fixture_open(FIXTURE_TRIPLI, profile, &duplex);
        fixture_scan(scanner, &log);
        assert_int_equal(log.event.kind, rows[i].kind);
        uint32_t next = log.event.feed_from;
        scanner_free(&scanner);
        scanner = fixture_open(FIXTURE_TRIPLI, profile, &duplex);
        scanner_new_batch(scanner, next);
        fixture_scan(scanner, &log);
        scanner_free(&scanner);
        assert_int_equal(log.event.kind, SCAN_END);
        fixture_check_whole(&log, SHEETS);
    }
}

static void a_sheet_stuck_in_the_path_is_missing_until_it_is_put_back(void **state)
{
    SCOPED(profile_free) struct profile *profile = fixture_profile("tripli.conf");
    static const enum fixture_device devices[] = {FIXTURE_TRIPLI, FIXTURE_KEEP};
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct fixture_log log = {0};
        struct err err = {0};
        fixture_fill(devices[i], 3);
        SCOPED(scanner_free) struct scanner *scanner = fixture_open(devices[i], profile, &duplex);
        check_ok(scanner_set(scanner, "fault", "jam sheet=2 percent=20 transported=yes", &err),
                 &err);
        fixture_scan(scanner, &log);
        assert_int_equal(log.event.kind, SCAN_JAM);
        assert_int_equal(log.event.sheet_in_path, 2);
        check_ok(scanner_set(scanner, "refeed", "", &err), &err);
        fixture_scan(scanner, &log);
        assert_int_equal(log.event.kind, SCAN_END);
        fixture_check_whole(&log, 3);
    }
}

/* Stuck in the path or on top again, then another sheet that is only stuck. */
static void a_rejected_sheet_is_put_aside_and_its_number_given_to_the_next(void **state)
{
    SCOPED(profile_free) struct profile *profile = fixture_profile("tripli.conf");
    static const struct {
        enum fixture_device device;
        const char *fault;
    } jams[] = {{FIXTURE_TRIPLI, "jam sheet=2"}, {FIXTURE_KEEP, "jam sheet=2 transported=yes"}};
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct fixture_log log = {0};
        struct err err = {0};
        fixture_fill(jams[i].device, 3);
        SCOPED(scanner_free)
        struct scanner *scanner = fixture_open(jams[i].device, profile, &duplex);
        check_ok(scanner_set(scanner, "fault", jams[i].fault, &err), &err);
        fixture_scan(scanner, &log);
        assert_int_equal(log.event.kind, SCAN_JAM);
        check_ok(scanner_set(scanner, "discard", "", &err), &err);
        if (jams[i].device == FIXTURE_TRIPLI)
            assert_true(fixture_has(FIXTURE_TRIPLI, "aside/s02.a.png"));
        check_ok(scanner_set(scanner, "refeed", "", &err), &err);
        fixture_scan(scanner, &log);
        assert_int_equal(log.event.kind, SCAN_END);
        assert_int_equal(log.count, 4);
        assert_int_equal(log.at[2].id, 5);
        assert_int_equal(log.at[2].sheet, 2);
        check_refused(scanner_set(scanner, "discard", "", &err), ERR_DEVICE, &err);
    }
}

static void short_reads_lose_no_byte(void **state)
{
    SCOPED(profile_free) struct profile *profile = fixture_profile("tripli.conf");
    struct fixture_log log = {0};
    struct err err = {0};
    (void)state;
    fixture_fill(FIXTURE_TRIPLI, 3);
    SCOPED(scanner_free)
    struct scanner *scanner = fixture_open(FIXTURE_TRIPLI, profile, &duplex);
    check_ok(scanner_set(scanner, "fault",
                         "short-reads sheet=1; short-reads sheet=2 side=back; short-reads sheet=3",
                         &err),
             &err);
    fixture_scan(scanner, &log);
    fixture_check_whole(&log, 3);
}

static struct scanner *running;
static struct fixture_log *running_log;

/* The first sheet is through, however slow the machine is: what is read now hangs. */
static void cancel_running(int signal_number)
{
    (void)signal_number;
    if (running_log->count >= 2)
        scanner_cancel(running);
}

static void a_hang_can_be_cancelled_from_a_signal_handler(void **state)
{
    SCOPED(profile_free) struct profile *profile = fixture_profile("tripli.conf");
    static const char *const hangs[] = {"hang sheet=2", "hang sheet=2 side=back percent=40"};
    const struct itimerval never = {0};
    const struct itimerval often = {.it_value.tv_usec = 50000, .it_interval.tv_usec = 50000};
    struct err err = {0};
    signal(SIGALRM, cancel_running);
    for (size_t i = 0; i < 2; i++) {
        struct fixture_log log = {0};
        fixture_clear(state);
        fixture_fill(FIXTURE_TRIPLI, 3);
        running = fixture_open(FIXTURE_TRIPLI, profile, &duplex);
        running_log = &log;
        check_ok(scanner_set(running, "fault", hangs[i], &err), &err);
        setitimer(ITIMER_REAL, &often, NULL);
        fixture_scan(running, &log);
        setitimer(ITIMER_REAL, &never, NULL);
        assert_int_equal(log.event.kind, SCAN_CANCELLED);
        assert_int_equal(log.event.feed_from, 2);
        fixture_scan(running, &log);
        assert_int_equal(log.event.kind, SCAN_END);
        fixture_check_whole(&log, 3);
        scanner_free(&running);
    }
}

static void an_unplugged_scanner_is_told_from_a_faulty_one(void **state)
{
    SCOPED(profile_free) struct profile *profile = fixture_profile("tripli.conf");
    struct fixture_log log = {0};
    struct err err = {0};
    char path[4096];
    (void)state;
    fixture_fill(FIXTURE_TRIPLI, 3);
    struct scanner *scanner = fixture_open(FIXTURE_TRIPLI, profile, &duplex);
    check_ok(scanner_set(scanner, "fault", "unplug sheet=2 percent=50", &err), &err);
    fixture_scan(scanner, &log);
    assert_int_equal(log.event.kind, SCAN_UNPLUGGED);
    assert_false(log.event.sensors.answered);
    assert_int_equal(log.event.feed_from, 2);
    fixture_scan(scanner, &log);
    assert_int_equal(log.event.kind, SCAN_UNPLUGGED);
    scanner_free(&scanner);
    check_refused(scanner_open("tripli:hopper", profile, &duplex, &scanner, &err), ERR_DEVICE,
                  &err);
    snprintf(path, sizeof path, "%s/unplugged", fixture_folder(FIXTURE_TRIPLI));
    assert_int_equal(remove(path), 0);
    scanner = fixture_open(FIXTURE_TRIPLI, profile, &duplex);
    scanner_new_batch(scanner, 2);
    fixture_scan(scanner, &log);
    fixture_check_whole(&log, 3);
    scanner_free(&scanner);
}

static void sheets_read_ahead_are_counted_and_asked_for(void **state)
{
    SCOPED(profile_free) struct profile *profile = fixture_profile("tripli.conf");
    struct fixture_log log = {0};
    struct err err = {0};
    (void)state;
    fixture_fill(FIXTURE_TRIPLI, 6);
    SCOPED(scanner_free)
    struct scanner *scanner = fixture_open(FIXTURE_TRIPLI, profile, &duplex);
    check_ok(scanner_set(scanner, "buffermode", "On", &err), &err);
    check_ok(scanner_set(scanner, "fault", "io-error sheet=2 percent=50", &err), &err);
    fixture_scan(scanner, &log);
    assert_int_equal(log.event.kind, SCAN_IO_ERROR);
    assert_int_equal(log.count, 2);
    assert_int_equal(log.event.feed_from, 2);
    assert_int_equal(log.event.passed_unread, 3); /* sheets 2, 3 and 4 lie in the tray */
    assert_non_null(strstr(log.event.sentence, "les 3 dernières feuilles du bac de sortie"));
}

static void a_file_that_is_no_image_jams_and_is_taken_out(void **state)
{
    SCOPED(profile_free) struct profile *profile = fixture_profile("tripli.conf");
    struct fixture_log log = {0};
    (void)state;
    fixture_put(FIXTURE_TRIPLI, "1.png", 1, 1);
    fixture_put_text(FIXTURE_TRIPLI, "2.tif", "II*? this is no TIFF");
    fixture_put(FIXTURE_TRIPLI, "3.png", 3, 1);
    SCOPED(scanner_free)
    struct scanner *scanner = fixture_open(FIXTURE_TRIPLI, profile, &duplex);
    fixture_scan(scanner, &log);
    assert_int_equal(log.event.kind, SCAN_JAM);
    assert_int_equal(log.event.sheet_in_path, 2);
    assert_true(fixture_has(FIXTURE_TRIPLI, "jammed/2.tif"));
    fixture_scan(scanner, &log);
    assert_int_equal(log.event.kind, SCAN_END);
    assert_int_equal(log.count, 4);
    assert_int_equal(log.at[2].id, 3);
}

static void a_wrong_fault_is_refused(void **state)
{
    SCOPED(profile_free) struct profile *profile = fixture_profile("tripli.conf");
    static const char *const wrong[] = {"jam",
                                        "jam sheet=0",
                                        "jam sheet=x",
                                        "fire sheet=1",
                                        "jam sheet=1 percent=101",
                                        "jam sheet=1 side=left"};
    struct fixture_log log = {0};
    struct err err = {0};
    (void)state;
    fixture_fill(FIXTURE_TRIPLI, 1);
    SCOPED(scanner_free)
    struct scanner *scanner = fixture_open(FIXTURE_TRIPLI, profile, &duplex);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        check_refused(scanner_set(scanner, "fault", wrong[i], &err), ERR_DEVICE, &err);
    fixture_put_text(FIXTURE_TRIPLI, "faults", "fire sheet=1\n");
    fixture_scan(scanner, &log);
    assert_int_equal(log.event.kind, SCAN_REFUSED);
    fixture_put_text(FIXTURE_TRIPLI, "faults", "# none\n\n");
    fixture_scan(scanner, &log);
    assert_int_equal(log.event.kind, SCAN_END);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(resuming_after_any_fault_makes_no_gap_and_no_double),
        cmocka_unit_test(resuming_in_a_new_process_is_the_same),
        cmocka_unit_test_setup(a_sheet_stuck_in_the_path_is_missing_until_it_is_put_back,
                               fixture_clear),
        cmocka_unit_test_setup(a_rejected_sheet_is_put_aside_and_its_number_given_to_the_next,
                               fixture_clear),
        cmocka_unit_test_setup(short_reads_lose_no_byte, fixture_clear),
        cmocka_unit_test(a_hang_can_be_cancelled_from_a_signal_handler),
        cmocka_unit_test_setup(an_unplugged_scanner_is_told_from_a_faulty_one, fixture_clear),
        cmocka_unit_test_setup(sheets_read_ahead_are_counted_and_asked_for, fixture_clear),
        cmocka_unit_test_setup(a_file_that_is_no_image_jams_and_is_taken_out, fixture_clear),
        cmocka_unit_test_setup(a_wrong_fault_is_refused, fixture_clear),
    };
    return cmocka_run_group_tests(tests, fixture_start, fixture_stop);
}
