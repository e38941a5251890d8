/*
 * Encoding and splitting: what is kept is what was there, and the same each time.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "image/encode.h"

#include <leptonica/allheaders.h>
#include <string.h>

#include <tiff.h>

#include "base/scope.h"
#include "image/decode.h"
#include "image/header.h"
#include "image/tiff_directory.h"
#include "tests/check.h"
#include "tests/page_fixture.h"
#include "tests/tiff_fixture.h"

static struct Pix *decoded(struct bytes file, unsigned number)
{
    struct image_decode_params params = {.page = number, .reduce = 1};
    struct err err = {0};
    struct Pix *page = NULL;

    check_ok(image_decode(file, &params, &page, &err), &err);
    return page;
}

static bool same_pixels(struct Pix *one, struct Pix *other)
{
    l_int32 same = 0;

    pixEqual(one, other, &same);
    return same;
}

static void a_bilevel_page_comes_back_bit_for_bit(void **state)
{
    unsigned seed = 3;

    (void)state;
    for (int i = 0; i < 60; i++) {
        int width = 1 + (int)(fixture_random(&seed) % 200);
        int height = 1 + (int)(fixture_random(&seed) % 200);
        SCOPED(image_free) struct Pix *page = fixture_pattern(width, height, 1, seed);
        SCOPED(buf_free) struct buf file = {0};
        SCOPED(image_free) struct Pix *back = NULL;

        pixSetResolution(page, i % 2 ? 300 : 0, i % 2 ? 200 : 0);
        file = fixture_encoded(page);
        back = decoded(buf_view(&file), 1);
        assert_true(same_pixels(page, back));
        assert_int_equal(pixGetXRes(back), pixGetXRes(page));
        assert_int_equal(pixGetYRes(back), pixGetYRes(page));
    }
}

static void the_same_pixels_give_the_same_bytes(void **state)
{
    static const int depths[] = {1, 8, 32};

    (void)state;
    for (size_t i = 0; i < sizeof depths / sizeof *depths; i++) {
        SCOPED(image_free) struct Pix *page = fixture_pattern(123, 77, depths[i], 1);
        SCOPED(buf_free) struct buf one = fixture_encoded(page);
        SCOPED(buf_free) struct buf two = fixture_encoded(page);

        assert_true(bytes_equal(buf_view(&one), buf_view(&two)));
    }
}

static void a_page_is_appended(void **state)
{
    SCOPED(image_free) struct Pix *page = fixture_pattern(20, 20, 1, 1);
    struct image_encode_params params = IMAGE_ENCODE_DEFAULT;
    SCOPED(buf_free) struct buf file = {0};
    struct err err = {0};

    (void)state;
    assert_int_equal(buf_append(&file, bytes_of("before", 6)), 0);
    check_ok(image_encode(page, &params, &file, &err), &err);
    assert_memory_equal(file.at, "beforeII*", 9);
}

static void grey_and_colour_lose_little(void **state)
{
    static const struct {
        int depth, quality;
        double most; /* mean difference in grey levels; the pattern is hard on a JPEG */
    } rows[] = {{8, 75, 4}, {8, 95, 2}, {32, 75, 6}, {32, 95, 4}};

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct image_encode_params params = {.jpeg_quality = rows[i].quality};
        SCOPED(image_free) struct Pix *bits = fixture_page(400, 200, 300);
        SCOPED(image_free) struct Pix *page = NULL;
        SCOPED(image_free) struct Pix *back = NULL;
        SCOPED(buf_free) struct buf file = {0};
        struct err err = {0};
        l_float32 difference = 255;

        fixture_write(bits, "feuille de soins", 20, 60);
        page = rows[i].depth == 8 ? pixConvertTo8(bits, 0) : pixConvertTo32(bits);
        pixSetResolution(page, 300, 300);
        check_ok(image_encode(page, &params, &file, &err), &err);
        back = decoded(buf_view(&file), 1);
        assert_int_equal(pixGetDepth(back), rows[i].depth);
        assert_int_equal(pixGetXRes(back), 300);
        pixCompareGrayOrRGB(page, back, L_COMPARE_ABS_DIFF, 0, NULL, &difference, NULL, NULL);
        assert_true((double)difference <= rows[i].most);
    }
}

static struct buf split_off(struct bytes file, unsigned page)
{
    struct buf one = {0};
    struct err err = {0};

    check_ok(image_split(file, page, &one, &err), &err);
    return one;
}

