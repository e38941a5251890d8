/*
 * The fast engine against the installed library: the same strip of a page gives the same text;
 * plain and vector arithmetic give the same bits; specks are no letters; what it cannot answer for,
 * Tesseract reads.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <leptonica/allheaders.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/scope.h"
#include "image/decode.h"
#include "image/page.h"
#include "ocr/fast/forward.h"
#include "ocr/fast/line_image.h"
#include "ocr/fast/reader.h"
#include "ocr/model_file.h"
#include "tests/check.h"
#include "tests/fonts.h"
#include "tests/page_fixture.h"

enum { STRIP_HEIGHT = 72, STRIP_WIDTH = 1900, STRIP_MARGIN = 14 };

static const char *const sentences[] = {
    "Madame, Monsieur, veuillez trouver ci-joint mon relevé d'identité bancaire.",
    "N° de sécurité sociale : 2 87 09 83 207 027 10",
    "Caisse Primaire d'Assurance Maladie des Alpes-Maritimes",
    "06400 CANNES, le 17 novembre 2026",
    "Je vous prie d'agréer, Madame, Monsieur, l'expression de mes salutations distinguées.",
    "Montant réglé : 25,00 € (vingt-cinq euros)",
    "« L'élève où naît l'été » : ÉÀÇÊÎÔÛ àâçèéêëîïôùûü œ",
    "[Réf. 2026/11-A] tél. 04 93 00 00 00, courriel : accueil@exemple.fr",
    "xqzt gfdk 0O1lI5S8B brrr",
    "Feuille de soins n° S 3110 h, volet 2, à adresser à votre organisme",
};
static const char *const fonts[] = {"Serif 11", "Sans 9", "Monospace 10", "Serif Bold Italic 13",
                                    "Sans Italic 8"};

/* A line of text as a scanner would see it at 300 dpi, grey. */
static struct Pix *draw_strip(const char *text, const char *font)
{
    cairo_surface_t *surface =
        cairo_image_surface_create(CAIRO_FORMAT_RGB24, STRIP_WIDTH, STRIP_HEIGHT);
    cairo_t *cairo = cairo_create(surface);
    PangoLayout *layout = pango_cairo_create_layout(cairo);
    PangoFontDescription *description = pango_font_description_from_string(font);
    struct err err = {0};
    struct Pix *strip = NULL;
    uint8_t row[STRIP_WIDTH];

    pango_font_description_set_absolute_size(
        description, pango_font_description_get_size(description) * 300.0 / 72);
    pango_layout_set_font_description(layout, description);
    pango_layout_set_text(layout, text, -1);
    cairo_set_source_rgb(cairo, 1, 1, 1);
    cairo_paint(cairo);
    cairo_set_source_rgb(cairo, 0.1, 0.1, 0.1);
    cairo_move_to(cairo, STRIP_MARGIN, 4);
    pango_cairo_show_layout(cairo, layout);
    cairo_surface_flush(surface);
    check_ok(page_new(STRIP_WIDTH, STRIP_HEIGHT, 8, &strip, &err), &err);
    for (int y = 0; y < STRIP_HEIGHT; y++) {
        const uint8_t *from = cairo_image_surface_get_data(surface) +
                              (size_t)y * (size_t)cairo_image_surface_get_stride(surface);
        for (int x = 0; x < STRIP_WIDTH; x++)
            row[x] = from[4 * x];
        page_put_row(strip, (uint32_t)y, row);
    }
    pango_font_description_free(description);
    g_object_unref(layout);
    cairo_destroy(cairo);
    cairo_surface_destroy(surface);
    return strip;
}

static char *read_strip(struct ocr *ocr, const struct Pix *strip)
{
    struct ocr_request request = {
        .page = strip, .dpi = 300, .layout = OCR_STRIP, .deadline_ms = 60000};
    SCOPED(ocr_text_free) struct ocr_text text = {0};
    struct err err = {0};

    check_ok(ocr_read(ocr, &request, &text, &err), &err);
    return ocr_text_plain(&text);
}

