/*
 * Likeness and strokes of one character: see micr_match.h. The likeness is the correlation
 * coefficient of patch and template, so neither contrast nor brightness matter.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "classify/micr_match.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    SMEAR = 5 /* strip pixels, 0.4 mm: between the narrow and the wide distance */
};

#define PRINT_SPREAD 1.2 /* strip pixels, 0.1 mm: edges are never sharper than ink and optics */

/* How much of [from, to] a box of `width` centred at `at` sees, 0..1. */
static double seen(double at, double width, double from, double to)
{
    double low = at - width / 2 > from ? at - width / 2 : from;
    double high = at + width / 2 < to ? at + width / 2 : to;
    return high > low ? (high - low) / width : 0;
}

static void draw(int index, double pixel, double tall, float *ret_patch)
{
    struct cmc7_bar bars[CMC7_BARS_MAX];
    int count = cmc7_bars(cmc7_character(index), bars);
    double width = pixel > PRINT_SPREAD ? pixel : PRINT_SPREAD;
    double left = PATCH_COLUMNS / 2.0 - CMC7_WIDTH_MM / 2 * STRIP_PX_PER_MM;
    double top = PATCH_ROWS / 2.0 - CMC7_HEIGHT_MM / 2 * STRIP_PX_PER_MM * tall;
    memset(ret_patch, 0, sizeof(float) * PATCH_ROWS * PATCH_COLUMNS);
    for (int i = 0; i < count; i++) {
        double x0 = left + bars[i].x * STRIP_PX_PER_MM;
        double x1 = x0 + bars[i].width * STRIP_PX_PER_MM;
        double y0 = top + bars[i].y * STRIP_PX_PER_MM * tall;
        double y1 = y0 + bars[i].height * STRIP_PX_PER_MM * tall;
        for (int row = 0; row < PATCH_ROWS; row++) {
            float down = (float)seen(row + 0.5, width, y0, y1);
            for (int column = 0; down > 0 && column < PATCH_COLUMNS; column++)
                ret_patch[row * PATCH_COLUMNS + column] +=
                    down * (float)seen(column + 0.5, width, x0, x1);
        }
    }
}

static void smear_row(const float *row, int columns, float *ret_row)
{
    float sum = 0;
    for (int column = -SMEAR / 2; column < columns; column++) {
        int enter = column + SMEAR / 2, leave = column - SMEAR / 2 - 1;
        sum += enter < columns ? row[enter] : 0;
        sum -= leave >= 0 ? row[leave] : 0;
        if (column >= 0)
            ret_row[column] = sum / SMEAR;
    }
}

static void normalise(float *patch)
{
    double sum = 0, squares = 0;
    for (int i = 0; i < PATCH_ROWS * PATCH_COLUMNS; i++)
        sum += patch[i];
    float mean = (float)(sum / (PATCH_ROWS * PATCH_COLUMNS));
    for (int i = 0; i < PATCH_ROWS * PATCH_COLUMNS; i++) {
        patch[i] -= mean;
        squares += patch[i] * patch[i];
    }
    float scale = squares > 0 ? (float)(1 / sqrt(squares)) : 0;
    for (int i = 0; i < PATCH_ROWS * PATCH_COLUMNS; i++)
        patch[i] *= scale;
}

void micr_templates_draw(struct micr_templates *templates, double pixel, double tall)
{
    for (int index = 0; index < CMC7_GLYPHS; index++) {
        float *fine = templates->fine[index], *shape = templates->shape[index];
        draw(index, pixel, tall, fine);
        for (int row = 0; row < PATCH_ROWS; row++)
            smear_row(fine + row * PATCH_COLUMNS, PATCH_COLUMNS, shape + row * PATCH_COLUMNS);
        normalise(fine);
        normalise(shape);
    }
}

int micr_smear(const struct strip *strip, struct strip *ret_smeared, struct err *err)
{
    *ret_smeared = *strip;
    ret_smeared->dark = malloc(sizeof(float) * (size_t)strip->columns * STRIP_ROWS);
    if (!ret_smeared->dark)
        return err_set(err, ERR_MEMORY, "micr: no memory for a strip of %d columns",
                       strip->columns);
    for (int row = 0; row < STRIP_ROWS; row++)
        smear_row(strip->dark + (size_t)strip->columns * (size_t)row, strip->columns,
                  ret_smeared->dark + (size_t)strip->columns * (size_t)row);
    return 0;
}

