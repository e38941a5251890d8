/*
 * Letters become outlines (cairo paths), and the outlines' points are moved by a smooth field, so
 * no two letters of a page are the same shape.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "bench/mail/hand.h"

#include <fontconfig/fontconfig.h>
#include <math.h>
#include <string.h>

/* Packages: fonts-breip, fonts-comic-neue, fonts-dancingscript, fonts-dkg-handwriting,
 * fonts-ecolier-court, fonts-femkeklaver, fonts-kaushanscript, fonts-kristi,
 * fonts-sjfonts (Delphine, Steve). Each has the accented letters of French. */
static const struct writing_font {
    const char *family;
    double size;   /* em for an x-height of about 2.2 mm */
    double weight; /* share of hands that use it */
} writing_fonts[] = {
    {"Breip", 5.4, 1.0},          {"Comic Neue", 4.3, 0.6},    {"Dancing Script", 5.6, 1.2},
    {"DkgHandwriting", 4.6, 1.2}, {"Ecolier_court", 5.0, 1.2}, {"femkeklaver", 4.8, 1.0},
    {"Delphine", 5.0, 1.2},       {"Steve", 4.8, 1.0},
};
enum { WRITING_FONTS = sizeof writing_fonts / sizeof *writing_fonts };

static const char *const machine_fonts[] = {"Liberation Sans", "DejaVu Sans", "Liberation Mono",
                                            "Liberation Serif", "DejaVu Sans Mono"};

static bool font_is_installed(const char *family)
{
    FcPattern *pattern = FcPatternCreate();
    FcPatternAddString(pattern, FC_FAMILY, (const FcChar8 *)family);
    FcObjectSet *objects = FcObjectSetBuild(FC_FAMILY, (char *)NULL);
    FcFontSet *found = FcFontList(NULL, pattern, objects);
    bool installed = found && found->nfont > 0;
    FcFontSetDestroy(found);
    FcObjectSetDestroy(objects);
    FcPatternDestroy(pattern);
    return installed;
}

/* Looked up once per process; fontconfig's answer does not change while it runs. */
static const double *font_weights(void)
{
    static double weights[WRITING_FONTS];
    static bool known;
    for (int i = 0; !known && i < WRITING_FONTS; i++)
        weights[i] = font_is_installed(writing_fonts[i].family) ? writing_fonts[i].weight : 0;
    known = true;
    return weights;
}

int hand_fonts(int *ret_wished)
{
    int installed = 0;
    for (int i = 0; i < WRITING_FONTS; i++)
        installed += font_weights()[i] > 0;
    *ret_wished = WRITING_FONTS;
    return installed;
}

static struct ink pen_ink(struct chance *chance)
{
    static const struct ink inks[] = {{0.07, 0.10, 0.45, 1}, {0.10, 0.16, 0.55, 1},
                                      {0.04, 0.06, 0.30, 1}, {0.08, 0.08, 0.10, 1},
                                      {0.12, 0.12, 0.14, 1}, {0.16, 0.22, 0.62, 1}};
    struct ink ink = CHANCE_PICK(chance, inks);
    double pale = chance_real(chance, 0, 0.22); /* opaque: letters are filled and stroked */
    ink.red += (1 - ink.red) * pale;
    ink.green += (1 - ink.green) * pale;
    ink.blue += (1 - ink.blue) * pale;
    return ink;
}

struct hand hand_of_person(struct chance *chance)
{
    int wished;
    struct hand hand = {.family = "DejaVu Sans", .size = 4, .ink = pen_ink(chance)};
    if (hand_fonts(&wished) > 0) {
        size_t i = chance_weighted(chance, font_weights(), WRITING_FONTS);
        hand.family = writing_fonts[i].family;
        hand.size = writing_fonts[i].size;
    }
    hand.size *= chance_real(chance, 0.85, 1.25);
    hand.slant = chance_real(chance, -0.12, 0.28);
    hand.stretch = chance_real(chance, 0.85, 1.15);
    hand.pen = chance_real(chance, 0.02, 0.28);
    hand.unrest = chance_real(chance, 0.25, 0.95);
    return hand;
}

struct hand hand_of_machine(struct chance *chance)
{
    struct hand hand = {.family = CHANCE_PICK(chance, machine_fonts),
                        .typed = true,
                        .size = chance_real(chance, 3.3, 4.2),
                        .stretch = 1,
                        .ink = INK_BLACK};
    hand.ink.alpha = chance_real(chance, 0.8, 1);
    if (chance_yes(chance, 0.15))
        hand.ink = (struct ink){0.1, 0.1, 0.4, 0.95};
    return hand;
}

