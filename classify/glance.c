/*
 * Reduction by box average and a threshold against the local paper: see glance.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "classify/glance.h"

#include <leptonica/allheaders.h>
#include <stdlib.h>
#include <string.h>

#include "base/scope.h"

enum {
    PAGE_SIDE = 875,   /* long side / this = reduction: 75 to 130 dpi on A4, */
    CHEQUE_SIDE = 575, /* 100 to 150 dpi on a paper twice as wide as high, 175 mm */
    FACTOR_MAX = 32,   /* sums of 32 x 32 x 255 still fit 32 bits by far */
    SIDE_MIN = 32,     /* nothing to see below */
    TILE = 16,         /* paper brightness is taken over tiles of 16 pixels, 4 mm or so */
    DARK_PERCENT = 82, /* CMC-7 averages to two thirds of the paper, guilloches to 85 % and more */
    PAPER_MIN = 60     /* where not even the brightest pixel reaches this all is dark */
};

void glance_clear(struct glance *glance)
{
    free(glance->grey);
    free(glance->dark);
    free(glance->dark_turned);
    *glance = (struct glance){0};
}

static int factor_of(int width, int height)
{
    int longer = width > height ? width : height, shorter = width > height ? height : width;
    int factor = longer / (longer * 10 > shorter * 18 ? CHEQUE_SIDE : PAGE_SIDE);
    return factor < 1 ? 1 : factor > FACTOR_MAX ? FACTOR_MAX : factor;
}

/* Adds a row's brightness, 0..255 for each page pixel, to `sums` (order of page bytes: the byte of
 * pixel x in a word is x ^ 3 on this little-endian machine, so words are read as numbers). */
static void add_grey_row(const uint32_t *row, int words, uint16_t *sums)
{
    const uint8_t *bytes = (const uint8_t *)row;
    for (int i = 0; i < 4 * words; i++)
        sums[i] = (uint16_t)(sums[i] + bytes[i]);
}

static void add_colour_row(const uint32_t *row, int width, uint16_t *sums)
{
    for (int x = 0; x < width; x++) {
        uint32_t pixel = row[x];
        sums[x] = (uint16_t)(sums[x] +
                             ((pixel >> 24) + 2 * (pixel >> 16 & 255) + (pixel >> 8 & 255)) / 4);
    }
}

/* A row of black and white: all starts white, black bits are taken off. */
static void add_bilevel_row(const uint32_t *row, int words, uint16_t *sums)
{
    for (int word = 0; word < words; word++) {
        uint16_t *at = sums + 32 * word;
        for (uint32_t bits = row[word]; bits; bits &= bits - 1)
            at[31 - __builtin_ctz(bits)]++;
    }
}

static void reduce(const struct Pix *page, const struct glance *glance, uint16_t *sums)
{
    struct Pix *source = (struct Pix *)(uintptr_t)page;
    int words = pixGetWpl(source), depth = pixGetDepth(source), factor = glance->factor;
    int width = glance->width * factor, flip = depth == 8 ? 3 : 0;
    uint32_t area = (uint32_t)(factor * factor);
    for (int y = 0; y < glance->height; y++) {
        memset(sums, 0, sizeof *sums * (size_t)words * (size_t)(32 / depth));
        for (int i = 0; i < factor; i++) {
            const uint32_t *row = pixGetData(source) + (size_t)words * (size_t)(y * factor + i);
            if (depth == 1)
                add_bilevel_row(row, words, sums);
            else if (depth == 8)
                add_grey_row(row, words, sums);
            else
                add_colour_row(row, width, sums);
        }
        uint8_t *out = glance->grey + (size_t)glance->width * (size_t)y;
        for (int x = 0, at = 0; x < glance->width; x++) {
            uint32_t sum = 0;
            for (int i = 0; i < factor; i++, at++)
                sum += sums[at ^ flip];
            out[x] = (uint8_t)(depth == 1 ? 255 - 255 * sum / area : sum / area);
        }
    }
}

