/*
 * Recursive cutting: a region with an empty line across it is cut there, unless running text stands
 * side by side in it; otherwise one with white from its top to its bottom is cut into columns,
 * unless the right one begins with what stands by itself above the left one; otherwise it is cut at
 * its widest level gap, and both parts are looked at again. A region that cannot be cut is read
 * from the top down.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "ocr/fast/order.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

/* In letter sizes. */
static const float least_gutter = 1.2f, most_step = 2.2f, most_ratio = 1.35f;
/* A gap that may be a space, as justified lines of few words have them, parts columns only of lines
 * enough not to be chance. */
static const float widest_space = 6;
enum { LEAST_COLUMN = 4 };
static const float most_shared = 0.6f; /* by neighbouring lines: descenders and accents */
/* From a baseline to the bodies of the next line; single spacing has 1.2, double 3. */
static const float parting_gap = 2.4f;
/* Columns of running text: lines of some words that begin or end at the gutter, as far as ragged
 * lines may end from it; most paragraphs have a second line, close below the first. */
static const float least_length = 15, most_ragged = 8, least_close = 0.4f;
enum { LEAST_RUNNING = 6 };

struct cut {
    float width;
    size_t at;   /* items before it; 0: none */
    float right; /* of a gutter: where what is right of it begins */
};

static int by_left(const void *a, const void *b)
{
    const struct order_item *first = a, *second = b;

    if (first->left != second->left)
        return first->left < second->left ? -1 : 1;
    return (first->top > second->top) - (first->top < second->top);
}

static int by_top(const void *a, const void *b)
{
    const struct order_item *first = a, *second = b;

    if (first->top != second->top)
        return first->top < second->top ? -1 : 1;
    return (first->left > second->left) - (first->left < second->left);
}

static bool parts_columns(float gap, float size, size_t left, size_t right)
{
    return gap > widest_space * size ||
           (gap > least_gutter * size && left >= LEAST_COLUMN && right >= LEAST_COLUMN);
}

/* The widest gutter of items sorted by their left edges. */
static struct cut find_gutter(const struct order_item *items, size_t count)
{
    struct cut cut = {0};
    float right = items[0].right;

    for (size_t i = 1; i < count; i++) {
        float gap = items[i].left - right;

        if (gap > cut.width && parts_columns(gap, items[i].size, i, count - i))
            cut = (struct cut){gap, i, items[i].left};
        right = fmaxf(right, items[i].right);
    }
    return cut;
}

/* The widest level gap of items sorted by their tops. Boxes of neighbouring lines may overlap by
 * their descenders: the gap is then below 0, and still one while the next begins lower. */
static struct cut find_level(const struct order_item *items, size_t count)
{
    struct cut cut = {-INFINITY, 0, 0};
    float bottom = items[0].bottom;

    for (size_t i = 1; i < count; i++) {
        float gap = items[i].top - bottom;

        if (gap > -most_shared * items[i].size && gap > cut.width)
            cut = (struct cut){gap, i, 0};
        bottom = fmaxf(bottom, items[i].bottom);
    }
    return cut;
}

/* How many items, sorted by their tops, stand right of a gutter, above all that is left of it and
 * apart from what follows on the right: a date over what a letter is about. */
static size_t count_above(const struct order_item *items, size_t count, const struct cut *gutter)
{
    float bottom = -INFINITY;
    size_t above = 0;

    while (items[above].left >= gutter->right)
        bottom = fmaxf(bottom, items[above++].bottom);
    if (items[above].top < bottom - most_shared * items[above].size)
        return 0;
    for (size_t i = above; i < count; i++)
        if (items[i].left >= gutter->right)
            return items[i].top - bottom > most_step * items[i].size ? above : 0;
    return above;
}

/* What stands at one side of a gutter, from the top down. */
struct side {
    size_t rows, close; /* those right below the one before */
    size_t full;        /* lines that begin or end at the gutter */
    float bottom;
};

static void count_line(struct side *side, const struct order_item *item, float off, float most)
{
    float gap = item->top - side->bottom;

    side->full += item->right - item->left >= least_length * item->size && off <= most * item->size;
    if (gap >= -most_shared * item->size) {
        side->rows++;
        side->close += gap < parting_gap * item->size;
    }
    side->bottom = fmaxf(side->bottom, item->bottom);
}

static bool is_running(const struct side *side)
{
    return side->full >= LEAST_RUNNING && (float)side->close >= least_close * (float)side->rows;
}

/* Whether running text stands on both sides: a level gap through both, items sorted by their tops,
 * is then one between paragraphs by chance. Addresses side by side are shorter; the rows of a table
 * stand apart. */
static bool parts_running_text(const struct order_item *items, size_t count,
                               const struct cut *gutter)
{
    struct side left = {.bottom = -INFINITY}, right = {.bottom = -INFINITY};
    float edge = gutter->right - gutter->width;

    for (size_t i = 0; i < count; i++) {
        if (items[i].left >= gutter->right)
            count_line(&right, &items[i], items[i].left - gutter->right, 1);
        else
            count_line(&left, &items[i], edge - items[i].right, most_ragged);
    }
    return is_running(&left) && is_running(&right);
}

/* Side by side: one height runs through all. */
static bool is_row(const struct order_item *items, size_t count)
{
    float top = -INFINITY, bottom = INFINITY;

    for (size_t i = 0; i < count; i++) {
        top = fmaxf(top, items[i].top);
        bottom = fminf(bottom, items[i].bottom);
    }
    return top < bottom;
}

/* The larger part is looked at in the loop, the smaller by recursion: depth is log2(count). */
static void order_region(struct order_item *items, size_t count)
{
    while (count > 1) {
        struct cut gutter, cut;
        size_t rest;

        qsort(items, count, sizeof *items, by_left);
        if (is_row(items, count))
            return;
        gutter = find_gutter(items, count);
        qsort(items, count, sizeof *items, by_top);
        cut = find_level(items, count);
        if (gutter.at > 0 && (cut.at == 0 || cut.width < parting_gap * items[cut.at].size ||
                              parts_running_text(items, count, &gutter))) {
            cut.at = count_above(items, count, &gutter);
            if (cut.at == 0) {
                qsort(items, count, sizeof *items, by_left);
                cut = gutter;
            }
        }
        if (cut.at == 0)
            return;
        rest = count - cut.at;
        if (cut.at < rest) {
            order_region(items, cut.at);
            items += cut.at;
            count = rest;
        } else {
            order_region(items + cut.at, rest);
            count = cut.at;
        }
    }
}

static bool stands_below(const struct order_item *above, const struct order_item *below)
{
    float low = fminf(above->size, below->size), tall = fmaxf(above->size, below->size);

    return below->left < above->right && below->right > above->left &&
           below->top - above->bottom < most_step * low && below->bottom > above->bottom &&
           tall < most_ratio * low;
}

void order_items(struct order_item *items, size_t count)
{
    int32_t block = 0;

    order_region(items, count);
    for (size_t i = 0; i < count; i++) {
        if (i > 0 && !stands_below(&items[i - 1], &items[i]))
            block++;
        items[i].block = block;
    }
}
