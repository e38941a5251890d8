/*
 * Keys and checksums: the published and computed vectors, and what must be refused.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "classify/keys.h"

#include "tests/check.h"

static void the_key_of_an_insured_number_is_97_minus_its_rest(void **state)
{
    (void)state;
    static const struct {
        const char *nir;
        int key;
    } rows[] = {
        {"1830278256123", 71}, {"2061275111005", 64}, {"1631278477042", 94}, {"2620875032039", 77},
        {"185122A004123", 71}, {"185122B033456", 59}, {"7850199100123", 84}, {"8850199100123", 34},
        {"2990399350001", 62}, {"1850575001018", 97}, {"1850575001017", 1},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char nir[NIR_SIZE];
        assert_int_equal(nir_key(rows[i].nir), rows[i].key);
        snprintf(nir, sizeof nir, "%s%02d", rows[i].nir, rows[i].key);
        assert_true(nir_is_valid(nir));
        assert_int_equal(nir_is_provisional(nir), nir[0] >= '7');
        snprintf(nir, sizeof nir, "%s%02d", rows[i].nir, rows[i].key % 97 + 1);
        assert_false(nir_is_valid(nir));
    }
}

static void impossible_insured_numbers_are_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {"183137825612371",  /* month 13 */ "183437825612371",
                                      "583027825612371",  "083027825612371",
                                      "183020025612371",  /* department 00 */ "183027800012371",
                                      "183027825600071",  "18302782561237",
                                      "1830278256123711", "",
                                      "183022C25612371",  "18302A825612371"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (nir_is_valid(bad[i]))
            fail_msg("got %s valid, want refused", bad[i]);
    assert_true(nir_is_plausible("1834278256123")); /* month 42: incomplete record */
    assert_int_equal(nir_key("18302"), ERR_FORMAT);
}

static void the_key_of_a_cheque_line_matches_the_vectors(void **state)
{
    (void)state;
    static const struct {
        const char *digits, *key;
    } rows[] = {
        {"1234567012345678901234567890123", "07"}, {"0000001000000000000000000000000", "66"},
        {"0000001012345678901234567890123", "09"}, {"0000002012345678901234567890123", "75"},
        {"7654321044012345678908070605040", "80"}, {"6679545042014506908052108899000", "90"},
        {"9999999999999999999999999999999", "72"}, {"0048541075000004908241410518989", "88"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char text[3];
        snprintf(text, sizeof text, "%02d", (unsigned char)rlmc_key(rows[i].digits) % 100);
        assert_string_equal(text, rows[i].key);
        assert_true(rlmc_is_valid(rows[i].digits, rows[i].key));
        assert_false(rlmc_is_valid(rows[i].digits, "00"));
    }
    assert_int_equal(rlmc_key("123"), ERR_FORMAT);
}

static void every_single_wrong_digit_breaks_the_key_of_a_cheque_line(void **state)
{
    (void)state;
    char digits[] = "6679545042014506908052108899000";
    for (size_t i = 0; digits[i]; i++) {
        char right = digits[i];
        for (char wrong = '0'; wrong <= '9'; wrong++) {
            digits[i] = wrong;
            assert_int_equal(rlmc_is_valid(digits, "90"), wrong == right);
        }
        digits[i] = right;
    }
}

struct row {
    const char *text;
    bool valid;
};

static void check_rows(bool (*is_valid)(const char *), const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (is_valid(rows[i].text) != rows[i].valid)
            fail_msg("%s: got %d, want %d", rows[i].text, !rows[i].valid, rows[i].valid);
}
#define CHECK_ROWS(is_valid, rows) check_rows(is_valid, rows, sizeof(rows) / sizeof *(rows))

static void practitioners_and_establishments_carry_luhn_keys(void **state)
{
    (void)state;
    static const struct row rpps[] = {{"10003798419", true}, {"10100037984", true},
                                      {"10003879623", true}, {"10003798418", false},
                                      {"1000379841", false}, {"1000379841x", false}};
    static const struct row finess[] = {
        {"750712184", true}, {"130786049", true},  {"690781810", true},
        {"060785011", true}, {"310781406", true},  {"2A0000014", true},
        {"2B0000020", true}, {"750712185", false}, {"2C0000014", false}};
    CHECK_ROWS(rpps_is_valid, rpps);
    CHECK_ROWS(finess_is_valid, finess);
    assert_false(luhn_is_valid("0"));
}

static void companies_carry_luhn_keys_and_la_poste_its_own(void **state)
{
    (void)state;
    static const struct row siren[] = {
        {"732829320", true}, {"356000000", true}, {"732829321", false}, {"73282932", false}};
    static const struct row siret[] = {{"73282932000074", true},
                                       {"35600000000048", true},
                                       {"35600000049837", true},
                                       {"35600000049838", false},
                                       {"73282932000075", false}};
    CHECK_ROWS(siren_is_valid, siren);
    CHECK_ROWS(siret_is_valid, siret);
}

static void bank_accounts_are_proven_by_their_keys(void **state)
{
    (void)state;
    assert_int_equal(rib_key("20041", "01005", "0500013M026"), 6);
    assert_int_equal(rib_key("12345", "12345", "1234567891A"), 16);
    assert_int_equal(rib_key("12548", "02998", "00000001500"), 86);
    assert_int_equal(rib_key("1254", "02998", "00000001500"), ERR_FORMAT);
    assert_int_equal(rib_key("12548", "02998", "0000000150-"), ERR_FORMAT);
    static const struct row rib[] = {{"20041010050500013M02606", true},
                                     {"20041010050500013M02607", false}};
    static const struct row iban[] = {{"FR1420041010050500013M02606", true},
                                      {"FR1420041010050500013M02607", false},
                                      {"GB82WEST12345698765432", true},
                                      {"GB82WEST12345698765431", false},
                                      {"FR14", false},
                                      {"fr1420041010050500013M02606", false}};
    CHECK_ROWS(rib_is_valid, rib);
    CHECK_ROWS(iban_is_valid, iban);
}

static void a_cerfa_number_has_a_star_and_a_notice_has_not(void **state)
{
    (void)state;
    char number[CERFA_SIZE];
    assert_true(cerfa_is_number("12541*02", number));
    assert_string_equal(number, "12541*02");
    assert_true(cerfa_is_number("N\xc2\xb0"
                                "10170*06",
                                number));
    assert_string_equal(number, "10170*06");
    static const char *const bad[] = {"50069#04", "12541",     "1254*02", "125411*02",
                                      "12541*2",  "12541*021", ""};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(cerfa_is_number(bad[i], number));
}

static void organisation_codes_have_a_known_regime(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"061", true},        {"041", true},        {"010610000", true},
        {"020610123", true},  {"110610000", false}, {"01061000", false},
        {"01061000x", false}, {"000", false},       {"", false}};
    CHECK_ROWS(organisation_is_code, rows);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_key_of_an_insured_number_is_97_minus_its_rest),
        cmocka_unit_test(impossible_insured_numbers_are_refused),
        cmocka_unit_test(the_key_of_a_cheque_line_matches_the_vectors),
        cmocka_unit_test(every_single_wrong_digit_breaks_the_key_of_a_cheque_line),
        cmocka_unit_test(practitioners_and_establishments_carry_luhn_keys),
        cmocka_unit_test(companies_carry_luhn_keys_and_la_poste_its_own),
        cmocka_unit_test(bank_accounts_are_proven_by_their_keys),
        cmocka_unit_test(a_cerfa_number_has_a_star_and_a_notice_has_not),
        cmocka_unit_test(organisation_codes_have_a_known_regime),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
