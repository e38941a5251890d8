/*
 * The scanner and the virtual feeder together, through stock libsane: pages come out as they went
 * in, in order, once; the hopper empties and stays so.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "scanner/device.h"

#include <leptonica/allheaders.h>
#include <string.h>
#include <unistd.h>

#include "base/scope.h"
#include "tests/check.h"
#include "tests/feeder_fixture.h"

static const struct scan_request as_scanned = {SCAN_AS_SCANNED, true, 300};

static void the_feeder_is_listed_with_its_makers_name(void **state)
{
    struct err err = {0};
    SCOPED(scanner_found_free) struct scanner_found *list = NULL;
    int tripli = 0, fujitsu = 0;
    (void)state;
    check_ok(scanner_list(&list, &err), &err);
    for (const struct scanner_found *found = list; found; found = found->next) {
        tripli += strcmp(found->name, "tripli:hopper") == 0 && strcmp(found->vendor, "tripli") == 0;
        fujitsu +=
            strcmp(found->name, "tripli:fujitsu") == 0 && strcmp(found->vendor, "FUJITSU") == 0;
    }
    assert_int_equal(tripli, 1);
    assert_int_equal(fujitsu, 1);
}

static void a_mixed_batch_comes_out_as_it_went_in(void **state)
{
    SCOPED(profile_free) struct profile *profile = fixture_profile("tripli.conf");
    struct fixture_log log = {0};
    (void)state;
    fixture_fill(FIXTURE_TRIPLI, 5);
    SCOPED(scanner_free)
    struct scanner *scanner = fixture_open(FIXTURE_TRIPLI, profile, &as_scanned);
    fixture_scan(scanner, &log);
    fixture_check_whole(&log, 5);
    static const int depths[] = {8, 32, 1, 8, 32};
    for (int i = 0; i < 10; i++) {
        assert_int_equal(log.at[i].depth, depths[i / 2]);
        assert_int_equal(log.at[i].dpi, 200);
    }
    assert_int_equal(log.event.kind, SCAN_END);
    assert_int_equal(log.event.sheets_complete, 5);
    assert_string_equal(log.event.sentence, "Le chargeur est vide : 5 feuilles lues.");
    assert_true(fixture_has(FIXTURE_TRIPLI, "fed/s05.a.png"));
    assert_false(fixture_has(FIXTURE_TRIPLI, "s01.a.png"));
}

static void pixels_pass_unchanged_in_every_depth(void **state)
{
    SCOPED(profile_free) struct profile *profile = fixture_profile("tripli.conf");
    static const int depths[] = {1, 8, 32};
    (void)state;
    for (int i = 0; i < 3; i++)
        fixture_put(FIXTURE_TRIPLI, (const char *[]){"1.a.png", "2.a.png", "3.a.png"}[i], 77 + i,
                    depths[i]);
    struct scan_request simplex = {SCAN_AS_SCANNED, false, 300};
    SCOPED(scanner_free)
    struct scanner *scanner = fixture_open(FIXTURE_TRIPLI, profile, &simplex);
    for (int i = 0; i < 3; i++) {
        struct scanned_side side;
        struct scan_event event;
        l_int32 same = 0;
        PIX *want = fixture_draw(77 + i, depths[i], 200);
        assert_int_equal(scanner_next_side(scanner, &side, &event), 1);
        pixEqual(side.page, want, &same);
        assert_true(same);
        pixDestroy(&side.page);
        pixDestroy(&want);
    }
}

static void the_mode_asked_for_is_the_mode_given(void **state)
{
    SCOPED(profile_free) struct profile *profile = fixture_profile("tripli.conf");
    static const struct {
        enum scan_mode mode;
        unsigned dpi;
        int depth;
    } rows[] = {{SCAN_BILEVEL, 300, 1}, {SCAN_GREY, 150, 8}, {SCAN_COLOUR, 200, 32}};
    for (size_t i = 0; i < 3; i++) {
        struct fixture_log log = {0};
        struct scan_request request = {rows[i].mode, true, rows[i].dpi};
        fixture_clear(state);
        fixture_fill(FIXTURE_TRIPLI, 3);
        SCOPED(scanner_free)
        struct scanner *scanner = fixture_open(FIXTURE_TRIPLI, profile, &request);
        fixture_scan(scanner, &log);
        fixture_check_whole(&log, 3);
        for (unsigned k = 0; k < log.count; k++) {
            assert_int_equal(log.at[k].depth, rows[i].depth);
            assert_int_equal(log.at[k].dpi, rows[i].dpi);
        }
    }
}

static void simplex_gives_fronts_only(void **state)
{
    SCOPED(profile_free) struct profile *profile = fixture_profile("tripli.conf");
    struct scan_request simplex = {SCAN_AS_SCANNED, false, 300};
    struct fixture_log log = {0};
    (void)state;
    fixture_fill(FIXTURE_TRIPLI, 3);
    SCOPED(scanner_free)
    struct scanner *scanner = fixture_open(FIXTURE_TRIPLI, profile, &simplex);
    fixture_scan(scanner, &log);
    assert_int_equal(log.count, 3);
    for (int i = 0; i < 3; i++)
        assert_int_equal(log.at[i].id, 2 * i + 1);
    assert_int_equal(log.event.kind, SCAN_END);
}

static void a_sheet_of_one_file_has_a_white_back(void **state)
{
    SCOPED(profile_free) struct profile *profile = fixture_profile("tripli.conf");
    struct fixture_log log = {0};
    (void)state;
    fixture_put(FIXTURE_TRIPLI, "a.jpg", 9, 8);
    fixture_put(FIXTURE_TRIPLI, "b.b.png", 10, 1);
    fixture_put_text(FIXTURE_TRIPLI, "notes.txt", "no sheet");
    SCOPED(scanner_free)
    struct scanner *scanner = fixture_open(FIXTURE_TRIPLI, profile, &as_scanned);
    fixture_scan(scanner, &log);
    assert_int_equal(log.count, 4);
    static const int ids[] = {9, 0, 0, 10};
    for (int i = 0; i < 4; i++)
        assert_int_equal(log.at[i].id, ids[i]);
    assert_int_equal(log.event.kind, SCAN_END);
}

static void the_second_page_of_a_tiff_is_the_back(void **state)
{
    SCOPED(profile_free) struct profile *profile = fixture_profile("tripli.conf");
    struct fixture_log log = {0};
    char path[4096];
    (void)state;
    snprintf(path, sizeof path, "%s/two.tif", fixture_folder(FIXTURE_TRIPLI));
    for (int i = 0; i < 2; i++) {
        PIX *page = fixture_draw(21 + i, 1, 200);
        assert_int_equal(pixWriteTiff(path, page, IFF_TIFF_G4, i ? "a" : "w"), 0);
        pixDestroy(&page);
    }
    SCOPED(scanner_free)
    struct scanner *scanner = fixture_open(FIXTURE_TRIPLI, profile, &as_scanned);
    fixture_scan(scanner, &log);
    assert_int_equal(log.count, 2);
    assert_int_equal(log.at[0].id, 21);
    assert_int_equal(log.at[1].id, 22);
}

static void the_settings_are_read_back_for_the_record(void **state)
{
    SCOPED(profile_free) struct profile *profile = fixture_profile("tripli.conf");
    (void)state;
    SCOPED(scanner_free)
    struct scanner *scanner = fixture_open(FIXTURE_TRIPLI, profile, &as_scanned);
    const struct scan_evidence *evidence = scanner_evidence(scanner);
    assert_string_equal(evidence->device, "tripli:hopper");
    assert_string_equal(evidence->model, "virtual feeder");
    assert_string_equal(evidence->profile, "tripli-1");
    assert_string_equal(evidence->mode, "as-scanned");
    assert_int_equal(evidence->setting_count, 7);
    assert_string_equal(evidence->settings[0].option, "source");
    assert_string_equal(evidence->settings[0].asked, "ADF Duplex");
    assert_string_equal(evidence->settings[0].got, "ADF Duplex");
    assert_string_equal(evidence->settings[2].got, "300");
    assert_string_equal(evidence->settings[5].option, "serial-number");
    assert_string_equal(evidence->settings[5].asked, "");
    assert_string_equal(evidence->settings[5].got, "V-0001");
    assert_string_equal(evidence->settings[6].option, "firmware-version");
    assert_string_equal(evidence->settings[6].got, "1.0");
}

static void what_was_fed_stays_fed_after_reopening(void **state)
{
    SCOPED(profile_free) struct profile *profile = fixture_profile("tripli.conf");
    static const enum fixture_device devices[] = {FIXTURE_TRIPLI, FIXTURE_KEEP};
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct fixture_log log = {0};
        struct scanned_side side;
        fixture_fill(devices[i], 4);
        struct scanner *scanner = fixture_open(devices[i], profile, &as_scanned);
        for (int k = 0; k < 4; k++) { /* two sheets, then the process ends */
            assert_int_equal(scanner_next_side(scanner, &side, &log.event), 1);
            assert_int_equal(side.sheet, k / 2 + 1);
            pixDestroy(&side.page);
        }
        scanner_free(&scanner);
        scanner = fixture_open(devices[i], profile, &as_scanned);
        scanner_new_batch(scanner, 3);
        fixture_scan(scanner, &log);
        assert_int_equal(log.count, 4);
        for (int k = 0; k < 4; k++) {
            assert_int_equal(log.at[k].id, 5 + k);
            assert_int_equal(log.at[k].sheet, 3 + k / 2);
        }
        assert_int_equal(log.event.sheets_complete, 4);
        scanner_free(&scanner);
    }
    assert_true(fixture_has(FIXTURE_KEEP, "s01.a.png"));
    assert_false(fixture_has(FIXTURE_KEEP, "feeder.journal"));
}

