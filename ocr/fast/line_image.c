/*
 * A line's image: see line_image.h. Black and white are read off the middle row alone, the quartile
 * of its local minima and the upper quartile of its local maxima; or off all pixels, the paper
 * being their median and the ink the median of what is nearer to the darkest than to that.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "ocr/fast/line_image.h"

#include <leptonica/allheaders.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#include "base/scope.h"
#include "image/decode.h"
#include "image/page.h"

enum { LEVELS = 256, MIDDLE = FAST_HEIGHT / 2 };

/* The darkest that is no speck; how much of the way from ink to paper the row's black may lie. */
static const double darkest_share = 0.01, most_astray = 0.3;
enum { LEAST_SPAN = 24 }; /* levels from ink to paper: less is no ink */

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

static void count_rows(struct Pix *scaled, uint8_t *row, struct histogram *ret_all)
{
    int width = pixGetWidth(scaled), height = pixGetHeight(scaled);
    *ret_all = (struct histogram){0};
    for (int y = 0; y < height; y++) {
        page_get_row(scaled, (uint32_t)y, row);
        for (int x = 0; x < width; x++)
            ret_all->counts[row[x]]++;
    }
    ret_all->total = width * height;
}

static struct range range_of_all(const struct histogram *all)
{
    struct histogram dark = {0};
    float paper = fractile(all, 0.5, LEVELS - 1), darkest = fractile(all, darkest_share, 0);
    for (int level = 0; level < LEVELS && (float)level < (paper + darkest) / 2; level++) {
        dark.counts[level] = all->counts[level];
        dark.total += all->counts[level];
    }
    float ink = fractile(&dark, 0.5, paper);
    return (struct range){ink, (paper - ink) / 2};
}

/* Whether the row's black is rather the paper's grain. */
static bool is_astray(struct range row, struct range all)
{
    return 2 * all.contrast >= LEAST_SPAN &&
           row.black > all.black + (float)most_astray * 2 * all.contrast;
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

/* 1, or 0 without an image when `anew` and the middle row is right. */
static int stretch(struct Pix *scaled, bool anew, struct fast_image *ret_image, struct err *err)
{
    int width = pixGetWidth(scaled), height = pixGetHeight(scaled);
    int8_t levels[LEVELS];
    SCOPED(scope_free) uint8_t *row = malloc(page_row_bytes(scaled));
    SCOPED(fast_image_free)
    struct fast_image image = {width, malloc((size_t)width * FAST_HEIGHT)};
    if (!row || !image.values)
        return err_set(err, ERR_MEMORY, "no memory for a line of %d pixels", width);
    page_get_row(scaled, MIDDLE, row);
    struct range range = range_of(row, width);
    if (anew) {
        struct histogram all;
        count_rows(scaled, row, &all);
        struct range wide = range_of_all(&all);
        if (!is_astray(range, wide))
            return 0;
        range = wide;
    }
    make_levels(range, levels);
    for (int y = 0; y < FAST_HEIGHT; y++) {
        page_get_row(scaled, (uint32_t)(y < height ? y : height - 1), row);
        for (int x = 0; x < width; x++)
            image.values[(size_t)y * (size_t)width + (size_t)x] = levels[row[x]];
    }
    *ret_image = image;
    image = (struct fast_image){0};
    return 1;
}

static int make(const struct Pix *strip, bool anew, struct fast_image *ret_image, struct err *err)
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
    return rc < 0 ? rc : stretch(scaled, anew, ret_image, err);
}

int fast_image_make(const struct Pix *strip, struct fast_image *ret_image, struct err *err)
{
    int rc = make(strip, false, ret_image, err);
    return rc < 0 ? rc : 0;
}

int fast_image_make_anew(const struct Pix *strip, struct fast_image *ret_image, struct err *err)
{
    return make(strip, true, ret_image, err);
}
