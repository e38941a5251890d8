/*
 * Running text: see prose.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "classify/prose.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "classify/phrase.h"

enum { LONG_LINE_WORDS = 7, PARAGRAPH_LINE_WORDS = 6 };

static const float fairly_sure = 0.5f;

/* Sorted, upper case, no accents. */
static const char *const small_words[] = {
    "A",    "AF",    "AND",   "ARE", "AS",    "AT",   "AU",   "AUF", "AUX",  "AVEC", "BE",
    "BY",   "CE",    "CETTE", "DAS", "DAN",   "DANS", "DE",   "DEM", "DEN",  "DER",  "DES",
    "DET",  "DIE",   "DU",    "EIN", "EINE",  "ELLE", "EN",   "ER",  "EST",  "ET",   "FOR",
    "FRA",  "FROM",  "HAR",   "HAS", "HAVE",  "I",    "IKKE", "IL",  "IN",   "IS",   "IST",
    "IT",   "J",     "JE",    "L",   "LA",    "LE",   "LES",  "MA",  "MED",  "MES",  "MIT",
    "MON",  "NE",    "NICHT", "NOT", "NOTRE", "NOUS", "OF",   "OG",  "ON",   "OU",   "PAR",
    "PAS",  "PLUS",  "POUR",  "QUE", "QUI",   "SA",   "SE",   "SES", "SICH", "SON",  "SOM",
    "SONT", "SUR",   "THAT",  "THE", "THIS",  "TIL",  "TO",   "UN",  "UND",  "UNE",  "VON",
    "VOS",  "VOTRE", "VOUS",  "WAS", "WE",    "WILL", "WITH", "YOU", "ZU",
};
static const char *const courtesy_words[] = {
    "AGREER",    "CHER",     "CHERE",       "DEAR", "GEEHRTE",   "HERRN", "MADAME",
    "MESSIEURS", "MONSIEUR", "SALUTATIONS", "SEHR", "SINCERELY", "YOURS",
};

static bool is_one_of(const char *word, const char *const words[], size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(words[i], word) == 0)
            return true;
    return false;
}

/* Two or more letters, none of them a capital, perhaps a sign behind. */
static bool is_lower(const char *word)
{
    int letters = 0;
    for (const unsigned char *at = (const unsigned char *)word; *at; at++) {
        bool accented_capital = *at == 0xC3 && at[1] >= 0x80 && at[1] <= 0x9E;
        if (isupper(*at) || isdigit(*at) || accented_capital)
            return false;
        letters += islower(*at) || *at == 0xC3;
    }
    return letters >= 2;
}

static void count_characters(const char *word, double *figures, double *characters)
{
    for (; *word; word++) {
        *figures += isdigit((unsigned char)*word) != 0;
        *characters += ((unsigned char)*word & 0xC0) != 0x80;
    }
}

/* One line's words: how many, and whether one of them is a label. */
struct line_words {
    size_t count;
    bool label;
};

static struct line_words line_at(const struct ocr_text *text, size_t first)
{
    struct line_words line = {0};
    for (size_t i = first; i < text->count && text->words[i].line == text->words[first].line; i++) {
        size_t len = strlen(text->words[i].text);
        line.count++;
        line.label = line.label || (len > 0 && text->words[i].text[len - 1] == ':');
    }
    return line;
}

static void look_at_lines(const struct ocr_text *text, struct prose *prose)
{
    double lines = 0, labels = 0, in_long = 0, in_paragraphs = 0;
    struct line_words before = {0};
    bool before_counted = false;
    for (size_t i = 0; i < text->count;) {
        struct line_words line = line_at(text, i);
        bool follows = line.count >= PARAGRAPH_LINE_WORDS && before.count >= PARAGRAPH_LINE_WORDS;
        lines++;
        labels += line.label;
        in_long += line.count >= LONG_LINE_WORDS ? (double)line.count : 0;
        in_paragraphs += follows ? (double)line.count : 0;
        in_paragraphs += follows && !before_counted ? (double)before.count : 0;
        before_counted = follows;
        before = line;
        i += line.count;
    }
    prose->labels = lines > 0 ? labels / lines : 0;
    prose->in_long_lines = text->count > 0 ? in_long / (double)text->count : 0;
    prose->in_paragraphs = text->count > 0 ? in_paragraphs / (double)text->count : 0;
}

struct prose prose_of_text(const struct ocr_text *text)
{
    struct prose prose = {.words = (int)text->count, .confidence = text->confidence};
    double sure = 0, figures = 0, characters = 0;
    for (size_t i = 0; i < text->count; i++) {
        const struct ocr_word *word = &text->words[i];
        char plain[PHRASE_WORD_SIZE];
        count_characters(word->text, &figures, &characters);
        if (word->confidence < fairly_sure)
            continue;
        sure++;
        phrase_normalise(word->text, plain);
        prose.small += is_one_of(plain, small_words, sizeof small_words / sizeof *small_words);
        prose.lower += is_lower(word->text);
        prose.courtesies +=
            is_one_of(plain, courtesy_words, sizeof courtesy_words / sizeof *courtesy_words);
    }
    prose.small = sure > 0 ? prose.small / sure : 0;
    prose.lower = sure > 0 ? prose.lower / sure : 0;
    prose.figures = characters > 0 ? figures / characters : 0;
    look_at_lines(text, &prose);
    return prose;
}
