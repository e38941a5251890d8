/*
 * Lines over print: see overprint.h. For every slope the zone is sheared by it in thought and runs
 * of ink along its rows are followed; a run that is long enough is a piece of a line. Every run of
 * ink across the line that is hardly longer than the line is thick goes.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "image/overprint.h"

#include <leptonica/allheaders.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/scope.h"

/* The ink as bytes, so that rows and columns are walked alike. */
struct plane {
    uint8_t *ink, *line; /* width x height each: 1 ink, 1 part of a line found */
    int width, height;
};

static void plane_free(struct plane *plane)
{
    free(plane->ink);
    free(plane->line);
}

static int plane_of_bits(struct Pix *bits, bool turned, struct plane *plane)
{
    int width = pixGetWidth(bits), height = pixGetHeight(bits);

    plane->width = turned ? height : width;
    plane->height = turned ? width : height;
    plane->ink = malloc((size_t)width * (size_t)height + 1);
    plane->line = calloc((size_t)width * (size_t)height + 1, 1);
    if (!plane->ink || !plane->line)
        return ERR_MEMORY;
    for (int y = 0; y < height; y++) {
        const l_uint32 *row = pixGetData(bits) + (size_t)y * (size_t)pixGetWpl(bits);

        for (int x = 0; x < width; x++)
            plane->ink[turned ? x * height + y : y * width + x] = GET_DATA_BIT(row, x);
    }
    return 0;
}

/* Ink at a place, or just below it: the edge of a line that is slightly off the slope. */
static bool is_ink(const struct plane *plane, int x, int y)
{
    if (y < 0 || y >= plane->height)
        return false;
    return plane->ink[y * plane->width + x] ||
           (y + 1 < plane->height && plane->ink[(y + 1) * plane->width + x]);
}

/* A row of the sheared zone: where it begins, and what it has risen by at every x. */
struct slant {
    const int *rise;
    double slope;
    int base;
};

/* Ink from one place up to before another. */
struct run {
    int from, to;
};

static void mark_run(struct plane *plane, int from, int to, const struct slant *slant)
{
    for (int x = from; x < to; x++) {
        int y = slant->base + slant->rise[x];

        y += !plane->ink[y * plane->width + x];
        plane->line[y * plane->width + x] = 1;
    }
}

/* The x from and below which a sheared row lies in the zone, a pixel more at both ends. */
static void part_inside(const struct plane *plane, const struct slant *slant, int ret[2])
{
    double at_top = 0, at_foot = plane->width;

    if (slant->slope != 0) {
        at_top = (-1.0 - slant->base) / slant->slope;
        at_foot = ((double)plane->height + 1 - slant->base) / slant->slope;
    }
    ret[0] = (int)fmax(0, fmin(at_top, at_foot) - 1);
    ret[1] = (int)fmin(plane->width, fmax(at_top, at_foot) + 2);
}

/* The run of ink of a sheared row that x lies in. */
static struct run run_along(const struct plane *plane, const struct slant *slant, int x,
                            const int inside[2])
{
    struct run run = {x, x + 1};

    while (run.from > inside[0] &&
           is_ink(plane, run.from - 1, slant->base + slant->rise[run.from - 1]))
        run.from--;
    while (run.to < inside[1] && is_ink(plane, run.to, slant->base + slant->rise[run.to]))
        run.to++;
    return run;
}

/* A run that is long enough has ink at one of any `least` pixels in a row: only every so many are
 * looked at. */
static void follow(struct plane *plane, const struct slant *slant, int least)
{
    int inside[2];

    part_inside(plane, slant, inside);
    for (int x = inside[0] + least - 1; x < inside[1]; x += least) {
        if (!is_ink(plane, x, slant->base + slant->rise[x]))
            continue;
        struct run run = run_along(plane, slant, x, inside);

        if (run.to - run.from >= least)
            mark_run(plane, run.from, run.to, slant);
        x = run.to; /* no ink there */
    }
}

