/*
 * French cheques (175 x 80 mm): security background, the fixed words, handwritten amount, place,
 * date and signature, and a CMC-7 line drawn stroke by stroke from the code table, with its RLMC
 * key in parentheses.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "bench/mail/hand.h"
#include "bench/mail/kinds.h"
#include "bench/mail/letter_text.h"
#include "classify/cmc7.h"

enum { CHEQUE_WIDTH_MM = 175, CHEQUE_HEIGHT_MM = 80, CLEAR_BAND_MM = 16 };
#define CMC7_LEFT_MM 7.4   /* first symbol from the left edge */
#define CMC7_BOTTOM_MM 5.0 /* characters above the lower edge */

struct cheque {
    struct page *page;
    struct canvas *canvas;
    struct chance *chance;
    char line[MICR_TEXT_SIZE]; /* "<2516167 <094660479322> 632540242138:" */
    unsigned cents;
    struct ink tint;
};

static const char *const banks[] = {
    "BANQUE DU LITTORAL",       "CRÉDIT DES ALPES",    "CAISSE DE PROVENCE",     "BANQUE MARITIME",
    "CRÉDIT COOPÉRATIF DU SUD", "LA BANQUE RÉGIONALE", "SOCIÉTÉ BANCAIRE D'AZUR"};

void cheque_choose_paper(struct page *page)
{
    page->paper_width = page->variant == 0 ? CHEQUE_WIDTH_MM : A4_WIDTH_MM;
    page->paper_height = page->variant == 0 ? CHEQUE_HEIGHT_MM : A4_HEIGHT_MM;
}

static void draw_numbers(struct cheque *q)
{
    char z4[8], z3[13], z2[13], digits[32];
    chance_digits(q->chance, z4, 7);
    chance_digits(q->chance, z3, 12);
    chance_digits(q->chance, z2, 12);
    snprintf(digits, sizeof digits, "%s%s%s", z4, z3, z2);
    snprintf(q->line, sizeof q->line, "<%s <%s> %s:", z4, z3, z2);
    snprintf(q->page->micr, sizeof q->page->micr, "%s", q->line);
    snprintf(q->page->key, sizeof q->page->key, "%02d", rlmc_key(digits) % 100);
}

/* Waves of fine lines, as security print has them. */
static void draw_background(struct cheque *q)
{
    cairo_t *cairo = q->canvas->cairo;
    struct ink tint = {chance_real(q->chance, 0.75, 0.92), chance_real(q->chance, 0.78, 0.93),
                       chance_real(q->chance, 0.75, 0.95), 1};
    q->tint = tint;
    double bottom = CHEQUE_HEIGHT_MM - CLEAR_BAND_MM;
    canvas_fill(q->canvas, (struct area){0, 0, CHEQUE_WIDTH_MM, bottom}, tint);
    struct ink darker = {tint.red * 0.88, tint.green * 0.9, tint.blue * 0.9, 0.8};
    double wave = chance_real(q->chance, 6, 22), height = chance_real(q->chance, 1.5, 4);
    double step = chance_real(q->chance, 1.1, 2.2);
    canvas_ink(q->canvas, darker);
    cairo_set_line_width(cairo, chance_real(q->chance, 0.25, 0.8));
    cairo_save(cairo);
    cairo_rectangle(cairo, 0, 0, CHEQUE_WIDTH_MM, bottom);
    cairo_clip(cairo);
    for (double y = -4; y < bottom + 4; y += step) {
        cairo_move_to(cairo, 0, y);
        for (double x = 0; x < CHEQUE_WIDTH_MM; x += wave)
            cairo_curve_to(cairo, x + wave * 0.35, y - height, x + wave * 0.65, y + height,
                           x + wave, y);
    }
    cairo_stroke(cairo);
    cairo_restore(cairo);
}

