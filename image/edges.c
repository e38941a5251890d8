/*
 * Edge points: see edges.h. After W. Postl (1986): the projection of a page onto its side is
 * roughest when the lines lie level. Points instead of pixels make an angle cost 20 microseconds.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "image/edges.h"

#include <leptonica/allheaders.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/scope.h"
#include "image/text_mask.h"

/* Rows of 4 pixels make the peak wide enough not to be stepped over, rows of 1 pixel find its top.
 */
enum { COARSE_SHIFT = 2, FINE_SHIFT = 0, MOST_ROWS = 1 << 17, MOST_STEPS = 256 };

static const double coarse_step = 0.5, fine_step = 0.1;
static const double radians_per_degree = 3.14159265358979 / 180;

/* Pixels of a word that have white below them, or to their right, and may be writing. */
static uint32_t edge_word(const struct text_mask *mask, int y, int i, enum edges_side side)
{
    int words = pixGetWpl(mask->page);
    const uint32_t *row = pixGetData(mask->page) + (size_t)y * (size_t)words;
    uint32_t writing = pixGetData(mask->writing)[(size_t)y * (size_t)words + (size_t)i];
    uint32_t next;

    if (side == EDGES_LOWER)
        return writing & (y + 1 < pixGetHeight(mask->page) ? ~row[i + words] : UINT32_MAX);
    next = i + 1 < words ? row[i + 1] >> 31 : 0;
    return writing & ~(row[i] << 1 | next);
}

static size_t count_edges(const struct text_mask *mask, enum edges_side side)
{
    size_t count = 0;

    for (int y = 0; y < pixGetHeight(mask->page); y++)
        for (int i = 0; i < pixGetWpl(mask->page); i++)
            count += (size_t)__builtin_popcount(edge_word(mask, y, i, side));
    return count;
}

/* Takes every `step`th point of one word of pixels, the first of which lies at x, y. */
static void take_word(uint32_t word, struct edges_point at, size_t step, size_t *seen,
                      struct edges *edges)
{
    for (; word; word &= word - 1) {
        struct edges_point point = at;

        point.along = (int16_t)(at.along + 31 - __builtin_ctz(word));
        if ((*seen)++ % step == 0)
            edges->points[edges->count++] = point;
    }
}

static void take_edges(const struct text_mask *mask, enum edges_side side, size_t step,
                       struct edges *edges)
{
    size_t seen = 0;

    for (int y = 0; y < pixGetHeight(mask->page); y++)
        for (int i = 0; i < pixGetWpl(mask->page); i++)
            take_word(edge_word(mask, y, i, side),
                      (struct edges_point){(int16_t)(32 * i), (int16_t)y}, step, &seen, edges);
    if (side == EDGES_LOWER)
        return;
    for (size_t i = 0; i < edges->count; i++) {
        struct edges_point point = edges->points[i];

        edges->points[i].along = (int16_t)(edges->along_size - 1 - point.across);
        edges->points[i].across = point.along;
    }
}

int edges_find(const struct text_mask *mask, enum edges_side side, struct edges *ret_edges,
               struct err *err)
{
    size_t all = count_edges(mask, side);
    size_t step = all / EDGES_MOST_POINTS + 1;
    bool level = side == EDGES_LOWER;

    *ret_edges =
        (struct edges){.along_size = level ? pixGetWidth(mask->page) : pixGetHeight(mask->page),
                       .across_size = level ? pixGetHeight(mask->page) : pixGetWidth(mask->page)};
    ret_edges->points = malloc((all / step + 1) * sizeof *ret_edges->points);
    if (!ret_edges->points)
        return err_set(err, ERR_MEMORY, "no memory for %zu edge points", all / step + 1);
    take_edges(mask, side, step, ret_edges);
    return 0;
}

void edges_free(struct edges *edges)
{
    if (!edges)
        return;
    free(edges->points);
    *edges = (struct edges){0};
}

double edges_contrast(const struct edges *edges, double degrees, unsigned bin_shift)
{
    /* On a page turned counter-clockwise level lines rise to the right, upright lines lean to the
     * left going up: `along` grows in these directions. */
    double slope = tan(degrees * radians_per_degree);
    int32_t slope16 = (int32_t)lround(slope * 65536);
    int32_t margin = (int32_t)(fabs(slope) * edges->along_size) + 2;
    size_t rows = (size_t)((edges->across_size + 2 * margin) >> bin_shift) + 2;
    SCOPED(scope_free) uint32_t *histogram = NULL;
    double sum = 0;

    if (edges->count == 0 || rows > MOST_ROWS)
        return 0;
    histogram = calloc(rows, sizeof *histogram);
    if (!histogram)
        return 0;
    for (size_t i = 0; i < edges->count; i++) {
        int32_t moved = (edges->points[i].along * slope16 + (1 << 15)) >> 16;

        histogram[(edges->points[i].across + margin + moved) >> bin_shift]++;
    }
    for (size_t i = 1; i < rows; i++) {
        double difference = (double)histogram[i] - (double)histogram[i - 1];

        sum += difference * difference;
    }
    return sum / (double)edges->count;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

/* The best of the angles centre - most .. centre + most. */
static double best_angle(const struct edges *edges, double centre, double most, double step)
{
    int steps = (int)(most / step + 0.5);
    double best = centre, best_contrast = -1;

    for (int i = -steps; i <= steps; i++) {
        double contrast = edges_contrast(edges, centre + i * step, FINE_SHIFT);

        if (contrast > best_contrast) {
            best_contrast = contrast;
            best = centre + i * step;
        }
    }
    return best;
}

struct edges_peak edges_search(const struct edges *edges, double most, double finest)
{
    double contrasts[MOST_STEPS];
    int steps = (int)(most / coarse_step + 0.5);
    struct edges_peak peak = {.contrast = -1, .prominence = 1};

    if (2 * steps + 1 > MOST_STEPS)
        steps = (MOST_STEPS - 1) / 2;
    for (int i = -steps; i <= steps; i++) {
        contrasts[i + steps] = edges_contrast(edges, i * coarse_step, COARSE_SHIFT);
        if (contrasts[i + steps] > peak.contrast) {
            peak.contrast = contrasts[i + steps];
            peak.degrees = i * coarse_step;
        }
    }
    qsort(contrasts, (size_t)(2 * steps + 1), sizeof *contrasts, by_value);
    if (contrasts[steps] > 0)
        peak.prominence = peak.contrast / contrasts[steps];
    peak.degrees = best_angle(edges, peak.degrees, coarse_step, fine_step);
    if (finest < fine_step)
        peak.degrees = best_angle(edges, peak.degrees, fine_step, finest);
    return peak;
}
