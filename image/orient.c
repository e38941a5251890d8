/*
 * Orientation: see orient.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "image/orient.h"

#include <leptonica/allheaders.h>
#include <math.h>

#include "base/scope.h"
#include "image/decode.h"
#include "image/edges.h"
#include "image/page.h"
#include "image/text_mask.h"

/* The profile needs lines, not letters. */
enum { PROFILE_DPI = 75 };

/* The shapes that tell ascenders are made for text of this resolution. */
enum { LEAST_LETTER_DPI = 150, MOST_LETTER_DPI = 300 };

/* 4 standard deviations give a confidence of 0.63, 12 give 0.95. */
static const double deviation_scale = 4;

static const double most_degrees = 15, finest_degrees = 0.1;
static const double radians_per_degree = 3.14159265358979 / 180;

struct evidence {
    double axis;       /* > 0: lines level; log2 of the ratio of the row contrasts */
    double skew[2];    /* degrees, for lines level and lines upright */
    double up_down[2]; /* for each axis: > 0 means as it is, or turned 90 counter-clockwise */
    const struct Pix *bits;
    int dpi;
};

static int read_profile(struct evidence *evidence, struct err *err)
{
    struct text_mask_params small = {.dpi = evidence->dpi, .reduced_dpi = PROFILE_DPI};
    SCOPED(text_mask_free) struct text_mask mask = {0};
    SCOPED(edges_free) struct edges lower = {0};
    SCOPED(edges_free) struct edges right = {0};
    struct edges_peak level, upright;
    int rc = text_mask(evidence->bits, &small, &mask, err);

    if (rc == 0)
        rc = edges_find(&mask, EDGES_LOWER, &lower, err);
    if (rc == 0)
        rc = edges_find(&mask, EDGES_RIGHT, &right, err);
    if (rc < 0)
        return rc;
    level = edges_search(&lower, most_degrees, finest_degrees);
    upright = edges_search(&right, most_degrees, finest_degrees);
    evidence->skew[0] = level.degrees;
    evidence->skew[1] = upright.degrees;
    if (level.contrast > 0 && upright.contrast > 0)
        evidence->axis = log2(level.contrast / upright.contrast);
    return 0;
}

/* The page with its letters at a resolution that the shapes fit, turned upright for that axis. */
static int make_upright(const struct evidence *evidence, int axis, struct Pix **ret_page,
                        struct err *err)
{
    struct Pix *from = (struct Pix *)evidence->bits; /* Leptonica's getters take no const */
    SCOPED(image_free)
    struct Pix *turned = axis == 0 ? pixClone(from) : pixRotate90(from, 1);
    SCOPED(image_free) struct Pix *fitted = NULL;

    if (turned && evidence->dpi < LEAST_LETTER_DPI)
        fitted = pixExpandBinaryPower2(turned, 2);
    else if (turned && evidence->dpi > MOST_LETTER_DPI)
        fitted = pixReduceRankBinary2(turned, 2, NULL);
    else if (turned)
        fitted = pixClone(turned);
    if (!fitted)
        return err_set(err, ERR_MEMORY, "no memory to turn a page");
    return page_made(pixRotate(fitted, (float)(evidence->skew[axis] * radians_per_degree),
                               L_ROTATE_SHEAR, L_BRING_IN_WHITE, 0, 0),
                     "straighten a page", ret_page, err);
}

static int read_letters(struct evidence *evidence, int axis, struct err *err)
{
    SCOPED(image_free) struct Pix *page = NULL;
    float deviations = 0;
    int rc = make_upright(evidence, axis, &page, err);

    if (rc < 0)
        return rc;
    pixUpDownDetect(page, &deviations, 0, 0, 0);
    evidence->up_down[axis] = (double)deviations;
    return 0;
}

static struct orientation decide(const struct evidence *evidence,
                                 const struct orient_params *params)
{
    int axis = evidence->axis >= 0 ? 0 : 1;
    bool axis_known = fabs(evidence->axis) >= params->least_axis;
    struct orientation found = {0};
    double deviations;

    if (!axis_known)
        axis = fabs(evidence->up_down[1]) > fabs(evidence->up_down[0]) ? 1 : 0;
    deviations = evidence->up_down[axis];
    found.rotation = 90 * axis + (deviations <= -params->least_flip ? 180 : 0);
    found.known = fabs(deviations) >= params->least_up_down;
    found.axis_known = axis_known || found.known;
    found.confidence = 1 - exp(-fabs(deviations) / deviation_scale);
    return found;
}

int image_orient(const struct Pix *bits, const struct orient_params *params,
                 struct orientation *ret_orientation, struct err *err)
{
    struct evidence evidence = {.bits = bits, .dpi = text_mask_dpi(bits)};
    int rc = read_profile(&evidence, err);

    *ret_orientation = (struct orientation){0};
    if (rc == 0 && evidence.axis > -params->least_axis)
        rc = read_letters(&evidence, 0, err);
    if (rc == 0 && evidence.axis < params->least_axis)
        rc = read_letters(&evidence, 1, err);
    if (rc < 0)
        return rc;
    *ret_orientation = decide(&evidence, params);
    return 0;
}
