/*
 * Decoding: every form that is read, what is refused and in what words, damage of every kind.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "image/decode.h"

#include <leptonica/allheaders.h>
#include <png.h>
#include <string.h>

#include <tiff.h>

#include "base/clock.h"
#include "base/scope.h"
#include "image/header.h"
#include "tests/check.h"
#include "tests/page_fixture.h"
#include "tests/tiff_fixture.h"

enum { WIDTH = 45, HEIGHT = 31, ORIENTATION_TAG = 274 };

static struct Pix *decoded(struct bytes file, unsigned page, unsigned reduce)
{
    struct image_decode_params params = {.page = page, .reduce = reduce};
    struct err err = {0};
    struct Pix *made = NULL;

    check_ok(image_decode(file, &params, &made, &err), &err);
    assert_non_null(made);
    return made;
}

static int refused(struct bytes file, unsigned page, struct err *err)
{
    struct image_decode_params params = {.page = page, .reduce = 1};
    struct Pix *made = NULL;
    int rc;

    *err = (struct err){0};
    rc = image_decode(file, &params, &made, err);
    if (rc < 0)
        assert_null(made);
    image_free(&made);
    return rc;
}

static const struct tiff_row {
    const char *name;
    uint16_t bits, samples, photometric, compression;
    uint32_t fax_options;
    unsigned depth;
} tiff_rows[] = {
    {"g4", 1, 1, PHOTOMETRIC_MINISWHITE, COMPRESSION_CCITTFAX4, 0, 1},
    {"g4, 0 is black", 1, 1, PHOTOMETRIC_MINISBLACK, COMPRESSION_CCITTFAX4, 0, 1},
    {"g3 1d", 1, 1, PHOTOMETRIC_MINISWHITE, COMPRESSION_CCITTFAX3, 0, 1},
    {"g3 2d", 1, 1, PHOTOMETRIC_MINISWHITE, COMPRESSION_CCITTFAX3, GROUP3OPT_2DENCODING, 1},
    {"lzw bilevel", 1, 1, PHOTOMETRIC_MINISBLACK, COMPRESSION_LZW, 0, 1},
    {"packbits bilevel", 1, 1, PHOTOMETRIC_MINISWHITE, COMPRESSION_PACKBITS, 0, 1},
    {"none bilevel", 1, 1, PHOTOMETRIC_MINISWHITE, COMPRESSION_NONE, 0, 1},
    {"grey 2", 2, 1, PHOTOMETRIC_MINISBLACK, COMPRESSION_LZW, 0, 8},
    {"grey 4", 4, 1, PHOTOMETRIC_MINISBLACK, COMPRESSION_NONE, 0, 8},
    {"grey 8", 8, 1, PHOTOMETRIC_MINISBLACK, COMPRESSION_ADOBE_DEFLATE, 0, 8},
    {"grey 8, 0 is white", 8, 1, PHOTOMETRIC_MINISWHITE, COMPRESSION_PACKBITS, 0, 8},
    {"grey 16", 16, 1, PHOTOMETRIC_MINISBLACK, COMPRESSION_LZW, 0, 8},
    {"palette 8", 8, 1, PHOTOMETRIC_PALETTE, COMPRESSION_LZW, 0, 32},
    {"rgb 8", 8, 3, PHOTOMETRIC_RGB, COMPRESSION_LZW, 0, 32},
    {"rgb 16", 16, 3, PHOTOMETRIC_RGB, COMPRESSION_ADOBE_DEFLATE, 0, 32},
    {"rgba 8", 8, 4, PHOTOMETRIC_RGB, COMPRESSION_NONE, 0, 32},
};

enum { TIFF_ROWS = sizeof tiff_rows / sizeof *tiff_rows };

static struct tiff_fixture form_of(const struct tiff_row *row)
{
    return (struct tiff_fixture){.width = WIDTH,
                                 .height = HEIGHT,
                                 .rows_per_strip = 8,
                                 .bits = row->bits,
                                 .samples = row->samples,
                                 .photometric = row->photometric,
                                 .compression = row->compression,
                                 .fax_options = row->fax_options};
}

static unsigned scaled(const struct tiff_row *row, unsigned sample)
{
    unsigned bits = row->bits > 8 ? 8 : row->bits;
    unsigned value = sample >> (8 - bits);

    return value * 255 / ((1u << bits) - 1);
}

/* What the fixture's pixel must be on the page. */
static uint32_t wanted(const struct tiff_row *row, uint32_t x, uint32_t y)
{
    unsigned red = tiff_fixture_sample(x, y, 0), green = tiff_fixture_sample(x, y, 1);
    unsigned blue = tiff_fixture_sample(x, y, 2), alpha = tiff_fixture_sample(x, y, 3);
    unsigned value = scaled(row, red);

    if (row->photometric == PHOTOMETRIC_PALETTE)
        return red << 24 | (255 - red) << 16 | red / 2 << 8;
    if (row->samples == 4) {
        red = (red * alpha + 255 * (255 - alpha) + 127) / 255;
        green = (green * alpha + 255 * (255 - alpha) + 127) / 255;
        blue = (blue * alpha + 255 * (255 - alpha) + 127) / 255;
    }
    if (row->samples >= 3)
        return red << 24 | green << 16 | blue << 8;
    value = row->photometric == PHOTOMETRIC_MINISWHITE ? 255 - value : value;
    return row->depth == 1 ? value == 0 : value;
}

