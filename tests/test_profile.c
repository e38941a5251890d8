/*
 * Scanner profiles: the shipped ones load and fit, wrong ones are refused with their line, and a
 * status means what docs/scanners.md says.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "scanner/profile.h"

#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/scope.h"
#include "scanner/meaning.h"
#include "tests/check.h"

static char path[] = "/tmp/tripli-profile-XXXXXX";

#define HEAD "version = 1; id = \"x\"; title = \"X\"; devices = \"x:*\";\n"

static int load_text(const char *text, struct profile **ret_profile, struct err *err)
{
    check_ok(file_write(path, 0600, bytes_of(text, strlen(text)), err), err);
    return profile_load(path, ret_profile, err);
}

static const char *shipped(void)
{
    static char folder[4096];
    snprintf(folder, sizeof folder, "%s/scanners", getenv("TRIPLI_CONFIG"));
    return folder;
}

static void each_device_finds_its_profile(void **state)
{
    static const struct {
        const char *device, *id;
    } rows[] = {{"tripli:hopper", "tripli-1"},
                {"test:0", "sane-test-1"},
                {"fujitsu:fi-7160:1234", "fujitsu-fi-1"},
                {"net:scanpc:fujitsu:fi-7160:1234", "fujitsu-fi-1"},
                {"canon_dr:libusb:001:004", "canon-dr-1"}};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct err err = {0};
        SCOPED(profile_free) struct profile *profile = NULL;
        check_ok(profile_find(shipped(), rows[i].device, &profile, &err), &err);
        assert_string_equal(profile_id(profile), rows[i].id);
        assert_true(profile_title(profile)[0] != '\0');
    }
    struct err err = {0};
    struct profile *none = NULL;
    check_refused(profile_find(shipped(), "epson2:net", &none, &err), ERR_NOT_FOUND, &err);
    assert_null(none);
}

static void what_alters_images_is_forbidden_on_real_scanners(void **state)
{
    static const char *const devices[] = {"fujitsu:x", "canon_dr:x"};
    static const char *const want[] = {"swskip", "swdeskew", "swcrop", "swdespeck"};
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct err err = {0};
        SCOPED(profile_free) struct profile *profile = NULL;
        check_ok(profile_find(shipped(), devices[i], &profile, &err), &err);
        const char *const *names = profile_forbidden(profile);
        for (size_t k = 0; k < 4; k++)
            assert_string_equal(names[k], want[k]);
        assert_null(names[4]);
    }
}

static void options_depend_on_mode_and_sides(void **state)
{
    struct profile_option options[PROFILE_OPTIONS_MAX];
    struct err err = {0};
    SCOPED(profile_free) struct profile *profile = NULL;
    (void)state;
    check_ok(load_text(HEAD
                       "options = ("
                       "{ name = \"source\"; simplex = \"Front\"; duplex = [\"Both\", \"D\"]; },"
                       "{ name = \"mode\"; grey = \"Gray\"; },"
                       "{ name = \"depth\"; bilevel = \"1\"; required = false; },"
                       "{ name = \"resolution\"; value = \"{dpi}\"; within = 2.5; } );",
                       &profile, &err),
             &err);
    struct scan_request request = {SCAN_GREY, true, 300};
    assert_int_equal(profile_options(profile, &request, options, &err), 3);
    assert_string_equal(options[0].choices[0], "Both");
    assert_string_equal(options[0].choices[1], "D");
    assert_null(options[0].choices[2]);
    assert_string_equal(options[2].name, "resolution");
    assert_true(options[2].required && options[2].within > 2.4);
    request.duplex = false;
    assert_true(profile_can(profile, &request));
    request.mode = SCAN_COLOUR;
    check_refused(profile_options(profile, &request, options, &err), ERR_UNSUPPORTED, &err);
    assert_non_null(strstr(err.text, "'mode' has no value for colour, simplex"));
}

static void wrong_profiles_are_refused(void **state)
{
    static const struct {
        const char *text, *says;
    } rows[] = {
        {"", "'version' is missing"},
        {"version = 2;", "version: 2, must be 1 to 1"},
        {"version = 1; title = \"X\"; devices = \"x\";", "'id' is missing"},
        {"version = 1; id = \"x\"; title = \"X\";", "'devices' is missing"},
        {HEAD "colour = 1;", ":2: unknown key 'colour'"},
        {HEAD "devices2 = ();", "unknown key 'devices2'"},
        {HEAD "options = ( { name = \"a\"; } );", "option 'a' needs one of"},
        {HEAD "options = ( { name = \"a\"; value = \"1\"; grey = \"2\"; } );", "needs one of"},
        {HEAD "options = ( { value = \"1\"; } );", "'name' is missing"},
        {HEAD "options = ( { name = \"a\"; value = 1; } );", "a text or a list of texts"},
        {HEAD "options = ( 1 );", "entry 1 is not a group"},
        {HEAD "options = { };", "a list of groups is wanted"},
        {HEAD "sensors = { paper = \"x\"; };", "unknown key 'paper'"},
        {HEAD "sensors = ( );", "a group is wanted"},
        {HEAD "events = ( { status = \"GOOD\"; event = \"end\"; } );", "status 'GOOD'"},
        {HEAD "events = ( { status = \"JAM\"; event = \"end\"; } );", "status 'JAM'"},
        {HEAD "events = ( { status = \"JAMMED\"; event = \"hung\"; } );", "event 'hung'"},
        {HEAD "events = ( { status = \"JAMMED\"; } );", "'event' is missing"},
        {HEAD "double_feed = \"never\";", "must be \"at\" or \"after\""},
        {HEAD "forbidden = [ 1 ];", "entry 1 is not a text"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct err err = {0};
        struct profile *profile = NULL;
        check_refused(load_text(rows[i].text, &profile, &err), ERR_CONFIG, &err);
        if (!strstr(err.text, rows[i].says))
            fail_msg("got '%s', want '%s' in it", err.text, rows[i].says);
        assert_null(profile);
    }
}

static const struct scan_sensors blind = {
    .answered = true, .loaded = -1, .cover_open = -1, .double_feed = -1, .error_code = -1};

static void a_status_and_the_sensors_make_an_event(void **state)
{
    static const struct {
        const char *status;
        int loaded, cover_open, double_feed;
        bool answered;
        enum scan_event_kind want;
    } rows[] = {
        {"NO_DOCS", 1, -1, -1, true, SCAN_STOP},
        {"NO_DOCS", 0, -1, -1, true, SCAN_END},
        {"NO_DOCS", -1, -1, -1, true, SCAN_END_UNSURE},
        {"JAMMED", 1, 0, 1, true, SCAN_DOUBLE_FEED},
        {"JAMMED", 1, 1, 0, true, SCAN_COVER_OPEN},
        {"JAMMED", 1, 0, 0, true, SCAN_JAM},
        {"JAMMED", 1, -1, -1, true, SCAN_JAM_OR_DOUBLE_FEED},
        {"IO_ERROR", -1, -1, -1, false, SCAN_UNPLUGGED},
        {"IO_ERROR", -1, -1, 1, true, SCAN_DOUBLE_FEED},
        {"IO_ERROR", -1, 1, -1, true, SCAN_COVER_OPEN},
        {"IO_ERROR", 1, 0, 0, true, SCAN_IO_ERROR},
        {"INVAL", -1, -1, -1, false, SCAN_UNPLUGGED},
        {"INVAL", 1, -1, -1, true, SCAN_REFUSED},
        {"COVER_OPEN", -1, -1, -1, true, SCAN_COVER_OPEN},
        {"DEVICE_BUSY", -1, -1, -1, true, SCAN_BUSY},
        {"ACCESS_DENIED", -1, -1, -1, true, SCAN_DENIED},
        {"CANCELLED", -1, -1, -1, true, SCAN_CANCELLED},
        {"NO_MEM", -1, -1, -1, true, SCAN_NO_MEMORY},
        {"EOF", -1, -1, -1, true, SCAN_INCOMPLETE},
        {"UNSUPPORTED", -1, -1, -1, true, SCAN_UNSUPPORTED},
        {"WARMING_UP", -1, -1, -1, true, SCAN_BUSY},
        {"HW_LOCKED", -1, -1, -1, true, SCAN_REFUSED},
        {"?", -1, -1, -1, true, SCAN_IO_ERROR},
    };
    struct err err = {0};
    SCOPED(profile_free) struct profile *profile = NULL;
    (void)state;
    check_ok(load_text(HEAD, &profile, &err), &err);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct scan_sensors sensors = blind;
        const char *say = "?";
        sensors.answered = rows[i].answered;
        sensors.loaded = rows[i].loaded;
        sensors.cover_open = rows[i].cover_open;
        sensors.double_feed = rows[i].double_feed;
        enum scan_event_kind got =
            profile_meaning(profile, meaning_status_parse(rows[i].status), &sensors, &say);
        if (got != rows[i].want)
            fail_msg("row %zu: got %s, want %s", i, scan_event_name(got),
                     scan_event_name(rows[i].want));
        assert_null(say);
    }
}

static void a_profiles_own_rule_comes_first(void **state)
{
    struct err err = {0};
    struct scan_sensors sensors = blind;
    const char *say = NULL;
    SCOPED(profile_free) struct profile *profile = NULL;
    (void)state;
    check_ok(load_text(HEAD "events = ( { status = \"JAMMED\"; error_code = 85; "
                            "event = \"cover_open\"; say = \"Fermez le bac {sheet}. {read}\"; } );",
                       &profile, &err),
             &err);
    sensors.error_code = 84;
    assert_int_equal(profile_meaning(profile, meaning_status_parse("JAMMED"), &sensors, &say),
                     SCAN_JAM_OR_DOUBLE_FEED);
    sensors.error_code = 85;
    struct scan_event event = {.sheets_complete = 4, .feed_from = 5};
    event.kind = profile_meaning(profile, meaning_status_parse("JAMMED"), &sensors, &say);
    assert_int_equal(event.kind, SCAN_COVER_OPEN);
    scan_event_phrase(&event, say);
    assert_string_equal(
        event.sentence,
        "Fermez le bac 5. Les feuilles n° 1 à n° 4 sont lues : ne les remettez pas.");
}

static void every_event_has_a_name_and_a_sentence(void **state)
{
    (void)state;
    for (int kind = 0; kind < SCAN_EVENT_KINDS; kind++) {
        struct scan_event event = {.kind = (enum scan_event_kind)kind,
                                   .sheets_complete = 123456,
                                   .feed_from = 123457,
                                   .passed_unread = 99};
        assert_int_equal(scan_event_parse(scan_event_name(event.kind)), kind);
        scan_event_phrase(&event, NULL);
        size_t length = strlen(event.sentence);
        assert_in_range(length, 20, SCAN_SENTENCE_SIZE - 2);
        assert_int_equal(event.sentence[length - 1], '.');
        assert_null(strchr(event.sentence, '{'));
    }
    assert_int_equal(scan_event_parse("fire"), -1);
}

static void a_sentence_too_long_is_cut_between_characters(void **state)
{
    char say[2 * SCAN_SENTENCE_SIZE];
    struct scan_event event = {.kind = SCAN_END};
    (void)state;
    for (int first = 0; first < 2; first++) {
        memset(say, 0, sizeof say);
        say[0] = 'x';
        for (size_t i = (size_t)first; i + 3 < sizeof say; i += 2)
            memcpy(say + i, "é", 2);
        scan_event_phrase(&event, say);
        size_t length = strlen(event.sentence);
        assert_in_range(length, SCAN_SENTENCE_SIZE - 2, SCAN_SENTENCE_SIZE - 1);
        assert_int_equal((length - (size_t)first) % 2, 0);
    }
}

static void modes_have_names(void **state)
{
    (void)state;
    for (int mode = 0; mode < SCAN_MODES; mode++) {
        enum scan_mode back = SCAN_MODES;
        assert_int_equal(scan_mode_parse(scan_mode_name((enum scan_mode)mode), &back), 0);
        assert_int_equal(back, mode);
    }
    enum scan_mode none;
    assert_int_equal(scan_mode_parse("sepia", &none), ERR_FORMAT);
}

int main(void)
{
    int fd = mkstemp(path);
    if (fd < 0)
        return 1;
    close(fd);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_device_finds_its_profile),
        cmocka_unit_test(what_alters_images_is_forbidden_on_real_scanners),
        cmocka_unit_test(options_depend_on_mode_and_sides),
        cmocka_unit_test(wrong_profiles_are_refused),
        cmocka_unit_test(a_status_and_the_sensors_make_an_event),
        cmocka_unit_test(a_profiles_own_rule_comes_first),
        cmocka_unit_test(every_event_has_a_name_and_a_sentence),
        cmocka_unit_test(a_sentence_too_long_is_cut_between_characters),
        cmocka_unit_test(modes_have_names),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    unlink(path);
    return failed;
}
