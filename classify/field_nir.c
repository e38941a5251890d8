/*
 * The insured number in OCR text: whole words that together make fifteen characters, confusions of
 * letters with digits undone in every way that is possible, and the key decides.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "classify/fields.h"
#include "classify/keys.h"
#include "classify/text_line.h"

enum {
    NIR_CHARS = 15,
    DIGITS_MIN = 11, /* of the fifteen read as digits; the rest may be letters that look like one */
    DEPARTMENT_LETTER = 6, /* 2A and 2B: the seventh character */
    /* Misread, a number has lost or gained some; a telephone's has ten digits, an account's more.
     */
    SUSPECT_CHARS_MIN = 11,
    SUSPECT_CHARS_MAX = 22,
    SUSPECT_DIGITS_MIN = 9
};

/* A line of digits alone is now and then read as rubbish, with a confidence that says so: over 100
 * drawn letters below 0.75, where the page has 0.9 and more. The label stands before the number. */
static const double GARBLED = 0.75, READS_WELL = 0.85;
enum { GARBLED_CHARS_MIN = 8, GARBLED_CHARS_MAX = 60 };

/* What an OCR engine takes digits for; "" for characters that are no digit. */
static const char *digits_of(char character)
{
    switch (character) {
    case 'o':
    case 'q':
    case 'd':
    case '@':
        return "0";
    case 'i':
    case 'l':
    case '|':
    case '!':
    case ']':
    case '[':
        return "1";
    case 'z':
        return "2";
    case 'a':
        return "4";
    case 's':
    case '$':
        return "5";
    case 'g':
        return "69";
    case 'b':
        return "86";
    default:
        return "";
    }
}

static bool is_separator(char character)
{
    return character == ' ' || character == '.' || character == '-' || character == '/' ||
           character == ',' || character == '_';
}

static bool is_number_character(char character)
{
    return isdigit((unsigned char)character) || *digits_of(character);
}

/* Fifteen characters and where in the line they stand. */
struct run {
    char raw[NIR_CHARS + 1];
    int from, to;
};

/* Takes fifteen characters from a word's beginning to a word's end. */
static bool take_run(const struct text_line *line, int from, struct run *ret_run)
{
    int count = 0, digits = 0, at = from;
    for (; at < line->length && count < NIR_CHARS; at++) {
        char character = line->plain[at];
        if (is_separator(character))
            continue;
        if (!is_number_character(character))
            return false;
        digits += isdigit((unsigned char)character) != 0;
        ret_run->raw[count++] = character;
    }
    ret_run->raw[count] = '\0';
    ret_run->from = from;
    ret_run->to = at;
    bool ends = at >= line->length || !isalnum((unsigned char)line->plain[at]);
    return count == NIR_CHARS && digits >= DIGITS_MIN && ends;
}

/* Valid numbers found among the readings of a run; at most two are told apart. */
struct found {
    int count;
    char nir[NIR_CHARS + 1];
};

static void note(struct found *found, const char *nir)
{
    if (found->count > 0 && strcmp(found->nir, nir) == 0)
        return;
    if (found->count++ == 0)
        memcpy(found->nir, nir, sizeof found->nir);
}

static void try_readings(const char *raw, int at, char *nir, struct found *found)
{
    if (at == NIR_CHARS) {
        nir[NIR_CHARS] = '\0';
        if (nir_is_valid(nir))
            note(found, nir);
        return;
    }
    char options[4] = "";
    if (isdigit((unsigned char)raw[at]))
        snprintf(options, sizeof options, "%c", raw[at]);
    else
        snprintf(options, sizeof options, "%s", digits_of(raw[at]));
    if (at == DEPARTMENT_LETTER && (raw[at] == 'a' || raw[at] == 'b'))
        snprintf(options, sizeof options, "%c", toupper((unsigned char)raw[at]));
    for (const char *option = options; *option; option++) {
        nir[at] = *option;
        try_readings(raw, at + 1, nir, found);
    }
    bool may_be_letter = at == DEPARTMENT_LETTER && (raw[at] == 'a' || raw[at] == 'b');
    for (const char *option = may_be_letter ? digits_of(raw[at]) : ""; *option; option++) {
        nir[at] = *option;
        try_readings(raw, at + 1, nir, found);
    }
}

/* What the whole text says. */
struct search {
    struct found found;  /* over all runs */
    struct box box;      /* of the first number found */
    struct box unproven; /* of the first run that no reading proves */
};

static void search_run(const struct ocr_text *text, const struct text_line *line,
                       const struct run *run, struct search *search)
{
    struct found found = {0};
    char nir[NIR_CHARS + 1];
    try_readings(run->raw, 0, nir, &found);
    struct box box = text_line_box(text, line, run->from, run->to);
    if (found.count == 0) {
        if (search->unproven.width == 0)
            search->unproven = box;
        return;
    }
    if (search->found.count == 0)
        search->box = box;
    if (found.count > 1)
        search->found.count++;
    note(&search->found, found.nir);
}

/* Does a digit of the same word stand before this place, with nothing but signs between? Then a
 * number that begins here has lost its beginning. */
