/*
 * Phrases found in text with reading errors, and what makes running text.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "classify/phrase.h"

#include <string.h>

#include "classify/prose.h"
#include "tests/check.h"

enum { WORDS_MAX = 64, ROOM = 1024 };

/* A text from lines parted by '\n' and words by ' '; words live in `room`. */
static struct ocr_text text_of(const char *lines, char room[ROOM], struct ocr_word words[WORDS_MAX])
{
    struct ocr_text text = {.words = words, .confidence = 0.9f};
    int32_t line = 0;
    snprintf(room, ROOM, "%s", lines);
    for (char *at = room, *row; (row = strsep(&at, "\n")); line++)
        for (char *word; (word = strsep(&row, " "));)
            if (*word)
                words[text.count++] = (struct ocr_word){word, {0, line * 40, 50, 20}, 0.9f, line};
    return text;
}

static void words_lose_case_accents_and_signs(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        {"d'arrêt", "DARRET"},
        {"ASSURÉ(E)", "ASSUREE"},
        {"cœur", "COEUR"},
        {"n°10170*06", "N1017006"},
        {"Ça", "CA"},
        {"—", ""},
        {"", ""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char plain[PHRASE_WORD_SIZE];
        assert_int_equal(phrase_normalise(rows[i][0], plain), strlen(rows[i][1]));
        assert_string_equal(plain, rows[i][1]);
    }
    char plain[PHRASE_WORD_SIZE];
    phrase_normalise("anticonstitutionnellementanticonstitutionnellement", plain);
    assert_true(strlen(plain) < PHRASE_WORD_SIZE);
}

static void one_letter_in_six_may_be_wrong(void **state)
{
    (void)state;
    assert_true(phrase_alike("TRAVAIL", "TRAVAI1"));
    assert_true(phrase_alike("TRAVAIL", "TRAVAL"));
    assert_false(phrase_alike("TRAVAIL", "TRVVAI1"));
    assert_false(phrase_alike("AVIS", "AVES"));
    assert_true(phrase_alike("FEUILLE", "FEU1LLE"));
    assert_false(phrase_alike("", "A"));
}

static void a_title_is_found_over_two_lines_with_errors(void **state)
{
    (void)state;
    char room[ROOM];
    struct ocr_word words[WORDS_MAX];
    struct phrase_hit hit;
    struct phrase phrase = phrase_of("avis d'arrêt de travail");
    assert_int_equal(phrase.count, 3);
    struct ocr_text text = text_of("cerfa 10170\navis d'arrét\nde travai1\nvolet 3", room, words);
    assert_true(phrase_find(&phrase, &text, 0, &hit));
    assert_int_equal(hit.first, 2);
    assert_int_equal(hit.last, 5);
    assert_true(hit.line_share > 0.99);
}

static void a_phrase_inside_a_sentence_does_not_stand_alone(void **state)
{
    (void)state;
    char room[ROOM];
    struct ocr_word words[WORDS_MAX];
    struct phrase_hit hit;
    struct phrase phrase = phrase_of("avis d'arrêt de travail");
    struct ocr_text text = text_of(
        "je vous adresse ci-joint mon avis d'arrêt de travail du mois dernier", room, words);
    assert_true(phrase_find(&phrase, &text, 0, &hit));
    assert_true(hit.line_share < 0.5);
    text = text_of("mon avis sur la question\n\n\n\nd'arrêt\nde travail", room, words);
    assert_false(phrase_find(&phrase, &text, 0, &hit));
    text = text_of("", room, words);
    assert_false(phrase_find(&phrase, &text, 0, &hit));
}

static void a_letter_is_prose_and_a_receipt_is_not(void **state)
{
    (void)state;
    char room[ROOM];
    struct ocr_word words[WORDS_MAX];
    struct ocr_text letter = text_of("Madame, Monsieur,\n"
                                     "Je vous prie de trouver le relevé de mon compte pour\n"
                                     "que les remboursements de la caisse soient versés sur ce\n"
                                     "compte à partir du mois de mai et je vous en remercie.",
                                     room, words);
    struct prose prose = prose_of_text(&letter);
    assert_true(prose.small > 0.3 && prose.lower > 0.7 && prose.in_paragraphs > 0.8);
    assert_int_equal(prose.courtesies, 2);
    struct ocr_text receipt = text_of("TOTAL: 12,50\nTVA: 2,10\nCARTE 1234\nMERCI", room, words);
    prose = prose_of_text(&receipt);
    assert_true(prose.small == 0 && prose.lower == 0 && prose.in_paragraphs == 0);
    assert_true(prose.labels == 0.5 && prose.figures > 0.2);
    struct ocr_text nothing = {0};
    prose = prose_of_text(&nothing);
    assert_true(prose.words == 0 && prose.small == 0 && prose.labels == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_lose_case_accents_and_signs),
        cmocka_unit_test(one_letter_in_six_may_be_wrong),
        cmocka_unit_test(a_title_is_found_over_two_lines_with_errors),
        cmocka_unit_test(a_phrase_inside_a_sentence_does_not_stand_alone),
        cmocka_unit_test(a_letter_is_prose_and_a_receipt_is_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
