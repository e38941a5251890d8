/*
 * Other scanners: Fujitsu's and Canon's names as the virtual feeder shows them, driven by their own
 * profiles, and SANE's test backend, which sends what only odd scanners send.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "scanner/device.h"

#include <dlfcn.h>
#include <leptonica/allheaders.h>
#include <string.h>

#include "base/scope.h"
#include "tests/check.h"
#include "tests/feeder_fixture.h"

static const struct scan_request grey_duplex = {SCAN_GREY, true, 200};

static const char *value_of(const struct scanner *scanner, const char *option)
{
    const struct scan_evidence *evidence = scanner_evidence(scanner);
    for (size_t i = 0; i < evidence->setting_count; i++)
        if (strcmp(evidence->settings[i].option, option) == 0)
            return evidence->settings[i].got;
    return "";
}

static void fujitsu_is_set_up_and_what_alters_images_is_off(void **state)
{
    SCOPED(profile_free) struct profile *profile = fixture_profile("fujitsu-fi.conf");
    struct fixture_log log = {0};
    (void)state;
    fixture_fill(FIXTURE_FUJITSU, 4);
    SCOPED(scanner_free)
    struct scanner *scanner = fixture_open(FIXTURE_FUJITSU, profile, &grey_duplex);
    assert_string_equal(value_of(scanner, "df-action"), "Stop");
    assert_string_equal(value_of(scanner, "df-thickness"), "yes");
    assert_string_equal(value_of(scanner, "buffermode"), "Off");
    assert_string_equal(value_of(scanner, "page-height"), "297");
    assert_string_equal(value_of(scanner, "swskip"), "0");
    assert_string_equal(value_of(scanner, "swdeskew"), "no");
    assert_string_equal(value_of(scanner, "swdespeck"), "0");
    assert_string_equal(value_of(scanner, "staple-detect"), ""); /* this model has none */
    fixture_scan(scanner, &log);
    fixture_check_whole(&log, 4);
    assert_int_equal(log.event.kind, SCAN_END);
    assert_int_equal(log.event.sensors.error_code, 0);
}

static void fujitsu_tells_a_double_feed_after_its_images_which_are_withdrawn(void **state)
{
    SCOPED(profile_free) struct profile *profile = fixture_profile("fujitsu-fi.conf");
    struct fixture_log log = {0};
    struct err err = {0};
    (void)state;
    fixture_fill(FIXTURE_FUJITSU, 5);
    SCOPED(scanner_free)
    struct scanner *scanner = fixture_open(FIXTURE_FUJITSU, profile, &grey_duplex);
    check_ok(scanner_set(scanner, "fault", "double-feed sheet=3", &err), &err);
    fixture_scan(scanner, &log);
    assert_int_equal(log.event.kind, SCAN_DOUBLE_FEED);
    assert_int_equal(log.count, 4);
    assert_int_equal(log.event.sheets_complete, 2);
    assert_int_equal(log.event.feed_from, 3);
    assert_int_equal(log.event.sensors.error_code, 7);
    assert_non_null(strstr(log.event.sentence, "dessus du bac de sortie"));
    fixture_scan(scanner, &log);
    assert_int_equal(log.event.kind, SCAN_END);
    fixture_check_whole(&log, 5);
}

static void fujitsu_without_df_action_sees_no_double_feed(void **state)
{
    SCOPED(profile_free) struct profile *profile = fixture_profile("fujitsu-fi.conf");
    struct fixture_log log = {0};
    struct err err = {0};
    (void)state;
    fixture_fill(FIXTURE_FUJITSU, 3);
    SCOPED(scanner_free)
    struct scanner *scanner = fixture_open(FIXTURE_FUJITSU, profile, &grey_duplex);
    check_ok(scanner_set(scanner, "df-action", "Default", &err), &err);
    check_refused(scanner_set(scanner, "df-skew", "yes", &err), ERR_NOT_FOUND, &err);
    check_ok(scanner_set(scanner, "fault", "double-feed sheet=2", &err), &err);
    fixture_scan(scanner, &log);
    assert_int_equal(log.event.kind, SCAN_END);
    fixture_check_whole(&log, 3);
}

static void fujitsu_faults_leave_no_gap_and_no_double(void **state)
{
    SCOPED(profile_free) struct profile *profile = fixture_profile("fujitsu-fi.conf");
    static const struct {
        const char *fault;
        enum scan_event_kind kind;
    } rows[] = {{"jam sheet=3", SCAN_JAM},
                {"jam sheet=3 side=back percent=60", SCAN_JAM},
                {"stop sheet=4", SCAN_STOP},
                {"cover-open sheet=2 percent=5", SCAN_COVER_OPEN},
                {"premature-eof sheet=1 side=back", SCAN_INCOMPLETE},
                {"io-error sheet=5", SCAN_IO_ERROR}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct fixture_log log = {0};
        struct err err = {0};
        fixture_clear(state);
        fixture_fill(FIXTURE_FUJITSU, 5);
        SCOPED(scanner_free)
        struct scanner *scanner = fixture_open(FIXTURE_FUJITSU, profile, &grey_duplex);
        check_ok(scanner_set(scanner, "fault", rows[i].fault, &err), &err);
        fixture_scan(scanner, &log);
        assert_int_equal(log.event.kind, rows[i].kind);
        fixture_scan(scanner, &log);
        assert_int_equal(log.event.kind, SCAN_END);
        fixture_check_whole(&log, 5);
    }
}

