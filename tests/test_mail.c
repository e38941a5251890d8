/*
 * The mail generator: what it promises about seeds, labels, shares and numbers.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <dirent.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/digest.h"
#include "base/file.h"
#include "base/scope.h"
#include "bench/mail/hand.h"
#include "bench/mail/hopper.h"
#include "bench/mail/letter_text.h"
#include "classify/cmc7.h"
#include "classify/glance.h"
#include "classify/keys.h"
#include "classify/separator.h"
#include "image/decode.h"
#include "image/header.h"
#include "tests/check.h"

enum { PLANNED = 3000, DRAWN = 5, FILES_MAX = 200, COLUMNS = 19, FILE_LIMIT = 64 << 20 };

/* Pages are drawn small: 150 dpi costs a quarter of 300. */
static struct mail_order small_order(void)
{
    struct mail_order order = mail_order_usual();
    order.habits.dpi = 150;
    order.seed = 12;
    return order;
}

static void make_folder(char ret_folder[32])
{
    char text[64];
    struct err err;
    snprintf(ret_folder, 32, "/tmp/test_mail.XXXXXX");
    assert_non_null(mkdtemp(ret_folder));
    snprintf(text, sizeof text, "%s/text", ret_folder);
    assert_int_equal(file_make_folders(text, 0755, &err), 0);
}

/* Draws `DRAWN` envelopes and the batch sheet in `jobs` shares, one after the other. */
static void draw_hopper(const char *folder, const struct mail_order *order, unsigned jobs)
{
    struct hopper_tally tally = {0};
    struct err err = {0};
    unsigned firsts[8];
    for (unsigned i = 0; i < jobs; i++) {
        struct hopper_share share = {i, jobs, DRAWN};
        firsts[i] = i;
        assert_int_equal(hopper_write(order, folder, &share, &tally, &err), 0);
    }
    assert_int_equal(hopper_join_labels(folder, firsts, jobs, &err), 0);
    assert_int_equal(tally.envelopes, DRAWN);
}

struct folder_names {
    char at[FILES_MAX][NAME_MAX + 1];
    unsigned count;
};

static void list_files(const char *folder, struct folder_names *ret_names)
{
    DIR *dir = opendir(folder);
    assert_non_null(dir);
    ret_names->count = 0;
    for (struct dirent *entry = readdir(dir); entry; entry = readdir(dir))
        if (entry->d_type == DT_REG && ret_names->count < FILES_MAX)
            snprintf(ret_names->at[ret_names->count++], NAME_MAX + 1, "%s", entry->d_name);
    closedir(dir);
}

static void read_in(const char *folder, const char *name, struct buf *ret_data)
{
    char path[PATH_MAX];
    struct err err = {0};
    snprintf(path, sizeof path, "%s/%s", folder, name);
    assert_int_equal(file_read(path, FILE_LIMIT, ret_data, &err), 0);
}

static void remove_folder(const char *folder)
{
    struct err err;
    assert_int_equal(file_remove_tree(folder, &err), 0);
}

static void one_seed_gives_the_same_bytes_with_any_number_of_jobs(void **state)
{
    (void)state;
    char one[32], three[32];
    struct mail_order order = small_order();
    struct folder_names *names = calloc(1, sizeof *names);
    assert_non_null(names);
    make_folder(one);
    make_folder(three);
    draw_hopper(one, &order, 1);
    draw_hopper(three, &order, 3);
    list_files(one, names);
    assert_true(names->count > 2 * DRAWN);
    for (unsigned i = 0; i < names->count; i++) {
        SCOPED(buf_free) struct buf a = {0}, b = {0};
        read_in(one, names->at[i], &a);
        read_in(three, names->at[i], &b);
        if (!bytes_equal(buf_view(&a), buf_view(&b)))
            fail_msg("%s differs", names->at[i]);
    }
    free(names);
    remove_folder(one);
    remove_folder(three);
}

