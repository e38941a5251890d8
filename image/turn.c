/*
 * Turning pages: see turn.h. Leptonica's angles are clockwise.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "image/turn.h"

#include <assert.h>
#include <leptonica/allheaders.h>
#include <math.h>

#include "image/page.h"

static const double radians_per_degree = 3.14159265358979 / 180;

/* Moves the end of an A4 line by less than a pixel at 200 dpi. */
static const double least_degrees = 0.02;

int turn_upright(const struct Pix *page, int rotation, struct Pix **ret_page, struct err *err)
{
    struct Pix *from = (struct Pix *)page; /* Leptonica's functions take no const */
    int rc;

    assert(rotation == 0 || rotation == 90 || rotation == 180 || rotation == 270);
    if (rotation == 0)
        return page_made(pixCopy(NULL, from), "copy a page", ret_page, err);
    rc = page_made(pixRotateOrth(from, rotation / 90), "turn a page", ret_page, err);
    if (rc == 0 && rotation != 180)
        pixSetResolution(*ret_page, pixGetYRes(from), pixGetXRes(from));
    return rc;
}

int turn_straight(const struct Pix *page, double skew, struct Pix **ret_page, struct err *err)
{
    struct Pix *from = (struct Pix *)page; /* Leptonica's functions take no const */
    float clockwise = (float)(skew * radians_per_degree);
    int how = pixGetDepth(from) == 1 ? L_ROTATE_SHEAR : L_ROTATE_AREA_MAP;

    assert(fabs(skew) <= 45);
    if (fabs(skew) < least_degrees)
        return page_made(pixCopy(NULL, from), "copy a page", ret_page, err);
    return page_made(pixRotate(from, clockwise, how, L_BRING_IN_WHITE, 0, 0), "straighten a page",
                     ret_page, err);
}

struct image_box turn_back(struct image_box box, int rotation, int32_t width, int32_t height)
{
    assert(rotation == 0 || rotation == 90 || rotation == 180 || rotation == 270);
    if (rotation == 90)
        return (struct image_box){box.y, height - box.x - box.width, box.height, box.width};
    if (rotation == 180)
        return (struct image_box){width - box.x - box.width, height - box.y - box.height, box.width,
                                  box.height};
    if (rotation == 270)
        return (struct image_box){width - box.y - box.height, box.x, box.height, box.width};
    return box;
}
