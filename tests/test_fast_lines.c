/*
 * The line finder on pages drawn with Pango, whose ink boxes are known: what a line's box holds,
 * in which order lines come, and which pages it must not be trusted with.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "ocr/fast/lines.h"

#include <leptonica/allheaders.h>
#include <math.h>
#include <string.h>
#include <sys/resource.h>

#include "base/clock.h"
#include "base/scope.h"
#include "image/decode.h"
#include "tests/check.h"
#include "tests/fonts.h"
#include "tests/page_fixture.h"
#include "tests/paper.h"

enum { PAD = 4 };
enum { HOSTILE_US = 3000000, HOSTILE_KB = 40000 }; /* what a page of anything may cost */

/* A sanitizer's memory says nothing about ours. */
#ifdef __SANITIZE_ADDRESS__
enum { SANITIZED = 1 };
#else
enum { SANITIZED = 0 };
#endif

/* A line of text to be drawn: the upper left corner in mm. */
struct text {
    const char *words;
    double x, y, points;
    struct ocr_rect ink; /* set when it is drawn */
};

static void write_text(struct paper *paper, struct text *text)
{
    PangoLayout *layout = pango_cairo_create_layout(paper->cairo);
    PangoFontDescription *font = pango_font_description_from_string("DejaVu Sans");
    PangoRectangle ink;

    pango_font_description_set_absolute_size(font, text->points / 72 * PAPER_DPI * PANGO_SCALE);
    pango_layout_set_font_description(layout, font);
    pango_layout_set_text(layout, text->words, -1);
    cairo_move_to(paper->cairo, paper_pixels(text->x), paper_pixels(text->y));
    pango_cairo_show_layout(paper->cairo, layout);
    pango_layout_get_pixel_extents(layout, &ink, NULL);
    text->ink = (struct ocr_rect){(int32_t)paper_pixels(text->x) + ink.x,
                                  (int32_t)paper_pixels(text->y) + ink.y, ink.width, ink.height};
    pango_font_description_free(font);
    g_object_unref(layout);
}

static void write_all(struct paper *paper, struct text *texts, size_t count)
{
    for (size_t i = 0; i < count; i++)
        write_text(paper, &texts[i]);
}

static void rule(struct paper *paper, const double mm[4], double thickness)
{
    cairo_set_line_width(paper->cairo, paper_pixels(thickness));
    cairo_move_to(paper->cairo, paper_pixels(mm[0]), paper_pixels(mm[1]));
    cairo_line_to(paper->cairo, paper_pixels(mm[2]), paper_pixels(mm[3]));
    cairo_stroke(paper->cairo);
}

static struct fast_layout find(struct Pix *page, const struct ocr_rect *zone)
{
    struct fast_layout layout;
    struct err err = {0};

    check_ok(fast_layout_find(page, PAPER_DPI, zone, &layout, &err), &err);
    return layout;
}

static struct fast_layout find_on(struct paper *paper)
{
    SCOPED(image_free) struct Pix *page = paper_take(paper);

    return find(page, NULL);
}

static bool holds(const struct ocr_rect *box, const struct ocr_rect *ink)
{
    return box->x <= ink->x && box->y <= ink->y && box->x + box->width >= ink->x + ink->width &&
           box->y + box->height >= ink->y + ink->height;
}

/* Line `at` of the layout is this text, whole, and has no more around it than promised. */
static void check_line(const struct fast_layout *layout, size_t at, const struct text *text)
{
    const struct ocr_rect *box = &layout->lines[at].box, *ink = &text->ink;

    if (!holds(box, ink))
        fail_msg("line %zu: got %d,%d %d x %d, want '%s' at %d,%d %d x %d", at, box->x, box->y,
                 box->width, box->height, text->words, ink->x, ink->y, ink->width, ink->height);
    assert_in_range(box->width, ink->width, ink->width + 2 * PAD + 4);
    assert_true((float)box->height < 2.9f * layout->lines[at].x_height + 2 * PAD + 4);
}

