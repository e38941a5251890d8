/*
 * Keys and checksums: see keys.h. Vectors stand in tests/test_keys.c.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "classify/keys.h"

#include <ctype.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"

enum { RLMC_DIGITS = 31, KEY_MODULUS = 97 };

static bool all_digits(const char *text, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (text[i] < '0' || text[i] > '9')
            return false;
    return true;
}

static bool are_digits(const char *text, size_t count)
{
    return strlen(text) == count && all_digits(text, count);
}

static int two_digits(const char *at)
{
    return (at[0] - '0') * 10 + (at[1] - '0');
}

/* The number mod 97 of a string of digits of any length. */
static int mod97(const char *digits, size_t count, int before)
{
    int rest = before;
    for (size_t i = 0; i < count; i++)
        rest = (rest * 10 + (digits[i] - '0')) % KEY_MODULUS;
    return rest;
}

/* The 13 digits that the key is computed from: 2A counts as 19, 2B as 18. */
static bool nir_to_digits(const char *nir, char ret_digits[NIR_DIGITS])
{
    if (strlen(nir) < NIR_DIGITS)
        return false;
    memcpy(ret_digits, nir, NIR_DIGITS);
    if (nir[5] == '2' && (nir[6] == 'A' || nir[6] == 'B'))
        memcpy(ret_digits + 5, nir[6] == 'A' ? "19" : "18", 2);
    return all_digits(ret_digits, NIR_DIGITS);
}

int nir_key(const char *nir)
{
    char digits[NIR_DIGITS];
    if (!nir_to_digits(nir, digits))
        return ERR_FORMAT;
    return KEY_MODULUS - mod97(digits, NIR_DIGITS, 0);
}

bool nir_is_plausible(const char *nir)
{
    char digits[NIR_DIGITS];
    if (!nir_to_digits(nir, digits) || !strchr("123478", nir[0]))
        return false;
    int month = two_digits(nir + 3);
    bool month_fits =
        (month >= 1 && month <= 12) || (month >= 20 && month <= 42) || (month >= 50 && month <= 99);
    bool born_in_department = two_digits(digits + 5) >= 1;
    return month_fits && born_in_department && memcmp(nir + 7, "000", 3) != 0 &&
           memcmp(nir + 10, "000", 3) != 0;
}

bool nir_is_valid(const char *nir)
{
    return strlen(nir) == NIR_SIZE - 1 && nir_is_plausible(nir) &&
           all_digits(nir + NIR_DIGITS, 2) && two_digits(nir + NIR_DIGITS) == nir_key(nir);
}

bool nir_is_provisional(const char *nir)
{
    return nir_is_valid(nir) && (nir[0] == '7' || nir[0] == '8');
}

int rlmc_key(const char *digits)
{
    if (!are_digits(digits, RLMC_DIGITS))
        return ERR_FORMAT;
    return KEY_MODULUS - mod97(digits, RLMC_DIGITS, 0) * 100 % KEY_MODULUS;
}

bool rlmc_is_valid(const char *digits, const char *key)
{
    return are_digits(digits, RLMC_DIGITS) && are_digits(key, 2) &&
           two_digits(key) == rlmc_key(digits);
}

/* Values '0'..'9' of `count` digits. */
static bool luhn_of(const char *digits, size_t count)
{
    int sum = 0;
    for (size_t i = 0; i < count; i++) {
        int value = digits[count - 1 - i] - '0';
        if (i % 2 == 1)
            value = value > 4 ? 2 * value - 9 : 2 * value;
        sum += value;
    }
    return sum % 10 == 0;
}

bool luhn_is_valid(const char *digits)
{
    size_t count = strlen(digits);
    return count >= 2 && all_digits(digits, count) && luhn_of(digits, count);
}

bool rpps_is_valid(const char *rpps)
{
    return are_digits(rpps, 11) && luhn_of(rpps, 11);
}

bool finess_is_valid(const char *finess)
{
    char digits[10];
    if (strlen(finess) != 9)
        return false;
    memcpy(digits, finess, sizeof digits);
    if (digits[0] == '2' && (digits[1] == 'A' || digits[1] == 'B'))
        digits[1] = digits[1] == 'A' ? '1' : '2';
    return are_digits(digits, 9) && luhn_of(digits, 9);
}

