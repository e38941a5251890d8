/*
 * Reading text: what is promised about words, zones, deadlines, threads and missing models.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "ocr/ocr.h"

#include <dirent.h>
#include <leptonica/allheaders.h>
#include <stdlib.h>
#include <string.h>

#include "base/scope.h"
#include "image/decode.h"
#include "tests/check.h"
#include "tests/page_fixture.h"

static struct ocr *reader;

static int open_reader(void **state)
{
    struct ocr_params params = OCR_DEFAULT;
    struct err err = {0};

    (void)state;
    check_ok(ocr_open(&params, &reader, &err), &err);
    return 0;
}

static int close_reader(void **state)
{
    (void)state;
    ocr_free(&reader);
    assert_null(reader);
    ocr_free(&reader);
    return 0;
}

static struct ocr_text read_zone(const struct Pix *page, struct ocr_rect zone,
                                 enum ocr_layout layout)
{
    struct ocr_request request = {
        .page = page, .dpi = 300, .zone = zone, .layout = layout, .deadline_ms = 60000};
    struct err err = {0};
    struct ocr_text text;

    check_ok(ocr_read(reader, &request, &text, &err), &err);
    return text;
}

static void words_have_places_lines_and_confidence(void **state)
{
    static const struct {
        const char *text;
        int32_t line, y;
    } want[] = {{"caisse", 0, 300},
                {"primaire", 0, 300},
                {"feuille", 1, 400},
                {"de", 1, 400},
                {"soins", 1, 400}};
    SCOPED(image_free) struct Pix *page = fixture_page(1400, 900, 300);
    SCOPED(ocr_text_free) struct ocr_text text = {0};
    SCOPED(scope_free) char *plain = NULL;

    (void)state;
    fixture_write(page, "caisse primaire", 300, 300);
    fixture_write(page, "feuille de soins", 300, 400);
    text = read_zone(page, (struct ocr_rect){0}, OCR_BLOCK);
    assert_int_equal(text.count, 5);
    assert_true((double)text.confidence > 0.7 && (double)text.confidence <= 1);
    for (size_t i = 0; i < text.count; i++) {
        assert_string_equal(text.words[i].text, want[i].text);
        assert_int_equal(text.words[i].line, want[i].line);
        assert_in_range(text.words[i].box.y, want[i].y - 25, want[i].y + 40);
        assert_in_range(text.words[i].box.height, 20, 80);
        assert_in_range(text.words[i].box.x, 290, 1000);
    }
    plain = ocr_text_plain(&text);
    assert_string_equal(plain, "caisse primaire\nfeuille de soins\n");
}

static void a_zone_is_read_alone_in_page_pixels(void **state)
{
    static const int depths[] = {1, 8, 32};

    (void)state;
    for (size_t i = 0; i < sizeof depths / sizeof *depths; i++) {
        struct ocr_rect zone = {250, 540, 900, 110};
        SCOPED(image_free) struct Pix *bits = fixture_page(1400, 900, 300);
        SCOPED(image_free) struct Pix *page = NULL;
        SCOPED(ocr_text_free) struct ocr_text text = {0};

        fixture_write(bits, "not this", 300, 300);
        fixture_write(bits, "securite sociale", 300, 580);
        page = depths[i] == 1   ? pixClone(bits)
               : depths[i] == 8 ? pixConvertTo8(bits, 0)
                                : pixConvertTo32(bits);
        text = read_zone(page, zone, OCR_LINE);
        assert_int_equal(text.count, 2);
        assert_string_equal(text.words[1].text, "sociale");
        for (size_t k = 0; k < text.count; k++) {
            assert_in_range(text.words[k].box.y, zone.y, zone.y + zone.height);
            assert_in_range(text.words[k].box.x, zone.x, zone.x + zone.width);
        }
    }
}

static void a_zone_is_cut_to_the_page(void **state)
{
    SCOPED(image_free) struct Pix *page = fixture_page(600, 300, 300);
    struct ocr_request request = {.page = page,
                                  .dpi = 300,
                                  .zone = {-50, -50, 10000, 10000},
                                  .layout = OCR_BLOCK,
                                  .deadline_ms = 10000};
    struct err err = {0};
    struct ocr_text text;

    (void)state;
    check_ok(ocr_read(reader, &request, &text, &err), &err);
    ocr_text_free(&text);
    request.zone = (struct ocr_rect){700, 10, 50, 50};
    check_refused(ocr_read(reader, &request, &text, &err), ERR_LIMIT, &err);
    assert_int_equal(text.count, 0);
}

static void an_empty_page_has_no_words(void **state)
{
    static const enum ocr_layout layouts[] = {OCR_PAGE, OCR_BLOCK, OCR_LINE};
    SCOPED(image_free) struct Pix *page = fixture_page(600, 300, 300);

    (void)state;
    for (size_t i = 0; i < sizeof layouts / sizeof *layouts; i++) {
        SCOPED(ocr_text_free)
        struct ocr_text text = read_zone(page, (struct ocr_rect){0}, layouts[i]);
        SCOPED(scope_free) char *plain = ocr_text_plain(&text);

        assert_int_equal(text.count, 0);
        assert_true(text.confidence == 0);
        assert_string_equal(plain, "");
    }
}

static void pages_of_a_few_pixels_do_no_harm(void **state)
{
    (void)state;
    for (int size = 1; size < 20; size++) {
        SCOPED(image_free) struct Pix *page = fixture_pattern(size, 20 - size, 8, 1);
        SCOPED(ocr_text_free)
        struct ocr_text text = read_zone(page, (struct ocr_rect){0}, OCR_BLOCK);
    }
}

static void a_deadline_returns_what_was_read(void **state)
{
    SCOPED(image_free) struct Pix *page = fixture_letter();
    struct ocr_request request = {.page = page, .dpi = 300, .layout = OCR_BLOCK, .deadline_ms = 1};
    struct err err = {0};
    struct ocr_text text;

    (void)state;
    check_refused(ocr_read(reader, &request, &text, &err), ERR_TIMEOUT, &err);
    assert_true(text.count < 200);
    ocr_text_free(&text);
    /* The engine is as good as before. */
    request.zone = (struct ocr_rect){250, 480, 2100, 120};
    request.deadline_ms = 60000;
    check_ok(ocr_read(reader, &request, &text, &err), &err);
    assert_true(text.count > 5);
    ocr_text_free(&text);
}