static void a_split_page_is_the_page(void **state)
{
    static const struct tiff_fixture rows[] = {
        {.width = 90,
         .height = 40,
         .rows_per_strip = 40,
         .bits = 1,
         .samples = 1,
         .photometric = PHOTOMETRIC_MINISWHITE,
         .compression = COMPRESSION_CCITTFAX4,
         .pages = 3,
         .unit = RESUNIT_INCH,
         .resolution = 200},
        {.width = 90,
         .height = 40,
         .rows_per_strip = 7,
         .bits = 8,
         .samples = 3,
         .photometric = PHOTOMETRIC_RGB,
         .compression = COMPRESSION_LZW,
         .pages = 5,
         .orientation = 3},
        {.width = 9,
         .height = 4,
         .rows_per_strip = 4,
         .bits = 8,
         .samples = 1,
         .photometric = PHOTOMETRIC_PALETTE,
         .compression = COMPRESSION_NONE,
         .pages = 2},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        SCOPED(buf_free) struct buf file = tiff_fixture(&rows[i]);

        for (unsigned page = 1; page <= rows[i].pages; page++) {
            SCOPED(buf_free) struct buf one = split_off(buf_view(&file), page);
            SCOPED(buf_free) struct buf again = split_off(buf_view(&one), 1);
            SCOPED(image_free) struct Pix *want = decoded(buf_view(&file), page);
            SCOPED(image_free) struct Pix *got = decoded(buf_view(&one), 1);
            struct image_header header;
            struct err err = {0};

            check_ok(image_header_read(buf_view(&one), 1, &header, &err), &err);
            assert_int_equal(header.pages, 1);
            assert_true(same_pixels(want, got));
            assert_int_equal(pixGetXRes(got), pixGetXRes(want));
            assert_true(bytes_equal(buf_view(&one), buf_view(&again)));
        }
    }
}

/* The bytes of the first strip of page `number`. */
static struct bytes first_strip(struct bytes file, unsigned number)
{
    struct tiff_directory directory;
    struct tiff_entry offset, length;
    struct tiff_view view;
    struct err err = {0};
    unsigned pages;

    check_ok(tiff_view_open(file, &view, &err), &err);
    check_ok(tiff_directory_find(&view, number, &directory, &pages, &err), &err);
    assert_true(tiff_entry_find(&view, &directory, TIFFTAG_STRIPOFFSETS, &offset));
    assert_true(tiff_entry_find(&view, &directory, TIFFTAG_STRIPBYTECOUNTS, &length));
    return bytes_of(file.at + (size_t)tiff_entry_number(&view, &offset, 0),
                    (size_t)tiff_entry_number(&view, &length, 0));
}

static void strips_are_copied_byte_for_byte(void **state)
{
    static const struct tiff_fixture form = {.width = 90,
                                             .height = 40,
                                             .rows_per_strip = 10,
                                             .bits = 1,
                                             .samples = 1,
                                             .photometric = PHOTOMETRIC_MINISWHITE,
                                             .compression = COMPRESSION_CCITTFAX4,
                                             .pages = 2};
    SCOPED(buf_free) struct buf file = tiff_fixture(&form);
    SCOPED(buf_free) struct buf one = split_off(buf_view(&file), 2);

    (void)state;
    assert_true(bytes_equal(first_strip(buf_view(&file), 2), first_strip(buf_view(&one), 1)));
}

static void a_file_of_one_page_is_copied_whole(void **state)
{
    static const int depths[] = {1, 8, 32};

    (void)state;
    for (size_t i = 0; i < sizeof depths / sizeof *depths; i++) {
        SCOPED(image_free) struct Pix *page = fixture_pattern(30, 20, depths[i], 1);
        SCOPED(buf_free) struct buf file = fixture_encoded(page);
        SCOPED(buf_free) struct buf one = split_off(buf_view(&file), 1);

        assert_true(bytes_equal(buf_view(&file), buf_view(&one)));
    }
}

static void damaged_files_are_not_split(void **state)
{
    static const struct tiff_fixture form = {.width = 90,
                                             .height = 40,
                                             .rows_per_strip = 10,
                                             .bits = 1,
                                             .samples = 1,
                                             .photometric = PHOTOMETRIC_MINISWHITE,
                                             .compression = COMPRESSION_LZW,
                                             .pages = 2};
    SCOPED(buf_free) struct buf file = tiff_fixture(&form);
    unsigned seed = 5;

    (void)state;
    for (int i = 0; i < 2000; i++) {
        SCOPED(buf_free) struct buf bad = {0};
        SCOPED(buf_free) struct buf one = {0};
        struct err err = {0};

        assert_int_equal(buf_append(&bad, buf_view(&file)), 0);
        bad.at[fixture_random(&seed) % bad.len] = (uint8_t)fixture_random(&seed);
        bad.len -= i % 3 == 0 ? fixture_random(&seed) % bad.len : 0;
        if (image_split(buf_view(&bad), 2, &one, &err) < 0) {
            assert_true(err.text[0] != '\0');
            assert_int_equal(one.len, 0);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_bilevel_page_comes_back_bit_for_bit),
        cmocka_unit_test(the_same_pixels_give_the_same_bytes),
        cmocka_unit_test(a_page_is_appended),
        cmocka_unit_test(grey_and_colour_lose_little),
        cmocka_unit_test(a_split_page_is_the_page),
        cmocka_unit_test(strips_are_copied_byte_for_byte),
        cmocka_unit_test(a_file_of_one_page_is_copied_whole),
        cmocka_unit_test(damaged_files_are_not_split),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
