/*
 * Rows of a page in plain byte order come back as they were put, whatever the width.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "image/decode.h"
#include "image/page.h"

enum { WIDTH_MOST = 70, ROW_BYTES = 3 * WIDTH_MOST, GUARD = 0xA5 };

static void check_row(uint32_t width, unsigned depth)
{
    struct Pix *page;
    struct err err = {0};
    uint8_t put[ROW_BYTES] = {0}, got[ROW_BYTES + 4];
    assert_int_equal(page_new(width, 2, depth, &page, &err), 0);
    size_t count = page_row_bytes(page);
    for (size_t i = 0; i < count; i++)
        put[i] = (uint8_t)(37 * i + 11 * width + 1);
    if (depth == 1 && width % 8)
        put[count - 1] &= (uint8_t)(0xFF00 >> width % 8);
    memset(got, GUARD, sizeof got);
    page_put_row(page, 1, put);
    page_get_row(page, 1, got);
    assert_memory_equal(got, put, count);
    for (size_t i = count; i < sizeof got; i++)
        assert_int_equal(got[i], GUARD);
    page_get_row(page, 0, got);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(got[i], 0);
    image_free(&page);
}

static void a_row_comes_back_as_it_was_put(void **state)
{
    (void)state;
    static const unsigned depths[] = {1, 8, 32};
    for (size_t i = 0; i < sizeof depths / sizeof *depths; i++)
        for (uint32_t width = 1; width <= WIDTH_MOST; width++)
            check_row(width, depths[i]);
}

static struct digest digest_of_pixel(uint32_t width, uint8_t first)
{
    struct Pix *page;
    struct err err = {0};
    struct digest digest;
    uint8_t row[ROW_BYTES] = {first};
    assert_int_equal(page_new(width, 2, 8, &page, &err), 0);
    page_put_row(page, 0, row);
    assert_int_equal(page_digest(page, &digest, &err), 0);
    image_free(&page);
    return digest;
}

static void a_digest_is_of_size_and_pixels(void **state)
{
    (void)state;
    static const uint8_t plain[] = {0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 8, 7, 0, 0, 0};
    const struct digest one = digest_of_pixel(2, 7), other = digest_of_pixel(2, 8),
                        wider = digest_of_pixel(3, 7),
                        want = digest_of(bytes_of(plain, sizeof plain));
    assert_true(digest_equal(&one, &want));
    assert_false(digest_equal(&one, &other));
    assert_false(digest_equal(&one, &wider));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_row_comes_back_as_it_was_put),
                                       cmocka_unit_test(a_digest_is_of_size_and_pixels)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
