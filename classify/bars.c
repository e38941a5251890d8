/*
 * Cheap evidence of a linear barcode: squares of the glance in which brightness changes much along
 * rows and hardly down columns, or the reverse, several beside each other. Cost 1 ms.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdlib.h>

#include "classify/barcode.h"
#include "classify/glance.h"

enum {
    TILE = 16,       /* glance pixels, 4 to 5 mm */
    TILES_MIN = 4,   /* beside each other, in the direction of the changes */
    CHANGE_MIN = 14, /* mean change of brightness from pixel to pixel across bars */
    RATIO_MIN = 4    /* across over along the bars; print has 1 to 2 */
};

/* 1: bars stand (changes along the row), 2: bars lie, 0: neither. */
static int direction_of(const struct glance *glance, int left, int top)
{
    int across = 0, down = 0;
    for (int y = top; y < top + TILE; y++) {
        const uint8_t *row = glance->grey + (size_t)glance->width * (size_t)y + left;
        for (int x = 0; x < TILE; x++) {
            across += abs(row[x + 1] - row[x]);
            down += abs(row[x + glance->width] - row[x]);
        }
    }
    if (across > CHANGE_MIN * TILE * TILE && across > RATIO_MIN * down)
        return 1;
    return down > CHANGE_MIN * TILE * TILE && down > RATIO_MIN * across ? 2 : 0;
}

/* Grows the box by a tile. */
static void add_tile(int left, int top, int *bounds)
{
    bounds[0] = left < bounds[0] ? left : bounds[0];
    bounds[1] = top < bounds[1] ? top : bounds[1];
    bounds[2] = left + TILE > bounds[2] ? left + TILE : bounds[2];
    bounds[3] = top + TILE > bounds[3] ? top + TILE : bounds[3];
}

/* How many tiles of the same direction follow, this one included. */
static int run_of(const struct glance *glance, int left, int top, int direction)
{
    int count = 0;
    while (left + TILE < glance->width && top + TILE < glance->height && count < TILES_MIN &&
           direction_of(glance, left, top) == direction) {
        left += direction == 1 ? TILE : 0;
        top += direction == 2 ? TILE : 0;
        count++;
    }
    return count;
}

bool barcode_suspect(const struct glance *glance, struct box *ret_part)
{
    int bounds[4] = {glance->width, glance->height, 0, 0};
    for (int top = 0; top + TILE < glance->height; top += TILE)
        for (int left = 0; left + TILE < glance->width; left += TILE) {
            int direction = direction_of(glance, left, top);
            if (direction && run_of(glance, left, top, direction) >= TILES_MIN) {
                add_tile(left, top, bounds);
                int far = (TILES_MIN - 1) * TILE;
                add_tile(left + (direction == 1 ? far : 0), top + (direction == 2 ? far : 0),
                         bounds);
            }
        }
    if (bounds[2] == 0)
        return false;
    int margin = 2 * TILE, factor = glance->factor;
    int left = bounds[0] > margin ? bounds[0] - margin : 0;
    int top = bounds[1] > margin ? bounds[1] - margin : 0;
    int right = bounds[2] + margin < glance->width ? bounds[2] + margin : glance->width;
    int bottom = bounds[3] + margin < glance->height ? bounds[3] + margin : glance->height;
    *ret_part =
        (struct box){left * factor, top * factor, (right - left) * factor, (bottom - top) * factor};
    return true;
}