static void every_tiff_form_gives_its_pixels(void **state)
{
    (void)state;
    for (int i = 0; i < TIFF_ROWS; i++) {
        struct tiff_fixture form = form_of(&tiff_rows[i]);
        SCOPED(buf_free) struct buf file = tiff_fixture(&form);
        SCOPED(image_free) struct Pix *page = decoded(buf_view(&file), 1, 1);

        assert_int_equal(pixGetDepth(page), tiff_rows[i].depth);
        assert_int_equal(pixGetWidth(page), WIDTH);
        assert_int_equal(pixGetHeight(page), HEIGHT);
        for (uint32_t at = 0; at < WIDTH * HEIGHT; at++) {
            uint32_t x = at % WIDTH, y = at / WIDTH, want = wanted(&tiff_rows[i], x, y);
            l_uint32 got = 0;

            pixGetPixel(page, (int)x, (int)y, &got);
            if (got != want)
                fail_msg("%s: pixel %u,%u: got %08x, want %08x", tiff_rows[i].name, x, y, got,
                         want);
        }
    }
}

static void a_reduced_page_is_the_mean_of_its_pixels(void **state)
{
    (void)state;
    for (unsigned reduce = 2; reduce <= 8; reduce *= 2) {
        struct tiff_fixture form = form_of(&tiff_rows[0]);
        SCOPED(buf_free) struct buf file = tiff_fixture(&form);
        SCOPED(image_free) struct Pix *whole = decoded(buf_view(&file), 1, 1);
        SCOPED(image_free) struct Pix *small = decoded(buf_view(&file), 1, reduce);

        assert_int_equal(pixGetDepth(small), 8);
        assert_int_equal(pixGetWidth(small), (WIDTH + (int)reduce - 1) / (int)reduce);
        assert_int_equal(pixGetHeight(small), (HEIGHT + (int)reduce - 1) / (int)reduce);
        for (int x = 0; x < pixGetWidth(small); x++) {
            BOX *cell = boxCreate(x * (int)reduce, 0, (int)reduce, (int)reduce);
            PIX *part = pixClipRectangle(whole, cell, NULL);
            l_int32 black = 0, count = pixGetWidth(part) * pixGetHeight(part);
            l_uint32 got = 0;

            pixCountPixels(part, &black, NULL);
            pixGetPixel(small, x, 0, &got);
            assert_int_equal(got, (255 * (count - black) + count / 2) / count);
            pixDestroy(&part);
            boxDestroy(&cell);
        }
    }
}

