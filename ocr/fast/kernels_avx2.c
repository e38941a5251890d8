/*
 * AVX2: 16-bit products summed in pairs, 8 rows at a time; Every float
 * operation is the plain one, eight times.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "ocr/fast/kernels_avx2.h"

#include <stddef.h>

#include "ocr/fast/kernels.h"

#ifdef __x86_64__

#include <immintrin.h>
#include <string.h>

#define AVX2 __attribute__((target("avx2")))

enum { BLOCKS = 4, VECTORS = 4, STATE_MAX = 100 };

AVX2 static inline __m256i pair_of(const int16_t *inputs)
{
    int32_t both;
    memcpy(&both, inputs, sizeof both);
    return _mm256_set1_epi32(both);
}

AVX2 static inline __m256i load(const void *at)
{
    return _mm256_load_si256(at);
}

AVX2 static inline __m256i load_sums(const int32_t *at)
{
    return _mm256_loadu_si256((const __m256i *)at);
}

AVX2 static inline void store_sums(int32_t *at, __m256i sums)
{
    _mm256_storeu_si256((__m256i *)at, sums);
}

/* Sums of one vector for four blocks of rows, so that an input is spread once for 32 rows; they
 * begin as `start` says. */
AVX2 static void add_blocks(const struct fast_packed *packed, int block, const int16_t *inputs,
                            const int32_t *start, int32_t *ret_sums)
{
    size_t stride = (size_t)packed->pairs * 2 * FAST_LANES;
    const int16_t *cells = packed->cells + (size_t)block * stride;
    __m256i sums[BLOCKS];
    for (int b = 0; b < BLOCKS; b++)
        sums[b] = load_sums(start + (block + b) * FAST_LANES);
    for (int pair = 0; pair < packed->pairs; pair++, cells += 2 * FAST_LANES) {
        __m256i both = pair_of(inputs + 2 * pair);
        for (int b = 0; b < BLOCKS; b++)
            sums[b] = _mm256_add_epi32(sums[b],
                                       _mm256_madd_epi16(both, load(cells + (size_t)b * stride)));
    }
    for (int b = 0; b < BLOCKS; b++)
        store_sums(ret_sums + (block + b) * FAST_LANES, sums[b]);
}

AVX2 static void add_block(const struct fast_packed *packed, int block, const int16_t *inputs,
                           const int32_t *start, int32_t *ret_sums)
{
    const int16_t *cells = packed->cells + (size_t)block * (size_t)packed->pairs * 2 * FAST_LANES;
    __m256i sum = load_sums(start + block * FAST_LANES);
    for (int pair = 0; pair < packed->pairs; pair++, cells += 2 * FAST_LANES)
        sum = _mm256_add_epi32(sum, _mm256_madd_epi16(pair_of(inputs + 2 * pair), load(cells)));
    store_sums(ret_sums + block * FAST_LANES, sum);
}

AVX2 static void add_from(const struct fast_packed *packed, const int16_t *inputs,
                          const int32_t *start, int32_t *ret_sums)
{
    int block = 0, blocks = packed->rows / FAST_LANES;
    for (; block + BLOCKS <= blocks; block += BLOCKS)
        add_blocks(packed, block, inputs, start, ret_sums);
    for (; block < blocks; block++)
        add_block(packed, block, inputs, start, ret_sums);
}

AVX2 static void add(const struct fast_packed *packed, const int16_t *inputs, int32_t *sums)
{
    add_from(packed, inputs, sums, sums);
}

/* Two blocks of rows for four vectors: weights are loaded once for all of them. An odd last block
 * is done twice. */
AVX2 static void multiply_four(const struct fast_packed *packed, const int16_t *inputs,
                               size_t stride, int block, int32_t *ret_sums)
{
    size_t apart = (size_t)packed->pairs * 2 * FAST_LANES;
    int next = (block + 1) * FAST_LANES < packed->rows ? block + 1 : block;
    const int16_t *first = packed->cells + (size_t)block * apart;
    const int16_t *second = packed->cells + (size_t)next * apart;
    __m256i sums[VECTORS][2];
    for (int v = 0; v < VECTORS; v++) {
        sums[v][0] = load_sums(packed->bias + block * FAST_LANES);
        sums[v][1] = load_sums(packed->bias + next * FAST_LANES);
    }
    for (int pair = 0; pair < packed->pairs; pair++) {
        __m256i upper = load(first + (size_t)pair * 2 * FAST_LANES);
        __m256i lower = load(second + (size_t)pair * 2 * FAST_LANES);
        for (int v = 0; v < VECTORS; v++) {
            __m256i both = pair_of(inputs + (size_t)v * stride + 2 * pair);
            sums[v][0] = _mm256_add_epi32(sums[v][0], _mm256_madd_epi16(both, upper));
            sums[v][1] = _mm256_add_epi32(sums[v][1], _mm256_madd_epi16(both, lower));
        }
    }
    for (int v = 0; v < VECTORS; v++) {
        store_sums(ret_sums + v * packed->rows + block * FAST_LANES, sums[v][0]);
        store_sums(ret_sums + v * packed->rows + next * FAST_LANES, sums[v][1]);
    }
}