static void check_lines(const struct fast_layout *layout, const struct text *texts, size_t count)
{
    if (layout->count != count)
        fail_msg("got %zu lines, want %zu", layout->count, count);
    for (size_t i = 0; i < count; i++)
        check_line(layout, i, &texts[i]);
    assert_true(layout->coverage >= 0.99f);
    assert_true(layout->safe);
}

#define COUNT(array) (sizeof(array) / sizeof *(array))

static void the_lines_of_a_letter_come_in_reading_order(void **state)
{
    struct text texts[] = {
        {"CAISSE PRIMAIRE", 20, 15, 20, {0}},
        {"Service des prestations", 20, 26, 9, {0}},
        {"Madame Jeanne Martin", 115, 45, 11, {0}},
        {"12, rue de la République", 115, 51, 11, {0}},
        {"06000 NICE", 115, 57, 11, {0}},
        {"Objet : votre demande de remboursement", 20, 80, 11, {0}},
        {"Nous avons bien reçu votre courrier du mois de mai, et nous", 20, 95, 11, {0}},
        {"vous en remercions. Veuillez nous adresser sans tarder les", 20, 101, 11, {0}},
        {"pièces qui manquent à votre dossier.", 20, 107, 11, {0}},
        {"Siège : 48 avenue du Roi Robert, comte de Provence", 20, 280, 6.5, {0}}};
    struct paper paper = paper_new(0);
    SCOPED(fast_layout_free) struct fast_layout layout = {0};

    (void)state;
    write_all(&paper, texts, COUNT(texts));
    layout = find_on(&paper);
    check_lines(&layout, texts, COUNT(texts));
    assert_int_equal(layout.lines[2].block, layout.lines[4].block);
    assert_int_equal(layout.lines[6].block, layout.lines[8].block);
    assert_true(layout.lines[4].block < layout.lines[5].block);
}

static void dots_accents_commas_and_hyphens_stay_in_their_line(void **state)
{
    struct text texts[] = {{"À l'Été, où êtes-vous ? Ça, c'est naïf -", 20, 30, 12, {0}},
                           {"« Île-de-France » ; garçon, jusqu'à 9,5 %.", 20, 36, 12, {0}},
                           {"ÉVÉNEMENT À CÔTÉ : ÊTRE, AÎNÉ...", 20, 42, 12, {0}},
                           {"-   Il est toujours avec eux   ,", 20, 48, 12, {0}}};
    struct paper paper = paper_new(0);
    SCOPED(fast_layout_free) struct fast_layout layout = {0};

    (void)state;
    write_all(&paper, texts, COUNT(texts));
    layout = find_on(&paper);
    check_lines(&layout, texts, COUNT(texts));
}

static void columns_are_read_one_after_the_other(void **state)
{
    static const char *const words[] = {"Les assurés de la caisse",   "ont droit au remboursement",
                                        "des soins que le médecin",   "leur a prescrits, pourvu",
                                        "que la feuille soit signée", "et remise dans le délai"};

    (void)state;
    for (size_t columns = 2; columns <= 3; columns++) {
        struct text texts[3 * COUNT(words) + 1] = {{"Une même règle pour tous", 20, 20, 16, {0}}};
        struct paper paper = paper_new(0);
        SCOPED(fast_layout_free) struct fast_layout layout = {0};

        for (size_t i = 0; i < columns * COUNT(words); i++) {
            double column = (double)(i / COUNT(words)), line = (double)(i % COUNT(words));

            texts[i + 1] =
                (struct text){words[i % COUNT(words)], 20 + 58 * column, 40 + 5 * line, 10, {0}};
        }
        write_all(&paper, texts, columns * COUNT(words) + 1);
        layout = find_on(&paper);
        check_lines(&layout, texts, columns * COUNT(words) + 1);
    }
}

