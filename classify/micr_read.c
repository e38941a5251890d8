/*
 * Deciding a magnetic line: every character by likeness, shape and strokes, then the order. What
 * is not certain is a '?', and a line with one is refused.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "classify/keys.h"
#include "classify/micr_line.h"

enum {
    COUNT_MIN = 15,   /* fewer characters are no line */
    STRANGERS_MAX = 2 /* characters at an end that are not of the line */
};

/* What makes a character certain. Over 49 000 characters printed and damaged by bench/micr_lines
 * the likeness alone erred in none that stood where it was looked for, its lead was below 0.07 in
 * one of 2 000; strokes, where seven were seen, never spoke against the truth. */
#define SCORE_MIN 0.45
#define LEAD 0.05
#define SHAPE_LEAD 0.02
#define SCORE_WORN                                                                                 \
    0.62 /* below it the lead must be LEAD_WORN: a 2 with a corner gone is like a 7 */
#define LEAD_WORN 0.1
#define LEAD_WITH_STROKES 0.04 /* of both likenesses together, where the strokes agree */
#define STROKE_MARGIN 0.15     /* of the narrow distance; nominal 0.67, 0.5 on a clean scan */

/* 0: not certain; otherwise how far the weakest of its margins is above what is asked, 0..1. */
static double certainty_of(const struct micr_match *match)
{
    bool strokes = match->stroke >= 0 && match->stroke_margin >= STROKE_MARGIN;
    if (match->fine != match->shape || (strokes && match->stroke != match->fine))
        return 0;
    if (match->fine_score < SCORE_MIN)
        return 0;
    double lead = match->fine_score < SCORE_WORN ? LEAD_WORN : LEAD;
    if (strokes ? match->fine_margin + match->shape_margin < LEAD_WITH_STROKES
                : match->fine_margin < lead || match->shape_margin < SHAPE_LEAD)
        return 0;
    return fmin(1, 2 * (match->fine_margin + match->shape_margin) + 0.3 * strokes);
}

static struct box box_of(const struct strip_frame *frame, double from, double to, double top,
                         double bottom)
{
    double left = INFINITY, right = -INFINITY, upper = INFINITY, lower = -INFINITY;
    for (int i = 0; i < 4; i++) {
        double x, y;
        strip_to_page(frame, i & 1 ? to : from, i & 2 ? bottom : top, &x, &y);
        left = fmin(left, x);
        right = fmax(right, x);
        upper = fmin(upper, y);
        lower = fmax(lower, y);
    }
    return (struct box){(int32_t)left, (int32_t)upper, (int32_t)(right - left),
                        (int32_t)(lower - upper)};
}

/* A French cheque prints its key in parentheses above the right end of the white band: measured
 * 156 to 168 mm right of the first symbol, 10 to 11 mm above the middle of the line. */
static void set_boxes(const struct micr_sequence *sequence, struct micr_line *line)
{
    const double mm = STRIP_PX_PER_MM, half = STRIP_PITCH / 2.0;
    double from = sequence->at[0].column - half, row = sequence->at[0].row;
    double to = sequence->at[sequence->count - 1].column + half;
    line->box = box_of(&sequence->frame, from, to, row - half, row + half);
    line->key_box =
        box_of(&sequence->frame, from + 140 * mm, from + 172 * mm, row - 16 * mm, row - 6 * mm);
}

/* What each character may be: by likeness, by shape, by strokes; 0 where one of them has no answer.
 * In step with the text of the line. */
enum { VOICES = 3 };
struct voices {
    char at[MICR_CHARS_MAX][VOICES];
};

static void set_text(const struct micr_sequence *sequence, struct micr_line *line,
                     struct voices *ret_voices)
{
    line->confidence = 1;
    for (int i = 0; i < sequence->count && line->count < MICR_CHARS_MAX; i++) {
        const struct micr_match *match = &sequence->at[i];
        if (match->fine < 0)
            continue;
        double certainty = certainty_of(match);
        char *voices = ret_voices->at[line->count];
        voices[0] = cmc7_character(match->fine);
        voices[1] = match->shape >= 0 ? cmc7_character(match->shape) : '\0';
        voices[2] = match->stroke >= 0 ? cmc7_character(match->stroke) : '\0';
        line->text[line->count++] = certainty > 0 ? voices[0] : '?';
        if (certainty > 0)
            line->confidence = fmin(line->confidence, certainty);
    }
    line->text[line->count] = '\0';
}

static void key_of(const char *text, char ret_key[3])
{
    char digits[32];
    size_t count = 0;
    for (const char *at = text; *at && count < sizeof digits - 1; at++)
        if (*at >= '0' && *at <= '9')
            digits[count++] = *at;
    digits[count] = '\0';
    int key = rlmc_key(digits);
    if (key > 0)
        snprintf(ret_key, 3, "%02d", key % 100);
}

