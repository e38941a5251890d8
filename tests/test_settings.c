/*
 * The cascade's numbers, read strictly, and the count of votes.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "classify/settings.h"

#include <math.h>
#include <string.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/file.h"
#include "base/scope.h"
#include "classify/ballot.h"
#include "tests/check.h"

static const char *shipped_path(void)
{
    static char path[4096];
    const char *folder = getenv("TRIPLI_CONFIG");
    snprintf(path, sizeof path, "%s/classify.conf", folder ? folder : "config");
    return path;
}

static void the_shipped_settings_are_sound(void **state)
{
    (void)state;
    struct err err = {0};
    struct settings settings;
    check_ok(settings_read(shipped_path(), &settings, &err), &err);
    for (int tag = TAG_CARE_FORM; tag < TAG_COUNT; tag++)
        assert_true(settings.accept[tag] > 0.5 && settings.accept[tag] <= 1);
    assert_true(settings.title_count > 2 && settings.not_the_form_count > 0);
    assert_true(settings.form.middle > 0.15 && settings.form.middle < 0.4);
}

/* One change to the shipped file, which must be refused and name what is wrong. */
static const struct {
    const char *from, *to, *names;
} refused_rows[] = {
    {"format = 1;", "format = 2;", "format"},
    {"format = 1;", "", "format"},
    {"mix = {", "mixx = {", "mixx"},
    {"letter = 0.26;", "letter = 1.26;", "letter"},
    {"rotation = 0.90;", "rotatoin = 0.90;", "rotatoin"},
    {"slope = ", "slop = ", "slop"},
    {"tag = \"sick_note\";", "tag = \"invoice\";", "written tag"},
    {"phrase = \"feuille de soins\";", "phrase = \"\";", "phrase"},
    {"unread = 1.5;", "unread = 1.5; unread = 1.5;", "dupl"},
    {"( \"notice\",", "( 5,", "not_the_form"},
    {"typed = (", "typed = ( 1.0,", "typed"},
};

static void a_wrong_setting_is_refused_by_name(void **state)
{
    (void)state;
    struct err err = {0};
    SCOPED(buf_free) struct buf text = {0};
    check_ok(file_read(shipped_path(), 1 << 16, &text, &err), &err);
    check_ok(buf_append(&text, bytes_of("", 1)), &err);
    char path[] = "/tmp/tripli-settings-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    close(fd);
    for (size_t i = 0; i < sizeof refused_rows / sizeof *refused_rows; i++) {
        const char *at = strstr((const char *)text.at, refused_rows[i].from);
        if (!at)
            fail_msg("row %zu: the shipped file has no '%s'", i, refused_rows[i].from);
        SCOPED(buf_free) struct buf bad = {0};
        size_t before = (size_t)(at - (const char *)text.at);
        size_t after = before + strlen(refused_rows[i].from);
        buf_append(&bad, bytes_of(text.at, before));
        buf_append(&bad, bytes_of(refused_rows[i].to, strlen(refused_rows[i].to)));
        buf_append(&bad, bytes_of(text.at + after, text.len - 1 - after));
        check_ok(file_write(path, 0600, buf_view(&bad), &err), &err);
        struct settings settings;
        check_refused(settings_read(path, &settings, &err), ERR_CONFIG, &err);
        if (!strstr(err.text, refused_rows[i].names))
            fail_msg("row %zu: got '%s', want '%s' in it", i, err.text, refused_rows[i].names);
    }
    unlink(path);
}

static void votes_add_up_to_probabilities(void **state)
{
    (void)state;
    double mix[TAG_COUNT] = {0}, confidence;
    mix[TAG_LETTER] = mix[TAG_OTHER] = 0.5;
    struct ballot ballot = ballot_start(mix);
    double sum = 0;
    for (int tag = TAG_CARE_FORM; tag < TAG_COUNT; tag++)
        sum += ballot_confidence(&ballot, (enum tag)tag);
    assert_true(fabs(sum - 1) < 1e-9);
    ballot_vote(&ballot, TAG_LETTER, log(3));
    assert_int_equal(ballot_leader(&ballot, &confidence), TAG_LETTER);
    assert_true(fabs(confidence - 0.75) < 0.001);
    ballot_between(&ballot, TAG_LETTER, TAG_OTHER, -log(9));
    assert_int_equal(ballot_leader(&ballot, &confidence), TAG_OTHER);
    assert_true(fabs(confidence - 0.75) < 0.001);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_shipped_settings_are_sound),
        cmocka_unit_test(a_wrong_setting_is_refused_by_name),
        cmocka_unit_test(votes_add_up_to_probabilities),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