/* As typewriting has them: nothing but chance puts them there, so they part no columns. */
static void wide_spaces_below_each_other_are_no_gutter(void **state)
{
    struct text texts[] = {
        {"Il me semble qu'une erreur de calcul s'est glissée dans le dossier,", 20, 30, 11, {0}},
        {"Le deux mai    la même base", 20, 40.5, 11, {0}},
        {"Le deux mai    qui est celle", 20, 46.5, 11, {0}},
        {"Le deux mai    du contrat, et", 20, 52.5, 11, {0}},
        {"je vous en remercie par avance, dans l'attente de votre réponse.", 20, 63, 11, {0}}};
    struct paper paper = paper_new(0);
    SCOPED(fast_layout_free) struct fast_layout layout = {0};

    (void)state;
    write_all(&paper, texts, COUNT(texts));
    layout = find_on(&paper);
    check_lines(&layout, texts, COUNT(texts));
}

static void each_line_has_its_own_letter_height(void **state)
{
    static const double points[] = {6, 8, 11, 16, 24, 32};
    struct text texts[COUNT(points)];
    struct paper paper = paper_new(0);
    SCOPED(fast_layout_free) struct fast_layout layout = {0};

    (void)state;
    for (size_t i = 0; i < COUNT(points); i++)
        texts[i] = (struct text){"Demande de soins", 20, 20 + 18 * (double)i, points[i], {0}};
    write_all(&paper, texts, COUNT(texts));
    layout = find_on(&paper);
    check_lines(&layout, texts, COUNT(texts));
    for (size_t i = 0; i < COUNT(points); i++) {
        /* x height of DejaVu Sans: 1120 of 2048 units; letters stand on the ink's bottom here */
        double want = points[i] / 72 * PAPER_DPI * 1120 / 2048;

        if (fabs((double)layout.lines[i].x_height - want) > 1.5 + 0.03 * want)
            fail_msg("%g points: got x height %g, want %g", points[i],
                     (double)layout.lines[i].x_height, want);
        assert_true(fabsf(layout.lines[i].baseline_left -
                          (float)(texts[i].ink.y + texts[i].ink.height)) <= 2);
    }
}

static void rulings_and_frames_are_no_lines(void **state)
{
    struct text texts[] = {{"Nom et prénom", 22, 32, 10, {0}}, {"Montant", 112, 32, 10, {0}},
                           {"Martin Jeanne", 22, 42, 10, {0}}, {"125,40", 112, 42, 10, {0}},
                           {"Durand Pierre", 22, 52, 10, {0}}, {"98,00", 112, 52, 10, {0}}};
    struct paper paper = paper_new(0);
    SCOPED(fast_layout_free) struct fast_layout layout = {0};

    (void)state;
    write_all(&paper, texts, COUNT(texts));
    for (int i = 0; i < 4; i++)
        rule(&paper, (double[]){20, 30 + 10 * i, 190, 30 + 10 * i}, 0.4);
    for (int i = 0; i < 3; i++)
        rule(&paper, (double[]){20 + 85 * i, 30, 20 + 85 * i, 60}, 0.4);
    layout = find_on(&paper);
    check_lines(&layout, texts, COUNT(texts));
}

/* As the footnotes of forms in orange are. */
static void small_print_in_a_pale_ink_is_not_torn(void **state)
{
    struct text texts[] = {
        {"La loi rend passible de pénalités quiconque se rend coupable de fraude", 20, 30, 4, {0}},
        {"ou de fausse déclaration, et garantit un droit d'accès aux données", 20, 33, 4, {0}}};
    struct paper paper = paper_new(0);
    SCOPED(fast_layout_free) struct fast_layout layout = {0};

    (void)state;
    cairo_set_source_rgb(paper.cairo, 0.78, 0.78, 0.78);
    write_all(&paper, texts, COUNT(texts));
    layout = find_on(&paper);
    check_lines(&layout, texts, COUNT(texts));
}

static void lines_whose_letters_touch_are_kept_apart(void **state)
{
    struct text texts[] = {{"le paiement joint à votre page de garde", 20, 30, 14, {0}},
                           {"les tarifs de la feuille de maladie", 20, 34.7, 14, {0}}};
    struct paper paper = paper_new(0);
    SCOPED(fast_layout_free) struct fast_layout layout = {0};

    (void)state;
    write_all(&paper, texts, COUNT(texts));
    assert_true(texts[0].ink.y + texts[0].ink.height > texts[1].ink.y);
    layout = find_on(&paper);
    assert_int_equal(layout.count, 2);
    for (size_t i = 0; i < 2; i++)
        assert_true((float)layout.lines[i].box.height < 2.7f * layout.lines[i].x_height + 2 * PAD);
    assert_true(layout.lines[0].baseline_left < layout.lines[1].baseline_left);
}

