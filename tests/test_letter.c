/*
 * The look of pages: rows of characters as in combs, bands that writing fills.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <allheaders.h>
#include <math.h>

#include "base/scope.h"
#include "classify/comb_rows.h"
#include "classify/letter.h"
#include "tests/check.h"

enum { MARKS = 40, DPI = 120 };

/* Marks one after the other along x, mm. */
struct row_of_marks {
    const char *what;
    int count;
    float pitch, swing, height; /* every other mark is `swing` to the right and below */
    int rows;                   /* that are combs */
};

static int count_rows(const struct row_of_marks *row)
{
    struct comb_mark marks[MARKS];
    for (int i = 0; i < row->count; i++)
        marks[i] = (struct comb_mark){30 + (float)i * row->pitch + (float)(i % 2) * row->swing,
                                      50 + (float)(i % 2) * row->swing, row->height};
    return comb_rows_count(marks, (size_t)row->count);
}

static void marks_a_pitch_apart_are_a_comb(void **state)
{
    static const struct row_of_marks rows[] = {
        {"a date", 8, 4.85f, 0, 3, 1},
        {"an insured number, written unsteadily", 13, 4.9f, 0.3f, 3, 1},
        {"six digits", 6, 4.9f, 0, 3, 0},
        {"a typed line", 30, 2.1f, 0, 2, 0},
        {"large letters, higher than apart", 12, 4.9f, 0, 5.5f, 0},
        {"specks", 12, 4.9f, 0, 0.5f, 0},
        {"a wide row of crosses", 8, 7, 0, 3, 0},
        {"marks that jump", 10, 4.9f, 0.9f, 3, 0},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int found = count_rows(&rows[i]);
        if (found != rows[i].rows)
            fail_msg("%s: got %d rows, want %d", rows[i].what, found, rows[i].rows);
    }
}

static void a_broken_character_is_counted_once(void **state)
{
    (void)state;
    struct comb_mark marks[9];
    for (int i = 0; i < 8; i++)
        marks[i] = (struct comb_mark){30 + (float)i * 4.9f, 50, 3};
    marks[8] = (struct comb_mark){30.4f, 49, 1.5f}; /* a piece of the first digit */
    assert_int_equal(comb_rows_count(marks, 9), 1);
}

/* Strokes as of eight letters, some higher than others. */
static void draw_word(PIX *page, double x, double y, double scale)
{
    for (int i = 0; i < 8; i++) {
        double up = i % 4 == 0 ? 1.2 : 0;
        pixRasterop(page, (l_int32)((x + 1.3 * i) * scale), (l_int32)((y - up) * scale), 2,
                    (l_int32)((1.8 + up) * scale), PIX_CLR, NULL, 0, 0);
        pixRasterop(page, (l_int32)((x + 1.3 * i) * scale), (l_int32)((y + 0.8) * scale),
                    (l_int32)(0.9 * scale), 2, PIX_CLR, NULL, 0, 0);
    }
}

/* Lines of words from `left` mm on, a line every `apart` mm. */
static struct letter_look look_at_lines(double left, int words, double apart)
{
    struct err err = {0};
    SCOPED(layout_free) struct layout layout = {0};
    struct letter_look look;
    double scale = DPI / 25.4;
    PIX *page = pixCreate((l_int32)(210 * scale), (l_int32)(297 * scale), 8);
    pixSetAllArbitrary(page, 255);
    for (double y = 40; y < 250; y += apart)
        for (int i = 0; i < words; i++)
            draw_word(page, left + 14.0 * i, y, scale);
    struct layout_params params = {.page = page, .turn = 0};
    check_ok(layout_read(&params, &layout, &err), &err);
    check_ok(letter_look(&layout, &look, &err), &err);
    pixDestroy(&page);
    return look;
}

static void running_lines_fill_bands_and_lists_do_not(void **state)
{
    (void)state;
    struct letter_look lines = look_at_lines(20, 11, 9);
    struct letter_look list = look_at_lines(20, 3, 9);
    assert_true(lines.bands >= 20 && lines.full_bands >= 0.9 * lines.bands);
    assert_true(list.bands >= 20);
    assert_int_equal(list.full_bands, 0);
}

int main(void)
{
    setMsgSeverity(L_SEVERITY_NONE);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(marks_a_pitch_apart_are_a_comb),
        cmocka_unit_test(a_broken_character_is_counted_once),
        cmocka_unit_test(running_lines_fill_bands_and_lists_do_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
