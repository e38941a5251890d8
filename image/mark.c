/*
 * Marks: see mark.h. Length and thickness come from the second moments of the ink: an even line of
 * length l has a variance of l2/12 along it.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "image/mark.h"

#include <leptonica/allheaders.h>
#include <math.h>

struct moments {
    double count, x, y, xx, xy, yy;
};

static struct moments sum_ink(struct Pix *bits, const struct image_box *box)
{
    struct moments sum = {0};

    for (int y = box->y; y < box->y + box->height; y++) {
        const uint32_t *line = pixGetData(bits) + (size_t)y * (size_t)pixGetWpl(bits);

        for (int x = box->x; x < box->x + box->width; x++) {
            if (!GET_DATA_BIT(line, x))
                continue;
            sum.count++;
            sum.x += x;
            sum.y += y;
            sum.xx += (double)x * x;
            sum.xy += (double)x * y;
            sum.yy += (double)y * y;
        }
    }
    return sum;
}

struct mark mark_measure(struct Pix *bits, const struct image_box *box, double dpi)
{
    double mm = 25.4 / dpi;
    struct moments sum = sum_ink(bits, box);
    struct mark mark = {.box = *box, .width = box->width * mm, .height = box->height * mm};
    double mean_x, mean_y, xx, xy, yy, half, spread;

    mark.longer = mark.width > mark.height ? mark.width : mark.height;
    mark.area = sum.count * mm * mm;
    if (sum.count == 0)
        return mark;
    mean_x = sum.x / sum.count;
    mean_y = sum.y / sum.count;
    /* 1/12: a pixel has a width of its own. */
    xx = sum.xx / sum.count - mean_x * mean_x + 1.0 / 12;
    yy = sum.yy / sum.count - mean_y * mean_y + 1.0 / 12;
    xy = sum.xy / sum.count - mean_x * mean_y;
    half = (xx + yy) / 2;
    spread = sqrt((xx - yy) * (xx - yy) / 4 + xy * xy);
    mark.length = sqrt(12 * (half + spread)) * mm;
    mark.thickness = sqrt(12 * fmax(half - spread, 0)) * mm;
    return mark;
}
