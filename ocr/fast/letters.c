/*
 * The slope is the one under which the feet of the letters fall into the fewest rows: the sum of
 * the squares of a histogram of feet, searched coarsely, then finely.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "ocr/fast/letters.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/scope.h"

/* From 4 point small print, whose x has 0.6 mm, to headings of 40 points. Words whose letters touch
 * are up to 30 mm wide, and the longest word has some 14 letters to its height. */
static const float least_height_mm = 0.5f, most_height_mm = 14, most_width_mm = 30;
static const float most_stretch = 14;
/* Slimmer and higher than any l: a piece of an upright ruling. */
static const float least_slimness = 0.1f, stroke_height_mm = 4;

/* 4 degrees; fewer feet than this tell no slope. */
static const float steepest = 0.07f, coarse_step = 0.002f, fine_step = 0.0002f;
enum { LEAST_FEET = 24, FEET_MOST = 3000, FOOT_ROWS = 4096 };
static const float foot_row_mm = 0.25f, band_mm = 2.5f;

struct feet {
    float x[FEET_MOST], y[FEET_MOST];
    size_t count;
    float rows_per_pixel;
};

static enum letter_kind kind_of(const struct blob *blob, int dpi)
{
    float mm = (float)dpi / 25.4f;
    float width = (float)(blob->x1 - blob->x0), height = (float)(blob->y1 - blob->y0);

    if (height > most_height_mm * mm || width > most_width_mm * mm)
        return LETTER_NONE;
    if (height > stroke_height_mm * mm && width < least_slimness * height)
        return LETTER_NONE;
    if (height < least_height_mm * mm || width > most_stretch * height)
        return LETTER_MARK;
    return LETTER_PLAIN;
}

static void gather_feet(const struct letters *letters, struct feet *feet)
{
    size_t step = letters->plain / FEET_MOST + 1, seen = 0;

    for (size_t i = 0; i < letters->count && feet->count < FEET_MOST; i++) {
        const struct blob *blob = &letters->items[i].blob;

        if (letters->items[i].kind != LETTER_PLAIN || seen++ % step != 0)
            continue;
        feet->x[feet->count] = (float)(blob->x0 + blob->x1) / 2;
        feet->y[feet->count++] = (float)blob->y1;
    }
}

static double gathered(const struct feet *feet, float slope)
{
    uint16_t rows[FOOT_ROWS] = {0};
    double sum = 0;

    for (size_t i = 0; i < feet->count; i++) {
        float row = (feet->y[i] - slope * feet->x[i]) * feet->rows_per_pixel;

        rows[(int32_t)floorf(row) & (FOOT_ROWS - 1)]++;
    }
    for (size_t i = 0; i < FOOT_ROWS; i++)
        sum += (double)rows[i] * rows[i];
    return sum;
}

static float search(const struct feet *feet, float middle, float reach, float step)
{
    double most = gathered(feet, middle);
    float best = middle;

    for (float away = step; away <= reach; away += step)
        for (int side = -1; side <= 1; side += 2) {
            float slope = middle + (float)side * away;
            double sum = gathered(feet, slope);

            if (sum > most) {
                most = sum;
                best = slope;
            }
        }
    return best;
}

static int find_slope(struct letters *letters, struct err *err)
{
    SCOPED(scope_free) struct feet *feet = calloc(1, sizeof *feet);

    if (!feet)
        return err_set(err, ERR_MEMORY, "no memory for the slope of a page");
    gather_feet(letters, feet);
    feet->rows_per_pixel = 25.4f / (foot_row_mm * (float)letters->dpi);
    if (feet->count < LEAST_FEET)
        return 0;
    letters->slope = search(feet, 0, steepest, coarse_step);
    letters->slope = search(feet, letters->slope, coarse_step, fine_step);
    return 0;
}

/* Both axes are sheared, which for small angles is a turn. */
static void straighten(struct letters *letters)
{
    for (size_t i = 0; i < letters->count; i++) {
        struct letter *letter = &letters->items[i];
        const struct blob *blob = &letter->blob;
        float across = letters->slope * (float)(blob->y0 + blob->y1) / 2;
        float down = letters->slope * (float)(blob->x0 + blob->x1) / 2;

        letter->left = (float)blob->x0 + across;
        letter->right = (float)blob->x1 + across;
        letter->top = (float)blob->y0 - down;
        letter->bottom = (float)blob->y1 - down;
    }
}