/* A smooth field: waves of random phase, wavelengths of half a letter to three letters. */
struct field {
    double phase[4], frequency[4], strength;
};

static struct field field_draw(struct chance *chance, const struct hand *hand)
{
    struct field field = {.strength = hand->unrest * hand->size * 0.022};
    for (int i = 0; i < 4; i++) {
        field.phase[i] = chance_real(chance, 0, 2 * M_PI);
        field.frequency[i] = chance_real(chance, 0.8, 3.6) / hand->size * 2;
    }
    return field;
}

static void field_move(const struct field *f, double *x, double *y)
{
    double x0 = *x, y0 = *y;
    *x += f->strength * (sin(f->frequency[0] * y0 + f->phase[0]) +
                         0.6 * sin(f->frequency[1] * (x0 + y0) + f->phase[1]));
    *y += f->strength * (sin(f->frequency[2] * x0 + f->phase[2]) +
                         0.6 * sin(f->frequency[3] * (x0 - y0) + f->phase[3]));
}

static void bend_path(cairo_t *cairo, const struct field *field)
{
    cairo_path_t *path = cairo_copy_path(cairo);
    for (int i = 0; i < path->num_data; i += path->data[i].header.length)
        for (int k = 1; k < path->data[i].header.length; k++)
            field_move(field, &path->data[i + k].point.x, &path->data[i + k].point.y);
    cairo_new_path(cairo);
    cairo_append_path(cairo, path);
    cairo_path_destroy(path);
}

static int character_length(const char *text)
{
    unsigned char c = (unsigned char)*text;
    return c < 0x80 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
}

/* Draws one letter at the current origin and returns its advance before stretching. */
static double draw_letter(const struct hand *hand, struct canvas *canvas, struct chance *chance,
                          const char *letter)
{
    cairo_t *cairo = canvas->cairo;
    cairo_text_extents_t extents;
    cairo_text_extents(cairo, letter, &extents);
    if (extents.width <= 0)
        return extents.x_advance * (1 + 0.25 * hand->unrest * chance_normal(chance));
    cairo_save(cairo);
    double u = hand->unrest;
    cairo_translate(cairo, 0, 0.035 * u * hand->size * chance_normal(chance));
    cairo_rotate(cairo, 0.035 * u * chance_normal(chance));
    double scale = 1 + 0.035 * u * chance_normal(chance);
    cairo_scale(cairo, scale, scale * (1 + 0.03 * u * chance_normal(chance)));
    cairo_move_to(cairo, 0, 0);
    cairo_text_path(cairo, letter);
    struct field field = field_draw(chance, hand);
    bend_path(cairo, &field);
    if (hand->pen > 0) {
        cairo_set_line_width(cairo, hand->pen * (1 + 0.15 * chance_normal(chance)));
        cairo_fill_preserve(cairo);
        cairo_stroke(cairo);
    } else {
        cairo_fill(cairo);
    }
    cairo_restore(cairo);
    return extents.x_advance;
}

static void select_hand(const struct hand *hand, struct canvas *canvas)
{
    cairo_select_font_face(canvas->cairo, hand->family, CAIRO_FONT_SLANT_NORMAL,
                           CAIRO_FONT_WEIGHT_NORMAL);
    cairo_set_font_size(canvas->cairo, hand->size);
    cairo_set_line_join(canvas->cairo, CAIRO_LINE_JOIN_ROUND);
    cairo_set_line_cap(canvas->cairo, CAIRO_LINE_CAP_ROUND);
    canvas_ink(canvas, hand->ink);
}

double hand_write(const struct hand *hand, struct canvas *canvas, struct chance *chance,
                  struct spot at, const char *text)
{
    if (hand->typed) {
        struct type type = {hand->family, false, false, hand->size, hand->ink};
        return canvas_text(canvas, at, &type, text);
    }
    cairo_t *cairo = canvas->cairo;
    cairo_save(cairo);
    select_hand(hand, canvas);
    cairo_translate(cairo, at.x, at.y);
    cairo_matrix_t slant = {hand->stretch, 0, -hand->slant, 1, 0, 0};
    cairo_transform(cairo, &slant);
    double x = 0, drift = 0;
    for (const char *p = text; *p; p += character_length(p)) {
        char letter[5] = {0};
        memcpy(letter, p, strnlen(p, (size_t)character_length(p)));
        drift = 0.9 * drift + 0.02 * hand->unrest * hand->size * chance_normal(chance);
        cairo_save(cairo);
        cairo_translate(cairo, x, drift);
        x += draw_letter(hand, canvas, chance, letter);
        cairo_restore(cairo);
    }
    cairo_restore(cairo);
    return x * hand->stretch;
}

