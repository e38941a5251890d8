/*
 * Sheared row sums: see line_skew.h. The idea is Leptonica's (skew.c): columns are moved up or down
 * in blocks, then rows are counted. Here the page is kept as columns of bytes, so that moving and
 * counting is one addition of many bytes at once, and no page is drawn.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "image/line_skew.h"

#include <leptonica/allheaders.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "base/scope.h"

enum { BYTE_MOST = 255 }; /* columns that a byte can count */

static const float degree = (float)(3.1415926535 / 180.);
static const double skip_share = 0.05; /* of the width, in rows at top and foot together */
enum { SKIP_MOST = 10 };               /* one in so many rows */

struct columns {
    int width, height;
    uint8_t *ink;   /* height bytes for each column */
    uint8_t *few;   /* sums of up to BYTE_MOST columns */
    uint16_t *rows; /* sums of all */
    int added;      /* columns in `few` */
};

static void columns_free(struct columns *columns)
{
    free(columns->ink);
    free(columns->few);
    free(columns->rows);
}

/* The ink of a row into its columns. */
static void spread_row(struct Pix *ink, int y, struct columns *columns)
{
    const uint32_t *line = pixGetData(ink) + (size_t)y * (size_t)pixGetWpl(ink);

    for (int word = 0; word < pixGetWpl(ink); word++)
        for (uint32_t bits = line[word]; bits; bits &= bits - 1) {
            int x = 32 * word + 31 - __builtin_ctz(bits);

            if (x < columns->width)
                columns->ink[(size_t)x * (size_t)columns->height + (size_t)y] = 1;
        }
}

static int columns_of(const struct Pix *ink, struct columns *columns)
{
    struct Pix *from = (struct Pix *)ink; /* Leptonica's getters take no const */
    int width = columns->width = pixGetWidth(from), height = columns->height = pixGetHeight(from);

    columns->ink = calloc((size_t)width * (size_t)height, 1);
    columns->few = malloc((size_t)height);
    columns->rows = malloc((size_t)height * sizeof *columns->rows);
    if (!columns->ink || !columns->few || !columns->rows)
        return ERR_MEMORY;
    for (int y = 0; y < height; y++)
        spread_row(from, y, columns);
    return 0;
}

static void add_few(struct columns *columns)
{
    for (int y = 0; y < columns->height; y++)
        columns->rows[y] = (uint16_t)(columns->rows[y] + columns->few[y]);
    memset(columns->few, 0, (size_t)columns->height);
    columns->added = 0;
}

static void add_bytes(const uint8_t *restrict from, int count, uint8_t *restrict to)
{
    for (int i = 0; i < count; i++)
        to[i] = (uint8_t)(to[i] + from[i]);
}

/* Adds columns from..to - 1, moved down by `down`. */
static void add_block(struct columns *columns, int from, int to, int down)
{
    int count = columns->height - abs(down);

    for (int x = from; x < to && count > 0; x++) {
        const uint8_t *column = columns->ink + (size_t)x * (size_t)columns->height;

        add_bytes(column + (down < 0 ? -down : 0), count, columns->few + (down > 0 ? down : 0));
        if (++columns->added == BYTE_MOST)
            add_few(columns);
    }
}

/* Row sums after a shear about the left edge; single precision where Leptonica has it, so that no
 * block ends elsewhere. */
static void shear(struct columns *columns, float radians)
{
    float slope = (float)tan(radians), inverse = slope != 0 ? (float)fabs(1. / slope) : 0;
    int sign = radians < 0 ? -1 : 1, width = columns->width;
    int x = slope != 0 ? (int)fmin(inverse / 2., width) : width;

    memset(columns->rows, 0, (size_t)columns->height * sizeof *columns->rows);
    memset(columns->few, 0, (size_t)columns->height);
    columns->added = 0;
    add_block(columns, 0, x, 0);
    for (int down = 1; x < width; down++) {
        int end = (int)fmin(inverse * (down + 0.5) + 0.5, width);

        add_block(columns, x, end, sign * down);
        x = end;
    }
    add_few(columns);
}

static float score_at(struct columns *columns, float degrees)
{
    int skip = (int)(skip_share * columns->width), rows = columns->height;
    float score = 0;

    shear(columns, degree * degrees);
    skip = (skip < rows / SKIP_MOST ? skip : rows / SKIP_MOST) / 2;
    skip = skip > 1 ? skip : 1;
    for (int y = skip; y < rows - skip; y++) {
        float step = (float)(columns->rows[y] - columns->rows[y - 1]);

        score += step * step;
    }
    return score;
}

/* The best of the coarse angles; false when it is the first or last, or there is no ink. */
static bool sweep(struct columns *columns, const struct line_skew_params *params, float *ret_best)
{
    int angles = (int)(2. * params->range / params->step + 1), best = 0;
    float most = -1;

    for (int i = 0; i < angles; i++) {
        float score = score_at(columns, -params->range + (float)i * params->step);

        best = score > most ? i : best;
        most = score > most ? score : most;
    }
    *ret_best = -params->range + (float)best * params->step;
    return most > 0 && best > 0 && best < angles - 1;
}

/* Halves the step round the best angle. */
static void search(struct columns *columns, const struct line_skew_params *params,
                   struct line_skew *skew)
{
    skew->strength = score_at(columns, skew->degrees);
    for (float step = 0.5f * params->step; step >= params->finest; step *= 0.5f) {
        float middle = skew->degrees, left = score_at(columns, middle - step);
        float right = score_at(columns, middle + step), most = left;
        int side = -1;

        if (skew->strength > most) {
            most = skew->strength;
            side = 0;
        }
        if (right > most) {
            most = right;
            side = 1;
        }
        skew->strength = most;
        skew->degrees = middle + step * (float)side;
    }
}

int line_skew(const struct Pix *ink, const struct line_skew_params *params,
              struct line_skew *ret_skew, struct err *err)
{
    SCOPED(columns_free) struct columns columns = {0};
    float best;

    *ret_skew = (struct line_skew){0};
    if (columns_of(ink, &columns) < 0)
        return err_set(err, ERR_MEMORY, "no memory to measure skew");
    if (!sweep(&columns, params, &best))
        return 0;
    ret_skew->degrees = best;
    search(&columns, params, ret_skew);
    return 0;
}