static int by_left(const void *a, const void *b)
{
    const struct letter *first = a, *second = b;

    if (first->left != second->left)
        return first->left < second->left ? -1 : 1;
    return (first->top > second->top) - (first->top < second->top);
}

int letters_make(const struct blobs *blobs, int dpi, struct letters *ret_letters, struct err *err)
{
    int rc;

    *ret_letters = (struct letters){.dpi = dpi, .count = blobs->count};
    ret_letters->items = calloc(blobs->count + 1, sizeof *ret_letters->items);
    if (!ret_letters->items)
        return err_set(err, ERR_MEMORY, "no memory for %zu letters", blobs->count);
    for (size_t i = 0; i < blobs->count; i++) {
        enum letter_kind kind = kind_of(&blobs->items[i], dpi);

        ret_letters->items[i] =
            (struct letter){.blob = blobs->items[i], .kind = kind, .line = LETTER_LOOSE};
        ret_letters->plain += kind == LETTER_PLAIN;
    }
    rc = find_slope(ret_letters, err);
    if (rc < 0)
        return rc;
    straighten(ret_letters);
    qsort(ret_letters->items, ret_letters->count, sizeof *ret_letters->items, by_left);
    return 0;
}

void letters_free(struct letters *letters)
{
    free(letters->items);
    *letters = (struct letters){0};
}

int32_t letter_band_at(const struct letter_bands *bands, float y)
{
    float band = (y - bands->top) / bands->height;

    return band < 0 ? 0 : band >= (float)bands->count ? bands->count - 1 : (int32_t)band;
}

static void measure_bands(const struct letters *letters, struct letter_bands *bands)
{
    float top = 0, bottom = 0;

    for (size_t i = 0; i < letters->count; i++) {
        top = fminf(top, letters->items[i].top);
        bottom = fmaxf(bottom, letters->items[i].bottom);
    }
    bands->top = top;
    bands->height = band_mm * (float)letters->dpi / 25.4f;
    bands->count = (int32_t)((bottom - top) / bands->height) + 1;
}

/* Counts the entries of each band, one place up: a running sum then makes the places. */
static size_t count_entries(const struct letters *letters, struct letter_bands *bands)
{
    for (size_t i = 0; i < letters->count; i++) {
        const struct letter *letter = &letters->items[i];
        int32_t last = letter_band_at(bands, letter->bottom);

        if (letter->kind != LETTER_PLAIN)
            continue;
        for (int32_t band = letter_band_at(bands, letter->top); band <= last; band++)
            bands->first[band + 1]++;
    }
    for (int32_t band = 0; band < bands->count; band++)
        bands->first[band + 1] += bands->first[band];
    return bands->first[bands->count];
}

int letter_bands_make(const struct letters *letters, struct letter_bands *ret_bands,
                      struct err *err)
{
    SCOPED(scope_free) size_t *next = NULL;
    size_t entries = 0;

    *ret_bands = (struct letter_bands){0};
    measure_bands(letters, ret_bands);
    ret_bands->first = calloc((size_t)ret_bands->count + 1, sizeof *ret_bands->first);
    next = calloc((size_t)ret_bands->count + 1, sizeof *next);
    if (ret_bands->first && next) {
        entries = count_entries(letters, ret_bands);
        ret_bands->letters = calloc(entries + 1, sizeof *ret_bands->letters);
    }
    if (!ret_bands->letters)
        return err_set(err, ERR_MEMORY, "no memory for %d bands of letters", ret_bands->count);
    memcpy(next, ret_bands->first, (size_t)ret_bands->count * sizeof *next);
    for (size_t i = 0; i < letters->count; i++) {
        const struct letter *letter = &letters->items[i];
        int32_t last = letter_band_at(ret_bands, letter->bottom);

        if (letter->kind != LETTER_PLAIN)
            continue;
        for (int32_t band = letter_band_at(ret_bands, letter->top); band <= last; band++)
            ret_bands->letters[next[band]++] = (int32_t)i;
    }
    return 0;
}

void letter_bands_free(struct letter_bands *bands)
{
    free(bands->first);
    free(bands->letters);
    *bands = (struct letter_bands){0};
}
