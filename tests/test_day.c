/*
 * Calendar days: the vectors of docs/retention and the edges of months and quarters.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/day.h"

#include "tests/check.h"

static struct day parsed(const char *text)
{
    struct day day = {0};
    assert_int_equal(day_parse(text, &day), 0);
    return day;
}

static void check_day(struct day got, const char *want)
{
    char text[DAY_TEXT_SIZE];
    assert_string_equal(day_format(got, text), want);
}

static void the_next_quarter_starts_after_the_day(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        {"2024-01-01", "2024-04-01"}, {"2024-02-15", "2024-04-01"}, {"2024-03-31", "2024-04-01"},
        {"2024-04-01", "2024-07-01"}, {"2024-12-31", "2025-01-01"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        check_day(day_next_quarter(parsed(rows[i][0])), rows[i][1]);
}

static void months_clamp_to_the_end_of_the_month(void **state)
{
    (void)state;
    check_day(day_add_months(parsed("2023-08-31"), 6), "2024-02-29");
    check_day(day_add_months(parsed("2022-08-31"), 6), "2023-02-28");
    check_day(day_add_months(parsed("2024-03-31"), -1), "2024-02-29");
    check_day(day_add_months(parsed("2024-12-15"), 1), "2025-01-15");
}

static void days_cross_months_and_leap_years(void **state)
{
    (void)state;
    check_day(day_add_days(parsed("2024-02-28"), 1), "2024-02-29");
    check_day(day_add_days(parsed("2023-12-31"), 1), "2024-01-01");
    check_day(day_add_days(parsed("2024-03-01"), -366), "2023-03-01");
    check_day(day_of_ms(0), "1970-01-01");
    check_day(day_of_ms(-1), "1969-12-31");
    check_day(day_of_ms(1795000000000), "2026-11-18");
}

static void impossible_days_are_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {"2023-02-29", "2024-13-01", "2024-00-10", "2024-1-10",
                                      "1899-12-31", "2201-01-01", "",           "2024-01-01x"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct day day;
        assert_int_equal(day_parse(bad[i], &day), ERR_FORMAT);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_next_quarter_starts_after_the_day),
        cmocka_unit_test(months_clamp_to_the_end_of_the_month),
        cmocka_unit_test(days_cross_months_and_leap_years),
        cmocka_unit_test(impossible_days_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