static void another_seed_gives_another_picture_on_every_side(void **state)
{
    (void)state;
    char folder[2][32];
    struct digest seen[2 * FILES_MAX];
    unsigned count = 0;
    struct folder_names *names = calloc(1, sizeof *names);
    assert_non_null(names);
    for (unsigned k = 0; k < 2; k++) {
        struct mail_order order = small_order();
        order.seed += k;
        make_folder(folder[k]);
        draw_hopper(folder[k], &order, 1);
        list_files(folder[k], names);
        for (unsigned i = 0; i < names->count; i++) {
            SCOPED(buf_free) struct buf data = {0};
            read_in(folder[k], names->at[i], &data);
            seen[count++] = digest_of(buf_view(&data));
        }
        remove_folder(folder[k]);
    }
    free(names);
    for (unsigned i = 0; i < count; i++)
        for (unsigned j = 0; j < i; j++)
            assert_false(digest_equal(&seen[i], &seen[j]));
}

/* Splits a row at its tabs. */
static unsigned split(char *row, char *ret_cells[COLUMNS])
{
    unsigned n = 0;
    for (char *cell = row; cell && n < COLUMNS; n++) {
        ret_cells[n] = strsep(&cell, "\t");
    }
    return n;
}

static void check_row(const char *folder, char *cells[COLUMNS])
{
    SCOPED(buf_free) struct buf data = {0};
    struct image_header header;
    struct err err = {0};
    read_in(folder, cells[0], &data);
    assert_int_equal(image_header_read(buf_view(&data), 1, &header, &err), 0);
    assert_int_equal(header.depth, !strcmp(cells[7], "bw")     ? 1
                                   : !strcmp(cells[7], "gray") ? 8
                                                               : 32);
    assert_int_equal((int)(header.x_dpi + 0.5), atoi(cells[6]));
    assert_int_equal(atoi(cells[2]) % 90, 0);
    if (!strcmp(cells[1], "care_form") || !strcmp(cells[1], "sick_note"))
        assert_true(nir_is_valid(cells[3]));
    struct image_decode_params params = IMAGE_DECODE_DEFAULT;
    SCOPED(image_free) struct Pix *page = NULL;
    assert_int_equal(image_decode(buf_view(&data), &params, &page, &err), 0);
}

static void every_side_has_a_label_and_decodes_as_it_says(void **state)
{
    (void)state;
    char folder[32];
    struct mail_order order = small_order();
    struct folder_names *names = calloc(1, sizeof *names);
    SCOPED(buf_free) struct buf labels = {0};
    assert_non_null(names);
    make_folder(folder);
    draw_hopper(folder, &order, 2);
    list_files(folder, names);
    read_in(folder, "labels.tsv", &labels);
    buf_append(&labels, bytes_of("", 1));
    char *rest = (char *)labels.at, *cells[COLUMNS];
    static const char corpus_columns[] = "path\ttype\trotation\tnir\tmicr\tkey\tdpi\tmode\tnote\t";
    assert_memory_equal(rest, corpus_columns, sizeof corpus_columns - 1);
    strsep(&rest, "\n");
    unsigned rows = 0;
    for (char *row = strsep(&rest, "\n"); row && *row; row = strsep(&rest, "\n"), rows++) {
        assert_int_equal(split(row, cells), COLUMNS);
        check_row(folder, cells);
    }
    assert_int_equal(rows, names->count - 1); /* all files but labels.tsv itself */
    free(names);
    remove_folder(folder);
}

struct shares {
    unsigned kinds[MAIL_KINDS], modes[SCAN_MODES];
    unsigned sheets, written, letters, handwritten, dpi_300;
};

static void count_sheet(const struct sheet *sheet, struct shares *shares)
{
    const struct page *pages[2] = {&sheet->front, &sheet->back};
    if (sheet->front.kind == PAGE_SEPARATOR)
        return;
    shares->sheets++;
    shares->modes[sheet->look.mode]++;
    shares->dpi_300 += sheet->look.dpi == 300;
    for (int i = 0; i < 2; i++) {
        shares->written += pages[i]->kind != PAGE_BLANK;
        shares->letters += pages[i]->kind == PAGE_LETTER;
        shares->handwritten += pages[i]->kind == PAGE_LETTER && pages[i]->handwritten;
    }
}

static void check_share(const char *what, double got, double want, double tolerance)
{
    if (got < want - tolerance || got > want + tolerance)
        fail_msg("%s: got %.3f, want %.3f +- %.3f", what, got, want, tolerance);
}

