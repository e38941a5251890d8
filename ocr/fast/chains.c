/*
 * Each letter is linked to the nearest one on its right that overlaps it in height and is of like
 * size. A letter that is far taller than its chain bridges lines: a second round does without it.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "ocr/fast/chains.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/scope.h"

/* In heights of the taller letter. A space between words is 0.3 to 0.6 of a capital's height, in
 * justified text 1; the gutter between columns is wider than 1.5. */
static const float most_gap = 1.35f;
/* Accented capital to x, with touching letters: 2. */
static const float most_ratio = 2.6f;
/* A capital to a letter, but not to a comma, which may be next and lead nowhere: then the nearest
 * of its like is linked, too. */
static const float like_ratio = 1.7f;
static const float least_overlap = 0.5f; /* of the lower letter */
static const float tall_ratio = 1.85f;   /* to the median of the chain */
enum { LOOKED_AT_MOST = 64 };            /* per letter and band, among what lies close */

struct chain_work {
    struct letters *letters;
    struct letter_bands bands;
    int32_t *parent;
    float *heights; /* scratch for medians */
    uint8_t *tall;
};

static void work_free(struct chain_work *work)
{
    letter_bands_free(&work->bands);
    free(work->parent);
    free(work->heights);
    free(work->tall);
}

static int32_t root_of(int32_t *parent, int32_t at)
{
    while (parent[at] != at) {
        parent[at] = parent[parent[at]];
        at = parent[at];
    }
    return at;
}

/* The gap when b may follow a, in heights at most `ratio` from one another. */
static bool may_follow(const struct letter *a, const struct letter *b, float ratio, float *ret_gap)
{
    float tall = fmaxf(letter_height(a), letter_height(b));
    float low = fminf(letter_height(a), letter_height(b));
    float overlap = fminf(a->bottom, b->bottom) - fmaxf(a->top, b->top);

    *ret_gap = b->left - a->right;
    return tall <= ratio * low && overlap >= least_overlap * low && *ret_gap <= most_gap * tall;
}

/* Where `letter` stands in the band's list, which holds rising indexes. */
static size_t place_in_band(const struct letter_bands *bands, int32_t band, int32_t letter)
{
    size_t low = bands->first[band], high = bands->first[band + 1];

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (bands->letters[middle] < letter)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

struct nearest {
    float ratio; /* of heights, at most */
    int32_t letter;
    float gap;
};

static void nearest_in_band(const struct chain_work *work, int32_t band, int32_t letter,
                            struct nearest *nearest)
{
    const struct letter *items = work->letters->items, *self = &items[letter];
    size_t at = place_in_band(&work->bands, band, letter) + 1;
    size_t end = work->bands.first[band + 1];
    float reach = self->right + most_gap * nearest->ratio * letter_height(self);

    end = end - at > LOOKED_AT_MOST && end > at ? at + LOOKED_AT_MOST : end;
    for (; at < end; at++) {
        int32_t other = work->bands.letters[at];
        float gap;

        if (items[other].left > reach)
            return;
        if (!work->tall[other] && may_follow(self, &items[other], nearest->ratio, &gap) &&
            gap < nearest->gap) {
            nearest->letter = other;
            nearest->gap = gap;
        }
    }
}

/* -1: none. */
static int32_t find_nearest(const struct chain_work *work, int32_t letter, float ratio)
{
    const struct letter *self = &work->letters->items[letter];
    struct nearest nearest = {ratio, -1, INFINITY};
    int32_t last = letter_band_at(&work->bands, self->bottom);

    for (int32_t band = letter_band_at(&work->bands, self->top); band <= last; band++)
        nearest_in_band(work, band, letter, &nearest);
    return nearest.letter;
}

static void link_all(struct chain_work *work)
{
    const struct letter *items = work->letters->items;

    for (size_t i = 0; i < work->letters->count; i++)
        work->parent[i] = (int32_t)i;
    for (size_t i = 0; i < work->letters->count; i++) {
        int32_t next = -1, self = (int32_t)i;

        if (items[i].kind == LETTER_PLAIN && !work->tall[i])
            next = find_nearest(work, self, most_ratio);
        if (next >= 0)
            work->parent[root_of(work->parent, next)] = root_of(work->parent, self);
        if (next >= 0 && letter_height(&items[i]) > like_ratio * letter_height(&items[next]))
            next = find_nearest(work, self, like_ratio);
        if (next >= 0)
            work->parent[root_of(work->parent, next)] = root_of(work->parent, self);
    }
}

/* Numbers the chains; returns how many there are. */
static size_t number_chains(struct chain_work *work, int32_t *number)
{
    size_t count = 0;

    for (size_t i = 0; i < work->letters->count; i++)
        number[i] = -1;
    for (size_t i = 0; i < work->letters->count; i++) {
        struct letter *letter = &work->letters->items[i];
        int32_t root = root_of(work->parent, (int32_t)i);

        letter->line = LETTER_LOOSE;
        if (letter->kind != LETTER_PLAIN || work->tall[i])
            continue;
        if (number[root] < 0)
            number[root] = (int32_t)count++;
        letter->line = number[root];
    }
    return count;
}

static int by_value(const void *a, const void *b)
{
    float first = *(const float *)a, second = *(const float *)b;

    return (first > second) - (first < second);
}

/* Marks the letters that are too tall for their chain; `first` has a place per chain and one. */
static void mark_tall(struct chain_work *work, size_t chains, size_t *first)
{
    struct letter *items = work->letters->items;

    memset(first, 0, (chains + 2) * sizeof *first);
    for (size_t i = 0; i < work->letters->count; i++)
        if (items[i].line >= 0)
            first[items[i].line + 2]++;
    for (size_t chain = 0; chain < chains; chain++)
        first[chain + 2] += first[chain + 1];
    for (size_t i = 0; i < work->letters->count; i++)
        if (items[i].line >= 0)
            work->heights[first[items[i].line + 1]++] = letter_height(&items[i]);
    for (size_t chain = 0; chain < chains; chain++)
        qsort(work->heights + first[chain], first[chain + 1] - first[chain], sizeof(float),
              by_value);
    for (size_t i = 0; i < work->letters->count; i++) {
        const size_t *place = items[i].line >= 0 ? first + items[i].line : NULL;

        if (place &&
            letter_height(&items[i]) > tall_ratio * work->heights[(place[0] + place[1]) / 2])
            work->tall[i] = 1;
    }
}

int chains_link(struct letters *letters, size_t *ret_count, struct err *err)
{
    SCOPED(work_free) struct chain_work work = {.letters = letters};
    SCOPED(scope_free) int32_t *number = calloc(letters->count + 1, sizeof *number);
    SCOPED(scope_free) size_t *first = calloc(letters->count + 2, sizeof *first);
    int rc = letter_bands_make(letters, &work.bands, err);

    if (rc < 0)
        return rc;
    work.parent = calloc(letters->count + 1, sizeof *work.parent);
    work.heights = calloc(letters->count + 1, sizeof *work.heights);
    work.tall = calloc(letters->count + 1, 1);
    if (!number || !first || !work.parent || !work.heights || !work.tall)
        return err_set(err, ERR_MEMORY, "no memory for chains of %zu letters", letters->count);
    link_all(&work);
    mark_tall(&work, number_chains(&work, number), first);
    link_all(&work);
    *ret_count = number_chains(&work, number);
    return 0;
}
