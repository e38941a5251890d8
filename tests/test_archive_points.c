/*
 * Every fault point of every folder stands in a list of the crash suite, has a test and a row in
 * docs/durability.md, and nothing stands there that the code does not have.
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

/* Outside the archive and what it passes of base/: the point, and the test that kills there. */
static const struct {
    const char *point, *test;
} others[] = {
    {"wire.before_send", "tests/crash/send_points"},
    {"spool.append.before_write", "tests/test_spool.c"},
    {"spool.append.before_sync", "tests/test_spool.c"},
    {"spool.append.after_sync", "tests/test_spool.c"},
    {"spool.group.before_sync", "tests/test_inbox.c"},
    {"spool.group.after_sync", "tests/test_inbox.c"},
    {"tries.hand.before_rename", "tests/test_tries.c"},
    {"tries.hand.after_rename", "tests/test_tries.c"},
    {"tries.taken.before_unlink", "tests/test_tries.c"},
    {"tries.taken.after_unlink", "tests/test_tries.c"},
};
enum { OTHERS = sizeof others / sizeof *others, POINTS = ARCHIVE_POINTS + OTHERS };

static const char *const folders[] = {"base",    "image", "wire",     "partners", "scanner",
                                      "archive", "ocr",   "classify", "workers"};

static const char *point_of(int number)
{
    return number < ARCHIVE_POINTS ? archive_points[number] : others[number - ARCHIVE_POINTS].point;
}

static int number_of(const char *point)
{
    for (int i = 0; i < POINTS; i++)
        if (strcmp(point_of(i), point) == 0)
            return i;
    return -1;
}

static void note_points_of(const char *below, bool seen[])
{
    SCOPED(buf_free) struct buf text = {0};
    char point[POINT_SIZE];
    read_text(below, &text);
    for (const char *at = strchr((char *)text.at, '"'); at; at = strchr(at + 1, '"')) {
        static const char call[] = "fault_point(";
        size_t before = (size_t)(at - (char *)text.at), name = sizeof call - 1;
        bool called = before >= name && memcmp(at - name, call, name) == 0;
        size_t len = point_at(at + 1);
        if (len == 0 && !called)
            continue;
        snprintf(point, sizeof point, "%.*s", len ? (int)len : 20, at + 1);
        if (len == 0 || number_of(point) < 0)
            fail_msg("%s: fault point %s is in no list of the crash suite", below, point);
        seen[number_of(point)] = true;
    }
}

static void note_folder(const char *name, bool seen[])
{
    char path[4096];
    snprintf(path, sizeof path, "%s/../%s", getenv("TRIPLI_CONFIG"), name);
    DIR *folder = opendir(path);
    assert_non_null(folder);
    const struct dirent *entry;
    while ((entry = readdir(folder)) != NULL) {
        const char *dot = strrchr(entry->d_name, '.');
        char below[300];
        snprintf(below, sizeof below, "%s/%s", name, entry->d_name);
        if (dot && strcmp(dot, ".c") == 0)
            note_points_of(below, seen);
    }
    closedir(folder);
}

static void every_point_of_the_code_is_in_the_crash_suite(void **state)
{
    (void)state;
    bool seen[POINTS] = {false};
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++)
        note_folder(folders[i], seen);
    for (int i = 0; i < POINTS; i++)
        if (!seen[i])
            fail_msg("no folder has the fault point %s", point_of(i));
}

static void every_point_outside_the_archive_has_its_test(void **state)
{
    (void)state;
    for (int i = 0; i < OTHERS; i++) {
        SCOPED(buf_free) struct buf text = {0};
        read_text(others[i].test, &text);
        if (!strstr((char *)text.at, others[i].point))
            fail_msg("%s does not name %s", others[i].test, others[i].point);
    }
}

static void every_point_has_a_row_in_the_document(void **state)
{
    (void)state;
    SCOPED(buf_free) struct buf text = {0};
    read_text("docs/durability.md", &text);
    for (int i = 0; i < POINTS; i++) {
        char row[POINT_SIZE + 8];
        snprintf(row, sizeof row, "`%s`", point_of(i));
        if (!strstr((char *)text.at, row))
            fail_msg("docs/durability.md has no word about %s", row);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_point_of_the_code_is_in_the_crash_suite),
        cmocka_unit_test(every_point_outside_the_archive_has_its_test),
        cmocka_unit_test(every_point_has_a_row_in_the_document),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
