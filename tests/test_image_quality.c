/*
 * Page quality: each finding on a letter to which that was done, and none on letters as they are.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "image/quality.h"

#include <leptonica/allheaders.h>

#include "base/scope.h"
#include "image/decode.h"
#include "tests/check.h"
#include "tests/page_fixture.h"

enum { DPI = 150, WIDTH = FIXTURE_WIDTH / 2, HEIGHT = FIXTURE_HEIGHT / 2 };

/* What a scanner makes of the letter at half of 300 dpi. */
static struct Pix *letter_scanned(const struct fixture_scan *scan)
{
    SCOPED(image_free) struct Pix *letter = fixture_letter();
    SCOPED(image_free) struct Pix *scanned = fixture_scanned(letter, scan);
    return pixScaleAreaMap2(scanned);
}

static void fill(struct Pix *page, const int at[4], int value)
{
    for (int y = at[1]; y < at[1] + at[3]; y++)
        for (int x = at[0]; x < at[0] + at[2]; x++)
            pixSetPixel(page, x, y, (l_uint32)value);
}

static struct Pix *as_it_is(struct Pix *page)
{
    return pixCopy(NULL, page);
}

static struct Pix *with_streak(struct Pix *page)
{
    struct Pix *done = pixCopy(NULL, page);
    fill(done, (int[]){WIDTH / 3, 0, 2, HEIGHT}, 90);
    return done;
}

static struct Pix *with_frame(struct Pix *page)
{
    struct Pix *done = pixCopy(NULL, page);
    fill(done, (int[]){WIDTH / 10, HEIGHT / 10, 2, HEIGHT * 8 / 10}, 30);
    fill(done, (int[]){WIDTH / 10, HEIGHT / 10, WIDTH * 8 / 10, 2}, 30);
    return done;
}

static struct Pix *with_torn_corner(struct Pix *page)
{
    struct Pix *done = pixCopy(NULL, page);
    for (int y = 0; y < HEIGHT / 10; y++)
        fill(done, (int[]){WIDTH - (HEIGHT / 10 - y), y, HEIGHT / 10 - y, 1}, 20);
    return done;
}

static struct Pix *with_border(struct Pix *page)
{
    struct Pix *done = pixCopy(NULL, page);
    fill(done, (int[]){0, 0, WIDTH, 40}, 15);
    fill(done, (int[]){0, 0, 30, HEIGHT}, 15);
    return done;
}

static struct Pix *blurred(struct Pix *page)
{
    return pixBlockconv(page, 4, 4);
}

static struct Pix *cut_in_half(struct Pix *page)
{
    SCOPED(boxDestroy) BOX *half = boxCreate(WIDTH / 3, 0, WIDTH - WIDTH / 3, HEIGHT);
    return pixClipRectangle(page, half, NULL);
}

static struct Pix *two_in_a_row(struct Pix *page)
{
    struct Pix *both = pixCreate(WIDTH, 2 * HEIGHT, 8);
    pixRasterop(both, 0, 0, WIDTH, HEIGHT, PIX_SRC, page, 0, 0);
    pixRasterop(both, 0, HEIGHT, WIDTH, HEIGHT, PIX_SRC, page, 0, 0);
    return both;
}

static struct Pix *as_bilevel(struct Pix *page)
{
    return pixThresholdToBinary(page, 128);
}

static const struct {
    const char *name;
    struct fixture_scan scan;
    struct Pix *(*done)(struct Pix *page);
    quality_set want;
} rows[] = {
    {"as it is", {235, 40, 10, 6}, as_it_is, 0},
    {"recycled paper", {205, 50, 10, 8}, as_it_is, 0},
    {"bilevel", {235, 40, 0, 0}, as_bilevel, 0},
    {"a frame", {235, 40, 5, 6}, with_frame, 0},
    {"a border", {235, 40, 5, 6}, with_border, 0},
    {"dark", {150, 20, 5, 6}, as_it_is, 1u << QUALITY_TOO_DARK},
    {"pale", {240, 185, 5, 4}, as_it_is, 1u << QUALITY_TOO_LIGHT},
    {"a streak", {235, 40, 5, 6}, with_streak, 1u << QUALITY_STREAK},
    {"a torn corner", {235, 40, 5, 6}, with_torn_corner, 1u << QUALITY_TORN_CORNER},
    {"out of focus", {235, 20, 5, 4}, blurred, 1u << QUALITY_OUT_OF_FOCUS},
    {"cut off", {235, 40, 5, 6}, cut_in_half, 1u << QUALITY_CUT_OFF},
    {"two sheets", {235, 40, 0, 6}, two_in_a_row, 1u << QUALITY_DOUBLE_SHEET},
};

static void each_defect_is_found_and_no_other(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct err err = {0};
        quality_set got;
        SCOPED(image_free) struct Pix *letter = letter_scanned(&rows[i].scan);
        SCOPED(image_free) struct Pix *page = rows[i].done(letter);
        check_ok(quality_look(page, DPI, &got, &err), &err);
        if (got != rows[i].want)
            fail_msg("%s: got findings %#x, want %#x", rows[i].name, got, rows[i].want);
    }
}

static void a_picture_too_small_has_no_findings(void **state)
{
    (void)state;
    struct err err = {0};
    quality_set got = 1;
    SCOPED(image_free) struct Pix *page = pixCreate(63, 900, 8);
    check_ok(quality_look(page, 0, &got, &err), &err);
    assert_int_equal(got, 0);
}

static void every_finding_has_its_own_name(void **state)
{
    (void)state;
    for (int i = 0; i < QUALITY_FINDINGS; i++)
        for (int k = 0; k < i; k++)
            assert_string_not_equal(quality_finding_name((enum quality_finding)i),
                                    quality_finding_name((enum quality_finding)k));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_defect_is_found_and_no_other),
        cmocka_unit_test(a_picture_too_small_has_no_findings),
        cmocka_unit_test(every_finding_has_its_own_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
