/*
 * Dots, accents, commas and hyphens belong to the line they are nearest to, measured from the
 * letters' bodies: what lies below a line counts double, for more hangs above letters than below.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <math.h>

#include "ocr/fast/drafts.h"

/* In x heights from the baseline, and beyond the ends of the line: in typewriting the middle of a
 * dash or comma set off by a space is 2.2 to 2.4 away. */
static const float highest = 2.1f, lowest = -0.8f, beyond = 2.5f;
/* Few pieces lower than this are marks wherever they are: an accent and a dot side by side. */
static const float mark_height = 0.75f;
static const float bar_slimness = 0.22f;
enum { FEW_PIECES = 3 };

static float cost_of(const struct draft *draft, const struct letter *letter)
{
    float x = (letter->left + letter->right) / 2;
    float rise = (draft_base_at(draft, x) - (letter->top + letter->bottom) / 2) / draft->x_height;

    if (!draft->kept || x < draft->left - beyond * draft->x_height ||
        x > draft->right + beyond * draft->x_height || rise > highest || rise < lowest)
        return INFINITY;
    return rise < 0 ? -2 * rise : fmaxf(0, rise - 1);
}

static float middle_base(const struct drafts *drafts, size_t place)
{
    const struct draft *draft = &drafts->items[drafts->by_base[place]];

    return draft_base_at(draft, (draft->left + draft->right) / 2);
}

/* The first place in by_base whose baseline is at `y` or below. */
static size_t first_below(const struct drafts *drafts, float y)
{
    size_t low = 0, high = drafts->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (middle_base(drafts, middle) < y)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* The line nearest to a mark, or LETTER_LOOSE. Lines of marks alone take none. */
static int32_t nearest_line(const struct drafts *drafts, const struct letter *mark)
{
    float y = (mark->top + mark->bottom) / 2, best = INFINITY;
    int32_t line = LETTER_LOOSE;

    for (size_t at = first_below(drafts, y - drafts->tallest); at < drafts->count; at++) {
        const struct draft *draft = &drafts->items[drafts->by_base[at]];
        float cost;

        if (middle_base(drafts, at) > y + (highest + 0.5f) * drafts->tallest)
            break;
        cost = draft->plain > 1 ? cost_of(draft, mark) : INFINITY;
        if (cost < best && drafts->by_base[at] != mark->line &&
            letter_height(mark) < 3 * draft->size) {
            best = cost;
            line = drafts->by_base[at];
        }
    }
    return line;
}

/* A piece of an upright ruling that was too tall for its neighbours. */
static bool is_bar(const struct letter *letter)
{
    return letter->kind == LETTER_PLAIN && letter->line < 0 &&
           letter->right - letter->left < bar_slimness * letter_height(letter);
}

static bool is_mark(const struct draft *draft, const struct draft *line)
{
    return line->plain > draft->plain && draft->size <= mark_height * line->x_height;
}

void drafts_attach(struct drafts *drafts, struct letters *letters)
{
    for (size_t i = 0; i < letters->count; i++) {
        struct letter *letter = &letters->items[i];
        struct draft *own = letter->line >= 0 ? &drafts->items[letter->line] : NULL;
        int32_t line;

        if (letter->kind == LETTER_NONE || is_bar(letter) || (own && own->plain > FEW_PIECES))
            continue;
        line = nearest_line(drafts, letter);
        if (line < 0 || (own && !is_mark(own, &drafts->items[line])))
            continue;
        letter->line = line;
        if (own)
            own->kept = false;
    }
}
