/*
 * Text masks: see text_mask.h. A halved pixel is black when one of its four was: thin strokes
 * survive. What holds a solid square, and all that is joined to it, goes; a run of black longer
 * than any letter goes by itself, so that writing on a line stays.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "image/text_mask.h"

#include <leptonica/allheaders.h>

#include "base/scope.h"
#include "image/decode.h"
#include "image/geometry.h"
#include "image/opening.h"
#include "image/page.h"

/* The stroke of a headline is 3 mm wide at most; a punch hole measures 5, a bar of a form 4. */
static const double solid_mm = 3.5;

/* Longer than the straight part of any letter, shorter than the rulings of a form. */
static const double line_mm = 12;

/* Solids and lines are looked for on a page that cannot be halved further than this: 3 ms instead
 * of 15 at 150 dpi. */
enum { CLEANING_DPI = 60 };

static const double a4_long_side_inches = 11.69;

int text_mask_dpi(const struct Pix *page)
{
    struct Pix *from = (struct Pix *)page; /* Leptonica's getters take no const */
    int side = pixGetWidth(from) > pixGetHeight(from) ? pixGetWidth(from) : pixGetHeight(from);
    int guess = (int)(side / a4_long_side_inches + 0.5);

    if (pixGetXRes(from) > 0)
        return pixGetXRes(from);
    return guess > 0 ? guess : 1;
}

static int halve(struct Pix **page, int *dpi, struct err *err)
{
    struct Pix *half = NULL;
    int rc = page_made(pixReduceRankBinary2(*page, 1, NULL), "halve a page", &half, err);

    if (rc < 0)
        return rc;
    image_free(page);
    *page = half;
    *dpi /= 2;
    return 0;
}

static int drop_solids(struct Pix *page, int side, struct err *err)
{
    SCOPED(image_free) struct Pix *solid = NULL;
    SCOPED(image_free) struct Pix *joined = NULL;
    int rc = image_open(page, side, side, &solid, err);

    if (rc < 0)
        return rc;
    joined = pixSeedfillBinary(NULL, solid, page, 8);
    if (!joined || !pixSubtract(page, page, joined))
        return err_set(err, ERR_MEMORY, "no memory to find solid areas");
    return 0;
}

static int drop_lines(struct Pix *page, int length, struct err *err)
{
    SCOPED(image_free) struct Pix *level = NULL;
    SCOPED(image_free) struct Pix *upright = NULL;
    int rc = image_open(page, length, 1, &level, err);

    if (rc == 0)
        rc = image_open(page, 1, length, &upright, err);
    if (rc < 0)
        return rc;
    if (!pixSubtract(page, page, level) || !pixSubtract(page, page, upright))
        return err_set(err, ERR_MEMORY, "no memory to find lines");
    return 0;
}

/* Takes away from `page` what is not writing. */
static int clean(struct Pix *page, int dpi, struct err *err)
{
    int rc = drop_solids(page, image_pixels(solid_mm, dpi) + 1, err);

    return rc < 0 ? rc : drop_lines(page, image_pixels(line_mm, dpi) + 1, err);
}

/* The same, judged on a page of 1/times the size. What goes takes a rim of one such pixel with it:
 * the steps of a slanting line would otherwise stay, in a pattern that lies level. */
static int clean_small(struct Pix *page, int dpi, int times, struct err *err)
{
    int small_dpi = dpi;
    SCOPED(image_free) struct Pix *small = pixCopy(NULL, page);
    SCOPED(image_free) struct Pix *gone = NULL;
    SCOPED(image_free) struct Pix *spread = NULL;
    int rc = small ? 0 : err_set(err, ERR_MEMORY, "no memory to copy a page");

    for (int i = 1; rc == 0 && i < times; i *= 2)
        rc = halve(&small, &small_dpi, err);
    if (rc == 0)
        rc = page_made(pixCopy(NULL, small), "copy a page", &gone, err);
    if (rc == 0)
        rc = clean(small, small_dpi, err);
    if (rc == 0)
        rc = page_made(pixSubtract(gone, gone, small) && pixDilateBrick(gone, gone, 3, 3)
                           ? pixExpandReplicate(gone, times)
                           : NULL,
                       "spread a mask", &spread, err);
    if (rc < 0)
        return rc;
    pixSubtract(page, page, spread);
    /* Rows and columns that no smaller pixel covers. */
    pixSetOrClearBorder(page, 0, times, 0, times, PIX_CLR);
    return 0;
}

void text_mask_free(struct text_mask *mask)
{
    if (!mask)
        return;
    image_free(&mask->page);
    image_free(&mask->writing);
}

int text_mask(const struct Pix *bits, const struct text_mask_params *params,
              struct text_mask *ret_mask, struct err *err)
{
    SCOPED(text_mask_free) struct text_mask mask = {.page = pixCopy(NULL, (struct Pix *)bits)};
    int dpi = params->dpi, times = 1;
    int rc = mask.page ? 0 : err_set(err, ERR_MEMORY, "no memory to copy a page");

    *ret_mask = (struct text_mask){0};
    while (rc == 0 && dpi / 2 >= params->reduced_dpi && pixGetWidth(mask.page) > 8 &&
           pixGetHeight(mask.page) > 8)
        rc = halve(&mask.page, &dpi, err);
    while (dpi / times / 2 >= CLEANING_DPI && times < 4)
        times *= 2;
    if (rc == 0)
        rc = page_made(pixCopy(NULL, mask.page), "copy a page", &mask.writing, err);
    if (rc == 0)
        rc = clean_small(mask.writing, dpi, times, err);
    if (rc < 0)
        return rc;
    pixSetPadBits(mask.writing, 0); /* halving leaves ink beyond the right edge */
    pixSetResolution(mask.page, dpi, dpi);
    pixSetResolution(mask.writing, dpi, dpi);
    *ret_mask = mask;
    mask = (struct text_mask){0};
    return 0;
}
