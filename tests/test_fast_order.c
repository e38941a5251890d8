/*
 * Reading order of the line finder's pieces.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "ocr/fast/order.h"

#include <stdbool.h>

#include "tests/check.h"

enum { ROWS_MOST = 6 };

/* Rows of two pieces, `gap` apart, in letters of size 10, as the line finder hands them over when
 * it did not join them. By rows: 0 1, 2 3, ...; by columns: 0 2 ..., 1 3 ... */
static void check_order(size_t rows, float gap, bool by_rows)
{
    struct order_item items[2 * ROWS_MOST];

    for (size_t i = 0; i < 2 * rows; i++)
        items[i] = (struct order_item){.left = i % 2 ? 100 + gap : 0,
                                       .right = i % 2 ? 200 + gap : 100,
                                       .top = 22 * (float)(i / 2),
                                       .bottom = 22 * (float)(i / 2) + 10,
                                       .size = 10,
                                       .index = i};
    order_items(items, 2 * rows);
    for (size_t i = 0; i < 2 * rows; i++)
        if (items[i].index != (by_rows ? i : 2 * (i % rows) + i / rows))
            fail_msg("%zu rows, gap %g: got piece %zu at %zu", rows, (double)gap, items[i].index,
                     i);
}

static void a_space_of_few_lines_parts_no_columns(void **state)
{
    (void)state;
    check_order(2, 20, true);
    check_order(3, 34, true);
}

static void a_gutter_parts_columns(void **state)
{
    (void)state;
    check_order(4, 20, false);        /* lines enough not to be chance */
    check_order(2, 40, true);         /* a justified line of few words */
    check_order(2, 70, false);        /* wider than any space */
    check_order(ROWS_MOST, 11, true); /* no gutter is as narrow */
}

/* Pieces in the order that is wanted. */
static void check_sequence(struct order_item *items, size_t count, const char *what)
{
    for (size_t i = 0; i < count; i++) {
        items[i].size = 10;
        items[i].index = i;
    }
    order_items(items, count);
    for (size_t i = 0; i < count; i++)
        if (items[i].index != i)
            fail_msg("%s: got piece %zu at %zu", what, items[i].index, i);
}

static void a_date_on_the_right_comes_before_what_stands_lower_on_the_left(void **state)
{
    struct order_item alone[] = {{.left = 220, .right = 320, .top = 0, .bottom = 10},
                                 {.left = 0, .right = 150, .top = 22, .bottom = 32},
                                 {.left = 0, .right = 140, .top = 44, .bottom = 54}};
    struct order_item over_another[] = {{.left = 220, .right = 320, .top = 0, .bottom = 10},
                                        {.left = 0, .right = 150, .top = 22, .bottom = 32},
                                        {.left = 0, .right = 140, .top = 44, .bottom = 54},
                                        {.left = 220, .right = 320, .top = 44, .bottom = 54},
                                        {.left = 220, .right = 320, .top = 66, .bottom = 76}};

    (void)state;
    check_sequence(alone, 3, "a date and two lines");
    check_sequence(over_another, 5, "a date over a column");
}

static void a_column_that_begins_higher_stays_whole(void **state)
{
    struct order_item items[] = {{.left = 0, .right = 150, .top = 22, .bottom = 32},
                                 {.left = 0, .right = 140, .top = 44, .bottom = 54},
                                 {.left = 220, .right = 320, .top = 0, .bottom = 10},
                                 {.left = 220, .right = 320, .top = 22, .bottom = 32},
                                 {.left = 220, .right = 320, .top = 44, .bottom = 54}};

    (void)state;
    check_sequence(items, 5, "two columns");
}

/* Rows of two pieces, all of one length; a wide level gap after every `gap_every` rows. */
static size_t rows_of_two(struct order_item *items, size_t rows, float length, size_t gap_every)
{
    for (size_t i = 0; i < 2 * rows; i++) {
        float top = 22 * (float)(i / 2) + 22 * (float)(i / 2 / gap_every);

        items[i] = (struct order_item){.left = i % 2 ? length + 30 : 0,
                                       .right = i % 2 ? 2 * length + 30 : length,
                                       .top = top,
                                       .bottom = top + 10,
                                       .size = 10,
                                       .index = i};
    }
    return 2 * rows;
}

static void expect_columns(struct order_item *items, size_t count, bool whole, const char *what)
{
    size_t second = 1;

    order_items(items, count);
    while (second < count && items[second].index % 2 == 0)
        second++;
    if ((second == count / 2) != whole)
        fail_msg("%s: the right column begins after %zu pieces", what, second);
}

static void a_level_gap_parts_tables_and_addresses_but_no_running_text(void **state)
{
    struct order_item items[24];

    (void)state;
    expect_columns(items, rows_of_two(items, 12, 300, 3), true, "paragraphs side by side");
    expect_columns(items, rows_of_two(items, 12, 300, 1), false, "a table's rows");
    expect_columns(items, rows_of_two(items, 8, 120, 4), false, "addresses side by side");
    expect_columns(items, rows_of_two(items, 5, 300, 3), false, "few lines");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_space_of_few_lines_parts_no_columns),
        cmocka_unit_test(a_gutter_parts_columns),
        cmocka_unit_test(a_date_on_the_right_comes_before_what_stands_lower_on_the_left),
        cmocka_unit_test(a_column_that_begins_higher_stays_whole),
        cmocka_unit_test(a_level_gap_parts_tables_and_addresses_but_no_running_text),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
