/*
 * Skew: see skew.h. Lower and right edges are both judged, for the page may lie sideways; the
 * stronger answer counts.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "image/skew.h"

#include <math.h>

#include "base/scope.h"
#include "image/edges.h"
#include "image/text_mask.h"

/* The end of an A4 line moves by half a pixel of this at 0.02 degrees. */
enum { REDUCED_DPI = 120 };

/* A peak 1.5 times the median is as good as none (0.2), 4 times is sure (0.75). */
static const double prominence_scale = 2.2;

/* Below it the rows of a page tell as little as those of a photograph. */
static const double least_confidence = 0.3;

int image_skew(const struct Pix *bits, const struct skew_params *params, struct skew *ret_skew,
               struct err *err)
{
    struct text_mask_params small = {.dpi = text_mask_dpi(bits), .reduced_dpi = REDUCED_DPI};
    SCOPED(text_mask_free) struct text_mask mask = {0};
    SCOPED(edges_free) struct edges lower = {0};
    SCOPED(edges_free) struct edges right = {0};
    struct edges_peak level, upright;
    int rc = text_mask(bits, &small, &mask, err);

    *ret_skew = (struct skew){0};
    if (rc == 0)
        rc = edges_find(&mask, EDGES_LOWER, &lower, err);
    if (rc == 0)
        rc = edges_find(&mask, EDGES_RIGHT, &right, err);
    if (rc < 0)
        return rc;
    level = edges_search(&lower, params->most_degrees, params->finest_degrees);
    upright = edges_search(&right, params->most_degrees, params->finest_degrees);
    if (upright.contrast > level.contrast)
        level = upright;
    ret_skew->confidence = 1 - exp(-(level.prominence - 1) / prominence_scale);
    if (ret_skew->confidence >= least_confidence)
        ret_skew->degrees = level.degrees;
    return 0;
}
