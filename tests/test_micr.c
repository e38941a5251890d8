/*
 * Magnetic lines: printed ones in every turn, skew and resolution are found and read; damaged ones
 * are read right or refused, never wrong; real ones of the corpus.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "classify/micr.h"

#include <allheaders.h>
#include <math.h>
#include <string.h>

#include "base/scope.h"
#include "bench/micr_print.h"
#include "classify/cheque.h"
#include "classify/cmc7.h"
#include "classify/glance.h"
#include "classify/keys.h"
#include "tests/check.h"

static void every_code_has_two_wide_distances_and_its_own_glyph(void **state)
{
    (void)state;
    for (int index = 0; index < CMC7_GLYPHS; index++) {
        struct cmc7_bar bars[CMC7_BARS_MAX];
        char character = cmc7_character(index);
        assert_int_equal(cmc7_index(character), index);
        assert_int_equal(__builtin_popcount(cmc7_code(index)), 2);
        assert_int_equal(cmc7_index_of_code(cmc7_code(index)), index);
        int count = cmc7_bars(character, bars);
        assert_in_range(count, CMC7_STROKES, CMC7_BARS_MAX);
        assert_true(fabs(bars[0].x) < 1e-9);
        assert_true(fabs(bars[count - 1].x + bars[count - 1].width - CMC7_WIDTH_MM) < 1e-9);
        for (int i = 0; i < count; i++)
            assert_true(bars[i].y >= 0 && bars[i].y + bars[i].height <= CMC7_HEIGHT_MM + 1e-9);
    }
    assert_int_equal(cmc7_index(' '), -1);
    assert_int_equal(cmc7_index_of_code(0x3f), -1);
    assert_int_equal(cmc7_bars('A', NULL), 0);
}

static void the_order_of_symbols_tells_the_country(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum micr_country country;
    } rows[] = {
        {"<0048541<075000004908>241410518989:", MICR_FR},
        {"<0048541<075000004908>241410518989:000000012345;", MICR_FR},
        {"<004854?<07500000?908>241410518989:", MICR_FR},
        {"<00115428<0181809105>878001494547:", MICR_BR},
        {"<30390203>0158<0030>53>0301026097:90:", MICR_VE},
        {"5090:1356221101999;001131700000325<", MICR_TN},
        {"<0048541<075000004908>24141051898:", MICR_UNKNOWN},
        {"<0048541<075000004908<241410518989:", MICR_UNKNOWN},
        {"<0048541<075000004908>241410518989", MICR_UNKNOWN},
        {"", MICR_UNKNOWN},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_int_equal(micr_country_of(rows[i].text), rows[i].country);
}

static void only_the_printed_key_proves_a_line(void **state)
{
    (void)state;
    struct micr_line read = {.state = MICR_READ, .country = MICR_FR, .key = "07"}, line = read;
    assert_int_equal(micr_prove(&line, ""), MICR_READ);
    assert_int_equal(micr_prove(&line, "07"), MICR_PROVEN);
    line = read;
    assert_int_equal(micr_prove(&line, "08"), MICR_REFUSED);
    line = read;
    line.state = MICR_REFUSED; /* certain, but too coarse to see strokes */
    assert_int_equal(micr_prove(&line, "07"), MICR_PROVEN);
    line = (struct micr_line){.state = MICR_REFUSED, .country = MICR_FR};
    assert_int_equal(micr_prove(&line, "07"), MICR_REFUSED);
    line = (struct micr_line){.state = MICR_READ, .country = MICR_BR};
    assert_int_equal(micr_prove(&line, "07"), MICR_READ);
}

static void a_guess_becomes_the_line_only_by_the_printed_key(void **state)
{
    (void)state;
    const struct micr_line unsure = {.state = MICR_REFUSED,
                                     .country = MICR_FR,
                                     .text = "<123456?<012345678901>234567890123:",
                                     .guess_count = 2,
                                     .guesses = {{"<1234561<012345678901>234567890123:", "44"},
                                                 {"<1234567<012345678901>234567890123:", "07"}}};
    struct micr_line line = unsure;
    assert_true(micr_wants_key(&line));
    assert_int_equal(micr_prove(&line, ""), MICR_REFUSED);
    assert_int_equal(micr_prove(&line, "08"), MICR_REFUSED);
    assert_string_equal(line.text, unsure.text);
    assert_int_equal(micr_prove(&line, "07"), MICR_PROVEN);
    assert_string_equal(line.text, unsure.guesses[1].text);
    assert_string_equal(line.key, "07");
}

