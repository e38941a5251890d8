/*
 * All kernels that this processor has give the same bits as the plain ones: on random weights and
 * inputs, on the extremes of both, where 16-bit sums would saturate, and on every size that leaves
 * a part of a vector over.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "ocr/fast/kernels.h"

#include <stdlib.h>
#include <string.h>

#include "base/scope.h"
#include "tests/check.h"
#include "tests/page_fixture.h"

enum { VECTORS = 19, GUARD = 64 };

/* What weights and inputs are drawn from; 0: any byte. */
struct values {
    const char *name;
    int weights[2], inputs[2];
};
static const struct values all_values[] = {{"random", {0, 0}, {0, 0}},
                                           {"lowest", {-128, -128}, {-127, -127}},
                                           {"highest", {127, 127}, {127, 127}},
                                           {"opposed", {-128, -128}, {127, 127}},
                                           {"extremes", {-128, 127}, {-127, 127}}};

static int draw(unsigned *seed, const int from[2], int least)
{
    unsigned number = fixture_random(seed);
    if (from[0] || from[1])
        return from[number % 2];
    return least + (int)(number % (unsigned)(128 - least));
}

static void fill(unsigned *seed, const struct values *values, struct fast_matrix *matrix,
                 int8_t *cells)
{
    for (int i = 0; i < matrix->rows * (matrix->cols + 1); i++)
        cells[i] = (int8_t)draw(seed, values->weights, -128);
    for (int i = 0; i < matrix->rows; i++)
        matrix->scales[i] = (float)(1 + fixture_random(seed) % 2000) / 4e6f;
    matrix->cells = cells;
}

/* What one set of kernels makes of it. */
struct result {
    struct fast_packed all, tail;
    int32_t *sums, *added;
};

static void free_result(struct result *result)
{
    fast_packed_free(&result->all);
    fast_packed_free(&result->tail);
    free(result->sums);
    free(result->added);
}

static void calculate(const struct fast_kernels *kernels, const struct fast_matrix *matrix,
                      const int16_t *inputs, struct result *ret_result)
{
    int half = matrix->cols / 2;
    const struct fast_stack all = {&matrix, 1, 0, matrix->cols};
    const struct fast_stack tail = {&matrix, 1, half, matrix->cols - half};
    size_t stride = (size_t)(matrix->cols + 1) / 2 * 2;
    struct err err = {0};

    *ret_result = (struct result){0};
    check_ok(fast_pack(&all, kernels, &ret_result->all, &err), &err);
    check_ok(fast_pack(&tail, kernels, &ret_result->tail, &err), &err);
    size_t rows = (size_t)ret_result->all.rows;
    ret_result->sums = calloc(VECTORS * rows + GUARD, sizeof *ret_result->sums);
    ret_result->added = calloc(rows + GUARD, sizeof *ret_result->added);
    assert_non_null(ret_result->sums);
    assert_non_null(ret_result->added);
    for (size_t i = 0; i < rows; i++)
        ret_result->added[i] = (int32_t)(i * 1000);
    kernels->multiply(&ret_result->all, inputs, stride, VECTORS, ret_result->sums);
    kernels->add(&ret_result->tail, inputs, ret_result->added);
}

static void check_sums(const struct fast_matrix *matrix, const int16_t *inputs, const char *values)
{
    const struct fast_kernels *plain = fast_kernels_choose(OCR_KERNELS_PLAIN);
    SCOPED(free_result) struct result want;

    calculate(plain, matrix, inputs, &want);
    for (int asked = OCR_KERNELS_AVX2; asked <= OCR_KERNELS_VNNI; asked++) {
        const struct fast_kernels *kernels = fast_kernels_choose((enum ocr_kernels)asked);
        SCOPED(free_result) struct result got;
        calculate(kernels, matrix, inputs, &got);
        assert_int_equal(got.all.rows, want.all.rows);
        size_t rows = (size_t)want.all.rows;
        if (memcmp(got.sums, want.sums, (VECTORS * rows + GUARD) * sizeof *got.sums) != 0 ||
            memcmp(got.added, want.added, (rows + GUARD) * sizeof *got.added) != 0)
            fail_msg("%s: %d x %d %s weights give other sums than plain", kernels->name,
                     matrix->rows, matrix->cols, values);
    }
}

/* The first sum, reckoned here in 64 bits: the plain kernels themselves are right. */
static void check_first_sum(const struct fast_matrix *matrix, const int16_t *inputs)
{
    SCOPED(free_result) struct result got;
    int64_t want = (int64_t)FAST_ONE * matrix->cells[matrix->cols];

    for (int col = 0; col < matrix->cols; col++)
        want += matrix->cells[col] * inputs[col];
    calculate(fast_kernels_choose(OCR_KERNELS_PLAIN), matrix, inputs, &got);
    assert_int_equal(got.sums[0], want);
}

