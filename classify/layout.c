/*
 * From a page to boxes. The page is reduced to about 100 dpi; a pixel is ink when it is darker than
 * its neighbourhood (a running mean over 13 mm, so tinted fields, uneven light and black scanner
 * borders are ground, not ink). The direction and skew of lines come from the sharpness of row sums
 * (Leptonica, skew.c). Rulings and bars are what survives a long opening; the rest, closed over the
 * gap between letters, gives words. About 15 ms for a page.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "classify/layout.h"

#include <allheaders.h>
#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/scope.h"
#include "image/grey.h"
#include "image/opening.h"

enum {
    SIDE_LEAST_PIXELS = 16,
    LONG_SIDE_PIXELS = 1170, /* 100 dpi on A4: letters of 6 points are still 6 pixels high */
    PAPER_WHITE = 255
};

static const double long_side_mm = 297;      /* A4; forms of other sizes are found by scale */
static const double window_mm = 6.5;         /* half the running mean's window: wider than a bar */
static const double ink_share = 0.86;        /* darker than this share of the mean: ink */
static const double join_mm = 0.9;           /* gap between letters of a word */
static const double rule_mm = 10;            /* shortest ruling */
static const double post_mm = 7;             /* shortest vertical line: higher than capitals */
static const double bar_height_mm = 2.2;     /* a ruling higher than this is a bar */
static const double speck_mm = 0.7;          /* smaller marks in both directions are dirt or dots */
static const double skew_range_degrees = 16; /* what feeders do, and one more */

void layout_free(struct layout *layout)
{
    pixDestroy(&layout->ink);
    free(layout->boxes);
    *layout = (struct layout){0};
}

/* Grey in which coloured ink is as dark as black: the least of the three channels. */
static PIX *reduced_grey(const struct Pix *page, int long_side)
{
    PIX *given = (PIX *)page; /* Leptonica's readers take no const */
    l_int32 width, height, depth;
    pixGetDimensions(given, &width, &height, &depth);
    double scale = long_side / (double)(width > height ? width : height);
    if (scale > 1)
        scale = 1;
    if (depth == 1)
        return scale < 1 ? pixScaleToGray(given, (l_float32)scale)
                         : pixConvert1To8(NULL, given, 255, 0);
    PIX *grey = NULL;
    if (depth != 32)
        grey = pixClone(given);
    else if (image_darkest(given, &grey, NULL) < 0)
        return NULL;
    while (grey && scale <= 0.5) {
        PIX *half = pixScaleAreaMap2(grey);
        pixDestroy(&grey);
        grey = half;
        scale *= 2;
    }
    if (grey && scale < 0.98) {
        PIX *rest = pixScaleGrayLI(grey, (l_float32)scale, (l_float32)scale);
        pixDestroy(&grey);
        grey = rest;
    }
    return grey;
}

static void grey_row(PIX *grey, int y, uint8_t *row, int width)
{
    const l_uint32 *line = pixGetData(grey) + (size_t)y * (size_t)pixGetWpl(grey);
    for (int x = 0; x < width; x++)
        row[x] = (uint8_t)GET_DATA_BYTE(line, x);
}

/* Adds (sign 1) or takes away (sign -1) a row to the column sums. */
static void add_row(const uint8_t *row, int32_t *sums, int width, int sign)
{
    for (int x = 0; x < width; x++)
        sums[x] += sign * row[x];
}

/* Writes the ink of one row: pixel < share of the mean over the window round it. */
static void mark_row(const uint8_t *row, const int32_t *sums, const int size[3], l_uint32 *line)
{
    int width = size[0], half = size[1], rows = size[2];
    int64_t sum = 0;
    for (int x = 0; x < half && x < width; x++)
        sum += sums[x];
    for (int x = 0; x < width; x++) {
        int left = x - half, right = x + half;
        if (right < width)
            sum += sums[right];
        if (left - 1 >= 0)
            sum -= sums[left - 1];
        int columns = (right < width ? right : width - 1) - (left > 0 ? left : 0) + 1;
        double mean = (double)sum / ((double)columns * rows);
        if (row[x] < ink_share * mean)
            SET_DATA_BIT(line, x);
    }
}

