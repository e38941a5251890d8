/*
 * Pale pages through the cascade: letters in ever paler ink must not be dropped as blank, and what
 * shows through paper must not be taken for writing.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <allheaders.h>
#include <stdlib.h>
#include <string.h>

#include "bench/mail/envelope.h"
#include "tests/check.h"
#include "tests/page_reader.h"

#ifdef __SANITIZE_ADDRESS__ /* there a letter takes seconds */
enum { LETTERS = 2 };
#else
enum { LETTERS = 4 }; /* of each row, in turn typed and written, grey and in colour */
#endif

enum {
    WHITE = 245,
    THROUGH_PAPER = 40 /* passes of a 1-2-1 filter: 0.38 mm at 300 dpi, 0.57 at 200 */
};

static struct mail_order order_of_letters(void)
{
    struct mail_order order = mail_order_usual();
    memset(order.mix, 0, sizeof order.mix);
    order.mix[MAIL_LETTER] = 1;
    order.only_kind = true;
    order.separators = false;
    return order;
}

/* How many letters in ink of that grey are called blank for sure. */
static int count_blank(int black, int blur)
{
    struct envelope *envelope = calloc(1, sizeof *envelope);
    struct mail_order order = order_of_letters();
    struct err err = {0};
    int blank = 0;
    assert_non_null(envelope);
    for (unsigned i = 1; i <= LETTERS; i++) {
        PIX *image = NULL;
        envelope_plan(&order, i, envelope);
        struct sheet *sheet = &envelope->sheets[0];
        sheet->look.mode = i % 2 ? SCAN_GREY : SCAN_COLOUR;
        sheet->look.dpi = sheet->look.placement.dpi = i % 4 < 2 ? 300 : 200;
        sheet->look.black = black;
        sheet->look.white = WHITE;
        sheet->look.blur = blur;
        sheet->look.defect = DEFECT_NONE;
        check_ok(scan_page(&sheet->front, &sheet->look, &image, &err), &err);
        page_free_text(&sheet->front);
        struct verdict verdict = page_reader_verdict(image, sheet->look.dpi);
        blank += verdict.accepted && verdict.tag == TAG_BLANK;
        pixDestroy(&image);
        verdict_clear(&verdict);
    }
    free(envelope);
    return blank;
}

static void pale_letters_are_not_called_blank(void **state)
{
    (void)state;
    static const int rows[] = {120, 185, 195};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int blank = count_blank(rows[i], 0);
        print_message("ink %d on %d: %d of %d blank\n", rows[i], WHITE, blank, LETTERS);
        assert_int_equal(blank, 0);
    }
}

static void what_shows_through_paper_is_blank(void **state)
{
    (void)state;
    static const int rows[] = {205, 220};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int blank = count_blank(rows[i], THROUGH_PAPER);
        print_message("shining through at %d on %d: %d of %d blank\n", rows[i], WHITE, blank,
                      LETTERS);
        assert_int_equal(blank, LETTERS);
    }
}

int main(void)
{
    setMsgSeverity(L_SEVERITY_NONE);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pale_letters_are_not_called_blank),
        cmocka_unit_test(what_shows_through_paper_is_blank),
    };
    return cmocka_run_group_tests(tests, page_reader_open, page_reader_close);
}
