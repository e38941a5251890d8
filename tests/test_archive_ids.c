/*
 * Ids as text, and the moves between the states of a page.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "archive/ids.h"

#include "tests/check.h"

static void ids_read_back_as_written(void **state)
{
    (void)state;
    char text[ID_TEXT_SIZE];
    struct page_id page;
    struct document_id document;
    struct batch_id batch;
    assert_string_equal(page_id_format((struct page_id){12, 340}, text), "12-340");
    assert_int_equal(page_id_parse(text, &page), 0);
    assert_int_equal(page.batch, 12);
    assert_int_equal(page.page, 340);
    assert_int_equal(document_id_parse("4294967295-200000", &document), 0);
    assert_string_equal(document_id_format(document, text), "4294967295-200000");
    assert_int_equal(batch_id_parse("7", &batch), 0);
    assert_int_equal(batch.n, 7);
}

static void anything_else_is_refused(void **state)
{
    (void)state;
    static const char *const pairs[] = {"",
                                        "-",
                                        "1",
                                        "1-",
                                        "-1",
                                        "0-1",
                                        "1-0",
                                        "01-1",
                                        "1-01",
                                        "1-1 ",
                                        " 1-1",
                                        "1--1",
                                        "+1-1",
                                        "1-200001",
                                        "4294967296-1",
                                        "99999999999999999999-1",
                                        "1-1-1",
                                        "a-b"};
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        struct page_id page;
        struct document_id document;
        assert_int_equal(page_id_parse(pairs[i], &page), ERR_FORMAT);
        assert_int_equal(document_id_parse(pairs[i], &document), ERR_FORMAT);
    }
    static const char *const numbers[] = {"", "0", "01", "-1", "1x", "4294967296", " 1"};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        struct batch_id batch;
        assert_int_equal(batch_id_parse(numbers[i], &batch), ERR_FORMAT);
    }
    struct batch_id batch;
    assert_int_equal(batch_id_parse(NULL, &batch), ERR_FORMAT);
}

/* Row: from; column: to. Order: accepted, leased, decided, to code, quarantined, filed. */
static const char *const moves[] = {".x....", "x.xxx.", "...xxx", "..x...", "x.xx..", "......"};

static void pages_move_as_the_table_says(void **state)
{
    (void)state;
    for (int from = PAGE_ACCEPTED; from <= PAGE_FILED; from++)
        for (int to = PAGE_ACCEPTED; to <= PAGE_FILED; to++)
            if (page_may_move((enum page_state)from, (enum page_state)to) !=
                (moves[from][to] == 'x'))
                fail_msg("%s to %s", page_state_name((enum page_state)from),
                         page_state_name((enum page_state)to));
    assert_false(page_may_move((enum page_state)6, PAGE_FILED));
    assert_string_equal(page_state_name(PAGE_TO_CODE), "to_code");
    assert_string_equal(page_state_name((enum page_state)99), "unknown");
    assert_string_equal(compartment_name(COMPARTMENT_MEDICAL), "medical");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ids_read_back_as_written),
        cmocka_unit_test(anything_else_is_refused),
        cmocka_unit_test(pages_move_as_the_table_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