/* Which corner of the stored page the upper left corner of the decoded one is, by orientation. */
static void orientations_are_applied(void **state)
{
    static const struct {
        uint16_t orientation;
        bool right, bottom, swapped;
    } rows[] = {
        {1, false, false, false}, {2, true, false, false}, {3, true, true, false},
        {4, false, true, false},  {5, false, false, true}, {6, false, true, true},
        {7, true, true, true},    {8, true, false, true},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct tiff_fixture form = form_of(&tiff_rows[9]);
        SCOPED(buf_free) struct buf file = {0};
        SCOPED(image_free) struct Pix *page = NULL;
        l_uint32 got = 0;

        form.orientation = rows[i].orientation;
        file = tiff_fixture(&form);
        page = decoded(buf_view(&file), 1, 1);
        assert_int_equal(pixGetWidth(page), rows[i].swapped ? HEIGHT : WIDTH);
        pixGetPixel(page, 0, 0, &got);
        assert_int_equal(got, tiff_fixture_sample(rows[i].right ? WIDTH - 1 : 0,
                                                  rows[i].bottom ? HEIGHT - 1 : 0, 0));
        /* The second corner tells a turn from a mirror. */
        pixGetPixel(page, pixGetWidth(page) - 1, 0, &got);
        assert_int_equal(
            got, tiff_fixture_sample(rows[i].right == rows[i].swapped ? WIDTH - 1 : 0,
                                     rows[i].bottom != rows[i].swapped ? HEIGHT - 1 : 0, 0));
    }
}

static void resolutions_are_kept_unless_absurd(void **state)
{
    static const struct {
        uint16_t unit;
        float resolution;
        int want;
    } rows[] = {{RESUNIT_INCH, 300, 300}, {RESUNIT_CENTIMETER, 118.11F, 300},
                {RESUNIT_NONE, 300, 0},   {RESUNIT_INCH, 1, 0},
                {RESUNIT_INCH, 72000, 0}, {0, 0, 0}};

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct tiff_fixture form = form_of(&tiff_rows[0]);
        SCOPED(buf_free) struct buf file = {0};
        SCOPED(image_free) struct Pix *page = NULL;

        form.unit = rows[i].unit;
        form.resolution = rows[i].resolution;
        file = tiff_fixture(&form);
        page = decoded(buf_view(&file), 1, 1);
        assert_int_equal(pixGetXRes(page), rows[i].want);
        assert_int_equal(pixGetYRes(page), rows[i].want);
    }
}

static struct buf png_of(const struct Pix *page)
{
    struct buf file = {0};
    l_uint8 *made = NULL;
    size_t len = 0;

    assert_int_equal(pixWriteMemPng(&made, &len, (struct Pix *)page, 0), 0);
    assert_int_equal(buf_append(&file, bytes_of(made, len)), 0);
    free(made);
    return file;
}

static void a_png_gives_back_its_pixels(void **state)
{
    static const int depths[] = {1, 8, 32};

    (void)state;
    for (size_t i = 0; i < sizeof depths / sizeof *depths; i++) {
        SCOPED(image_free) struct Pix *page = fixture_pattern(WIDTH, HEIGHT, depths[i], 3);
        SCOPED(buf_free) struct buf file = png_of(page);
        SCOPED(image_free) struct Pix *back = decoded(buf_view(&file), 1, 1);
        l_int32 same = 0;

        assert_int_equal(pixGetDepth(back), depths[i]);
        pixEqual(page, back, &same);
        assert_true(same);
    }
}

static void transparent_pixels_lie_on_white_paper(void **state)
{
    static const uint8_t pixels[8] = {10, 20, 30, 0, 10, 20, 30, 255};
    png_image png = {
        .version = PNG_IMAGE_VERSION, .width = 2, .height = 1, .format = PNG_FORMAT_RGBA};
    uint8_t file[1000];
    png_alloc_size_t len = sizeof file;
    l_uint32 got = 0;

    (void)state;
    assert_true(png_image_write_to_memory(&png, file, &len, 0, pixels, 0, NULL));
    SCOPED(image_free) struct Pix *page = decoded(bytes_of(file, len), 1, 1);
    pixGetPixel(page, 0, 0, &got);
    assert_int_equal(got, 0xffffff00);
    pixGetPixel(page, 1, 0, &got);
    assert_int_equal(got, 0x0a141e00);
}

