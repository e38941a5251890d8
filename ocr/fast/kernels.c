/*
 * Packing, tables, and the plain kernels: see kernels.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "ocr/fast/kernels.h"

#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "ocr/fast/kernels_avx2.h"
#include "ocr/fast/kernels_vnni.h"

struct fast_entry fast_tanh_table[FAST_TABLE], fast_logistic_table[FAST_TABLE];

enum { STATE_MAX = 100 }; /* a state is kept within this */

static void make_rises(struct fast_entry table[FAST_TABLE])
{
    for (int i = 0; i + 1 < FAST_TABLE; i++)
        table[i].rise = table[i + 1].value - table[i].value;
    table[FAST_TABLE - 1] = (struct fast_entry){1, 0};
}

static void make_tables(void)
{
    for (int i = 0; i < FAST_TABLE; i++) {
        double x = i / (double)FAST_TABLE_STEP;
        fast_tanh_table[i].value = (float)tanh(x);
        fast_logistic_table[i].value = (float)(1 / (1 + exp(-x)));
    }
    make_rises(fast_tanh_table);
    make_rises(fast_logistic_table);
}

/* ---- packing ---- */

static int round_up(int number, int step)
{
    return (number + step - 1) / step * step;
}

static void *aligned_zeros(size_t size)
{
    size_t whole = (size + FAST_ALIGN - 1) / FAST_ALIGN * FAST_ALIGN;
    void *zeros = aligned_alloc(FAST_ALIGN, whole);
    return zeros ? memset(zeros, 0, whole) : NULL;
}

/* A row of a matrix, and where it goes. */
struct row_place {
    const struct fast_matrix *from;
    int row, to;
};

static void pack_pairs(const int8_t *cells, int columns, int to, struct fast_packed *packed)
{
    size_t block = (size_t)(to / FAST_LANES) * (size_t)packed->pairs;
    size_t lane = (size_t)(to % FAST_LANES);
    for (int col = 0; col < columns; col++)
        packed->cells[(block + (size_t)(col / 2)) * 2 * FAST_LANES + lane * 2 + (size_t)(col % 2)] =
            cells[col];
}

static void pack_quads(const int8_t *cells, int columns, int to, struct fast_packed *packed)
{
    size_t block = (size_t)(to / FAST_WIDE) * (size_t)fast_quad_count(packed);
    size_t lane = (size_t)(to % FAST_WIDE);
    for (int col = 0; col < columns; col++) {
        packed->quads[(block + (size_t)(col / 4)) * 4 * FAST_WIDE + lane * 4 + (size_t)(col % 4)] =
            cells[col];
        packed->shift[to] -= FAST_ZERO * cells[col];
    }
    packed->bias[to] = packed->shift[to];
}

static void pack_row(const struct row_place *place, const struct fast_stack *stack,
                     struct fast_packed *packed)
{
    const struct fast_matrix *matrix = place->from;
    const int8_t *cells = matrix->cells + (size_t)place->row * (size_t)(matrix->cols + 1);
    (packed->quads ? pack_quads : pack_pairs)(cells + stack->first, stack->columns, place->to,
                                              packed);
    if (stack->first == 0)
        packed->bias[place->to] += FAST_ONE * cells[matrix->cols];
    packed->scales[place->to] = matrix->scales[place->row];
}

static int make_packed(bool quads, struct fast_packed *packed, struct err *err)
{
    size_t rows = (size_t)packed->rows;
    if (quads)
        packed->quads = aligned_zeros(rows * (size_t)fast_quad_count(packed) * 4);
    else
        packed->cells = aligned_zeros(rows * (size_t)packed->pairs * 2 * sizeof *packed->cells);
    packed->shift = aligned_zeros(rows * sizeof *packed->shift);
    packed->bias = aligned_zeros(rows * sizeof *packed->bias);
    packed->scales = aligned_zeros(rows * sizeof *packed->scales);
    if ((packed->quads || packed->cells) && packed->shift && packed->bias && packed->scales)
        return 0;
    fast_packed_free(packed);
    return err_set(err, ERR_MEMORY, "no memory for %zu rows of weights", rows);
}

