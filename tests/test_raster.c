/*
 * Bytes to pixels: any split of the stream gives the same page, and what is announced is held to.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "scanner/raster.h"

#include <leptonica/allheaders.h>
#include <string.h>

#include "base/scope.h"
#include "scanner/device.h"
#include "tests/check.h"

enum { LINES = 9, PADDING = 3 };

struct shape {
    unsigned depth;
    bool rgb;
    uint32_t width;
};

static const struct shape shapes[] = {{1, false, 1}, {1, false, 31}, {1, false, 32}, {1, false, 45},
                                      {8, false, 1}, {8, false, 5},  {8, false, 8},  {8, true, 1},
                                      {8, true, 2},  {8, true, 11}};

static uint32_t needed(const struct shape *shape)
{
    return shape->rgb ? 3 * shape->width : (shape->width * shape->depth + 7) / 8;
}

static struct raster_params params_of(const struct shape *shape, int64_t lines)
{
    return (struct raster_params){.width = shape->width,
                                  .lines = lines,
                                  .bytes_per_line = needed(shape) + PADDING,
                                  .depth = shape->depth,
                                  .rgb = shape->rgb};
}

static uint8_t sample(size_t at)
{
    return (uint8_t)(at * 167 + at / 13);
}

static void check_pixel(const struct shape *shape, PIX *page, uint32_t x, uint32_t y)
{
    size_t line = y * (size_t)(needed(shape) + PADDING);
    l_uint32 got = 0, want;
    if (shape->rgb)
        want = (l_uint32)sample(line + 3 * x) << 24 | (l_uint32)sample(line + 3 * x + 1) << 16 |
               (l_uint32)sample(line + 3 * x + 2) << 8;
    else if (shape->depth == 8)
        want = sample(line + x);
    else
        want = sample(line + x / 8) >> (7 - x % 8) & 1;
    pixGetPixel(page, (int)x, (int)y, &got);
    assert_int_equal(got, want);
}

/* The bits of a row's last word behind its last pixel. */
static void check_rest_is_zero(const struct shape *shape, PIX *page)
{
    unsigned bits = shape->rgb ? 0 : shape->width * shape->depth % 32;
    for (int y = 0; y < LINES && bits > 0; y++) {
        l_uint32 last = pixGetData(page)[pixGetWpl(page) * (y + 1) - 1];
        assert_int_equal(last << bits, 0);
    }
}

/* The bytes of LINES lines in pieces of `step`, as a page that the caller frees. */
static PIX *send_in_pieces(const struct shape *shape, struct bytes bytes, size_t step)
{
    struct raster_params params = params_of(shape, step % 2 ? LINES : -1);
    struct err err = {0};
    struct raster *raster = NULL;
    PIX *page = NULL;
    check_ok(raster_new(&params, &raster, &err), &err);
    for (size_t at = 0; at < bytes.len; at += step) {
        size_t piece = at + step < bytes.len ? step : bytes.len - at;
        check_ok(raster_add(raster, bytes_of(bytes.at + at, piece), &err), &err);
    }
    assert_int_equal(raster_received(raster), bytes.len);
    check_ok(raster_finish(&raster, &page, &err), &err);
    return page;
}

static void check_page(const struct shape *shape, PIX *page)
{
    assert_int_equal(pixGetHeight(page), LINES);
    for (uint32_t y = 0; y < LINES; y++)
        for (uint32_t x = 0; x < shape->width; x++)
            check_pixel(shape, page, x, y);
    check_rest_is_zero(shape, page);
}

static void every_split_gives_the_same_page(void **state)
{
    uint8_t bytes[LINES * 40];
    (void)state;
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = sample(i);
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        size_t total = LINES * (size_t)(needed(&shapes[i]) + PADDING);
        for (size_t step = 1; step <= total; step++) {
            PIX *page = send_in_pieces(&shapes[i], bytes_of(bytes, total), step);
            check_page(&shapes[i], page);
            pixDestroy(&page);
        }
    }
}

static void missing_and_excess_bytes_are_refused(void **state)
{
    static const struct {
        int64_t lines;
        size_t sent;
        bool excess;
    } rows[] = {{4, 0, false},  {4, 39, false}, {4, 30, false}, {4, 50, true},
                {4, 41, false}, {-1, 0, false}, {-1, 25, false}};
    const struct raster_params ten = {.width = 10, .bytes_per_line = 10, .depth = 8};
    uint8_t zeroes[64] = {0};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct raster_params params = ten;
        struct err err = {0};
        struct raster *raster = NULL;
        PIX *page = NULL;
        params.lines = rows[i].lines;
        check_ok(raster_new(&params, &raster, &err), &err);
        int rc = raster_add(raster, bytes_of(zeroes, rows[i].sent), &err);
        assert_int_equal(rc < 0, rows[i].excess);
        check_refused(raster_finish(&raster, &page, &err), ERR_FORMAT, &err);
        assert_null(raster);
        assert_null(page);
    }
}

static void impossible_announcements_are_refused_before_memory_is_taken(void **state)
{
    static const struct {
        struct raster_params params;
        int want;
    } rows[] = {
        {{.width = 0, .lines = 5, .bytes_per_line = 5, .depth = 8}, ERR_FORMAT},
        {{.width = 5, .lines = 0, .bytes_per_line = 5, .depth = 8}, ERR_FORMAT},
        {{.width = 5, .lines = -2, .bytes_per_line = 5, .depth = 8}, ERR_FORMAT},
        {{.width = 5, .lines = 5, .bytes_per_line = 4, .depth = 8}, ERR_FORMAT},
        {{.width = 5, .lines = 5, .bytes_per_line = 14, .depth = 8, .rgb = true}, ERR_FORMAT},
        {{.width = 5, .lines = 5, .bytes_per_line = 1U << 30, .depth = 8}, ERR_FORMAT},
        {{.width = 5, .lines = 5, .bytes_per_line = 10, .depth = 16}, ERR_UNSUPPORTED},
        {{.width = 5, .lines = 5, .bytes_per_line = 5, .depth = 1, .rgb = true}, ERR_UNSUPPORTED},
        {{.width = 40000, .lines = 5, .bytes_per_line = 40000, .depth = 8}, ERR_LIMIT},
        {{.width = 5, .lines = 40000, .bytes_per_line = 5, .depth = 8}, ERR_LIMIT},
        {{.width = 20000, .lines = 20000, .bytes_per_line = 60000, .depth = 8, .rgb = true},
         ERR_LIMIT},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct err err = {0};
        struct raster *raster = NULL;
        check_refused(raster_new(&rows[i].params, &raster, &err), rows[i].want, &err);
        assert_null(raster);
    }
}

static void a_page_without_end_is_stopped_at_the_limit(void **state)
{
    const struct raster_params params = {.width = 8, .lines = -1, .bytes_per_line = 1, .depth = 1};
    uint8_t zeroes[4096] = {0};
    struct err err = {0};
    SCOPED(raster_free) struct raster *raster = NULL;
    (void)state;
    check_ok(raster_new(&params, &raster, &err), &err);
    for (int i = 0; i < SCANNER_SIDE_LIMIT_PIXELS / 4096; i++)
        check_ok(raster_add(raster, bytes_of(zeroes, sizeof zeroes), &err), &err);
    check_refused(raster_add(raster, bytes_of(zeroes, 1), &err), ERR_LIMIT, &err);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_split_gives_the_same_page),
        cmocka_unit_test(missing_and_excess_bytes_are_refused),
        cmocka_unit_test(impossible_announcements_are_refused_before_memory_is_taken),
        cmocka_unit_test(a_page_without_end_is_stopped_at_the_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