static void the_mix_is_the_one_that_was_ordered(void **state)
{
    (void)state;
    struct mail_order order = mail_order_usual();
    struct shares shares = {0};
    struct envelope *envelope = calloc(1, sizeof *envelope);
    assert_non_null(envelope);
    for (unsigned number = 1; number <= PLANNED; number++) {
        envelope_plan(&order, number, envelope);
        shares.kinds[envelope->kind]++;
        for (unsigned i = 0; i < envelope->sheet_count; i++)
            count_sheet(&envelope->sheets[i], &shares);
    }
    free(envelope);
    for (int i = 0; i < MAIL_KINDS; i++) /* three standard deviations */
        check_share(mail_kind_name((enum mail_kind)i), shares.kinds[i] / (double)PLANNED,
                    order.mix[i] / 100, 0.03);
    check_share("written pages", shares.written / (double)PLANNED, 2.2, 0.07);
    for (int i = 0; i < SCAN_MODES; i++)
        check_share(scan_mode_name((enum scan_mode)i), shares.modes[i] / (double)shares.sheets,
                    1.0 / 3, 0.03);
    check_share("300 dpi", shares.dpi_300 / (double)shares.sheets, 2.0 / 3, 0.03);
    check_share("handwritten", shares.handwritten / (double)shares.letters, 0.5, 0.06);
}

static void the_numbers_of_invented_people_hold(void **state)
{
    (void)state;
    struct chance chance = chance_of(5, 5);
    bool corsican = false;
    for (int i = 0; i < 2000; i++) {
        struct person person = person_invent(&chance);
        struct prescriber prescriber = prescriber_invent(&chance);
        struct employer employer = employer_invent(&chance);
        if (!nir_is_valid(person.nir))
            fail_msg("number %d is not valid", i);
        corsican = corsican || strpbrk(person.nir, "AB");
        assert_true(rpps_is_valid(prescriber.rpps));
        assert_true(siret_is_valid(employer.siret));
    }
    assert_true(corsican);
}

static void typed_letters_have_120_to_250_words_and_no_two_are_equal(void **state)
{
    (void)state;
    enum { LETTERS = 400 };
    struct digest seen[LETTERS];
    const struct letter_words wanted = {120, 250};
    for (unsigned i = 0; i < LETTERS; i++) {
        struct mail_order order = mail_order_usual();
        struct envelope *envelope = calloc(1, sizeof *envelope);
        assert_non_null(envelope);
        envelope_plan(&order, i + 1, envelope);
        struct chance chance = chance_of(7, i);
        unsigned words = 0;
        SCOPED(scope_free) char *text = letter_compose(&chance, &envelope->affair, &wanted, &words);
        assert_non_null(text);
        if (words < 120 || words > 250)
            fail_msg("letter %u: got %u words, want 120 to 250", i, words);
        assert_null(strchr(text, '{'));
        seen[i] = digest_of(bytes_of(text, strlen(text)));
        for (unsigned j = 0; j < i; j++)
            assert_false(digest_equal(&seen[i], &seen[j]));
        free(envelope);
    }
}

static void a_cheque_line_carries_its_proof(void **state)
{
    (void)state;
    struct mail_order order = small_order();
    struct envelope *envelope = calloc(1, sizeof *envelope);
    struct err err = {0};
    assert_non_null(envelope);
    memset(order.mix, 0, sizeof order.mix);
    order.mix[MAIL_CHEQUE] = 1;
    order.only_kind = true;
    order.separators = false;
    for (unsigned i = 1; i <= 5; i++) {
        char digits[32] = "";
        SCOPED(image_free) struct Pix *image = NULL;
        envelope_plan(&order, i, envelope);
        struct page *page = &envelope->sheets[0].front;
        assert_int_equal(scan_page(page, &envelope->sheets[0].look, &image, &err), 0);
        page_free_text(page);
        assert_int_equal(strlen(page->micr), 37);
        for (const char *p = page->micr; *p; p++)
            if (*p >= '0' && *p <= '9')
                digits[strlen(digits)] = *p; /* the rest is zero */
            else if (*p != ' ')
                assert_true(cmc7_index(*p) >= 0);
        assert_true(rlmc_is_valid(digits, page->key));
    }
    free(envelope);
}

