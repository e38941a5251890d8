/*
 * Reasons and tags as the operator reads them.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "workers/french.h"

#include <string.h>

#include "tests/check.h"

static const struct {
    const char *english, *french;
} rows[] = {
    {"its lines were read sideways", "ses lignes ont été lues de côté"},
    {"no form model lies on the page (best score 0.02)",
     "aucun modèle de formulaire ne se pose sur la page (au mieux 0.02)"},
    {"look: handwritten, 270 marks, 0 full and 7 short rulings, 7 posts, 2 bars, ruled paper",
     "aspect : manuscrit, 270 marques, 0 filets longs et 7 courts, 7 montants, 2 barres, papier "
     "réglé"},
    {"look: typed, 9 marks, 0 full and 0 short rulings, 0 posts, 2 bars",
     "aspect : dactylographié, 9 marques, 0 filets longs et 0 courts, 0 montants, 2 barres"},
    {"text: 95 words, 9 % small, 8 % lower case, 34 % in paragraphs",
     "texte : 95 mots, 9 % de petits mots, 8 % en minuscules, 34 % en paragraphes"},
    {"blank: ink of 43 x 6 mm at 20,31 mm", "face blanche : encre de 43 x 6 mm à 20,31 mm"},
    {"the title is that of a page tagged care_form",
     "le titre est celui d'une page « feuille de soins »"},
    {"damaged JPEG: it ends at row 12 of 3508", "JPEG abîmé : il finit à la ligne 12 sur 3508"},
    {"page 3: the file has 2 pages", "page 3 : le fichier a 2 pages"},
    {"60000 x 60000 pixels make 450 MB, at most 150 MB",
     "60000 x 60000 pixels font 450 Mo, 150 Mo au plus"},
    {"a sentence that nobody translated", "a sentence that nobody translated"},
    {"", ""},
};

static void reasons_are_told_in_french(void **state)
{
    (void)state;
    char text[FRENCH_SIZE];
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_string_equal(french_reason(rows[i].english, text), rows[i].french);
}

static void a_reason_of_any_length_fits(void **state)
{
    (void)state;
    char text[FRENCH_SIZE], reason[1000] = "blank: ";
    memset(reason + 7, 'x', sizeof reason - 8);
    assert_true(strlen(french_reason(reason, text)) < FRENCH_SIZE);
}

static void tags_have_words(void **state)
{
    (void)state;
    assert_string_equal(french_tag("cheque"), "un chèque");
    assert_string_equal(french_tag("none"), "rien");
    assert_string_equal(french_tag(NULL), "rien");
    assert_string_equal(french_trigger("receipt"), "la réception");
    assert_string_equal(french_trigger("end of the stop"), "la fin de l'arrêt");
    assert_string_equal(french_trigger("of one's own"), "of one's own");
}

static void counts_and_sizes_are_written_as_in_french(void **state)
{
    (void)state;
    char text[FRENCH_NUMBER_SIZE];
    assert_string_equal(french_plural(0), "");
    assert_string_equal(french_plural(1), "");
    assert_string_equal(french_plural(2), "s");
    assert_string_equal(french_decimal(0.125, 2, text), "0,12");
    assert_string_equal(french_decimal(7, 0, text), "7");
    assert_string_equal(french_megabytes(1549999, text), "1,5 Mo");
    assert_string_equal(french_megabytes(UINT64_MAX, text), "18446744073709,6 Mo");
    assert_string_equal(french_slip_state("visa_granted"), "visa accordé");
    assert_string_equal(french_slip_state("other"), "other");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reasons_are_told_in_french),
        cmocka_unit_test(a_reason_of_any_length_fits),
        cmocka_unit_test(tags_have_words),
        cmocka_unit_test(counts_and_sizes_are_written_as_in_french),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