int fast_pack(const struct fast_stack *stack, const struct fast_kernels *kernels,
              struct fast_packed *ret_packed, struct err *err)
{
    struct fast_packed packed = {.pairs = round_up(stack->columns, 2) / 2};
    for (int i = 0; i < stack->count; i++)
        packed.rows += stack->matrices[i]->rows;
    packed.rows = round_up(packed.rows, FAST_WIDE);
    int at = 0, rc = make_packed(kernels->takes_quads, &packed, err);
    for (int i = 0; rc == 0 && i < stack->count; i++)
        for (int row = 0; row < stack->matrices[i]->rows; row++)
            pack_row(&(struct row_place){stack->matrices[i], row, at++}, stack, &packed);
    *ret_packed = packed;
    return rc;
}

int fast_quad_count(const struct fast_packed *packed)
{
    return (packed->pairs + 1) / 2;
}

void fast_packed_free(struct fast_packed *packed)
{
    free(packed->cells);
    free(packed->quads);
    free(packed->shift);
    free(packed->bias);
    free(packed->scales);
    *packed = (struct fast_packed){0};
}

/* ---- plain ---- */

static void add(const struct fast_packed *packed, const int16_t *inputs, int32_t *sums)
{
    const int16_t *cell = packed->cells;
    for (int block = 0; block < packed->rows; block += FAST_LANES, sums += FAST_LANES)
        for (int pair = 0; pair < packed->pairs; pair++)
            for (int lane = 0; lane < FAST_LANES; lane++, cell += 2)
                sums[lane] += cell[0] * inputs[2 * pair] + cell[1] * inputs[2 * pair + 1];
}

static void multiply(const struct fast_packed *packed, const int16_t *inputs, size_t stride,
                     int count, int32_t *ret_sums)
{
    for (int i = 0; i < count; i++, inputs += stride, ret_sums += packed->rows) {
        memcpy(ret_sums, packed->bias, (size_t)packed->rows * sizeof *ret_sums);
        add(packed, inputs, ret_sums);
    }
}

/* Linear between two entries of a table for x >= 0. */
static float look_up(const struct fast_entry *table, float x)
{
    float scaled = x * FAST_TABLE_STEP;
    scaled = scaled > FAST_TABLE - 1 ? FAST_TABLE - 1 : scaled;
    int i = (int)scaled;
    return table[i].value + table[i].rise * (scaled - (float)i);
}

static float tanh_of(float x)
{
    return x < 0 ? -look_up(fast_tanh_table, -x) : look_up(fast_tanh_table, x);
}

static float logistic_of(float x)
{
    return x < 0 ? 1 - look_up(fast_logistic_table, -x) : look_up(fast_logistic_table, x);
}

/* Half away from zero. */
static int16_t quantised(float value)
{
    float scaled = value * FAST_ONE;
    float rounded = truncf(fabsf(scaled) + 0.5f);
    rounded = rounded > FAST_ONE ? FAST_ONE : rounded;
    return (int16_t)(scaled < 0 ? -rounded : rounded);
}

static void squash(const int32_t *sums, const float *scales, int count, int16_t *ret_values)
{
    for (int i = 0; i < count; i++)
        ret_values[i] = quantised(tanh_of((float)sums[i] * scales[i]));
}

static void step(const int32_t *sums, const float *scales, int states, float *state,
                 int16_t *ret_values)
{
    for (int i = 0; i < states; i++) {
        float gate[GATE_COUNT];
        for (int g = 0; g < GATE_COUNT; g++) {
            float value = (float)sums[g * states + i] * scales[g * states + i];
            gate[g] = g == GATE_CELL ? tanh_of(value) : logistic_of(value);
        }
        float kept = state[i] * gate[GATE_FORGET];
        kept += gate[GATE_CELL] * gate[GATE_INPUT];
        kept = kept > STATE_MAX ? STATE_MAX : kept < -STATE_MAX ? -STATE_MAX : kept;
        state[i] = kept;
        ret_values[i] = quantised(tanh_of(kept) * gate[GATE_OUTPUT]);
    }
}

static const struct fast_kernels plain_kernels = {"plain", false, multiply, add, squash, step};

const struct fast_kernels *fast_kernels_choose(enum ocr_kernels asked)
{
    static pthread_once_t made = PTHREAD_ONCE_INIT;
    const struct fast_kernels *kernels = NULL;
    pthread_once(&made, make_tables);
    if (asked == OCR_KERNELS_BEST || asked == OCR_KERNELS_VNNI)
        kernels = fast_kernels_vnni();
    if (!kernels && asked != OCR_KERNELS_PLAIN)
        kernels = fast_kernels_avx2();
    return kernels ? kernels : &plain_kernels;
}
