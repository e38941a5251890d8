/*
 * Paper and ink: thresholds, blank sides, borders, drop-out, rulings.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <leptonica/allheaders.h>
#include <math.h>
#include <stdlib.h>

#include "base/scope.h"
#include "image/binarise.h"
#include "image/blank.h"
#include "image/border.h"
#include "image/decode.h"
#include "image/dropout.h"
#include "image/ground.h"
#include "image/header.h"
#include "image/local_ink.h"
#include "image/opening.h"
#include "image/overprint.h"
#include "image/rulings.h"
#include "image/shrink.h"
#include "tests/check.h"
#include "tests/page_fixture.h"

/* A side of A4 at 75 dpi, where blank sides are told. */
enum { SMALL_WIDTH = 620, SMALL_HEIGHT = 877, SMALL_DPI = 75 };

static int count(struct Pix *bits)
{
    l_int32 ink = 0;

    pixCountPixels(bits, &ink, NULL);
    return ink;
}

/* Specks, runs and blots of every length, reproducible. */
static struct Pix *scattered(int width, int height)
{
    struct Pix *page = pixCreate(width, height, 1);
    uint32_t state = 12345;

    for (int i = 0; i < 150; i++) {
        uint32_t draw[4];
        for (int k = 0; k < 4; k++)
            draw[k] = (state = state * 1664525u + 1013904223u) >> 16;
        pixRasterop(page, (int)(draw[0] % (uint32_t)width) - 5,
                    (int)(draw[1] % (uint32_t)height) - 5, 1 + (int)(draw[2] % 60),
                    1 + (int)(draw[3] % 9), i % 3 ? PIX_SET : PIX_NOT(PIX_DST), NULL, 0, 0);
    }
    return page;
}

static void opening_is_that_of_leptonica(void **state)
{
    static const int sizes[][2] = {{1, 1},  {2, 1},  {1, 2},  {39, 1},  {1, 27}, {74, 1},
                                   {13, 5}, {5, 13}, {64, 1}, {301, 1}, {1, 97}, {97, 97}};

    (void)state;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        SCOPED(image_free) struct Pix *page = scattered(300, 97);
        SCOPED(image_free) struct Pix *opened = NULL;
        SCOPED(image_free) struct Pix *expected = NULL;
        l_int32 same = 0;
        struct err err = {0};

        check_ok(image_open(page, sizes[i][0], sizes[i][1], &opened, &err), &err);
        expected = pixOpenBrick(NULL, page, sizes[i][0], sizes[i][1]);
        pixEqual(opened, expected, &same);
        assert_true(same);
    }
}

static void shrinking_is_area_mapping_of_leptonica(void **state)
{
    static const struct {
        int width, height;
        double scale;
    } rows[] = {{620, 877, 2 / 3.0}, {621, 401, 0.6999}, {877, 620, 1170 / 1754.0},
                {350, 99, 0.51},     {200, 600, 0.333},  {97, 301, 0.1},
                {3, 5, 0.6},         {1, 1, 0.55}};

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        SCOPED(image_free) struct Pix *page = fixture_pattern(rows[i].width, rows[i].height, 8, 7);
        float scale = (float)rows[i].scale;
        SCOPED(image_free) struct Pix *expected = pixScaleAreaMap(page, scale, scale);
        SCOPED(image_free) struct Pix *small = NULL;
        l_int32 same = 0;
        struct err err = {0};

        check_ok(image_shrink(page, rows[i].scale, &small, &err), &err);
        pixEqual(small, expected, &same);
        if (!same)
            fail_msg("row %zu: %d x %d by %.3f differs", i, rows[i].width, rows[i].height,
                     rows[i].scale);
    }
}

/* The mean round a place, the long way. */
static double mean_round(struct Pix *page, int x, int y, int half)
{
    double sum = 0;
    int seen = 0;

    for (int v = y - half; v <= y + half; v++)
        for (int u = x - half; u <= x + half; u++) {
            l_uint32 grey = 0;
            if (pixGetPixel(page, u, v, &grey) != 0 || u < 0 || v < 0)
                continue;
            sum += grey;
            seen++;
        }
    return sum / seen;
}

