/*
 * Paper on dark ground: see ground.h. The page is sampled on a coarse grid; light rows and columns,
 * those that are light over half as far as the lightest one, bound the paper.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "image/ground.h"

#include <leptonica/allheaders.h>
#include <stdlib.h>
#include <string.h>

#include "base/scope.h"
#include "image/grey.h"

enum {
    GRID_SIDE = 400, /* samples along the longer side at most */
    GREYS = 256,
    DARK_MOST = 110,    /* mean grey of every side's strip: ground */
    CONTRAST_LEAST = 60 /* of the paper against it */
};

static const double strip_share = 0.03, bright_share = 0.99;
static const double paper_most = 0.8, filled_least = 0.6; /* of the picture; of the rectangle */

struct grid {
    uint8_t *at;
    int width, height, step;
};

static void grid_free(struct grid *grid)
{
    free(grid->at);
}

/* The pixel at x of a line, as grey. */
static uint8_t level_at(const l_uint32 *line, int x, int depth)
{
    if (depth == 1)
        return GET_DATA_BIT(line, x) ? 0 : GREYS - 1;
    return depth == 8 ? GET_DATA_BYTE(line, x) : image_luminance(line[x]);
}

static int sample(const struct Pix *page, struct grid *grid)
{
    struct Pix *from = (struct Pix *)page; /* Leptonica's getters take no const */
    int width = pixGetWidth(from), height = pixGetHeight(from), depth = pixGetDepth(from);
    grid->step = (width > height ? width : height) / GRID_SIDE + 1;
    grid->width = width / grid->step;
    grid->height = height / grid->step;
    grid->at = malloc((size_t)grid->width * (size_t)grid->height + 1);
    for (int y = 0; grid->at && y < grid->height; y++) {
        const l_uint32 *line =
            pixGetData(from) + (size_t)(y * grid->step) * (size_t)pixGetWpl(from);
        for (int x = 0; x < grid->width; x++)
            grid->at[y * grid->width + x] = level_at(line, x * grid->step, depth);
    }
    return grid->at ? 0 : ERR_MEMORY;
}

static int mean_of(const struct grid *grid, struct image_box box)
{
    int64_t sum = 0, seen = 0;
    for (int y = box.y; y < box.y + box.height; y++)
        for (int x = box.x; x < box.x + box.width; x++, seen++)
            sum += grid->at[y * grid->width + x];
    return seen > 0 ? (int)(sum / seen) : GREYS - 1;
}

/* The lightest of the four sides' strips. */
static int ground_level(const struct grid *grid)
{
    int w = grid->width, h = grid->height;
    int across = (int)(strip_share * w) + 1, down = (int)(strip_share * h) + 1, most = 0;
    const struct image_box strips[] = {
        {0, 0, w, down}, {0, h - down, w, down}, {0, 0, across, h}, {w - across, 0, across, h}};
    for (int i = 0; i < 4; i++) {
        int mean = mean_of(grid, strips[i]);
        most = mean > most ? mean : most;
    }
    return most;
}

static int bright_level(const struct grid *grid)
{
    int counts[GREYS] = {0}, all = grid->width * grid->height, level = 0;
    for (int i = 0; i < all; i++)
        counts[grid->at[i]]++;
    for (int below = counts[0]; level < GREYS - 1 && below < bright_share * all;)
        below += counts[++level];
    return level;
}

/* First and last of the counts that reach half of the largest; returns how many lie between. */
static int bounds_of(const int *counts, int count, int *ret_first)
{
    int most = 0, last = -1;
    for (int i = 0; i < count; i++)
        most = counts[i] > most ? counts[i] : most;
    *ret_first = 0;
    for (int i = 0; i < count; i++) {
        if (most == 0 || 2 * counts[i] < most)
            continue;
        *ret_first = last < 0 ? i : *ret_first;
        last = i;
    }
    return last < 0 ? 0 : last - *ret_first + 1;
}

static struct image_box light_box(const struct grid *grid, int threshold)
{
    int rows[GRID_SIDE + 1] = {0}, columns[GRID_SIDE + 1] = {0};
    for (int y = 0; y < grid->height; y++)
        for (int x = 0; x < grid->width; x++) {
            bool light = grid->at[y * grid->width + x] > threshold;
            rows[y] += light;
            columns[x] += light;
        }
    struct image_box box = {0};
    box.height = bounds_of(rows, grid->height, &box.y);
    box.width = bounds_of(columns, grid->width, &box.x);
    return box;
}

static bool is_filled(const struct grid *grid, struct image_box box, int threshold)
{
    int light = 0;
    for (int y = box.y; y < box.y + box.height; y++)
        for (int x = box.x; x < box.x + box.width; x++)
            light += grid->at[y * grid->width + x] > threshold;
    return light >= filled_least * box.width * box.height;
}

int ground_find_paper(const struct Pix *page, bool *ret_found, struct image_box *ret_paper,
                      struct err *err)
{
    SCOPED(grid_free) struct grid grid = {0};
    *ret_found = false;
    if (sample(page, &grid) < 0)
        return err_set(err, ERR_MEMORY, "page: no memory to look for its ground");
    if (grid.width == 0 || grid.height == 0)
        return 0;
    int ground = ground_level(&grid), bright = bright_level(&grid);
    if (ground > DARK_MOST || bright - ground < CONTRAST_LEAST)
        return 0;
    int threshold = (ground + bright) / 2;
    struct image_box box = light_box(&grid, threshold);
    if (box.width * box.height > paper_most * grid.width * grid.height ||
        !is_filled(&grid, box, threshold))
        return 0;
    *ret_found = box.width > 0 && box.height > 0;
    *ret_paper = (struct image_box){box.x * grid.step, box.y * grid.step, box.width * grid.step,
                                    box.height * grid.step};
    return 0;
}
