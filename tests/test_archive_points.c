/*
 * Every fault point of archive/ stands in the crash suite's list and in docs/durability.md, and
 * nothing stands there that the code does not have.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <ctype.h>
#include <dirent.h>
#include <string.h>

#include "base/file.h"
#include "base/scope.h"
#include "tests/check.h"
#include "tests/crash/archive_points.h"

enum { TEXT_LIMIT = 1 << 20, POINT_SIZE = 64 };

static void read_text(const char *below, struct buf *ret_text)
{
    char path[4096];
    struct err err = {0};
    snprintf(path, sizeof path, "%s/../%s", getenv("TRIPLI_CONFIG"), below);
    check_ok(file_read(path, TEXT_LIMIT, ret_text, &err), &err);
    assert_int_equal(buf_append(ret_text, bytes_of("", 1)), 0);
}

/* A fault point in quotes ("folder.step.before…") at `text`; how long, 0 none. */
static size_t point_at(const char *text)
{
    size_t len = 0;
    while (islower((unsigned char)text[len]) || text[len] == '.' || text[len] == '_')
        len++;
    if (text[len] != '"' || len >= POINT_SIZE || !memchr(text, '.', len))
        return 0;
    return memmem(text, len, ".before", 7) || memmem(text, len, ".after", 6) ? len : 0;
}

static bool is_listed(const char *point)
{
    for (int i = 0; i < ARCHIVE_POINTS; i++)
        if (strcmp(archive_points[i], point) == 0)
            return true;
    return false;
}

static int check_points_of(const char *name)
{
    SCOPED(buf_free) struct buf text = {0};
    char below[300], point[POINT_SIZE];
    int found = 0;
    snprintf(below, sizeof below, "archive/%s", name);
    read_text(below, &text);
    for (const char *at = strchr((char *)text.at, '"'); at; at = strchr(at + 1, '"')) {
        size_t len = point_at(at + 1);
        if (len == 0)
            continue;
        snprintf(point, sizeof point, "%.*s", (int)len, at + 1);
        if (!is_listed(point))
            fail_msg("%s: fault point %s is not in tests/crash/archive_points.h", name, point);
        found++;
    }
    return found;
}

static void every_point_of_the_code_is_in_the_crash_suite(void **state)
{
    (void)state;
    char path[4096];
    int found = 0;
    snprintf(path, sizeof path, "%s/../archive", getenv("TRIPLI_CONFIG"));
    DIR *folder = opendir(path);
    assert_non_null(folder);
    const struct dirent *entry;
    while ((entry = readdir(folder)) != NULL) {
        const char *dot = strrchr(entry->d_name, '.');
        if (dot && strcmp(dot, ".c") == 0)
            found += check_points_of(entry->d_name);
    }
    closedir(folder);
    int elsewhere = 0; /* in base/ */
    for (int i = 0; i < ARCHIVE_POINTS; i++)
        elsewhere += strncmp(archive_points[i], "file.", 5) == 0;
    assert_int_equal(found + elsewhere, ARCHIVE_POINTS);
}

static void every_point_has_a_row_in_the_document(void **state)
{
    (void)state;
    SCOPED(buf_free) struct buf text = {0};
    read_text("docs/durability.md", &text);
    for (int i = 0; i < ARCHIVE_POINTS; i++) {
        char row[POINT_SIZE + 8];
        snprintf(row, sizeof row, "`%s`", archive_points[i]);
        if (!strstr((char *)text.at, row))
            fail_msg("docs/durability.md has no word about %s", row);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_point_of_the_code_is_in_the_crash_suite),
        cmocka_unit_test(every_point_has_a_row_in_the_document),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
