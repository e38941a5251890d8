/*
 * Resampling along a line: see micr_strip.h. Bilinear; cost 10 ns a strip pixel.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "classify/micr_strip.h"

#include <leptonica/allheaders.h>
#include <math.h>
#include <stdlib.h>

/* Rows of page pixels with their size, read through one function per depth. */
struct source {
    const uint32_t *words;
    int wpl, width, height, depth;
};

static float darkness(const struct source *source, int x, int y)
{
    if (x < 0 || y < 0 || x >= source->width || y >= source->height)
        return 0;
    const uint32_t *row = source->words + (size_t)source->wpl * (size_t)y;
    if (source->depth == 1)
        return row[x / 32] >> (31 - x % 32) & 1 ? 255 : 0;
    if (source->depth == 8)
        return 255.0f - (float)(row[x / 4] >> (24 - 8 * (x % 4)) & 255);
    uint32_t pixel = row[x];
    return 255.0f - (float)((pixel >> 24) + 2 * (pixel >> 16 & 255) + (pixel >> 8 & 255)) / 4;
}

static float darkness_between(const struct source *source, double x, double y)
{
    double floor_x = floor(x), floor_y = floor(y);
    float dx = (float)(x - floor_x), dy = (float)(y - floor_y);
    int at_x = (int)floor_x, at_y = (int)floor_y;
    float above = darkness(source, at_x, at_y) * (1 - dx) + darkness(source, at_x + 1, at_y) * dx;
    float below =
        darkness(source, at_x, at_y + 1) * (1 - dx) + darkness(source, at_x + 1, at_y + 1) * dx;
    return above * (1 - dy) + below * dy;
}

void strip_to_page(const struct strip_frame *frame, double column, double row, double *ret_x,
                   double *ret_y)
{
    double across = (row - STRIP_ROWS / 2.0) * frame->across;
    double along = (column + frame->lean * (row - STRIP_ROWS / 2.0)) * frame->along;
    *ret_x = frame->x + frame->ux * along - frame->uy * across;
    *ret_y = frame->y + frame->uy * along + frame->ux * across;
}

struct strip_frame strip_turned(const struct strip_frame *frame, int columns)
{
    struct strip_frame turned = *frame;
    turned.x += frame->ux * frame->along * columns;
    turned.y += frame->uy * frame->along * columns;
    turned.ux = -frame->ux;
    turned.uy = -frame->uy;
    return turned;
}

void strip_clear(struct strip *strip)
{
    free(strip->dark);
    *strip = (struct strip){0};
}

int strip_take(const struct Pix *page, const struct strip_frame *frame, int columns,
               struct strip *ret_strip, struct err *err)
{
    struct Pix *pix = (struct Pix *)(uintptr_t)page;
    struct source source = {pixGetData(pix), pixGetWpl(pix), pixGetWidth(pix), pixGetHeight(pix),
                            pixGetDepth(pix)};
    columns = columns > STRIP_COLUMNS_MAX ? STRIP_COLUMNS_MAX : columns;
    *ret_strip = (struct strip){.frame = *frame, .columns = columns};
    ret_strip->dark = malloc(sizeof(float) * (size_t)columns * STRIP_ROWS);
    if (!ret_strip->dark)
        return err_set(err, ERR_MEMORY, "micr: no memory for a strip of %d columns", columns);
    for (int row = 0; row < STRIP_ROWS; row++) {
        float *out = ret_strip->dark + (size_t)columns * (size_t)row;
        double x, y;
        strip_to_page(frame, 0, row, &x, &y);
        for (int column = 0; column < columns; column++) {
            out[column] = darkness_between(&source, x, y);
            x += frame->ux * frame->along;
            y += frame->uy * frame->along;
        }
    }
    return 0;
}
