/*
 * Three steps, coarse to fine. 1: the rows' share of print, as a profile in millimetres, is slid
 * over the page's profile at every scale and both ends up. 2: for the best few, the shift across is
 * what most pairs of like boxes on one height agree on. 3: ends of boxes are paired with the
 * nearest ends on the page and an affine map is fitted, four times with a shrinking reach; what
 * is left over, averaged over a neighbourhood, is the local stretch.
 * The score asks, box by box, whether it is there: covered along its length by boxes of like
 * height, with at least one end where it should be. The same question with the model shifted says
 * what a page full of print answers by chance. About 2 ms for a model of 400 boxes.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "classify/placement.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/scope.h"

enum {
    PROFILE_MM = 400, /* longest page side looked at, 1 mm a bin */
    SHIFT_MM = 45,    /* largest shift looked for */
    SCALE_STEPS = 75, /* from scale_least in steps of scale_step */
    CANDIDATES = 6,   /* best coarse placements that are refined */
    FIT_ROUNDS = 5,
    PAIRS_LEAST = 12, /* fewer pairs do not hold an affine map */
    DECOYS = 4
};

static const double scale_least = 0.83, scale_step = 0.005;
static const double smooth_mm = 8; /* half window taken off a profile: keeps lines, drops tint */
static const double reach_mm[FIT_ROUNDS] = {3.5, 2.5, 1.8, 1.2, 1.0};
static const double end_mm = 0.8;          /* an end is where it should be */
static const double middle_mm = 0.9;       /* so is a line's middle */
static const double covered_share = 0.55;  /* of a box's length */
static const double stretch_reach_mm = 28; /* of a leftover: the stretch is smooth over this */
static const double decoy_mm[DECOYS][2] = {{9, 5.5}, {-9, -7}, {-13, 11}, {7, -13}};

/* The page's boxes as seen from one end, sorted by the height of their middle. */
struct seen {
    struct layout_box *boxes;
    size_t count;
    int first[PROFILE_MM + 1]; /* first box whose middle is at or below that millimetre */
};

static double middle(const struct layout_box *box)
{
    return box->y + box->height / 2;
}

static int by_middle(const void *a, const void *b)
{
    double d = middle(a) - middle(b);
    if (d == 0) /* the same order on every machine */
        d = ((const struct layout_box *)a)->x - ((const struct layout_box *)b)->x;
    return d < 0 ? -1 : d > 0;
}

static void seen_free(struct seen *seen)
{
    free(seen->boxes);
}

static int seen_of_layout(const struct layout *layout, bool flipped, struct seen *ret_seen)
{
    ret_seen->count = layout->count;
    ret_seen->boxes = malloc((layout->count + 1) * sizeof *ret_seen->boxes);
    if (!ret_seen->boxes)
        return ERR_MEMORY;
    for (size_t i = 0; i < layout->count; i++)
        ret_seen->boxes[i] =
            flipped ? layout_box_flipped(layout, layout->boxes[i]) : layout->boxes[i];
    qsort(ret_seen->boxes, ret_seen->count, sizeof *ret_seen->boxes, by_middle);
    size_t at = 0;
    for (int mm = 0; mm <= PROFILE_MM; mm++) {
        while (at < ret_seen->count && middle(&ret_seen->boxes[at]) < mm)
            at++;
        ret_seen->first[mm] = (int)at;
    }
    return 0;
}

/* The boxes whose middle may lie within `reach` of y. */
static void seen_range(const struct seen *seen, double y, double reach, int ret_range[2])
{
    double low = floor(y - reach), high = ceil(y + reach);
    ret_range[0] = seen->first[low < 0 ? 0 : low > PROFILE_MM ? PROFILE_MM : (int)low];
    ret_range[1] = seen->first[high < 0 ? 0 : high > PROFILE_MM ? PROFILE_MM : (int)high];
}

/* ---- coarse: profiles ---- */

static void add_to_profile(const struct layout_box *box, double scale, float profile[PROFILE_MM])
{
    double top = box->y * scale, bottom = (box->y + box->height) * scale;
    if (box->kind == LAYOUT_POST || box->height > 12)
        return;
    for (int mm = (int)floor(top); mm < bottom; mm++) {
        double low = top > mm ? top : mm, high = bottom < mm + 1 ? bottom : mm + 1;
        if (mm >= 0 && mm < PROFILE_MM)
            profile[mm] += (float)((high - low) * box->width * scale);
    }
}

