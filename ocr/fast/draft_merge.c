/*
 * A line goes on after a wide gap when what follows stands on the same baseline in the same size,
 * and the gap is not a gutter: white that runs on between the letters above and below. Spaces of
 * typewriting fall below each other over two or three lines by chance, so a gap that may be a space
 * is a gutter only when it runs on for longer than that.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <math.h>
#include <stdlib.h>

#include "base/scope.h"
#include "ocr/fast/drafts.h"

/* In x heights. */
static const float most_gap = 4, most_step = 0.35f, gutter_reach = 4.5f, least_gutter = 1.2f;
/* Two spaces of typewriting after a full stop are 3.3 wide; three lines of print span 5 to 6. White
 * that runs on for longer on one side is no chance, whatever stands on the other: a heading. */
static const float widest_space = 3.5f, least_run = 8, long_run = 12, seen_run = 24;
/* A comma or full stop with the space before it; what must be left of a gap beside one. */
static const float widest_stop = 0.9f, least_white = 2;
/* Typewriter print sets " : " and " - " so far apart. */
static const float most_parted_gap = 7;
/* A word of worn letters, in pieces that make no chain, leaves a wide gap without much white. */
static const float most_worn_gap = 30, most_worn_white = 2;
/* Middle of such a sign over the baseline; it has an ascender and a descender at most, and the bars
 * of combs are taller. */
static const float lowest_sign = -0.2f, highest_sign = 1.1f, tallest_sign = 2.2f;
static const float most_overlap = 1; /* letters of one line that were linked apart */
/* Of x heights; of letters' medians that are alike. */
static const float most_ratio = 1.5f, most_ratio_short = 2.1f, alike_sizes = 1.2f;
/* Pieces of a line, by their middles over its baseline, in x heights; to its letters' median. */
static const float lowest_piece = -0.4f, highest_piece = 1.5f, tallest_piece = 2, piece_reach = 2;
enum { SHORT_LETTERS = 3, COMPARED_MOST = 400, LEAST_BEGUN = 6 };

/* White between two pieces of a line. */
struct gap {
    float left, right;
    float base, x_height; /* of the line */
};

/* Text within reach of a gap, above or below its line: how far off the nearest stands in the gap
 * itself, and the farthest before that on either side; below 0: none. */
struct around {
    float clear, left, right;
};

/* The gap without what may stand at its edges: a tenth at either, and on the left the comma or full
 * stop that a line above ends with, where white enough is left. */
static struct gap narrowed(const struct gap *gap)
{
    float width = gap->right - gap->left, x = gap->x_height;
    struct gap narrow = *gap;

    narrow.left += fmaxf(0.1f * width, fminf(widest_stop * x, width - least_white * x));
    narrow.right -= 0.1f * width;
    return narrow;
}

static void look(const struct letter *letter, const struct gap *gap, float away,
                 struct around *around)
{
    if (letter->right <= gap->left)
        around->left = away < around->clear ? fmaxf(around->left, away) : around->left;
    else if (letter->left >= gap->right)
        around->right = away < around->clear ? fmaxf(around->right, away) : around->right;
    else
        around->clear = fminf(around->clear, away);
}

/* White with text on both sides; and on the other side of the line too, where there is any: a
 * space of one line may stand below a gap by chance. */
static bool runs_on(const struct around *here, const struct around *there)
{
    return here->left >= 0 && here->right >= 0 && (there->left >= 0) == (there->right >= 0);
}

/* How far white with text on both sides goes. */
static float run_of(const struct around *around)
{
    return fmaxf(0, fminf(around->left, around->right));
}

