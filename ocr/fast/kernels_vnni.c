/*
 * AVX-512 with VNNI: products of bytes summed in fours, 16 rows at a time. The instruction takes
 * one side without a sign, so inputs go in as q + 128 and 128 times the weights is taken off
 * again; its sums are of 32 bits and do not saturate. Every float operation is the plain one, 16
 * times.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "ocr/fast/kernels_vnni.h"

#include <stddef.h>

#include "ocr/fast/kernels.h"

#ifdef __x86_64__

#include <immintrin.h>
#include <string.h>

#define VNNI __attribute__((target("avx512f,avx512bw,avx512vl,avx512vnni")))
/* Its last arguments are constants, by which loops are laid out flat. */
#define VNNI_FLAT VNNI __attribute__((always_inline))

enum {
    STATE_MAX = 100,
    VALUES = 32, /* of 16 bits in a register */
    BYTES_MAX = FAST_SIDE_MAX + VALUES,
    ONE_DEEP = 8, /* blocks of rows for one vector: as many sums as hide an instruction's time */
    MANY_DEEP = 2 /* for FAST_TOGETHER vectors */
};

/* Inputs as bytes without a sign; what lies behind the last meets weights of zero. */
VNNI static void to_bytes(const int16_t *inputs, int count, uint8_t *ret_bytes)
{
    for (int i = 0; i < count; i += VALUES) {
        int left = count - i;
        __mmask32 some = left >= VALUES ? ~(__mmask32)0 : ((__mmask32)1 << left) - 1;
        __m512i values = _mm512_maskz_loadu_epi16(some, inputs + i);
        __m256i bytes =
            _mm512_cvtepi16_epi8(_mm512_add_epi16(values, _mm512_set1_epi16(FAST_ZERO)));
        _mm256_storeu_si256((__m256i *)(void *)(ret_bytes + i), bytes);
    }
}

VNNI static inline __m512i quad_of(const uint8_t *bytes)
{
    int32_t four;
    memcpy(&four, bytes, sizeof four);
    return _mm512_set1_epi32(four);
}

struct tile {
    const struct fast_packed *packed;
    const uint8_t *bytes; /* of the vectors, BYTES_MAX apart */
    int block;            /* the first one */
    int32_t *sums;        /* of the first vector, row 0 */
};

/* Adds products to `start`, sums of all rows that each vector begins with: for `blocks` of rows and
 * `vectors` at once, weights loaded once for all of these. */
VNNI_FLAT static inline void sum_tile(const struct tile *tile, const int32_t *start, int blocks,
                                      int vectors)
{
    const struct fast_packed *packed = tile->packed;
    int quads = fast_quad_count(packed);
    size_t apart = (size_t)quads * 4 * FAST_WIDE;
    const int8_t *cells = packed->quads + (size_t)tile->block * apart;
    const uint8_t *bytes = tile->bytes;
    __m512i sums[FAST_TOGETHER][ONE_DEEP];
    for (int b = 0; b < blocks; b++)
        for (int v = 0; v < vectors; v++)
            sums[v][b] = _mm512_loadu_si512(start + (tile->block + b) * FAST_WIDE);
    for (int quad = 0; quad < quads; quad++, cells += 4 * FAST_WIDE, bytes += 4)
        for (int b = 0; b < blocks; b++) {
            __m512i weights = _mm512_load_si512(cells + (size_t)b * apart);
            for (int v = 0; v < vectors; v++)
                sums[v][b] = _mm512_dpbusd_epi32(sums[v][b], quad_of(bytes + (size_t)v * BYTES_MAX),
                                                 weights);
        }
    for (int v = 0; v < vectors; v++)
        for (int b = 0; b < blocks; b++)
            _mm512_storeu_si512(tile->sums + v * packed->rows + (tile->block + b) * FAST_WIDE,
                                sums[v][b]);
}