/* The brightest pixel of every tile: the paper there. */
static void find_paper(const struct glance *glance, int columns, uint8_t *ret_paper)
{
    for (int y = 0; y < glance->height; y++) {
        const uint8_t *row = glance->grey + (size_t)glance->width * (size_t)y;
        uint8_t *paper = ret_paper + columns * (y / TILE);
        for (int x = 0; x < glance->width; x++)
            if (row[x] > paper[x / TILE])
                paper[x / TILE] = row[x];
    }
}

static void mark_dark(const struct glance *glance, int columns, const uint8_t *paper)
{
    for (int y = 0; y < glance->height; y++) {
        const uint8_t *grey = glance->grey + (size_t)glance->width * (size_t)y;
        uint8_t *dark = glance->dark + (size_t)glance->width * (size_t)y;
        for (int tile = 0; tile < columns; tile++) {
            uint8_t white = paper[columns * (y / TILE) + tile];
            uint8_t below = white < PAPER_MIN ? PAPER_MIN : (uint8_t)(white * DARK_PERCENT / 100);
            int end = (tile + 1) * TILE < glance->width ? (tile + 1) * TILE : glance->width;
            for (int x = tile * TILE; x < end; x++)
                dark[x] = grey[x] < below;
        }
    }
}

static void turn_square(const struct glance *glance, int left, int top)
{
    int bottom = top + TILE < glance->height ? top + TILE : glance->height;
    int right = left + TILE < glance->width ? left + TILE : glance->width;
    for (int x = left; x < right; x++)
        for (int y = top; y < bottom; y++)
            glance->dark_turned[(size_t)x * (size_t)glance->height + (size_t)y] =
                glance->dark[(size_t)y * (size_t)glance->width + (size_t)x];
}

/* By squares, so that both sides stay in the cache. */
static void turn_dark(const struct glance *glance)
{
    for (int top = 0; top < glance->height; top += TILE)
        for (int left = 0; left < glance->width; left += TILE)
            turn_square(glance, left, top);
}

int glance_make(const struct Pix *page, struct glance *ret_glance, struct err *err)
{
    *ret_glance = (struct glance){0};
    int width = pixGetWidth(page), height = pixGetHeight(page), depth = pixGetDepth(page);
    if (width < SIDE_MIN || height < SIDE_MIN || (depth != 1 && depth != 8 && depth != 32))
        return err_set(err, ERR_UNSUPPORTED, "page: %d x %d pixels of depth %d, at least %d x %d",
                       width, height, depth, SIDE_MIN, SIDE_MIN);
    SCOPED(glance_clear) struct glance glance = {.factor = factor_of(width, height)};
    glance.width = width / glance.factor;
    glance.height = height / glance.factor;
    size_t area = (size_t)glance.width * (size_t)glance.height;
    int columns = (glance.width + TILE - 1) / TILE, rows = (glance.height + TILE - 1) / TILE;
    int words = pixGetWpl((struct Pix *)(uintptr_t)page);
    SCOPED(scope_free) uint16_t *sums = calloc((size_t)words * 32, sizeof *sums);
    SCOPED(scope_free) uint8_t *paper = calloc((size_t)columns * (size_t)rows, 1);
    glance.grey = malloc(area);
    glance.dark = malloc(area);
    glance.dark_turned = malloc(area);
    if (!sums || !paper || !glance.grey || !glance.dark || !glance.dark_turned)
        return err_set(err, ERR_MEMORY, "glance: no memory for %zu pixels", area);
    reduce(page, &glance, sums);
    find_paper(&glance, columns, paper);
    mark_dark(&glance, columns, paper);
    turn_dark(&glance);
    *ret_glance = glance;
    glance = (struct glance){0};
    return 0;
}

struct dark_rows glance_rows(const struct glance *glance, bool turned)
{
    if (turned)
        return (struct dark_rows){glance->dark_turned, glance->height, glance->width};
    return (struct dark_rows){glance->dark, glance->width, glance->height};
}