/* Takes the neighbourhood's mean off, so that lines count and density does not. */
static void sharpen(float profile[PROFILE_MM])
{
    double sums[PROFILE_MM + 1] = {0};
    for (int i = 0; i < PROFILE_MM; i++)
        sums[i + 1] = sums[i] + profile[i];
    for (int i = 0; i < PROFILE_MM; i++) {
        int low = i - (int)smooth_mm < 0 ? 0 : i - (int)smooth_mm;
        int high = i + (int)smooth_mm + 1 > PROFILE_MM ? PROFILE_MM : i + (int)smooth_mm + 1;
        profile[i] -= (float)((sums[high] - sums[low]) / (high - low));
    }
}

static void profile_of(const struct layout_box *boxes, size_t count, double scale,
                       float ret_profile[PROFILE_MM])
{
    memset(ret_profile, 0, PROFILE_MM * sizeof *ret_profile);
    for (size_t i = 0; i < count; i++)
        add_to_profile(&boxes[i], scale, ret_profile);
    sharpen(ret_profile);
}

struct candidate {
    double likeness, scale, shift_y;
    bool flipped;
};

/* Keeps the best few, and of near ones only the best. */
static void keep_candidate(struct candidate best[CANDIDATES], struct candidate new)
{
    int at = CANDIDATES;
    for (int i = 0; i < CANDIDATES; i++) {
        if (best[i].likeness <= 0 || best[i].flipped != new.flipped ||
            fabs(best[i].scale - new.scale) > 0.03 || fabs(best[i].shift_y - new.shift_y) > 6)
            continue;
        if (best[i].likeness >= new.likeness)
            return;
        at = i; /* takes the place of its neighbour */
    }
    if (at == CANDIDATES && new.likeness <= best[CANDIDATES - 1].likeness)
        return;
    if (at == CANDIDATES)
        at = CANDIDATES - 1;
    while (at > 0 && best[at - 1].likeness < new.likeness) {
        best[at] = best[at - 1];
        at--;
    }
    best[at] = new;
}

/* Sum of products, eight lanes at a time in a fixed order: the same on every machine. */
static float dot(const float *a, const float *b)
{
    typedef float lanes __attribute__((vector_size(32)));
    lanes sums = {0}, x, y;
    for (int i = 0; i < PROFILE_MM; i += 8) {
        memcpy(&x, a + i, sizeof x);
        memcpy(&y, b + i, sizeof y);
        sums += x * y;
    }
    return ((sums[0] + sums[1]) + (sums[2] + sums[3])) +
           ((sums[4] + sums[5]) + (sums[6] + sums[7]));
}

/* `page` has SHIFT_MM empty bins before and behind. */
static void slide(const float model[PROFILE_MM], const float *page, struct candidate like,
                  struct candidate best[CANDIDATES])
{
    double norm = sqrt((double)dot(model, model) * dot(page + SHIFT_MM, page + SHIFT_MM)) + 1e-9;
    for (int shift = -SHIFT_MM; shift <= SHIFT_MM; shift++) {
        like.likeness = dot(model, page + SHIFT_MM + shift) / norm;
        like.shift_y = shift;
        keep_candidate(best, like);
    }
}

static void find_candidates(const struct form_print *print, const struct seen seen[2],
                            struct candidate best[CANDIDATES])
{
    float pages[2][PROFILE_MM + 2 * SHIFT_MM] = {{0}}, model[PROFILE_MM];
    for (int end = 0; end < 2; end++)
        profile_of(seen[end].boxes, seen[end].count, 1, pages[end] + SHIFT_MM);
    for (int step = 0; step < SCALE_STEPS; step++) {
        double scale = scale_least + step * scale_step;
        profile_of(print->boxes, print->count, scale, model);
        for (int end = 0; end < 2; end++)
            slide(model, pages[end], (struct candidate){.scale = scale, .flipped = end}, best);
    }
}

/* ---- middle: the shift across ---- */

static bool alike(const struct layout_box *model, const struct layout_box *page, double scale)
{
    double width = model->width * scale, height = model->height * scale;
    return model->kind == page->kind && fabs(width - page->width) < 0.6 + 0.04 * width &&
           page->height < 1.7 * height + 0.3 && height < 1.7 * page->height + 0.3;
}

