/*
 * The line finder on hostile pages: noise, rulings, heaps of pieces, sides of any length. Lines lie
 * on the page, can be cut out, and are as few as promised. The first eight bytes say how large the
 * page is; what is on it follows, eight bytes a brush.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <assert.h>
#include <leptonica/allheaders.h>
#include <math.h>

#include "base/scope.h"
#include "image/decode.h"
#include "image/header.h"
#include "image/page.h"
#include "ocr/fast/lines.h"
#include "tests/fuzz/fuzz.h"

/* Larger pages only slow the search down; noise on A4 is in test_fast_lines. */
enum { PIXELS_MOST = 1 << 20, HEAD_BYTES = 8, BRUSH_BYTES = 8, BRUSHES_MOST = 32 };
enum { STAMPS_MOST = 1 << 15, DEAR_STAMP = 4096 }; /* of one brush; pixels that count as a stamp */

static int32_t two_bytes(const uint8_t *at)
{
    return at[0] << 8 | at[1];
}

/* Width, height, dpi, and what kind of page; NULL when memory is short. */
static struct Pix *page_of(const uint8_t head[HEAD_BYTES], int *ret_dpi)
{
    static const unsigned depths[] = {1, 8, 32, 1};
    struct Pix *page = NULL;
    struct err err = {0};
    int32_t width = 1 + two_bytes(head) % IMAGE_SIDE_LIMIT_PIXELS;
    int32_t height = 1 + two_bytes(head + 2) % IMAGE_SIDE_LIMIT_PIXELS;

    height = height < PIXELS_MOST / width ? height : PIXELS_MOST / width;
    *ret_dpi = 50 + two_bytes(head + 4) % 1151;
    if (page_new((uint32_t)width, (uint32_t)height, depths[head[6] % 4], &page, &err) < 0)
        return NULL;
    if (pixGetDepth(page) > 1)
        pixSetAll(page);
    return page;
}

static void stamp(struct Pix *page, int32_t x, int32_t y, const int32_t size[2])
{
    pixRasterop(page, x, y, size[0], size[1], pixGetDepth(page) == 1 ? PIX_SET : PIX_CLR, NULL, 0,
                0);
}

/* Rectangles of one size in rows and columns from a place on, or, without a step to the next row,
 * strewn over the page. */
static void paint(struct Pix *page, const uint8_t brush[BRUSH_BYTES])
{
    int32_t width = pixGetWidth(page), height = pixGetHeight(page), stamps = STAMPS_MOST;
    int32_t left = brush[0] * width / 256, top = brush[1] * height / 256;
    int32_t size[2] = {brush[2] < 128 ? brush[2] : brush[2] * width / 256,
                       brush[3] < 128 ? brush[3] : brush[3] * height / 256};
    int32_t cost = 1 + size[0] * size[1] / DEAR_STAMP;
    uint32_t chance = (uint32_t)two_bytes(brush + 6);

    if (brush[5] == 0) {
        for (stamps = brush[4] << 7; stamps > 0; stamps -= cost) {
            chance = chance * 1664525 + 1013904223;
            stamp(page, (int32_t)(chance >> 8) % width, (int32_t)(chance >> 12) % height, size);
        }
        return;
    }
    for (int32_t y = top; y < height && stamps > 0; y += brush[5])
        for (int32_t x = left; x < width && stamps > 0; x += 1 + brush[4], stamps -= cost) {
            chance = chance * 1664525 + 1013904223;
            stamp(page, x, y + (int32_t)(chance >> 24) * brush[7] / 2048, size);
        }
}

/* The whole page, or its middle. */
static struct ocr_rect zone_of(const struct Pix *page, bool middle)
{
    int32_t width = pixGetWidth((struct Pix *)page), height = pixGetHeight((struct Pix *)page);

    if (!middle)
        return (struct ocr_rect){0};
    return (struct ocr_rect){width / 4, height / 4, width - width / 2, height - height / 2};
}

static void check_line(const struct Pix *page, const struct fast_line *line)
{
    SCOPED(image_free) struct Pix *strip = NULL;
    const struct ocr_rect *box = &line->box;
    struct err err = {0};

    assert(box->x >= 0 && box->y >= 0 && box->width > 0 && box->height > 0);
    assert(box->x + box->width <= pixGetWidth((struct Pix *)page));
    assert(box->y + box->height <= pixGetHeight((struct Pix *)page));
    assert(line->x_height > 0 && isfinite(line->x_height) && isfinite(line->slope));
    if (fast_line_cut(page, line, &strip, &err) == 0)
        assert(pixGetWidth(strip) == line->strip.width && line->strip.width == box->width);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    SCOPED(image_free) struct Pix *page = NULL;
    SCOPED(fast_layout_free) struct fast_layout layout = {0};
    struct ocr_rect zone;
    struct err err = {0};
    int dpi;

    if (size < HEAD_BYTES || !(page = page_of(data, &dpi)))
        return 0;
    for (size_t at = HEAD_BYTES; at + BRUSH_BYTES <= size && at < BRUSHES_MOST * BRUSH_BYTES;
         at += BRUSH_BYTES)
        paint(page, data + at);
    zone = zone_of(page, data[6] & 4);
    if (fast_layout_find(page, dpi, &zone, &layout, &err) < 0) {
        assert(err.text[0] != '\0');
        return 0;
    }
    assert(layout.count <= FAST_LINES_MOST);
    assert(layout.coverage >= 0 && layout.coverage <= 1);
    assert(layout.evenness >= 0 && layout.evenness <= 1);
    for (size_t i = 0; i < layout.count; i++)
        check_line(page, &layout.lines[i]);
    return 0;
}
