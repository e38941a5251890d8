/*
 * Lines of print: see strip.h. Drawn with the mail generator's canvas, scanned as its pages are.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "bench/engines/strip.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/scope.h"
#include "bench/mail/envelope.h"
#include "bench/mail/letter_text.h"
#include "bench/mail/pixels.h"

enum { LEAST_CHARACTERS = 15, MOST_CHARACTERS = 95, WORDS_MAX = 600 };

static const char *const phrases[] = {"we have received your claim of",
                                      "the amount of your refund is",
                                      "please find enclosed",
                                      "a copy of the medical certificate",
                                      "for the period from Monday to Friday,",
                                      "Dear Sir or Madam,",
                                      "I am writing to you about",
                                      "which was sent by registered mail.",
                                      "Could you tell me whether",
                                      "the invoice has been paid?",
                                      "my doctor, Mr. O'Brien,",
                                      "told me that",
                                      "it won't be necessary",
                                      "to attend another appointment.",
                                      "According to your letter,",
                                      "the insured person's number",
                                      "is missing on the form;",
                                      "the surgery at St. Mary's Hospital",
                                      "took place on 14 March 2026",
                                      "at 10:45 a.m.",
                                      "Yours faithfully,",
                                      "(see the reverse side)",
                                      "\"urgent\" and \"confidential\"",
                                      "costs: $1,250.00 & 15% tax",
                                      "e-mail: claims@example.org",
                                      "No. 12/3456-B",
                                      "well-known side effects",
                                      "have been observed since then.",
                                      "Thank you in advance",
                                      "for your kind attention to this matter."};

/* ---- text ---- */

static int compose_french(struct chance *chance, char **ret_text, struct err *err)
{
    const struct letter_words wanted = {60, 120};
    struct mail_order order = mail_order_usual();
    SCOPED(scope_free) struct envelope *envelope = malloc(sizeof *envelope);
    unsigned words;
    if (!envelope)
        return err_set(err, ERR_MEMORY, "no memory for a letter");
    order.seed = chance_bits(chance) >> 1;
    envelope_plan(&order, 1, envelope);
    *ret_text = letter_compose(chance, &envelope->affair, &wanted, &words);
    return *ret_text ? 0 : err_set(err, ERR_MEMORY, "no memory for a letter");
}

static int compose_english(struct chance *chance, char **ret_text, struct err *err)
{
    enum { PHRASES = 24 };
    SCOPED(buf_free) struct buf text = {0};
    int rc = 0;
    for (int i = 0; rc == 0 && i < PHRASES; i++) {
        const char *phrase = CHANCE_PICK(chance, phrases);
        rc = buf_append(&text, bytes_of(phrase, strlen(phrase)));
        if (rc == 0)
            rc = buf_append(&text, bytes_of(i + 1 < PHRASES ? " " : "", 1));
    }
    if (rc < 0)
        return err_set(err, ERR_MEMORY, "no memory for a letter");
    *ret_text = (char *)text.at;
    text = (struct buf){0};
    return 0;
}

/* Words from somewhere in the letter on, as many as fit into `most` characters. */
static void cut_piece(struct chance *chance, char *letter, size_t most,
                      char ret_text[STRIP_TEXT_SIZE])
{
    char *words[WORDS_MAX], *rest = NULL;
    unsigned count = 0;
    for (char *word = strtok_r(letter, " \n", &rest); word && count < WORDS_MAX;
         word = strtok_r(NULL, " \n", &rest))
        words[count++] = word;
    unsigned at = count > 12 ? chance_below(chance, count - 12) : 0;
    size_t length = 0;
    ret_text[0] = '\0';
    while (at < count && length + strlen(words[at]) < most)
        length += (size_t)snprintf(ret_text + length, STRIP_TEXT_SIZE - length, "%s%s",
                                   length ? " " : "", words[at++]);
}

static void write_numbers(struct chance *chance, char ret_text[STRIP_TEXT_SIZE])
{
    struct person person = person_invent(chance);
    struct employer employer = employer_invent(chance);
    char date[32];
    switch (chance_below(chance, 5)) {
    case 0:
        snprintf(ret_text, STRIP_TEXT_SIZE, "N° SS : %.1s %.2s %.2s %.2s %.3s %.3s %.2s",
                 person.nir, person.nir + 1, person.nir + 3, person.nir + 5, person.nir + 7,
                 person.nir + 10, person.nir + 13);
        return;
    case 1:
        snprintf(ret_text, STRIP_TEXT_SIZE, "%s - Tél. %s - SIRET %s", employer.town,
                 employer.phone, employer.siret);
        return;
    case 2:
        snprintf(ret_text, STRIP_TEXT_SIZE, "%s, né(e) le %s, %s", person.family,
                 day_slashes(person.birth, date), person.street);
        return;
    case 3:
        snprintf(ret_text, STRIP_TEXT_SIZE, "Total : %d,%02d EUR  (%d %%)   TVA [%d]  réf. %04X/%c",
                 chance_between(chance, 1, 4000), chance_between(chance, 0, 99),
                 chance_between(chance, 5, 100), chance_between(chance, 1, 9),
                 chance_below(chance, 65536), 'a' + (char)chance_below(chance, 26));
        return;
    default:
        snprintf(ret_text, STRIP_TEXT_SIZE, "%s %s : %s <%s>", person.given, person.family,
                 person.phone, person.mail);
    }
}