static double find_shift_x(const struct form_print *print, const struct seen *seen,
                           const struct candidate *at)
{
    enum { BINS = 2 * SHIFT_MM + 1 };
    double votes[BINS + 2] = {0};
    for (size_t i = 0; i < print->count; i++) {
        const struct layout_box *box = &print->boxes[i];
        int range[2];
        seen_range(seen, middle(box) * at->scale + at->shift_y, 2.5, range);
        for (int k = range[0]; k < range[1]; k++) {
            double shift = seen->boxes[k].x - box->x * at->scale;
            if (fabs(shift) <= SHIFT_MM && alike(box, &seen->boxes[k], at->scale))
                votes[(int)lround(shift) + SHIFT_MM + 1] += box->width < 30 ? box->width : 30;
        }
    }
    int best = 1;
    for (int i = 1; i <= BINS; i++)
        if (votes[i - 1] + 2 * votes[i] + votes[i + 1] >
            votes[best - 1] + 2 * votes[best] + votes[best + 1])
            best = i;
    return best - SHIFT_MM - 1;
}

/* ---- fine: the affine map and what is left over ---- */

struct pair {
    struct point_mm model, page;
};

static struct point_mm affine(const struct placement *p, struct point_mm at)
{
    return (struct point_mm){p->x[0] + p->x[1] * at.x + p->x[2] * at.y,
                             p->y[0] + p->y[1] * at.x + p->y[2] * at.y};
}

static struct point_mm stretch_at(const struct placement *p, struct point_mm at)
{
    double column = at.x / p->extent.x * (STRETCH_COLUMNS - 1);
    double row = at.y / p->extent.y * (STRETCH_ROWS - 1);
    column = column < 0 ? 0 : column > STRETCH_COLUMNS - 1 ? STRETCH_COLUMNS - 1 : column;
    row = row < 0 ? 0 : row > STRETCH_ROWS - 1 ? STRETCH_ROWS - 1 : row;
    int c = column < STRETCH_COLUMNS - 1 ? (int)column : STRETCH_COLUMNS - 2;
    int r = row < STRETCH_ROWS - 1 ? (int)row : STRETCH_ROWS - 2;
    double u = column - c, v = row - r;
    const struct point_mm *above = &p->stretch[r][c], *below = &p->stretch[r + 1][c];
    return (struct point_mm){(1 - v) * ((1 - u) * above[0].x + u * above[1].x) +
                                 v * ((1 - u) * below[0].x + u * below[1].x),
                             (1 - v) * ((1 - u) * above[0].y + u * above[1].y) +
                                 v * ((1 - u) * below[0].y + u * below[1].y)};
}

struct point_mm placement_map(const struct placement *placement, struct point_mm at)
{
    struct point_mm to = affine(placement, at), more = stretch_at(placement, at);
    return (struct point_mm){to.x + more.x, to.y + more.y};
}

/* One end of a box of the model. */
struct box_end {
    const struct layout_box *box;
    bool right;
};

/* The page's end nearest to where the model's end should be. */
static bool nearest_end(const struct seen *seen, struct box_end end,
                        const struct placement *placement, double reach, struct pair *ret_pair)
{
    const struct layout_box *box = end.box;
    struct point_mm model = {end.right ? box->x + box->width : box->x, middle(box)};
    struct point_mm want = placement_map(placement, model);
    double nearest = reach * reach, height = box->height * placement->y[2];
    bool found = false;
    int range[2];
    seen_range(seen, want.y, reach, range);
    for (int k = range[0]; k < range[1]; k++) {
        const struct layout_box *page = &seen->boxes[k];
        double dx = (end.right ? page->x + page->width : page->x) - want.x;
        double dy = middle(page) - want.y;
        if (page->kind != box->kind || dx * dx + dy * dy >= nearest ||
            page->height > 1.7 * height + 0.3 || height > 1.7 * page->height + 0.3)
            continue;
        nearest = dx * dx + dy * dy;
        *ret_pair = (struct pair){model, {want.x + dx, want.y + dy}};
        found = true;
    }
    return found;
}

static size_t find_pairs(const struct form_print *print, const struct seen *seen,
                         const struct placement *placement, double reach, struct pair *ret_pairs)
{
    size_t count = 0;
    for (size_t i = 0; i < print->count; i++) {
        const struct layout_box *box = &print->boxes[i];
        for (int right = 0; right < 2 && box->kind != LAYOUT_POST; right++)
            count += nearest_end(seen, (struct box_end){box, right}, placement, reach,
                                 &ret_pairs[count]);
    }
    return count;
}