static void a_strip_reads_as_the_library_reads_it(void **state)
{
    struct ocr_params params = OCR_DEFAULT;
    SCOPED(ocr_free) struct ocr *fast = NULL;
    SCOPED(ocr_free) struct ocr *tesseract = NULL;
    struct err err = {0};
    int lines = 0;

    (void)state;
    check_ok(ocr_open(&params, &fast, &err), &err);
    params.engine = OCR_TESSERACT;
    check_ok(ocr_open(&params, &tesseract, &err), &err);
    for (size_t f = 0; f < sizeof fonts / sizeof *fonts; f++)
        for (size_t s = 0; s < sizeof sentences / sizeof *sentences; s++, lines++) {
            SCOPED(image_free) struct Pix *strip = draw_strip(sentences[s], fonts[f]);
            SCOPED(scope_free) char *got = read_strip(fast, strip);
            SCOPED(scope_free) char *want = read_strip(tesseract, strip);
            assert_string_equal(got, want);
        }
    assert_int_equal(lines, 50);
}

/* A page of lines, and where asked clumps of specks down both margins, as worn edges leave them. */
static struct Pix *draw_page(bool specks)
{
    struct Pix *page = fixture_page(FIXTURE_WIDTH, FIXTURE_HEIGHT, 300);
    unsigned seed = 11;

    for (int line = 0; line < 10; line++) {
        SCOPED(image_free) struct Pix *strip = draw_strip(sentences[line], "Serif 11");
        SCOPED(image_free) struct Pix *bits = pixThresholdToBinary(strip, 128);

        pixRasterop(page, 300, 300 + 200 * line, STRIP_WIDTH, STRIP_HEIGHT, PIX_SRC, bits, 0, 0);
    }
    for (int clump = 0; specks && clump < 24; clump++)
        for (int speck = 0; speck < 12; speck++)
            pixRasterop(page, (clump % 2 ? 40 : 2380) + (int)(fixture_random(&seed) % 30),
                        350 + 180 * (clump / 2) + (int)(fixture_random(&seed) % 30),
                        3 + (int)(fixture_random(&seed) % 5), 3 + (int)(fixture_random(&seed) % 5),
                        PIX_SET, NULL, 0, 0);
    return page;
}

static void specks_are_not_read_as_letters(void **state)
{
    struct ocr_params params = OCR_DEFAULT;
    SCOPED(ocr_free) struct ocr *ocr = NULL;
    char *texts[2];
    struct err err = {0};

    (void)state;
    check_ok(ocr_open(&params, &ocr, &err), &err);
    for (int specks = 0; specks < 2; specks++) {
        SCOPED(image_free) struct Pix *page = draw_page(specks);
        SCOPED(ocr_text_free) struct ocr_text text = {0};
        struct ocr_request request = {.page = page, .dpi = 300, .deadline_ms = 60000};

        check_ok(ocr_read(ocr, &request, &text, &err), &err);
        assert_int_equal(text.account.reader, OCR_FAST);
        texts[specks] = ocr_text_plain(&text);
    }
    assert_string_equal(texts[1], texts[0]);
    free(texts[0]);
    free(texts[1]);
}

/* Two chequered blocks: a line for the line finder, nothing for the network. */
static struct Pix *draw_chequers(void)
{
    enum { LEFT = 100, TOP = 150, WIDTH = 40, HEIGHT = 26, STEP = 61, CELL = 3 };
    struct Pix *page = fixture_page(1000, 400, 300);

    for (int i = 0; i < 2 * WIDTH * HEIGHT; i++) {
        int block = i / (WIDTH * HEIGHT), x = i % WIDTH, y = i / WIDTH % HEIGHT;

        if ((x / CELL + y / CELL) % 2 == 1)
            pixSetPixel(page, LEFT + STEP * block + x, TOP + y, 1);
    }
    return page;
}

static void a_first_line_that_reads_as_nothing_adds_no_word(void **state)
{
    struct ocr_params params = OCR_DEFAULT;
    SCOPED(ocr_free) struct ocr *ocr = NULL;
    SCOPED(image_free) struct Pix *page = draw_chequers();
    SCOPED(ocr_text_free) struct ocr_text text = {0};
    struct ocr_request request = {.page = page, .dpi = 300, .rough = true, .deadline_ms = 60000};
    struct err err = {0};

    (void)state;
    check_ok(ocr_open(&params, &ocr, &err), &err);
    check_ok(ocr_read(ocr, &request, &text, &err), &err);
    assert_int_equal(text.count, 0);
    assert_null(text.words);
    assert_int_equal(text.account.reader, OCR_FAST);
    assert_true(text.account.ms[OCR_STEP_NETWORK] > 0);
}