/* Every prefix is refused, or decodes to the page (a format may end with bytes that add nothing).
 */
static void check_truncations(struct bytes file)
{
    SCOPED(image_free) struct Pix *whole = decoded(file, 1, 1);

    for (size_t len = 0; len < file.len; len++) {
        struct image_decode_params params = IMAGE_DECODE_DEFAULT;
        /* A copy of exactly that size, so that a sanitizer sees every byte read beyond. */
        SCOPED(scope_free) uint8_t *cut = malloc(len ? len : 1);
        SCOPED(image_free) struct Pix *page = NULL;
        struct err err = {0};
        l_int32 same = 0;
        int rc;

        memcpy(cut, file.at, len);
        rc = image_decode(bytes_of(cut, len), &params, &page, &err);
        if (rc < 0) {
            check_refused(rc, ERR_FORMAT, &err);
            continue;
        }
        pixEqual(whole, page, &same);
        if (!same)
            fail_msg("%zu of %zu bytes decode to another page", len, file.len);
    }
}

static void no_truncation_gives_another_page(void **state)
{
    static const int depths[] = {1, 8, 32};

    (void)state;
    for (size_t i = 0; i < sizeof depths / sizeof *depths; i++) {
        SCOPED(image_free) struct Pix *page = fixture_pattern(WIDTH, HEIGHT, depths[i], 5);
        SCOPED(buf_free) struct buf png = png_of(page);
        SCOPED(buf_free) struct buf kept = fixture_encoded(page);

        check_truncations(buf_view(&png));
        check_truncations(buf_view(&kept));
    }
    for (int i = 0; i < TIFF_ROWS; i++) {
        struct tiff_fixture form = form_of(&tiff_rows[i]);
        SCOPED(buf_free) struct buf file = tiff_fixture(&form);

        check_truncations(buf_view(&file));
    }
}

static void changed_bytes_never_crash(void **state)
{
    unsigned seed = 7;

    (void)state;
    for (int i = 0; i < 3000; i++) {
        struct tiff_fixture form = form_of(&tiff_rows[i % TIFF_ROWS]);
        SCOPED(buf_free) struct buf file = tiff_fixture(&form);
        struct err err;

        for (int k = 0; k < 3; k++)
            file.at[fixture_random(&seed) % file.len] = (uint8_t)fixture_random(&seed);
        if (refused(buf_view(&file), 1, &err) < 0)
            assert_true(err.text[0] != '\0');
    }
}

static void a_damaged_g4_strip_is_refused(void **state)
{
    SCOPED(image_free) struct Pix *page = fixture_letter();
    SCOPED(buf_free) struct buf file = fixture_encoded(page);
    unsigned seed = 11, kept = 0;

    (void)state;
    for (int i = 0; i < 20; i++) {
        SCOPED(buf_free) struct buf bad = {0};
        struct err err;

        assert_int_equal(buf_append(&bad, buf_view(&file)), 0);
        for (int k = 0; k < 50; k++)
            bad.at[100 + fixture_random(&seed) % (bad.len / 2)] ^= (uint8_t)(1 << k % 8);
        if (refused(buf_view(&bad), 1, &err) == 0)
            kept++;
    }
    assert_int_equal(kept, 0);
}

/* Sets the 32-bit value of a tag in a little-endian TIFF made by image_encode. */
static void set_tag(struct buf *file, uint16_t tag, uint32_t value)
{
    uint32_t at = 0;

    memcpy(&at, file->at + 4, 4);
    for (unsigned count = file->at[at]; count > 0; count--, at += 12) {
        uint8_t *entry = file->at + at + 2;

        if ((entry[0] | entry[1] << 8) != tag)
            continue;
        entry[2] = TIFF_LONG;
        for (int i = 0; i < 4; i++)
            entry[8 + i] = (uint8_t)(value >> 8 * i);
    }
}