/* Solves the 3 x 3 normal equations by elimination with pivots; false when singular. */
static bool solve3(double m[3][4], double ret_at[3])
{
    for (int i = 0; i < 3; i++) {
        int pivot = i;
        for (int r = i + 1; r < 3; r++)
            if (fabs(m[r][i]) > fabs(m[pivot][i]))
                pivot = r;
        if (fabs(m[pivot][i]) < 1e-6)
            return false;
        for (int c = 0; c < 4; c++) {
            double swap = m[i][c];
            m[i][c] = m[pivot][c];
            m[pivot][c] = swap;
        }
        for (int r = 0; r < 3; r++) {
            double factor = r == i ? 0 : m[r][i] / m[i][i];
            for (int c = i; c < 4; c++)
                m[r][c] -= factor * m[i][c];
        }
    }
    for (int i = 0; i < 3; i++)
        ret_at[i] = m[i][3] / m[i][i];
    return true;
}

static bool fit_affine(const struct pair *pairs, size_t count, struct placement *placement)
{
    double mx[3][4] = {{0}}, my[3][4] = {{0}}, x[3], y[3];
    for (size_t i = 0; i < count; i++) {
        double terms[3] = {1, pairs[i].model.x, pairs[i].model.y};
        struct point_mm more = stretch_at(placement, pairs[i].model);
        for (int r = 0; r < 3; r++) {
            for (int c = 0; c < 3; c++)
                mx[r][c] += terms[r] * terms[c];
            mx[r][3] += terms[r] * (pairs[i].page.x - more.x);
            my[r][3] += terms[r] * (pairs[i].page.y - more.y);
        }
    }
    for (int r = 0; r < 3; r++)
        memcpy(my[r], mx[r], 3 * sizeof(double));
    if (!solve3(mx, x) || !solve3(my, y))
        return false;
    memcpy(placement->x, x, sizeof x);
    memcpy(placement->y, y, sizeof y);
    return true;
}

/* What pairs leave over, averaged round each node with a pull towards none. */
static void fit_stretch(const struct pair *pairs, size_t count, struct placement *placement)
{
    for (int r = 0; r < STRETCH_ROWS; r++) {
        for (int c = 0; c < STRETCH_COLUMNS; c++) {
            struct point_mm node = {placement->extent.x * c / (STRETCH_COLUMNS - 1),
                                    placement->extent.y * r / (STRETCH_ROWS - 1)};
            double weight = 3, x = 0, y = 0; /* 3 pairs' worth of "no stretch here" */
            for (size_t i = 0; i < count; i++) {
                double dx = pairs[i].model.x - node.x, dy = pairs[i].model.y - node.y;
                double w = exp(-(dx * dx + dy * dy) / (2 * stretch_reach_mm * stretch_reach_mm));
                struct point_mm to = affine(placement, pairs[i].model);
                x += w * (pairs[i].page.x - to.x);
                y += w * (pairs[i].page.y - to.y);
                weight += w;
            }
            placement->stretch[r][c] = (struct point_mm){x / weight, y / weight};
        }
    }
}

/* A map that no feeder makes. */
static bool is_distorted(const struct placement *p)
{
    return p->x[1] < 0.78 || p->x[1] > 1.28 || p->y[2] < 0.78 || p->y[2] > 1.28 ||
           fabs(p->x[2]) > 0.06 || fabs(p->y[1]) > 0.06 || fabs(p->x[1] / p->y[2] - 1) > 0.12;
}

/* ---- the score ---- */

/* Is this box of the model on the page, the model shifted by `off`? */
static bool is_present(const struct seen *seen, const struct layout_box *box,
                       const struct placement *placement, struct point_mm off)
{
    struct point_mm left = placement_map(placement, (struct point_mm){box->x, middle(box)});
    struct point_mm right =
        placement_map(placement, (struct point_mm){box->x + box->width, middle(box)});
    double y = (left.y + right.y) / 2 + off.y, height = box->height * placement->y[2];
    double from = left.x + off.x, to = right.x + off.x, covered = 0;
    bool end = false;
    int range[2];
    seen_range(seen, y, middle_mm, range);
    for (int k = range[0]; k < range[1]; k++) {
        const struct layout_box *page = &seen->boxes[k];
        double page_to = page->x + page->width;
        if (fabs(middle(page) - y) > middle_mm || page->x > to || page_to < from ||
            (page->kind == LAYOUT_POST) != (box->kind == LAYOUT_POST) ||
            page->height > 1.8 * height + 0.3 || height > 1.8 * page->height + 0.3)
            continue;
        covered += (page_to < to ? page_to : to) - (page->x > from ? page->x : from);
        end = end || fabs(page->x - from) < end_mm || fabs(page_to - to) < end_mm;
    }
    return end && covered >= covered_share * (to - from);
}

