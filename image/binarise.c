/*
 * Local threshold: see binarise.h. Idea: halfway between the paper and the ink of the neighbourhood
 * (Bernsen 1986), on a map of cells instead of a window per pixel, with a floor under the contrast.
 * Cost: one pass for the map, one for the comparison, 8 pixels per step.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "image/binarise.h"

#include <leptonica/allheaders.h>
#include <stdlib.h>

#include "base/scope.h"
#include "image/decode.h"
#include "image/grey.h"
#include "image/page.h"
#include "image/paper.h"

enum { SMALLEST_SIDE_PIXELS = 8 };

static const uint64_t high_bits = 0x8080808080808080u;
static const uint64_t low_bits = 0x0101010101010101u;

/* The darkest ink of the cells around one. */
static uint8_t darkest_around(const struct paper *paper, uint32_t column, uint32_t row)
{
    uint8_t least = 255;

    for (uint32_t y = row ? row - 1 : 0; y <= row + 1 && y < paper->rows; y++)
        for (uint32_t x = column ? column - 1 : 0; x <= column + 1 && x < paper->columns; x++)
            if (paper->dark[y * paper->columns + x] < least)
                least = paper->dark[y * paper->columns + x];
    return least;
}

static uint8_t threshold_of(const struct paper *paper, const struct binarise_params *params,
                            uint32_t column, uint32_t row)
{
    double white = paper->white[row * paper->columns + column];
    double contrast = white - darkest_around(paper, column, row);
    double floor = params->least_contrast * white;
    double drop = params->ink_share * contrast;

    return (uint8_t)(white - (drop > floor ? drop : floor));
}

/* Mean with the four neighbours, so that no edge of a cell shows. */
static uint8_t smoothed(const uint8_t *map, const struct paper *paper, uint32_t column,
                        uint32_t row)
{
    size_t at = (size_t)row * paper->columns + column;
    unsigned sum = 4u * map[at];

    sum += map[column > 0 ? at - 1 : at];
    sum += map[column + 1 < paper->columns ? at + 1 : at];
    sum += map[row > 0 ? at - paper->columns : at];
    sum += map[row + 1 < paper->rows ? at + paper->columns : at];
    return (uint8_t)(sum / 8);
}

static int make_map(const struct paper *paper, const struct binarise_params *params,
                    uint8_t **ret_map, struct err *err)
{
    size_t cells = (size_t)paper->columns * paper->rows;
    SCOPED(scope_free) uint8_t *raw = malloc(cells);
    uint8_t *map = malloc(cells);

    if (!raw || !map) {
        free(map);
        return err_set(err, ERR_MEMORY, "no memory for %zu thresholds", cells);
    }
    for (uint32_t row = 0; row < paper->rows; row++)
        for (uint32_t column = 0; column < paper->columns; column++)
            raw[row * paper->columns + column] = threshold_of(paper, params, column, row);
    for (uint32_t row = 0; row < paper->rows; row++)
        for (uint32_t column = 0; column < paper->columns; column++)
            map[row * paper->columns + column] = smoothed(raw, paper, column, row);
    *ret_map = map;
    return 0;
}

/* Which of 8 bytes are below the 8 bytes of `limit`: a bit each, the highest byte in the highest
 * bit. Comparison without carries between bytes after H. S. Warren, Hacker's Delight, 2-18. */
static uint32_t below(uint64_t pixels, uint64_t limit)
{
    uint64_t difference = (pixels | high_bits) - (limit & ~high_bits);
    uint64_t less = ((~pixels & limit) | (~(pixels ^ limit) & ~difference)) & high_bits;

    return (uint32_t)(((less >> 7) * 0x0102040810204080u) >> 56);
}

static void threshold_line(const uint32_t *grey, uint32_t words, const uint8_t *limits,
                           uint32_t columns, uint32_t *bits)
{
    for (uint32_t i = 0; i < words; i += 2) {
        uint32_t cell = 4 * i / PAPER_CELL_PIXELS;
        uint64_t limit = low_bits * limits[cell < columns ? cell : columns - 1];
        uint64_t pixels = (uint64_t)grey[i] << 32 | (i + 1 < words ? grey[i + 1] : UINT32_MAX);

        bits[i / 8] |= below(pixels, limit) << (24 - 8 * (i / 2 % 4));
    }
}

static void threshold_page(struct Pix *grey, const struct paper *paper, const uint8_t *map,
                           struct Pix *bits)
{
    uint32_t words = (uint32_t)pixGetWpl(grey);
    uint32_t past = (uint32_t)pixGetWidth(grey) % 32;

    for (uint32_t y = 0; y < (uint32_t)pixGetHeight(grey); y++) {
        uint32_t row =
            y / PAPER_CELL_PIXELS < paper->rows ? y / PAPER_CELL_PIXELS : paper->rows - 1;
        uint32_t *out = pixGetData(bits) + (size_t)y * (size_t)pixGetWpl(bits);

        threshold_line(pixGetData(grey) + (size_t)y * words, words, map + row * paper->columns,
                       paper->columns, out);
        if (past)
            out[pixGetWpl(bits) - 1] &= ~(UINT32_MAX >> past);
    }
}

static int binarise_grey(struct Pix *grey, const struct binarise_params *params,
                         struct Pix **ret_bits, struct err *err)
{
    SCOPED(paper_free) struct paper paper = {0};
    SCOPED(scope_free) uint8_t *map = NULL;
    int rc = paper_measure(grey, &paper, err);

    if (rc == 0)
        rc = paper_fill_dark(&paper, params->solid_share, err);
    if (rc == 0)
        rc = make_map(&paper, params, &map, err);
    if (rc == 0)
        rc = page_new((uint32_t)pixGetWidth(grey), (uint32_t)pixGetHeight(grey), 1, ret_bits, err);
    if (rc < 0)
        return rc;
    pixCopyResolution(*ret_bits, grey);
    threshold_page(grey, &paper, map, *ret_bits);
    return 0;
}

int binarise(const struct Pix *page, const struct binarise_params *params, struct Pix **ret_bits,
             struct err *err)
{
    struct Pix *from = (struct Pix *)page; /* Leptonica's getters take no const */
    SCOPED(image_free) struct Pix *grey = NULL;
    int rc;

    *ret_bits = NULL;
    if (pixGetDepth(from) == 1)
        return page_made(pixCopy(NULL, from), "copy a page", ret_bits, err);
    if (pixGetDepth(from) == 8 && pixGetWidth(from) >= SMALLEST_SIDE_PIXELS &&
        pixGetHeight(from) >= SMALLEST_SIDE_PIXELS)
        return binarise_grey(from, params, ret_bits, err);
    rc = image_grey(from, &grey, err);
    if (rc < 0)
        return rc;
    if (pixGetWidth(from) < SMALLEST_SIDE_PIXELS || pixGetHeight(from) < SMALLEST_SIDE_PIXELS)
        return page_made(pixThresholdToBinary(grey, 128), "threshold a page", ret_bits, err);
    return binarise_grey(grey, params, ret_bits, err);
}