/* The corners of an ink box after the page was turned. */
static void check_turned(const struct fast_layout *layout, const struct text *text, double degrees)
{
    double angle = degrees * G_PI / 180;
    double x = text->ink.x + text->ink.width / 2.0 - FIXTURE_WIDTH / 2.0;
    double y = text->ink.y + text->ink.height / 2.0 - FIXTURE_HEIGHT / 2.0;
    double turned_x = x * cos(angle) - y * sin(angle) + FIXTURE_WIDTH / 2.0;
    double turned_y = x * sin(angle) + y * cos(angle) + FIXTURE_HEIGHT / 2.0;

    for (size_t i = 0; i < layout->count; i++) {
        const struct fast_line *line = &layout->lines[i];
        double place = (turned_x - line->box.x) / line->box.width;
        double base = (double)line->baseline_left +
                      place * (double)(line->baseline_right - line->baseline_left);

        if (place >= -0.1 && place <= 1.1 && turned_y < base && turned_y > base - 40)
            return;
    }
    fail_msg("no line through '%s' at %g degrees", text->words, degrees);
}

/* The margin of a levelled strip is white: nothing of the line lies outside, nothing of others in
 * it. */
static void check_whole(struct Pix *page, const struct fast_line *line)
{
    SCOPED(image_free) struct Pix *strip = NULL;
    struct err err = {0};
    l_uint32 value;

    check_ok(fast_line_cut(page, line, &strip, &err), &err);
    assert_int_equal(pixGetWidth(strip), line->strip.width);
    assert_int_equal(pixGetHeight(strip), line->strip.height);
    for (int x = 0; x < line->strip.width; x++)
        for (int edge = 0; edge < 2; edge++) {
            pixGetPixel(strip, x, edge ? line->strip.height - 1 : 0, &value);
            assert_true(value > 128);
        }
}

static void the_lines_of_a_page_askew_are_levelled(void **state)
{
    static const double degrees[] = {-3, -1, -0.3, 0.3, 1, 3};

    (void)state;
    for (size_t i = 0; i < COUNT(degrees); i++) {
        struct text texts[12];
        struct paper paper = paper_new(degrees[i]);
        SCOPED(image_free) struct Pix *page = NULL;
        SCOPED(fast_layout_free) struct fast_layout layout = {0};

        for (size_t k = 0; k < COUNT(texts); k++)
            texts[k] = (struct text){"Nous avons bien reçu votre demande de remboursement du mois",
                                     20,
                                     40 + 6 * (double)k,
                                     11,
                                     {0}};
        write_all(&paper, texts, COUNT(texts));
        page = paper_take(&paper);
        layout = find(page, NULL);
        assert_true(layout.safe);
        for (size_t k = 0; k < COUNT(texts); k++)
            check_turned(&layout, &texts[k], degrees[i]);
        assert_int_equal(layout.count, COUNT(texts));
        for (size_t k = 0; k < layout.count; k++) {
            const struct fast_line *line = &layout.lines[k];
            double slope = (double)(line->baseline_right - line->baseline_left) / line->box.width;

            assert_true((float)line->strip.height < 2.2f * line->x_height + 2 * PAD);
            assert_true(fabs((double)line->slope - tan(degrees[i] * G_PI / 180)) < 0.001);
            assert_true(fabs(slope - (double)line->slope) < 0.0001);
            check_whole(page, line);
        }
    }
}

static void a_zone_gives_only_its_lines_in_page_pixels(void **state)
{
    struct text texts[] = {{"Le premier bloc du haut", 20, 30, 11, {0}},
                           {"Le second bloc du milieu", 60, 100, 11, {0}},
                           {"Le dernier bloc du bas", 20, 200, 11, {0}}};
    struct paper paper = paper_new(0);
    SCOPED(image_free) struct Pix *page = NULL;
    SCOPED(fast_layout_free) struct fast_layout layout = {0};
    struct ocr_rect zone = {500, 1000, 1500, 500};

    (void)state;
    write_all(&paper, texts, COUNT(texts));
    page = paper_take(&paper);
    layout = find(page, &zone);
    check_lines(&layout, &texts[1], 1);
}