static struct buf bomb_of(uint32_t width, uint32_t height)
{
    SCOPED(image_free) struct Pix *page = fixture_pattern(WIDTH, HEIGHT, 1, 2);
    struct buf file = fixture_encoded(page);

    set_tag(&file, TIFFTAG_IMAGEWIDTH, width);
    set_tag(&file, TIFFTAG_IMAGELENGTH, height);
    set_tag(&file, TIFFTAG_ROWSPERSTRIP, height);
    return file;
}

static void a_bomb_is_refused_by_its_header(void **state)
{
    static const struct {
        uint32_t width, height;
        const char *text;
    } rows[] = {
        {60000, 60000, "60000 x 60000 pixels make 450 MB, at most 150 MB"},
        {40000, 100, "40000 x 100 pixels, at most 32768 on a side"},
        {4294967295u, 4294967295u, "at most 150 MB"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        SCOPED(buf_free) struct buf file = bomb_of(rows[i].width, rows[i].height);
        int64_t started = clock_cpu_us();
        struct err err;

        check_refused(refused(buf_view(&file), 1, &err), ERR_LIMIT, &err);
        assert_true(clock_cpu_us() - started < 5000);
        if (!strstr(err.text, rows[i].text))
            fail_msg("got '%s', want '%s'", err.text, rows[i].text);
    }
}

static void what_is_not_read_is_refused_by_name(void **state)
{
    static const struct {
        const char *bytes;
        size_t len;
        int want;
    } rows[] = {
        {"", 0, ERR_FORMAT},
        {"%PDF-1.4 hello", 14, ERR_FORMAT},
        {"II+\0\10\0\0\0", 8, ERR_UNSUPPORTED},
        {"II*\0\377\377\377\377", 8, ERR_FORMAT},
        {"II*\0\0\0\0\0", 8, ERR_NOT_FOUND},
        {"\377\330\377", 3, ERR_FORMAT},
        {"\211PNG\r\n\032\n", 8, ERR_FORMAT},
    };
    struct tiff_fixture planes = form_of(&tiff_rows[13]);
    struct err err;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        check_refused(refused(bytes_of(rows[i].bytes, rows[i].len), 1, &err), rows[i].want, &err);
    planes.samples = 1;
    planes.bits = 8;
    planes.photometric = PHOTOMETRIC_CIELAB;
    SCOPED(buf_free) struct buf file = tiff_fixture(&planes);
    check_refused(refused(buf_view(&file), 1, &err), ERR_UNSUPPORTED, &err);
}

static void pages_are_found_up_to_the_limit(void **state)
{
    static const struct {
        unsigned pages, page;
        int want;
    } rows[] = {{3, 1, 0},   {3, 3, 0},         {3, 4, ERR_NOT_FOUND}, {3, 0, ERR_NOT_FOUND},
                {64, 64, 0}, {65, 1, ERR_LIMIT}};

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct tiff_fixture form = form_of(&tiff_rows[9]);
        SCOPED(buf_free) struct buf file = {0};
        struct err err;

        form.pages = rows[i].pages;
        file = tiff_fixture(&form);
        if (rows[i].want < 0) {
            check_refused(refused(buf_view(&file), rows[i].page, &err), rows[i].want, &err);
            continue;
        }
        SCOPED(image_free) struct Pix *page = decoded(buf_view(&file), rows[i].page, 1);
        l_uint32 got = 0;

        pixGetPixel(page, 0, 0, &got);
        assert_int_equal(got, tiff_fixture_sample(rows[i].page - 1, 0, 0));
    }
}

static void a_loop_of_directories_ends(void **state)
{
    struct tiff_fixture form = form_of(&tiff_rows[0]);
    SCOPED(buf_free) struct buf file = tiff_fixture(&form);
    uint32_t at = 0;
    struct err err;

    (void)state;
    memcpy(&at, file.at + 4, 4);
    memcpy(file.at + at + 2 + 12 * (size_t)file.at[at], file.at + 4, 4);
    check_refused(refused(buf_view(&file), 1, &err), ERR_LIMIT, &err);
}

