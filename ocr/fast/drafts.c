/*
 * The baseline is where most feet are, then a straight line through those; the x height is the
 * lower of the two heights that most letters have.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "ocr/fast/drafts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/scope.h"

/* In median letter heights. */
static const float foot_window = 0.2f, fit_window = 0.3f, even_window = 0.13f, rise_window = 0.14f;
static const float steepest_tilt = 0.03f; /* beside the page's slope: a curved page */
enum { LEAST_FIT = 6 };
static const float least_fit_span = 8;

/* x height to the height of capitals, ascenders and digits is 0.65 to 0.76 in text faces. */
static const float x_to_capital = 0.72f, x_least = 0.58f, x_most = 0.84f;
static const float capital_least = 1.2f, capital_most = 1.7f;
static const float lower_share = 0.25f, upper_share = 0.06f;

/* Of a line whose letters have one height, to another's x height; within which it is looked for. */
static const float same_height = 0.88f, nearby = 6;
enum { LEAST_TELLING = 4, COMPARED_MOST = 60 };

/* A line of text: most letters have their feet on it. */
static const float least_even_share = 0.35f, judged_height = 0.6f;
enum { LEAST_JUDGED = 5 };

struct peak {
    float middle;
    size_t count;
};

static int by_value(const void *a, const void *b)
{
    float first = *(const float *)a, second = *(const float *)b;

    return (first > second) - (first < second);
}

/* The densest window of the sorted values whose own middle lies between `from` and `to`; the first
 * of several. */
static struct peak find_peak(const float *sorted, size_t count, float window, float from, float to)
{
    struct peak peak = {0};

    for (size_t low = 0, high = 0; low < count; low++) {
        float middle;

        while (high < count && sorted[high] - sorted[low] <= window)
            high++;
        middle = (sorted[low] + sorted[high - 1]) / 2;
        if (middle >= from && middle <= to && high - low > peak.count)
            peak = (struct peak){middle, high - low};
    }
    return peak;
}

static const struct letter *member(const struct drafts *drafts, const struct letters *letters,
                                   size_t at)
{
    return &letters->items[drafts->members[at]];
}

static float middle_of(const struct letter *letter)
{
    return (letter->left + letter->right) / 2;
}

/* Least squares through the feet near the level baseline. */
static void fit_baseline(const struct drafts *drafts, const struct letters *letters,
                         struct draft *draft)
{
    double n = 0, sx = 0, sy = 0, sxx = 0, sxy = 0, spread;

    for (size_t at = draft->first; at < draft->first + draft->count; at++) {
        const struct letter *letter = member(drafts, letters, at);
        double x = (double)(middle_of(letter) - draft->left), y = (double)letter->bottom;

        if (fabs(y - (double)draft->base) > (double)(fit_window * draft->size))
            continue;
        n++;
        sx += x;
        sy += y;
        sxx += x * x;
        sxy += x * y;
    }
    spread = n * sxx - sx * sx;
    if (n < LEAST_FIT || draft->right - draft->left < least_fit_span * draft->size || spread <= 0)
        return;
    draft->tilt = (float)((n * sxy - sx * sy) / spread);
    draft->tilt = fmaxf(-steepest_tilt, fminf(steepest_tilt, draft->tilt));
    draft->base = (float)((sy - (double)draft->tilt * sx) / n);
}

/* Letters stand on the baseline, or hang from the x height below it; what is lower than an x is not
 * judged: quotes, dashes. */
static void count_even(const struct drafts *drafts, const struct letters *letters,
                       struct draft *draft)
{
    float window = fmaxf(1.5f, even_window * draft->size);

    draft->even = 0;
    draft->judged = 0;
    for (size_t at = draft->first; at < draft->first + draft->count; at++) {
        const struct letter *letter = member(drafts, letters, at);
        float foot = letter->bottom - draft_base_at(draft, middle_of(letter));
        float rise = letter_height(letter) - foot - draft->x_height;

        if (letter_height(letter) < judged_height * draft->x_height)
            continue;
        draft->judged++;
        draft->even += fabsf(foot) <= window || (fabsf(rise) <= window && foot > 0);
    }
}

static void find_x_height(const struct drafts *drafts, const struct letters *letters,
                          struct draft *draft, float *values)
{
    size_t count = 0;
    float window = fmaxf(2, rise_window * draft->size);
    struct peak most, lower, upper;

    for (size_t at = draft->first; at < draft->first + draft->count; at++) {
        const struct letter *letter = member(drafts, letters, at);
        float rise = draft_base_at(draft, middle_of(letter)) - letter->top;

        if (rise >= 0.4f * draft->size)
            values[count++] = rise;
    }
    qsort(values, count, sizeof *values, by_value);
    most = find_peak(values, count, window, 0, INFINITY);
    lower = find_peak(values, count, window, x_least * most.middle, x_most * most.middle);
    upper =
        find_peak(values, count, window, capital_least * most.middle, capital_most * most.middle);
    if ((float)lower.count >= fmaxf(1, lower_share * (float)most.count))
        draft->x_height = lower.middle;
    else if ((float)upper.count >= fmaxf(1, upper_share * (float)count))
        draft->x_height = most.middle;
    else {
        draft->x_height = x_to_capital * (count ? most.middle : draft->size);
        draft->one_height = true;
    }
}