static void an_empty_page_has_no_lines_and_is_safe(void **state)
{
    SCOPED(image_free) struct Pix *page = fixture_page(FIXTURE_WIDTH, FIXTURE_HEIGHT, PAPER_DPI);
    SCOPED(fast_layout_free) struct fast_layout layout = {0};

    (void)state;
    layout = find(page, NULL);
    assert_int_equal(layout.count, 0);
    assert_true(layout.safe);
}

/* Sets one pixel in `share`, in squares of `grain` pixels. */
static struct Pix *noise(unsigned share, int grain)
{
    struct Pix *page = fixture_page(FIXTURE_WIDTH, FIXTURE_HEIGHT, PAPER_DPI);
    unsigned seed = 7;

    for (int y = 0; y < FIXTURE_HEIGHT; y += grain)
        for (int x = 0; x < FIXTURE_WIDTH; x += grain)
            if (fixture_random(&seed) % share == 0)
                pixRasterop(page, x, y, grain, grain, PIX_SET, NULL, 0, 0);
    return page;
}

static long most_memory_kb(void)
{
    struct rusage use;

    getrusage(RUSAGE_SELF, &use);
    return use.ru_maxrss;
}

/* The process must not have held more before, for its peak is what is measured. */
static struct fast_layout find_bounded(struct Pix *page)
{
    long before = most_memory_kb();
    int64_t started = clock_cpu_us();
    struct fast_layout layout = find(page, NULL);

    assert_in_range(clock_cpu_us() - started, 0, HOSTILE_US);
    if (!SANITIZED)
        assert_in_range(most_memory_kb() - before, 0, HOSTILE_KB);
    assert_true(layout.count <= FAST_LINES_MOST);
    return layout;
}

static void noise_is_refused_in_bounded_time_and_memory(void **state)
{
    static const struct {
        unsigned share;
        int grain;
    } rows[] = {{2, 1}, {3, 1}, {8, 1}, {20, 2}, {4, 3}, {3, 6}, {5, 8}, {12, 8}, {4, 20}};

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        SCOPED(image_free) struct Pix *page = noise(rows[i].share, rows[i].grain);
        SCOPED(fast_layout_free) struct fast_layout layout = find_bounded(page);

        if (layout.safe)
            fail_msg("noise of 1 in %u, %d pixels: got safe (%zu lines, coverage %g, evenness %g)",
                     rows[i].share, rows[i].grain, layout.count, (double)layout.coverage,
                     (double)layout.evenness);
    }
}

/* Thickness and distance in pixels. */
static struct Pix *rulings(bool upright, int thickness, int apart)
{
    struct Pix *page = fixture_page(FIXTURE_WIDTH, FIXTURE_HEIGHT, PAPER_DPI);

    for (int at = 100; at < (upright ? FIXTURE_WIDTH : FIXTURE_HEIGHT) - 100; at += apart)
        if (upright)
            pixRasterop(page, at, 100, thickness, FIXTURE_HEIGHT - 200, PIX_SET, NULL, 0, 0);
        else
            pixRasterop(page, 100, at, FIXTURE_WIDTH - 200, thickness, PIX_SET, NULL, 0, 0);
    return page;
}

static void a_page_of_rulings_is_refused_in_bounded_time_and_memory(void **state)
{
    static const int rows[][2] = {{4, 24}, {4, 36}, {1, 2}, {1, 3}, {2, 5}};

    (void)state;
    for (size_t i = 0; i < 2 * COUNT(rows); i++) {
        SCOPED(image_free) struct Pix *page = rulings(i % 2, rows[i / 2][0], rows[i / 2][1]);
        SCOPED(fast_layout_free) struct fast_layout layout = find_bounded(page);

        assert_int_equal(layout.count, 0);
        assert_false(layout.safe);
    }
}

