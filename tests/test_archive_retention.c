/*
 * Retention: the vectors of the law, rows that contradict each other, days that do not exist; the
 * tenants' list beside it.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "archive/retention.h"

#include <string.h>
#include <unistd.h>

#include "archive/tenants.h"
#include "base/file.h"
#include "tests/check.h"

static struct day day_of(const char *text)
{
    struct day day = {0};
    if (text[0])
        assert_int_equal(day_parse(text, &day), 0);
    return day;
}

static struct retention *shipped(void)
{
    char path[4096];
    struct err err = {0};
    struct retention *retention = NULL;
    snprintf(path, sizeof path, "%s/retention.conf", getenv("TRIPLI_CONFIG"));
    check_ok(retention_load(path, &retention, &err), &err);
    return retention;
}

/* Event (or none), receipt, expiry. L.332-1 and D.253-44: quarter after the event, 2 years and 6
 * months. */
static const struct {
    const char *tag, *event, *received, *expiry;
    bool by_fallback;
} vectors[] = {
    {"care_form", "2024-01-01", "2024-01-10", "2026-10-01", false},
    {"care_form", "2024-02-15", "2024-03-01", "2026-10-01", false},
    {"care_form", "2024-03-31", "2024-04-02", "2026-10-01", false},
    {"care_form", "2024-04-01", "2024-04-02", "2027-01-01", false},
    {"care_form", "2024-12-31", "2025-01-03", "2027-07-01", false},
    {"care_form", "", "2024-12-31", "2027-07-01", true},
    {"care_form", "", "2025-01-01", "2027-10-01", true},
    {"sick_note", "2024-06-30", "2024-02-01", "2027-01-01", false},
    {"sick_note", "", "2024-02-29", "2027-10-01", true}, /* 12 months of margin: 2025-02-28 */
    {"cheque", "2024-02-29", "2024-03-01", "2034-02-28", false},
    {"cheque", "", "2024-01-31", "2034-02-28", true}, /* one month of margin: 2024-02-29 */
    {"letter", "", "2026-11-22", "2029-07-01", true},
    {"blank", "", "2026-11-22", "2030-07-01", true},
    {"never_heard_of", "2024-01-01", "2024-01-10", "", false},
    {"care_form", "2024-01-01", "1989-12-31", "", false}, /* before any row */
};

static void expiry_follows_the_law(void **state)
{
    (void)state;
    struct retention *retention = shipped();
    for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++) {
        const struct retention_case of = {vectors[i].tag, day_of(vectors[i].event),
                                          day_of(vectors[i].received)};
        struct retention_term term;
        struct err err = {0};
        char got[DAY_TEXT_SIZE];
        check_ok(retention_reckon(retention, &of, &term, &err), &err);
        if (strcmp(day_format(term.expiry, got), vectors[i].expiry) != 0)
            fail_msg("%s, event %s, received %s: got '%s', want '%s'", vectors[i].tag,
                     vectors[i].event, vectors[i].received, got, vectors[i].expiry);
        assert_int_equal(term.by_fallback, vectors[i].by_fallback);
    }
    retention_free(&retention);
}

static void days_that_do_not_exist_are_refused(void **state)
{
    (void)state;
    struct retention *retention = shipped();
    struct retention_term term;
    struct err err = {0};
    struct retention_case of = {"letter", {2023, 2, 29}, {2023, 3, 1}};
    check_refused(retention_reckon(retention, &of, &term, &err), ERR_FORMAT, &err);
    of = (struct retention_case){"letter", {0}, {2023, 13, 1}};
    check_refused(retention_reckon(retention, &of, &term, &err), ERR_FORMAT, &err);
    retention_free(&retention);
}

static void a_rule_is_found_by_name_and_version(void **state)
{
    (void)state;
    struct retention *retention = shipped();
    const struct retention_row *row;
    struct err err = {0};
    check_ok(retention_find(retention, "FSP", 1, &row, &err), &err);
    assert_string_equal(row->tag, "care_form");
    check_refused(retention_find(retention, "FSP", 2, &row, &err), ERR_NOT_FOUND, &err);
    check_refused(retention_find(retention, "NONE", 1, &row, &err), ERR_NOT_FOUND, &err);
    retention_free(&retention);
}