static struct fast_model *open_model(void)
{
    struct ocr_params params = OCR_DEFAULT;
    struct fast_model *model = NULL;
    struct buf file = {0};
    struct err err = {0};

    check_ok(ocr_model_read(&params, &file, &err), &err);
    check_ok(fast_model_read(&file, &model, &err), &err);
    return model;
}

static void compare_forwards(struct fast_forward *plain, struct fast_forward *other)
{
    struct err err = {0};

    for (size_t s = 0; s < sizeof sentences / sizeof *sentences; s++) {
        SCOPED(image_free) struct Pix *strip = draw_strip(sentences[s], fonts[s % 5]);
        SCOPED(fast_image_free) struct fast_image image = {0};
        SCOPED(fast_output_free) struct fast_output a = {0};
        SCOPED(fast_output_free) struct fast_output b = {0};
        check_ok(fast_image_make(strip, &image, &err), &err);
        check_ok(fast_forward_run(plain, &image, &a, &err), &err);
        check_ok(fast_forward_run(other, &image, &b, &err), &err);
        assert_int_equal(a.steps, b.steps);
        assert_memory_equal(a.rows, b.rows, (size_t)a.steps * (size_t)a.classes * sizeof *a.rows);
    }
}

/* On a processor that lacks some, the ones before these are compared once more. */
static void all_kernels_give_the_same_bits(void **state)
{
    SCOPED(fast_model_free) struct fast_model *model = open_model();
    SCOPED(fast_forward_free) struct fast_forward *plain = NULL;
    struct err err = {0};

    (void)state;
    check_ok(fast_forward_new(&model->network, OCR_KERNELS_PLAIN, &plain, &err), &err);
    assert_string_equal(fast_forward_kernels(plain), "plain");
    for (int kernels = OCR_KERNELS_AVX2; kernels <= OCR_KERNELS_VNNI; kernels++) {
        SCOPED(fast_forward_free) struct fast_forward *other = NULL;
        check_ok(fast_forward_new(&model->network, (enum ocr_kernels)kernels, &other, &err), &err);
        print_message("plain and %s\n", fast_forward_kernels(other));
        compare_forwards(plain, other);
    }
}

enum { STROKES_WIDTH = 400, PAPER = 228, INK = 76, GRAIN = 3 };

/* Grey paper with grain, as high as the network has it, and upright strokes of 4 pixels. */
static struct Pix *draw_strokes(int strokes)
{
    struct err err = {0};
    struct Pix *strip;
    unsigned seed = 5;

    check_ok(page_new(STROKES_WIDTH, FAST_HEIGHT, 8, &strip, &err), &err);
    for (uint32_t y = 0; y < FAST_HEIGHT; y++) {
        uint8_t row[STROKES_WIDTH];

        for (int x = 0; x < STROKES_WIDTH; x++)
            row[x] = (uint8_t)(PAPER + (int)(fixture_random(&seed) % (2 * GRAIN + 1)) - GRAIN);
        for (int i = 0; i < strokes; i++)
            for (int x = 0; x < 4; x++)
                row[(2 * i + 1) * STROKES_WIDTH / (2 * strokes) + x] = INK;
        page_put_row(strip, y, row);
    }
    return strip;
}

/* Of few strokes the middle row is mostly grain, which then looks like ink: a date by itself. */
static void grain_of_the_paper_is_not_taken_for_ink(void **state)
{
    SCOPED(image_free) struct Pix *few = draw_strokes(5);
    SCOPED(image_free) struct Pix *many = draw_strokes(50);
    SCOPED(image_free) struct Pix *bare = draw_strokes(0);
    SCOPED(fast_image_free) struct fast_image image = {0};
    SCOPED(fast_image_free) struct fast_image anew = {0};
    struct fast_image none = {0};
    struct err err = {0};
    int dark = 0;

    (void)state;
    check_ok(fast_image_make(few, &image, &err), &err);
    assert_int_equal(fast_image_make_anew(few, &anew, &err), 1);
    assert_int_equal(anew.width, STROKES_WIDTH);
    for (int i = 0; i < STROKES_WIDTH * FAST_HEIGHT; i++) {
        bool ink = i % STROKES_WIDTH % (STROKES_WIDTH / 5) - STROKES_WIDTH / 10 < 4 &&
                   i % STROKES_WIDTH % (STROKES_WIDTH / 5) >= STROKES_WIDTH / 10;

        dark += !ink && image.values[i] < 0;
        assert_in_range(anew.values[i] + 128, ink ? 0 : 240, ink ? 4 : 255);
    }
    assert_true(dark > STROKES_WIDTH * FAST_HEIGHT / 10);
    assert_int_equal(fast_image_make_anew(many, &none, &err), 0);
    assert_int_equal(fast_image_make_anew(bare, &none, &err), 0);
    assert_null(none.values);
}

