/*
 * Letters: typed with a letterhead and full ground truth, or written by hand on plain, lined,
 * squared or school paper.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "bench/mail/letter_text.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/scope.h"
#include "bench/mail/hand.h"
#include "bench/mail/kinds.h"
#include "bench/mail/stamp.h"

static const struct letter_words typed_words = {120, 250};
static const struct letter_words handwritten_words = {70, 180};

struct letter {
    struct page *page;
    struct canvas *canvas;
    struct chance *chance;
    struct type type;
    double left, top, width, bottom; /* mm; `top` moves down as lines are set */
    double leading;
};

/* "2 94 09 83 123 456 78" or without blanks, as people write it. */
static void nir_written(struct chance *chance, const char *nir, char ret_text[32])
{
    if (chance_yes(chance, 0.5))
        snprintf(ret_text, 32, "%.13s %s", nir, nir + 13);
    else
        snprintf(ret_text, 32, "%.1s %.2s %.2s %.2s %.3s %.3s %s", nir, nir + 1, nir + 3, nir + 5,
                 nir + 7, nir + 10, nir + 13);
}

static void set_line(struct letter *l, double x, const char *text)
{
    canvas_text(l->canvas, (struct spot){x, l->top}, &l->type, text);
    l->top += l->type.size * l->leading;
}

static void set_heading(struct letter *l)
{
    const struct affair *affair = l->page->affair;
    char text[128], nir[32], date[32];
    set_line(l, l->left, person_name(&affair->person, text));
    set_line(l, l->left, affair->person.street);
    set_line(l, l->left, affair->person.town);
    if (chance_yes(l->chance, 0.85)) {
        nir_written(l->chance, affair->person.nir, nir);
        snprintf(text, sizeof text, "%s : %s",
                 chance_yes(l->chance, 0.6) ? "N° de sécurité sociale" : "N° SS", nir);
        set_line(l, l->left, text);
        snprintf(l->page->nir, sizeof l->page->nir, "%s", affair->person.nir);
    }
    l->top += l->type.size;
    double right = l->left + l->width * 0.55;
    snprintf(text, sizeof text, "CPAM %s", affair->tenant == 61 ? "des Alpes-Maritimes" : "");
    set_line(l, right, affair->tenant == 61 ? text : "Caisse Primaire d'Assurance Maladie");
    set_line(l, right,
             CHANCE_PICK(l->chance,
                         ((const char *const[]){"Service prestations", "Service médical",
                                                "Service réclamations", "48 avenue du Roi Robert",
                                                "Boîte postale 1234"})));
    set_line(l, right, affair->tenant == 61 ? "06180 NICE CEDEX 2" : "04010 DIGNE-LES-BAINS CEDEX");
    l->top += l->type.size;
    struct day day = day_before(l->chance, MAIL_DAY, 9);
    snprintf(text, sizeof text, "%s, le %s", affair->person.town + 6, day_words(day, date));
    set_line(l, right, text);
    l->page->date = day;
    l->top += l->type.size * 0.6;
    letter_subject(l->chance, affair, text, sizeof text);
    set_line(l, l->left, text);
    l->top += l->type.size;
}

/* A company's or practice's head: a coloured bar with a name. */
static void draw_letterhead(struct letter *l)
{
    const struct employer *e = &l->page->affair->employer;
    struct ink ink = {chance_real(l->chance, 0, 0.6), chance_real(l->chance, 0, 0.5),
                      chance_real(l->chance, 0.2, 0.8), 1};
    canvas_fill(l->canvas, (struct area){l->left, 11, chance_real(l->chance, 10, 30), 12}, ink);
    struct type type = {l->type.family, true, false, 5.5, ink};
    canvas_text(l->canvas, (struct spot){l->left + 34, 17}, &type, e->name);
    type.bold = false;
    type.size = 2.8;
    char text[160];
    snprintf(text, sizeof text, "%s - %s - Tél. %s - SIRET %s", e->street, e->town, e->phone,
             e->siret);
    canvas_text(l->canvas, (struct spot){l->left + 34, 22}, &type, text);
}

