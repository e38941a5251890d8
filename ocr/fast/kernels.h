/*
 * The arithmetic of the network: integer dot products and the two squashing functions, once in
 * plain C, for AVX2 and for AVX-512 with VNNI, chosen at run time. Sums are exact integers and
 * every float operation is done in the same order without fused multiply-add, so all give the same
 * bits; a test says so. Formulas: measured against the installed library's softmax outputs.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "ocr/fast/model.h"
#include "ocr/ocr.h"

enum {
    FAST_LANES = 8,  /* rows that plain C and AVX2 sum side by side */
    FAST_WIDE = 16,  /* rows that AVX-512 sums side by side */
    FAST_ONE = 127,  /* what 1.0 is between layers; also the bias input */
    FAST_ZERO = 128, /* what 0 is where inputs are taken as bytes without a sign */
    FAST_TOGETHER =
        8,          /* vectors that are multiplied together: their sums stay in the first cache */
    FAST_ALIGN = 64 /* bytes */
};

/* Matrices stacked upon each other, in the order in which they are multiplied: for every block of
 * rows, for every group of columns, so many rows of so many cells. */
struct fast_packed {
    int rows, pairs; /* rows: a multiple of 16, missing ones are zero; pairs of inputs */
    int16_t *cells;  /* blocks of 8 rows, pairs of columns; NULL where there are quads */
    int8_t *quads;   /* blocks of 16 rows, groups of 4 columns, for kernels that take bytes */
    int32_t *shift;  /* rows; with quads: what 128 times every cell of a row adds up to, negative */
    int32_t *bias;   /* rows; already times 127, with the shift */
    float *scales;   /* rows */
};

/* Columns of `count` matrices, one upon the other; the bias goes with column 0. */
struct fast_stack {
    const struct fast_matrix *const *matrices;
    int count, first, columns;
};

int fast_quad_count(const struct fast_packed *packed);

struct fast_kernels;

/* Packs them as these kernels take them. ERR_MEMORY. */
int fast_pack(const struct fast_stack *stack, const struct fast_kernels *kernels,
              struct fast_packed *ret_packed, struct err *err);
void fast_packed_free(struct fast_packed *packed);

struct fast_kernels {
    const char *name;
    bool takes_quads;
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

/* Those asked for, or the best before them that this processor has. */
const struct fast_kernels *fast_kernels_choose(enum ocr_kernels asked);

/* tanh(i / 256) and logistic(i / 256), each with the way to the next; the last one is 1, and holds
 * for all that lies beyond. */
enum { FAST_TABLE = 4096, FAST_TABLE_STEP = 256 };
struct fast_entry {
    float value, rise;
};
/* Indices that were stored are loaded again one by one: a load each, where a compiler that knows
 * them to be in a register would take three instructions to get one out. */
#define FAST_KEEP_IN_MEMORY(array) __asm__("" : "+m"(array))
extern struct fast_entry fast_tanh_table[FAST_TABLE], fast_logistic_table[FAST_TABLE];