/* ---- rows ---- */

#define ROW(tag, rule, version, more)                                                              \
    "{ tag = \"" tag "\"; rule = \"" rule "\"; version = " version "; law = \"l\"; "               \
    "trigger = \"t\"; disposition = \"destroy\"; " more " }"
#define USUAL                                                                                      \
    "start = \"event\"; period = \"P1Y\"; fallback = \"none\"; valid_from = \"2020-01-01\";"

static int load_text(const char *rows, struct retention **ret_retention, struct err *err)
{
    char path[] = "/tmp/tripli-retention-XXXXXX", text[4000];
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    close(fd);
    snprintf(text, sizeof text, "retention = (\n%s\n);\n", rows);
    struct err write_err = {0};
    check_ok(file_write(path, 0600, bytes_of(text, strlen(text)), &write_err), &write_err);
    int rc = retention_load(path, ret_retention, err);
    unlink(path);
    return rc;
}

static const struct {
    const char *what, *rows, *says;
} wrong_rows[] = {
    {"same first day", ROW("a", "R", "1", USUAL) ", " ROW("a", "R", "2", USUAL), "overlap"},
    {"ends after the next begins",
     ROW("a", "R", "1", USUAL " valid_until = \"2022-01-01\";") ", " ROW(
         "a", "R", "2",
         "start = \"event\"; period = \"P1Y\"; fallback = \"none\"; valid_from = \"2021-01-01\";"),
     "overlap"},
    {"a version twice", ROW("a", "R", "1", USUAL) ", " ROW("b", "R", "1", USUAL), "twice"},
    {"version 0", ROW("a", "R", "0", USUAL), "version"},
    {"an impossible day",
     ROW("a", "R", "1",
         "start = \"event\"; period = \"P1Y\"; fallback = \"none\"; valid_from = \"2023-02-29\";"),
     "2023-02-29"},
    {"until before from", ROW("a", "R", "1", USUAL " valid_until = \"2019-01-01\";"), "before"},
    {"no first day",
     ROW("a", "R", "1", "start = \"event\"; period = \"P1Y\"; fallback = \"none\";"), "valid_from"},
    {"an unknown start",
     ROW("a", "R", "1",
         "start = \"soon\"; period = \"P1Y\"; fallback = \"none\"; valid_from = \"2020-01-01\";"),
     "soon"},
    {"an unknown fallback",
     ROW("a", "R", "1",
         "start = \"event\"; period = \"P1Y\"; fallback = \"x\"; valid_from = \"2020-01-01\";"),
     "fallback"},
    {"an unknown key", ROW("a", "R", "1", USUAL " color = 1;"), "color"},
    {"no period", ROW("a", "R", "1", "start = \"event\"; fallback = \"none\";"), "period"},
    {"a period backwards",
     ROW("a", "R", "1",
         "start = \"event\"; period = \"P6M2Y\"; fallback = \"none\"; "
         "valid_from = \"2020-01-01\";"),
     "P6M2Y"},
    {"a period of nothing",
     ROW("a", "R", "1",
         "start = \"event\"; period = \"P\"; fallback = \"none\"; valid_from = \"2020-01-01\";"),
     "period"},
    {"a period of 1000 years",
     ROW("a", "R", "1",
         "start = \"event\"; period = \"P1000Y\"; fallback = \"none\"; "
         "valid_from = \"2020-01-01\";"),
     "P1000Y"},
    {"no row at all", "", "0 retention rows"},
};

static void wrong_rows_are_refused_with_what_is_wrong(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof wrong_rows / sizeof *wrong_rows; i++) {
        struct retention *retention = NULL;
        struct err err = {0};
        int rc = load_text(wrong_rows[i].rows, &retention, &err);
        if (rc != ERR_CONFIG || !strstr(err.text, wrong_rows[i].says))
            fail_msg("%s: got %s (%s), want a word about '%s'", wrong_rows[i].what, err_name(rc),
                     err.text, wrong_rows[i].says);
        assert_null(retention);
    }
}

