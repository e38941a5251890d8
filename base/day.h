/*
 * Calendar days (proleptic Gregorian, no time zone) and the arithmetic that legal periods need.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum { DAY_TEXT_SIZE = 11, MONTH_TEXT_SIZE = 8 };

/* {0} is "no day". Valid years: 1900 to 2200. */
struct day {
    int16_t year;
    int8_t month; /* 1..12 */
    int8_t day;   /* 1..31 */
};

bool day_is_none(struct day day);
bool day_is_valid(struct day day);

/* < 0, 0, > 0 as a is before, the same as, after b. */
int day_compare(struct day a, struct day b);

/* Reads "2026-11-22"; 0 or ERR_FORMAT (also for 2026-02-30). */
int day_parse(const char *text, struct day *ret_day);

/* Writes "2026-11-22", or "" for no day; returns `ret_text`. */
char *day_format(struct day day, char ret_text[DAY_TEXT_SIZE]);

/* Writes "2026-11"; returns `ret_text`. */
char *day_format_month(struct day day, char ret_text[MONTH_TEXT_SIZE]);

/* Same day of the month `months` later (may be negative), clamped to the month's end:
 * 31 August + 6 months = 28 or 29 February. */
struct day day_add_months(struct day day, int months);

struct day day_add_days(struct day day, int days);

/* First day of the calendar quarter after the one `day` lies in (L.332-1 CSS). */
struct day day_next_quarter(struct day day);

/* The UTC day of a time in milliseconds since 1970. */
struct day day_of_ms(int64_t ms);
