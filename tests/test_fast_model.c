/*
 * Models and pages that nobody would want: foreign and damaged models are refused in one line and
 * Tesseract reads; endless lines, noise and rulings cost bounded time and memory.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <leptonica/allheaders.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/scope.h"
#include "image/decode.h"
#include "image/page.h"
#include "ocr/fast/reader.h"
#include "ocr/model_file.h"
#include "ocr/ocr.h"
#include "tests/check.h"
#include "tests/model_fixture.h"
#include "tests/page_fixture.h"

#define COUNT(rows) (sizeof(rows) / sizeof *(rows))

enum { WIDE = 20000, LINE_HEIGHT = 37, WIDE_LINE_KB = 60000 };

/* A sanitizer's memory says nothing about ours. */
#ifdef __SANITIZE_ADDRESS__
enum { SANITIZED = 1 };
#else
enum { SANITIZED = 0 };
#endif

static void the_drawn_model_reads(void **state)
{
    SCOPED(fast_reader_free) struct fast_reader *reader = NULL;
    SCOPED(buf_free) struct buf model = {0};
    SCOPED(image_free) struct Pix *strip = NULL;
    SCOPED(ocr_text_free) struct ocr_text text = {0};
    struct err err = {0};
    double assurance;

    (void)state;
    assert_int_equal(model_fixture(MODEL_KNOWN, &model), 0);
    check_ok(fast_reader_new(&model, OCR_KERNELS_BEST, &reader, &err), &err);
    strip = fixture_pattern(300, LINE_HEIGHT, 8, 1);
    check_ok(fast_reader_line(reader, strip, &text, &assurance, &err), &err);
    assert_true(assurance >= 0 && assurance <= 1);
}

static void foreign_models_are_refused_in_one_line(void **state)
{
    (void)state;
    for (int kind = MODEL_KNOWN + 1; kind < MODEL_KINDS; kind++) {
        SCOPED(buf_free) struct buf model = {0};
        struct fast_reader *reader = NULL;
        struct err err = {0};

        assert_int_equal(model_fixture((enum model_kind)kind, &model), 0);
        check_refused(fast_reader_new(&model, OCR_KERNELS_BEST, &reader, &err), ERR_FORMAT, &err);
        assert_null(reader);
        assert_null(model.at); /* taken over all the same */
        assert_memory_equal(err.text, "model: ", 7);
        assert_null(strchr(err.text, '\n'));
    }
}

/* Every byte of it, changed in three ways: refused with a text, or read. */
static void every_changed_byte_is_refused_or_read(void **state)
{
    static const uint8_t masks[] = {0xff, 0x80, 0x01};
    SCOPED(buf_free) struct buf whole = {0};
    size_t refused = 0;

    (void)state;
    assert_int_equal(model_fixture(MODEL_KNOWN, &whole), 0);
    for (size_t i = 0; i < whole.len * COUNT(masks); i++) {
        SCOPED(fast_reader_free) struct fast_reader *reader = NULL;
        struct buf model = {0};
        struct err err = {0};

        assert_int_equal(buf_append(&model, buf_view(&whole)), 0);
        model.at[i / COUNT(masks)] ^= masks[i % COUNT(masks)];
        if (fast_reader_new(&model, OCR_KERNELS_PLAIN, &reader, &err) < 0) {
            assert_int_equal(err.code, ERR_FORMAT);
            assert_true(err.text[0] && !strchr(err.text, '\n'));
            refused++;
        }
    }
    assert_in_range(refused, whole.len / 10, whole.len * COUNT(masks));
}

static void every_truncation_is_refused(void **state)
{
    SCOPED(buf_free) struct buf whole = {0};

    (void)state;
    assert_int_equal(model_fixture(MODEL_KNOWN, &whole), 0);
    for (size_t len = 0; len < whole.len; len++) {
        struct fast_reader *reader = NULL;
        struct buf model = {0};
        struct err err = {0};

        assert_int_equal(buf_append(&model, bytes_of(whole.at, len)), 0);
        if (fast_reader_new(&model, OCR_KERNELS_PLAIN, &reader, &err) == 0)
            fail_msg("%zu of %zu bytes were read", len, whole.len);
        fast_reader_free(&reader);
    }
}