static void the_same_zone_reads_the_same_twice(void **state)
{
    SCOPED(image_free) struct Pix *page = fixture_letter();
    struct ocr_rect zone = {250, 480, 2100, 320};
    SCOPED(ocr_text_free) struct ocr_text one = read_zone(page, zone, OCR_BLOCK);
    SCOPED(ocr_text_free) struct ocr_text other = read_zone(page, zone, OCR_BLOCK);

    (void)state;
    assert_int_equal(one.count, other.count);
    for (size_t i = 0; i < one.count; i++) {
        assert_string_equal(one.words[i].text, other.words[i].text);
        assert_true(one.words[i].confidence == other.words[i].confidence);
    }
}

static void reading_stays_in_one_thread(void **state)
{
    SCOPED(image_free) struct Pix *page = fixture_letter();
    SCOPED(ocr_text_free)
    struct ocr_text text = read_zone(page, (struct ocr_rect){250, 480, 2100, 320}, OCR_BLOCK);
    DIR *tasks = opendir("/proc/self/task");
    int threads = 0;

    (void)state;
    assert_non_null(tasks);
    for (struct dirent *entry = readdir(tasks); entry; entry = readdir(tasks))
        threads += entry->d_name[0] != '.';
    closedir(tasks);
    assert_int_equal(threads, 1);
}

static void the_model_is_named_with_its_digest(void **state)
{
    const char *id = ocr_id(reader);
    const char *digest = strrchr(id, ' ') + 1;

    (void)state;
    assert_memory_equal(id, "fast 1, tesseract 5.", 20);
    assert_non_null(strstr(id, " fra "));
    assert_int_equal(strlen(digest), 12);
    assert_int_equal(strspn(digest, "0123456789abcdef"), 12);
}

static void a_missing_model_names_its_package(void **state)
{
    struct ocr_params params = {.language = "nld", .model_dir = "/nonexistent"};
    struct err err = {0};
    struct ocr *none;

    (void)state;
    check_refused(ocr_open(&params, &none, &err), ERR_NOT_FOUND, &err);
    assert_non_null(strstr(err.text, "tesseract-ocr-nld"));
    assert_null(none);
    params.language = "../../etc/passwd";
    check_refused(ocr_open(&params, &none, &err), ERR_CONFIG, &err);
}

static void more_threads_are_refused(void **state)
{
    static const char *const limits[] = {"2", "", NULL};

    (void)state;
    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
        struct ocr_params params = OCR_DEFAULT;
        struct err err = {0};
        struct ocr *none;

        if (limits[i])
            setenv("OMP_THREAD_LIMIT", limits[i], 1);
        else
            unsetenv("OMP_THREAD_LIMIT");
        check_refused(ocr_open(&params, &none, &err), ERR_CONFIG, &err);
    }
    setenv("OMP_THREAD_LIMIT", "1", 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_have_places_lines_and_confidence),
        cmocka_unit_test(a_zone_is_read_alone_in_page_pixels),
        cmocka_unit_test(a_zone_is_cut_to_the_page),
        cmocka_unit_test(an_empty_page_has_no_words),
        cmocka_unit_test(pages_of_a_few_pixels_do_no_harm),
        cmocka_unit_test(a_deadline_returns_what_was_read),
        cmocka_unit_test(the_same_zone_reads_the_same_twice),
        cmocka_unit_test(reading_stays_in_one_thread),
        cmocka_unit_test(the_model_is_named_with_its_digest),
        cmocka_unit_test(a_missing_model_names_its_package),
        cmocka_unit_test(more_threads_are_refused),
    };
    return cmocka_run_group_tests(tests, open_reader, close_reader);
}