static PIX *ink_of_grey(PIX *grey, double pixels_per_mm)
{
    int width = pixGetWidth(grey), height = pixGetHeight(grey);
    int half = (int)(window_mm * pixels_per_mm);
    PIX *ink = pixCreate(width, height, 1);
    SCOPED(scope_free) uint8_t *rows = malloc((size_t)width * (size_t)height);
    SCOPED(scope_free) int32_t *sums = calloc((size_t)width, sizeof *sums);
    if (!ink || !rows || !sums) {
        pixDestroy(&ink);
        return NULL;
    }
    for (int y = 0; y < height; y++)
        grey_row(grey, y, rows + (size_t)y * (size_t)width, width);
    for (int y = 0; y < half && y < height; y++)
        add_row(rows + (size_t)y * (size_t)width, sums, width, 1);
    for (int y = 0; y < height; y++) {
        if (y + half < height)
            add_row(rows + (size_t)(y + half) * (size_t)width, sums, width, 1);
        if (y - half - 1 >= 0)
            add_row(rows + (size_t)(y - half - 1) * (size_t)width, sums, width, -1);
        int top = y - half > 0 ? y - half : 0;
        int bottom = y + half < height ? y + half : height - 1;
        mark_row(rows + (size_t)y * (size_t)width, sums, (int[]){width, half, bottom - top + 1},
                 pixGetData(ink) + (size_t)y * (size_t)pixGetWpl(ink));
    }
    return ink;
}

/* Skew of the lines and how sharp they are; strength 0 when there is nothing to see. */
static void measure_skew(PIX *ink, double *ret_skew, double *ret_strength)
{
    l_float32 angle = 0, confidence = 0, score = 0;
    *ret_skew = 0;
    *ret_strength = 0;
    PIX *half = pixReduceRankBinary2(ink, 2, NULL);
    if (half && pixFindSkewSweepAndSearchScore(half, &angle, &confidence, &score, 1, 1, 0,
                                               (l_float32)skew_range_degrees, 1.0f, 0.05f) == 0) {
        *ret_skew = angle;
        *ret_strength = score;
    }
    pixDestroy(&half);
}

/* Turns and deskews the ink in place; finds out how where the caller does not say. */
static int set_upright(PIX **ink, int turn, struct layout *layout)
{
    double skew[2] = {0}, strength[2] = {0};
    PIX *turned = turn == 0 ? NULL : pixRotate90(*ink, 1);
    if (turn != 0 && !turned)
        return ERR_MEMORY;
    if (turn != 90)
        measure_skew(*ink, &skew[0], &strength[0]);
    if (turned)
        measure_skew(turned, &skew[1], &strength[1]);
    int pick = turn == 90 || (turn < 0 && strength[1] > strength[0]);
    layout->rotation = pick ? 90 : 0;
    layout->skew = skew[pick];
    layout->sideways = strength[pick] / (strength[!pick] + 1);
    if (pick) {
        pixDestroy(ink);
        *ink = turned;
    } else {
        pixDestroy(&turned);
    }
    layout->turned_width = pixGetWidth(*ink);
    layout->turned_height = pixGetHeight(*ink);
    if (fabs(layout->skew) < 0.1)
        return 0;
    PIX *straight = pixRotate(*ink, (l_float32)(layout->skew * M_PI / 180), L_ROTATE_SAMPLING,
                              L_BRING_IN_WHITE, pixGetWidth(*ink), pixGetHeight(*ink));
    if (!straight)
        return ERR_MEMORY;
    pixDestroy(ink);
    *ink = straight;
    return 0;
}

static void add_box(struct layout *layout, l_int32 at[4], enum layout_kind kind)
{
    if (layout->count == LAYOUT_BOXES_MAX)
        return;
    float scale = layout->pixels_per_mm;
    layout->boxes[layout->count++] =
        (struct layout_box){(float)at[0] / scale, (float)at[1] / scale, (float)at[2] / scale,
                            (float)at[3] / scale, kind};
}