/* Typed letters hold their running text in it, what is written by hand is not there. */
static void the_print_of_a_letter_is_noted(void **state)
{
    (void)state;
    int typed = 0, written = 0;
    struct mail_order order = small_order();
    struct envelope *envelope = calloc(1, sizeof *envelope);
    assert_non_null(envelope);
    memset(order.mix, 0, sizeof order.mix);
    order.mix[MAIL_LETTER] = 1;
    order.only_kind = true;
    order.separators = false;
    for (unsigned i = 1; typed + written < 8; i++) {
        struct err err = {0};
        SCOPED(image_free) struct Pix *image = NULL;
        envelope_plan(&order, i, envelope);
        struct page *page = &envelope->sheets[0].front;
        check_ok(scan_page(page, &envelope->sheets[0].look, &image, &err), &err);
        bool noted = page->print.len > 0 &&
                     memmem(page->print.at, page->print.len, page->text, strlen(page->text));
        assert_int_equal(noted, !page->handwritten);
        typed += !page->handwritten;
        written += page->handwritten;
        page_free_text(page);
    }
    assert_true(typed > 0 && written > 0);
    free(envelope);
}

static void a_drawn_separator_is_read_as_one_however_it_lies(void **state)
{
    (void)state;
    struct mail_order order = small_order();
    order.habits = SCAN_HABITS_DEFAULT;
    order.habits.turned = 0.7;
    struct envelope *envelope = calloc(1, sizeof *envelope);
    assert_non_null(envelope);
    for (unsigned i = 0; i < 8; i++) {
        struct err err = {0};
        SCOPED(image_free) struct Pix *image = NULL;
        SCOPED(glance_clear) struct glance glance = {0};
        struct separator separator = {0};
        envelope_plan(&order, i, envelope);
        struct sheet *sheet = &envelope->sheets[0];
        assert_int_equal(sheet->front.kind, PAGE_SEPARATOR);
        check_ok(scan_page(&sheet->front, &sheet->look, &image, &err), &err);
        page_free_text(&sheet->front);
        check_ok(glance_make(image, &glance, &err), &err);
        check_ok(separator_find(image, &glance, sheet->look.dpi, &separator, &err), &err);
        assert_int_equal(separator.level, i == 0 ? SEPARATOR_BATCH : SEPARATOR_ENVELOPE);
        assert_string_equal(separator.code, i == 0 ? "tripli-b:061" : "tripli-e");
        assert_int_equal(separator.rotation, sheet->look.placement.rotation);
    }
    free(envelope);
}

static void amounts_are_spelt_as_the_french_do(void **state)
{
    (void)state;
    static const struct {
        unsigned cents;
        const char *words;
    } rows[] = {{100, "un euro"},
                {2100, "vingt et un euros"},
                {7100, "soixante et onze euros"},
                {8000, "quatre-vingts euros"},
                {8101, "quatre-vingt-un euros et un centime"},
                {9950, "quatre-vingt-dix-neuf euros et cinquante centimes"},
                {20000, "deux cents euros"},
                {20100, "deux cent un euros"},
                {100000, "mille euros"},
                {123456, "mille deux cent trente-quatre euros et cinquante-six centimes"},
                {300000, "trois mille euros"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char text[160];
        french_amount(rows[i].cents, text, sizeof text);
        assert_string_equal(text, rows[i].words);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_seed_gives_the_same_bytes_with_any_number_of_jobs),
        cmocka_unit_test(another_seed_gives_another_picture_on_every_side),
        cmocka_unit_test(every_side_has_a_label_and_decodes_as_it_says),
        cmocka_unit_test(the_mix_is_the_one_that_was_ordered),
        cmocka_unit_test(the_numbers_of_invented_people_hold),
        cmocka_unit_test(typed_letters_have_120_to_250_words_and_no_two_are_equal),
        cmocka_unit_test(a_cheque_line_carries_its_proof),
        cmocka_unit_test(the_print_of_a_letter_is_noted),
        cmocka_unit_test(a_drawn_separator_is_read_as_one_however_it_lies),
        cmocka_unit_test(amounts_are_spelt_as_the_french_do),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    canvas_release_fonts();
    return failed;
}