static int find_lines(struct plane *plane, int least, double steepest)
{
    int steps = (int)ceil(steepest * least);
    SCOPED(scope_free) int *rise = malloc(((size_t)plane->width + 1) * sizeof *rise);

    for (int step = -steps; rise && step <= steps; step++) {
        double slope = (double)step / least;
        int drift = (int)ceil(fabs(slope) * plane->width);

        for (int x = 0; x < plane->width; x++)
            rise[x] = (int)lround(slope * x);
        for (int base = -drift; base < plane->height + drift; base++) {
            struct slant slant = {rise, slope, base};

            follow(plane, &slant, least);
        }
    }
    return rise ? 0 : ERR_MEMORY;
}

/* The run of ink across a line, in column x, that a marked place lies in. */
static struct run run_at(const struct plane *plane, int x, int y)
{
    struct run run = {y, y};

    while (run.from > 0 && plane->ink[(run.from - 1) * plane->width + x])
        run.from--;
    while (run.to < plane->height && plane->ink[run.to * plane->width + x])
        run.to++;
    return run;
}

/* The usual thickness of the lines found; 0 when there are none. */
static int usual_thickness(const struct plane *plane)
{
    enum { THICK_MAX = 64 };
    int counts[THICK_MAX + 1] = {0}, all = 0, thick = 0;

    for (int y = 0; y < plane->height; y++)
        for (int x = 0; x < plane->width; x++) {
            if (!plane->line[y * plane->width + x] || !plane->ink[y * plane->width + x])
                continue;
            struct run run = run_at(plane, x, y);
            int length = run.to - run.from;

            counts[length < THICK_MAX ? length : THICK_MAX]++;
            all++;
        }
    if (all == 0)
        return 0;
    for (int below = 0; thick <= THICK_MAX && 2 * below < all; thick++)
        below += counts[thick];
    return thick - 1;
}

/* Returns how many pixels went. */
static int clear_lines(struct plane *plane, int thickest)
{
    int thick = usual_thickness(plane), most = thick + thick / 3 + 1, gone = 0;

    if (thick == 0 || thick > thickest)
        return 0;
    for (int y = 0; y < plane->height; y++)
        for (int x = 0; x < plane->width; x++) {
            if (!plane->line[y * plane->width + x] || !plane->ink[y * plane->width + x])
                continue;
            struct run run = run_at(plane, x, y);

            for (int i = run.from; run.to - run.from <= most && i < run.to; i++, gone++)
                plane->ink[i * plane->width + x] = 0;
        }
    return gone;
}

static void bits_of_plane(const struct plane *plane, bool turned, struct Pix *bits)
{
    int width = pixGetWidth(bits), height = pixGetHeight(bits);

    for (int y = 0; y < height; y++) {
        l_uint32 *row = pixGetData(bits) + (size_t)y * (size_t)pixGetWpl(bits);

        for (int x = 0; x < width; x++)
            if (!plane->ink[turned ? x * height + y : y * width + x])
                CLEAR_DATA_BIT(row, x);
    }
}

static int drop_one_way(struct Pix *bits, const struct overprint_params *params, bool turned)
{
    SCOPED(plane_free) struct plane plane = {0};
    int gone;

    if (plane_of_bits(bits, turned, &plane) < 0)
        return ERR_MEMORY;
    if (find_lines(&plane, turned ? params->upright_least : params->level_least, params->steepest) <
        0)
        return ERR_MEMORY;
    gone = clear_lines(&plane, params->thickest);
    if (gone > 0)
        bits_of_plane(&plane, turned, bits);
    return gone;
}

int overprint_drop(struct Pix *bits, const struct overprint_params *params, struct err *err)
{
    int level = drop_one_way(bits, params, false);
    int upright = level < 0 ? level : drop_one_way(bits, params, true);

    if (upright < 0)
        return err_set(err, ERR_MEMORY, "no memory to take lines off print");
    return level + upright;
}
