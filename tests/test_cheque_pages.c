/*
 * Cheques as whole pages through the cascade: alone and at the bottom of a letter, in every quarter
 * turn, their backs, cheques of another font, and why a line was refused.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <allheaders.h>
#include <stdlib.h>
#include <string.h>

#include "base/scope.h"
#include "bench/mail/envelope.h"
#include "tests/check.h"
#include "tests/page_reader.h"

enum { DPI = 300 };

/* What the cascade says of an image turned counter-clockwise by quarters; frees it. */
static struct verdict verdict_of(PIX *image, int dpi, int quarters)
{
    PIX *turned = pixRotateOrth(image, (4 - quarters) % 4);
    struct verdict verdict = page_reader_verdict(turned, dpi);
    pixDestroy(&turned);
    pixDestroy(&image);
    return verdict;
}

/* Sheet of an order of cheques, upright; variant 0 alone, 1 on A4. Its label stays in `page`. */
static PIX *cheque_image(struct envelope *envelope, int variant, bool back)
{
    struct err err = {0};
    PIX *image = NULL;
    struct mail_order order = mail_order_usual();
    memset(order.mix, 0, sizeof order.mix);
    order.mix[MAIL_CHEQUE] = 1;
    order.only_kind = true;
    order.separators = false;
    order.habits = (struct scan_habits){.dpi = DPI, .mode = SCAN_GREY};
    for (unsigned i = 1; i < 40; i++) {
        envelope_plan(&order, i, envelope);
        struct sheet *sheet = &envelope->sheets[0];
        if (sheet->front.variant != variant)
            continue;
        sheet->front.kind = back ? PAGE_CHEQUE_BACK : PAGE_CHEQUE;
        check_ok(scan_page(&sheet->front, &sheet->look, &image, &err), &err);
        page_free_text(&sheet->front);
        return image;
    }
    fail_msg("no cheque of variant %d among 40 envelopes", variant);
    return NULL;
}

static void without_blanks(const char *text, char *ret_text)
{
    for (; *text; text++)
        if (*text != ' ')
            *ret_text++ = *text;
    *ret_text = '\0';
}

/* Small print of a key is not read in every scan: then the line is read, not proven. */
static void check_read_in_every_turn(int variant, enum field_state least)
{
    struct envelope *envelope = calloc(1, sizeof *envelope);
    assert_non_null(envelope);
    for (int quarters = 0; quarters < 4; quarters++) {
        PIX *image = cheque_image(envelope, variant, false);
        char want[MICR_TEXT_SIZE];
        without_blanks(envelope->sheets[0].front.micr, want);
        SCOPED(verdict_clear) struct verdict verdict = verdict_of(image, DPI, quarters);
        assert_string_equal(tag_name(verdict.tag), "cheque");
        assert_true(verdict.accepted);
        assert_int_equal(verdict.rotation, 90 * quarters);
        assert_string_equal(verdict.fields[FIELD_CMC7].value, want);
        assert_in_range(verdict.fields[FIELD_CMC7].state, least, FIELD_PROVEN);
    }
    free(envelope);
}

static void a_cheque_alone_is_proven_in_every_turn(void **state)
{
    (void)state;
    check_read_in_every_turn(0, FIELD_PROVEN);
}

static void a_cheque_at_the_bottom_of_a_letter_is_read_in_every_turn(void **state)
{
    (void)state;
    check_read_in_every_turn(1, FIELD_READ);
}

static bool says(const struct verdict *verdict, const char *words)
{
    for (int i = 0; i < verdict->reason_count; i++)
        if (strstr(verdict->reasons[i], words))
            return true;
    return false;
}

static void check_says(const struct verdict *verdict, const char *words)
{
    if (says(verdict, words))
        return;
    for (int i = 0; i < verdict->reason_count; i++)
        print_message("reason: %s\n", verdict->reasons[i]);
    fail_msg("tag %s: no reason says '%s'", tag_name(verdict->tag), words);
}

/* A back bears no line: it is a cheque to a person, or one by its words; never a line. */
static void the_back_of_a_cheque_has_no_line_and_is_no_other_mail(void **state)
{
    (void)state;
    struct envelope *envelope = calloc(1, sizeof *envelope);
    assert_non_null(envelope);
    for (int quarters = 0; quarters < 4; quarters += 2) {
        PIX *image = cheque_image(envelope, 0, true);
        SCOPED(verdict_clear) struct verdict verdict = verdict_of(image, DPI, quarters);
        assert_true(verdict.tag == TAG_CHEQUE || !verdict.accepted);
        assert_int_equal(verdict.fields[FIELD_CMC7].state, FIELD_ABSENT);
        check_says(&verdict, "a cheque's proportions and size, but no magnetic line");
    }
    free(envelope);
}

/* ---- another font ---- */

/* Seven by nine squares of 0.33 mm each, as E-13B is built; the finder knows pitch, height and gaps
 * only, so shapes need not be those of the standard. */
