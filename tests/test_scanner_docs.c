/*
 * docs/scanners.md and the code say the same: its profile loads, its table of statuses is the one
 * in force, and every event, fault and option of the code stands in it.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/scope.h"
#include "scanner/feeder/faults.h"
#include "scanner/feeder/panel.h"
#include "scanner/meaning.h"
#include "scanner/profile.h"
#include "tests/check.h"

enum { PAGE_LIMIT_BYTES = 1 << 20, NAME_SIZE = 64 };

static struct buf page; /* the document, NUL-terminated */

static const char *text(void)
{
    return (const char *)page.at;
}

static int read_page(void **state)
{
    char path[4096];
    (void)state;
    snprintf(path, sizeof path, "%s/../docs/scanners.md", getenv("TRIPLI_CONFIG"));
    return file_read(path, PAGE_LIMIT_BYTES, &page, NULL) < 0 ||
           buf_append(&page, bytes_of("", 1)) < 0;
}

static int free_page(void **state)
{
    (void)state;
    buf_free(&page);
    return 0;
}

static void check_named(const char *name)
{
    char quoted[NAME_SIZE + 3];
    snprintf(quoted, sizeof quoted, "`%s`", name);
    if (!strstr(text(), quoted))
        fail_msg("docs/scanners.md does not name %s", quoted);
}

static void every_event_fault_and_mode_is_named(void **state)
{
    (void)state;
    for (int kind = 0; kind < SCAN_EVENT_KINDS; kind++)
        check_named(scan_event_name((enum scan_event_kind)kind));
    for (int kind = 0; kind < FAULT_KINDS; kind++)
        check_named(fault_name((enum fault_kind)kind));
}

static void every_option_of_the_feeder_is_named(void **state)
{
    static struct panel panel;
    (void)state;
    for (int who = 0; who < PERSONALITIES; who++) {
        panel_start(&panel, (enum personality)who);
        for (int i = 2; i < panel.count; i++) /* behind the count and the group */
            check_named(panel_descriptor(&panel, i)->name);
    }
}

static void every_fault_named_is_one(void **state)
{
    static struct fault_list list;
    struct err err = {0};
    int rows = 0;
    char line[FAULT_TEXT_MAX];
    (void)state;
    for (const char *at = strstr(text(), "| kind | what"); (at = strstr(at, "\n| `")); rows++) {
        at += strlen("\n| `");
        snprintf(line, sizeof line, "%.*s sheet=1", (int)strcspn(at, "`"), at);
        check_ok(faults_parse(&list, line, strlen(line), &err), &err);
    }
    assert_int_equal(rows, FAULT_KINDS);
}

/* Copies what stands between the next two backquotes. */
static const char *next_name(const char *at, char ret_name[NAME_SIZE])
{
    const char *start = strchr(at, '`');
    assert_non_null(start);
    size_t length = strcspn(start + 1, "`");
    assert_in_range(length, 1, NAME_SIZE - 1);
    snprintf(ret_name, NAME_SIZE, "%.*s", (int)length, start + 1);
    return start + length + 2;
}

static void set_condition(const char *words, struct scan_sensors *sensors)
{
    int value = strncmp(words, "not ", 4) != 0;
    const char *name = value ? words : words + 4;
    *sensors = (struct scan_sensors){true, SCAN_UNKNOWN, SCAN_UNKNOWN, SCAN_UNKNOWN, -1, -1};
    if (strncmp(name, "loaded", 6) == 0)
        sensors->loaded = value;
    else if (strncmp(name, "cover_open", 10) == 0)
        sensors->cover_open = value;
    else if (strncmp(name, "double_feed", 11) == 0)
        sensors->double_feed = value;
    else if (strncmp(name, "answered", 8) == 0)
        sensors->answered = value;
    else
        assert_int_equal(name[0], '|');
}

static void the_table_of_statuses_is_the_one_in_force(void **state)
{
    const char *at = strstr(text(), "| status | and | event |");
    int rows = 0;
    (void)state;
    assert_non_null(at);
    const char *end = strstr(at, "\n\n");
    while ((at = strstr(at, "\n| `")) && at < end) {
        char status[NAME_SIZE], event[NAME_SIZE];
        struct scan_sensors sensors;
        at = next_name(at, status);
        at += strspn(at, " |");
        set_condition(*at == '`' ? "|" : at, &sensors);
        at = next_name(at, event);
        int number = meaning_status_parse(status);
        assert_in_range(number, 1, 99);
        const struct scan_rule *rule = meaning_find(NULL, 0, number, &sensors);
        assert_string_equal(scan_event_name(rule->kind), event);
        rows++;
    }
    assert_int_equal(rows, 22);
}

static void the_profile_shown_loads(void **state)
{
    char path[] = "/tmp/tripli-docs-XXXXXX";
    struct err err = {0};
    SCOPED(profile_free) struct profile *profile = NULL;
    SCOPED(scope_close) int fd = mkstemp(path);
    const char *start = strstr(text(), "```conf\n");
    (void)state;
    assert_true(fd >= 0 && start);
    start += strlen("```conf\n");
    size_t length = (size_t)(strstr(start, "```") - start);
    check_ok(file_write_all(fd, bytes_of(start, length), path, &err), &err);
    int rc = profile_load(path, &profile, &err);
    unlink(path);
    check_ok(rc, &err);
    assert_string_equal(profile_id(profile), "example-1");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_event_fault_and_mode_is_named),
        cmocka_unit_test(every_option_of_the_feeder_is_named),
        cmocka_unit_test(every_fault_named_is_one),
        cmocka_unit_test(the_table_of_statuses_is_the_one_in_force),
        cmocka_unit_test(the_profile_shown_loads),
    };
    return cmocka_run_group_tests(tests, read_page, free_page);
}
