/*
 * Configuration: strict reading, errors that name file and line.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/config.h"

#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "tests/check.h"

static char path[] = "/tmp/tripli-config-XXXXXX";

static int open_text(const char *text, config_t *config, struct err *err)
{
    check_ok(file_write(path, 0600, bytes_of(text, strlen(text)), err), err);
    return config_open(path, config, err);
}

static void values_are_read_and_ranges_hold(void **state)
{
    (void)state;
    struct err err = {0};
    config_t config;
    check_ok(open_text("a = 5;\nb = 0.5;\nc = true;\nd = \"x\";\n", &config, &err), &err);
    const config_setting_t *root = config_root_setting(&config);
    const long long far[] = {6, 9};
    long long a = 0, absent = 7;
    double b = 0;
    bool c = false;
    const char *d = NULL;
    check_ok(config_int(root, "a", (const long long[]){1, 5}, &a, &err), &err);
    check_ok(config_int(root, "absent", (const long long[]){1, 5}, &absent, &err), &err);
    check_ok(config_real(root, "b", (double[]){0, 1}, &b, &err), &err);
    check_ok(config_bool(root, "c", &c, &err), &err);
    check_ok(config_text_required(root, "d", &d, &err), &err);
    assert_int_equal(a, 5);
    assert_int_equal(absent, 7);
    assert_true(b > 0.49 && b < 0.51 && c);
    assert_string_equal(d, "x");
    check_refused(config_int(root, "a", far, &a, &err), ERR_CONFIG, &err);
    assert_non_null(strstr(err.text, ":1: a: 5, must be 6 to 9"));
    check_refused(config_int(root, "d", far, &a, &err), ERR_CONFIG, &err);
    check_refused(config_text_required(root, "e", &d, &err), ERR_CONFIG, &err);
    config_close(&config);
}

static void an_unknown_key_is_named_with_its_line(void **state)
{
    (void)state;
    struct err err = {0};
    config_t config;
    check_ok(open_text("a = 5;\nbb = 1;\n", &config, &err), &err);
    const char *const known[] = {"a", NULL};
    check_refused(config_check_keys(config_root_setting(&config), known, &err), ERR_CONFIG, &err);
    assert_non_null(strstr(err.text, ":2: unknown key 'bb'"));
    config_close(&config);
}

static void bad_syntax_and_includes_are_refused(void **state)
{
    (void)state;
    struct err err = {0};
    config_t config;
    check_refused(open_text("a = ;\n", &config, &err), ERR_CONFIG, &err);
    assert_non_null(strstr(err.text, ":1:"));
    check_refused(open_text("@include \"/etc/passwd\"\n", &config, &err), ERR_CONFIG, &err);
    check_refused(open_text("a = 1;\na = 2;\n", &config, &err), ERR_CONFIG, &err);
}

int main(void)
{
    int fd = mkstemp(path);
    if (fd < 0)
        return 1;
    close(fd);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_read_and_ranges_hold),
        cmocka_unit_test(an_unknown_key_is_named_with_its_line),
        cmocka_unit_test(bad_syntax_and_includes_are_refused),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    unlink(path);
    return failed;
}