static void a_new_version_holds_from_its_day_on(void **state)
{
    (void)state;
    struct retention *retention = NULL;
    struct err err = {0};
    check_ok(load_text(ROW("a", "R", "1", USUAL) ", " ROW(
                           "a", "R", "2",
                           "start = \"event\"; period = \"never\"; fallback = \"receipt\"; "
                           "valid_from = \"2022-01-01\"; valid_until = \"2022-12-31\";"),
                       &retention, &err),
             &err);
    assert_int_equal(retention_row_for(retention, "a", (struct day){2021, 12, 31})->version, 1);
    assert_int_equal(retention_row_for(retention, "a", (struct day){2022, 1, 1})->version, 2);
    assert_null(retention_row_for(retention, "a", (struct day){2023, 1, 1}));
    struct retention_case of = {"a", {0}, {2022, 6, 1}};
    struct retention_term term;
    check_ok(retention_reckon(retention, &of, &term, &err), &err);
    assert_true(day_is_none(term.expiry)); /* never */
    of.received = (struct day){2021, 6, 1};
    check_ok(retention_reckon(retention, &of, &term, &err), &err);
    assert_non_null(term.row);
    assert_true(day_is_none(term.expiry)); /* event unknown, no fallback */
    retention_free(&retention);
}

static void the_shipped_tenants_are_fourteen_caisses(void **state)
{
    (void)state;
    char path[4096];
    struct err err = {0};
    struct tenants *tenants = NULL;
    snprintf(path, sizeof path, "%s/tenants.conf", getenv("TRIPLI_CONFIG"));
    check_ok(tenants_load(path, &tenants, &err), &err);
    assert_string_equal(tenants_find(tenants, "061")->name, "CPAM Nice");
    assert_string_equal(tenants_find(tenants, "041")->medical_name, "ELSM Digne");
    assert_null(tenants_find(tenants, "999"));
    int count = 0;
    while (tenants_at(tenants, count))
        count++;
    assert_int_equal(count, 14);
    tenants_free(&tenants);
    check_refused(tenants_load("/nonexistent/tenants.conf", &tenants, &err), ERR_NOT_FOUND, &err);
}

static void a_weight_is_one_to_a_hundred(void **state)
{
    (void)state;
    static const struct {
        const char *weight;
        int want; /* 0: refused */
    } rows[] = {{"", 1},
                {"weight = 1;", 1},
                {"weight = 100;", 100},
                {"weight = 0;", 0},
                {"weight = 101;", 0},
                {"weight = \"2\";", 0}};
    char path[] = "/tmp/tripli-tenants-XXXXXX";
    close(mkstemp(path));
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct err err = {0};
        struct tenants *tenants = NULL;
        FILE *to = fopen(path, "w");
        assert_non_null(to);
        fprintf(to, "tenants = ({code = \"061\"; name = \"N\"; kind = \"caisse\"; %s});\n",
                rows[i].weight);
        fclose(to);
        if (rows[i].want == 0) {
            check_refused(tenants_load(path, &tenants, &err), ERR_CONFIG, &err);
            continue;
        }
        check_ok(tenants_load(path, &tenants, &err), &err);
        assert_int_equal(tenants_find(tenants, "061")->weight, rows[i].want);
        tenants_free(&tenants);
    }
    unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(expiry_follows_the_law),
        cmocka_unit_test(days_that_do_not_exist_are_refused),
        cmocka_unit_test(a_rule_is_found_by_name_and_version),
        cmocka_unit_test(wrong_rows_are_refused_with_what_is_wrong),
        cmocka_unit_test(a_new_version_holds_from_its_day_on),
        cmocka_unit_test(the_shipped_tenants_are_fourteen_caisses),
        cmocka_unit_test(a_weight_is_one_to_a_hundred),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