bool siren_is_valid(const char *siren)
{
    return are_digits(siren, 9) && luhn_of(siren, 9);
}

bool siret_is_valid(const char *siret)
{
    static const char la_poste[] = "356000000";
    if (!are_digits(siret, 14))
        return false;
    if (luhn_of(siret, 14))
        return true;
    int sum = 0;
    for (int i = 0; i < 14; i++)
        sum += siret[i] - '0';
    return memcmp(siret, la_poste, sizeof la_poste - 1) == 0 && sum % 5 == 0;
}

/* A, J = 1; B, K, S = 2; … I, R, Z = 9 (the RIB's own table, not the IBAN's). */
static int rib_digit(char character)
{
    if (character >= '0' && character <= '9')
        return character - '0';
    if (character >= 'A' && character <= 'I')
        return character - 'A' + 1;
    if (character >= 'J' && character <= 'R')
        return character - 'J' + 1;
    if (character >= 'S' && character <= 'Z')
        return character - 'S' + 2;
    return -1;
}

int rib_key(const char *bank, const char *branch, const char *account)
{
    if (!are_digits(bank, 5) || !are_digits(branch, 5) || strlen(account) != 11)
        return ERR_FORMAT;
    int64_t number = 0;
    for (int i = 0; i < 11; i++) {
        int digit = rib_digit(account[i]);
        if (digit < 0)
            return ERR_FORMAT;
        number = number * 10 + digit;
    }
    int64_t sum = 89 * strtoll(bank, NULL, 10) + 15 * strtoll(branch, NULL, 10) + 3 * number;
    return KEY_MODULUS - (int)(sum % KEY_MODULUS);
}

bool rib_is_valid(const char *rib)
{
    if (strlen(rib) != 23)
        return false;
    char bank[6] = "", branch[6] = "", account[12] = "";
    memcpy(bank, rib, 5);
    memcpy(branch, rib + 5, 5);
    memcpy(account, rib + 10, 11);
    return all_digits(rib + 21, 2) && two_digits(rib + 21) == rib_key(bank, branch, account);
}

/* ISO 7064 mod 97-10 over the characters, letters as 10..35; -1 for other characters. */
static int iban_mod97(const char *text, size_t count, int before)
{
    int rest = before;
    for (size_t i = 0; i < count; i++) {
        if (text[i] >= '0' && text[i] <= '9')
            rest = (rest * 10 + text[i] - '0') % KEY_MODULUS;
        else if (text[i] >= 'A' && text[i] <= 'Z')
            rest = (rest * 100 + text[i] - 'A' + 10) % KEY_MODULUS;
        else
            return -1;
    }
    return rest;
}

bool iban_is_valid(const char *iban)
{
    size_t length = strlen(iban);
    if (length < 15 || length > 34 || !isupper((unsigned char)iban[0]) ||
        !isupper((unsigned char)iban[1]) || !all_digits(iban + 2, 2))
        return false;
    int rest = iban_mod97(iban + 4, length - 4, 0);
    if (rest < 0 || iban_mod97(iban, 4, rest) != 1)
        return false;
    return memcmp(iban, "FR", 2) != 0 || (length == 27 && rib_is_valid(iban + 4));
}

bool cerfa_is_number(const char *text, char ret_number[CERFA_SIZE])
{
    const char *at = text + strcspn(text, "0123456789");
    size_t form = strspn(at, "0123456789");
    const char *version = at + form + 1;
    if (form != 5 || at[form] != '*' || strspn(version, "0123456789") != 2 || version[2] != '\0')
        return false;
    snprintf(ret_number, CERFA_SIZE, "%s", at);
    return true;
}

bool organisation_is_code(const char *code)
{
    static const char *const regimes[] = {"01", "02", "03", "04", "05", "06", "07", "08",
                                          "09", "10", "12", "14", "15", "16", "17", "80",
                                          "90", "91", "92", "93", "94", "95", "96", "99"};
    size_t length = strlen(code);
    if ((length != 3 && length != 9) || !all_digits(code, length))
        return false;
    const char *caisse = length == 9 ? code + 2 : code;
    if (two_digits(caisse) == 0)
        return false;
    for (size_t i = 0; length == 9 && i < sizeof regimes / sizeof *regimes; i++)
        if (memcmp(code, regimes[i], 2) == 0)
            return true;
    return length == 3;
}
