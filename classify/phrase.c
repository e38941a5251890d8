/*
 * Tolerant phrases: see phrase.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "classify/phrase.h"

#include <ctype.h>
#include <stdint.h>
#include <string.h>

enum { LETTERS_PER_ERROR = 6, LINES_MAX = 3, BETWEEN_MAX = 3 };

static const double high_share = 0.7; /* of the phrase's height: print of the same size */

/* The base letters of U+00C0 to U+00FF; '?' for what is no letter. */
static const char latin_base[] = "AAAAAAACEEEEIIIIDNOOOOO?OUUUUY?SAAAAAAACEEEEIIIIDNOOOOO?OUUUUY?Y";

/* One code point; moves on. */
static uint32_t next_code(const unsigned char **at)
{
    uint32_t code = *(*at)++;
    int more = code >= 0xF0 ? 3 : code >= 0xE0 ? 2 : code >= 0xC0 ? 1 : 0;
    code = more == 3 ? code & 7 : more == 2 ? code & 15 : more == 1 ? code & 31 : code;
    while (more-- > 0 && (**at & 0xC0) == 0x80)
        code = code << 6 | (*(*at)++ & 63);
    return code;
}

int phrase_normalise(const char *word, char ret_plain[PHRASE_WORD_SIZE])
{
    int len = 0;
    const unsigned char *at = (const unsigned char *)word;
    while (*at && len < PHRASE_WORD_SIZE - 2) {
        uint32_t code = next_code(&at);
        if (code == 0x152 || code == 0x153) { /* the ligature oe */
            ret_plain[len++] = 'O';
            ret_plain[len++] = 'E';
        } else if (code >= 0xC0 && code <= 0xFF && latin_base[code - 0xC0] != '?') {
            ret_plain[len++] = latin_base[code - 0xC0];
        } else if (code < 0x80 && isalnum((int)code)) {
            ret_plain[len++] = (char)toupper((int)code);
        }
    }
    ret_plain[len] = '\0';
    return len;
}

bool phrase_alike(const char *a, const char *b)
{
    int m = (int)strlen(a), n = (int)strlen(b), longer = m > n ? m : n;
    int allowed = longer / LETTERS_PER_ERROR;
    if (m - n > allowed || n - m > allowed)
        return false;
    int row[PHRASE_WORD_SIZE + 1];
    for (int j = 0; j <= n; j++)
        row[j] = j;
    for (int i = 1; i <= m; i++) { /* Levenshtein, one row kept */
        int diagonal = row[0];
        row[0] = i;
        for (int j = 1; j <= n; j++) {
            int change = diagonal + (a[i - 1] != b[j - 1]);
            int insert = row[j - 1] + 1, drop = row[j] + 1;
            diagonal = row[j];
            row[j] = change < insert ? change : insert;
            row[j] = row[j] < drop ? row[j] : drop;
        }
    }
    return row[n] <= allowed;
}

struct phrase phrase_of(const char *text)
{
    struct phrase phrase = {0};
    char word[4 * PHRASE_WORD_SIZE];
    while (*text && phrase.count < PHRASE_WORDS_MAX) {
        size_t len = strcspn(text, " ");
        size_t copied = len < sizeof word - 1 ? len : sizeof word - 1;
        memcpy(word, text, copied);
        word[copied] = '\0';
        if (phrase_normalise(word, phrase.words[phrase.count]) > 2)
            phrase.count++;
        text += len;
        text += strspn(text, " ");
    }
    return phrase;
}

/* Letters of words at least so high on the lines that words first..last stand on. */
static double letters_on_lines(const struct ocr_text *text, size_t first, size_t last,
                               double least_height)
{
    double letters = 0;
    char plain[PHRASE_WORD_SIZE];
    for (size_t i = 0; i < text->count; i++)
        if (text->words[i].line >= text->words[first].line &&
            text->words[i].line <= text->words[last].line &&
            text->words[i].box.height >= least_height)
            letters += phrase_normalise(text->words[i].text, plain);
    return letters;
}

/* Follows the phrase from a word that is its first one; the last word, or 0 when it breaks off. */
static size_t follow(const struct phrase *phrase, const struct ocr_text *text, size_t first)
{
    int have = 1, between = 0;
    size_t last = first;
    for (size_t i = first + 1; i < text->count && have < phrase->count && between < BETWEEN_MAX;
         i++) {
        char plain[PHRASE_WORD_SIZE];
        int len = phrase_normalise(text->words[i].text, plain);
        if (text->words[i].line - text->words[first].line >= LINES_MAX)
            return 0;
        if (len > 2 && phrase_alike(plain, phrase->words[have])) {
            have++;
            between = 0;
            last = i;
        } else {
            between++;
        }
    }
    return have == phrase->count ? last + 1 : 0;
}

bool phrase_find(const struct phrase *phrase, const struct ocr_text *text, size_t from,
                 struct phrase_hit *ret_hit)
{
    for (size_t i = from; phrase->count > 0 && i < text->count; i++) {
        char plain[PHRASE_WORD_SIZE];
        phrase_normalise(text->words[i].text, plain);
        size_t end = phrase_alike(plain, phrase->words[0]) ? follow(phrase, text, i) : 0;
        if (end == 0)
            continue;
        double letters = 0, height = 0;
        for (size_t k = i; k < end; k++) {
            letters += phrase_normalise(text->words[k].text, plain);
            height += text->words[k].box.height / (double)(end - i);
        }
        double all = letters_on_lines(text, i, end - 1, high_share * height);
        *ret_hit = (struct phrase_hit){i, end - 1, all > 0 ? letters / all : 0, height};
        return true;
    }
    return false;
}