static struct type letter_type(struct chance *chance)
{
    static const struct {
        const char *family;
        double size;
    } faces[] = {{"Liberation Serif", 4.2}, {"Liberation Sans", 3.9},
                 {"DejaVu Sans", 3.5},      {"DejaVu Serif", 3.6},
                 {"Liberation Mono", 3.6},  {"Nimbus Roman", 4.2},
                 {"URW Bookman", 3.7},      {"P052", 4.0},
                 {"Nimbus Sans", 3.9},      {"C059", 3.9},
                 {"Open Sans", 3.6},        {"Nimbus Mono PS", 3.7}};
    unsigned i = chance_below(chance, sizeof faces / sizeof *faces);
    struct type type = {faces[i].family, false, false, faces[i].size, INK_BLACK};
    type.size *= chance_real(chance, 0.92, 1.12);
    type.ink.alpha = chance_real(chance, 0.82, 1);
    return type;
}

static void set_typed(struct letter *l)
{
    if (chance_yes(l->chance, 0.2))
        draw_letterhead(l);
    else
        l->top -= 12;
    if (l->page->variant > 1)
        l->top = 24;
    else
        set_heading(l);
    l->page->text = letter_compose(l->chance, l->page->affair, &typed_words, &l->page->words);
    if (!l->page->text)
        return;
    struct setting setting = {l->width, fmax(l->bottom - l->top - 24, 40),
                              l->leading * chance_real(l->chance, 0.82, 1),
                              chance_yes(l->chance, 0.4)};
    double height = canvas_paragraph(l->canvas, (struct spot){l->left, l->top}, &setting, &l->type,
                                     l->page->text);
    l->top += height + 6;
    struct hand hand = hand_of_person(l->chance);
    double y = fmin(l->top, 265);
    char name[64];
    canvas_text(l->canvas, (struct spot){l->left + l->width * 0.6, y}, &l->type,
                person_name(&l->page->affair->person, name));
    hand_sign(&hand, l->canvas, l->chance, (struct area){l->left + l->width * 0.55, y + 2, 45, 14});
}

enum paper_ruling { RULING_NONE, RULING_LINES, RULING_SQUARES, RULING_SCHOOL, RULINGS };

/* Seyès paper ("school"): heavy lines every 8 mm, three light ones between, uprights, a margin. */
static double draw_ruling(struct letter *l, enum paper_ruling ruling)
{
    struct ink blue = {0.55, 0.62, 0.80, chance_real(l->chance, 0.4, 0.9)};
    struct canvas *c = l->canvas;
    double step = ruling == RULING_SQUARES ? 5 : 8;
    if (ruling == RULING_NONE)
        return chance_real(l->chance, 8, 10.5);
    for (double y = 24; y < c->height - 10; y += step)
        canvas_line(c, (struct spot){0, y}, (struct spot){c->width, y}, 0.15, blue);
    if (ruling == RULING_LINES) {
        canvas_line(c, (struct spot){171, 0}, (struct spot){171, c->height}, 0.15, blue);
        return 8;
    }
    for (double x = 4; x < c->width; x += step)
        canvas_line(c, (struct spot){x, 0}, (struct spot){x, c->height}, 0.12, blue);
    if (ruling == RULING_SCHOOL) {
        struct ink red = {0.85, 0.45, 0.5, 0.8};
        canvas_line(c, (struct spot){30, 0}, (struct spot){30, c->height}, 0.2, red);
        struct ink light = blue;
        light.alpha *= 0.5;
        for (double y = 24; y < c->height - 10; y += 2)
            canvas_line(c, (struct spot){0, y}, (struct spot){c->width, y}, 0.08, light);
    }
    return ruling == RULING_SQUARES ? 10 : 8;
}

struct writing {
    struct hand hand;
    double step; /* mm from line to line */
};

static void write_line(struct letter *l, const struct writing *w, double x, const char *text)
{
    if (l->top > l->canvas->height - 12)
        return;
    double unrest = w->hand.unrest;
    hand_write(&w->hand, l->canvas, l->chance,
               (struct spot){x + unrest * 1.2 * chance_normal(l->chance),
                             l->top - 0.8 + 0.3 * unrest * chance_normal(l->chance)},
               text);
    l->top += w->step;
}

