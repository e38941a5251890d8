/*
 * Fields in OCR text: what is proven, what is only read, what must stay absent. Typed letters of
 * the corpus are read where it is there.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "classify/addressee.h"
#include "classify/fields.h"

#include <string.h>

#include "tests/check.h"

enum { WORDS_MAX = 64, WORD_WIDTH = 100, LINE_HEIGHT = 40 };

/* Words of lines separated by '\n', each word 100 pixels wide, each line 40 high. A second blank is
 * a gap of a word. */
struct page_text {
    char copy[1024];
    struct ocr_word words[WORDS_MAX];
    struct ocr_text text;
};

static const struct ocr_text *typed(struct page_text *page, const char *lines)
{
    int line = 0, column = 0;
    page->text = (struct ocr_text){.words = page->words};
    snprintf(page->copy, sizeof page->copy, "%s", lines);
    for (char *at = page->copy; *at;) {
        size_t length = strcspn(at, " \n");
        char end = at[length];
        at[length] = '\0';
        if (length > 0)
            page->words[page->text.count++] = (struct ocr_word){
                .text = at,
                .box = {column++ * WORD_WIDTH, line * LINE_HEIGHT, WORD_WIDTH, LINE_HEIGHT},
                .confidence = 0.9f,
                .line = line};
        else if (end == ' ')
            column++;
        if (end == '\n') {
            line++;
            column = 0;
        }
        at += length + (end != '\0');
    }
    return &page->text;
}

static void insured_numbers_are_proven_in_every_way_of_writing(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        {"N\xc2\xb0 de s\xc3\xa9"
         "curit\xc3\xa9 sociale : 2510383374210 74 .",
         "251038337421074"},
        {"1 83 02 78 256 123 71", "183027825612371"},
        {"183027825612371", "183027825612371"},
        {"1.83.02.78.256.123 / 71", "183027825612371"},
        {"n\xc2\xb0"
         "183027825612371",
         "183027825612371"},
        {"I 83 O2 78 2S6 l23 71", "183027825612371"},
        {"1 B3 02 78 256 123 71", "183027825612371"},
        {"1 85 12 2A 004 123 71", "185122A00412371"},
        {"185122b03345659", "185122B03345659"},
        {"NIR 7 85 01 99 100 123 84 (provisoire)", "785019910012384"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct page_text page;
        struct field field;
        field_find_nir(typed(&page, rows[i][0]), &field);
        assert_string_equal(field.value, rows[i][1]);
        assert_int_equal(field.state, FIELD_PROVEN);
        assert_true(field.box.width > 0);
    }
}

static void what_no_key_proves_is_no_insured_number(void **state)
{
    (void)state;
    static const char *const rows[] = {
        "183027825612372",                   /* wrong key */
        "183027825612370",                   /* wrong key */
        "FR14 2004 1010 0505 0001 3M02 606", /* an account */
        "73282932000074",                    /* 14 digits */
        "1830278256123",                     /* no key */
        "06 12 34 56 78 99 12 345",          /* a telephone and more */
        "lilolsoblosoill",                   /* letters alone */
        "SS:1\"481012B 30495353",            /* has lost its beginning, and another key fits */
        "",
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct page_text page;
        struct field field;
        field_find_nir(typed(&page, rows[i]), &field);
        if (field.state != FIELD_ABSENT || field.value[0])
            fail_msg("'%s': got '%s', want none", rows[i], field.value);
    }
}

static void two_insured_numbers_on_a_page_prove_neither(void **state)
{
    (void)state;
    struct page_text page;
    struct field field;
    field_find_nir(typed(&page, "183027825612371\n2 06 12 75 111 005 64"), &field);
    assert_int_equal(field.state, FIELD_ABSENT);
    field_find_nir(typed(&page, "183027825612371\n1 83 02 78 256 123 71"), &field);
    assert_int_equal(field.state, FIELD_PROVEN);
}

static void an_insured_number_that_is_not_proven_is_located(void **state)
{
    (void)state;
    struct page_text page;
    struct field field;
    field_find_nir(typed(&page, "Nom MARTIN\nNIR 183027825612372"), &field);
    assert_int_equal(field.state, FIELD_ABSENT);
    assert_int_equal(field.box.x, WORD_WIDTH);
    assert_int_equal(field.box.y, LINE_HEIGHT);
    assert_int_equal(field.box.width, WORD_WIDTH);
}

