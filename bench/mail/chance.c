/*
 * SplitMix64 and the draws made from it.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "bench/mail/chance.h"

#include <assert.h>

static uint64_t mix(uint64_t z)
{
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

struct chance chance_of(uint64_t seed, uint64_t stream)
{
    return (struct chance){.state = mix(seed + 0x632be59bd9b4e019u) ^ mix(stream * 2 + 1)};
}

uint64_t chance_bits(struct chance *chance)
{
    chance->state += 0x9e3779b97f4a7c15u;
    return mix(chance->state);
}

unsigned chance_below(struct chance *chance, unsigned n)
{
    assert(n > 0);
    return (unsigned)(((chance_bits(chance) >> 32) * n) >> 32);
}

int chance_between(struct chance *chance, int least, int most)
{
    assert(least <= most);
    return least + (int)chance_below(chance, (unsigned)(most - least) + 1);
}

double chance_real(struct chance *chance, double least, double most)
{
    return least + (most - least) * ((double)(chance_bits(chance) >> 11) * 0x1p-53);
}

double chance_normal(struct chance *chance)
{
    double sum = -6;
    for (int i = 0; i < 12; i++)
        sum += chance_real(chance, 0, 1);
    return sum;
}

bool chance_yes(struct chance *chance, double p)
{
    return chance_real(chance, 0, 1) < p;
}

size_t chance_weighted(struct chance *chance, const double *weights, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += weights[i];
    double x = chance_real(chance, 0, sum);
    for (size_t i = 0; i + 1 < n; i++) {
        if (x < weights[i])
            return i;
        x -= weights[i];
    }
    return n - 1;
}

void chance_digits(struct chance *chance, char *ret_text, size_t n)
{
    for (size_t i = 0; i < n; i++)
        ret_text[i] = (char)('0' + chance_below(chance, 10));
    ret_text[n] = '\0';
}
