/*
 * TIFF files of every form for the tests, written by libtiff.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include <stdint.h>

#include "base/bytes.h"

struct tiff_fixture {
    uint32_t width, height, rows_per_strip;
    uint16_t bits, samples, photometric, compression;
    uint16_t orientation; /* 0: no tag */
    uint16_t unit;        /* 0: no resolution */
    float resolution;
    unsigned pages;       /* 0 is taken as 1 */
    uint16_t planar;      /* 0: contiguous */
    uint32_t fax_options; /* of G3 */
};

/* Every sample of row y, column x is fixture_sample(x + page, y, sample), cut to its bits. */
struct buf tiff_fixture(const struct tiff_fixture *form);
unsigned tiff_fixture_sample(uint32_t x, uint32_t y, unsigned sample);
