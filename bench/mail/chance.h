/*
 * Seeded chance: the same seed and stream give the same draws on every machine and in any number of
 * processes. SplitMix64 (Steele, Lea, Flood 2014); not for secrets.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct chance {
    uint64_t state;
};

/* Streams of one seed are independent of each other: one per envelope, one per page. */
struct chance chance_of(uint64_t seed, uint64_t stream);

uint64_t chance_bits(struct chance *chance);

/* 0 .. n-1; n > 0. */
unsigned chance_below(struct chance *chance, unsigned n);

/* least .. most, both included. */
int chance_between(struct chance *chance, int least, int most);

/* least <= x < most. */
double chance_real(struct chance *chance, double least, double most);

/* Mean 0, standard deviation 1, never beyond 6 (sum of twelve uniforms). */
double chance_normal(struct chance *chance);

/* True with probability p. */
bool chance_yes(struct chance *chance, double p);

/* An index drawn by weight; the weights need not sum to 1. */
size_t chance_weighted(struct chance *chance, const double *weights, size_t n);

/* Writes `n` digits and a NUL. */
void chance_digits(struct chance *chance, char *ret_text, size_t n);

/* One entry of an array. */
#define CHANCE_PICK(chance, array)                                                                 \
    ((array)[chance_below((chance), (unsigned)(sizeof(array) / sizeof((array)[0])))])