/* Adds the boxes of a mask's components, save specks. */
static int add_components(PIX *mask, enum layout_kind kind, struct layout *layout)
{
    BOXA *found = pixConnCompBB(mask, 8);
    if (!found)
        return ERR_MEMORY;
    float speck = (float)speck_mm * layout->pixels_per_mm;
    float bar = (float)bar_height_mm * layout->pixels_per_mm;
    for (l_int32 i = 0; i < boxaGetCount(found); i++) {
        l_int32 at[4];
        boxaGetBoxGeometry(found, i, &at[0], &at[1], &at[2], &at[3]);
        bool is_bar = kind == LAYOUT_RULE && (float)at[3] > bar;
        if (kind != LAYOUT_WORD || (float)at[2] > speck || (float)at[3] > speck)
            add_box(layout, at, is_bar ? LAYOUT_BAR : kind);
    }
    boxaDestroy(&found);
    return 0;
}

/* At least one. */
static int pixels(double mm, double pixels_per_mm)
{
    int whole = (int)(mm * pixels_per_mm);
    return whole > 1 ? whole : 1;
}

static int take_boxes(struct layout *layout)
{
    double scale = layout->pixels_per_mm;
    PIX *across = NULL, *down = NULL, *rest = pixCopy(NULL, layout->ink);
    int rc = rest ? image_open(layout->ink, pixels(rule_mm, scale), 1, &across, NULL) : ERR_MEMORY;
    if (rc == 0)
        rc = image_open(layout->ink, 1, pixels(post_mm, scale), &down, NULL);
    if (rc == 0) {
        pixCloseBrick(across, across, (l_int32)(2 * scale), 1); /* white letters in bars */
        pixSubtract(rest, rest, across);
        pixSubtract(rest, rest, down);
        pixCloseSafeBrick(rest, rest, (l_int32)lround(join_mm * scale), 1);
        rc = add_components(across, LAYOUT_RULE, layout);
    }
    if (rc == 0)
        rc = add_components(down, LAYOUT_POST, layout);
    if (rc == 0)
        rc = add_components(rest, LAYOUT_WORD, layout);
    pixDestroy(&across);
    pixDestroy(&down);
    pixDestroy(&rest);
    return rc;
}

int layout_ink(const struct Pix *page, int long_side, struct Pix **ret_ink, struct err *err)
{
    *ret_ink = NULL;
    int width = pixGetWidth((PIX *)page), height = pixGetHeight((PIX *)page);
    if (width < SIDE_LEAST_PIXELS || height < SIDE_LEAST_PIXELS)
        return err_set(err, ERR_LIMIT, "page: %d x %d pixels, at least %d each way", width, height,
                       SIDE_LEAST_PIXELS);
    PIX *grey = reduced_grey(page, long_side);
    if (grey) {
        int side = pixGetWidth(grey) > pixGetHeight(grey) ? pixGetWidth(grey) : pixGetHeight(grey);
        *ret_ink = ink_of_grey(grey, side / long_side_mm);
    }
    pixDestroy(&grey);
    return *ret_ink ? 0 : err_set(err, ERR_MEMORY, "page: no memory for its ink");
}

int layout_read(const struct layout_params *params, struct layout *ret_layout, struct err *err)
{
    assert(params->turn == 0 || params->turn == 90 || params->turn == -1);
    SCOPED(layout_free) struct layout layout = {0};
    *ret_layout = layout;
    int rc = layout_ink(params->page, LONG_SIDE_PIXELS, &layout.ink, err);
    if (rc < 0)
        return rc;
    int side = pixGetWidth(layout.ink) > pixGetHeight(layout.ink) ? pixGetWidth(layout.ink)
                                                                  : pixGetHeight(layout.ink);
    layout.pixels_per_mm = (float)(side / long_side_mm);
    layout.boxes = malloc(LAYOUT_BOXES_MAX * sizeof *layout.boxes);
    if (!layout.boxes || set_upright(&layout.ink, params->turn, &layout) < 0 ||
        take_boxes(&layout) < 0)
        return err_set(err, ERR_MEMORY, "page: no memory for its layout");
    layout.width = (float)pixGetWidth(layout.ink) / layout.pixels_per_mm;
    layout.height = (float)pixGetHeight(layout.ink) / layout.pixels_per_mm;
    *ret_layout = layout;
    layout = (struct layout){0}; /* handed over */
    return 0;
}

struct layout_box layout_box_flipped(const struct layout *layout, struct layout_box box)
{
    box.x = layout->width - box.x - box.width;
    box.y = layout->height - box.y - box.height;
    return box;
}