VNNI static void sum_one(const struct fast_packed *packed, const uint8_t *bytes,
                         const int32_t *start, int32_t *ret_sums)
{
    int blocks = packed->rows / FAST_WIDE;
    struct tile tile = {packed, bytes, 0, ret_sums};
    for (; tile.block + ONE_DEEP <= blocks; tile.block += ONE_DEEP)
        sum_tile(&tile, start, ONE_DEEP, 1);
    for (; tile.block + ONE_DEEP / 2 <= blocks; tile.block += ONE_DEEP / 2)
        sum_tile(&tile, start, ONE_DEEP / 2, 1);
    for (; tile.block < blocks; tile.block++)
        sum_tile(&tile, start, 1, 1);
}

VNNI static void sum_many(const struct fast_packed *packed, const uint8_t *bytes, int32_t *ret_sums)
{
    int blocks = packed->rows / FAST_WIDE;
    struct tile tile = {packed, bytes, 0, ret_sums};
    for (; tile.block + MANY_DEEP <= blocks; tile.block += MANY_DEEP)
        sum_tile(&tile, packed->bias, MANY_DEEP, FAST_TOGETHER);
    for (; tile.block < blocks; tile.block++)
        sum_tile(&tile, packed->bias, 1, FAST_TOGETHER);
}

VNNI static void multiply(const struct fast_packed *packed, const int16_t *inputs, size_t stride,
                          int count, int32_t *ret_sums)
{
    uint8_t bytes[FAST_TOGETHER][BYTES_MAX];
    int at = 0;
    for (; at + FAST_TOGETHER <= count; at += FAST_TOGETHER) {
        for (int v = 0; v < FAST_TOGETHER; v++)
            to_bytes(inputs + (size_t)(at + v) * stride, 2 * packed->pairs, bytes[v]);
        sum_many(packed, bytes[0], ret_sums + at * packed->rows);
    }
    for (; at < count; at++) {
        to_bytes(inputs + (size_t)at * stride, 2 * packed->pairs, bytes[0]);
        sum_one(packed, bytes[0], packed->bias, ret_sums + at * packed->rows);
    }
}

VNNI static void add(const struct fast_packed *packed, const int16_t *inputs, int32_t *sums)
{
    uint8_t bytes[BYTES_MAX];
    to_bytes(inputs, 2 * packed->pairs, bytes);
    for (int row = 0; row < packed->rows; row += FAST_WIDE)
        _mm512_storeu_si512(sums + row, _mm512_add_epi32(_mm512_loadu_si512(sums + row),
                                                         _mm512_load_si512(packed->shift + row)));
    sum_one(packed, bytes, sums, sums);
}

/* ---- squashing ---- */

VNNI static inline __m512 magnitude(__m512 x)
{
    return _mm512_abs_ps(x);
}

VNNI static inline __m512 with_sign_of(__m512 x, __m512 size)
{
    __m512i sign = _mm512_and_epi32(_mm512_castps_si512(x), _mm512_set1_epi32(INT32_MIN));
    return _mm512_castsi512_ps(_mm512_or_epi32(_mm512_castps_si512(size), sign));
}

/* Two entries of a table. */
VNNI static inline __m128d two_of(const struct fast_entry *table, const uint32_t at[2])
{
    __m128d first = _mm_load_sd((const double *)(const void *)&table[at[0]]);
    return _mm_loadh_pd(first, (const double *)(const void *)&table[at[1]]);
}

VNNI static inline __m512 eight_of(const struct fast_entry *table, const uint32_t at[8])
{
    __m256d low = _mm256_set_m128d(two_of(table, at + 2), two_of(table, at));
    __m256d high = _mm256_set_m128d(two_of(table, at + 6), two_of(table, at + 4));
    return _mm512_castpd_ps(_mm512_insertf64x4(_mm512_castpd256_pd512(low), high, 1));
}