static const char *const shapes[] = {
    "#######"
    "#.....#"
    "#.....#"
    "#.....#"
    "#.....#"
    "#.....#"
    "#.....#"
    "#.....#"
    "#######",
    "..##..."
    "...#..."
    "...#..."
    "...#..."
    "...#..."
    "..####."
    "..####."
    "..####."
    "..####.",
    "#######"
    "......#"
    "......#"
    "......#"
    "#######"
    "##....."
    "##....."
    "##....."
    "#######",
    "######."
    "....##."
    "....##."
    "....##."
    "#######"
    "....###"
    "....###"
    "....###"
    "#######",
    "##....."
    "##....."
    "##....."
    "##..##."
    "##..##."
    "#######"
    "#######"
    "....##."
    "....##.",
    "#######"
    "#......"
    "#......"
    "#......"
    "#######"
    "....###"
    "....###"
    "....###"
    "#######",
};

/* A cheque's lower edge with 30 characters of that font. */
static PIX *foreign_image(double width_mm, double height_mm, int dpi)
{
    double scale = dpi / 25.4, unit = 0.33 * scale;
    PIX *image = pixCreate((int)(width_mm * scale), (int)(height_mm * scale), 8);
    pixSetAllArbitrary(image, 235);
    for (int i = 0; i < 30; i++)
        for (int square = 0; square < 63; square++) {
            if (shapes[i * 7 % 6][square] != '#')
                continue;
            double x = (width_mm - 165 + i * 3.175) * scale + square % 7 * unit;
            double y = (height_mm - 8) * scale + square / 7 * unit;
            BOX *box =
                boxCreate((int)x, (int)y, (int)(x + unit) - (int)x, (int)(y + unit) - (int)y);
            pixSetInRectArbitrary(image, box, 40);
            boxDestroy(&box);
        }
    return image;
}

static void a_line_of_another_font_is_a_foreign_cheque_for_a_person(void **state)
{
    (void)state;
    static const struct {
        double width_mm, height_mm;
        int dpi;
        const char *why;
    } rows[] = {
        {175, 80, 300, "E-13B, a foreign cheque"},
        {175, 80, 200, "E-13B, a foreign cheque"},
        {210, 297, 300, "E-13B, a foreign cheque"},
        {210, 297, 200, "E-13B, a foreign cheque"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        for (int quarters = 0; quarters < 4; quarters++) {
            PIX *image = foreign_image(rows[i].width_mm, rows[i].height_mm, rows[i].dpi);
            SCOPED(verdict_clear) struct verdict verdict = verdict_of(image, rows[i].dpi, quarters);
            if (!says(&verdict, rows[i].why))
                print_message("%.0f mm wide, %d dpi, turned %d\n", rows[i].width_mm, rows[i].dpi,
                              90 * quarters);
            check_says(&verdict, rows[i].why);
            assert_string_equal(tag_name(verdict.tag), "cheque");
            assert_false(verdict.accepted);
            assert_int_equal(verdict.rotation, 90 * quarters);
            assert_string_equal(verdict.reasons[verdict.reason_count - 1],
                                "a foreign cheque is for a person");
            assert_int_equal(verdict.fields[FIELD_CMC7].state, FIELD_ABSENT);
            assert_true(verdict.fields[FIELD_CMC7].box.width > 0);
        }
}

/* ---- refusals ---- */

/* Covers a part of the line, mm from the left edge of the cheque. */
static void cover(PIX *image, double from_mm, double to_mm)
{
    double scale = DPI / 25.4;
    BOX *box = boxCreate((int)(from_mm * scale), pixGetHeight(image) - (int)(15 * scale),
                         (int)((to_mm - from_mm) * scale), (int)(15 * scale));
    pixSetInRectArbitrary(image, box, 240);
    boxDestroy(&box);
}

static void a_refused_line_says_why(void **state)
{
    (void)state;
    static const struct {
        double from_mm, to_mm;
        const char *why;
    } rows[] = {
        {40, 130, "magnetic characters, a line has at least"},
        {60, 70, "magnetic characters"},
        {0, 175, "but no magnetic line was found"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct envelope *envelope = calloc(1, sizeof *envelope);
        assert_non_null(envelope);
        PIX *image = cheque_image(envelope, 0, false);
        cover(image, rows[i].from_mm, rows[i].to_mm);
        SCOPED(verdict_clear) struct verdict verdict = verdict_of(image, DPI, 0);
        check_says(&verdict, rows[i].why);
        assert_int_equal(verdict.fields[FIELD_CMC7].state, FIELD_ABSENT);
        assert_string_equal(verdict.fields[FIELD_CMC7].value, "");
        free(envelope);
    }
}

int main(void)
{
    setMsgSeverity(L_SEVERITY_NONE);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_cheque_alone_is_proven_in_every_turn),
        cmocka_unit_test(a_cheque_at_the_bottom_of_a_letter_is_read_in_every_turn),
        cmocka_unit_test(the_back_of_a_cheque_has_no_line_and_is_no_other_mail),
        cmocka_unit_test(a_line_of_another_font_is_a_foreign_cheque_for_a_person),
        cmocka_unit_test(a_refused_line_says_why),
    };
    return cmocka_run_group_tests(tests, page_reader_open, page_reader_close);
}
