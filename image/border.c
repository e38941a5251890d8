/*
 * Scanner borders: see border.h. Found on a page of some 75 dpi: what survives an opening and is
 * joined to the edge.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "image/border.h"

#include <leptonica/allheaders.h>
#include <stdbool.h>

#include "base/scope.h"
#include "image/decode.h"
#include "image/page.h"
#include "image/text_mask.h"

enum { REDUCED_DPI = 60, MOST_REDUCTION = 16 };

struct frame {
    struct Pix *mask; /* border pixels of the reduced page */
    int reduction;
};

static int reduce(const struct Pix *bits, int times, struct Pix **ret_small, struct err *err)
{
    struct Pix *from = (struct Pix *)bits; /* Leptonica's getters take no const */
    SCOPED(image_free) struct Pix *small = pixCopy(NULL, from);

    for (int i = 1; small && i < times; i *= 2) {
        struct Pix *half = pixReduceRankBinary2(small, 2, NULL);

        image_free(&small);
        small = half;
    }
    if (!small)
        return err_set(err, ERR_MEMORY, "no memory to reduce a page");
    pixSetPadBits(small, 0);
    *ret_small = small;
    small = NULL;
    return 0;
}

static int find_mask(const struct Pix *bits, const struct border_params *params,
                     struct frame *frame, struct err *err)
{
    int dpi = text_mask_dpi(bits);
    SCOPED(image_free) struct Pix *small = NULL;
    SCOPED(image_free) struct Pix *solid = NULL;
    SCOPED(image_free) struct Pix *edge = NULL;
    int side, rc;

    frame->reduction = 1;
    while (dpi / (2 * frame->reduction) >= REDUCED_DPI && frame->reduction < MOST_REDUCTION)
        frame->reduction *= 2;
    side = image_pixels(params->solid_mm, (double)dpi / frame->reduction) + 1;
    rc = reduce(bits, frame->reduction, &small, err);
    if (rc < 0)
        return rc;
    /* Black is drawn around the page, for a border thinner than the square still touches the edge.
     */
    solid = pixAddBorder(small, side, 1);
    edge = solid ? pixCreateTemplate(solid) : NULL;
    if (!edge || !pixOpenBrick(solid, solid, side, side))
        return err_set(err, ERR_MEMORY, "no memory to find the border of a page");
    pixSetOrClearBorder(edge, 1, 1, 1, 1, PIX_SET);
    pixSeedfillBinary(edge, edge, solid, 4);
    return page_made(pixRemoveBorder(edge, side), "find the border of a page", &frame->mask, err);
}

/* Border pixels in row or column `at` of the mask. */
static int count_line(struct Pix *mask, int at, bool column)
{
    SCOPED(boxDestroy)
    BOX *line =
        column ? boxCreate(at, 0, 1, pixGetHeight(mask)) : boxCreate(0, at, pixGetWidth(mask), 1);
    l_int32 count = 0;

    if (line)
        pixCountPixelsInRect(mask, line, &count, NULL);
    return count;
}

/* Cuts border lines off both ends; `*from` and `*end` bound what is left. */
static void trim(struct Pix *mask, double share, bool column, int *from, int *end)
{
    double most = share * (column ? pixGetHeight(mask) : pixGetWidth(mask));

    *from = 0;
    *end = column ? pixGetWidth(mask) : pixGetHeight(mask);
    while (*from < *end && count_line(mask, *from, column) >= most)
        ++*from;
    while (*end > *from && count_line(mask, *end - 1, column) >= most)
        --*end;
}

struct image_box border_trim(struct Pix *mask, double row_share)
{
    int left, right, top, bottom;

    trim(mask, row_share, true, &left, &right);
    trim(mask, row_share, false, &top, &bottom);
    if (left == right || top == bottom)
        return (struct image_box){0};
    return (struct image_box){left, top, right - left, bottom - top};
}

/* The trimmed box of the reduced page in pixels of the page, whose last row and column may have
 * been lost in reducing. */
static struct image_box measure_paper(const struct Pix *bits, const struct frame *frame,
                                      double share)
{
    struct Pix *page = (struct Pix *)bits; /* Leptonica's getters take no const */
    struct image_box small = border_trim(frame->mask, share);
    int right = small.x + small.width, bottom = small.y + small.height, times = frame->reduction;
    struct image_box paper = {.x = small.x * times, .y = small.y * times};

    if (small.width == 0)
        return small;
    right = right == pixGetWidth(frame->mask) ? pixGetWidth(page) : right * times;
    bottom = bottom == pixGetHeight(frame->mask) ? pixGetHeight(page) : bottom * times;
    paper.width = right - paper.x;
    paper.height = bottom - paper.y;
    return paper;
}

static int clear_border(const struct Pix *bits, const struct frame *frame, struct Pix **ret_clean,
                        struct err *err)
{
    SCOPED(image_free) struct Pix *clean = pixCopy(NULL, (struct Pix *)bits);
    SCOPED(image_free) struct Pix *grown = pixDilateBrick(NULL, frame->mask, 3, 3);
    SCOPED(image_free)
    struct Pix *spread = grown ? pixExpandReplicate(grown, frame->reduction) : NULL;

    if (!clean || !spread)
        return err_set(err, ERR_MEMORY, "no memory to clear the border of a page");
    pixSubtract(clean, clean, spread);
    *ret_clean = clean;
    clean = NULL;
    return 0;
}

int border_find(const struct Pix *bits, const struct border_params *params,
                struct border *ret_border, struct Pix **ret_clean, struct err *err)
{
    struct frame frame = {0};
    l_int32 count = 0;
    int rc = find_mask(bits, params, &frame, err);

    *ret_border = (struct border){0};
    if (rc == 0) {
        pixCountPixels(frame.mask, &count, NULL);
        ret_border->black_share =
            count / ((double)pixGetWidth(frame.mask) * pixGetHeight(frame.mask));
        ret_border->paper = measure_paper(bits, &frame, params->row_share);
    }
    if (rc == 0 && ret_clean)
        rc = clear_border(bits, &frame, ret_clean, err);
    image_free(&frame.mask);
    return rc;
}
