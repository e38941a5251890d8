/*
 * Forecasts: worked examples, and that nothing is said where nothing is known.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "workers/forecast.h"

#include "tests/check.h"

static void no_pace_no_forecast(void **state)
{
    (void)state;
    struct pace pace = {0};
    struct forecast row = {.unread = 5, .weight = 1};
    assert_true(pace_of(&pace) == 0);
    pace_note(&pace, PACE_LEAST_MS - 1, 100);
    assert_true(pace_of(&pace) == 0);
    forecast_reckon(&row, 1, pace_of(&pace));
    assert_int_equal(row.in_ms, -1);
}

static void the_pace_is_that_of_the_last_notes(void **state)
{
    (void)state;
    struct pace pace = {0};
    for (int i = 0; i < PACE_NOTES; i++)
        pace_note(&pace, 1000, 100);
    assert_float_equal(pace_of(&pace), 100, 1e-9);
    for (int i = 0; i < PACE_NOTES; i++)
        pace_note(&pace, 2000, 10);
    assert_float_equal(pace_of(&pace), 5, 1e-9);
    for (int i = 0; i < PACE_NOTES; i++)
        pace_note(&pace, 1000, 0); /* nobody reads */
    assert_true(pace_of(&pace) == 0);
}

static void shares_are_reckoned_and_handed_on(void **state)
{
    (void)state;
    static const struct {
        uint64_t unread[3];
        uint32_t weight[3];
        int64_t in_ms[3]; /* at 10 pages a second */
    } rows[] = {
        {{100, 0, 0}, {1, 1, 1}, {10000, 0, 0}},
        {{10000, 50, 0}, {1, 1, 1}, {1005000, 10000, 0}},
        {{100, 100, 100}, {1, 1, 1}, {30000, 30000, 30000}},
        {{100, 100, 0}, {1, 3, 1}, {20000, 13333, 0}},
        {{10, 20, 30}, {1, 1, 1}, {3000, 5000, 6000}},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct forecast at[3];
        for (int k = 0; k < 3; k++)
            at[k] = (struct forecast){rows[i].unread[k], rows[i].weight[k], 0};
        forecast_reckon(at, 3, 10);
        for (int k = 0; k < 3; k++)
            assert_int_equal(at[k].in_ms, rows[i].in_ms[k]);
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(no_pace_no_forecast),
    cmocka_unit_test(the_pace_is_that_of_the_last_notes),
    cmocka_unit_test(shares_are_reckoned_and_handed_on),
};

int main(void)
{
    return cmocka_run_group_tests(tests, NULL, NULL);
}
