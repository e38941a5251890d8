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
#include "image/page.h"

/* The stroke of a headline is 3 mm wide at most; a punch hole measures 5, a bar of a form 4. */
static const double solid_mm = 3.5;

/* Longer than the straight part of any letter, shorter than the rulings of a form. */
static const double line_mm = 12;

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
    SCOPED(image_free) struct Pix *solid = pixOpenBrick(NULL, page, side, side);
    SCOPED(image_free) struct Pix *joined = NULL;

    if (!solid)
        return err_set(err, ERR_MEMORY, "no memory to find solid areas");
    joined = pixSeedfillBinary(NULL, solid, page, 8);
    if (!joined || !pixSubtract(page, page, joined))
        return err_set(err, ERR_MEMORY, "no memory to find solid areas");
    return 0;
}

static int drop_lines(struct Pix *page, int length, struct err *err)
{
    SCOPED(image_free) struct Pix *level = pixOpenBrick(NULL, page, length, 1);
    SCOPED(image_free) struct Pix *upright = pixOpenBrick(NULL, page, 1, length);

    if (!level || !upright || !pixSubtract(page, page, level) || !pixSubtract(page, page, upright))
        return err_set(err, ERR_MEMORY, "no memory to find lines");
    return 0;
}

int text_mask(const struct Pix *bits, const struct text_mask_params *params, struct Pix **ret_mask,
              struct err *err)
{
    SCOPED(image_free) struct Pix *page = pixCopy(NULL, (struct Pix *)bits);
    int dpi = params->dpi;
    int rc = page ? 0 : err_set(err, ERR_MEMORY, "no memory to copy a page");

    *ret_mask = NULL;
    while (rc == 0 && dpi / 2 >= params->reduced_dpi && pixGetWidth(page) > 1 &&
           pixGetHeight(page) > 1)
        rc = halve(&page, &dpi, err);
    if (rc == 0)
        rc = drop_solids(page, image_pixels(solid_mm, dpi) + 1, err);
    if (rc == 0)
        rc = drop_lines(page, image_pixels(line_mm, dpi) + 1, err);
    if (rc < 0)
        return rc;
    pixSetResolution(page, dpi, dpi);
    *ret_mask = page;
    page = NULL;
    return 0;
}