static void local_ink_is_darker_than_the_mean_round_it(void **state)
{
    static const int rows[][3] = {{90, 40, 6}, {33, 70, 40}, {64, 31, 1}, {7, 5, 3}, {100, 20, 0}};

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        SCOPED(image_free) struct Pix *page = fixture_pattern(rows[i][0], rows[i][1], 8, 3);
        SCOPED(image_free) struct Pix *ink = NULL;
        struct local_ink_params params = {.half = rows[i][2], .percent = 86};
        struct err err = {0};

        check_ok(image_local_ink(page, &params, &ink, &err), &err);
        for (int at = 0; at < rows[i][0] * rows[i][1]; at++) {
            int x = at % rows[i][0], y = at / rows[i][0];
            double limit = 0.86 * mean_round(page, x, y, rows[i][2]);
            l_uint32 grey = 0, black = 0;

            pixGetPixel(page, x, y, &grey);
            pixGetPixel(ink, x, y, &black);
            if (fabs(grey - limit) > 1e-6 && black != (grey < limit))
                fail_msg("row %zu, %d,%d: grey %u, limit %.2f, got %u", i, x, y, grey, limit,
                         black);
        }
    }
}

static void ink_is_found_on_every_paper(void **state)
{
    static const struct fixture_scan rows[] = {
        {240, 20, 0, 0},   {240, 30, 0, 12}, {255, 0, 0, 0},   {220, 60, 100, 8},
        {240, 150, 40, 6}, {180, 60, 60, 6}, {120, 40, 40, 5},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct binarise_params params = BINARISE_DEFAULT;
        SCOPED(image_free) struct Pix *page = fixture_letter();
        SCOPED(image_free) struct Pix *grey = fixture_scanned(page, &rows[i]);
        SCOPED(image_free) struct Pix *bits = NULL;
        SCOPED(image_free) struct Pix *wrong = NULL;
        struct err err = {0};

        check_ok(binarise(grey, &params, &bits, &err), &err);
        assert_int_equal(pixGetDepth(bits), 1);
        assert_int_equal(pixGetXRes(bits), 300);
        wrong = pixXor(NULL, page, bits);
        if (count(wrong) > count(page) / 50)
            fail_msg("row %zu: got %d wrong pixels, want at most 2 %% of %d", i, count(wrong),
                     count(page));
    }
}

static void pages_of_any_size_are_thresholded(void **state)
{
    (void)state;
    for (int size = 1; size < 70; size++) {
        static const int depths[] = {1, 8, 32};
        struct binarise_params params = BINARISE_DEFAULT;
        SCOPED(image_free) struct Pix *page = fixture_pattern(size, 70 - size, depths[size % 3], 1);
        SCOPED(image_free) struct Pix *bits = NULL;
        struct err err = {0};

        check_ok(binarise(page, &params, &bits, &err), &err);
        assert_int_equal(pixGetWidth(bits), size);
    }
}

/* What a side may carry. Each draws on a white bilevel page of SMALL_WIDTH x SMALL_HEIGHT. */
static void nothing(struct Pix *page)
{
    (void)page;
}

static void specks(struct Pix *page)
{
    unsigned seed = 4;

    for (int i = 0; i < 120; i++)
        pixRasterop(page, (int)(fixture_random(&seed) % SMALL_WIDTH),
                    (int)(fixture_random(&seed) % SMALL_HEIGHT), 2, 2, PIX_SET, NULL, 0, 0);
}

static void disc(struct Pix *page, int x, int y, int radius)
{
    for (int dy = -radius; dy <= radius; dy++)
        for (int dx = -radius; dx <= radius; dx++)
            if (dx * dx + dy * dy <= radius * radius)
                pixSetPixel(page, x + dx, y + dy, 1);
}

static void holes(struct Pix *page)
{
    disc(page, 35, 320, 8);
    disc(page, 35, 556, 8);
}

static void border(struct Pix *page)
{
    for (int y = 0; y < SMALL_HEIGHT; y++)
        pixRasterop(page, 0, y, 10 + y / 30, 1, PIX_SET, NULL, 0, 0);
    pixRasterop(page, 0, 0, SMALL_WIDTH, 14, PIX_SET, NULL, 0, 0);
}

static void streak(struct Pix *page)
{
    pixRasterop(page, 400, 0, 1, SMALL_HEIGHT, PIX_SET, NULL, 0, 0);
}

static void torn_corner(struct Pix *page)
{
    for (int y = 0; y < 60; y++)
        pixRasterop(page, 0, y, 60 - y, 1, PIX_SET, NULL, 0, 0);
}

/* A pen line through points: a signature of some 20 mm. */
static void signature(struct Pix *page)
{
    static const int ys[] = {40, 12, 36, 4, 30, 18, 38, 10};

    for (int i = 0; i + 1 < 8; i++) {
        PTA *line = generatePtaLine(350 + 8 * i, 640 + ys[i], 358 + 8 * i, 640 + ys[i + 1]);

        pixRenderPta(page, line, L_SET_PIXELS);
        ptaDestroy(&line);
    }
}

