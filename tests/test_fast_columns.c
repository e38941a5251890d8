/*
 * The line finder on columns of running text as books and terms of contract have them: justified,
 * with a narrow gutter, paragraphs that end at the same height by chance, and full stops at the
 * column's edge. No line crosses a gutter, each column is read to its end.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <leptonica/allheaders.h>
#include <stdio.h>

#include "base/scope.h"
#include "image/decode.h"
#include "ocr/fast/lines.h"
#include "tests/check.h"
#include "tests/fonts.h"
#include "tests/page_fixture.h"
#include "tests/paper.h"

enum { COLUMNS_MOST = 3, PARAGRAPHS = 4 };

/* All columns begin with the same one, so that their first gap is at one height. */
static const char *const first = "La caisse rembourse les soins que le médecin a prescrits, pourvu "
                                 "que la feuille soit signée par l'assuré et parvienne dans le "
                                 "délai de deux ans.";
static const char *const paragraphs[COLUMNS_MOST][PARAGRAPHS - 1] = {
    {"L'assuré dont l'état de santé l'exige est transporté aux frais de la caisse, par le moyen le "
     "moins coûteux.",
     "Les actes suivants demandent un accord : « soins à l'étranger », cures, appareils, "
     "transports "
     "en série.",
     "Une réponse est donnée dans les quinze jours ; passé ce terme, l'accord est acquis."},
    {"Le tiers payant dispense d'avancer les frais. Le professionnel est payé par la caisse, "
     "l'assuré par sa mutuelle pour le reste.",
     "Toute fausse déclaration est punie. Le montant indûment versé est à rendre, avec une "
     "pénalité "
     "fixée par le directeur de la caisse.",
     "Le recours se forme dans les deux mois."},
    {"Les indemnités sont dues à partir du quatrième jour de l'arrêt.",
     "L'avis d'arrêt est à envoyer dans les quarante-huit heures. Un envoi tardif réduit "
     "l'indemnité de moitié, sauf hospitalisation de l'assuré, qui en apporte la preuve.",
     "Pendant l'arrêt, l'assuré se soumet aux contrôles, s'abstient de toute activité et respecte "
     "les heures de sortie."}};

struct columns {
    int count;
    double points, gutter; /* mm */
    const char *font;
};

static const double left = 20, right = 190, top = 60;

/* Returns the height in pixels. */
static int write_paragraph(const struct paper *paper, const struct columns *columns,
                           const double at[2], const char *words)
{
    PangoLayout *layout = pango_cairo_create_layout(paper->cairo);
    PangoFontDescription *font = pango_font_description_from_string(columns->font);
    double width = (right - left + columns->gutter) / columns->count - columns->gutter;
    int height;

    pango_font_description_set_absolute_size(font, columns->points / 72 * PAPER_DPI * PANGO_SCALE);
    pango_layout_set_font_description(layout, font);
    pango_layout_set_width(layout, (int)(paper_pixels(width) * PANGO_SCALE));
    pango_layout_set_justify(layout, TRUE);
    pango_layout_set_text(layout, words, -1);
    cairo_move_to(paper->cairo, at[0], at[1]);
    pango_cairo_show_layout(paper->cairo, layout);
    pango_layout_get_pixel_size(layout, NULL, &height);
    pango_font_description_free(font);
    g_object_unref(layout);
    return height;
}

static double column_left(const struct columns *columns, int column)
{
    double step = (right - left + columns->gutter) / columns->count;

    return paper_pixels(left + step * column);
}

static struct fast_layout draw_and_find(const struct columns *columns)
{
    struct paper paper = paper_new(0);
    struct fast_layout layout;
    struct err err = {0};

    for (int column = 0; column < columns->count; column++) {
        double at[2] = {column_left(columns, column), paper_pixels(top)};

        for (int i = 0; i < PARAGRAPHS; i++)
            at[1] +=
                write_paragraph(&paper, columns, at, i == 0 ? first : paragraphs[column][i - 1]) +
                paper_pixels(2.5);
    }
    SCOPED(image_free) struct Pix *page = paper_take(&paper);
    check_ok(fast_layout_find(page, PAPER_DPI, NULL, &layout, &err), &err);
    return layout;
}

/* By the line's middle; fails when it leaves its column. */
static int column_of(const struct columns *columns, const struct ocr_rect *box)
{
    double slack = paper_pixels(columns->gutter) / 2;

    for (int column = 0; column < columns->count; column++)
        if (box->x >= column_left(columns, column) - slack &&
            box->x + box->width <= column_left(columns, column + 1))
            return column;
    fail_msg("%s, %d columns: a line from %d to %d crosses a gutter", columns->font, columns->count,
             box->x, box->x + box->width);
    return -1;
}

static void check_columns(const struct columns *columns)
{
    SCOPED(fast_layout_free) struct fast_layout layout = draw_and_find(columns);
    int column = 0;

    assert_true(layout.safe);
    for (size_t i = 0; i < layout.count; i++) {
        int is = column_of(columns, &layout.lines[i].box);

        if (is < column || is > column + 1)
            fail_msg("%s, %d columns: line %zu is of column %d, after column %d", columns->font,
                     columns->count, i, is, column);
        column = is;
    }
    assert_int_equal(column, columns->count - 1);
}

static void columns_of_running_text_are_read_to_their_ends(void **state)
{
    static const char *const fonts[] = {"DejaVu Sans", "DejaVu Serif"};

    (void)state;
    for (size_t i = 0; i < sizeof fonts / sizeof *fonts; i++) {
        check_columns(&(struct columns){2, 9.5, 6, fonts[i]});
        check_columns(&(struct columns){2, 10.5, 5.5, fonts[i]});
        check_columns(&(struct columns){3, 8, 5, fonts[i]});
        check_columns(&(struct columns){3, 7, 4, fonts[i]});
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(columns_of_running_text_are_read_to_their_ends),
    };

    return cmocka_run_group_tests(tests, NULL, fonts_forget);
}
