/*
 * Manifests: what is written is read back; anything else is refused with line and field.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "partners/manifest.h"

#include <string.h>

#include "base/scope.h"
#include "tests/check.h"

#define HEAD                                                                                       \
    "{\"tripli_manifest\":1,\"uuid\":\"0123456789abcdef0123456789abcdef\",\"tenant\":\"041\","     \
    "\"received\":\"2026-11-22\",\"files\":2,\"sheets\":3}\n"
#define DIGEST "\"digest\":\"00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\""
#define ONE "{\"envelope\":1,\"bytes\":52110," DIGEST "}\n"
#define TWO "{\"envelope\":2,\"bytes\":1," DIGEST "}\n"

static struct bytes text_of(const char *text)
{
    return bytes_of(text, strlen(text));
}

static void what_is_written_is_read_back(void **state)
{
    (void)state;
    struct err err = {0};
    struct manifest got;
    SCOPED(buf_free) struct buf again = {0};
    check_ok(manifest_read(text_of(HEAD ONE TWO), &got, &err), &err);
    assert_int_equal(got.count, 2);
    assert_int_equal(got.sheets, 3);
    assert_string_equal(got.received, "2026-11-22");
    assert_int_equal(got.files[0].bytes, 52110);
    assert_int_equal(got.files[1].envelope, 2);
    assert_int_equal(got.files[1].digest.at[1], 0x11);
    check_ok(manifest_write(&got, &again, &err), &err);
    assert_true(bytes_equal(buf_view(&again), text_of(HEAD ONE TWO)));
    manifest_clear(&got);
}

static void a_kind_may_be_declared_and_is_written_again(void **state)
{
    (void)state;
    static const char *const kinds[] = {"care_form", "cheque", "letter", "medical", "sick_note"};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        struct err err = {0};
        struct manifest got;
        char text[1024];
        SCOPED(buf_free) struct buf again = {0};
        snprintf(text, sizeof text, "%.*s,\"kind\":\"%s\"}\n%s%s", (int)sizeof HEAD - 3, HEAD,
                 kinds[i], ONE, TWO);
        check_ok(manifest_read(text_of(text), &got, &err), &err);
        assert_string_equal(got.kind, kinds[i]);
        check_ok(manifest_write(&got, &again, &err), &err);
        assert_true(bytes_equal(buf_view(&again), text_of(text)));
        manifest_clear(&got);
    }
}

static void a_manifest_that_does_not_hold_is_refused_with_its_line(void **state)
{
    (void)state;
#define KIND(kind)                                                                                 \
    START "\"tenant\":\"041\",\"received\":\"2026-11-22\",\"files\":1,\"sheets\":0,\"kind\":" kind \
          "}\n" ONE
#define START "{\"tripli_manifest\":1,\"uuid\":\"0123456789abcdef0123456789abcdef\","
    static const struct {
        const char *text;
        int want;
        const char *says;
    } rows[] = {
        {"", ERR_FORMAT, "line 1"},
        {"{}\n", ERR_FORMAT, "tripli_manifest"},
        {HEAD, ERR_FORMAT, "line 2"},
        {HEAD ONE, ERR_FORMAT, "line 3"},
        {HEAD ONE TWO TWO, ERR_FORMAT, "bytes after"},
        {HEAD TWO ONE, ERR_FORMAT, "line 2: 'envelope'"},
        {HEAD ONE "{\"envelope\":1,\"bytes\":0," DIGEST "}\n", ERR_FORMAT, "line 3: 'bytes'"},
        {HEAD ONE "{\"envelope\":3,\"bytes\":1," DIGEST "}\n", ERR_FORMAT, "'envelope'"},
        {HEAD ONE "{\"envelope\":1,\"bytes\":268435457," DIGEST "}\n", ERR_FORMAT, "'bytes'"},
        {HEAD ONE "{\"envelope\":1,\"bytes\":1,\"digest\":\"ab\"}\n", ERR_FORMAT, "'digest'"},
        {HEAD ONE "{\"envelope\":1,\"bytes\":1,\"name\":\"x\"," DIGEST "}\n", ERR_FORMAT, "fields"},
        {HEAD ONE "{\"envelope\":1,\"envelope\":1,\"bytes\":1," DIGEST "}\n", ERR_FORMAT, "line 3"},
        {START "\"tenant\":\"41\",\"received\":\"2026-11-22\",\"files\":1,\"sheets\":0}\n" ONE,
         ERR_FORMAT, "'tenant'"},
        {START "\"tenant\":\"041\",\"received\":\"2026-02-30\",\"files\":1,\"sheets\":0}\n" ONE,
         ERR_FORMAT, "'received'"},
        {START "\"tenant\":\"041\",\"received\":\"2026-11-22\",\"files\":10000000,\"sheets\":0}\n",
         ERR_LIMIT, "at most 20000"},
        {KIND("\"postcard\""), ERR_FORMAT, "'kind' is none of care_form, cheque"},
        {KIND("\"\""), ERR_FORMAT, "'kind'"},
        {KIND("7"), ERR_FORMAT, "'kind'"},
        {KIND("\"cheque\",\"more\":1"), ERR_FORMAT, "fields"},
        {"{\"tripli_manifest\":1,\"uuid\":\"../../../../../../../../etc/passwd\"}\n", ERR_FORMAT,
         "'uuid'"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct err err = {0};
        struct manifest got;
        check_refused(manifest_read(text_of(rows[i].text), &got, &err), rows[i].want, &err);
        if (!strstr(err.text, rows[i].says))
            fail_msg("row %zu: got '%s', want '%s'", i, err.text, rows[i].says);
        manifest_clear(&got);
    }
}

static void every_truncation_is_refused(void **state)
{
    (void)state;
    static const char whole[] = HEAD ONE TWO;
    for (size_t len = 0; len < sizeof whole - 1; len++) {
        struct err err = {0};
        struct manifest got;
        check_refused(manifest_read(bytes_of(whole, len), &got, &err), ERR_FORMAT, &err);
        manifest_clear(&got);
    }
}

static void more_bytes_than_the_limit_are_not_looked_at(void **state)
{
    (void)state;
    struct err err = {0};
    struct manifest got;
    SCOPED(scope_free) char *zeros = calloc(1, MANIFEST_BYTES_MAX + 1);
    assert_non_null(zeros);
    check_refused(manifest_read(bytes_of(zeros, MANIFEST_BYTES_MAX + 1), &got, &err), ERR_LIMIT,
                  &err);
    manifest_clear(&got);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_is_read_back),
        cmocka_unit_test(a_kind_may_be_declared_and_is_written_again),
        cmocka_unit_test(a_manifest_that_does_not_hold_is_refused_with_its_line),
        cmocka_unit_test(every_truncation_is_refused),
        cmocka_unit_test(more_bytes_than_the_limit_are_not_looked_at),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