/* Words of one paragraph, broken where the line is full. */
static void write_paragraph(struct letter *l, const struct writing *w, char *paragraph)
{
    struct type type = {w->hand.family, false, false, w->hand.size, w->hand.ink};
    char line[256] = "";
    char *rest = NULL;
    for (char *word = strtok_r(paragraph, " ", &rest); word; word = strtok_r(NULL, " ", &rest)) {
        char longer[256];
        int n = snprintf(longer, sizeof longer, "%s%s%s", line, *line ? " " : "", word);
        double width = canvas_text_width(l->canvas, &type, longer) * w->hand.stretch;
        if (*line && (width > l->width || n >= (int)sizeof longer - 1)) {
            write_line(l, w, l->left, line);
            snprintf(line, sizeof line, "%s", word);
        } else {
            snprintf(line, sizeof line, "%s", longer);
        }
    }
    if (*line)
        write_line(l, w, l->left, line);
}

static void write_heading(struct letter *l, const struct writing *w)
{
    const struct person *person = &l->page->affair->person;
    char text[96], nir[32];
    write_line(l, w, l->left, person_name(person, text));
    write_line(l, w, l->left, person->street);
    write_line(l, w, l->left, person->town);
    if (chance_yes(l->chance, 0.75)) {
        nir_written(l->chance, person->nir, nir);
        snprintf(text, sizeof text, "N° SS : %s", nir);
        write_line(l, w, l->left, text);
        snprintf(l->page->nir, sizeof l->page->nir, "%s", person->nir);
    }
    struct day day = day_before(l->chance, MAIL_DAY, 9);
    char date[32];
    snprintf(text, sizeof text, "%s, le %s", person->town + 6, day_words(day, date));
    write_line(l, w, l->left + l->width * 0.45, text);
    l->page->date = day;
    l->top += w->step;
}

static void write_by_hand(struct letter *l)
{
    enum paper_ruling ruling = (enum paper_ruling)chance_below(l->chance, RULINGS);
    struct writing w = {hand_of_person(l->chance), 0};
    w.step = draw_ruling(l, ruling);
    w.hand.size *= w.step / 8.5;
    l->left = ruling == RULING_SCHOOL ? 34 : l->left;
    l->width = l->canvas->width - l->left - chance_real(l->chance, 8, 20);
    l->top = 32;
    if (l->page->variant <= 1)
        write_heading(l, &w);
    l->page->text = letter_compose(l->chance, l->page->affair, &handwritten_words, &l->page->words);
    SCOPED(scope_free) char *copy = l->page->text ? strdup(l->page->text) : NULL;
    char *rest = NULL;
    for (char *p = copy ? strtok_r(copy, "\n", &rest) : NULL; p; p = strtok_r(NULL, "\n", &rest))
        write_paragraph(l, &w, p);
    if (l->top < l->canvas->height - 35)
        hand_sign(&w.hand, l->canvas, l->chance,
                  (struct area){l->left + l->width * 0.5, l->top, 50, 16});
}

void letter_draw(struct page *page, struct canvas *canvas)
{
    struct chance chance = chance_of(page->seed, 0);
    struct letter letter = {.page = page,
                            .canvas = canvas,
                            .chance = &chance,
                            .type = letter_type(&chance),
                            .left = chance_real(&chance, 16, 28),
                            .top = chance_real(&chance, 34, 44),
                            .bottom = canvas->height - 20,
                            .leading = chance_real(&chance, 1.15, 1.4)};
    letter.width = canvas->width - letter.left - chance_real(&chance, 14, 26);
    if (page->handwritten)
        write_by_hand(&letter);
    else
        set_typed(&letter);
    if (chance_yes(&chance, 0.2))
        stamp_received(canvas, &chance,
                       (struct spot){chance_real(&chance, 90, 150), chance_real(&chance, 8, 30)},
                       page->affair->tenant);
    snprintf(page->note, sizeof page->note, "%s", page->handwritten ? "hand" : "typed");
}
