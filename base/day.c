/*
 * Calendar days: see day.h. Day numbers follow Howard Hinnant's days_from_civil.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/day.h"

#include <stdio.h>
#include <string.h>

#include "base/err.h"

enum { FIRST_YEAR = 1900, LAST_YEAR = 2200, MS_PER_DAY = 86400000 };

static int days_in_month(int year, int month)
{
    static const int8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return days[month - 1] + (month == 2 && leap);
}

bool day_is_none(struct day day)
{
    return day.year == 0 && day.month == 0 && day.day == 0;
}

bool day_is_valid(struct day day)
{
    return day.year >= FIRST_YEAR && day.year <= LAST_YEAR && day.month >= 1 && day.month <= 12 &&
           day.day >= 1 && day.day <= days_in_month(day.year, day.month);
}

int day_compare(struct day a, struct day b)
{
    if (a.year != b.year)
        return a.year - b.year;
    if (a.month != b.month)
        return a.month - b.month;
    return a.day - b.day;
}

static int digits(const char *at, int count)
{
    int value = 0;
    for (int i = 0; i < count; i++) {
        if (at[i] < '0' || at[i] > '9')
            return -1;
        value = value * 10 + (at[i] - '0');
    }
    return value;
}

int day_parse(const char *text, struct day *ret_day)
{
    if (!text || strlen(text) != 10 || text[4] != '-' || text[7] != '-')
        return ERR_FORMAT;
    int year = digits(text, 4), month = digits(text + 5, 2), day = digits(text + 8, 2);
    if (year < 0 || month < 0 || day < 0)
        return ERR_FORMAT;
    struct day got = {(int16_t)year, (int8_t)month, (int8_t)day};
    if (!day_is_valid(got))
        return ERR_FORMAT;
    *ret_day = got;
    return 0;
}

char *day_format(struct day day, char ret_text[DAY_TEXT_SIZE])
{
    if (!day_is_valid(day))
        ret_text[0] = '\0';
    else
        snprintf(ret_text, DAY_TEXT_SIZE, "%04d-%02d-%02d", day.year % 10000u, day.month % 100u,
                 day.day % 100u);
    return ret_text;
}

char *day_format_month(struct day day, char ret_text[MONTH_TEXT_SIZE])
{
    if (!day_is_valid(day))
        ret_text[0] = '\0';
    else
        snprintf(ret_text, MONTH_TEXT_SIZE, "%04d-%02d", day.year % 10000u, day.month % 100u);
    return ret_text;
}

struct day day_add_months(struct day day, int months)
{
    int total = day.year * 12 + (day.month - 1) + months;
    int year = total / 12, month = total % 12 + 1;
    int last = days_in_month(year, month);
    return (struct day){(int16_t)year, (int8_t)month, (int8_t)(day.day < last ? day.day : last)};
}

static int64_t number_of(struct day day)
{
    int64_t year = day.year - (day.month <= 2);
    int64_t era = (year >= 0 ? year : year - 399) / 400;
    int64_t year_of_era = year - era * 400;
    int64_t day_of_year = (153 * (day.month + (day.month > 2 ? -3 : 9)) + 2) / 5 + day.day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146097 + day_of_era - 719468;
}

static struct day day_of_number(int64_t number)
{
    number += 719468;
    int64_t era = (number >= 0 ? number : number - 146096) / 146097;
    int64_t day_of_era = number - era * 146097;
    int64_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t shifted = (5 * day_of_year + 2) / 153; /* 0 = March */
    int64_t month = shifted < 10 ? shifted + 3 : shifted - 9;
    return (struct day){(int16_t)(year_of_era + era * 400 + (month <= 2)), (int8_t)month,
                        (int8_t)(day_of_year - (153 * shifted + 2) / 5 + 1)};
}

struct day day_add_days(struct day day, int days)
{
    return day_of_number(number_of(day) + days);
}

struct day day_next_quarter(struct day day)
{
    int first_month = (day.month - 1) / 3 * 3 + 1;
    return day_add_months((struct day){day.year, (int8_t)first_month, 1}, 3);
}

struct day day_of_ms(int64_t ms)
{
    int64_t number = ms / MS_PER_DAY - (ms % MS_PER_DAY < 0);
    return day_of_number(number);
}