static void one_line(struct Pix *page)
{
    unsigned seed = 9;
    int x = 90, y = 200;

    for (int i = 0; i < 40; i++) {
        int to_x = x + 4, to_y = 195 + (int)(fixture_random(&seed) % 12);
        PTA *line = generatePtaLine(x, y, to_x, to_y);

        pixRenderPta(page, line, L_SET_PIXELS);
        ptaDestroy(&line);
        x = to_x;
        y = to_y;
    }
}

static void a_word_near_the_edge(struct Pix *page)
{
    for (int i = 0; i < 8; i++)
        pixRasterop(page, 20 + 6 * i, 830, 2, 9, PIX_SET, NULL, 0, 0);
}

static const struct side {
    const char *name;
    void (*draw)(struct Pix *page);
    int ink; /* grey level on paper of 235 */
    bool blank;
} sides[] = {
    {"nothing", nothing, 0, true},
    {"specks", specks, 40, true},
    {"holes", holes, 20, true},
    {"border", border, 10, true},
    {"streak", streak, 120, true},
    {"torn corner", torn_corner, 20, true},
    {"a line that shows through", one_line, 210, true},
    {"signature", signature, 60, false},
    {"pale signature", signature, 160, false},
    {"one line of writing", one_line, 60, false},
    {"one line of pencil", one_line, 165, false},
    {"a word near the edge", a_word_near_the_edge, 60, false},
};

static void blank_sides_are_told_from_written_ones(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof sides / sizeof *sides; i++) {
        struct fixture_scan scan = {.paper = 235, .ink = sides[i].ink, .shade = 25, .noise = 4};
        SCOPED(image_free) struct Pix *bits = fixture_page(SMALL_WIDTH, SMALL_HEIGHT, SMALL_DPI);
        SCOPED(image_free) struct Pix *page = NULL;
        struct blank_params params = BLANK_DEFAULT;
        struct blank_verdict verdict;
        struct err err = {0};

        sides[i].draw(bits);
        page = fixture_scanned(bits, &scan);
        check_ok(image_blank(page, &params, &verdict, &err), &err);
        if (verdict.blank != sides[i].blank)
            fail_msg("%s: got %s (%s), want %s", sides[i].name, verdict.blank ? "blank" : "written",
                     verdict.reason, sides[i].blank ? "blank" : "written");
        assert_true(verdict.reason[0] != '\0');
        assert_true(verdict.blank == (verdict.ink_share == 0));
    }
}

static void writing_beside_dirt_is_still_writing(void **state)
{
    struct fixture_scan scan = {.paper = 235, .ink = 60, .shade = 25, .noise = 4};
    SCOPED(image_free) struct Pix *bits = fixture_page(SMALL_WIDTH, SMALL_HEIGHT, SMALL_DPI);
    SCOPED(image_free) struct Pix *page = NULL;
    struct blank_params params = BLANK_DEFAULT;
    struct blank_verdict verdict;
    struct err err = {0};

    (void)state;
    for (size_t i = 0; i < 6; i++)
        sides[i].draw(bits);
    signature(bits);
    page = fixture_scanned(bits, &scan);
    check_ok(image_blank(page, &params, &verdict, &err), &err);
    if (verdict.blank)
        fail_msg("got blank (%s), want written", verdict.reason);
}

static void the_reduction_follows_the_resolution(void **state)
{
    static const struct {
        uint32_t width, height;
        double dpi;
        unsigned want;
    } rows[] = {{2480, 3508, 300, 4}, {1653, 2338, 200, 2}, {2480, 3508, 0, 4},
                {620, 877, 75, 1},    {4960, 7016, 600, 8}, {4960, 7016, 0, 8}};

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct image_header header = {.width = rows[i].width,
                                      .height = rows[i].height,
                                      .x_dpi = rows[i].dpi,
                                      .y_dpi = rows[i].dpi};

        assert_int_equal(blank_reduce(&header), rows[i].want);
    }
}

static void a_border_is_cut_off_and_cleared(void **state)
{
    SCOPED(image_free) struct Pix *page = fixture_letter();
    SCOPED(image_free) struct Pix *framed = pixCopy(NULL, page);
    SCOPED(image_free) struct Pix *clean = NULL;
    struct border_params params = BORDER_DEFAULT;
    struct border found;
    struct err err = {0};

    (void)state;
    pixSetOrClearBorder(framed, 120, 80, 40, 0, PIX_SET);
    check_ok(border_find(framed, &params, &found, &clean, &err), &err);
    assert_in_range(found.paper.x, 116, 124);
    assert_in_range(found.paper.y, 36, 44);
    assert_in_range(found.paper.x + found.paper.width, FIXTURE_WIDTH - 84, FIXTURE_WIDTH - 76);
    assert_int_equal(found.paper.y + found.paper.height, FIXTURE_HEIGHT);
    assert_true(found.black_share > 0.05);
    assert_int_equal(count(clean), count(page));
}