static void widths_out_of_range_are_refused(void **state)
{
    SCOPED(fast_model_free) struct fast_model *model = open_model();
    SCOPED(fast_forward_free) struct fast_forward *forward = NULL;
    SCOPED(image_free) struct Pix *endless = NULL;
    struct fast_image none = {.width = 2}, image;
    struct fast_output output;
    struct err err = {0};

    (void)state;
    check_ok(fast_forward_new(&model->network, OCR_KERNELS_BEST, &forward, &err), &err);
    check_refused(fast_forward_run(forward, &none, &output, &err), ERR_LIMIT, &err);
    check_ok(page_new(30000, 40, 1, &endless, &err), &err);
    check_refused(fast_image_make(endless, &image, &err), ERR_LIMIT, &err);
}

/* Scales follow the cells of a matrix: the first one in the file is the convolution's. Whatever a
 * byte of it is changed to, the model is refused or still reads numbers. */
static void a_scale_that_is_no_positive_number_is_refused(void **state)
{
    static const double bad[] = {NAN, INFINITY, -1, 0};
    struct ocr_params params = OCR_DEFAULT;
    SCOPED(buf_free) struct buf whole = {0};
    struct err err = {0};
    struct fast_model *model = open_model();
    const uint8_t *cells = (const uint8_t *)model->network.convolution.cells;
    size_t count =
        (size_t)model->network.convolution.rows * (size_t)(model->network.convolution.cols + 1);
    size_t scales = (size_t)(cells - model->file.at) + count + sizeof(uint32_t);

    (void)state;
    fast_model_free(&model);
    check_ok(ocr_model_read(&params, &whole, &err), &err);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct buf changed = {0};
        assert_int_equal(buf_append(&changed, buf_view(&whole)), 0);
        memcpy(changed.at + scales, &bad[i], sizeof bad[i]);
        check_refused(fast_model_read(&changed, &model, &err), ERR_FORMAT, &err);
    }
}

/* Each damage must be refused or read, and never more than its bytes. */
static void a_damaged_model_is_refused_with_one_line(void **state)
{
    struct ocr_params params = OCR_DEFAULT;
    SCOPED(buf_free) struct buf whole = {0};
    struct err err = {0};
    int refused = 0, tried = 0;

    (void)state;
    check_ok(ocr_model_read(&params, &whole, &err), &err);
    for (size_t len = 0; len < whole.len; len += len / 3 + 7, tried++) {
        struct fast_model *model = NULL;
        struct buf cut = {0};
        assert_int_equal(buf_append(&cut, bytes_of(whole.at, len)), 0);
        int rc = fast_model_read(&cut, &model, &err);
        refused += rc < 0;
        assert_true(rc == 0 || (err.text[0] && !strchr(err.text, '\n')));
        fast_model_free(&model);
        buf_free(&cut);
    }
    assert_int_equal(refused, tried);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_strip_reads_as_the_library_reads_it),
        cmocka_unit_test(specks_are_not_read_as_letters),
        cmocka_unit_test(a_first_line_that_reads_as_nothing_adds_no_word),
        cmocka_unit_test(all_kernels_give_the_same_bits),
        cmocka_unit_test(grain_of_the_paper_is_not_taken_for_ink),
        cmocka_unit_test(widths_out_of_range_are_refused),
        cmocka_unit_test(a_scale_that_is_no_positive_number_is_refused),
        cmocka_unit_test(a_damaged_model_is_refused_with_one_line),
    };
    return cmocka_run_group_tests(tests, NULL, fonts_forget);
}