/* The installed model with another squashing function, which Tesseract bears: it reads alone, and
 * why is said. */
static void a_refused_model_leaves_reading_to_tesseract(void **state)
{
    static const char layer[] = "\4\0\0\0Tanh", other[] = "\4\0\0\0Relu";
    char folder[] = "/tmp/tripli-model-XXXXXX", path[64];
    struct ocr_params params = OCR_DEFAULT;
    SCOPED(buf_free) struct buf model = {0};
    SCOPED(ocr_free) struct ocr *ocr = NULL;
    SCOPED(image_free) struct Pix *page = fixture_page(900, 300, 300);
    SCOPED(ocr_text_free) struct ocr_text text = {0};
    struct err err = {0};
    struct ocr_request request = {.page = page, .dpi = 300, .deadline_ms = 60000};

    (void)state;
    check_ok(ocr_model_read(&params, &model, &err), &err);
    uint8_t *at = memmem(model.at, model.len, layer, sizeof layer - 1);
    assert_non_null(at);
    memcpy(at, other, sizeof other - 1);
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/fra.traineddata", folder);
    check_ok(file_write(path, 0600, buf_view(&model), &err), &err);
    params.model_dir = folder;
    check_ok(ocr_open(&params, &ocr, &err), &err);
    check_ok(file_remove_tree(folder, &err), &err);
    assert_memory_equal(ocr_refusal(ocr), "model: ", 7);
    assert_memory_equal(ocr_id(ocr), "tesseract ", 10);
    fixture_write(page, "caisse primaire", 100, 100);
    check_ok(ocr_read(ocr, &request, &text, &err), &err);
    assert_int_equal(text.account.reader, OCR_TESSERACT);
    assert_int_equal(text.account.fallback, OCR_FALLBACK_MODEL);
}

static struct Pix *noise_strip(int width, unsigned seed)
{
    struct Pix *strip = NULL;
    struct err err = {0};
    SCOPED(scope_free) uint8_t *row = malloc((size_t)width);

    assert_non_null(row);
    check_ok(page_new((uint32_t)width, LINE_HEIGHT, 8, &strip, &err), &err);
    for (uint32_t y = 0; y < LINE_HEIGHT; y++) {
        for (int x = 0; x < width; x++)
            row[x] = (uint8_t)(fixture_random(&seed) % 256);
        page_put_row(strip, y, row);
    }
    return strip;
}

static long most_memory_kb(void)
{
    struct rusage use;

    getrusage(RUSAGE_SELF, &use);
    return use.ru_maxrss;
}

/* The widest line that is read, of noise, so that every step of the search has much to do. */
static void the_widest_line_costs_bounded_time_and_memory(void **state)
{
    struct ocr_params params = OCR_DEFAULT;
    SCOPED(buf_free) struct buf model = {0};
    SCOPED(fast_reader_free) struct fast_reader *reader = NULL;
    SCOPED(image_free) struct Pix *strip = noise_strip(WIDE, 5);
    SCOPED(ocr_text_free) struct ocr_text text = {0};
    struct err err = {0};
    double assurance;

    (void)state;
    check_ok(ocr_model_read(&params, &model, &err), &err);
    check_ok(fast_reader_new(&model, OCR_KERNELS_BEST, &reader, &err), &err);
    long before = most_memory_kb();
    int64_t started = clock_cpu_us();
    check_ok(fast_reader_line(reader, strip, &text, &assurance, &err), &err);
    assert_in_range(clock_cpu_us() - started, 0, 20000000);
    if (!SANITIZED)
        assert_in_range(most_memory_kb() - before, 0, WIDE_LINE_KB);
}

static void a_line_that_is_too_wide_goes_to_tesseract(void **state)
{
    struct ocr_params params = OCR_DEFAULT;
    SCOPED(ocr_free) struct ocr *ocr = NULL;
    SCOPED(image_free) struct Pix *strip = fixture_page(WIDE + 4000, LINE_HEIGHT, 300);
    SCOPED(ocr_text_free) struct ocr_text text = {0};
    struct err err = {0};
    struct ocr_request request = {
        .page = strip, .dpi = 300, .layout = OCR_STRIP, .deadline_ms = 60000};

    (void)state;
    check_ok(ocr_open(&params, &ocr, &err), &err);
    assert_null(ocr_refusal(ocr));
    fixture_write(strip, "caisse primaire", 100, 5);
    check_ok(ocr_read(ocr, &request, &text, &err), &err);
    assert_int_equal(text.account.reader, OCR_TESSERACT);
    assert_int_equal(text.account.fallback, OCR_FALLBACK_WIDTH);
}

