/*
 * Typed numbers in a comb over which a stamp's frame was laid, as the scanner delivers it.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <cairo.h>
#include <leptonica/allheaders.h>
#include <string.h>

#include "base/scope.h"
#include "classify/fields.h"
#include "image/decode.h"
#include "tests/check.h"
#include "tests/fonts.h"
#include "tests/page_fixture.h"

enum {
    CELLS = 15,
    PITCH = 58,
    LEFT = 40,
    TOP = 60,
    HEIGHT = 66,
    FRAME = 4,
    EM = 42,
    FOOT = TOP + 47,
    PAPER = 230, /* greys of a scan */
    TYPED_INK = 40,
    STAMP_INK = 120
};

static const char number[] = "255081416802538"; /* of nobody: made with its key */

static int open_engine(void **state)
{
    struct ocr_params params = OCR_DEFAULT;
    struct err err = {0};
    struct ocr *ocr = NULL;

    check_ok(ocr_open(&params, &ocr, &err), &err);
    *state = ocr;
    return 0;
}

static int close_engine(void **state)
{
    struct ocr *ocr = *state;

    ocr_free(&ocr);
    return fonts_forget(state);
}

/* Black where the drawing is dark. */
static struct Pix *bits_of(cairo_surface_t *surface)
{
    int width = cairo_image_surface_get_width(surface);
    int height = cairo_image_surface_get_height(surface);
    struct Pix *page = fixture_page(width, height, 300);

    cairo_surface_flush(surface);
    for (int at = 0; at < width * height; at++) {
        const unsigned char *row =
            cairo_image_surface_get_data(surface) +
            (ptrdiff_t)(at / width) * cairo_image_surface_get_stride(surface);

        pixSetPixel(page, at % width, at / width, row[4 * (at % width)] < 128);
    }
    return page;
}

/* The number, one digit to a box. */
static struct Pix *comb_page(void)
{
    cairo_surface_t *surface =
        cairo_image_surface_create(CAIRO_FORMAT_RGB24, LEFT * 2 + CELLS * PITCH, TOP * 2 + HEIGHT);
    cairo_t *cairo = cairo_create(surface);

    cairo_set_source_rgb(cairo, 1, 1, 1);
    cairo_paint(cairo);
    cairo_set_source_rgb(cairo, 0, 0, 0);
    cairo_select_font_face(cairo, "Liberation Sans", CAIRO_FONT_SLANT_NORMAL,
                           CAIRO_FONT_WEIGHT_NORMAL);
    cairo_set_font_size(cairo, EM);
    for (int i = 0; i < CELLS; i++) {
        cairo_move_to(cairo, LEFT + i * PITCH + 16, FOOT);
        cairo_show_text(cairo, (char[]){number[i], 0});
    }
    struct Pix *page = bits_of(surface);

    cairo_destroy(cairo);
    cairo_surface_destroy(surface);
    return page;
}

static int read_comb(const struct Pix *page, struct ocr *ocr, struct field *ret_field)
{
    struct comb comb = {{LEFT, TOP, CELLS * PITCH, HEIGHT}, CELLS, 300};
    struct err err = {0};
    int look = field_read_nir_comb(page, &comb, ocr, ret_field, &err);

    assert_true(look >= 0);
    return look;
}

static void a_typed_number_is_proven(void **state)
{
    SCOPED(image_free) struct Pix *page = comb_page();
    struct field field;

    assert_int_equal(read_comb(page, *state, &field), COMB_PROVEN);
    assert_string_equal(field.value, number);
}

/* The frame runs along the foot of the last digits; its corner hangs on one of them. */
static void a_frame_that_hangs_on_a_digit_does_not_hide_the_number(void **state)
{
    struct field field;

    for (int cell = 11; cell < 14; cell++) {
        SCOPED(image_free) struct Pix *page = comb_page();
        int corner = LEFT + cell * PITCH + 32, down = HEIGHT / 2 + 3;

        pixRasterop(page, corner, FOOT - 6, FRAME, down, PIX_SET, NULL, 0, 0);
        pixRasterop(page, corner, FOOT - 6, (CELLS - cell) * PITCH, FRAME, PIX_SET, NULL, 0, 0);
        if (read_comb(page, *state, &field) != COMB_PROVEN || strcmp(field.value, number) != 0)
            fail_msg("corner at digit %d: got '%s', want %s", cell + 1, field.value, number);
    }
}

/* A comb scanned in grey, or colour, with a stamp's pale line through the middle of its last
 * digits.
 */
static struct Pix *stamped_page(int depth)
{
    SCOPED(image_free) struct Pix *bits = comb_page();
    SCOPED(image_free) struct Pix *grey = pixConvert1To8(NULL, bits, PAPER, TYPED_INK);

    for (int y = FOOT - 18; y < FOOT - 18 + 2 * FRAME; y++)
        for (int x = LEFT + 11 * PITCH; x < pixGetWidth(grey); x++) {
            l_uint32 was;

            pixGetPixel(grey, x, y, &was);
            pixSetPixel(grey, x, y, was > STAMP_INK ? STAMP_INK : was);
        }
    return depth == 8 ? pixClone(grey) : pixConvert8To32(grey);
}

static void a_stamp_paler_than_the_digits_does_not_hide_the_number(void **state)
{
    static const int depths[] = {8, 32};
    struct field field;

    for (size_t i = 0; i < 2; i++) {
        SCOPED(image_free) struct Pix *page = stamped_page(depths[i]);

        if (read_comb(page, *state, &field) != COMB_PROVEN || strcmp(field.value, number) != 0)
            fail_msg("depth %d: got '%s', want %s", depths[i], field.value, number);
    }
}

/* Digits that a line has made others of are not guessed at. */
static void a_number_whose_key_is_covered_is_not_proven(void **state)
{
    SCOPED(image_free) struct Pix *page = comb_page();
    struct field field;

    pixRasterop(page, LEFT + 13 * PITCH, TOP, 2 * PITCH, HEIGHT, PIX_SET, NULL, 0, 0);
    assert_int_not_equal(read_comb(page, *state, &field), COMB_PROVEN);
    assert_int_equal(field.state, FIELD_ABSENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_typed_number_is_proven),
        cmocka_unit_test(a_frame_that_hangs_on_a_digit_does_not_hide_the_number),
        cmocka_unit_test(a_stamp_paler_than_the_digits_does_not_hide_the_number),
        cmocka_unit_test(a_number_whose_key_is_covered_is_not_proven),
    };
    return cmocka_run_group_tests(tests, open_engine, close_engine);
}
