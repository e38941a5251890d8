/*
 * Numbers that carry their own proof: insured numbers, cheque lines, practitioners, establishments,
 * companies, bank accounts, and two that only have a form (Cerfa, organisation). Pure functions on
 * NUL-terminated ASCII without blanks; nothing is corrected or guessed here.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include <stdbool.h>

enum { NIR_DIGITS = 13, NIR_SIZE = 16, CERFA_SIZE = 12 };

/* Key 1..97 of the first 13 characters: 97 - N mod 97, where 2A counts as 19 and 2B as 18. Negative
 * (ERR_FORMAT) when they are not of the form of an insured number. */
int nir_key(const char *nir);

/* 13 characters that may be an insured number: sex 1-4 (7, 8: provisional), month 01-12, or 20-42
 * and 50-99 where the birth record is incomplete, department 01-99, 2A, 2B, neither commune nor
 * rank 000. */
bool nir_is_plausible(const char *nir);

/* 15 characters, plausible, and the last two are the key. */
bool nir_is_valid(const char *nir);

/* A provisional number (sex 7 or 8): valid, and to be replaced one day. */
bool nir_is_provisional(const char *nir);

/* Key 1..97 of the 31 digits of a French cheque line, Z4 (7) Z3 (12) Z2 (12) in this order;
 * ERR_FORMAT for anything but 31 digits. */
int rlmc_key(const char *digits);
bool rlmc_is_valid(const char *digits, const char *key);

/* All digits, at least two, and the last one is Luhn's. */
bool luhn_is_valid(const char *digits);

bool rpps_is_valid(const char *rpps);     /* 11 digits, Luhn */
bool finess_is_valid(const char *finess); /* 9, Luhn; Corsica 2A, 2B counted as 21, 22 */
bool siren_is_valid(const char *siren);   /* 9 digits, Luhn */
/* 14 digits, Luhn; those of La Poste (356000000…) also when their sum divides by 5. */
bool siret_is_valid(const char *siret);

/* Key 1..97 of bank (5), branch (5) and account (11, letters allowed); ERR_FORMAT otherwise. */
int rib_key(const char *bank, const char *branch, const char *account);
bool rib_is_valid(const char *rib);   /* 23 characters */
bool iban_is_valid(const char *iban); /* any country: ISO 7064 mod 97-10; FR: 27, and its RIB */

/* "12541*02", "N°12541*02": writes "12541*02". False for notices ("50069#04") and all else. */
bool cerfa_is_number(const char *text, char ret_number[CERFA_SIZE]);

/* Nine digits regime (2) caisse (3) centre (4), or a caisse's three digits alone. The regime must
 * be one of those in use; whether the caisse exists is configuration. */
bool organisation_is_code(const char *code);
