/*
 * Refused files of a batch that is begun again: what counts of what lies on the disk.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "partners/inbox_refusals.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/scope.h"
#include "tests/check.h"

enum { FILES = 5 };

static char folder[] = "/tmp/tripli-refusals-XXXXXX";
static char path[100];

static int fresh(void **state)
{
    (void)state;
    unlink(path);
    return 0;
}

static void read_back(struct inbox_refusals *refusals)
{
    struct err err = {0};
    check_ok(inbox_refusals_read(path, FILES, refusals, &err), &err);
}

static void refuse(struct inbox_refusals *refusals, uint32_t file, int code, const char *reason)
{
    struct err err = {0}, why = {0};
    err_set(&why, code, "%s", reason);
    check_ok(inbox_refusals_add(refusals, file, &why, &err), &err);
}

static void put_on_disk(const char *text)
{
    struct err err = {0};
    check_ok(file_write(path, 0600, bytes_of(text, strlen(text)), &err), &err);
}

static void check_marks(const struct inbox_refusals *refusals, const char *want)
{
    for (uint32_t file = 1; file <= FILES; file++)
        assert_int_equal(inbox_refusals_has(refusals, file), want[file - 1] == '1');
}

static void refused_files_are_found_again(void **state)
{
    (void)state;
    struct inbox_refusals first, second;
    read_back(&first);
    assert_int_equal(first.count, 0);
    check_marks(&first, "00000");
    refuse(&first, 2, ERR_FORMAT, "no image");
    refuse(&first, 3, ERR_LIMIT, "too \"large\"\n");
    read_back(&second);
    refuse(&second, 5, ERR_FORMAT, "cut");
    check_marks(&second, "01101");
    inbox_refusals_clear(&first);
    read_back(&first);
    assert_int_equal(first.count, 3);
    check_marks(&first, "01101");
    assert_true(bytes_equal(buf_view(&first.lines), buf_view(&second.lines)));
    assert_int_equal(json_integer_value(json_object_get(first.codes, err_name(ERR_FORMAT))), 2);
    assert_int_equal(json_integer_value(json_object_get(first.codes, err_name(ERR_LIMIT))), 1);
    inbox_refusals_clear(&first);
    inbox_refusals_clear(&second);
}

/* However much of a line was written, the lines before it stand and the next goes in its place. */
static void a_line_that_was_cut_does_not_count(void **state)
{
    struct inbox_refusals whole;
    fresh(state);
    read_back(&whole);
    refuse(&whole, 1, ERR_FORMAT, "no image");
    size_t first = whole.lines.len;
    refuse(&whole, 4, ERR_FORMAT, "a reason that is longer than that of the line after it");
    for (size_t cut = first; cut < whole.lines.len; cut++) {
        struct inbox_refusals refusals;
        struct err err = {0};
        check_ok(file_write(path, 0600, bytes_of(whole.lines.at, cut), &err), &err);
        read_back(&refusals);
        check_marks(&refusals, "10000");
        refuse(&refusals, 3, ERR_LIMIT, "");
        inbox_refusals_clear(&refusals);
        read_back(&refusals);
        check_marks(&refusals, "10100");
        inbox_refusals_clear(&refusals);
    }
    inbox_refusals_clear(&whole);
}

static void other_contents_are_not_taken(void **state)
{
    (void)state;
    static const char *const rows[] = {
        "nothing of the kind\n",
        "{\"file\":0,\"code\":\"format\",\"reason\":\"\"}\n",
        "{\"file\":6,\"code\":\"format\",\"reason\":\"\"}\n",
        "{\"file\":1,\"reason\":\"\"}\n",
        "{\"file\":2,\"code\":\"format\",\"reason\":\"\"}\n"
        "{\"file\":2,\"code\":\"format\",\"reason\":\"\"}\n",
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct inbox_refusals refusals;
        struct err err = {0};
        put_on_disk(rows[i]);
        check_refused(inbox_refusals_read(path, FILES, &refusals, &err), ERR_FORMAT, &err);
        inbox_refusals_clear(&refusals);
    }
}

static void what_cannot_be_kept_is_not_refused(void **state)
{
    (void)state;
    struct inbox_refusals refusals;
    struct err err = {0}, why = {0};
    err_set(&why, ERR_FORMAT, "no image");
    read_back(&refusals);
    assert_int_equal(symlink("/dev/null", path), 0);
    assert_true(inbox_refusals_add(&refusals, 1, &why, &err) < 0);
    check_marks(&refusals, "00000");
    assert_int_equal(refusals.lines.len, 0);
    inbox_refusals_clear(&refusals);
}

int main(void)
{
    struct err err = {0};
    if (!mkdtemp(folder))
        return 1;
    snprintf(path, sizeof path, "%s/refusals", folder);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(refused_files_are_found_again, fresh),
        cmocka_unit_test_setup(a_line_that_was_cut_does_not_count, fresh),
        cmocka_unit_test_setup(other_contents_are_not_taken, fresh),
        cmocka_unit_test_setup(what_cannot_be_kept_is_not_refused, fresh),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    file_remove_tree(folder, &err);
    return failed;
}