/* Print beside the line is taken for an uncertain character of it: when the order fits without one
 * or two of them at an end, they are not part of the line. */
static void drop_strangers(struct micr_line *line, struct voices *voices)
{
    int leading = (int)strspn(line->text, "?"), trailing = 0;
    while (trailing < line->count && line->text[line->count - 1 - trailing] == '?')
        trailing++;
    for (int i = 0; i <= leading && i <= STRANGERS_MAX; i++)
        for (int j = 0; j <= trailing && j <= STRANGERS_MAX && i + j < line->count; j++) {
            char text[MICR_TEXT_SIZE];
            snprintf(text, sizeof text, "%.*s", line->count - i - j, line->text + i);
            if (micr_country_of(text) == MICR_UNKNOWN)
                continue;
            memcpy(line->text, text, sizeof text);
            memmove(voices->at, voices->at + i, sizeof *voices->at * (MICR_CHARS_MAX - (size_t)i));
            line->count -= i + j;
            return;
        }
}

static int count_unsure(const char *text)
{
    int unsure = 0;
    for (; *text; text++)
        unsure += *text == '?';
    return unsure;
}

/* Adds the line with its uncertain characters as one voice has them, the others' where it has none;
 * nothing when that is no French line or is there already. */
static void add_guess(struct micr_line *line, const struct voices *voices, int voice)
{
    struct micr_guess *guess = &line->guesses[line->guess_count];
    memcpy(guess->text, line->text, sizeof guess->text);
    for (int i = 0; i < line->count; i++)
        if (guess->text[i] == '?')
            guess->text[i] = voices->at[i][voice] ? voices->at[i][voice] : voices->at[i][0];
    for (int i = 0; i < line->guess_count; i++)
        if (strcmp(line->guesses[i].text, guess->text) == 0)
            return;
    guess->key[0] = '\0';
    if (micr_country_of(guess->text) == MICR_FR)
        key_of(guess->text, guess->key);
    line->guess_count += guess->key[0] != '\0';
}

/* One uncertain character may be what any voice says: the key finds every single error. Several are
 * taken as the likeness has them. */
static void set_guesses(struct micr_line *line, const struct voices *voices, int unsure)
{
    if (unsure == 0 || unsure > MICR_UNSURE_MAX)
        return;
    for (int voice = 0; voice < (unsure == 1 ? VOICES : 1); voice++)
        add_guess(line, voices, voice);
    if (line->guess_count > 0)
        line->country = MICR_FR;
}

static void decide(struct micr_line *line, struct voices *voices, double dpi)
{
    drop_strangers(line, voices);
    int unsure = count_unsure(line->text);
    line->state = MICR_REFUSED;
    line->country = micr_country_of(line->text);
    if (unsure > 0 || line->count < COUNT_MIN)
        line->confidence = 0;
    if (line->count < COUNT_MIN) {
        line->state = MICR_ABSENT;
        snprintf(line->reason, sizeof line->reason,
                 "%d magnetic characters, a line has at least %d", line->count, COUNT_MIN);
    } else if (unsure > 0) {
        set_guesses(line, voices, unsure);
        snprintf(line->reason, sizeof line->reason, "%d of %d magnetic characters are not certain",
                 unsure, line->count);
    } else if (line->country == MICR_UNKNOWN) {
        snprintf(line->reason, sizeof line->reason,
                 "the order of %d magnetic characters is of no known country", line->count);
    } else {
        line->state = dpi < MICR_DPI_STROKES ? MICR_REFUSED : MICR_READ;
        if (line->country == MICR_FR)
            key_of(line->text, line->key);
        if (line->state == MICR_REFUSED)
            snprintf(line->reason, sizeof line->reason,
                     "strokes cannot be seen at %.0f dpi, at least %d", dpi, MICR_DPI_STROKES);
        else
            snprintf(line->reason, sizeof line->reason,
                     "%d magnetic characters read, order of country %s", line->count,
                     micr_country_name(line->country));
    }
}

int micr_read(const struct Pix *page, const struct micr_band *band, struct micr_line *ret_line,
              struct err *err)
{
    *ret_line = (struct micr_line){0};
    if (band->font != MICR_CMC7) {
        snprintf(ret_line->reason, sizeof ret_line->reason, "no CMC-7 line");
        return 0;
    }
    struct micr_sequence sequence;
    struct voices voices;
    int rc = micr_follow(page, band, &sequence, err);
    if (rc < 0)
        return rc;
    if (sequence.count > 0)
        set_boxes(&sequence, ret_line);
    set_text(&sequence, ret_line, &voices);
    decide(ret_line, &voices, band->dpi);
    return 0;
}
