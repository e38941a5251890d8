/*
 * Row-by-row pages: see rows.h. One accumulator per sample of a reduced row; the means at the right
 * and bottom edge are over the pixels that exist.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "image/rows.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/scope.h"
#include "image/bounds.h"
#include "image/decode.h"
#include "image/page.h"

struct rows {
    struct rows_shape shape;
    struct Pix *page;
    uint32_t next;       /* row that comes next */
    uint32_t made_width; /* pixels */
    size_t samples;      /* of a reduced row */
    uint32_t *sums;      /* one per sample; NULL when nothing is reduced */
    uint8_t *means;      /* one reduced row */
};

static int make_sums(struct rows *rows, struct err *err)
{
    rows->samples = (size_t)rows->made_width * (rows->shape.depth == 32 ? 3 : 1);
    rows->sums = calloc(rows->samples, sizeof *rows->sums);
    rows->means = calloc(rows->samples, 1);
    if (!rows->sums || !rows->means)
        return err_set(err, ERR_MEMORY, "no memory for a row of %zu samples", rows->samples);
    return 0;
}

int rows_new(const struct rows_shape *shape, struct rows **ret_rows, struct err *err)
{
    SCOPED(rows_free) struct rows *rows = calloc(1, sizeof *rows);
    unsigned depth = shape->reduce > 1 && shape->depth == 1 ? 8 : shape->depth;
    uint32_t made_height = (shape->height + shape->reduce - 1) / shape->reduce;
    int rc;

    if (!rows)
        return err_set(err, ERR_MEMORY, "no memory for a page");
    rows->shape = *shape;
    rows->made_width = (shape->width + shape->reduce - 1) / shape->reduce;
    if (image_pixel_bytes(rows->made_width, made_height, depth) > IMAGE_DECODED_LIMIT_BYTES)
        return err_set(err, ERR_LIMIT, "%u x %u grey pixels, at most %d MB", rows->made_width,
                       made_height, IMAGE_DECODED_LIMIT_BYTES / 1000000);
    rc = page_new(rows->made_width, made_height, depth, &rows->page, err);
    if (rc == 0 && shape->reduce > 1)
        rc = make_sums(rows, err);
    if (rc < 0)
        return rc;
    *ret_rows = rows;
    rows = NULL;
    return 0;
}

void rows_free(struct rows **rows)
{
    if (!rows || !*rows)
        return;
    image_free(&(*rows)->page);
    free((*rows)->sums);
    free((*rows)->means);
    free(*rows);
    *rows = NULL;
}

/* The ones among each 2, 4 or 8 bits of a byte, in the place of these bits. */
static unsigned count_ones(unsigned bits, unsigned group)
{
    bits = bits - (bits >> 1 & 0x55);
    if (group > 2)
        bits = (bits & 0x33) + (bits >> 2 & 0x33);
    return group > 4 ? (bits + (bits >> 4)) & 0x0f : bits;
}

/* Black pixels of each cell. Reduce divides 8, so a cell never crosses a byte; the bits beyond the
 * width are cut off. */
static void add_bits(struct rows *rows, const uint8_t *row)
{
    unsigned reduce = rows->shape.reduce;
    unsigned per_byte = 8 / reduce;
    uint32_t mask = (1u << reduce) - 1;
    uint32_t whole = rows->shape.width / 8;

    for (uint32_t i = 0; i < whole; i++) {
        unsigned counts = count_ones(row[i], reduce);

        for (unsigned k = 0; k < per_byte; k++)
            rows->sums[i * per_byte + k] += counts >> (8 - reduce * (k + 1)) & mask;
    }
    for (uint32_t x = 8 * whole; x < rows->shape.width; x++)
        rows->sums[x / reduce] += row[whole] >> (7 - x % 8) & 1;
}

static void add_grey(struct rows *rows, const uint8_t *row)
{
    unsigned shift = (unsigned)__builtin_ctz(rows->shape.reduce);

    for (uint32_t x = 0; x < rows->shape.width; x++)
        rows->sums[x >> shift] += row[x];
}

static void add_rgb(struct rows *rows, const uint8_t *row)
{
    unsigned shift = (unsigned)__builtin_ctz(rows->shape.reduce);

    for (uint32_t x = 0; x < rows->shape.width; x++) {
        uint32_t *sum = rows->sums + 3 * (size_t)(x >> shift);

        sum[0] += row[3 * x];
        sum[1] += row[3 * x + 1];
        sum[2] += row[3 * x + 2];
    }
}

/* The mean of a cell of `count` pixels from its sum: of grey, or of black pixels. */
static uint8_t mean_of(const struct rows *rows, uint32_t sum, unsigned count)
{
    if (rows->shape.depth == 1)
        sum = 255 * (count - sum);
    return (uint8_t)((sum + count / 2) / count);
}

/* Divides the sums by the pixels in each cell and starts the next reduced row. */
static void finish_reduced_row(struct rows *rows)
{
    unsigned reduce = rows->shape.reduce;
    uint32_t y = (rows->next - 1) / reduce;
    unsigned tall = rows->next - y * reduce;
    size_t per_pixel = rows->samples / rows->made_width;
    size_t inner = rows->samples - per_pixel;
    unsigned last_wide = rows->shape.width - (rows->made_width - 1) * reduce;

    for (size_t i = 0; i < inner; i++)
        rows->means[i] = mean_of(rows, rows->sums[i], tall * reduce);
    for (size_t i = inner; i < rows->samples; i++)
        rows->means[i] = mean_of(rows, rows->sums[i], tall * last_wide);
    memset(rows->sums, 0, rows->samples * sizeof *rows->sums);
    page_put_row(rows->page, y, rows->means);
}

void rows_put(struct rows *rows, const uint8_t *row)
{
    assert(rows->next < rows->shape.height);
    if (rows->shape.reduce == 1) {
        page_put_row(rows->page, rows->next++, row);
        return;
    }
    if (rows->shape.depth == 1)
        add_bits(rows, row);
    else if (rows->shape.depth == 8)
        add_grey(rows, row);
    else
        add_rgb(rows, row);
    rows->next++;
    if (rows->next % rows->shape.reduce == 0 || rows->next == rows->shape.height)
        finish_reduced_row(rows);
}

struct Pix *rows_take(struct rows *rows)
{
    struct Pix *page = rows->page;

    assert(rows->next == rows->shape.height);
    rows->page = NULL;
    return page;
}
