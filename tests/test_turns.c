/*
 * Turns by weight: shares, what a newcomer waits, and that nobody saves up or loses turns.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "archive/turns.h"

#include <string.h>

#include "tests/check.h"

static void nobody_waits(void **state)
{
    (void)state;
    struct turns turns = {0};
    const struct turn at[2] = {{false, 1}, {false, 1}};
    assert_int_equal(turns_take(&turns, at, 2), -1);
}

static void pages_are_shared_by_weight(void **state)
{
    (void)state;
    struct turns turns = {0};
    const struct turn at[3] = {{true, 1}, {true, 3}, {true, 6}};
    int had[3] = {0};
    for (int i = 0; i < 1000; i++)
        had[turns_take(&turns, at, 3)]++;
    for (int i = 0; i < 3; i++)
        assert_in_range(had[i], 100 * (int)at[i].weight - 1, 100 * (int)at[i].weight + 1);
}

static void a_newcomer_gets_its_share_at_once_and_no_more(void **state)
{
    (void)state;
    struct turns turns = {0};
    struct turn at[2] = {{true, 1}, {false, 1}};
    for (int i = 0; i < 10000; i++)
        assert_int_equal(turns_take(&turns, at, 2), 0);
    at[1].waits = true;
    int had[2] = {0};
    for (int i = 0; i < 100; i++)
        had[turns_take(&turns, at, 2)]++;
    assert_in_range(had[1], 49, 51);
}

/* Others come and go as they like; the one that waits all the time has its page at the latest when
 * every other has had as much as its weight allows for one page of it, and one more. */
static void nobody_that_waits_is_passed_over(void **state)
{
    (void)state;
    enum { TENANTS = 28, STEPS = 200000 };
    struct turns turns = {0};
    struct turn at[TENANTS];
    uint32_t seed = 7, since[TENANTS] = {0};
    for (int i = 0; i < TENANTS; i++)
        at[i] = (struct turn){i == 0, 1 + (uint32_t)i % 5};
    for (int step = 0; step < STEPS; step++) {
        seed = seed * 1664525u + 1013904223u;
        int other = 1 + (int)(seed >> 8) % (TENANTS - 1);
        at[other].waits = !at[other].waits;
        int next = turns_take(&turns, at, TENANTS);
        if (next == 0)
            memset(since, 0, sizeof since);
        else
            assert_true(++since[next] <= at[next].weight / at[0].weight + 1);
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(nobody_waits),
    cmocka_unit_test(pages_are_shared_by_weight),
    cmocka_unit_test(a_newcomer_gets_its_share_at_once_and_no_more),
    cmocka_unit_test(nobody_that_waits_is_passed_over),
};

int main(void)
{
    return cmocka_run_group_tests(tests, NULL, NULL);
}
