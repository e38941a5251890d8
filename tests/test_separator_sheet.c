/*
 * Separator sheets: what is written, what is refused, and that both ends carry the same patch.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <cairo.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/scope.h"
#include "bench/mail/canvas.h"
#include "tests/check.h"
#include "workers/separator_sheet.h"

enum { PIXELS_PER_MM = 8, SHEET_WIDTH = 210 * PIXELS_PER_MM, SHEET_HEIGHT = 297 * PIXELS_PER_MM };

static void a_file_of_sheets_is_a_pdf(void **state)
{
    (void)state;
    char path[] = "/tmp/test_separator_sheet.XXXXXX";
    struct err err = {0};
    SCOPED(scope_close) int fd = mkstemp(path);
    SCOPED(buf_free) struct buf data = {0};
    assert_true(fd >= 0);
    struct separator_sheet_params params = {.tenant = "061", .copies = 3};
    assert_int_equal(separator_sheet_write(&params, path, &err), 0);
    assert_int_equal(file_read(path, 1 << 20, &data, &err), 0);
    assert_true(data.len > 1000);
    assert_memory_equal(data.at, "%PDF-", 5);
    unlink(path);
}

static void wrong_orders_are_refused_and_leave_no_file(void **state)
{
    (void)state;
    static const struct {
        struct separator_sheet_params params;
        int code;
    } rows[] = {{{"61", 1}, ERR_FORMAT},  {{"0610", 1}, ERR_FORMAT},
                {{"06A", 1}, ERR_FORMAT}, {{"", 1}, ERR_FORMAT},
                {{NULL, 0}, ERR_LIMIT},   {{"061", SEPARATOR_SHEETS_LIMIT + 1}, ERR_LIMIT}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct err err = {0};
        const char *path = "/tmp/test_separator_sheet.refused.pdf";
        assert_int_equal(separator_sheet_write(&rows[i].params, path, &err), rows[i].code);
        assert_int_not_equal(access(path, F_OK), 0);
    }
    struct err err = {0};
    struct separator_sheet_params params = {NULL, 1};
    assert_true(separator_sheet_write(&params, "/nonexistent/sheet.pdf", &err) < 0);
    assert_non_null(strstr(err.text, "No such file or directory"));
    assert_non_null(strstr(err.text, "/nonexistent/sheet.pdf"));
}

static bool is_black(cairo_surface_t *surface, int x, int y)
{
    const unsigned char *data = cairo_image_surface_get_data(surface);
    return data[y * cairo_image_surface_get_stride(surface) + x * 4] < 128;
}

static void the_patch_reads_the_same_upside_down(void **state)
{
    (void)state;
    struct err err = {0};
    struct separator_sheet_params params = {.tenant = NULL, .copies = 1};
    cairo_surface_t *surface =
        cairo_image_surface_create(CAIRO_FORMAT_RGB24, SHEET_WIDTH, SHEET_HEIGHT);
    cairo_t *cairo = cairo_create(surface);
    cairo_set_source_rgb(cairo, 1, 1, 1);
    cairo_paint(cairo);
    cairo_scale(cairo, PIXELS_PER_MM, PIXELS_PER_MM);
    assert_int_equal(separator_sheet_draw(&params, cairo, &err), 0);
    cairo_surface_flush(surface);
    int bars = 0, middle = SHEET_WIDTH / 2;
    for (int y = 1; y < 40 * PIXELS_PER_MM; y++) {
        bars += is_black(surface, middle, y) && !is_black(surface, middle, y - 1);
        assert_int_equal(is_black(surface, middle, y),
                         is_black(surface, SHEET_WIDTH - 1 - middle, SHEET_HEIGHT - 1 - y));
    }
    assert_int_equal(bars, 4);
    cairo_destroy(cairo);
    cairo_surface_destroy(surface);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_of_sheets_is_a_pdf),
        cmocka_unit_test(wrong_orders_are_refused_and_leave_no_file),
        cmocka_unit_test(the_patch_reads_the_same_upside_down),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    canvas_release_fonts();
    return failed;
}