enum { NOISE, RULINGS, LETTER, PAGE_KINDS };

static struct Pix *odd_page(int kind)
{
    struct Pix *page =
        kind == LETTER ? fixture_letter() : fixture_page(FIXTURE_WIDTH, FIXTURE_HEIGHT, 300);
    unsigned seed = 11;

    for (int y = 0; kind == NOISE && y < FIXTURE_HEIGHT; y += 3)
        for (int x = 0; x < FIXTURE_WIDTH; x += 3)
            if (fixture_random(&seed) % 4 == 0)
                pixRasterop(page, x, y, 3, 3, PIX_SET, NULL, 0, 0);
    for (int y = 40; kind == RULINGS && y < FIXTURE_HEIGHT; y += 40)
        pixRasterop(page, 60, y, FIXTURE_WIDTH - 120, 3, PIX_SET, NULL, 0, 0);
    return page;
}

/* A glance at a page costs what the fast engine costs, whatever the page; and who read is said. */
static void odd_pages_cost_a_glance_and_say_who_read(void **state)
{
    struct ocr_params params = OCR_DEFAULT;
    SCOPED(ocr_free) struct ocr *ocr = NULL;
    struct err err = {0};

    (void)state;
    check_ok(ocr_open(&params, &ocr, &err), &err);
    for (int kind = 0; kind < PAGE_KINDS; kind++) {
        SCOPED(image_free) struct Pix *page = odd_page(kind);
        SCOPED(ocr_text_free) struct ocr_text text = {0};
        struct ocr_request request = {
            .page = page, .dpi = 300, .rough = true, .deadline_ms = 60000};
        int64_t started = clock_cpu_us();

        check_ok(ocr_read(ocr, &request, &text, &err), &err);
        assert_in_range(clock_cpu_us() - started, 0, 10000000);
        assert_int_equal(text.account.reader, OCR_FAST);
        assert_int_equal(text.account.fallback, OCR_FALLBACK_NONE);
        assert_true(text.account.ms[OCR_STEP_LAYOUT] > 0);
        assert_true(text.account.ms[OCR_STEP_TESSERACT] == 0);
        assert_int_equal(text.account.ms[OCR_STEP_NETWORK] > 0, kind == LETTER || text.count > 0);
    }
}

/* Rulings are no text that the line finder could answer for. */
static void what_is_left_to_tesseract_says_why(void **state)
{
    struct ocr_params params = OCR_DEFAULT;
    SCOPED(ocr_free) struct ocr *ocr = NULL;
    SCOPED(image_free) struct Pix *page = odd_page(RULINGS);
    SCOPED(ocr_text_free) struct ocr_text text = {0};
    struct err err = {0};
    struct ocr_request request = {.page = page, .dpi = 300, .deadline_ms = 60000};

    (void)state;
    check_ok(ocr_open(&params, &ocr, &err), &err);
    check_ok(ocr_read(ocr, &request, &text, &err), &err);
    assert_int_equal(text.account.reader, OCR_TESSERACT);
    assert_int_equal(text.account.fallback, OCR_FALLBACK_LAYOUT);
    assert_true(text.account.ms[OCR_STEP_LAYOUT] > 0 && text.account.ms[OCR_STEP_TESSERACT] > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_drawn_model_reads),
        cmocka_unit_test(foreign_models_are_refused_in_one_line),
        cmocka_unit_test(every_changed_byte_is_refused_or_read),
        cmocka_unit_test(every_truncation_is_refused),
        cmocka_unit_test(a_refused_model_leaves_reading_to_tesseract),
        cmocka_unit_test(the_widest_line_costs_bounded_time_and_memory),
        cmocka_unit_test(a_line_that_is_too_wide_goes_to_tesseract),
        cmocka_unit_test(odd_pages_cost_a_glance_and_say_who_read),
        cmocka_unit_test(what_is_left_to_tesseract_says_why),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