/* Copies the patch whose top left is given; false when it leaves the strip. */
static bool cut_patch(const struct strip *strip, int column, int row, float *ret_patch)
{
    if (column < 0 || row < 0 || column + PATCH_COLUMNS > strip->columns ||
        row + PATCH_ROWS > STRIP_ROWS)
        return false;
    for (int i = 0; i < PATCH_ROWS; i++)
        memcpy(ret_patch + i * PATCH_COLUMNS,
               strip->dark + (size_t)strip->columns * (size_t)(row + i) + column,
               sizeof(float) * PATCH_COLUMNS);
    normalise(ret_patch);
    return true;
}

static float likeness(const float *patch, const float *template)
{
    float sums[4] = {0};
    for (int i = 0; i < PATCH_ROWS * PATCH_COLUMNS; i += 4)
        for (int lane = 0; lane < 4; lane++)
            sums[lane] += patch[i + lane] * template[i + lane];
    return sums[0] + sums[1] + sums[2] + sums[3];
}

/* Best likeness of every glyph so far, and where the best of all was. */
struct search {
    float best[CMC7_GLYPHS];
    float top;
    int column, row;
};

static void look(const struct strip *strip,
                 const float templates[CMC7_GLYPHS][PATCH_ROWS * PATCH_COLUMNS], int column,
                 int row, struct search *search)
{
    float patch[PATCH_ROWS * PATCH_COLUMNS];
    if (!cut_patch(strip, column, row, patch))
        return;
    for (int index = 0; index < CMC7_GLYPHS; index++) {
        float found = likeness(patch, templates[index]);
        if (found > search->best[index])
            search->best[index] = found;
        if (found > search->top) {
            search->top = found;
            search->column = column;
            search->row = row;
        }
    }
}

static int best_of(const float likenesses[CMC7_GLYPHS], double *ret_score, double *ret_margin)
{
    int best = 0;
    for (int i = 1; i < CMC7_GLYPHS; i++)
        if (likenesses[i] > likenesses[best])
            best = i;
    float second = -1;
    for (int i = 0; i < CMC7_GLYPHS; i++)
        if (i != best && likenesses[i] > second)
            second = likenesses[i];
    *ret_score = likenesses[best];
    *ret_margin = likenesses[best] - second;
    return best;
}

static struct search search_new(void)
{
    struct search search = {.top = -1};
    for (int i = 0; i < CMC7_GLYPHS; i++)
        search.best[i] = -1;
    return search;
}

/* Every second place first, then all around the best one. */
static void search_place(const struct strip *strip,
                         const float templates[CMC7_GLYPHS][PATCH_ROWS * PATCH_COLUMNS],
                         const struct micr_place *place, struct search *search)
{
    int left = (int)lround(place->column - PATCH_COLUMNS / 2.0);
    int top = (int)lround(place->row - PATCH_ROWS / 2.0);
    for (int row = -place->rows_off; row <= place->rows_off; row += 2)
        for (int column = -place->columns_off; column <= place->columns_off; column += 2)
            look(strip, templates, left + column, top + row, search);
    int middle_column = search->column, middle_row = search->row;
    for (int i = 0; search->top > -1 && i < 9; i++)
        if (i != 4)
            look(strip, templates, middle_column + i % 3 - 1, middle_row + i / 3 - 1, search);
}

void micr_match_at(const struct strip *strip, const struct strip *smeared,
                   const struct micr_templates *templates, const struct micr_place *place,
                   struct micr_match *ret_match)
{
    *ret_match =
        (struct micr_match){place->column, place->row, .fine = -1, .shape = -1, .stroke = -1};
    struct search search = search_new();
    search_place(strip, templates->fine, place, &search);
    if (search.top <= -1)
        return;
    ret_match->fine = best_of(search.best, &ret_match->fine_score, &ret_match->fine_margin);
    ret_match->column = search.column + PATCH_COLUMNS / 2.0;
    ret_match->row = search.row + PATCH_ROWS / 2.0;
    struct search shapes = search_new();
    for (int i = 0; i < 9; i++)
        look(smeared, templates->shape, search.column + i % 3 - 1, search.row + i / 3 - 1, &shapes);
    ret_match->shape = best_of(shapes.best, &ret_match->shape_score, &ret_match->shape_margin);
    ret_match->stroke =
        micr_strokes_at(strip, ret_match->column, ret_match->row, &ret_match->stroke_margin);
}