AVX2 static void multiply(const struct fast_packed *packed, const int16_t *inputs, size_t stride,
                          int count, int32_t *ret_sums)
{
    int at = 0, blocks = packed->rows / FAST_LANES;
    for (; at + VECTORS <= count; at += VECTORS)
        for (int block = 0; block < blocks; block += 2)
            multiply_four(packed, inputs + (size_t)at * stride, stride, block,
                          ret_sums + at * packed->rows);
    for (; at < count; at++)
        add_from(packed, inputs + (size_t)at * stride, packed->bias, ret_sums + at * packed->rows);
}

AVX2 static inline __m256 magnitude(__m256 x)
{
    return _mm256_andnot_ps(_mm256_set1_ps(-0.0f), x);
}

AVX2 static inline __m256 sign_of(__m256 x)
{
    return _mm256_and_ps(_mm256_set1_ps(-0.0f), x);
}

/* Two entries of a table. */
AVX2 static inline __m128 two_of(const struct fast_entry *table, const uint32_t at[2])
{
    __m128d first = _mm_load_sd((const double *)(const void *)&table[at[0]]);
    return _mm_castpd_ps(_mm_loadh_pd(first, (const double *)(const void *)&table[at[1]]));
}

/* For x >= 0. One by one: quicker than gathering on the processors measured. */
AVX2 static inline __m256 look_up(const struct fast_entry *table, __m256 x)
{
    __m256 scaled = _mm256_mul_ps(x, _mm256_set1_ps(FAST_TABLE_STEP));
    scaled = _mm256_min_ps(scaled, _mm256_set1_ps(FAST_TABLE - 1));
    __m256i whole = _mm256_cvttps_epi32(scaled);
    _Alignas(FAST_ALIGN) uint32_t at[FAST_LANES];
    _mm256_store_si256((__m256i *)(void *)at, whole);
    FAST_KEEP_IN_MEMORY(at);
    __m256 even = _mm256_set_m128(two_of(table, at + 4), two_of(table, at));
    __m256 odd = _mm256_set_m128(two_of(table, at + 6), two_of(table, at + 2));
    __m256 value = _mm256_shuffle_ps(even, odd, _MM_SHUFFLE(2, 0, 2, 0));
    __m256 rise = _mm256_shuffle_ps(even, odd, _MM_SHUFFLE(3, 1, 3, 1));
    __m256 rest = _mm256_sub_ps(scaled, _mm256_cvtepi32_ps(whole));
    return _mm256_add_ps(value, _mm256_mul_ps(rise, rest));
}

AVX2 static inline __m256 tanh_of(__m256 x)
{
    return _mm256_or_ps(look_up(fast_tanh_table, magnitude(x)), sign_of(x));
}

AVX2 static inline __m256 logistic_of(__m256 x)
{
    __m256 value = look_up(fast_logistic_table, magnitude(x));
    return _mm256_blendv_ps(value, _mm256_sub_ps(_mm256_set1_ps(1), value), x);
}

/* Eight floats as -127..127, rounded half away from zero. */
AVX2 static inline void store_quantised(__m256 value, int16_t *to)
{
    __m256 scaled = _mm256_mul_ps(value, _mm256_set1_ps(FAST_ONE));
    __m256 size = _mm256_add_ps(magnitude(scaled), _mm256_set1_ps(0.5f));
    size = _mm256_min_ps(_mm256_round_ps(size, _MM_FROUND_TO_ZERO | _MM_FROUND_NO_EXC),
                         _mm256_set1_ps(FAST_ONE));
    __m256i whole = _mm256_cvttps_epi32(_mm256_or_ps(size, sign_of(scaled)));
    __m128i low = _mm256_castsi256_si128(whole), high = _mm256_extracti128_si256(whole, 1);
    _mm_storeu_si128((__m128i *)to, _mm_packs_epi32(low, high));
}

AVX2 static inline __m256 scaled_sums(const int32_t *sums, const float *scales)
{
    return _mm256_mul_ps(_mm256_cvtepi32_ps(load_sums(sums)), _mm256_loadu_ps(scales));
}

AVX2 static void squash(const int32_t *sums, const float *scales, int count, int16_t *ret_values)
{
    for (int i = 0; i < count; i += FAST_LANES)
        store_quantised(tanh_of(scaled_sums(sums + i, scales + i)), ret_values + i);
}

AVX2 static void step(const int32_t *sums, const float *scales, int states, float *state,
                      int16_t *ret_values)
{
    for (int i = 0; i < states; i += FAST_LANES) {
        __m256 gate[GATE_COUNT];
        for (int g = 0; g < GATE_COUNT; g++)
            gate[g] = scaled_sums(sums + g * states + i, scales + g * states + i);
        __m256 kept = _mm256_mul_ps(_mm256_loadu_ps(state + i), logistic_of(gate[GATE_FORGET]));
        kept = _mm256_add_ps(
            kept, _mm256_mul_ps(tanh_of(gate[GATE_CELL]), logistic_of(gate[GATE_INPUT])));
        kept = _mm256_min_ps(_mm256_max_ps(kept, _mm256_set1_ps(-STATE_MAX)),
                             _mm256_set1_ps(STATE_MAX));
        _mm256_storeu_ps(state + i, kept);
        store_quantised(_mm256_mul_ps(tanh_of(kept), logistic_of(gate[GATE_OUTPUT])),
                        ret_values + i);
    }
}

const struct fast_kernels *fast_kernels_avx2(void)
{
    static const struct fast_kernels kernels = {"avx2", false, multiply, add, squash, step};
    return __builtin_cpu_supports("avx2") ? &kernels : NULL;
}

#else

const struct fast_kernels *fast_kernels_avx2(void)
{
    return NULL;
}

#endif
