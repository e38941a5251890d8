/*
 * Other scanners: Fujitsu's and Canon's names as the virtual feeder shows them, driven by their own
 * profiles.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "scanner/device.h"

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
        cmocka_unit_test_setup(a_resolution_that_is_not_taken_is_told, fixture_clear),
    };
    return cmocka_run_group_tests(tests, fixture_start, fixture_stop);
}