/* For x >= 0. One by one: quicker than gathering on the processors measured. */
VNNI static inline __m512 look_up(const struct fast_entry *table, __m512 x)
{
    const __m512i even =
        _mm512_set_epi32(30, 28, 26, 24, 22, 20, 18, 16, 14, 12, 10, 8, 6, 4, 2, 0);
    __m512 scaled = _mm512_mul_ps(x, _mm512_set1_ps(FAST_TABLE_STEP));
    scaled = _mm512_min_ps(scaled, _mm512_set1_ps(FAST_TABLE - 1));
    __m512i whole = _mm512_cvttps_epi32(scaled);
    _Alignas(FAST_ALIGN) uint32_t at[FAST_WIDE];
    _mm512_store_si512(at, whole);
    FAST_KEEP_IN_MEMORY(at);
    __m512 low = eight_of(table, at), high = eight_of(table, at + 8);
    __m512 value = _mm512_permutex2var_ps(low, even, high);
    __m512 rise = _mm512_permutex2var_ps(low, _mm512_add_epi32(even, _mm512_set1_epi32(1)), high);
    __m512 rest = _mm512_sub_ps(scaled, _mm512_cvtepi32_ps(whole));
    return _mm512_add_ps(value, _mm512_mul_ps(rise, rest));
}

VNNI static inline __m512 tanh_of(__m512 x)
{
    return with_sign_of(x, look_up(fast_tanh_table, magnitude(x)));
}

VNNI static inline __m512 logistic_of(__m512 x)
{
    __m512 value = look_up(fast_logistic_table, magnitude(x));
    __mmask16 below = _mm512_cmp_ps_mask(x, _mm512_setzero_ps(), _CMP_LT_OQ);
    return _mm512_mask_sub_ps(value, below, _mm512_set1_ps(1), value);
}

/* As -127..127, rounded half away from zero. */
VNNI static inline void store_quantised(__mmask16 live, __m512 value, int16_t *to)
{
    __m512 scaled = _mm512_mul_ps(value, _mm512_set1_ps(FAST_ONE));
    __m512 size = _mm512_add_ps(magnitude(scaled), _mm512_set1_ps(0.5f));
    __m512i whole =
        _mm512_cvttps_epi32(with_sign_of(scaled, _mm512_min_ps(size, _mm512_set1_ps(FAST_ONE))));
    _mm256_mask_storeu_epi16(to, live, _mm512_cvtepi32_epi16(whole));
}

/* The lanes of the last register that there are values for. */
static inline __mmask16 lanes_of(int left)
{
    return (__mmask16)(left >= FAST_WIDE ? 0xffff : (1 << left) - 1);
}

VNNI static inline __m512 scaled_sums(__mmask16 live, const int32_t *sums, const float *scales)
{
    return _mm512_mul_ps(_mm512_cvtepi32_ps(_mm512_maskz_loadu_epi32(live, sums)),
                         _mm512_maskz_loadu_ps(live, scales));
}

VNNI static void squash(const int32_t *sums, const float *scales, int count, int16_t *ret_values)
{
    for (int i = 0; i < count; i += FAST_WIDE) {
        __mmask16 live = lanes_of(count - i);
        store_quantised(live, tanh_of(scaled_sums(live, sums + i, scales + i)), ret_values + i);
    }
}

VNNI static void step(const int32_t *sums, const float *scales, int states, float *state,
                      int16_t *ret_values)
{
    for (int i = 0; i < states; i += FAST_WIDE) {
        __mmask16 live = lanes_of(states - i);
        __m512 gate[GATE_COUNT];
        for (int g = 0; g < GATE_COUNT; g++)
            gate[g] = scaled_sums(live, sums + g * states + i, scales + g * states + i);
        __m512 kept =
            _mm512_mul_ps(_mm512_maskz_loadu_ps(live, state + i), logistic_of(gate[GATE_FORGET]));
        kept = _mm512_add_ps(
            kept, _mm512_mul_ps(tanh_of(gate[GATE_CELL]), logistic_of(gate[GATE_INPUT])));
        kept = _mm512_min_ps(_mm512_max_ps(kept, _mm512_set1_ps(-STATE_MAX)),
                             _mm512_set1_ps(STATE_MAX));
        _mm512_mask_storeu_ps(state + i, live, kept);
        store_quantised(live, _mm512_mul_ps(tanh_of(kept), logistic_of(gate[GATE_OUTPUT])),
                        ret_values + i);
    }
}

const struct fast_kernels *fast_kernels_vnni(void)
{
    static const struct fast_kernels kernels = {"vnni", true, multiply, add, squash, step};
    bool all = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
               __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512vnni");
    return all ? &kernels : NULL;
}

#else

const struct fast_kernels *fast_kernels_vnni(void)
{
    return NULL;
}

#endif
