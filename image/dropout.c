/*
 * Drop-out: see dropout.h. Warmth is what orange and brown have and no pen has: more red than
 * green, more green than blue. It is measured as min(red - blue, 2 (green - blue)), 0 for black,
 * blue, green and pure red. Two grey pages are made, one where warmth is washed out, one of warmth
 * alone, and each is thresholded as usual.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "image/dropout.h"

#include <leptonica/allheaders.h>

#include "base/scope.h"
#include "image/binarise.h"
#include "image/decode.h"
#include "image/page.h"

/* Weights in 1/16, so that a pixel takes integer arithmetic only. */
struct weights {
    int wash16, gain16;
};

struct greys {
    struct Pix *print, *writing;
};

static void greys_free(struct greys *greys)
{
    image_free(&greys->print);
    image_free(&greys->writing);
}

static int least(int a, int b)
{
    return a < b ? a : b;
}

static int most(int a, int b)
{
    return a > b ? a : b;
}

/* Bytes in the reverse order of Leptonica's words; see page.h. */
static void split_line(const uint32_t *restrict from, size_t width, struct weights weights,
                       uint8_t *restrict print, uint8_t *restrict writing)
{
    for (size_t x = 0; x < width; x++) {
        int red = (int)(from[x] >> L_RED_SHIFT & 255);
        int green = (int)(from[x] >> L_GREEN_SHIFT & 255);
        int blue = (int)(from[x] >> L_BLUE_SHIFT & 255);
        int warmth = most(0, least(red - blue, 2 * (green - blue)));
        int darkest = least(red, least(green, blue));

        print[x] = (uint8_t)most(0, 255 - (warmth * weights.gain16 >> 4));
        writing[x] = (uint8_t)least(255, darkest + (warmth * weights.wash16 >> 4));
    }
}

static int make_greys(struct Pix *page, struct weights weights, struct greys *greys,
                      struct err *err)
{
    uint32_t width = (uint32_t)pixGetWidth(page), height = (uint32_t)pixGetHeight(page);
    SCOPED(scope_free) uint8_t *rows = malloc(2 * ((size_t)width + 4));
    int rc = rows ? page_new(width, height, 8, &greys->print, err)
                  : err_set(err, ERR_MEMORY, "no memory for a row of %u pixels", width);

    if (rc == 0)
        rc = page_new(width, height, 8, &greys->writing, err);
    if (rc < 0)
        return rc;
    for (uint32_t y = 0; y < height; y++) {
        split_line(pixGetData(page) + (size_t)y * (size_t)pixGetWpl(page), width, weights, rows,
                   rows + width + 4);
        page_put_row(greys->print, y, rows);
        page_put_row(greys->writing, y, rows + width + 4);
    }
    pixCopyResolution(greys->print, page);
    pixCopyResolution(greys->writing, page);
    return 0;
}

static int split_colour(struct Pix *page, const struct dropout_params *params,
                        struct dropout *dropout, struct err *err)
{
    struct weights weights = {(int)(params->wash * 16 + 0.5), (int)(params->gain * 16 + 0.5)};
    struct binarise_params usual = BINARISE_DEFAULT;
    SCOPED(greys_free) struct greys greys = {0};
    l_int32 count = 0;
    int rc = make_greys(page, weights, &greys, err);

    if (rc == 0)
        rc = binarise(greys.print, &usual, &dropout->print, err);
    if (rc == 0)
        rc = binarise(greys.writing, &usual, &dropout->writing, err);
    if (rc < 0)
        return rc;
    pixCountPixels(dropout->print, &count, NULL);
    dropout->print_share = count / ((double)pixGetWidth(page) * pixGetHeight(page));
    return 0;
}

static int split_plain(struct Pix *page, struct dropout *dropout, struct err *err)
{
    struct binarise_params usual = BINARISE_DEFAULT;
    int rc = binarise(page, &usual, &dropout->writing, err);

    return rc < 0 ? rc
                  : page_new((uint32_t)pixGetWidth(page), (uint32_t)pixGetHeight(page), 1,
                             &dropout->print, err);
}

int dropout_split(const struct Pix *page, const struct dropout_params *params,
                  struct dropout *ret_dropout, struct err *err)
{
    struct Pix *from = (struct Pix *)page; /* Leptonica's getters take no const */
    SCOPED(dropout_free) struct dropout dropout = {0};
    int rc = pixGetDepth(from) == 32 ? split_colour(from, params, &dropout, err)
                                     : split_plain(from, &dropout, err);

    *ret_dropout = (struct dropout){0};
    if (rc < 0)
        return rc;
    *ret_dropout = dropout;
    dropout = (struct dropout){0};
    return 0;
}

void dropout_free(struct dropout *dropout)
{
    if (!dropout)
        return;
    image_free(&dropout->print);
    image_free(&dropout->writing);
    *dropout = (struct dropout){0};
}