static void without_blanks(const char *text, char *ret_text)
{
    for (; *text; text++)
        if (*text != ' ')
            *ret_text++ = *text;
    *ret_text = '\0';
}

static int read_page(const PIX *page, struct micr_band *ret_band, struct micr_line *ret_line)
{
    struct err err = {0};
    SCOPED(glance_clear) struct glance glance = {0};
    *ret_line = (struct micr_line){0};
    check_ok(glance_make(page, &glance, &err), &err);
    int found = micr_find(page, &glance, ret_band, &err);
    check_ok(found, &err);
    if (found)
        check_ok(micr_read(page, ret_band, ret_line, &err), &err);
    return found;
}

/* The strip at the bottom of a cheque's or an A4 page, turned counter-clockwise. */
static PIX *page_with(PIX *strip, double width_mm, double height_mm, int quarters)
{
    int dpi = pixGetXRes(strip);
    PIX *page = pixCreate((int)(width_mm / 25.4 * dpi), (int)(height_mm / 25.4 * dpi), 8);
    PIX *grey = pixConvertTo8(strip, 0);
    pixSetAll(page);
    pixRasterop(page, pixGetWidth(page) - pixGetWidth(grey),
                pixGetHeight(page) - pixGetHeight(grey), pixGetWidth(grey), pixGetHeight(grey),
                PIX_SRC, grey, 0, 0);
    PIX *turned = pixRotateOrth(page, (4 - quarters) % 4);
    pixDestroy(&grey);
    pixDestroy(&page);
    pixDestroy(&strip);
    return turned;
}

static void check_read(PIX *page, const char *text, const char *key, int rotation)
{
    struct micr_band band;
    struct micr_line line;
    char want[40];
    without_blanks(text, want);
    if (!read_page(page, &band, &line))
        fail_msg("no magnetic line found, want one turned %d", rotation);
    enum micr_state state = band.dpi < MICR_DPI_STROKES ? MICR_REFUSED : MICR_READ;
    if (strcmp(line.text, want) != 0 || line.state != state)
        fail_msg("got '%s' (%s), want '%s'", line.text, line.reason, want);
    assert_int_equal(band.rotation, rotation);
    assert_string_equal(line.key, key);
    assert_int_equal(micr_prove(&line, key), MICR_PROVEN);
    pixDestroy(&page);
}

static void a_clean_line_is_read_in_every_turn_and_resolution(void **state)
{
    (void)state;
    static const double dpis[] = {150, 200, 240, 300, 400};
    struct dice dice = {1};
    for (size_t i = 0; i < sizeof dpis / sizeof *dpis; i++)
        for (int quarters = 0; quarters < 4; quarters++) {
            char text[40], key[3];
            micr_print_french(&dice, text, key);
            struct micr_print print = micr_print_clean(dpis[i]);
            PIX *strip = micr_print_line(text, &print, &dice);
            check_read(page_with(strip, 175, 80, quarters), text, key, 90 * quarters);
        }
}

static void a_cheque_at_the_bottom_of_a_page_is_read(void **state)
{
    (void)state;
    struct dice dice = {2};
    for (int quarters = 0; quarters < 4; quarters++) {
        char text[40], key[3];
        micr_print_french(&dice, text, key);
        struct micr_print print = micr_print_clean(quarters % 2 ? 200 : 300);
        PIX *strip = micr_print_line(text, &print, &dice);
        check_read(page_with(strip, 210, 297, quarters), text, key, 90 * quarters);
    }
}

static void a_skewed_line_is_read(void **state)
{
    (void)state;
    static const double skews[] = {-15, -10, -5, 5, 10, 15};
    struct dice dice = {3};
    for (size_t i = 0; i < sizeof skews / sizeof *skews; i++) {
        char text[40], key[3];
        micr_print_french(&dice, text, key);
        struct micr_print print = micr_print_clean(300);
        PIX *page = page_with(micr_print_line(text, &print, &dice), 190, 130, 0);
        PIX *skewed = pixRotate(page, (float)(-skews[i] * M_PI / 180), L_ROTATE_AREA_MAP,
                                L_BRING_IN_WHITE, pixGetWidth(page), pixGetHeight(page));
        pixDestroy(&page);
        struct micr_band band;
        struct micr_line line;
        char want[40];
        without_blanks(text, want);
        assert_int_equal(read_page(skewed, &band, &line), 1);
        assert_string_equal(line.text, want);
        assert_true(fabs(band.skew - skews[i]) < 2);
        pixDestroy(&skewed);
    }
}