static bool is_cut_off(const struct text_line *line, int from)
{
    int at = from - 1;
    while (at >= 0 && line->plain[at] != ' ' && !isalnum((unsigned char)line->plain[at]))
        at--;
    return at >= 0 && isdigit((unsigned char)line->plain[at]);
}

static void search_line(const struct ocr_text *text, const struct text_line *line,
                        struct search *search)
{
    for (int from = 0; from < line->length; from++) {
        char here = line->plain[from], before = from > 0 ? line->plain[from - 1] : ' ';
        bool begins = isdigit((unsigned char)here) ? !isdigit((unsigned char)before)
                                                   : !isalnum((unsigned char)before);
        struct run run;
        if (!begins || is_separator(here) || is_cut_off(line, from) || !take_run(line, from, &run))
            continue;
        search_run(text, line, &run, search);
    }
}

void field_find_nir(const struct ocr_text *text, struct field *ret_field)
{
    struct search search = {0};
    struct text_line line;
    for (size_t word = 0; word < text->count;) {
        word = text_line_take(text, word, &line);
        search_line(text, &line, &search);
    }
    *ret_field = (struct field){.state = FIELD_ABSENT, .box = search.unproven};
    if (search.found.count == 0)
        return;
    ret_field->box = search.box;
    if (search.found.count == 1) {
        ret_field->state = FIELD_PROVEN;
        snprintf(ret_field->value, sizeof ret_field->value, "%s", search.found.nir);
    }
}

/* Words one after the other most of whose characters may be digits. */
struct stretch {
    int from, to; /* in the line */
    int characters, digits;
};

/* Adds a word; false when it is no part of a number. */
static bool add_word(const struct text_line *line, int from, int to, struct stretch *stretch)
{
    int number = 0, all = 0, digits = 0;
    for (int i = from; i < to; i++) {
        number += is_number_character(line->plain[i]);
        digits += isdigit((unsigned char)line->plain[i]) != 0;
        all += !is_separator(line->plain[i]);
    }
    if (2 * number <= all)
        return false;
    stretch->from = stretch->characters == 0 ? from : stretch->from;
    stretch->to = to;
    stretch->characters += number;
    stretch->digits += digits;
    return true;
}

static void offer(const struct stretch *stretch, struct stretch *best)
{
    if (stretch->characters >= SUSPECT_CHARS_MIN && stretch->characters <= SUSPECT_CHARS_MAX &&
        stretch->digits >= SUSPECT_DIGITS_MIN && stretch->characters > best->characters)
        *best = *stretch;
}

/* The longest stretch of a line that may be a number misread; `to` is 0 when there is none. */
static struct stretch find_stretch(const struct text_line *line)
{
    struct stretch now = {0}, best = {0};
    for (int from = 0; from < line->length;) {
        int to = from;
        while (to < line->length && line->plain[to] != ' ')
            to++;
        if (!add_word(line, from, to, &now)) {
            offer(&now, &best);
            now = (struct stretch){0};
        }
        from = to + 1;
    }
    offer(&now, &best);
    return best;
}

/* Confidence of words, weighted by their length. */
struct mean {
    double sum, length;
};

static void add_confidence(struct mean *mean, const struct ocr_word *word)
{
    const double characters = (double)strlen(word->text);
    mean->sum += characters * (double)word->confidence;
    mean->length += characters;
}

bool field_nir_is_doubtful(const struct ocr_text *text, const struct field *nir)
{
    struct mean mean = {0};
    const struct box *all = &nir->box;
    for (size_t i = 0; i < text->count; i++) {
        const struct ocr_rect *word = &text->words[i].box;
        bool inside = word->x >= all->x && word->x + word->width <= all->x + all->width &&
                      word->y >= all->y && word->y + word->height <= all->y + all->height;
        if (inside)
            add_confidence(&mean, &text->words[i]);
    }
    bool usual = nir->value[0] == '1' || nir->value[0] == '2';
    return !usual || mean.length == 0 || mean.sum / mean.length < GARBLED;
}

/* Garbled among lines that read well, and long enough for a number; the line is that of the words
 * from..to-1. */
static bool is_garbled(const struct ocr_text *text, const struct text_line *line, size_t from,
                       size_t to)
{
    struct mean mean = {0};
    for (size_t i = from; i < to; i++)
        add_confidence(&mean, &text->words[i]);
    return (double)text->confidence >= READS_WELL && mean.sum < GARBLED * mean.length &&
           line->length >= GARBLED_CHARS_MIN && line->length <= GARBLED_CHARS_MAX;
}

int field_nir_suspects(const struct ocr_text *text, struct box ret_boxes[NIR_SUSPECTS_MAX])
{
    struct text_line line;
    int count = 0;
    for (size_t word = 0; word < text->count && count < NIR_SUSPECTS_MAX;) {
        const size_t first = word;
        word = text_line_take(text, word, &line);
        if (find_stretch(&line).to > 0 || is_garbled(text, &line, first, word))
            ret_boxes[count++] = text_line_box(text, &line, 0, line.length);
    }
    return count;
}
