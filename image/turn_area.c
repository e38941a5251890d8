/*
 * Turning a grey page by a small angle with area weights: see turn.h. The pixels are those of
 * Leptonica's pixRotate, as a test says; places are reckoned for a whole row at once, and runs of
 * pixels that come from one row are weighed together.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <leptonica/allheaders.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/scope.h"
#include "image/page.h"
#include "image/turn.h"

enum {
    PARTS = 16, /* of a pixel, in which places are reckoned */
    PARTS_BITS = 4,
    WEIGHTS = PARTS * PARTS,
    WHITE = 255,
    OUTSIDE = INT_MIN /* where a pixel comes from beyond the page */
};

static const float least_radians = 0.001f; /* as in pixRotate: less is no angle */

struct turning {
    const uint8_t *from; /* rows of `width` bytes */
    int width, height;
    float sine, cosine; /* times PARTS */
    /* of a row */
    int32_t *ahead;          /* where its pixels come from, less their place in the row */
    uint16_t *right, *lower; /* weights of the neighbours on these sides, of PARTS */
    uint8_t *row;
};

static void turning_free(struct turning *turning)
{
    free((void *)turning->from);
    free(turning->ahead);
    free(turning->right);
    free(turning->lower);
    free(turning->row);
}

static int turning_make(struct Pix *page, float clockwise, struct turning *ret, struct err *err)
{
    const int width = pixGetWidth(page), height = pixGetHeight(page);
    uint8_t *bytes = malloc((size_t)width * (size_t)height);
    *ret = (struct turning){.from = bytes,
                            .width = width,
                            .height = height,
                            .sine = (float)(PARTS * sin(clockwise)),
                            .cosine = (float)(PARTS * cos(clockwise)),
                            .ahead = malloc((size_t)width * sizeof *ret->ahead),
                            .right = malloc((size_t)width * sizeof *ret->right),
                            .lower = malloc((size_t)width * sizeof *ret->lower),
                            .row = malloc((size_t)width)};
    if (!bytes || !ret->ahead || !ret->right || !ret->lower || !ret->row)
        return err_set(err, ERR_MEMORY, "no memory to straighten %d x %d pixels", width, height);
    for (int y = 0; y < height; y++)
        page_get_row(page, (uint32_t)y, bytes + (size_t)y * (size_t)width);
    return 0;
}

/* Where the pixels of row `y` come from. */
static void place_row(const struct turning *turning, int y)
{
    const int width = turning->width, middle_x = width / 2, middle_y = turning->height / 2;
    const int last_x = width - 1, last_y = turning->height - 1;
    const float sine = turning->sine, cosine = turning->cosine;
    const float over = (float)(middle_y - y) * sine, up = -(float)(middle_y - y) * cosine;
    int32_t *restrict ahead = turning->ahead;
    uint16_t *restrict rights = turning->right, *restrict lowers = turning->lower;
    for (int x = 0; x < width; x++) {
        float right = (float)(x - middle_x);
        int across = (int)(right * cosine - over);
        int down = (int)(up - right * sine);
        int from_x = middle_x + (across >> PARTS_BITS), from_y = middle_y + (down >> PARTS_BITS);
        bool inside = (from_x >= 0) & (from_x < last_x) & (from_y >= 0) & (from_y < last_y);
        ahead[x] = inside ? from_y * width + from_x - x : OUTSIDE;
        rights[x] = (uint16_t)(across & (PARTS - 1));
        lowers[x] = (uint16_t)(down & (PARTS - 1));
    }
}

/* Pixels from `first` to before `end`, which come from neighbours in a row. */
static void weigh_run(const struct turning *turning, int first, int end)
{
    const uint8_t *at = turning->from + turning->ahead[first], *under = at + turning->width;
    const uint16_t *rights = turning->right, *lowers = turning->lower;
    uint8_t *restrict row = turning->row;
    for (int x = first; x < end; x++) {
        uint16_t right = rights[x], left = (uint16_t)(PARTS - right);
        uint16_t lower = lowers[x], upper = (uint16_t)(PARTS - lower);
        uint16_t above = (uint16_t)(at[x] * left + at[x + 1] * right);
        uint16_t below = (uint16_t)(under[x] * left + under[x + 1] * right);
        uint16_t sum = (uint16_t)(above * upper + below * lower + WEIGHTS / 2);
        row[x] = (uint8_t)(sum / WEIGHTS);
    }
}

/* Along a row of a page that hardly leans most pixels come from the same row. */
static void weigh_row(const struct turning *turning)
{
    for (int first = 0, end; first < turning->width; first = end) {
        for (end = first + 1; end < turning->width; end++)
            if (turning->ahead[end] != turning->ahead[first])
                break;
        if (turning->ahead[first] == OUTSIDE)
            memset(turning->row + first, WHITE, (size_t)(end - first));
        else
            weigh_run(turning, first, end);
    }
}

static int turn_grey(struct Pix *page, float clockwise, struct Pix **ret_page, struct err *err)
{
    SCOPED(turning_free) struct turning turning = {0};
    int rc = page_made(pixCreateTemplateNoInit(page), "straighten a page", ret_page, err);
    if (rc == 0)
        rc = turning_make(page, clockwise, &turning, err);
    for (int y = 0; rc == 0 && y < turning.height; y++) {
        place_row(&turning, y);
        weigh_row(&turning);
        page_put_row(*ret_page, (uint32_t)y, turning.row);
    }
    if (rc < 0)
        pixDestroy(ret_page);
    return rc;
}

int turn_by_area(const struct Pix *page, float clockwise, struct Pix **ret_page, struct err *err)
{
    struct Pix *from = (struct Pix *)page; /* Leptonica's functions take no const */
    if (pixGetDepth(from) == 8 && !pixGetColormap(from) && fabsf(clockwise) >= least_radians)
        return turn_grey(from, clockwise, ret_page, err);
    return page_made(pixRotate(from, clockwise, L_ROTATE_AREA_MAP, L_BRING_IN_WHITE, 0, 0),
                     "straighten a page", ret_page, err);
}