static void sheets_that_were_fed_and_not_kept_are_fed_again(void **state)
{
    SCOPED(profile_free) struct profile *profile = fixture_profile("tripli.conf");
    static const enum fixture_device devices[] = {FIXTURE_TRIPLI, FIXTURE_KEEP};
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct fixture_log log = {0}, rest = {0};
        struct err err = {0};
        fixture_fill(devices[i], 12);
        struct scanner *scanner = fixture_open(devices[i], profile, &as_scanned);
        check_ok(scanner_set(scanner, "fault", "stop sheet=12", &err), &err);
        fixture_scan(scanner, &log);
        assert_int_equal(log.event.sheets_complete, 11);
        scanner_free(&scanner); /* and nobody kept sheets 9 to 11 */
        scanner = fixture_open(devices[i], profile, &as_scanned);
        assert_int_equal(scanner_take_back(scanner, 9, &err), 1);
        fixture_scan(scanner, &rest);
        scanner_free(&scanner);
        assert_int_equal(rest.count, 8);
        for (unsigned k = 0; k < rest.count; k++) {
            assert_int_equal(rest.at[k].id, 17 + k);
            assert_int_equal(rest.at[k].sheet, 9 + k / 2);
        }
        assert_int_equal(rest.event.kind, SCAN_END);
        assert_int_equal(rest.event.sensors.counter, 12);
    }
}

