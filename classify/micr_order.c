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

enum micr_state micr_prove(struct micr_line *line, const char *printed_key)
{
    if (!line->key[0] || !printed_key || !*printed_key)
        return line->state;
    bool agrees = strcmp(printed_key, line->key) == 0;
    line->state = agrees ? MICR_PROVEN : MICR_REFUSED;
    snprintf(line->reason, sizeof line->reason,
             agrees ? "the printed RLMC key proves the line"
                    : "the printed RLMC key does not agree with the line");
    return line->state;
}
