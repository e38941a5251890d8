/*
 * Paper level maps: see paper.h. Means of 2 x 2 pixels are taken first, so that a single noisy
 * pixel does not pass for paper or ink. The bytes of a Leptonica word are in reverse order; means
 * of pairs and extremes of cells do not mind, which keeps the inner loop plain.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "image/paper.h"

#include <leptonica/allheaders.h>
#include <stdlib.h>
#include <string.h>

#include "base/scope.h"

enum { HALF_CELL = PAPER_CELL_PIXELS / 2 };

static void take_pair(const uint8_t *restrict upper, const uint8_t *restrict lower, size_t halves,
                      uint8_t *restrict bright, uint8_t *restrict dark)
{
    for (size_t i = 0; i < halves; i++) {
        unsigned sum = (unsigned)upper[2 * i] + upper[2 * i + 1] + lower[2 * i] + lower[2 * i + 1];
        uint8_t mean = (uint8_t)(sum / 4);

        bright[i] = mean > bright[i] ? mean : bright[i];
        dark[i] = mean < dark[i] ? mean : dark[i];
    }
}

/* Extremes of each cell from the extremes of its columns of pairs. */
static void fold_cells(const uint8_t *bright, const uint8_t *dark, size_t halves,
                       uint8_t *ret_white, uint8_t *ret_dark)
{
    for (size_t from = 0, cell = 0; from < halves; from += HALF_CELL, cell++) {
        size_t end = from + HALF_CELL < halves ? from + HALF_CELL : halves;

        ret_white[cell] = 0;
        ret_dark[cell] = 255;
        for (size_t i = from; i < end; i++) {
            ret_white[cell] = bright[i] > ret_white[cell] ? bright[i] : ret_white[cell];
            ret_dark[cell] = dark[i] < ret_dark[cell] ? dark[i] : ret_dark[cell];
        }
    }
}

static uint8_t percentile(const uint8_t *values, size_t count, unsigned percent)
{
    size_t histogram[256] = {0};
    size_t below = 0;
    int value = 0;

    for (size_t i = 0; i < count; i++)
        histogram[values[i]]++;
    while (value < 255 && (below + histogram[value]) * 100 <= count * percent)
        below += histogram[value++];
    return (uint8_t)value;
}

static void measure_rows(struct Pix *page, size_t halves, uint8_t *scratch, struct paper *paper)
{
    size_t stride = 4 * (size_t)pixGetWpl(page);
    const uint8_t *bytes = (const uint8_t *)pixGetData(page);
    uint32_t height = (uint32_t)pixGetHeight(page) & ~1u;

    for (uint32_t row = 0; row < paper->rows; row++) {
        uint32_t from = row * PAPER_CELL_PIXELS;
        uint32_t end = from + PAPER_CELL_PIXELS < height ? from + PAPER_CELL_PIXELS : height;
        size_t cells = (size_t)row * paper->columns;

        memset(scratch, 0, halves);
        memset(scratch + halves, 255, halves);
        for (uint32_t y = from; y < end; y += 2)
            take_pair(bytes + y * stride, bytes + (y + 1) * stride, halves, scratch,
                      scratch + halves);
        fold_cells(scratch, scratch + halves, halves, paper->white + cells, paper->dark + cells);
    }
}

int paper_measure(const struct Pix *grey, struct paper *ret_paper, struct err *err)
{
    struct Pix *page = (struct Pix *)grey; /* Leptonica's getters take no const */
    /* Whole words only: the bytes of the last, partial word are out of order. */
    size_t halves = ((size_t)pixGetWidth(page) & ~(size_t)3) / 2;
    uint32_t height = (uint32_t)pixGetHeight(page) & ~1u;
    SCOPED(paper_free) struct paper paper = {0};
    SCOPED(scope_free) uint8_t *scratch = NULL;
    size_t cells;

    if (halves == 0 || height == 0)
        return err_set(err, ERR_FORMAT, "a page of %d x %d pixels has no paper to measure",
                       pixGetWidth(page), pixGetHeight(page));
    paper.columns = (uint32_t)((halves + HALF_CELL - 1) / HALF_CELL);
    paper.rows = (height + PAPER_CELL_PIXELS - 1) / PAPER_CELL_PIXELS;
    cells = (size_t)paper.columns * paper.rows;
    paper.white = malloc(cells);
    paper.dark = malloc(cells);
    scratch = malloc(2 * halves);
    if (!paper.white || !paper.dark || !scratch)
        return err_set(err, ERR_MEMORY, "no memory for %zu cells of paper", cells);
    measure_rows(page, halves, scratch, &paper);
    paper.level = percentile(paper.white, cells, 75);
    *ret_paper = paper;
    paper = (struct paper){0};
    return 0;
}

void paper_free(struct paper *paper)
{
    if (!paper)
        return;
    free(paper->white);
    free(paper->dark);
    *paper = (struct paper){0};
}

/* The brightest white of the cells around (column, row), itself included. */
static uint8_t brightest_around(const struct paper *paper, const uint8_t *white, uint32_t column,
                                uint32_t row)
{
    uint8_t best = 0;

    for (uint32_t y = row ? row - 1 : 0; y <= row + 1 && y < paper->rows; y++)
        for (uint32_t x = column ? column - 1 : 0; x <= column + 1 && x < paper->columns; x++)
            if (white[y * paper->columns + x] > best)
                best = white[y * paper->columns + x];
    return best;
}

int paper_fill_dark(struct paper *paper, double share, struct err *err)
{
    size_t cells = (size_t)paper->columns * paper->rows;
    uint8_t least = (uint8_t)(share * paper->level);
    SCOPED(scope_free) uint8_t *before = malloc(cells);

    if (!before)
        return err_set(err, ERR_MEMORY, "no memory for %zu cells of paper", cells);
    memcpy(before, paper->white, cells);
    for (size_t i = 0; i < cells; i++) {
        uint8_t around;

        if (before[i] >= least)
            continue;
        around = brightest_around(paper, before, (uint32_t)(i % paper->columns),
                                  (uint32_t)(i / paper->columns));
        paper->white[i] = around > least ? around : least;
    }
    return 0;
}
