/*
 * Messages: what is written is read back; anything else is refused with kind and field.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "wire/message.h"

#include <string.h>

#include "tests/check.h"

static struct bytes text_of(const char *text)
{
    return bytes_of(text, strlen(text));
}

static void every_kind_is_written_and_read_back(void **state)
{
    (void)state;
    for (int kind = 0; kind < MESSAGE_KIND_COUNT; kind++) {
        struct message sent = {.kind = (enum message_kind)kind}, got;
        struct err err = {0};
        json_t *object = json_pack("{s:i}", "x", 1);
        if (kind == MESSAGE_PAGE)
            sent.page.capture = object;
        if (kind == MESSAGE_VERDICT)
            sent.verdict.verdict = object;
        if (kind == MESSAGE_ASK)
            sent.ask.details = object;
        if (kind == MESSAGE_ANSWER)
            sent.answer.details = object;
        char *text = message_write(&sent);
        assert_non_null(text);
        check_ok(message_read(text_of(text), &got, &err), &err);
        assert_int_equal(got.kind, kind);
        message_clear(&got);
        json_decref(object);
        free(text);
    }
}

static void fields_keep_their_values(void **state)
{
    (void)state;
    struct err err = {0};
    struct message sent = {.kind = MESSAGE_LEND}, got;
    sent.lend = (struct lend_message){12, 340, 3, "ab", "sides_differ", 60000};
    char *text = message_write(&sent);
    check_ok(message_read(text_of(text), &got, &err), &err);
    assert_int_equal(got.lend.batch, 12);
    assert_int_equal(got.lend.page, 340);
    assert_int_equal(got.lend.epoch, 3);
    assert_int_equal(got.lend.deadline_ms, 60000);
    assert_string_equal(got.lend.digest, "ab");
    assert_string_equal(got.lend.finding, "sides_differ");
    message_clear(&got);
    free(text);
}

static void what_is_not_of_the_protocol_is_refused(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        {"", "not a JSON object"},
        {"[]", "not a JSON object"},
        {"{}", "unknown kind"},
        {"{\"kind\":\"nonsense\",\"v\":1}", "unknown kind"},
        {"{\"kind\":7,\"v\":1}", "unknown kind"},
        {"{\"kind\":\"bye\"}", "version 0"},
        {"{\"kind\":\"bye\",\"v\":2}", "version 2"},
        {"{\"kind\":\"bye\",\"v\":1,\"more\":1}", "3 fields, must be 2"},
        {"{\"kind\":\"accepted\",\"v\":1,\"batch\":1}", "field 'page'"},
        {"{\"kind\":\"accepted\",\"v\":1,\"batch\":-1,\"page\":1}", "field 'batch'"},
        {"{\"kind\":\"accepted\",\"v\":1,\"batch\":4294967296,\"page\":1}", "field 'batch'"},
        {"{\"kind\":\"accepted\",\"v\":1,\"batch\":\"1\",\"page\":1}", "field 'batch'"},
        {"{\"kind\":\"answer\",\"v\":1,\"details\":[]}", "field 'details'"},
        {"{\"kind\":\"wait\",\"v\":1,\"reason\":\"a\\u0000b\",\"retry_ms\":1}", "JSON"},
        {"{\"kind\":\"bye\",\"kind\":\"bye\",\"v\":1}", "not a JSON object"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct message got;
        struct err err = {0};
        check_refused(message_read(text_of(rows[i][0]), &got, &err), ERR_PROTOCOL, &err);
        if (!strstr(err.text, rows[i][1]))
            fail_msg("row %zu: got '%s', want '%s'", i, err.text, rows[i][1]);
        message_clear(&got);
    }
}

static void a_text_longer_than_its_field_is_refused(void **state)
{
    (void)state;
    struct err err = {0};
    struct message got;
    char text[WIRE_TEXT_SIZE + 200];
    int len =
        snprintf(text, sizeof text, "{\"kind\":\"wait\",\"v\":1,\"retry_ms\":1,\"reason\":\"");
    memset(text + len, 'x', WIRE_TEXT_SIZE);
    snprintf(text + len + WIRE_TEXT_SIZE, 10, "\"}");
    check_refused(message_read(text_of(text), &got, &err), ERR_PROTOCOL, &err);
    message_clear(&got);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_is_written_and_read_back),
        cmocka_unit_test(fields_keep_their_values),
        cmocka_unit_test(what_is_not_of_the_protocol_is_refused),
        cmocka_unit_test(a_text_longer_than_its_field_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
