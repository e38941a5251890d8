/*
 * The order of symbols and digits in a magnetic line tells its country; the printed key proves a
 * French one.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "classify/keys.h"
#include "classify/micr.h"

struct order {
    enum micr_country country;
    const char *pattern; /* symbols as they are, a letter for so many digits: a = 1, b = 2, … */
};

/* Cheque number, zone interbancaire, zone interne, perhaps the bank's amount; others as seen on
 * cheques of the country. */
static const struct order orders[] = {
    {MICR_FR, "<g<l>l:"},       {MICR_FR, "<g<l>l:l;"}, {MICR_BR, "<h<j>l:"},
    {MICR_VE, "<h>d<d>b>j:b:"}, {MICR_TN, "d:m;o<"},
};

static const char *const names[] = {
    [MICR_UNKNOWN] = "", [MICR_FR] = "FR", [MICR_BR] = "BR", [MICR_VE] = "VE", [MICR_TN] = "TN"};

const char *micr_country_name(enum micr_country country)
{
    return names[country];
}

static bool follows(const char *text, const char *pattern)
{
    for (; *pattern; pattern++) {
        if (*pattern < 'a') {
            if (*text++ != *pattern)
                return false;
            continue;
        }
        size_t digits = (size_t)(*pattern - 'a' + 1);
        if (strspn(text, "0123456789?") < digits)
            return false;
        text += digits;
    }
    return *text == '\0';
}

enum micr_country micr_country_of(const char *text)
{
    for (size_t i = 0; i < sizeof orders / sizeof *orders; i++)
        if (follows(text, orders[i].pattern))
            return orders[i].country;
    return MICR_UNKNOWN;
}

bool micr_wants_key(const struct micr_line *line)
{
    return line->key[0] || line->guess_count > 0;
}

/* The only guess that has the key, NULL when none or several have. */
static const struct micr_guess *guess_of_key(const struct micr_line *line, const char *key)
{
    const struct micr_guess *found = NULL;
    for (int i = 0; i < line->guess_count; i++)
        if (strcmp(line->guesses[i].key, key) == 0) {
            if (found)
                return NULL;
            found = &line->guesses[i];
        }
    return found;
}

bool micr_key_agrees(const struct micr_line *line, const char *printed_key)
{
    return line->key[0] ? strcmp(line->key, printed_key) == 0
                        : guess_of_key(line, printed_key) != NULL;
}

/* Uncertain characters: the key proves what they were taken for, or leaves them uncertain. */
static enum micr_state prove_guess(struct micr_line *line, const char *printed_key)
{
    const struct micr_guess *guess = guess_of_key(line, printed_key);
    if (!guess) {
        snprintf(line->reason, sizeof line->reason,
                 "magnetic characters are not certain, the printed RLMC key proves none of them");
        return line->state;
    }
    memcpy(line->text, guess->text, sizeof line->text);
    memcpy(line->key, guess->key, sizeof line->key);
    line->state = MICR_PROVEN;
    snprintf(line->reason, sizeof line->reason,
             "the printed RLMC key proves the line, uncertain characters too");
    return line->state;
}

enum micr_state micr_prove(struct micr_line *line, const char *printed_key)
{
    if (!micr_wants_key(line) || !printed_key || !*printed_key)
        return line->state;
    if (!line->key[0])
        return prove_guess(line, printed_key);
    bool agrees = strcmp(printed_key, line->key) == 0;
    line->state = agrees ? MICR_PROVEN : MICR_REFUSED;
    snprintf(line->reason, sizeof line->reason,
             agrees ? "the printed RLMC key proves the line"
                    : "the printed RLMC key does not agree with the line");
    return line->state;
}
