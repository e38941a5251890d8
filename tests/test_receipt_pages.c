/*
 * Receipts through the cascade: their capitals and figures say nothing about which way they lie and
 * stand below each other as in lines, so only reading tells. None may be left on its side.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <allheaders.h>
#include <stdlib.h>
#include <string.h>

#include "bench/mail/envelope.h"
#include "bench/mail/kinds.h"
#include "tests/check.h"
#include "tests/page_reader.h"

#ifdef __SANITIZE_ADDRESS__ /* there a receipt takes seconds */
enum { RECEIPTS = 2 };
#else
enum { RECEIPTS = 8 };
#endif

static struct mail_order order_of_papers(void)
{
    struct mail_order order = mail_order_usual();
    memset(order.mix, 0, sizeof order.mix);
    order.mix[MAIL_OTHER] = 1;
    order.only_kind = true;
    order.separators = false;
    order.seed = 4071;
    return order;
}

/* Whether reading turned it by a quarter. */
static bool check_receipt(struct sheet *sheet)
{
    PIX *image = NULL;
    struct err err = {0};
    bool turned = false;
    sheet->look.placement.rotation = 0;
    sheet->look.mode = SCAN_GREY;
    sheet->look.dpi = sheet->look.placement.dpi = 300;
    sheet->look.defect = DEFECT_NONE;
    sheet->look.dropout = false;
    check_ok(scan_page(&sheet->front, &sheet->look, &image, &err), &err);
    page_free_text(&sheet->front);
    struct verdict verdict = page_reader_verdict(image, sheet->look.dpi);
    assert_int_equal(verdict.rotation, 0);
    assert_int_equal(verdict.tag, TAG_OTHER);
    assert_true(verdict.accepted);
    for (int i = 0; i < verdict.reason_count; i++)
        turned = turned || strstr(verdict.reasons[i], "turned by a quarter");
    pixDestroy(&image);
    verdict_clear(&verdict);
    return turned;
}

static void receipts_are_read_upright(void **state)
{
    struct envelope *envelope = calloc(1, sizeof *envelope);
    const struct mail_order order = order_of_papers();
    int read = 0, turned = 0;
    (void)state;
    assert_non_null(envelope);
    for (unsigned i = 1; read < RECEIPTS; i++) {
        envelope_plan(&order, i, envelope);
        for (unsigned at = 0; at < envelope->sheet_count && read < RECEIPTS; at++)
            if (envelope->sheets[at].front.variant == OTHER_RECEIPT) {
                turned += check_receipt(&envelope->sheets[at]);
                read++;
            }
    }
    print_message("%d of %d receipts seemed to lie on their side\n", turned, read);
    if (read > 2)
        assert_true(turned > 0);
    free(envelope);
}

int main(void)
{
    setMsgSeverity(L_SEVERITY_NONE);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(receipts_are_read_upright),
    };
    return cmocka_run_group_tests(tests, page_reader_open, page_reader_close);
}
