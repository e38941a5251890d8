/*
 * Sealing: only the same key, label and bytes open it.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/seal.h"

#include <string.h>

#include "tests/check.h"

static const struct bytes label = {(const uint8_t *)"box/7", 5};
static const struct bytes plain = {(const uint8_t *)"a page", 6};

static void what_was_sealed_opens_again(void **state)
{
    (void)state;
    struct seal_key *key = seal_key_new();
    struct buf sealed = {0}, opened = {0};
    assert_int_equal(seal_close(key, label, plain, &sealed), 0);
    assert_int_equal(sealed.len, plain.len + SEAL_OVERHEAD_BYTES);
    assert_null(memmem(sealed.at, sealed.len, plain.at, plain.len));
    assert_int_equal(seal_open(key, label, buf_view(&sealed), &opened), 0);
    assert_true(bytes_equal(buf_view(&opened), plain));
    buf_free(&sealed);
    buf_free(&opened);
    seal_key_free(&key);
    assert_null(key);
}

static void every_changed_byte_is_noticed(void **state)
{
    (void)state;
    struct seal_key *key = seal_key_new();
    struct buf sealed = {0}, opened = {0};
    assert_int_equal(seal_close(key, label, plain, &sealed), 0);
    for (size_t i = 0; i < sealed.len; i++) {
        sealed.at[i] ^= 1;
        assert_int_equal(seal_open(key, label, buf_view(&sealed), &opened), ERR_INTEGRITY);
        sealed.at[i] ^= 1;
    }
    for (size_t len = 0; len < sealed.len; len++)
        assert_int_equal(seal_open(key, label, bytes_of(sealed.at, len), &opened), ERR_INTEGRITY);
    assert_int_equal(opened.len, 0);
    buf_free(&sealed);
    buf_free(&opened);
    seal_key_free(&key);
}

static void another_key_or_label_does_not_open(void **state)
{
    (void)state;
    struct seal_key *key = seal_key_new(), *other = seal_key_new();
    struct buf sealed = {0}, opened = {0};
    assert_int_equal(seal_close(key, label, plain, &sealed), 0);
    assert_int_equal(seal_open(other, label, buf_view(&sealed), &opened), ERR_INTEGRITY);
    assert_int_equal(seal_open(key, bytes_of("box/8", 5), buf_view(&sealed), &opened),
                     ERR_INTEGRITY);
    buf_free(&sealed);
    buf_free(&opened);
    seal_key_free(&key);
    seal_key_free(&other);
}

int main(void)
{
    struct err err;
    if (seal_start(&err) < 0)
        return 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_sealed_opens_again),
        cmocka_unit_test(every_changed_byte_is_noticed),
        cmocka_unit_test(another_key_or_label_does_not_open),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
