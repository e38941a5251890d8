/*
 * Comparing what was read with what stands there: distances and bags of words whose answer is
 * known.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "bench/engines/compare.h"

#include "base/scope.h"
#include "tests/check.h"

#define COUNT(rows) (sizeof(rows) / sizeof *(rows))

static size_t distance(const char *wanted, const char *read,
                       int (*compare)(const struct characters *, const struct characters *,
                                      size_t *, struct err *))
{
    SCOPED(characters_free) struct characters a = {0}, b = {0};
    struct err err = {0};
    size_t errors;

    check_ok(characters_of(wanted, &a, &err), &err);
    check_ok(characters_of(read, &b, &err), &err);
    check_ok(compare(&a, &b, &errors, &err), &err);
    return errors;
}

static void a_distance_counts_what_must_be_changed(void **state)
{
    static const struct {
        const char *wanted, *read;
        size_t all, within;
    } rows[] = {
        {"", "", 0, 0},
        {"abc", "abc", 0, 0},
        {"abc", "", 3, 3},
        {"", "abc", 3, 0},
        {"kitten", "sitting", 3, 2},
        {"soins", "feuille de soins médicaux", 20, 0},
        {"relevé", "releve", 1, 1},
        {"l’été — 2026", "l'été - 2026", 0, 0},
        {"deux\n\n  mots ", "deux mots", 0, 0},
        {"a\u00a0b", "a b", 0, 0},
        {"caf\xc3", "caf", 0, 0},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        assert_int_equal(distance(rows[i].wanted, rows[i].read, compare_all), rows[i].all);
        assert_int_equal(distance(rows[i].wanted, rows[i].read, compare_within), rows[i].within);
    }
}

static void words_count_as_often_as_they_stand_there(void **state)
{
    static const struct {
        const char *wanted, *read;
        size_t words, common;
    } rows[] = {
        {"", "", 0, 0},
        {"le mot, le mot", "le mot", 2, 1},
        {"(mutuelle) : «été»", "été mutuelle.", 2, 2},
        {"Mutuelle", "mutuelle", 1, 0},
        {"12,50 € 2026/11-A", "2026/11-A 12,50", 2, 2},
        {"un de la", "un de la", 0, 0},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        SCOPED(bag_free) struct bag wanted = {0}, read = {0};
        struct err err = {0};

        check_ok(bag_of(rows[i].wanted, 3, &wanted, &err), &err);
        check_ok(bag_of(rows[i].read, 3, &read, &err), &err);
        assert_int_equal(wanted.count, rows[i].words);
        assert_int_equal(bag_common(&wanted, &read), rows[i].common);
        assert_int_equal(bag_common(&read, &wanted), rows[i].common);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_distance_counts_what_must_be_changed),
        cmocka_unit_test(words_count_as_often_as_they_stand_there),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
