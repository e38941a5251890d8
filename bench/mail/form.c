/*
 * The drawing of form items.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "bench/mail/form.h"

#include <math.h>
#include <string.h>

#define COMB_STROKE_MM 0.32 /* measured on the blanks: 0.3 to 0.4 */
#define BOX_STROKE_MM 0.22

static struct type face_type(const struct form_inks *inks, const struct form_item *item)
{
    bool serif = item->face <= FACE_SERIF_BOLD_ITALIC;
    int style = item->face - (serif ? FACE_SERIF : FACE_SANS);
    return (struct type){.family = serif ? inks->serif : inks->sans,
                         .bold = style & 1,
                         .italic = style & 2,
                         .size = item->height > 0 ? item->height : 3,
                         .ink = inks->tones[item->tone]};
}

static void draw_text(struct canvas *canvas, const struct form_item *item,
                      const struct form_inks *inks)
{
    struct type type = face_type(inks, item);
    cairo_save(canvas->cairo);
    if (item->kind == FORM_UPRIGHT) {
        cairo_translate(canvas->cairo, item->x, item->y);
        cairo_rotate(canvas->cairo, -M_PI / 2);
        canvas_text_between(canvas, (struct spot){0, 0}, item->width, &type, item->text);
    } else {
        canvas_text_between(canvas, (struct spot){item->x, item->y}, item->width, &type,
                            item->text);
    }
    cairo_restore(canvas->cairo);
}

/* Letters printed in the cells: "JJMMAAAA". */
static void draw_cell_letters(struct canvas *canvas, const struct form_item *item,
                              const struct form_inks *inks, const char *letters)
{
    struct type type = {inks->sans, true, false, fmin(item->height, 4) * 0.8,
                        inks->tones[item->tone]};
    double pitch = item->width / (double)strlen(letters);
    for (size_t i = 0; letters[i]; i++) {
        char one[2] = {letters[i], '\0'};
        double width = canvas_text_width(canvas, &type, one);
        canvas_text(canvas,
                    (struct spot){item->x + ((double)i + 0.5) * pitch - width / 2,
                                  item->y + item->height - 0.6},
                    &type, one);
    }
}

static void draw_comb(struct canvas *canvas, const struct form_item *item,
                      const struct form_inks *inks)
{
    const char *letters = strchr(item->text, ':');
    size_t groups = letters ? (size_t)(letters - item->text) : strlen(item->text);
    int cells = 0;
    for (size_t i = 0; i < groups; i++)
        cells += item->text[i] - '0';
    double pitch = item->width / cells, top = item->y, bottom = item->y + item->height;
    struct ink ink = inks->tones[item->tone];
    int cell = 0;
    for (size_t group = 0; group <= groups; group++) {
        double x = item->x + cell * pitch;
        canvas_line(canvas, (struct spot){x, top}, (struct spot){x, bottom}, COMB_STROKE_MM, ink);
        for (int i = 1; group < groups && i < item->text[group] - '0'; i++)
            canvas_line(canvas, (struct spot){x + i * pitch, bottom - item->height * 0.45},
                        (struct spot){x + i * pitch, bottom}, COMB_STROKE_MM * 0.8, ink);
        cell += group < groups ? item->text[group] - '0' : 0;
    }
    if (item->kind == FORM_TRAY)
        canvas_line(canvas, (struct spot){item->x, bottom},
                    (struct spot){item->x + item->width, bottom}, COMB_STROKE_MM * 1.4, ink);
    if (letters)
        draw_cell_letters(canvas, item, inks, letters + 1);
}

static void draw_oval(struct canvas *canvas, const struct form_item *item,
                      const struct form_inks *inks)
{
    cairo_t *cairo = canvas->cairo;
    canvas_ink(canvas, inks->tones[item->tone]);
    cairo_save(cairo);
    cairo_translate(cairo, item->x + item->width / 2, item->y + item->height / 2);
    cairo_scale(cairo, item->width / 2, item->height / 2);
    cairo_arc(cairo, 0, 0, 1, 0, 2 * M_PI);
    cairo_restore(cairo);
    cairo_fill(cairo);
    bool word = item->text[0] && item->text[1];
    struct type type = {word ? inks->serif : inks->sans, true, word, item->height * 0.85,
                        INK_WHITE};
    if (word)
        canvas_text_between(
            canvas, (struct spot){item->x + item->width * 0.16, item->y + item->height * 0.76},
            item->width * 0.68, &type, item->text);
    else
        canvas_text(canvas,
                    (struct spot){item->x + item->width / 2 -
                                      canvas_text_width(canvas, &type, item->text) / 2,
                                  item->y + item->height * 0.82},
                    &type, item->text);
}

static void draw_item(struct canvas *canvas, const struct form_item *item,
                      const struct form_inks *inks)
{
    struct area area = {item->x, item->y, item->width, item->height};
    struct ink ink = inks->tones[item->tone];
    switch (item->kind) {
    case FORM_BAND:
        canvas_fill(canvas, area, ink);
        break;
    case FORM_FRAME:
        canvas_frame(canvas, area, BOX_STROKE_MM, ink);
        break;
    case FORM_BOX:
        canvas_frame(canvas, area, BOX_STROKE_MM * 1.3, ink);
        break;
    case FORM_TEXT:
    case FORM_UPRIGHT:
        draw_text(canvas, item, inks);
        break;
    case FORM_COMB:
    case FORM_TRAY:
        draw_comb(canvas, item, inks);
        break;
    case FORM_OVAL:
        draw_oval(canvas, item, inks);
        break;
    }
}

void form_draw(struct canvas *canvas, const struct form_item *items, size_t count,
               const struct form_inks *inks)
{
    for (size_t i = 0; i < count; i++)
        draw_item(canvas, &items[i], inks);
}

static double within_unit(double x)
{
    return fmin(fmax(x, 0), 1);
}

void form_inks_vary(struct form_inks *inks, struct chance *chance)
{
    double red = chance_real(chance, -0.04, 0.04), green = chance_real(chance, -0.05, 0.05);
    double blue = chance_real(chance, -0.05, 0.05), strength = chance_real(chance, 0.75, 1.15);
    for (int i = 0; i < FORM_TONES; i++) {
        struct ink *ink = &inks->tones[i];
        if (i == TONE_WHITE)
            continue;
        /* Strength is the amount of ink: the distance from white is scaled. */
        ink->red = within_unit(1 - (1 - ink->red + red) * strength);
        ink->green = within_unit(1 - (1 - ink->green + green) * strength);
        ink->blue = within_unit(1 - (1 - ink->blue + blue) * strength);
    }
}

struct filling filling_of(struct chance *chance)
{
    struct filling filling = {.chance = chance};
    bool typed = chance_yes(chance, 0.45);
    filling.practice = typed ? hand_of_machine(chance) : hand_of_person(chance);
    filling.person = typed && chance_yes(chance, 0.75) ? filling.practice : hand_of_person(chance);
    return filling;
}