/* The first letter that begins at `left` or farther right. */
static size_t first_from(const struct letters *letters, float left)
{
    size_t low = 0, high = letters->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (letters->items[middle].left < left)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void widen(struct gap *white, float left, float right)
{
    if (right - left > white->right - white->left) {
        white->left = left;
        white->right = right;
    }
}

/* The widest white between two drafts: a colon or a dash between words parts it, a full stop after
 * the last word is not in it. */
static struct gap widest_white(const struct letters *letters, const struct draft *a,
                               const struct draft *b)
{
    float at = a->right;
    struct gap white = {at, at, draft_base_at(a, at), fmaxf(a->x_height, b->x_height)};

    for (size_t i = first_from(letters, a->right); i < letters->count; i++) {
        const struct letter *letter = &letters->items[i];
        float x = (letter->left + letter->right) / 2;
        float rise = draft_base_at(a, x) - (letter->top + letter->bottom) / 2;

        if (letter->left >= b->left)
            break;
        if (letter->kind == LETTER_NONE || letter_height(letter) > tallest_sign * a->x_height ||
            rise < lowest_sign * a->x_height || rise > highest_sign * a->x_height)
            continue;
        widen(&white, at, letter->left);
        at = fmaxf(at, letter->right);
    }
    widen(&white, at, b->left);
    return white;
}

/* The nearest in the gap must be known before the farthest beside it: hence twice. */
static void look_around(const struct letters *letters, const struct letter_bands *bands,
                        const struct gap *gap, float far, struct around sides[2])
{
    float x = gap->x_height;
    int32_t band = letter_band_at(bands, gap->base - far);
    int32_t last = letter_band_at(bands, gap->base + far);
    size_t end = bands->first[last + 1];

    sides[0].clear = sides[1].clear = far;
    for (int pass = 0; pass < 2; pass++) {
        sides[0].left = sides[0].right = sides[1].left = sides[1].right = -1;
        for (size_t at = bands->first[band]; at < end; at++) {
            const struct letter *letter = &letters->items[bands->letters[at]];

            if (letter->right <= gap->left - 12 * x || letter->left >= gap->right + 12 * x)
                continue;
            if (letter->bottom < gap->base - 1.2f * x)
                look(letter, gap, gap->base - letter->bottom, &sides[0]);
            else if (letter->top > gap->base + 0.4f * x)
                look(letter, gap, letter->top - gap->base, &sides[1]);
        }
    }
}

/* White that runs on through the lines nearby, with text on both sides of it. */
static bool runs_through(const struct letters *letters, const struct letter_bands *bands,
                         const struct draft *a, const struct draft *b)
{
    const float x = fmaxf(a->x_height, b->x_height), margin = 0.1f * (b->left - a->right);
    const struct gap gap = {a->right + margin, b->left - margin, draft_base_at(a, a->right), x};
    struct around sides[2];

    if (b->left - a->right < least_gutter * x)
        return false;
    look_around(letters, bands, &gap, least_run * x, sides);
    if (sides[0].clear < gutter_reach * x || sides[1].clear < gutter_reach * x ||
        (b->left - a->right < widest_space * x &&
         run_of(&sides[0]) + run_of(&sides[1]) < least_run * x))
        return false;
    return runs_on(&sides[0], &sides[1]) || runs_on(&sides[1], &sides[0]);
}

/* How many letters begin where the gap ends, from `top` to `bottom`: the first ones of a column's
 * lines. */
static int count_begun(const struct letters *letters, const struct letter_bands *bands,
                       const struct gap *gap, float top, float bottom)
{
    int32_t last = letter_band_at(bands, bottom);
    int begun = 0;

    for (int32_t band = letter_band_at(bands, top); band <= last; band++)
        for (size_t at = bands->first[band]; at < bands->first[band + 1]; at++) {
            const struct letter *letter = &letters->items[bands->letters[at]];

            begun += letter->left >= gap->right && letter->left < gap->right + gap->x_height &&
                     letter->top >= top && letter->bottom <= bottom &&
                     letter_band_at(bands, letter->top) == band;
        }
    return begun;
}

/* White that runs on so far on one side that it is no chance, whatever stands on the other, as
 * below a heading, and though some lines end in it with a full stop: lines begin below each other
 * where it ends. */
static bool runs_far(const struct letters *letters, const struct letter_bands *bands,
                     const struct draft *a, const struct draft *b)
{
    const struct gap gap = widest_white(letters, a, b), narrow = narrowed(&gap);
    float x = gap.x_height;
    struct around sides[2];

    if (gap.right - gap.left < least_gutter * x)
        return false;
    look_around(letters, bands, &narrow, seen_run * x, sides);
    if (fmaxf(run_of(&sides[0]), run_of(&sides[1])) < long_run * x ||
        fminf(sides[0].clear, sides[1].clear) < gutter_reach * x)
        return false;
    return count_begun(letters, bands, &narrow, gap.base - sides[0].clear,
                       gap.base + sides[1].clear) >= LEAST_BEGUN;
}

static bool is_gutter(const struct letters *letters, const struct letter_bands *bands,
                      const struct draft *a, const struct draft *b)
{
    return runs_through(letters, bands, a, b) || runs_far(letters, bands, a, b);
}

/* How unlike in size two drafts are, 1 or more: by their x heights or, for worn letters hide those,
 * by their letters' medians, whichever are more alike. */
static float unlike(const struct draft *a, const struct draft *b)
{
    float by_x = fmaxf(a->x_height / b->x_height, b->x_height / a->x_height);
    float by_size = fmaxf(a->size / b->size, b->size / a->size);

    return by_size <= alike_sizes ? fminf(by_x, by_size) : by_x;
}

static bool is_narrow(const struct letters *letters, const struct draft *a, const struct draft *b,
                      float most)
{
    const struct gap white = widest_white(letters, a, b);

    return white.right - white.left <= most;
}

static bool goes_on(const struct letters *letters, const struct draft *a, const struct draft *b)
{
    float gap = b->left - a->right, x = a->plain > b->plain ? a->x_height : b->x_height;
    bool few = a->plain < SHORT_LETTERS || b->plain < SHORT_LETTERS;
    float step = fabsf(draft_base_at(a, a->right) - draft_base_at(b, b->left));

    return b->left + b->right > a->left + a->right && gap <= most_worn_gap * x &&
           gap >= -most_overlap * x && step <= most_step * x &&
           unlike(a, b) <= (few ? most_ratio_short : most_ratio) &&
           (gap <= most_gap * x ||
            is_narrow(letters, a, b,
                      (gap <= most_parted_gap * x ? most_gap : most_worn_white) * x));
}

/* The nearest draft that goes on where the one at `place` of by_base ends, or -1. */
static int32_t find_next(const struct drafts *drafts, const struct letters *letters, size_t place)
{
    int32_t self = drafts->by_base[place], best = -1;
    const struct draft *draft = &drafts->items[self];
    size_t from = place > COMPARED_MOST ? place - COMPARED_MOST : 0;
    float best_gap = INFINITY;

    for (size_t at = from; at < drafts->count && at < place + COMPARED_MOST; at++) {
        const struct draft *other = &drafts->items[drafts->by_base[at]];
        float gap = other->left - draft->right;

        if (at != place && other->kept && gap < best_gap && goes_on(letters, draft, other)) {
            best = drafts->by_base[at];
            best_gap = gap;
        }
    }
    return best;
}

static int32_t root_of(int32_t *parent, int32_t at)
{
    while (parent[at] != at) {
        parent[at] = parent[parent[at]];
        at = parent[at];
    }
    return at;
}

static size_t number_anew(struct letters *letters, int32_t *parent, int32_t *number, size_t drafts)
{
    size_t count = 0;

    for (size_t i = 0; i < drafts; i++)
        number[i] = -1;
    for (size_t i = 0; i < letters->count; i++) {
        int32_t *line = &letters->items[i].line;
        int32_t root;

        if (*line < 0)
            continue;
        root = root_of(parent, *line);
        if (number[root] < 0)
            number[root] = (int32_t)count++;
        *line = number[root];
    }
    return count;
}

/* Pieces of broken letters lie inside a line; and beside it, when nothing stands in them. */
static bool takes_in(const struct draft *line, const struct draft *piece)
{
    float x = (piece->left + piece->right) / 2, height = line->x_height;
    float rise = (draft_base_at(line, x) - piece->base + piece->size / 2) / height;
    float reach = piece->kept ? 0 : piece_reach * height;

    return line->kept && line->plain > piece->plain && rise > lowest_piece &&
           rise < highest_piece && piece->size < tallest_piece * line->size &&
           piece->right > line->left - reach && piece->left < line->right + reach;
}

static int32_t find_line_around(const struct drafts *drafts, size_t place)
{
    const struct draft *piece = &drafts->items[drafts->by_base[place]];
    size_t from = place > COMPARED_MOST ? place - COMPARED_MOST : 0;
    int32_t best = -1;

    for (size_t at = from; at < drafts->count && at < place + COMPARED_MOST; at++) {
        const struct draft *line = &drafts->items[drafts->by_base[at]];

        if (takes_in(line, piece) && (best < 0 || line->plain > drafts->items[best].plain))
            best = drafts->by_base[at];
    }
    return best;
}

int drafts_absorb(struct drafts *drafts, struct letters *letters, struct err *err)
{
    SCOPED(scope_free) int32_t *parent = calloc(drafts->count + 1, sizeof *parent);

    if (!parent)
        return err_set(err, ERR_MEMORY, "no memory for %zu lines", drafts->count);
    for (size_t i = 0; i < drafts->count; i++)
        parent[i] = (int32_t)i;
    for (size_t place = 0; place < drafts->count; place++) {
        int32_t line = find_line_around(drafts, place);

        if (line >= 0)
            parent[drafts->by_base[place]] = line;
    }
    for (size_t i = 0; i < letters->count; i++)
        if (letters->items[i].line >= 0)
            letters->items[i].line = root_of(parent, letters->items[i].line);
    for (size_t i = 0; i < drafts->count; i++)
        drafts->items[i].kept = drafts->items[i].kept && root_of(parent, (int32_t)i) == (int32_t)i;
    return 0;
}

int drafts_merge(const struct drafts *drafts, struct letters *letters, size_t *ret_count,
                 struct err *err)
{
    SCOPED(scope_free) int32_t *parent = calloc(drafts->count + 1, sizeof *parent);
    SCOPED(scope_free) int32_t *number = calloc(drafts->count + 1, sizeof *number);
    SCOPED(letter_bands_free) struct letter_bands bands = {0};
    int rc = letter_bands_make(letters, &bands, err);

    if (rc < 0)
        return rc;
    if (!parent || !number)
        return err_set(err, ERR_MEMORY, "no memory for %zu lines", drafts->count);
    for (size_t i = 0; i < drafts->count; i++)
        parent[i] = (int32_t)i;
    for (size_t place = 0; place < drafts->count; place++) {
        int32_t self = drafts->by_base[place], next;

        if (!drafts->items[self].kept)
            continue;
        next = find_next(drafts, letters, place);
        if (next >= 0 && !is_gutter(letters, &bands, &drafts->items[self], &drafts->items[next]))
            parent[root_of(parent, next)] = root_of(parent, self);
    }
    *ret_count = number_anew(letters, parent, number, drafts->count);
    return 0;
}
