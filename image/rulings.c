/*
 * Rulings: see rulings.h. On a page of about 150 dpi, runs of 3 mm are kept (a line one pixel thick
 * and 2 degrees askew has runs of 4.8 mm), joined over gaps, and judged by length and thickness.
 * Upright lines are level lines of the transposed page.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "image/rulings.h"

#include <leptonica/allheaders.h>
#include <stdlib.h>

#include "base/scope.h"
#include "image/decode.h"
#include "image/opening.h"
#include "image/page.h"
#include "image/text_mask.h"

enum { REDUCED_DPI = 100, LINES_LIMIT = 4096 };

static const double run_mm = 3;

struct drawing {
    struct Pix *page; /* reduced */
    double dpi;
    int reduction;
};

static int reduce(const struct Pix *bits, struct drawing *drawing, struct err *err)
{
    SCOPED(image_free) struct Pix *page = pixCopy(NULL, (struct Pix *)bits);

    drawing->dpi = text_mask_dpi(bits);
    drawing->reduction = 1;
    while (page && drawing->dpi / 2 >= REDUCED_DPI) {
        struct Pix *half = pixReduceRankBinary2(page, 1, NULL);

        image_free(&page);
        page = half;
        drawing->dpi /= 2;
        drawing->reduction *= 2;
    }
    if (!page)
        return err_set(err, ERR_MEMORY, "no memory to reduce a page");
    pixSetPadBits(page, 0);
    drawing->page = page;
    page = NULL;
    return 0;
}

/* Mean row of the ink in columns `from` to `end` of a part; -1 without ink. */
static double mean_row(struct Pix *part, int from, int end)
{
    double sum = 0, count = 0;

    for (int x = from; x < end; x++) {
        for (int y = 0; y < pixGetHeight(part); y++) {
            l_uint32 value = 0;

            pixGetPixel(part, x, y, &value);
            sum += value * (double)y;
            count += value;
        }
    }
    return count > 0 ? sum / count : -1;
}

/* A joined part as a line: its ends are taken over the outer millimetre or so. */
static struct image_segment measure(struct Pix *part, const BOX *box, const struct drawing *drawing)
{
    int end = image_pixels(1, drawing->dpi) + 1, times = drawing->reduction;
    double left = mean_row(part, 0, end < box->w ? end : box->w);
    double right = mean_row(part, box->w > end ? box->w - end : 0, box->w);
    l_int32 count = 0;

    pixCountPixels(part, &count, NULL);
    return (struct image_segment){.x0 = box->x * times,
                                  .x1 = (box->x + box->w) * times - 1,
                                  .y0 = (int32_t)((box->y + left + 0.5) * times),
                                  .y1 = (int32_t)((box->y + right + 0.5) * times),
                                  .thickness = (count * times + box->w - 1) / box->w};
}

static int join_runs(const struct drawing *drawing, const struct rulings_params *params,
                     struct Pix **ret_lines, struct err *err)
{
    int run = image_pixels(run_mm, drawing->dpi), gap = image_pixels(params->gap_mm, drawing->dpi);
    SCOPED(image_free) struct Pix *runs = NULL;
    int rc = image_open(drawing->page, run, 1, &runs, err);

    if (rc < 0)
        return rc;
    return page_made(pixCloseSafeBrick(NULL, runs, gap + 1, 1), "join lines", ret_lines, err);
}

static int by_place(const void *a, const void *b)
{
    const struct image_segment *one = a, *other = b;

    if (one->y0 != other->y0)
        return (one->y0 > other->y0) - (one->y0 < other->y0);
    return (one->x0 > other->x0) - (one->x0 < other->x0);
}

static int find_level(const struct drawing *drawing, const struct rulings_params *params,
                      struct image_segment **ret_lines, size_t *ret_count, struct err *err)
{
    int least = image_pixels(params->least_mm, drawing->dpi);
    int thickest = image_pixels(params->thickest_mm, drawing->dpi) * drawing->reduction;
    SCOPED(image_free) struct Pix *lines = NULL;
    SCOPED(pixaDestroy) PIXA *parts = NULL;
    SCOPED(boxaDestroy) BOXA *boxes = NULL;
    int rc = join_runs(drawing, params, &lines, err);

    if (rc < 0)
        return rc;
    boxes = pixConnComp(lines, &parts, 8);
    *ret_lines = calloc(LINES_LIMIT, sizeof **ret_lines);
    if (!boxes || !*ret_lines)
        return err_set(err, ERR_MEMORY, "no memory for %d lines", LINES_LIMIT);
    for (int i = 0; i < boxaGetCount(boxes) && *ret_count < LINES_LIMIT; i++) {
        struct image_segment line;

        if (boxes->box[i]->w < least)
            continue;
        line = measure(parts->pix[i], boxes->box[i], drawing);
        if (line.thickness <= thickest)
            (*ret_lines)[(*ret_count)++] = line;
    }
    qsort(*ret_lines, *ret_count, sizeof **ret_lines, by_place);
    return 0;
}

/* Rows and columns exchanged, in a drawing. */
static int transpose(const struct drawing *drawing, struct drawing *ret_other, struct err *err)
{
    *ret_other = *drawing;
    ret_other->page = NULL;
    SCOPED(image_free) struct Pix *turned = pixRotate90(drawing->page, 1);

    if (!turned)
        return err_set(err, ERR_MEMORY, "no memory to turn a page");
    return page_made(pixFlipLR(NULL, turned), "turn a page", &ret_other->page, err);
}

static void transpose_lines(struct image_segment *lines, size_t count)
{
    for (size_t i = 0; i < count; i++)
        lines[i] = (struct image_segment){.x0 = lines[i].y0,
                                          .y0 = lines[i].x0,
                                          .x1 = lines[i].y1,
                                          .y1 = lines[i].x1,
                                          .thickness = lines[i].thickness};
    qsort(lines, count, sizeof *lines, by_place);
}

int rulings_find(const struct Pix *bits, const struct rulings_params *params,
                 struct rulings *ret_rulings, struct err *err)
{
    struct drawing drawing = {0}, other = {0};
    int rc = reduce(bits, &drawing, err);

    *ret_rulings = (struct rulings){0};
    if (rc == 0)
        rc = find_level(&drawing, params, &ret_rulings->level, &ret_rulings->levels, err);
    if (rc == 0)
        rc = transpose(&drawing, &other, err);
    if (rc == 0)
        rc = find_level(&other, params, &ret_rulings->upright, &ret_rulings->uprights, err);
    if (rc == 0)
        transpose_lines(ret_rulings->upright, ret_rulings->uprights);
    image_free(&drawing.page);
    image_free(&other.page);
    if (rc < 0)
        rulings_free(ret_rulings);
    return rc;
}

void rulings_free(struct rulings *rulings)
{
    if (!rulings)
        return;
    free(rulings->level);
    free(rulings->upright);
    *rulings = (struct rulings){0};
}
