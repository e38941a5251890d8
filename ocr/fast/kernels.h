/*
 * The arithmetic of the network: integer dot products and the two squashing functions, once in
 * plain C and once for AVX2, chosen at run time. Sums are exact integers and every float operation
 * is done in the same order without fused multiply-add, so both give the same bits; a test says so.
 * Formulas: measured against the installed library's softmax outputs, which they equal.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "ocr/fast/model.h"

enum {
    FAST_LANES = 8, /* rows that are summed side by side */
    FAST_ONE = 127, /* what 1.0 is between layers; also the bias input */
    FAST_ALIGN = 32 /* bytes */
};

/* Matrices stacked upon each other, in the order in which they are multiplied: for every block of 8
 * rows, for every pair of columns, 8 rows of two cells. */
struct fast_packed {
    int rows, pairs; /* rows: a multiple of 8, missing ones are zero; pairs of inputs */
    int16_t *cells;
    int32_t *bias; /* rows; already times 127 */
    float *scales; /* rows */
};

/* Columns of a matrix. */
struct fast_columns {
    int first, count; /* the bias goes with the first column */
};

/* Packs these columns of `count` matrices. ERR_MEMORY. */
int fast_pack(const struct fast_matrix *const *matrices, int count, struct fast_columns columns,
              struct fast_packed *ret_packed, struct err *err);
void fast_packed_free(struct fast_packed *packed);

struct fast_kernels {
    const char *name;
    /* sums[r] = bias[r] + cells[r] . inputs, for all rows; inputs within -127..127, 2 * pairs of
     * them. `count` vectors of inputs lie `stride` apart, their sums `rows` apart: weights are
     * loaded once for several. */
    void (*multiply)(const struct fast_packed *packed, const int16_t *inputs, size_t stride,
                     int count, int32_t *ret_sums);
    /* sums[r] += cells[r] . inputs */
    void (*add)(const struct fast_packed *packed, const int16_t *inputs, int32_t *sums);
    /* tanh of sums times scales, as -127..127. `count` is a multiple of 8. */
    void (*squash)(const int32_t *sums, const float *scales, int count, int16_t *ret_values);
    /* One step of an LSTM: sums and scales of its four gates one after the other, `states` each (a
     * multiple of 8); the state is changed, the output written as -127..127. */
    void (*step)(const int32_t *sums, const float *scales, int states, float *state,
                 int16_t *ret_values);
};

/* The best that this processor has; `plain` asks for the plain ones. */
const struct fast_kernels *fast_kernels_choose(bool plain);

/* tanh(i / 256) and logistic(i / 256). */
enum { FAST_TABLE = 4096, FAST_TABLE_STEP = 256 };
extern float fast_tanh_table[FAST_TABLE], fast_logistic_table[FAST_TABLE];