/* Long print is harder to meet by chance; a bar or a ruling counts like a few words. */
static double weight_of(const struct layout_box *box)
{
    double length = box->kind == LAYOUT_POST ? box->height : box->width;
    return sqrt(length < 60 ? length : 60);
}

static double share_present(const struct form_print *print, const struct seen *seen,
                            const struct placement *placement, struct point_mm off)
{
    double found = 0, all = 1e-9;
    for (size_t i = 0; i < print->count; i++) {
        double weight = weight_of(&print->boxes[i]);
        all += weight;
        if (is_present(seen, &print->boxes[i], placement, off))
            found += weight;
    }
    return found / all;
}

static void score(const struct form_print *print, const struct seen *seen,
                  struct placement *placement)
{
    placement->found = share_present(print, seen, placement, (struct point_mm){0, 0});
    placement->chance = 0;
    for (int i = 0; i < DECOYS; i++)
        placement->chance += share_present(print, seen, placement,
                                           (struct point_mm){decoy_mm[i][0], decoy_mm[i][1]}) /
                             DECOYS;
    double score = (placement->found - placement->chance) / (1 - placement->chance);
    placement->score = score > 0 ? score : 0;
}

static void refine(const struct form_print *print, const struct seen seen[2],
                   const struct candidate *at, struct pair *pairs, struct placement *ret_placement)
{
    const struct seen *page = &seen[at->flipped];
    *ret_placement = (struct placement){.flipped = at->flipped,
                                        .extent = {print->width, print->height},
                                        .x = {find_shift_x(print, page, at), at->scale, 0},
                                        .y = {at->shift_y, 0, at->scale}};
    for (int round = 0; round < FIT_ROUNDS; round++) {
        size_t count = find_pairs(print, page, ret_placement, reach_mm[round], pairs);
        if (count < PAIRS_LEAST || !fit_affine(pairs, count, ret_placement) ||
            is_distorted(ret_placement))
            return;
        if (round >= FIT_ROUNDS - 3)
            fit_stretch(pairs, count, ret_placement);
    }
    score(print, page, ret_placement);
}

int placement_find(const struct form_print *print, const struct layout *layout,
                   struct placement *ret_placement, struct err *err)
{
    SCOPED(seen_free) struct seen upright = {0};
    SCOPED(seen_free) struct seen flipped = {0};
    SCOPED(scope_free) struct pair *pairs = malloc((2 * print->count + 1) * sizeof *pairs);
    *ret_placement = (struct placement){.extent = {print->width, print->height}};
    if (!pairs || seen_of_layout(layout, false, &upright) < 0 ||
        seen_of_layout(layout, true, &flipped) < 0)
        return err_set(err, ERR_MEMORY, "form model: no memory for %zu boxes", print->count);
    struct seen seen[2] = {upright, flipped};
    struct candidate best[CANDIDATES] = {{0}};
    find_candidates(print, seen, best);
    for (int i = 0; i < CANDIDATES && best[i].likeness > 0; i++) {
        struct placement tried;
        refine(print, seen, &best[i], pairs, &tried);
        if (tried.score > ret_placement->score)
            *ret_placement = tried;
    }
    return 0;
}

int placement_score(const struct form_print *print, const struct layout *layout,
                    struct placement *known, struct err *err)
{
    SCOPED(seen_free) struct seen seen = {0};
    if (seen_of_layout(layout, known->flipped, &seen) < 0)
        return err_set(err, ERR_MEMORY, "form model: no memory for %zu boxes", layout->count);
    score(print, &seen, known);
    return 0;
}

int placement_presence(const struct form_print *print, const struct layout *layout,
                       const struct placement *placement, bool *ret_found, struct err *err)
{
    SCOPED(seen_free) struct seen seen = {0};
    if (seen_of_layout(layout, placement->flipped, &seen) < 0)
        return err_set(err, ERR_MEMORY, "form model: no memory for %zu boxes", layout->count);
    for (size_t i = 0; i < print->count; i++)
        ret_found[i] = is_present(&seen, &print->boxes[i], placement, (struct point_mm){0, 0});
    return 0;
}