static void an_empty_feeder_says_so_and_takes_paper_later(void **state)
{
    SCOPED(profile_free) struct profile *profile = fixture_profile("tripli.conf");
    struct fixture_log log = {0};
    (void)state;
    SCOPED(scanner_free)
    struct scanner *scanner = fixture_open(FIXTURE_TRIPLI, profile, &as_scanned);
    fixture_scan(scanner, &log);
    assert_int_equal(log.event.kind, SCAN_EMPTY);
    assert_true(scan_event_is_end(log.event.kind));
    fixture_fill(FIXTURE_TRIPLI, 2);
    fixture_scan(scanner, &log);
    fixture_check_whole(&log, 2);
    assert_int_equal(log.event.kind, SCAN_END);
}

static void one_scanner_has_one_user(void **state)
{
    SCOPED(profile_free) struct profile *profile = fixture_profile("tripli.conf");
    struct err err = {0};
    struct scanner *second = NULL;
    (void)state;
    SCOPED(scanner_free)
    struct scanner *scanner = fixture_open(FIXTURE_TRIPLI, profile, &as_scanned);
    check_refused(scanner_open("tripli:hopper", profile, &as_scanned, &second, &err),
                  ERR_UNAVAILABLE, &err);
    check_refused(scanner_open("tripli:none", profile, &as_scanned, &second, &err), ERR_DEVICE,
                  &err);
    assert_non_null(strstr(err.text, "tripli:none"));
    assert_null(strstr(err.text, "tripli scan")); /* it lists no devices */
}