static void draw_print(struct cheque *q)
{
    static const char *const families[] = {"Liberation Sans", "Nimbus Sans", "DejaVu Sans"};
    const struct affair *affair = q->page->affair;
    struct ink ink = {0.15, 0.17, 0.25, 1};
    struct type type = {CHANCE_PICK(q->chance, families), true, false, 5, ink};
    struct canvas *c = q->canvas;
    canvas_text(c, (struct spot){8, 10}, &type, CHANCE_PICK(q->chance, banks));
    type.bold = false;
    type.size = 2.5;
    canvas_text(c, (struct spot){8, 17.5}, &type,
                "Payez contre ce chèque non endossable sauf au profit d'un établissement bancaire "
                "ou assimilé");
    canvas_line(c, (struct spot){8, 23}, (struct spot){124, 23}, 0.15, ink);
    canvas_line(c, (struct spot){8, 29.5}, (struct spot){124, 29.5}, 0.15, ink);
    type.size = 3.2;
    canvas_text(c, (struct spot){8, 35}, &type, "à");
    canvas_line(c, (struct spot){12, 36}, (struct spot){124, 36}, 0.15, ink);
    canvas_text(c, (struct spot){126, 32}, &type, "€");
    canvas_frame(c, (struct area){130, 26, 43, 12}, 0.35, ink);
    canvas_text(c, (struct spot){104, 44}, &type, "à");
    canvas_text(c, (struct spot){138, 44}, &type, "le");
    type.size = 2.6;
    char text[96], name[64];
    canvas_text(c, (struct spot){8, 43}, &type, "Payable en France");
    snprintf(text, sizeof text, "Guichet N° %.5s", q->line + 10);
    canvas_text(c, (struct spot){8, 47}, &type, text);
    snprintf(text, sizeof text, "chèque n° %.7s", q->line + 1);
    canvas_text(c, (struct spot){8, 61.5}, &type, text);
    snprintf(text, sizeof text, "Compte %.11s", q->line + 24);
    canvas_text(c, (struct spot){8, 51}, &type, text);
    type.size = 3;
    canvas_text(c, (struct spot){56, 48}, &type, person_name(&affair->person, name));
    canvas_text(c, (struct spot){56, 52}, &type, affair->person.street);
    canvas_text(c, (struct spot){56, 56}, &type, affair->person.town);
    snprintf(text, sizeof text, "(%s)", q->page->key);
    canvas_text(c, (struct spot){chance_real(q->chance, 155, 163), 62.5}, &type, text);
}

static void fill_in(struct cheque *q)
{
    struct hand hand =
        chance_yes(q->chance, 0.85) ? hand_of_person(q->chance) : hand_of_machine(q->chance);
    struct canvas *c = q->canvas;
    char text[160];
    q->cents = (unsigned)chance_between(q->chance, 900, 180000);
    if (chance_yes(q->chance, 0.4))
        q->cents -= q->cents % 100;
    french_amount(q->cents, text, sizeof text);
    hand_write_within(&hand, c, q->chance, (struct area){30, 18, 92, 4.2}, text);
    snprintf(text, sizeof text, "%u,%02u", q->cents / 100, q->cents % 100);
    hand_write_within(&hand, c, q->chance, (struct area){134, 28, 36, 7}, text);
    snprintf(text, sizeof text, "CPAM %s", q->page->affair->tenant == 61 ? "06" : "04");
    hand_write_within(&hand, c, q->chance, (struct area){14, 30, 100, 5}, text);
    hand_write_within(&hand, c, q->chance, (struct area){108, 40, 28, 4},
                      q->page->affair->person.town + 6);
    struct day day = day_before(q->chance, MAIL_DAY, 15);
    hand_write_within(&hand, c, q->chance, (struct area){142, 40, 30, 4}, day_slashes(day, text));
    hand_sign(&hand, c, q->chance, (struct area){118, 46, 46, 15});
    q->page->date = day;
}

/* How well the line is printed. */
struct print_wear {
    double spread;  /* stroke width factor */
    double stretch; /* pitch factor */
    double tilt;    /* mm over the line */
    double holes;   /* share of strokes with a gap in the ink */
    double ink;     /* 0..1, 1 = black */
};

static struct print_wear wear_of(struct chance *chance)
{
    struct print_wear wear = {.spread = chance_real(chance, 0.92, 1.15),
                              .stretch = chance_real(chance, 0.99, 1.01),
                              .tilt = 0.1 * chance_normal(chance),
                              .ink = chance_real(chance, 0.85, 1)};
    if (chance_yes(chance, 0.2)) { /* a worn ribbon or a bad fold */
        wear.holes = chance_real(chance, 0.002, 0.02);
        wear.spread = chance_real(chance, 0.8, 1.3);
        wear.ink = chance_real(chance, 0.6, 0.9);
    }
    return wear;
}

static void draw_bar(struct cheque *q, const struct print_wear *wear, struct area bar)
{
    canvas_fill(q->canvas, bar, (struct ink){0.05, 0.05, 0.06, wear->ink});
    if (chance_yes(q->chance, wear->holes))
        canvas_fill(q->canvas,
                    (struct area){bar.x - 0.02, bar.y + bar.height * chance_real(q->chance, 0, 0.8),
                                  bar.width + 0.04, bar.height * 0.2},
                    INK_WHITE);
}

