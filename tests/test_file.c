/*
 * Files: limits, whole-or-nothing writes, trees.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/file.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/check.h"

static char folder[] = "/tmp/tripli-file-XXXXXX";

static const char *at(const char *name)
{
    static char path[200];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static void what_is_written_is_read_back(void **state)
{
    (void)state;
    struct err err = {0};
    struct buf data = {0};
    check_ok(file_write(at("a"), 0600, bytes_of("hello", 5), &err), &err);
    check_ok(file_read(at("a"), 5, &data, &err), &err);
    assert_true(bytes_equal(buf_view(&data), bytes_of("hello", 5)));
    assert_int_equal(access(at("a.part"), F_OK), -1);
    buf_free(&data);
}

static void a_file_over_the_limit_is_refused_unread(void **state)
{
    (void)state;
    struct err err = {0};
    struct buf data = {0};
    check_ok(file_write(at("b"), 0600, bytes_of("hello", 5), &err), &err);
    check_refused(file_read(at("b"), 4, &data, &err), ERR_LIMIT, &err);
    assert_non_null(strstr(err.text, "5 bytes, at most 4"));
    assert_int_equal(data.len, 0);
    check_refused(file_read(at("none"), 4, &data, &err), ERR_NOT_FOUND, &err);
    check_refused(file_read(folder, 4, &data, &err), ERR_FORMAT, &err);
    buf_free(&data);
}

static void folders_are_made_and_removed_with_all_below(void **state)
{
    (void)state;
    struct err err = {0};
    check_ok(file_make_folders(at("x/y/z"), 0700, &err), &err);
    check_ok(file_make_folders(at("x/y/z"), 0700, &err), &err);
    check_ok(file_write(at("x/y/z/f"), 0600, bytes_of("1", 1), &err), &err);
    check_ok(file_remove_tree(at("x"), &err), &err);
    assert_int_equal(access(at("x"), F_OK), -1);
    check_ok(file_remove_tree(at("x"), &err), &err);
}

int main(void)
{
    if (!mkdtemp(folder))
        return 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_is_read_back),
        cmocka_unit_test(a_file_over_the_limit_is_refused_unread),
        cmocka_unit_test(folders_are_made_and_removed_with_all_below),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    struct err err;
    file_remove_tree(folder, &err);
    return failed;
}
