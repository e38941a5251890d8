/*
 * Cutting a line out of its page: a line askew is levelled column by column, so that its neighbours
 * stay outside and the letters stand in one row, as the network knows them.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <leptonica/allheaders.h>
#include <math.h>

#include "image/decode.h"
#include "image/page.h"
#include "ocr/fast/lines.h"

/* Rows by which column `x` lies lower than the middle one. */
static int32_t drop_at(const struct fast_line *line, int32_t x)
{
    float middle = (float)line->strip.x + (float)line->strip.width / 2;

    return (int32_t)lroundf(line->slope * ((float)x - middle));
}

int32_t fast_line_top(const struct fast_line *line, int32_t x)
{
    return line->strip.y + drop_at(line, x);
}

int fast_line_cut(const struct Pix *page, const struct fast_line *line, struct Pix **ret_strip,
                  struct err *err)
{
    const struct ocr_rect *strip = &line->strip;
    struct Pix *from = (struct Pix *)page; /* Leptonica's getters take no const */
    int32_t begun = 0, depth = pixGetDepth(from);
    int rc =
        page_new((uint32_t)strip->width, (uint32_t)strip->height, (unsigned)depth, ret_strip, err);

    if (rc < 0)
        return rc;
    if (depth > 1)
        pixSetAll(*ret_strip);
    for (int32_t x = 1; x <= strip->width; x++) {
        int32_t top = fast_line_top(line, strip->x + begun);

        if (x < strip->width && fast_line_top(line, strip->x + x) == top)
            continue;
        pixRasterop(*ret_strip, begun, 0, x - begun, strip->height, PIX_SRC, from, strip->x + begun,
                    top);
        begun = x;
    }
    return 0;
}