static void shape(const struct drafts *drafts, const struct letters *letters, struct draft *draft,
                  float *values)
{
    draft->left = INFINITY;
    draft->right = -INFINITY;
    for (size_t i = 0; i < draft->count; i++) {
        const struct letter *letter = member(drafts, letters, draft->first + i);

        draft->left = fminf(draft->left, letter->left);
        draft->right = fmaxf(draft->right, letter->right);
        values[i] = letter_height(letter);
    }
    qsort(values, draft->count, sizeof *values, by_value);
    draft->size = values[draft->count / 2];
    /* the lowest of equals: quotes hang above it */
    for (size_t i = 0; i < draft->count; i++)
        values[i] = -member(drafts, letters, draft->first + i)->bottom;
    qsort(values, draft->count, sizeof *values, by_value);
    draft->base =
        -find_peak(values, draft->count, fmaxf(2, foot_window * draft->size), -INFINITY, INFINITY)
             .middle;
    fit_baseline(drafts, letters, draft);
    find_x_height(drafts, letters, draft, values);
    count_even(drafts, letters, draft);
    draft->plain = draft->count;
    draft->kept =
        draft->count < LEAST_JUDGED || (float)draft->even >= least_even_share * (float)draft->count;
}

void drafts_gather(struct drafts *drafts, const struct letters *letters)
{
    size_t first = 0;

    for (size_t i = 0; i < drafts->count; i++)
        drafts->items[i].count = 0;
    for (size_t i = 0; i < letters->count; i++)
        if (letters->items[i].line >= 0)
            drafts->items[letters->items[i].line].count++;
    for (size_t i = 0; i < drafts->count; i++) {
        drafts->items[i].first = first;
        first += drafts->items[i].count;
        drafts->items[i].count = 0;
    }
    for (size_t i = 0; i < letters->count; i++) {
        struct draft *draft;

        if (letters->items[i].line < 0)
            continue;
        draft = &drafts->items[letters->items[i].line];
        drafts->members[draft->first + draft->count++] = (int32_t)i;
    }
}

static float middle_base(const struct draft *draft)
{
    return draft_base_at(draft, (draft->left + draft->right) / 2);
}

static int by_base(const void *a, const void *b, void *items)
{
    int32_t first = *(const int32_t *)a, second = *(const int32_t *)b;
    float above = middle_base((struct draft *)items + first);
    float below = middle_base((struct draft *)items + second);

    if (above != below)
        return above < below ? -1 : 1;
    return (first > second) - (first < second);
}

/* How far apart two drafts are for one to tell the other's letters; columns count less. */
static float distance(const struct draft *a, const struct draft *b)
{
    float gap = fmaxf(0, fmaxf(a->left - b->right, b->left - a->right));

    return fabsf(middle_base(a) - middle_base(b)) + gap / 20;
}

/* Letters of one height are small ones when they are as high as those of a line nearby. */
static void compare_heights(const struct drafts *drafts, size_t place)
{
    struct draft *draft = &drafts->items[drafts->by_base[place]];
    float height = draft->x_height / x_to_capital, best = nearby * height;
    size_t from = place > COMPARED_MOST ? place - COMPARED_MOST : 0;

    for (size_t at = from; at < drafts->count && at < place + COMPARED_MOST; at++) {
        const struct draft *other = &drafts->items[drafts->by_base[at]];
        float ratio = other->x_height / height, apart = distance(draft, other);

        if (other->one_height || other->plain < LEAST_TELLING || apart >= best || ratio < x_least ||
            ratio > 2 - same_height)
            continue;
        if (ratio > same_height)
            draft->x_height = height;
        else if (ratio < x_most)
            draft->x_height = other->x_height;
        best = apart;
    }
}

int drafts_make(const struct letters *letters, size_t count, struct drafts *ret_drafts,
                struct err *err)
{
    SCOPED(scope_free) float *values = calloc(letters->count + 1, sizeof *values);

    *ret_drafts = (struct drafts){.count = count};
    ret_drafts->items = calloc(count + 1, sizeof *ret_drafts->items);
    ret_drafts->members = calloc(letters->count + 1, sizeof *ret_drafts->members);
    ret_drafts->by_base = calloc(count + 1, sizeof *ret_drafts->by_base);
    if (!values || !ret_drafts->items || !ret_drafts->members || !ret_drafts->by_base)
        return err_set(err, ERR_MEMORY, "no memory for %zu lines", count);
    drafts_gather(ret_drafts, letters);
    for (size_t i = 0; i < count; i++) {
        shape(ret_drafts, letters, &ret_drafts->items[i], values);
        ret_drafts->tallest = fmaxf(ret_drafts->tallest, ret_drafts->items[i].x_height);
        ret_drafts->by_base[i] = (int32_t)i;
    }
    qsort_r(ret_drafts->by_base, count, sizeof *ret_drafts->by_base, by_base, ret_drafts->items);
    for (size_t i = 0; i < count; i++)
        if (ret_drafts->items[ret_drafts->by_base[i]].one_height)
            compare_heights(ret_drafts, i);
    return 0;
}

void drafts_free(struct drafts *drafts)
{
    free(drafts->items);
    free(drafts->members);
    free(drafts->by_base);
    *drafts = (struct drafts){0};
}
