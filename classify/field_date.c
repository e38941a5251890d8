/*
 * Dates as French letters and forms write them.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "classify/fields.h"
#include "classify/text_line.h"

enum {
    YEARS_BACK = 10,   /* an older date is a birth or a quotation, no event of this mail */
    BIRTH_REACH = 24,  /* characters before a date in which "né le" makes it a birth date */
    FIRST_YEAR = 1990, /* when the day of receipt is not known */
    LAST_YEAR = 2099
};

static const char *const months[12] = {"janvier",   "fevrier", "mars",     "avril",
                                       "mai",       "juin",    "juillet",  "aout",
                                       "septembre", "octobre", "novembre", "decembre"};

static int number(const char *at, int *ret_digits)
{
    int value = 0, digits = 0;
    for (; isdigit((unsigned char)at[digits]) && digits < 5; digits++)
        value = value * 10 + at[digits] - '0';
    *ret_digits = digits;
    return value;
}

/* "mars", "janv.", "sept": at least three letters of a month; 0 when it is none, otherwise 1..12.
 */
static int month_at(const char *at, int *ret_length)
{
    int letters = 0;
    while (islower((unsigned char)at[letters]))
        letters++;
    *ret_length = letters + (at[letters] == '.');
    for (int month = 0; month < 12; month++) {
        int whole = (int)strlen(months[month]);
        bool shortened = letters >= 3 && letters < whole && (at[letters] == '.' || letters >= 4);
        bool unclear = month == 5 || month == 6; /* "jui" */
        if ((letters == whole || (shortened && (!unclear || letters >= 4))) &&
            strncmp(at, months[month], (size_t)letters) == 0)
            return month + 1;
    }
    return 0;
}

static int full_year(int year, int digits, struct day receipt)
{
    if (digits != 2)
        return digits == 4 ? year : 0;
    int latest = receipt.year ? receipt.year % 100 : 99;
    return year <= latest ? 2000 + year : 1900 + year;
}

static const char *skip_blanks(const char *at)
{
    while (*at == ' ')
        at++;
    return at;
}

/* "12/03/2026", "12.03.26", "12 - 03 - 2026"; returns the end or NULL. */
static const char *figures_at(const char *at, struct day receipt, struct day *ret_day)
{
    int parts[3], digits = 0;
    for (int i = 0; i < 3; i++) {
        parts[i] = number(at, &digits);
        if (digits < 1 || (i < 2 && digits > 2))
            return NULL;
        at = skip_blanks(at + digits);
        if (i < 2 && !strchr("/.-", *at))
            return NULL;
        if (i < 2 && *at == '\0')
            return NULL;
        at = i < 2 ? skip_blanks(at + 1) : at;
    }
    int year = full_year(parts[2], digits, receipt);
    *ret_day = (struct day){(int16_t)year, (int8_t)parts[1], (int8_t)parts[0]};
    return parts[0] > 31 || parts[1] > 12 || !day_is_valid(*ret_day) ? NULL : at;
}

/* "12 mars 2026", "1er mars 2026"; returns the end or NULL. */
static const char *words_at(const char *at, struct day receipt, struct day *ret_day)
{
    int digits, length, day = number(at, &digits);
    if (digits < 1 || digits > 2 || day > 31)
        return NULL;
    at += digits;
    at = skip_blanks(at + (strncmp(at, "er", 2) == 0 ? 2 : 0));
    int month = month_at(at, &length);
    if (month == 0)
        return NULL;
    at = skip_blanks(at + length);
    int year = number(at, &digits);
    *ret_day = (struct day){(int16_t)full_year(year, digits, receipt), (int8_t)month, (int8_t)day};
    return digits == 4 && day_is_valid(*ret_day) ? at + digits : NULL;
}

static bool ends_with(const char *text, const char *end)
{
    size_t length = strlen(text), tail = strlen(end);
    return length >= tail && strcmp(text + length - tail, end) == 0;
}

/* "né le", "née le" right before, "naissance" shortly before. */
static bool is_birth(const char *plain, int at)
{
    static const char *const births[] = {" ne le", " nee le", " ne(e) le"};
    char before[BIRTH_REACH + 2];
    int from = at > BIRTH_REACH ? at - BIRTH_REACH : 0;
    snprintf(before, sizeof before, " %.*s", at - from, plain + from);
    for (size_t end = strlen(before); end > 0 && strchr(" :", before[end - 1]); end--)
        before[end - 1] = '\0';
    for (size_t i = 0; i < sizeof births / sizeof *births; i++)
        if (ends_with(before, births[i]))
            return true;
    return strstr(before, "naissance") != NULL;
}

static bool is_plausible(struct day day, struct day receipt)
{
    if (receipt.year)
        return day_compare(day, receipt) <= 0 && day.year >= receipt.year - YEARS_BACK;
    return day.year >= FIRST_YEAR && day.year <= LAST_YEAR;
}

static bool search_line(const struct ocr_text *text, const struct text_line *line,
                        const struct fields_context *context, struct field *ret_field)
{
    for (int at = 0; at < line->length; at++) {
        bool begins = isdigit((unsigned char)line->plain[at]) &&
                      (at == 0 || !isalnum((unsigned char)line->plain[at - 1])) &&
                      (at == 0 || !strchr("/.-,", line->plain[at - 1]));
        struct day day;
        if (!begins)
            continue;
        const char *end = figures_at(line->plain + at, context->receipt, &day);
        if (!end)
            end = words_at(line->plain + at, context->receipt, &day);
        if (!end || isdigit((unsigned char)*end) || !is_plausible(day, context->receipt) ||
            is_birth(line->plain, at))
            continue;
        char value[DAY_TEXT_SIZE];
        *ret_field = (struct field){.state = FIELD_READ,
                                    .box = text_line_box(text, line, at, (int)(end - line->plain))};
        snprintf(ret_field->value, sizeof ret_field->value, "%s", day_format(day, value));
        return true;
    }
    return false;
}

void field_find_date(const struct ocr_text *text, const struct fields_context *context,
                     struct field *ret_field)
{
    struct text_line line;
    *ret_field = (struct field){.state = FIELD_ABSENT};
    for (size_t word = 0; word < text->count;) {
        word = text_line_take(text, word, &line);
        if (search_line(text, &line, context, ret_field))
            return;
    }
}
