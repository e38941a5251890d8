/*
 * Pale marks: see pale.h. Percentiles, not extremes: what noise does to the bright side of the
 * paper it does to the dark side too, and to neighbours of equal grey; both are taken off.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "image/pale.h"

#include <leptonica/allheaders.h>
#include <math.h>
#include <stdlib.h>

#include "base/scope.h"
#include "image/decode.h"
#include "image/grey.h"

enum { GREYS = 256, PIXELS_LEAST = 64 };

/* A word's strokes cover a tenth of its box and more, their middle and their edges a few
 * hundredths. */
static const double dark_share = 0.02, steep_share = 0.98;
static const double noise_of_median = 1.48; /* standard deviation over median absolute deviation */
static const double noise_at_steep = 2.05;  /* standard deviations above which a fiftieth lies */

struct histogram {
    int count[GREYS], total;
};

static int at_share(const struct histogram *histogram, double share)
{
    double below = 0, wanted = share * histogram->total;
    int value = 0;

    while (value < GREYS - 1 && (below += histogram->count[value]) < wanted)
        value++;
    return value;
}

static void count_pixels(struct Pix *grey, struct histogram *greys, struct histogram *steps)
{
    int width = pixGetWidth(grey), height = pixGetHeight(grey);

    for (int y = 0; y < height; y++) {
        const l_uint32 *line = pixGetData(grey) + (size_t)y * (size_t)pixGetWpl(grey);

        for (int x = 0; x < width; x++, greys->total++)
            greys->count[GET_DATA_BYTE(line, x)]++;
        for (int x = 0; x + 1 < width; x++, steps->total++)
            steps->count[abs(GET_DATA_BYTE(line, x) - GET_DATA_BYTE(line, x + 1))]++;
    }
}

static struct pale weigh(const struct histogram *greys, const struct histogram *steps, double dpi)
{
    int paper = at_share(greys, 0.5);
    double noise = noise_of_median * at_share(steps, 0.5);
    double dark = (paper - at_share(greys, dark_share)) - (at_share(greys, 1 - dark_share) - paper);
    double steep = at_share(steps, steep_share), flat = noise_at_steep * noise;

    if (paper == 0 || dark <= 0)
        return (struct pale){0};
    steep = steep > flat ? sqrt(steep * steep - flat * flat) : 0;
    return (struct pale){.contrast = dark / paper, .edge = steep / dark * dpi / 25.4};
}

int pale_look(const struct Pix *page, const struct image_box *box, double dpi,
              struct pale *ret_pale, struct err *err)
{
    SCOPED(boxDestroy) BOX *area = boxCreate(box->x, box->y, box->width, box->height);
    SCOPED(image_free) struct Pix *cut = NULL;
    SCOPED(image_free) struct Pix *grey = NULL;
    struct histogram greys = {0}, steps = {0};
    int rc;

    *ret_pale = (struct pale){0};
    cut = area ? pixClipRectangle((struct Pix *)page, area, NULL) : NULL;
    if (!cut)
        return err_set(err, ERR_MEMORY, "no memory to look at a pale mark");
    rc = image_darkest(cut, &grey, err);
    if (rc < 0)
        return rc;
    count_pixels(grey, &greys, &steps);
    if (steps.total >= PIXELS_LEAST)
        *ret_pale = weigh(&greys, &steps, dpi);
    return 0;
}