static void sums_are_equal_whatever_the_weights(void **state)
{
    static const int sizes[][2] = {{16, 9},   {8, 2},    {24, 17}, {140, 128}, {192, 64},
                                   {384, 96}, {512, 33}, {40, 34}, {1, 3},     {1024, 1024}};
    unsigned seed = 5;

    (void)state;
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++)
        for (size_t v = 0; v < sizeof all_values / sizeof *all_values; v++) {
            struct fast_matrix matrix = {sizes[s][0], sizes[s][1], NULL, NULL};
            size_t cells = (size_t)matrix.rows * (size_t)(matrix.cols + 1);
            size_t inputs = VECTORS * (size_t)(matrix.cols + 1);
            SCOPED(scope_free) int8_t *weights = malloc(cells);
            SCOPED(scope_free) int16_t *vectors = malloc(inputs * sizeof *vectors);
            SCOPED(scope_free) float *scales = malloc((size_t)matrix.rows * sizeof *scales);
            assert_true(weights && vectors && scales);
            matrix.scales = scales;
            fill(&seed, &all_values[v], &matrix, weights);
            for (size_t i = 0; i < inputs; i++)
                vectors[i] = (int16_t)draw(&seed, all_values[v].inputs, -127);
            check_sums(&matrix, vectors, all_values[v].name);
            check_first_sum(&matrix, vectors);
        }
}

enum { STATES = 24, GATE_SUMS = GATE_COUNT * STATES };

/* Sums over the whole range of the tables and beyond, and about their ends. */
static void draw_sums(unsigned *seed, int32_t sums[GATE_SUMS], float scales[GATE_SUMS])
{
    static const int32_t edges[] = {
        0, 1, -1, INT32_MAX, INT32_MIN, 4095 << 8, -(4095 << 8), (4095 << 8) - 1, 4096 << 8};

    for (int i = 0; i < GATE_SUMS; i++) {
        unsigned number = fixture_random(seed);
        sums[i] = number % 8 == 0 ? edges[fixture_random(seed) % (sizeof edges / sizeof *edges)]
                                  : (int32_t)(fixture_random(seed) % 2000000) - 1000000;
        scales[i] = number % 3 == 0 ? 1.0f / 65536 : (float)(number % 1000) / 1e8f;
    }
}

static void states_and_values_are_equal_to_the_bit(void **state)
{
    const struct fast_kernels *plain = fast_kernels_choose(OCR_KERNELS_PLAIN);
    unsigned seed = 11;

    (void)state;
    for (int asked = OCR_KERNELS_AVX2; asked <= OCR_KERNELS_VNNI; asked++) {
        const struct fast_kernels *kernels = fast_kernels_choose((enum ocr_kernels)asked);
        float want[STATES] = {0}, got[STATES] = {0};
        for (int round = 0; round < 2000; round++) {
            int16_t want_values[GATE_SUMS] = {0}, got_values[GATE_SUMS] = {0};
            int32_t sums[GATE_SUMS];
            float scales[GATE_SUMS];
            draw_sums(&seed, sums, scales);
            plain->step(sums, scales, STATES, want, want_values);
            kernels->step(sums, scales, STATES, got, got_values);
            assert_memory_equal(got, want, sizeof got);
            assert_memory_equal(got_values, want_values, sizeof got_values);
            plain->squash(sums, scales, GATE_SUMS - 8, want_values);
            kernels->squash(sums, scales, GATE_SUMS - 8, got_values);
            assert_memory_equal(got_values, want_values, sizeof got_values);
        }
    }
}

static void what_was_compared_is_said(void **state)
{
    (void)state;
    for (int asked = OCR_KERNELS_PLAIN; asked <= OCR_KERNELS_VNNI; asked++)
        print_message("kernels: %s\n", fast_kernels_choose((enum ocr_kernels)asked)->name);
    assert_string_equal(fast_kernels_choose(OCR_KERNELS_PLAIN)->name, "plain");
    assert_ptr_equal(fast_kernels_choose(OCR_KERNELS_BEST), fast_kernels_choose(OCR_KERNELS_VNNI));
}

static void kernels_are_known_by_name(void **state)
{
    enum ocr_kernels kernels;

    (void)state;
    for (int i = OCR_KERNELS_PLAIN; i <= OCR_KERNELS_VNNI; i++) {
        const char *name = fast_kernels_choose((enum ocr_kernels)i)->name;
        assert_true(ocr_kernels_of_name(name, &kernels));
        assert_string_equal(fast_kernels_choose(kernels)->name, name);
    }
    assert_true(ocr_kernels_of_name("best", &kernels));
    assert_int_equal(kernels, OCR_KERNELS_BEST);
    assert_false(ocr_kernels_of_name("", &kernels));
    assert_false(ocr_kernels_of_name("sse2", &kernels));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sums_are_equal_whatever_the_weights),
        cmocka_unit_test(states_and_values_are_equal_to_the_bit),
        cmocka_unit_test(what_was_compared_is_said),
        cmocka_unit_test(kernels_are_known_by_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
