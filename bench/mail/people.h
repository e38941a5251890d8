/*
 * Invented people: insured persons, prescribers, employers. Names and streets are common ones drawn
 * at random; numbers are well-formed (keys hold) and belong to nobody that is known here.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include <stdbool.h>

#include "base/day.h"
#include "bench/mail/chance.h"
#include "classify/keys.h"

struct person {
    bool woman;
    char family[24], given[24];
    char street[48], town[40]; /* town with its postcode: "06300 NICE" */
    char phone[16], mail[64];
    char nir[NIR_SIZE]; /* 13 characters and the key of two digits, without blanks */
    struct day birth;
};

struct prescriber {
    char name[48], speciality[48];
    char street[48], town[40], phone[16];
    char rpps[12], number[10]; /* number: 9 digits */
};

struct employer {
    char name[48], street[48], town[40], phone[16], siret[15];
};

struct person person_invent(struct chance *chance);
struct prescriber prescriber_invent(struct chance *chance);
struct employer employer_invent(struct chance *chance);

/* "DUPONT Marie" */
const char *person_name(const struct person *person, char ret_text[64]);

/* A day up to `most` days before `end`. */
struct day day_before(struct chance *chance, struct day end, int most);

/* "16082026" */
const char *day_comb(struct day day, char ret_text[9]);

/* "16/08/2026" */
const char *day_slashes(struct day day, char ret_text[11]);

/* "16 août 2026" */
const char *day_words(struct day day, char ret_text[32]);

/* The day the mail is said to be received; all other dates lie before it. */
extern const struct day MAIL_DAY;
