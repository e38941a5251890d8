/*
 * Running means: see local_ink.h. Sums of the columns within the window go from row to row, sums
 * of those from pixel to pixel; all in integers, and the comparison many pixels at once.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "image/local_ink.h"

#include <assert.h>
#include <leptonica/allheaders.h>
#include <string.h>

#include "base/scope.h"
#include "image/decode.h"
#include "image/page.h"

struct window {
    int width, height, half, percent;
    size_t stride;   /* of a row in bytes */
    uint8_t *pixels; /* the page */
    int32_t *columns, *sums;
    uint8_t *dark, *bits; /* of one row */
};

static void window_free(struct window *window)
{
    free(window->pixels);
    free(window->columns);
    free(window->sums);
    free(window->dark);
    free(window->bits);
}

static int window_start(const struct Pix *grey, struct window *window)
{
    size_t width = (size_t)window->width;

    window->stride = width;
    window->pixels = malloc(width * (size_t)window->height + 1);
    window->columns = calloc(width, sizeof *window->columns);
    window->sums = malloc(width * sizeof *window->sums);
    window->dark = calloc(width / 8 + 1, 8);
    window->bits = malloc(width / 8 + 1);
    if (!window->pixels || !window->columns || !window->sums || !window->dark || !window->bits)
        return ERR_MEMORY;
    for (int y = 0; y < window->height; y++)
        page_get_row(grey, (uint32_t)y, window->pixels + (size_t)y * width);
    return 0;
}

static const uint8_t *row_of(const struct window *window, int y)
{
    return window->pixels + (size_t)y * window->stride;
}

static void add_row(const uint8_t *restrict row, int width, int32_t *restrict columns)
{
    for (int x = 0; x < width; x++)
        columns[x] += row[x];
}

static void drop_row(const uint8_t *restrict row, int width, int32_t *restrict columns)
{
    for (int x = 0; x < width; x++)
        columns[x] -= row[x];
}

/* The first and last pixel of the window round `at` on a side of `length` pixels. */
static int first_of(const struct window *window, int at)
{
    return at > window->half ? at - window->half : 0;
}

static int last_of(const struct window *window, int at, int length)
{
    return at + window->half < length ? at + window->half : length - 1;
}

static void sum_along(struct window *window)
{
    int width = window->width, half = window->half;
    int32_t sum = 0;

    for (int x = 0; x < half && x < width; x++)
        sum += window->columns[x];
    for (int x = 0; x < width; x++) {
        if (x + half < width)
            sum += window->columns[x + half];
        if (x - half > 0)
            sum -= window->columns[x - half - 1];
        window->sums[x] = sum;
    }
}

/* Pixels from..to - 1, whose windows all hold `count` pixels. */
static void mark_alike(const uint8_t *restrict row, const struct window *window, int count,
                       const int at[2])
{
    const int32_t *restrict sums = window->sums;
    uint8_t *restrict dark = window->dark;
    int32_t percent = window->percent, hundred = 100 * count;

    for (int x = at[0]; x < at[1]; x++)
        dark[x] = row[x] * hundred < percent * sums[x];
}

static void mark_edge(const uint8_t *row, const struct window *window, int rows, const int at[2])
{
    for (int x = at[0]; x < at[1]; x++) {
        int columns = last_of(window, x, window->width) - first_of(window, x) + 1;

        mark_alike(row, window, rows * columns, (int[]){x, x + 1});
    }
}

static void mark_row(const uint8_t *row, const struct window *window, int rows)
{
    int width = window->width, half = window->half;
    int left = half < width ? half : width, right = width - half > left ? width - half : left;

    mark_edge(row, window, rows, (int[]){0, left});
    mark_alike(row, window, rows * (2 * half + 1), (int[]){left, right});
    mark_edge(row, window, rows, (int[]){right, width});
}

/* Eight bytes of 0 and 1 to a byte, the first one in the highest place: a product that moves each
 * to its own bit. Little-endian, as all of this. */
static void pack(const uint8_t *bytes, int width, uint8_t *ret_bits)
{
    for (int i = 0; i < (width + 7) / 8; i++) {
        uint64_t eight;

        memcpy(&eight, bytes + 8 * i, 8);
        ret_bits[i] = (uint8_t)(eight * 0x8040201008040201ull >> 56);
    }
}

static void mark_rows(struct window *window, struct Pix *ink)
{
    int width = window->width, height = window->height, half = window->half;

    for (int y = 0; y < half && y < height; y++)
        add_row(row_of(window, y), width, window->columns);
    for (int y = 0; y < height; y++) {
        if (y + half < height)
            add_row(row_of(window, y + half), width, window->columns);
        if (y - half > 0)
            drop_row(row_of(window, y - half - 1), width, window->columns);
        sum_along(window);
        mark_row(row_of(window, y), window, last_of(window, y, height) - first_of(window, y) + 1);
        pack(window->dark, width, window->bits);
        page_put_row(ink, (uint32_t)y, window->bits);
    }
}

int image_local_ink(const struct Pix *grey, const struct local_ink_params *params,
                    struct Pix **ret_ink, struct err *err)
{
    struct Pix *from = (struct Pix *)grey; /* Leptonica's getters take no const */
    SCOPED(image_free) struct Pix *ink = NULL;
    SCOPED(window_free)
    struct window window = {.width = pixGetWidth(from),
                            .height = pixGetHeight(from),
                            .half = params->half,
                            .percent = params->percent};
    int rc;

    assert(pixGetDepth(from) == 8 && params->half <= LOCAL_INK_HALF_MAX && params->percent <= 100);
    *ret_ink = NULL;
    rc = page_new((uint32_t)window.width, (uint32_t)window.height, 1, &ink, err);
    if (rc < 0)
        return rc;
    if (window_start(grey, &window) < 0)
        return err_set(err, ERR_MEMORY, "no memory to find ink");
    mark_rows(&window, ink);
    *ret_ink = ink;
    ink = NULL;
    return 0;
}