/* By a hand that keeps no line: `rows` of letters, from `top` mm down. */
static void write_dancing(struct paper *paper, int rows, double top)
{
    unsigned seed = 3;

    for (int i = 0; i < 50 * rows; i++) {
        char letter[2] = {(char)('a' + fixture_random(&seed) % 26), '\0'};
        struct text text = {letter, 20 + 3 * (i % 50), top + 8.0 * (i / 50), 11, {0}};

        text.y += fixture_random(&seed) % 100 / 60.0;
        write_text(paper, &text);
    }
}

static void letters_that_dance_are_not_trusted(void **state)
{
    struct paper paper = paper_new(0);
    SCOPED(fast_layout_free) struct fast_layout layout = {0};

    (void)state;
    write_dancing(&paper, 12, 30);
    layout = find_on(&paper);
    assert_false(layout.safe);
}

/* A prescription: neither engine reads the hand, and the print is all found. */
static void letters_that_dance_below_a_letterhead_are_trusted(void **state)
{
    struct text texts[] = {{"Docteur Jeanne Martin", 20, 20, 16, {0}},
                           {"Médecine générale", 20, 30, 11, {0}},
                           {"12, rue de la République", 20, 36, 11, {0}},
                           {"06000 NICE", 20, 42, 11, {0}},
                           {"En cas d'absence, appelez le secrétariat", 20, 48, 11, {0}}};
    struct paper paper = paper_new(0);
    SCOPED(fast_layout_free) struct fast_layout layout = {0};

    (void)state;
    write_all(&paper, texts, COUNT(texts));
    write_dancing(&paper, 2, 80);
    layout = find_on(&paper);
    assert_true(layout.evenness < 0.9f);
    assert_true(layout.safe);
    for (size_t i = 0; i < COUNT(texts); i++)
        check_line(&layout, i, &texts[i]);
}

/* What a scanner sees beside the paper is neither text nor missed text. */
static void ink_along_the_edge_is_no_text(void **state)
{
    struct text texts[] = {{"Nous avons bien reçu votre courrier", 20, 30, 11, {0}},
                           {"et vous en remercions.", 20, 36, 11, {0}}};
    struct paper paper = paper_new(0);
    SCOPED(fast_layout_free) struct fast_layout layout = {0};

    (void)state;
    write_all(&paper, texts, COUNT(texts));
    for (double y = 60; y < 280; y += 2.5)
        for (int k = 0; k < 2; k++)
            rule(&paper, (double[]){0.2 + 2 * k, y + k, 1.6 + 2 * k, y + 0.9 + k}, 0.3);
    layout = find_on(&paper);
    check_lines(&layout, texts, COUNT(texts));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(noise_is_refused_in_bounded_time_and_memory), /* first: find_bounded */
        cmocka_unit_test(a_page_of_rulings_is_refused_in_bounded_time_and_memory),
        cmocka_unit_test(the_lines_of_a_letter_come_in_reading_order),
        cmocka_unit_test(dots_accents_commas_and_hyphens_stay_in_their_line),
        cmocka_unit_test(columns_are_read_one_after_the_other),
        cmocka_unit_test(wide_spaces_below_each_other_are_no_gutter),
        cmocka_unit_test(each_line_has_its_own_letter_height),
        cmocka_unit_test(rulings_and_frames_are_no_lines),
        cmocka_unit_test(small_print_in_a_pale_ink_is_not_torn),
        cmocka_unit_test(lines_whose_letters_touch_are_kept_apart),
        cmocka_unit_test(the_lines_of_a_page_askew_are_levelled),
        cmocka_unit_test(a_zone_gives_only_its_lines_in_page_pixels),
        cmocka_unit_test(an_empty_page_has_no_lines_and_is_safe),
        cmocka_unit_test(letters_that_dance_are_not_trusted),
        cmocka_unit_test(letters_that_dance_below_a_letterhead_are_trusted),
        cmocka_unit_test(ink_along_the_edge_is_no_text),
    };

    return cmocka_run_group_tests(tests, NULL, fonts_forget);
}
