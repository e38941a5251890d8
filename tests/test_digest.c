/*
 * BLAKE2b-256: a published vector, hex both ways.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/digest.h"

#include "tests/check.h"

static void the_digest_of_abc_is_the_published_one(void **state)
{
    (void)state;
    struct digest digest = digest_of(bytes_of("abc", 3));
    char hex[DIGEST_HEX_SIZE];
    assert_string_equal(digest_hex(&digest, hex),
                        "bddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d52319");
}

static void hex_goes_there_and_back(void **state)
{
    (void)state;
    struct digest digest = digest_of(bytes_of("x", 1)), back;
    char hex[DIGEST_HEX_SIZE];
    assert_int_equal(digest_parse(digest_hex(&digest, hex), &back), 0);
    assert_true(digest_equal(&digest, &back));
    hex[10] = 'g';
    assert_int_equal(digest_parse(hex, &back), ERR_FORMAT);
    assert_int_equal(digest_parse("00", &back), ERR_FORMAT);
    assert_int_equal(digest_parse(NULL, &back), ERR_FORMAT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_digest_of_abc_is_the_published_one),
        cmocka_unit_test(hex_goes_there_and_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
