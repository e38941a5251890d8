/*
 * Edit distances and bags of words: see compare.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "bench/engines/compare.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/scope.h"

/* ---- characters ---- */

/* The character at `at` and how many bytes it takes; 0 and one byte where none begins. */
static char32_t next_character(const unsigned char *at, size_t *ret_bytes)
{
    static const struct {
        unsigned char mask, lead, value;
    } forms[] = {{0x80, 0x00, 0x7f}, {0xe0, 0xc0, 0x1f}, {0xf0, 0xe0, 0x0f}, {0xf8, 0xf0, 0x07}};
    size_t form = 0, i = 1;
    *ret_bytes = 1;
    while (form < 4 && (at[0] & forms[form].mask) != forms[form].lead)
        form++;
    if (form == 4)
        return 0;
    char32_t character = at[0] & forms[form].value;
    for (; i <= form && (at[i] & 0xc0) == 0x80; i++)
        character = character << 6 | (at[i] & 0x3f);
    *ret_bytes = i;
    return i == form + 1 ? character : 0;
}

static char32_t comparable(char32_t character)
{
    static const struct {
        char32_t from, to;
    } shapes[] = {{U'’', '\''}, {U'‘', '\''}, {U'“', '"'}, {U'”', '"'},
                  {U'–', '-'},  {U'—', '-'},  {U'‑', '-'}, {U'\u00a0', ' '},
                  {'\n', ' '},  {'\t', ' '},  {'\r', ' '}, {U'\u202f', ' '}};
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
        if (shapes[i].from == character)
            return shapes[i].to;
    return character;
}

int characters_of(const char *utf8, struct characters *ret_characters, struct err *err)
{
    *ret_characters = (struct characters){calloc(strlen(utf8) + 1, sizeof(char32_t)), 0};
    if (!ret_characters->at)
        return err_set(err, ERR_MEMORY, "no memory for a text");
    size_t bytes, count = 0;
    for (const unsigned char *at = (const unsigned char *)utf8; *at; at += bytes) {
        char32_t character = comparable(next_character(at, &bytes));
        bool again = character == ' ' && (count == 0 || ret_characters->at[count - 1] == ' ');
        if (character && !again)
            ret_characters->at[count++] = character;
    }
    if (count > 0 && ret_characters->at[count - 1] == ' ')
        count--;
    ret_characters->count = count;
    return 0;
}

void characters_free(struct characters *characters)
{
    free(characters->at);
    *characters = (struct characters){0};
}

/* ---- distances ---- */

static uint32_t least(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

/* Rows over `down`, columns over `across`; `free_ends`: beginning and end of `across` cost nothing.
 */
static int measure(const struct characters *down, const struct characters *across, bool free_ends,
                   size_t *ret_errors, struct err *err)
{
    SCOPED(scope_free) uint32_t *row = calloc(across->count + 1, sizeof *row);
    if (!row)
        return err_set(err, ERR_MEMORY, "no memory to compare %zu characters", across->count);
    for (size_t j = 0; j <= across->count; j++)
        row[j] = free_ends ? 0 : (uint32_t)j;
    for (size_t i = 0; i < down->count; i++) {
        uint32_t corner = row[0];
        row[0] = (uint32_t)(i + 1);
        for (size_t j = 0; j < across->count; j++) {
            uint32_t changed = corner + (down->at[i] != across->at[j]);
            corner = row[j + 1];
            row[j + 1] = least(changed, least(row[j], corner) + 1);
        }
    }
    *ret_errors = row[across->count];
    for (size_t j = 0; free_ends && j <= across->count; j++)
        *ret_errors = row[j] < *ret_errors ? row[j] : *ret_errors;
    return 0;
}

int compare_all(const struct characters *a, const struct characters *b, size_t *ret_errors,
                struct err *err)
{
    return measure(a, b, false, ret_errors, err);
}

int compare_within(const struct characters *wanted, const struct characters *read,
                   size_t *ret_errors, struct err *err)
{
    return measure(wanted, read, true, ret_errors, err);
}

/* ---- words ---- */

/* Letters and figures; all beyond Latin-1's signs counts as a letter. */
static bool is_letter(char32_t c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
           (c >= 0xc0 && c != 0xd7 && c != 0xf7 && !(c >= 0x2000 && c < 0x2c00));
}

static int by_text(const void *left, const void *right)
{
    const struct bag_word *a = left, *b = right;
    for (size_t i = 0; i < a->count && i < b->count; i++)
        if (a->at[i] != b->at[i])
            return a->at[i] < b->at[i] ? -1 : 1;
    return (a->count > b->count) - (a->count < b->count);
}

static void trim(struct bag_word *word)
{
    while (word->count > 0 && !is_letter(word->at[0])) {
        word->at++;
        word->count--;
    }
    while (word->count > 0 && !is_letter(word->at[word->count - 1]))
        word->count--;
}

int bag_of(const char *utf8, size_t shortest, struct bag *ret_bag, struct err *err)
{
    struct bag bag = {0};
    *ret_bag = bag;
    int rc = characters_of(utf8, &bag.text, err);
    if (rc < 0)
        return rc;
    bag.words = calloc(bag.text.count / 2 + 1, sizeof *bag.words);
    if (!bag.words) {
        characters_free(&bag.text);
        return err_set(err, ERR_MEMORY, "no memory for words");
    }
    for (size_t from = 0, to; from < bag.text.count; from = to + 1) {
        for (to = from; to < bag.text.count && bag.text.at[to] != ' ';)
            to++;
        struct bag_word word = {bag.text.at + from, to - from};
        trim(&word);
        if (word.count >= shortest)
            bag.words[bag.count++] = word;
    }
    qsort(bag.words, bag.count, sizeof *bag.words, by_text);
    *ret_bag = bag;
    return 0;
}

void bag_free(struct bag *bag)
{
    characters_free(&bag->text);
    free(bag->words);
    *bag = (struct bag){0};
}

size_t bag_common(const struct bag *wanted, const struct bag *read)
{
    size_t common = 0;
    for (size_t i = 0, j = 0; i < wanted->count && j < read->count;) {
        int order = by_text(&wanted->words[i], &read->words[j]);
        common += order == 0;
        i += order <= 0;
        j += order >= 0;
    }
    return common;
}