int strip_text(struct chance *chance, enum strip_language language, char ret_text[STRIP_TEXT_SIZE],
               struct err *err)
{
    SCOPED(scope_free) char *letter = NULL;
    if (chance_yes(chance, 0.15)) {
        write_numbers(chance, ret_text);
        return 0;
    }
    int rc = (language == STRIP_ENGLISH ? compose_english : compose_french)(chance, &letter, err);
    if (rc < 0)
        return rc;
    cut_piece(chance, letter, (size_t)chance_between(chance, LEAST_CHARACTERS, MOST_CHARACTERS),
              ret_text);
    if (chance_yes(chance, 0.07))
        for (char *at = ret_text; *at; at++)
            *at = (char)toupper((unsigned char)*at); /* accented letters stay small */
    return 0;
}

/* ---- drawing ---- */

static struct type strip_type(struct chance *chance)
{
    static const char *const families[] = {
        "Liberation Serif", "Liberation Sans", "DejaVu Sans", "DejaVu Serif", "Liberation Mono",
        "Nimbus Roman",     "URW Bookman",     "P052",        "Nimbus Sans",  "C059",
        "Open Sans",        "Nimbus Mono PS",  "URW Gothic",  "Z003",         "DejaVu Sans Mono",
        "Comic Neue",       "Dancing Script",  "Breip"};
    struct type type = {CHANCE_PICK(chance, families), chance_yes(chance, 0.15),
                        chance_yes(chance, 0.12), chance_real(chance, 2.2, 6), INK_BLACK};
    type.ink.alpha = chance_real(chance, 0.45, 1);
    if (chance_yes(chance, 0.2))
        type.ink.blue = chance_real(chance, 0.2, 0.7);
    if (chance_yes(chance, 0.1))
        type.ink.red = chance_real(chance, 0.2, 0.7);
    return type;
}

static struct scan_look strip_look(struct chance *chance)
{
    static const int dpis[] = {150, 200, 200, 240, 300, 300, 300, 400};
    const struct scan_habits habits = {.worn = 0.35, .dpi = CHANCE_PICK(chance, dpis), .mode = -1};
    struct scan_look look = scan_look_draw(chance, &habits);
    look.placement.skew = chance_real(chance, -0.4, 0.4);
    look.placement.shift = (struct spot){0, 0};
    return look;
}

static int text_width(const struct type *type, const char *text, double *ret_width, struct err *err)
{
    const struct placement scrap = {.paper_width = 1, .paper_height = 1, .dpi = 72};
    struct canvas canvas;
    int rc = canvas_open(&scrap, &canvas, err);
    if (rc < 0)
        return rc;
    *ret_width = canvas_text_width(&canvas, type, text);
    canvas_close(&canvas);
    return 0;
}

int strip_draw(struct chance *chance, const char *text, struct Pix **ret_strip, struct err *err)
{
    struct type type = strip_type(chance);
    struct scan_look look = strip_look(chance);
    struct placement *paper = &look.placement;
    double width = 0, margin = chance_real(chance, 0.6, 3);
    struct spot at = {margin, type.size * chance_real(chance, 0.95, 1.3)};
    struct canvas canvas;
    int rc = text_width(&type, text, &width, err);
    paper->paper_width = width + 2 * margin;
    paper->paper_height = at.y + type.size * chance_real(chance, 0.3, 0.55);
    if (rc == 0)
        rc = canvas_open(paper, &canvas, err);
    if (rc < 0)
        return rc;
    canvas_text(&canvas, at, &type, text);
    double under = at.y + type.size * 0.15;
    if (chance_yes(chance, 0.08))
        canvas_line(&canvas, (struct spot){at.x, under}, (struct spot){at.x + width, under},
                    type.size * 0.05, type.ink);
    rc = pixels_scan(canvas.surface, &look, ret_strip, err);
    canvas_close(&canvas);
    return rc;
}
