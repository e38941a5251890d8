/*
 * Errors: text, prefix, names, exit statuses and fates.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/err.h"

#include <errno.h>
#include <string.h>
#include <sysexits.h>

#include "tests/check.h"

static void text_and_prefix_build_one_line(void **state)
{
    (void)state;
    struct err err = {0};
    assert_int_equal(err_set(&err, ERR_LIMIT, "page %d: too wide", 3), ERR_LIMIT);
    assert_int_equal(err_prefix(&err, "%s", "a.tif"), ERR_LIMIT);
    assert_string_equal(err.text, "a.tif: page 3: too wide");
}

static void a_long_text_is_cut_not_overrun(void **state)
{
    (void)state;
    char text[2 * ERR_TEXT_MAX];
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    struct err err = {0};
    err_set(&err, ERR_IO, "%s", text);
    err_prefix(&err, "%s", text);
    assert_true(strlen(err.text) < ERR_TEXT_MAX);
}

static void errno_values_map_to_codes(void **state)
{
    (void)state;
    struct err err;
    assert_int_equal(err_errno(&err, ENOSPC, "x"), ERR_FULL);
    assert_int_equal(err_errno(&err, ENOENT, "x"), ERR_NOT_FOUND);
    assert_int_equal(err_errno(&err, EACCES, "x"), ERR_DENIED);
    assert_int_equal(err_errno(&err, EIO, "x"), ERR_IO);
    assert_string_equal(err.text, "x: Input/output error");
}

static void every_code_has_name_and_exit_status(void **state)
{
    (void)state;
    for (int code = ERR_UNAVAILABLE; code <= ERR_IO; code++) {
        assert_string_not_equal(err_name(code), "unknown");
        assert_int_not_equal(err_exit_status(code), EX_SOFTWARE);
    }
    assert_string_equal(err_name(0), "ok");
    assert_int_equal(err_exit_status(5), EX_OK);
    assert_int_equal(err_fate(ERR_LIMIT), FATE_QUARANTINE);
    assert_int_equal(err_fate(ERR_FULL), FATE_STOP);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_and_prefix_build_one_line),
        cmocka_unit_test(a_long_text_is_cut_not_overrun),
        cmocka_unit_test(errno_values_map_to_codes),
        cmocka_unit_test(every_code_has_name_and_exit_status),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