static void draw_micr(struct cheque *q)
{
    struct print_wear wear = wear_of(q->chance);
    double bottom = CHEQUE_HEIGHT_MM - CLEAR_BAND_MM;
    canvas_fill(q->canvas, (struct area){0, bottom, CHEQUE_WIDTH_MM, CLEAR_BAND_MM},
                (struct ink){0.985, 0.985, 0.98, 1});
    double left = CMC7_LEFT_MM + chance_real(q->chance, -1.5, 1.5);
    double top =
        CHEQUE_HEIGHT_MM - CMC7_BOTTOM_MM - CMC7_HEIGHT_MM + chance_real(q->chance, -0.8, 0.8);
    for (size_t i = 0; q->line[i]; i++) {
        struct cmc7_bar bars[CMC7_BARS_MAX];
        int count = cmc7_bars(q->line[i], bars);
        double x = left + (double)i * CMC7_PITCH_MM * wear.stretch;
        double y = top + wear.tilt * (double)i / 37 + 0.02 * chance_normal(q->chance);
        for (int b = 0; b < count; b++) {
            double width = bars[b].width * wear.spread;
            double centre = x + (bars[b].x + bars[b].width / 2) * wear.stretch;
            draw_bar(q, &wear,
                     (struct area){centre - width / 2, y + bars[b].y, width, bars[b].height});
        }
    }
}

/* The letter above a cheque that is to be torn off: who sends it and why. */
static void draw_covering_letter(struct cheque *q)
{
    const struct affair *affair = q->page->affair;
    struct type type = {"Liberation Sans", false, false, 3.9, INK_BLACK};
    char text[256], amount[160], name[64];
    canvas_text(q->canvas, (struct spot){22, 30}, &type, affair->employer.name);
    canvas_text(q->canvas, (struct spot){22, 36}, &type, affair->employer.street);
    canvas_text(q->canvas, (struct spot){22, 42}, &type, affair->employer.town);
    canvas_text(q->canvas, (struct spot){115, 58}, &type, "Caisse Primaire d'Assurance Maladie");
    letter_subject(q->chance, affair, text, sizeof text);
    canvas_text(q->canvas, (struct spot){22, 84}, &type, text);
    french_amount(q->cents, amount, sizeof amount);
    snprintf(text, sizeof text,
             "Veuillez trouver ci-dessous le règlement de %s (%u,%02u €) concernant le dossier de "
             "%s.",
             amount, q->cents / 100, q->cents % 100, person_name(&affair->person, name));
    struct setting setting = {165, 60, 1.3, false};
    canvas_paragraph(q->canvas, (struct spot){22, 96}, &setting, &type, text);
    canvas_line(q->canvas, (struct spot){0, A4_HEIGHT_MM - CHEQUE_HEIGHT_MM},
                (struct spot){A4_WIDTH_MM, A4_HEIGHT_MM - CHEQUE_HEIGHT_MM}, 0.1,
                (struct ink){0.6, 0.6, 0.6, 1});
}

void cheque_draw(struct page *page, struct canvas *canvas)
{
    struct chance chance = chance_of(page->seed, 0);
    struct cheque cheque = {.page = page, .canvas = canvas, .chance = &chance};
    draw_numbers(&cheque);
    cairo_save(canvas->cairo);
    cairo_translate(canvas->cairo, page->paper_width - CHEQUE_WIDTH_MM,
                    page->paper_height - CHEQUE_HEIGHT_MM);
    draw_background(&cheque);
    draw_print(&cheque);
    draw_micr(&cheque);
    fill_in(&cheque);
    cairo_restore(canvas->cairo);
    if (page->variant != 0)
        draw_covering_letter(&cheque);
    snprintf(page->note, sizeof page->note, "%s", page->variant == 0 ? "alone" : "lettre-cheque");
}

void cheque_draw_back(struct page *page, struct canvas *canvas)
{
    struct chance chance = chance_of(page->seed, 0);
    struct hand hand = hand_of_person(&chance);
    struct type type = {"Liberation Sans", false, false, 2.4, {0.4, 0.45, 0.5, 1}};
    cairo_save(canvas->cairo);
    cairo_translate(canvas->cairo, page->paper_width - CHEQUE_WIDTH_MM,
                    page->paper_height - CHEQUE_HEIGHT_MM);
    canvas_text(canvas, (struct spot){8, 8}, &type,
                "Cadre réservé à l'endossement : numéro de compte, date et signature");
    char text[48], digits[12];
    chance_digits(&chance, digits, 11);
    snprintf(text, sizeof text, "Compte n° %s", digits);
    hand_write(&hand, canvas, &chance, (struct spot){10, 22}, text);
    day_slashes(day_before(&chance, MAIL_DAY, 5), text);
    hand_write(&hand, canvas, &chance, (struct spot){10, 32}, text);
    hand_sign(&hand, canvas, &chance, (struct area){60, 26, 50, 16});
    cairo_restore(canvas->cairo);
    snprintf(page->note, sizeof page->note, "back");
}