static void the_scan_button_is_seen_once(void **state)
{
    SCOPED(profile_free) struct profile *profile = fixture_profile("tripli.conf");
    struct err err = {0};
    struct scan_sensors sensors;
    (void)state;
    fixture_fill(FIXTURE_TRIPLI, 1);
    SCOPED(scanner_free)
    struct scanner *scanner = fixture_open(FIXTURE_TRIPLI, profile, &as_scanned);
    assert_int_equal(scanner_button(scanner), SCAN_NO);
    check_ok(scanner_set(scanner, "press", "", &err), &err);
    assert_int_equal(scanner_button(scanner), SCAN_YES);
    assert_int_equal(scanner_button(scanner), SCAN_NO);
    scanner_sensors(scanner, &sensors);
    assert_true(sensors.answered);
    assert_int_equal(sensors.loaded, SCAN_YES);
    assert_int_equal(sensors.counter, 0);
    assert_int_equal(sensors.error_code, -1);
}

static void a_folder_that_is_none_is_refused(void **state)
{
    struct err err = {0};
    (void)state;
    check_refused(scanner_start("/nowhere/at/all", "/tmp", &err), ERR_CONFIG, &err);
    check_refused(scanner_start(NULL, "/tmp:", &err), ERR_CONFIG, &err);
}

static void the_variable_of_sane_stands_for_the_default_folder(void **state)
{
    struct err err = {0};
    const char *before = getenv("SANE_CONFIG_DIR");
    SCOPED(scope_free) char *kept = before ? strdup(before) : NULL;
    (void)state;
    setenv("SANE_CONFIG_DIR", "/nowhere/of/sane", 1);
    check_refused(scanner_start(NULL, NULL, &err), ERR_CONFIG, &err);
    assert_non_null(strstr(err.text, "/nowhere/of/sane"));
    if (kept)
        setenv("SANE_CONFIG_DIR", kept, 1);
    else
        unsetenv("SANE_CONFIG_DIR");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_feeder_is_listed_with_its_makers_name),
        cmocka_unit_test_setup(a_mixed_batch_comes_out_as_it_went_in, fixture_clear),
        cmocka_unit_test_setup(pixels_pass_unchanged_in_every_depth, fixture_clear),
        cmocka_unit_test_setup(the_mode_asked_for_is_the_mode_given, fixture_clear),
        cmocka_unit_test_setup(simplex_gives_fronts_only, fixture_clear),
        cmocka_unit_test_setup(a_sheet_of_one_file_has_a_white_back, fixture_clear),
        cmocka_unit_test_setup(the_second_page_of_a_tiff_is_the_back, fixture_clear),
        cmocka_unit_test_setup(the_settings_are_read_back_for_the_record, fixture_clear),
        cmocka_unit_test_setup(what_was_fed_stays_fed_after_reopening, fixture_clear),
        cmocka_unit_test_setup(sheets_that_were_fed_and_not_kept_are_fed_again, fixture_clear),
        cmocka_unit_test_setup(an_empty_feeder_says_so_and_takes_paper_later, fixture_clear),
        cmocka_unit_test_setup(one_scanner_has_one_user, fixture_clear),
        cmocka_unit_test_setup(the_scan_button_is_seen_once, fixture_clear),
        cmocka_unit_test(a_folder_that_is_none_is_refused),
        cmocka_unit_test(the_variable_of_sane_stands_for_the_default_folder),
    };
    return cmocka_run_group_tests(tests, fixture_start, fixture_stop);
}
