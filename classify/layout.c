/*
 * From a page to boxes. The page is reduced to about 100 dpi; a pixel is ink when it is darker than
 * its neighbourhood (a running mean over 13 mm, so tinted fields, uneven light and black scanner
 * borders are ground, not ink). The direction and skew of lines come from the sharpness of row
 * sums. Rulings and bars are what survives a long opening; the rest, closed over the
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
#include "image/line_skew.h"
#include "image/local_ink.h"
#include "image/opening.h"
#include "image/shrink.h"

enum {
    SIDE_LEAST_PIXELS = 16,
    LONG_SIDE_PIXELS = 1170, /* 100 dpi on A4: letters of 6 points are still 6 pixels high */
    INK_PERCENT = 86         /* darker than this share of the mean: ink */
};

static const double long_side_mm = 297;  /* A4; forms of other sizes are found by scale */
static const double window_mm = 6.5;     /* half the running mean's window: wider than a bar */
static const double join_mm = 0.9;       /* gap between letters of a word */
static const double rule_mm = 10;        /* shortest ruling */
static const double post_mm = 7;         /* shortest vertical line: higher than capitals */
static const double bar_height_mm = 2.2; /* a ruling higher than this is a bar */
static const double speck_mm = 0.7;      /* smaller marks in both directions are dirt or dots */
/* What feeders do, and one more. */
static const struct line_skew_params skew_params = {.range = 16, .step = 1, .finest = 0.05f};

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
        PIX *rest = NULL;
        if (scale >= 0.7) /* what area mapping is for ends here, in Leptonica too */
            rest = pixScaleGrayLI(grey, (l_float32)scale, (l_float32)scale);
        else if (image_shrink(grey, scale, &rest, NULL) < 0)
            rest = NULL;
        pixDestroy(&grey);
        grey = rest;
    }
    return grey;
}

/* Skew of the lines and how sharp they are; strength 0 when there is nothing to see. */
static int measure_skew(PIX *ink, struct line_skew *ret_skew)
{
    PIX *half = pixReduceRankBinary2(ink, 2, NULL);
    int rc = half ? line_skew(half, &skew_params, ret_skew, NULL) : 0; /* too small */
    pixDestroy(&half);
    return rc;
}

/* Turns and deskews the ink in place; finds out how where the caller does not say. */
static int set_upright(PIX **ink, int turn, struct layout *layout)
{
    struct line_skew skew[2] = {0};
    PIX *turned = turn == 0 ? NULL : pixRotate90(*ink, 1);
    int rc = turn != 0 && !turned ? ERR_MEMORY : 0;
    if (rc == 0 && turn != 90)
        rc = measure_skew(*ink, &skew[0]);
    if (rc == 0 && turned)
        rc = measure_skew(turned, &skew[1]);
    if (rc < 0) {
        pixDestroy(&turned);
        return rc;
    }
    int pick = turn == 90 || (turn < 0 && skew[1].strength > skew[0].strength);
    layout->rotation = pick ? 90 : 0;
    layout->skew = skew[pick].degrees;
    layout->sideways = (double)skew[pick].strength / ((double)skew[!pick].strength + 1);
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
        struct local_ink_params params = {(int)(window_mm * (side / long_side_mm)), INK_PERCENT};
        image_local_ink(grey, &params, ret_ink, NULL);
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
