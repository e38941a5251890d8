/*
 * Area mapping: see shrink.h. Areas are counted in sixteenths of a pixel each way, as Leptonica
 * does (scale1.c), but first down the columns, a whole row at a time, then along the row.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "image/shrink.h"

#include <assert.h>
#include <leptonica/allheaders.h>
#include <string.h>

#include "base/scope.h"
#include "image/decode.h"
#include "image/page.h"

enum {
    PARTS = 16,
    COVERS = 3, /* kinds of them: as many parts as the ratio says, one or two more */
    INVERSE_BITS = 40
};

/* What a small pixel covers one way: of the first pixel `head` parts, of the last one `tail`, and
 * all between them. */
struct cover {
    int first, last, head, tail, parts;
};

/* Covers of a side; `ret_inside`: how many of them end before the last pixel but one. The products
 * are of single or double precision as in Leptonica, so that no border moves. */
static void make_covers(int from, int to, struct cover *ret_covers, int *ret_inside)
{
    float ratio = (float)(16. * (float)from / (float)to);

    *ret_inside = 0;
    for (int i = 0; i < to; i++) {
        int begin = (int)(ratio * (float)i), end = (int)(ratio * (i + 1.0));
        struct cover *cover = &ret_covers[i];

        cover->first = begin / PARTS;
        cover->last = end / PARTS;
        cover->head = PARTS - begin % PARTS;
        cover->tail = end % PARTS;
        cover->parts = end - begin;
        *ret_inside += cover->last <= from - 2;
    }
}

static void add_row(const uint8_t *restrict row, int width, int weight, uint16_t *restrict sums)
{
    for (int x = 0; x < width; x++)
        sums[x] = (uint16_t)(sums[x] + weight * row[x]);
}

struct shrinking {
    const struct Pix *from;
    int width, height;           /* of it */
    uint8_t *row;                /* of it, one more byte for a whole word */
    uint16_t *sums;              /* down the columns, in sixteenths */
    struct cover *across, *down; /* of the small page's pixels and rows */
    int across_inside;           /* how many do not reach the edge */
    int least;                   /* parts across of the narrowest */
    uint64_t inverse[COVERS];    /* of areas with that many, one and two more; this row */
};

static void shrinking_free(struct shrinking *shrinking)
{
    free(shrinking->row);
    free(shrinking->sums);
    free(shrinking->across);
    free(shrinking->down);
}

static void sum_columns(struct shrinking *at, const struct cover *down)
{
    memset(at->sums, 0, (size_t)at->width * sizeof *at->sums);
    for (int y = down->first; y <= down->last; y++) {
        int weight = y == down->first ? down->head : y == down->last ? down->tail : PARTS;

        page_get_row(at->from, (uint32_t)y, at->row);
        add_row(at->row, at->width, weight, at->sums);
    }
}

/* Divides by multiplying: exact for areas and sums so small. */
static void set_inverses(struct shrinking *at, int parts)
{
    for (int i = 0; i < COVERS; i++) {
        uint64_t area = (uint64_t)(at->least + i) * (uint64_t)parts;

        at->inverse[i] = ((1ull << INVERSE_BITS) + area - 1) / area;
    }
}

static void mean_along(const struct shrinking *at, uint8_t *ret_row)
{
    const uint16_t *sums = at->sums;

    for (int i = 0; i < at->across_inside; i++) {
        const struct cover *cover = &at->across[i];
        uint32_t sum = (uint32_t)cover->head * sums[cover->first];

        for (int x = cover->first + 1; x < cover->last; x++)
            sum += PARTS * (uint32_t)sums[x];
        sum += (uint32_t)cover->tail * sums[cover->last] + 128;
        ret_row[i] = (uint8_t)(sum * at->inverse[cover->parts - at->least] >> INVERSE_BITS);
    }
}

/* Near the edge a pixel is copied. */
static void copy_pixels(const struct shrinking *at, int from, int to, uint8_t *ret_row)
{
    for (int i = from; i < to; i++)
        ret_row[i] = at->row[at->across[i].first];
}

static int shrinking_start(const struct Pix *grey, int width, int height, struct shrinking *at)
{
    struct Pix *from = (struct Pix *)grey; /* Leptonica's getters take no const */

    at->from = grey;
    at->width = pixGetWidth(from);
    at->height = pixGetHeight(from);
    at->row = malloc((size_t)at->width + 1);
    at->sums = malloc((size_t)at->width * sizeof *at->sums);
    at->across = malloc((size_t)width * sizeof *at->across);
    at->down = malloc((size_t)height * sizeof *at->down);
    return at->row && at->sums && at->across && at->down ? 0 : ERR_MEMORY;
}

static void fill(struct shrinking *at, struct Pix *small, uint8_t *row)
{
    int width = pixGetWidth(small), height = pixGetHeight(small), down_inside, parts = 0;

    make_covers(at->width, width, at->across, &at->across_inside);
    at->least = (int)(16. * at->width / width) - 1;
    at->least = at->least > 1 ? at->least : 1;
    make_covers(at->height, height, at->down, &down_inside);
    for (int i = 0; i < height; i++) {
        const struct cover *down = &at->down[i];
        int inside = i < down_inside ? at->across_inside : 0;

        if (inside > 0) {
            sum_columns(at, down);
            if (down->parts != parts)
                set_inverses(at, parts = down->parts);
            mean_along(at, row);
        }
        page_get_row(at->from, (uint32_t)down->first, at->row);
        copy_pixels(at, inside, width, row);
        page_put_row(small, (uint32_t)i, row);
    }
}

int image_shrink(const struct Pix *grey, double scale, struct Pix **ret_small, struct err *err)
{
    struct Pix *from = (struct Pix *)grey; /* Leptonica's getters take no const */
    int width = (int)((float)scale * (float)pixGetWidth(from) + 0.5);
    int height = (int)((float)scale * (float)pixGetHeight(from) + 0.5);
    SCOPED(shrinking_free) struct shrinking at = {0};
    SCOPED(image_free) struct Pix *small = NULL;
    SCOPED(scope_free) uint8_t *row = NULL;
    int rc;

    assert(pixGetDepth(from) == 8 && scale >= 0.1 && scale < 0.7 && scale != 0.5);
    *ret_small = NULL;
    width = width > 1 ? width : 1;
    height = height > 1 ? height : 1;
    rc = page_new((uint32_t)width, (uint32_t)height, 8, &small, err);
    row = malloc((size_t)width);
    if (rc < 0)
        return rc;
    if (!row || shrinking_start(grey, width, height, &at) < 0)
        return err_set(err, ERR_MEMORY, "no memory to shrink a page");
    pixCopyResolution(small, from);
    pixScaleResolution(small, (float)scale, (float)scale);
    fill(&at, small, row);
    *ret_small = small;
    small = NULL;
    return 0;
}