/* Covers a share of a character's width, from its left. */
static void wipe(PIX *page, int character, double share)
{
    double scale = pixGetXRes(page) / 25.4, pitch = CMC7_PITCH_MM * scale;
    BOX *box = boxCreate((int)(7.4 * scale + character * pitch), pixGetHeight(page) * 2 / 3,
                         (int)(share * CMC7_WIDTH_MM * scale), pixGetHeight(page) / 3);
    pixSetInRectArbitrary(page, box, 240);
    boxDestroy(&box);
}

/* An 8 without its left half may be a 3 or a 9. */
static void wiped_characters_are_uncertain_and_few_of_them_proven_by_the_key(void **state)
{
    (void)state;
    static const struct {
        int characters;
        bool provable;
    } rows[] = {{1, true}, {3, true}, {7, false}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct dice dice = {40 + i};
        const char *text = "<8888888 <888888888888> 888888888888:";
        char key[3], want[40];
        snprintf(key, sizeof key, "%02d", rlmc_key("8888888888888888888888888888888"));
        without_blanks(text, want);
        struct micr_print print = micr_print_clean(300);
        PIX *page = micr_print_line(text, &print, &dice);
        for (int k = 0; k < rows[i].characters; k++)
            wipe(page, 2 + 4 * k, 0.6);
        struct micr_band band;
        struct micr_line line;
        assert_int_equal(read_page(page, &band, &line), 1);
        assert_int_equal(line.state, MICR_REFUSED);
        assert_string_equal(line.key, "");
        assert_int_equal(line.guess_count > 0, rows[i].provable);
        enum micr_state proven = micr_prove(&line, key);
        if (proven == MICR_PROVEN)
            assert_string_equal(line.text, want);
        if (!rows[i].provable)
            assert_int_equal(proven, MICR_REFUSED);
        pixDestroy(&page);
    }
}