static void exif_turns_a_jpeg(void **state)
{
    static const uint8_t exif[] = {0xff, 0xe1, 0, 34, 'E', 'x', 'i', 'f', 0, 0,  'M', 'M',
                                   0,    42,   0, 0,  0,   8,   0,   1,   1, 18, 0,   3,
                                   0,    0,    0, 1,  0,   6,   0,   0,   0, 0,  0,   0};
    SCOPED(image_free) struct Pix *page = fixture_pattern(WIDTH, HEIGHT, 8, 2);
    SCOPED(buf_free) struct buf plain = fixture_encoded(page);
    SCOPED(buf_free) struct buf turned = {0};
    struct image_header header;
    struct err err = {0};

    (void)state;
    assert_int_equal(buf_append(&turned, bytes_of(plain.at, 2)), 0);
    assert_int_equal(buf_append(&turned, bytes_of(exif, sizeof exif)), 0);
    assert_int_equal(buf_append(&turned, bytes_of(plain.at + 2, plain.len - 2)), 0);
    check_ok(image_header_read(buf_view(&turned), 1, &header, &err), &err);
    assert_int_equal(header.orientation, 6);
    SCOPED(image_free) struct Pix *made = decoded(buf_view(&turned), 1, 1);
    assert_int_equal(pixGetWidth(made), HEIGHT);
    assert_int_equal(pixGetHeight(made), WIDTH);
}

static void headers_tell_what_files_say(void **state)
{
    SCOPED(image_free) struct Pix *page = fixture_pattern(WIDTH, HEIGHT, 1, 2);
    SCOPED(image_free) struct Pix *grey = fixture_pattern(WIDTH, HEIGHT, 8, 2);
    struct image_header header;
    struct err err = {0};

    (void)state;
    pixSetResolution(page, 300, 200);
    pixSetResolution(grey, 240, 240);
    SCOPED(buf_free) struct buf tiff = fixture_encoded(page);
    SCOPED(buf_free) struct buf jpeg = fixture_encoded(grey);
    SCOPED(buf_free) struct buf png = png_of(page);
    check_ok(image_header_read(buf_view(&tiff), 1, &header, &err), &err);
    assert_string_equal(header.codec, "g4");
    assert_int_equal(header.x_dpi, 300);
    assert_int_equal(header.y_dpi, 200);
    assert_int_equal(header.decoded_bytes, HEIGHT * 8);
    check_ok(image_header_read(buf_view(&jpeg), 1, &header, &err), &err);
    assert_string_equal(image_format_name(header.format), "jpeg");
    assert_int_equal(header.depth, 8);
    assert_int_equal(header.x_dpi, 240);
    check_ok(image_header_read(buf_view(&png), 1, &header, &err), &err);
    assert_string_equal(image_format_name(header.format), "png");
    assert_int_equal(header.depth, 1);
    assert_int_equal((int)(header.x_dpi + 0.5), 300);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_tiff_form_gives_its_pixels),
        cmocka_unit_test(a_reduced_page_is_the_mean_of_its_pixels),
        cmocka_unit_test(orientations_are_applied),
        cmocka_unit_test(resolutions_are_kept_unless_absurd),
        cmocka_unit_test(a_png_gives_back_its_pixels),
        cmocka_unit_test(transparent_pixels_lie_on_white_paper),
        cmocka_unit_test(no_truncation_gives_another_page),
        cmocka_unit_test(changed_bytes_never_crash),
        cmocka_unit_test(a_damaged_g4_strip_is_refused),
        cmocka_unit_test(a_bomb_is_refused_by_its_header),
        cmocka_unit_test(what_is_not_read_is_refused_by_name),
        cmocka_unit_test(pages_are_found_up_to_the_limit),
        cmocka_unit_test(a_loop_of_directories_ends),
        cmocka_unit_test(exif_turns_a_jpeg),
        cmocka_unit_test(headers_tell_what_files_say),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
