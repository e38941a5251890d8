/*
 * A line's image: see line_image.h. Black and white are read off the middle row alone: the quartile
 * of its local minima and the upper quartile of its local maxima.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "ocr/fast/line_image.h"

#include <leptonica/allheaders.h>
#include <math.h>
#include <stdlib.h>

#include "base/scope.h"
#include "image/decode.h"
#include "image/page.h"

enum { LEVELS = 256, MIDDLE = FAST_HEIGHT / 2 };

struct histogram {
    int counts[LEVELS], total;
};

static void count_level(struct histogram *histogram, int level)
{
    histogram->counts[level]++;
    histogram->total++;
}

/* The level below which the fraction lies, interpolated inside its level. */
static float fractile(const struct histogram *histogram, double fraction, float without)
{
    if (histogram->total == 0)
        return without;
    double target = fraction * histogram->total, sum = 0;
    target = target < 1 ? 1 : target > histogram->total ? histogram->total : target;
    int level = 0;
    while (level < LEVELS && sum < target)
        sum += histogram->counts[level++];
    return level > 0 ? (float)(level - (sum - target) / histogram->counts[level - 1]) : 0;
}

struct range {
    float black, contrast;
};

static struct range range_of(const uint8_t *row, int width)
{
    struct histogram low = {0}, high = {0};
    for (int x = 1; x + 1 < width; x++) {
        int before = row[x - 1], here = row[x], after = row[x + 1];
        if ((here < before && here <= after) || (here <= before && here < after))
            count_level(&low, here);
        if ((here > before && here >= after) || (here >= before && here > after))
            count_level(&high, here);
    }
    float black = fractile(&low, 0.25, 0), white = fractile(&high, 0.75, LEVELS - 1);
    float contrast = (white - black) / 2;
    return (struct range){black, contrast > 0 ? contrast : 1};
}

static void make_levels(struct range range, int8_t ret_levels[LEVELS])
{
    for (int level = 0; level < LEVELS; level++) {
        float value = ((float)level - range.black) / range.contrast - 1;
        value *= FAST_ONE + 1;
        value = truncf(fabsf(value) + 0.5f) * (value < 0 ? -1.0f : 1.0f);
        value = value > FAST_ONE ? FAST_ONE : value < -FAST_ONE ? -FAST_ONE : value;
        ret_levels[level] = (int8_t)value;
    }
}

static int scale_strip(const struct Pix *strip, struct Pix **ret_scaled, struct err *err)
{
    struct Pix *source = (struct Pix *)(uintptr_t)strip; /* Leptonica's getters take no const */
    SCOPED(image_free)
    struct Pix *grey =
        pixGetDepth(source) == 1 ? pixConvert1To8(NULL, source, 255, 0) : pixClone(source);
    float factor = (float)FAST_HEIGHT / (float)pixGetHeight(source);
    return page_made(grey ? pixScale(grey, factor, factor) : NULL, "scaling a line", ret_scaled,
                     err);
}

static int stretch(struct Pix *scaled, struct fast_image *ret_image, struct err *err)
{
    int width = pixGetWidth(scaled), height = pixGetHeight(scaled);
    int8_t levels[LEVELS];
    SCOPED(scope_free) uint8_t *row = malloc(page_row_bytes(scaled));
    *ret_image = (struct fast_image){width, malloc((size_t)width * FAST_HEIGHT)};
    if (!row || !ret_image->values)
        return err_set(err, ERR_MEMORY, "no memory for a line of %d pixels", width);
    page_get_row(scaled, MIDDLE, row);
    make_levels(range_of(row, width), levels);
    for (int y = 0; y < FAST_HEIGHT; y++) {
        page_get_row(scaled, (uint32_t)(y < height ? y : height - 1), row);
        for (int x = 0; x < width; x++)
            ret_image->values[(size_t)y * (size_t)width + (size_t)x] = levels[row[x]];
    }
    return 0;
}

int fast_image_make(const struct Pix *strip, struct fast_image *ret_image, struct err *err)
{
    struct Pix *source = (struct Pix *)(uintptr_t)strip;
    SCOPED(image_free) struct Pix *scaled = NULL;
    int64_t width = pixGetWidth(source), height = pixGetHeight(source);
    *ret_image = (struct fast_image){0};
    if (width * FAST_HEIGHT / height > (int64_t)FAST_STEPS_MAX * FAST_POOL)
        return err_set(
            err, ERR_LIMIT, "a line of %lld x %lld pixels, at most %d times as wide as high",
            (long long)width, (long long)height, FAST_STEPS_MAX * FAST_POOL / FAST_HEIGHT);
    int rc = scale_strip(strip, &scaled, err);
    if (rc == 0 && pixGetHeight(scaled) <= MIDDLE)
        rc = err_set(err, ERR_LIMIT, "a line of %lld x %lld pixels cannot be scaled",
                     (long long)width, (long long)height);
    return rc < 0 ? rc : stretch(scaled, ret_image, err);
}