static void digits_that_read_both_ways_up_do_not_turn_the_line(void **state)
{
    (void)state;
    static const char *const texts[] = {"<6456990 <743241526661> 296475649237:",
                                        "<0660990 <069066990609> 609069660906:"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        for (int half = 0; half < 2; half++) {
            struct dice dice = {50 + i};
            char want[40];
            without_blanks(texts[i], want);
            struct micr_print print = micr_print_clean(300);
            PIX *page = page_with(micr_print_line(texts[i], &print, &dice), 175, 80, 2 * half);
            struct micr_band band;
            struct micr_line line;
            assert_int_equal(read_page(page, &band, &line), 1);
            assert_int_equal(band.rotation, 180 * half);
            assert_string_equal(line.text, want);
            pixDestroy(&page);
        }
}

static void a_damaged_line_is_read_right_or_refused(void **state)
{
    (void)state;
#ifdef __SANITIZE_ADDRESS__ /* a line takes a second there, and micr_lines reads more of them */
    enum { LINES = 6 };
#else
    enum { LINES = 24 }; /* every kind of damage twice; bench/micr_lines has the figures */
#endif
    int read = 0;
    for (int i = 0; i < LINES; i++) {
        struct dice dice = {1000u + (unsigned)i};
        char text[40], key[3], want[40];
        micr_print_french(&dice, text, key);
        without_blanks(text, want);
        struct micr_print print = micr_print_damaged(i % 2 ? 200 : 300, (enum print_mode)(i % 3),
                                                     (i % 4 + 1) / 4.0, &dice);
        PIX *page = micr_print_line(text, &print, &dice);
        struct micr_band band;
        struct micr_line line;
        read_page(page, &band, &line);
        if (line.state >= MICR_READ && strcmp(line.text, want) != 0)
            fail_msg("line %d: read '%s', printed '%s'", i, line.text, want);
        read += line.state >= MICR_READ;
        pixDestroy(&page);
    }
    assert_in_range(read, LINES * 85 / 100, LINES);
}

static PIX *corpus_page(const char *path)
{
    char name[512];
    const char *corpus = getenv("TRIPLI_CORPUS");
    snprintf(name, sizeof name, "%s/%s", corpus ? corpus : "../shared/corpus", path);
    PIX *page = pixRead(name);
    if (page && pixGetDepth(page) != 1 && pixGetDepth(page) != 8 && pixGetDepth(page) != 32) {
        PIX *grey = pixConvertTo8(page, 0);
        pixDestroy(&page);
        page = grey;
    }
    return page;
}

static void real_cheques_are_read_right_or_refused(void **state)
{
    (void)state;
    static const struct {
        const char *path, *text; /* "": may be refused */
        enum micr_country country;
    } rows[] = {
        {"real/cheque/RafaelCartenet-OCR-CMC7__tests__test1.jpeg",
         "<0048541<075000004908>241410518989:", MICR_FR},
        {"real/cheque/MarlonLozano-VE__assets__IMG_0048.jpg",
         "<30390203>0158<0030>53>0301026097:90:", MICR_VE},
        {"real/cheque/MarlonLozano-VE__assets__IMG_0049.jpg",
         "<30390203>0158<0030>53>0301026097:90:", MICR_VE},
        {"real/cheque/saifKader-CMC7__test.jpg", "5090:1356221101999;001131700000325<", MICR_TN},
        {"real/cheque/nicolautahan-BR__cheque1.jpg", "<00115428<0181809105>878001494547:", MICR_BR},
        {"real/cheque/nicolautahan-BR__cheque4.jpg", "", MICR_UNKNOWN},
        {"real/cheque/nicolautahan-BR__cheque7.jpg", "", MICR_UNKNOWN},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        PIX *page = corpus_page(rows[i].path);
        if (!page)
            skip();
        struct micr_band band;
        struct micr_line line;
        read_page(page, &band, &line);
        if (rows[i].text[0]) {
            assert_string_equal(line.text, rows[i].text);
            assert_int_equal(line.state, band.dpi < MICR_DPI_STROKES ? MICR_REFUSED : MICR_READ);
            assert_int_equal(line.country, rows[i].country);
        } else {
            assert_in_range(line.state, MICR_ABSENT, MICR_REFUSED);
        }
        pixDestroy(&page);
    }
}

static void other_pages_of_the_corpus_have_no_magnetic_line(void **state)
{
    (void)state;
    static const char *const paths[] = {
        "filled/letter/filled-dev-000.tif",
        "filled/letter/filled-dev-004.jpg",
        "filled/care_form/filled-dev-000.jpg",
        "filled/sick_note/filled-dev-002.tif",
        "real/other/funsd__test__82250337_0338.png",
        "real/other/pdfjs-acroform__aat-10170-06_blank_200dpi-1.png"};
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        PIX *page = corpus_page(paths[i]);
        if (!page)
            skip();
        struct err err = {0};
        struct cheque_evidence evidence;
        SCOPED(glance_clear) struct glance glance = {0};
        check_ok(glance_make(page, &glance, &err), &err);
        check_ok(cheque_look(page, &glance, 0, &evidence, &err), &err);
        assert_int_equal(evidence.band.font, MICR_NO_FONT);
        assert_true(evidence.score < 0.1);
        pixDestroy(&page);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_code_has_two_wide_distances_and_its_own_glyph),
        cmocka_unit_test(the_order_of_symbols_tells_the_country),
        cmocka_unit_test(only_the_printed_key_proves_a_line),
        cmocka_unit_test(a_guess_becomes_the_line_only_by_the_printed_key),
        cmocka_unit_test(wiped_characters_are_uncertain_and_few_of_them_proven_by_the_key),
        cmocka_unit_test(digits_that_read_both_ways_up_do_not_turn_the_line),
        cmocka_unit_test(a_clean_line_is_read_in_every_turn_and_resolution),
        cmocka_unit_test(a_cheque_at_the_bottom_of_a_page_is_read),
        cmocka_unit_test(a_skewed_line_is_read),
        cmocka_unit_test(a_damaged_line_is_read_right_or_refused),
        cmocka_unit_test(real_cheques_are_read_right_or_refused),
        cmocka_unit_test(other_pages_of_the_corpus_have_no_magnetic_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