static void lines_that_may_be_a_misread_number_are_named(void **state)
{
    (void)state;
    static const struct {
        const char *line;
        float confidence;
        int words; /* of the line; 0: no suspect */
    } rows[] = {
        {"N\xc2\xb0 SS:188025311750997", 0.95F, 2},
        {"NESS A 7S EP 97210 558019", 0.95F, 6},
        {"securite sociale : 1 37 02 2A @72 517 23", 0.95F, 10},
        {"NERSS 2RDCROTRCOROS OR DEA", 0.3F, 4},         /* rubbish */
        {"joignable au 04 75 40 76 24", 0.95F, 0},       /* a telephone */
        {"pour 1382,30 euros le 5 mai 2026", 0.95F, 0},  /* figures among words */
        {"FR76 3000 4000 0312 3456 7890 143", 0.95F, 0}, /* an account */
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct page_text page;
        struct box boxes[NIR_SUSPECTS_MAX];
        typed(&page, rows[i].line);
        for (size_t k = 0; k < page.text.count; k++)
            page.text.words[k].confidence = rows[i].confidence;
        page.text.confidence = 0.95F;
        int count = field_nir_suspects(&page.text, boxes);
        if (count != (rows[i].words > 0))
            fail_msg("'%s': got %d suspects", rows[i].line, count);
        if (count > 0) {
            assert_int_equal(boxes[0].x, 0);
            assert_int_equal(boxes[0].width, rows[i].words * WORD_WIDTH);
        }
    }
}

static void a_proof_may_be_doubtful(void **state)
{
    (void)state;
    static const struct {
        const char *line;
        float confidence;
        bool doubtful;
    } rows[] = {{"NIR 183027825612371", 0.95F, false},
                {"NIR 183027825612371", 0.5F, true},
                {"NIR 785019910012384", 0.95F, true}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct page_text page;
        struct field field;
        typed(&page, rows[i].line);
        for (size_t k = 0; k < page.text.count; k++)
            page.text.words[k].confidence = rows[i].confidence;
        field_find_nir(&page.text, &field);
        assert_int_equal(field.state, FIELD_PROVEN);
        assert_int_equal(field_nir_is_doubtful(&page.text, &field), rows[i].doubtful);
    }
}

static void dates_are_read_as_french_letters_write_them(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        {"Nice, le 12 mars 2026", "2026-03-12"},
        {"Nice, le 1er ao\xc3\xbbt 2025", "2025-08-01"},
        {"le 12/03/2026", "2026-03-12"},
        {"12.03.26", "2026-03-12"},
        {"12 - 03 - 2026", "2026-03-12"},
        {"3 d\xc3\xa9"
         "c. 2025",
         "2025-12-03"},
        {"n\xc3\xa9 le 12/03/2020 soign\xc3\xa9 le 04/05/2026", "2026-05-04"},
        {"31/02/2026 puis 01/03/2026", "2026-03-01"},
        {"12/13/2026", ""},
        {"12/03/2027", ""}, /* after the day of receipt */
        {"12/03/1958", ""}, /* too old for an event of this mail */
        {"06.12.34.56.78", ""},
        {"12 martyrs 2026", ""},
        {"date de naissance : 02/01/2019", ""},
    };
    struct fields_context context = {.receipt = {2026, 11, 22}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct page_text page;
        struct field field;
        field_find_date(typed(&page, rows[i][0]), &context, &field);
        if (strcmp(field.value, rows[i][1]) != 0)
            fail_msg("'%s': got '%s', want '%s'", rows[i][0], field.value, rows[i][1]);
        assert_int_equal(field.state, rows[i][1][0] ? FIELD_READ : FIELD_ABSENT);
    }
}

struct text_row {
    const char *text, *value;
};

static void check_texts(void (*find)(const struct ocr_text *, struct field *),
                        const struct text_row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct page_text page;
        struct field field;
        find(typed(&page, rows[i].text), &field);
        if (strcmp(field.value, rows[i].value) != 0)
            fail_msg("'%s': got '%s', want '%s'", rows[i].text, field.value, rows[i].value);
        assert_int_equal(field.state, rows[i].value[0] ? FIELD_READ : FIELD_ABSENT);
    }
}