static void canon_cannot_tell_a_double_feed_from_a_jam_and_says_so(void **state)
{
    SCOPED(profile_free) struct profile *profile = fixture_profile("canon-dr.conf");
    struct fixture_log log = {0};
    struct err err = {0};
    (void)state;
    fixture_fill(FIXTURE_CANON, 4);
    SCOPED(scanner_free)
    struct scanner *scanner = fixture_open(FIXTURE_CANON, profile, &grey_duplex);
    assert_string_equal(value_of(scanner, "buffermode"), "no");
    assert_string_equal(value_of(scanner, "stapledetect"), "yes");
    check_ok(scanner_set(scanner, "fault", "double-feed sheet=2; stop sheet=4", &err), &err);
    fixture_scan(scanner, &log);
    assert_int_equal(log.event.kind, SCAN_JAM_OR_DOUBLE_FEED);
    assert_int_equal(log.event.sensors.double_feed, SCAN_UNKNOWN);
    fixture_scan(scanner, &log);
    assert_int_equal(log.event.kind, SCAN_STOP);
    fixture_scan(scanner, &log);
    assert_int_equal(log.event.kind, SCAN_END);
    fixture_check_whole(&log, 4);
}

static void a_profile_that_does_not_fit_the_device_is_refused(void **state)
{
    SCOPED(profile_free) struct profile *profile = fixture_profile("fujitsu-fi.conf");
    struct scanner *scanner = NULL;
    struct err err = {0};
    (void)state;
    check_refused(scanner_open("tripli:hopper", profile, &grey_duplex, &scanner, &err), ERR_DEVICE,
                  &err);
    assert_non_null(strstr(err.text, "page-width"));
    struct scan_request native = {SCAN_AS_SCANNED, true, 300};
    check_refused(scanner_open("tripli:fujitsu", profile, &native, &scanner, &err), ERR_UNSUPPORTED,
                  &err);
    assert_false(profile_can(profile, &native));
}

/* SANE's test backend loses a buffer at each status but success. It stays loaded so that the leak
 * has its name. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
    return "leak:libsane-test.so\n";
}

static struct scanner *open_test(const struct profile *profile, enum scan_mode mode)
{
    struct err err = {0};
    struct scanner *scanner = NULL;
    struct scan_request request = {mode, false, 50};
    check_ok(scanner_open("test:0", profile, &request, &scanner, &err), &err);
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
    struct scanner *scanner = NULL;
    struct err err = {0};
    (void)state;
    check_refused(scanner_open("test:0", profile, &grey_duplex, &scanner, &err), ERR_UNSUPPORTED,
                  &err);
    assert_non_null(strstr(err.text, "'source' has no value for grey, duplex"));
}

static void a_resolution_that_is_not_taken_is_told(void **state)
{
    SCOPED(profile_free) struct profile *profile = fixture_profile("tripli.conf");
    struct scan_request request = {SCAN_GREY, false, 20};
    struct scanner *scanner = NULL;
    struct err err = {0};
    (void)state;
    check_refused(scanner_open("tripli:hopper", profile, &request, &scanner, &err), ERR_DEVICE,
                  &err);
    assert_non_null(strstr(err.text, "'resolution' does not stay at '20'"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(fujitsu_is_set_up_and_what_alters_images_is_off, fixture_clear),
        cmocka_unit_test_setup(fujitsu_tells_a_double_feed_after_its_images_which_are_withdrawn,
                               fixture_clear),
        cmocka_unit_test_setup(fujitsu_without_df_action_sees_no_double_feed, fixture_clear),
        cmocka_unit_test(fujitsu_faults_leave_no_gap_and_no_double),
        cmocka_unit_test_setup(canon_cannot_tell_a_double_feed_from_a_jam_and_says_so,
                               fixture_clear),
        cmocka_unit_test_setup(a_profile_that_does_not_fit_the_device_is_refused, fixture_clear),
        cmocka_unit_test(sanes_test_scanner_feeds_ten_sheets_in_every_mode),
        cmocka_unit_test(a_page_of_unknown_height_is_read_to_its_end),
        cmocka_unit_test(padded_lines_and_tiny_reads_change_nothing),
        cmocka_unit_test(every_status_of_a_read_has_its_meaning),
        cmocka_unit_test(options_left_from_the_last_user_are_set_anew),
        cmocka_unit_test(three_passes_and_sixteen_bits_are_refused),
        cmocka_unit_test(a_duplex_wish_is_refused_by_a_scanner_without),
        cmocka_unit_test_setup(a_resolution_that_is_not_taken_is_told, fixture_clear),
    };
    return cmocka_run_group_tests(tests, fixture_start, fixture_stop);
}