static void a_page_without_border_stays_as_it_is(void **state)
{
    SCOPED(image_free) struct Pix *page = fixture_letter();
    SCOPED(image_free) struct Pix *clean = NULL;
    struct border_params params = BORDER_DEFAULT;
    struct border found;
    struct err err = {0};
    l_int32 same = 0;

    (void)state;
    check_ok(border_find(page, &params, &found, &clean, &err), &err);
    assert_int_equal(found.paper.width, FIXTURE_WIDTH);
    assert_int_equal(found.paper.height, FIXTURE_HEIGHT);
    pixEqual(page, clean, &same);
    assert_true(same);
}

static void a_black_page_has_no_paper(void **state)
{
    SCOPED(image_free) struct Pix *page = fixture_page(800, 600, 100);
    struct border_params params = BORDER_DEFAULT;
    struct border found;
    struct err err = {0};

    (void)state;
    pixSetAll(page);
    check_ok(border_find(page, &params, &found, NULL, &err), &err);
    assert_int_equal(found.paper.width, 0);
}

/* A colour page: words of `letter` in blue-black, a frame and bars in orange-brown. */
static struct Pix *form_page(struct Pix *print, struct Pix *writing)
{
    struct Pix *page = pixCreate(pixGetWidth(print), pixGetHeight(print), 32);

    pixSetAllArbitrary(page, 0xf4f2ee00);
    pixSetResolution(page, 300, 300);
    pixSetMasked(page, print, 0xb8731f00);
    pixSetMasked(page, writing, 0x22285a00);
    return page;
}

static void form_ink_and_writing_come_apart(void **state)
{
    SCOPED(image_free) struct Pix *print = fixture_page(1200, 800, 300);
    SCOPED(image_free) struct Pix *writing = fixture_page(1200, 800, 300);
    SCOPED(dropout_free) struct dropout split = {0};
    struct dropout_params params = DROPOUT_DEFAULT;
    struct err err = {0};

    (void)state;
    fixture_write(print, "numero d'immatriculation", 60, 100);
    pixRasterop(print, 60, 300, 1000, 40, PIX_SET, NULL, 0, 0);
    fixture_write(writing, "2 75 02 83 085 548 36", 60, 180);
    SCOPED(image_free) struct Pix *page = form_page(print, writing);
    check_ok(dropout_split(page, &params, &split, &err), &err);
    pixXor(print, print, split.print);
    pixXor(writing, writing, split.writing);
    assert_true(count(print) <= count(split.print) / 50);
    assert_true(count(writing) <= count(split.writing) / 50);
    assert_true(split.print_share > 0.03);
}

static void a_grey_page_is_all_writing(void **state)
{
    struct fixture_scan scan = {240, 30, 0, 5};
    SCOPED(image_free) struct Pix *bits = fixture_page(600, 400, 300);
    SCOPED(dropout_free) struct dropout split = {0};
    struct dropout_params params = DROPOUT_DEFAULT;
    struct err err = {0};

    (void)state;
    fixture_write(bits, "feuille de soins", 60, 100);
    SCOPED(image_free) struct Pix *page = fixture_scanned(bits, &scan);
    check_ok(dropout_split(page, &params, &split, &err), &err);
    assert_int_equal(count(split.print), 0);
    assert_true(abs(count(split.writing) - count(bits)) <= count(bits) / 50);
}

static void lines_are_found_where_they_were_drawn(void **state)
{
    static const struct image_segment drawn[] = {
        {300, 400, 2000, 400, 4}, {300, 1400, 2000, 1440, 3}, {300, 400, 300, 2400, 4}};
    SCOPED(image_free) struct Pix *page = fixture_letter();
    SCOPED(rulings_free) struct rulings found = {0};
    struct rulings_params params = RULINGS_DEFAULT;
    struct err err = {0};

    (void)state;
    pixClearAll(page);
    fixture_write(page, "actes effectues", 500, 600);
    pixRasterop(page, 1000, 2000, 400, 60, PIX_SET, NULL, 0, 0); /* a bar is no line */
    for (size_t i = 0; i < 3; i++)
        pixRenderLine(page, drawn[i].x0, drawn[i].y0, drawn[i].x1, drawn[i].y1, drawn[i].thickness,
                      L_SET_PIXELS);
    check_ok(rulings_find(page, &params, &found, &err), &err);
    assert_int_equal(found.levels, 2);
    assert_int_equal(found.uprights, 1);
    for (size_t i = 0; i < 3; i++) {
        const struct image_segment *got = i < 2 ? &found.level[i] : &found.upright[0];

        assert_true(abs(got->x0 - drawn[i].x0) <= 6 && abs(got->y0 - drawn[i].y0) <= 6);
        assert_true(abs(got->x1 - drawn[i].x1) <= 6 && abs(got->y1 - drawn[i].y1) <= 6);
        assert_in_range(got->thickness, 2, 8);
    }
}

