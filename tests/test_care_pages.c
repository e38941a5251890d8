/*
 * Care forms as whole pages through the cascade: the insured number from the row it stands in, that
 * of the insured person or that of the patient, and no number where it is written by hand.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <allheaders.h>
#include <stdlib.h>
#include <string.h>

#include "bench/mail/envelope.h"
#include "tests/check.h"
#include "tests/page_reader.h"

enum {
    DPI = 200,
    ENVELOPES = 60,         /* a third is typed, every eighth is for a child */
    INSURED_ROW_MM = 55,    /* the patient's row lies above, the insured person's below */
    PROVEN_LEAST_OF_10 = 9, /* of the typed ones */
    TEXT_LEAST = 1000       /* letters; the form has 3 000 */
};

struct tally {
    int typed, proven, insured_rows;
};

static void read_form(struct sheet *sheet, struct tally *tally)
{
    struct err err = {0};
    PIX *image = NULL;
    check_ok(scan_page(&sheet->front, &sheet->look, &image, &err), &err);
    page_free_text(&sheet->front);
    struct verdict verdict = page_reader_verdict(image, DPI);
    pixDestroy(&image);
    const struct field *nir = &verdict.fields[FIELD_NIR];
    bool typed = strcmp(sheet->front.note, "typed") == 0;
    tally->typed += typed;
    if (nir->state == FIELD_PROVEN) {
        assert_string_equal(nir->value, sheet->front.nir);
        tally->proven += typed;
        tally->insured_rows += nir->box.y > INSURED_ROW_MM * DPI / 25.4;
    }
    verdict_clear(&verdict);
}

static struct mail_order care_forms_only(void)
{
    struct mail_order order = mail_order_usual();
    memset(order.mix, 0, sizeof order.mix);
    order.mix[MAIL_CARE_FORM] = 1;
    order.only_kind = true;
    order.separators = false;
    order.habits = (struct scan_habits){.dpi = DPI, .mode = SCAN_COLOUR};
    return order;
}

static void typed_numbers_are_proven_in_either_row_and_none_is_wrong(void **state)
{
    (void)state;
    struct envelope *envelope = calloc(1, sizeof *envelope);
    struct tally tally = {0};
    const struct mail_order order = care_forms_only();
    assert_non_null(envelope);
    for (unsigned i = 1; i <= ENVELOPES; i++) {
        envelope_plan(&order, i, envelope);
        if (envelope->sheets[0].front.kind == PAGE_CARE_FORM)
            read_form(&envelope->sheets[0], &tally);
    }
    free(envelope);
    print_message("%d typed, %d proven, %d in the insured person's row\n", tally.typed,
                  tally.proven, tally.insured_rows);
    assert_true(tally.typed >= 10);
    assert_true(10 * tally.proven >= PROVEN_LEAST_OF_10 * tally.typed);
    assert_true(tally.insured_rows >= 1);
}

/* The first care form of the order, and what is said of it with its text and without. */
static void a_sure_form_is_read_whole_where_that_is_wanted(void **state)
{
    (void)state;
    struct err err = {0};
    struct envelope *envelope = calloc(1, sizeof *envelope);
    const struct mail_order order = care_forms_only();
    PIX *image = NULL;
    assert_non_null(envelope);
    for (unsigned i = 1; envelope->sheets[0].front.kind != PAGE_CARE_FORM; i++)
        envelope_plan(&order, i, envelope);
    struct sheet *sheet = &envelope->sheets[0];
    check_ok(scan_page(&sheet->front, &sheet->look, &image, &err), &err);
    page_free_text(&sheet->front);
    struct verdict with = page_reader_verdict(image, DPI);
    page_reader_set("read_forms = true", "read_forms =false");
    struct verdict without = page_reader_verdict(image, DPI);
    page_reader_set("read_forms = true", "read_forms = true");
    assert_true(without.accepted && with.accepted);
    assert_int_equal(with.tag, without.tag);
    assert_true(with.confidence == without.confidence);
    assert_null(without.text);
    assert_non_null(with.text);
    assert_true(strlen(with.text) > TEXT_LEAST);
    verdict_clear(&without);
    verdict_clear(&with);
    pixDestroy(&image);
    free(envelope);
}

int main(void)
{
    setMsgSeverity(L_SEVERITY_NONE);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(typed_numbers_are_proven_in_either_row_and_none_is_wrong),
        cmocka_unit_test(a_sure_form_is_read_whole_where_that_is_wanted),
    };
    return cmocka_run_group_tests(tests, page_reader_open, page_reader_close);
}