static void cerfa_numbers_volets_and_organisations_are_read(void **state)
{
    (void)state;
    static const struct text_row cerfas[] = {{"cerfa N\xc2\xb0 12541*02", "12541*02"},
                                             {"n\xc2\xb0"
                                              "10170*06",
                                              "10170*06"},
                                             {"12541 * 02", "12541*02"},
                                             {"50069#04", ""},
                                             {"12541*021", ""},
                                             {"12541*02 et 10170*06", ""}};
    static const struct text_row volets[] = {{"volet 1, \xc3\xa0 adresser au service m\xc3\xa9"
                                              "dical\nvolet 3",
                                              "1"},
                                             {"VOLET N\xc2\xb0 2", "2"},
                                             {"volet 1 et volet 2", ""},
                                             {"volet 7", ""},
                                             {"volets 1 et 2", ""}};
    static const struct text_row organisations[] = {
        {"code de l'organisme de rattachement 01 061 0000", "010610000"},
        {"n\xc2\xb0 organisme : 010610123", "010610123"},
        {"organisme : 110610123", ""},
        {"organisme 01 061 0000 5", ""},
        {"010610123", ""}};
    check_texts(field_find_cerfa, cerfas, sizeof cerfas / sizeof *cerfas);
    check_texts(field_find_volet, volets, sizeof volets / sizeof *volets);
    check_texts(field_find_organisation, organisations,
                sizeof organisations / sizeof *organisations);
}

static void a_proven_field_is_never_overwritten(void **state)
{
    (void)state;
    struct page_text page;
    struct field fields[FIELD_COUNT] = {0};
    struct fields_context context = {0};
    fields[FIELD_NIR] = (struct field){.value = "185122A00412371", .state = FIELD_PROVEN};
    fields[FIELD_CERFA] = (struct field){.value = "10170*06", .state = FIELD_READ};
    fields_of_text(typed(&page, "183027825612371 cerfa 12541*02"), &context, fields);
    assert_string_equal(fields[FIELD_NIR].value, "185122A00412371");
    assert_string_equal(fields[FIELD_CERFA].value, "12541*02");
    assert_int_equal(fields[FIELD_DATE].state, FIELD_ABSENT);
}

static void who_is_addressed_is_told_by_address_and_salutation_alone(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool medical;
    } rows[] = {
        {"Jean Dupont\n12 rue Haute\n\nService médical\n06000 Nice", true},
        {"CPAM\nN° 2 94 09 83 123 456 78   Service médical\n06000 Nice", true},
        {"CPAM\nA l'attention du médecin-conseil\n06000 Nice", true},
        {"Objet : ma demande du 12 mars 2026\n\nMadame, Monsieur le médecin-conseil,\n\nJe vous "
         "envoie",
         true},
        {"CPAM\n\nM. ou Mme le Médecin Conseil", true},
        {"52 rue du Port - 06400 Cannes - Tél. 04 97 22\nMadame, Monsieur le médecin-conseil,",
         true},
        {"Service prestations\n\nMadame, Monsieur,\n\nLe médecin-conseil m'a reçu le 12 mars 2026 "
         "et m'a dit",
         false},
        {"Monsieur,\n\nje vous envoie ce certificat que voulait le\nmédecin-conseil.", false},
        {"Votre courrier dit que\nLe médecin-conseil m'a reçu\nle 22 mars", false},
        {"Merci de voir avec moi\net avec le médecin-conseil\nce dossier", false},
        {"Caisse Primaire d'Assurance Maladie des Alpes\nService médical de Nice", true},
        {"Certificat médical\nCentre médical du Port", false},
    };
    const struct phrase names[] = {phrase_of("service médical"), phrase_of("médecin-conseil"),
                                   phrase_of("médecin conseil")};
    const struct addressee medical = {names, sizeof names / sizeof *names};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct page_text page;
        struct ocr_rect box = {0};
        const struct ocr_text *text = typed(&page, rows[i].text);
        if (addressee_find(text, &medical, 1000, &box) != rows[i].medical)
            fail_msg("'%s': medical %d wanted", rows[i].text, rows[i].medical);
        assert_int_equal(box.width > 0, rows[i].medical);
        assert_false(addressee_find(text, &medical, 10, &box)); /* at the foot of a page */
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(insured_numbers_are_proven_in_every_way_of_writing),
        cmocka_unit_test(what_no_key_proves_is_no_insured_number),
        cmocka_unit_test(two_insured_numbers_on_a_page_prove_neither),
        cmocka_unit_test(an_insured_number_that_is_not_proven_is_located),
        cmocka_unit_test(lines_that_may_be_a_misread_number_are_named),
        cmocka_unit_test(a_proof_may_be_doubtful),
        cmocka_unit_test(dates_are_read_as_french_letters_write_them),
        cmocka_unit_test(cerfa_numbers_volets_and_organisations_are_read),
        cmocka_unit_test(a_proven_field_is_never_overwritten),
        cmocka_unit_test(who_is_addressed_is_told_by_address_and_salutation_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