void hand_write_within(const struct hand *hand, struct canvas *canvas, struct chance *chance,
                       struct area area, const char *text)
{
    struct type type = {hand->family, false, false, hand->size, hand->ink};
    struct hand smaller = *hand;
    double width = canvas_text_width(canvas, &type, text) * hand->stretch;
    if (width > area.width)
        smaller.size *= fmax(area.width / width, 0.3);
    hand_write(&smaller, canvas, chance, (struct spot){area.x, area.y + area.height}, text);
}

void hand_fill_cells(const struct hand *hand, struct canvas *canvas, struct chance *chance,
                     struct area cells, const char *text)
{
    size_t n = strlen(text);
    double pitch = cells.width / (double)n;
    struct hand figure = *hand;
    figure.size = fmin(hand->size, cells.height * 1.15);
    struct type type = {figure.family, false, false, figure.size, figure.ink};
    double unrest = hand->typed ? 0.02 : hand->unrest;
    for (size_t i = 0; i < n; i++) {
        char one[2] = {text[i], '\0'};
        if (text[i] == ' ')
            continue;
        double width = canvas_text_width(canvas, &type, one) * figure.stretch;
        double x = cells.x + ((double)i + 0.5) * pitch - width / 2;
        double y = cells.y + cells.height * 0.83;
        x += 0.09 * unrest * pitch * chance_normal(chance);
        y += 0.08 * unrest * cells.height * chance_normal(chance);
        hand_write(&figure, canvas, chance, (struct spot){x, y}, one);
    }
}

void hand_tick(const struct hand *hand, struct canvas *canvas, struct chance *chance,
               struct area box)
{
    cairo_t *cairo = canvas->cairo;
    double d = hand->typed ? 0.02 : 0.16;
    canvas_ink(canvas, hand->ink);
    cairo_set_line_cap(cairo, CAIRO_LINE_CAP_ROUND);
    cairo_set_line_width(cairo, hand->typed ? 0.3 : 0.25 + hand->pen);
#define NEAR(x_part, y_part)                                                                       \
    box.x + box.width *((x_part) + d * chance_normal(chance) / 2),                                 \
        box.y + box.height *((y_part) + d * chance_normal(chance) / 2)
    if (hand->typed || chance_yes(chance, 0.75)) {
        cairo_move_to(cairo, NEAR(0.15, 0.15));
        cairo_line_to(cairo, NEAR(0.85, 0.85));
        cairo_move_to(cairo, NEAR(0.85, 0.15));
        cairo_line_to(cairo, NEAR(0.15, 0.85));
    } else {
        cairo_move_to(cairo, NEAR(0.15, 0.5));
        cairo_line_to(cairo, NEAR(0.4, 0.85));
        cairo_line_to(cairo, NEAR(1.0, -0.1));
    }
#undef NEAR
    cairo_stroke(cairo);
}

void hand_sign(const struct hand *hand, struct canvas *canvas, struct chance *chance,
               struct area area)
{
    cairo_t *cairo = canvas->cairo;
    canvas_ink(canvas, hand->ink);
    cairo_set_line_cap(cairo, CAIRO_LINE_CAP_ROUND);
    cairo_set_line_join(cairo, CAIRO_LINE_JOIN_ROUND);
    cairo_set_line_width(cairo, 0.28 + hand->pen);
    int loops = chance_between(chance, 4, 9);
    double step = area.width / (loops + 1), x = area.x, middle = area.y + area.height / 2;
    double reach = area.height * chance_real(chance, 0.35, 0.7);
    cairo_move_to(cairo, x, middle + reach * 0.3 * chance_normal(chance));
    for (int i = 0; i < loops; i++) {
        double tall = i == 0 || chance_yes(chance, 0.25) ? 1.0 : 0.4;
        double up = middle - reach * tall * chance_real(chance, 0.6, 1.1);
        double down = middle + reach * tall * chance_real(chance, 0.2, 0.8);
        double next = x + step * chance_real(chance, 0.6, 1.4);
        cairo_curve_to(cairo, x + step * chance_real(chance, 0.2, 1.5), up,
                       next + step * chance_real(chance, -1.2, 0.2), up, next, middle);
        cairo_curve_to(cairo, next + step * chance_real(chance, -0.2, 0.5), down,
                       next - step * chance_real(chance, 0, 1), down, next + step * 0.15, middle);
        x = next;
    }
    if (chance_yes(chance, 0.5)) /* the flourish under it */
        cairo_curve_to(cairo, x + step, middle + reach, area.x + step, middle + reach * 0.6,
                       area.x + area.width * chance_real(chance, 0.1, 0.9), middle + reach);
    cairo_stroke(cairo);
}