/* Upright strokes as of a row of digits, 24 pixels high and 60 apart. */
static void digits(struct Pix *page)
{
    for (int i = 0; i < 8; i++)
        pixRasterop(page, 30 + 60 * i, 20, 5, 24, PIX_SET, NULL, 0, 0);
}

static void lines_over_print_go_and_its_strokes_stay(void **state)
{
    static const double slopes[] = {0, 0.05, 0.2, -0.3};
    struct overprint_params params = {
        .level_least = 78, .upright_least = 45, .thickest = 10, .steepest = 0.35};

    (void)state;
    for (size_t i = 0; i < sizeof slopes / sizeof *slopes; i++) {
        SCOPED(image_free) struct Pix *clean = fixture_page(520, 64, 300);
        SCOPED(image_free) struct Pix *page = NULL;
        struct err err = {0};

        digits(clean);
        page = pixCopy(NULL, clean);
        assert_int_equal(overprint_drop(page, &params, &err), 0);
        for (int x = 200; x < 400; x++)
            pixRasterop(page, x, 32 + (int)(slopes[i] * (x - 300)), 1, 4, PIX_SET, NULL, 0, 0);
        int before = count(page);
        int gone = overprint_drop(page, &params, &err);
        if (gone <= 0 || before - gone != count(page) || abs(count(page) - count(clean)) > 40)
            fail_msg("slope %.2f: got %d of %d pixels, want %d", slopes[i], count(page), before,
                     count(clean));
    }
}

static void paper_is_found_on_dark_ground_only(void **state)
{
    static const struct {
        int ground, paper, x, y, width, height;
        bool found;
    } rows[] = {
        {40, 200, 400, 300, 900, 400, true},  {0, 255, 30, 60, 300, 140, true},
        {90, 170, 400, 300, 900, 400, true},  {200, 250, 400, 300, 900, 400, false},
        {80, 120, 400, 300, 900, 400, false}, {40, 200, 20, 20, 1560, 1160, false},
        {40, 40, 400, 300, 900, 400, false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        SCOPED(image_free) struct Pix *page = pixCreate(1600, 1200, 8);
        struct Box *box = boxCreate(rows[i].x, rows[i].y, rows[i].width, rows[i].height);
        struct image_box paper = {0};
        struct err err = {0};
        bool found;

        pixSetAllArbitrary(page, (l_uint32)rows[i].ground);
        pixSetInRectArbitrary(page, box, (l_uint32)rows[i].paper);
        boxDestroy(&box);
        check_ok(ground_find_paper(page, &found, &paper, &err), &err);
        if (found != rows[i].found)
            fail_msg("row %zu: got %d, want %d", i, found, rows[i].found);
        if (!found)
            continue;
        assert_true(abs(paper.x - rows[i].x) <= 8 && abs(paper.y - rows[i].y) <= 8);
        assert_true(abs(paper.width - rows[i].width) <= 12);
        assert_true(abs(paper.height - rows[i].height) <= 12);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(opening_is_that_of_leptonica),
        cmocka_unit_test(shrinking_is_area_mapping_of_leptonica),
        cmocka_unit_test(local_ink_is_darker_than_the_mean_round_it),
        cmocka_unit_test(ink_is_found_on_every_paper),
        cmocka_unit_test(pages_of_any_size_are_thresholded),
        cmocka_unit_test(blank_sides_are_told_from_written_ones),
        cmocka_unit_test(writing_beside_dirt_is_still_writing),
        cmocka_unit_test(the_reduction_follows_the_resolution),
        cmocka_unit_test(a_border_is_cut_off_and_cleared),
        cmocka_unit_test(a_page_without_border_stays_as_it_is),
        cmocka_unit_test(a_black_page_has_no_paper),
        cmocka_unit_test(form_ink_and_writing_come_apart),
        cmocka_unit_test(a_grey_page_is_all_writing),
        cmocka_unit_test(lines_are_found_where_they_were_drawn),
        cmocka_unit_test(lines_over_print_go_and_its_strokes_stay),
        cmocka_unit_test(paper_is_found_on_dark_ground_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
