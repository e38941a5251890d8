/*
 * Byte buffers: growth, appending, impossible sizes.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/bytes.h"

#include "tests/check.h"

static void appending_keeps_what_was_there(void **state)
{
    (void)state;
    struct buf buf = {0};
    for (int i = 0; i < 1000; i++) {
        uint8_t byte = (uint8_t)i;
        assert_int_equal(buf_append(&buf, bytes_of(&byte, 1)), 0);
    }
    assert_int_equal(buf.len, 1000);
    for (int i = 0; i < 1000; i++)
        assert_int_equal(buf.at[i], i & 0xff);
    buf_free(&buf);
    assert_null(buf.at);
}

static void an_impossible_size_is_refused(void **state)
{
    (void)state;
    struct buf buf = {0};
    assert_int_equal(buf_reserve(&buf, SIZE_MAX), ERR_MEMORY);
    assert_null(buf.at);
    buf_free(&buf);
    buf_free(NULL);
}

static void equal_means_same_length_and_bytes(void **state)
{
    (void)state;
    assert_true(bytes_equal(bytes_of("abc", 3), bytes_of("abc", 3)));
    assert_false(bytes_equal(bytes_of("abc", 3), bytes_of("abd", 3)));
    assert_false(bytes_equal(bytes_of("abc", 3), bytes_of("ab", 2)));
    assert_true(bytes_equal(bytes_of(NULL, 0), bytes_of("", 0)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(appending_keeps_what_was_there),
        cmocka_unit_test(an_impossible_size_is_refused),
        cmocka_unit_test(equal_means_same_length_and_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
