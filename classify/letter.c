/*
 * Letters by their look. Typed letters have few heights (x-height, capitals), whatever the font and
 * the damage; a hand has many. Rulings are grouped by height first, since writing breaks the lines
 * of ruled paper into many pieces.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "classify/letter.h"

#include <allheaders.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/scope.h"
#include "classify/comb_rows.h"
#include "image/opening.h"

enum {
    HEIGHTS = 240,       /* pixels, at 100 dpi 6 cm */
    RULED_LEAST = 8,     /* full rulings of ruled paper */
    CELL_PIXELS = 32,    /* width of a band's cell, 8 mm: one word of the page's bits */
    BAND_CELLS_LEAST = 2 /* with ink: less is a page number, a speck */
};

static const double mark_low_mm = 0.9, mark_high_mm = 12, mark_wide_mm = 30;
static const double rule_mm = 10, post_mm = 7; /* as in layout.c: what is a line and no letter */
static const double edge_mm = 8;               /* posts nearer to the edge are scanner borders */
static const double same_height_mm = 1.2;      /* rulings on one line */
static const double full_share = 0.6;          /* of the page's width: a full ruling */
static const double line_mm = 1.5;       /* words whose middles differ by less are on one line */
static const double long_share = 0.5;    /* of the page's width: a long line of text */
static const double filled_share = 0.5;  /* of a long line's length are words */
static const double paragraph_mm = 15;   /* long lines this near belong together */
static const double even_share = 0.6;    /* of ruled paper's gaps are like the median gap */
static const double narrow_share = 0.62; /* width over height of receipts and strips; A4 has 0.71 */

static const double band_mm = 9;            /* lines of handwriting are 7 to 12 mm apart */
static const double cell_inked = 0.02;      /* of a cell's pixels: a stroke */
static const double full_band_share = 0.45; /* of the page's width */

static PIX *without_lines(const struct layout *layout)
{
    int across = (int)(rule_mm * layout->pixels_per_mm);
    int down = (int)(post_mm * layout->pixels_per_mm);
    PIX *rules = NULL, *posts = NULL, *rest = NULL;
    if (image_open(layout->ink, across, 1, &rules, NULL) == 0 &&
        image_open(layout->ink, 1, down, &posts, NULL) == 0)
        rest = pixSubtract(NULL, layout->ink, rules);
    if (rest)
        pixSubtract(rest, rest, posts);
    pixDestroy(&rules);
    pixDestroy(&posts);
    return rest;
}

/* Pixels of ink in one cell of a band. */
static int cell_ink(PIX *letters, int cell, int top, int height)
{
    int wpl = pixGetWpl(letters), ink = 0;
    const l_uint32 *at = pixGetData(letters) + (size_t)top * (size_t)wpl + cell;
    for (int y = 0; y < height; y++, at += wpl)
        ink += __builtin_popcount(*at);
    return ink;
}

/* Running text fills bands from side to side, whatever can be read of it; lists and labels leave
 * gaps. One empty cell is a wide gap between words. */
static void look_at_bands(PIX *letters, double scale, struct letter_look *look)
{
    int cells = pixGetWidth(letters) / CELL_PIXELS, height = (int)(band_mm * scale);
    int least = (int)(cell_inked * CELL_PIXELS * height);
    for (int top = 0; height > 0 && top + height <= pixGetHeight(letters); top += height) {
        int inked = 0, run = 0, longest = 0, gap = 0;
        for (int cell = 0; cell < cells; cell++) {
            if (cell_ink(letters, cell, top, height) < least) {
                gap++;
                continue;
            }
            run = gap <= 1 ? run + gap + 1 : 1;
            gap = 0;
            longest = run > longest ? run : longest;
            inked++;
        }
        look->bands += inked >= BAND_CELLS_LEAST;
        look->full_bands += longest >= full_band_share * cells;
    }
}

/* Heights and widths of the letters, and whether they stand as in combs. */
static void look_at_letters(BOXA *letters, double scale, struct letter_look *look)
{
    struct comb_mark marks[COMB_MARKS_MAX];
    int heights[HEIGHTS] = {0}, best = 0;
    double joined = 0;
    for (l_int32 i = 0; i < boxaGetCount(letters); i++) {
        l_int32 x, y, w, h;
        boxaGetBoxGeometry(letters, i, &x, &y, &w, &h);
        if (h < mark_low_mm * scale || h > mark_high_mm * scale || w > mark_wide_mm * scale)
            continue;
        if (look->marks < COMB_MARKS_MAX)
            marks[look->marks] = (struct comb_mark){
                (float)((x + w / 2.0) / scale), (float)((y + h / 2.0) / scale), (float)(h / scale)};
        look->marks++;
        joined += (double)w / h;
        heights[h < HEIGHTS - 2 ? h : HEIGHTS - 2]++;
    }
    for (int h = 1; h < HEIGHTS - 1; h++) {
        int near = heights[h - 1] + heights[h] + heights[h + 1];
        best = near > best ? near : best;
    }
    look->regularity = look->marks ? (double)best / look->marks : 0;
    look->joined = look->marks ? joined / look->marks : 0;
    if (look->marks <= COMB_MARKS_MAX)
        look->comb_rows = comb_rows_count(marks, (size_t)look->marks);
}

static int look_at_marks(const struct layout *layout, struct letter_look *look)
{
    PIX *letters = without_lines(layout);
    BOXA *found = letters ? pixConnCompBB(letters, 8) : NULL;
    if (found) {
        look_at_letters(found, layout->pixels_per_mm, look);
        look_at_bands(letters, layout->pixels_per_mm, look);
    }
    pixDestroy(&letters);
    int rc = found ? 0 : ERR_MEMORY;
    boxaDestroy(&found);
    return rc;
}

static int by_top(const void *a, const void *b)
{
    float d = ((const struct layout_box *)a)->y - ((const struct layout_box *)b)->y;
    return d < 0 ? -1 : d > 0;
}

static int by_value(const void *a, const void *b)
{
    double d = *(const double *)a - *(const double *)b;
    return d < 0 ? -1 : d > 0;
}

/* Are the full rulings evenly spaced? */
static bool are_even(double *at, int count)
{
    int even = 0;
    if (count < RULED_LEAST)
        return false;
    double gaps[LAYOUT_BOXES_MAX];
    for (int i = 1; i < count; i++)
        gaps[i - 1] = at[i] - at[i - 1];
    qsort(gaps, (size_t)count - 1, sizeof *gaps, by_value);
    double middle = gaps[(count - 1) / 2];
    for (int i = 0; i < count - 1; i++) /* a gap of two lines is one that writing hid */
        even += fabs(gaps[i] - middle) < 0.15 * middle || fabs(gaps[i] - 2 * middle) < 0.2 * middle;
    return even >= even_share * (count - 1);
}

/* Groups rulings by height: the full ones, and how many others. `rules` is sorted by top. */
static void look_at_rules(const struct layout_box *rules, size_t count, double page_width,
                          struct letter_look *look)
{
    double full[LAYOUT_BOXES_MAX];
    for (size_t i = 0; i < count;) {
        double left = rules[i].x, right = rules[i].x + rules[i].width, covered = 0,
               top = rules[i].y;
        for (; i < count && rules[i].y - top < same_height_mm; i++) {
            left = fmin(left, rules[i].x);
            right = fmax(right, rules[i].x + rules[i].width);
            covered += rules[i].width;
        }
        if (right - left > full_share * page_width && covered > 0.3 * (right - left))
            full[look->lines++] = top;
        else
            look->rules++;
    }
    look->ruled_paper = are_even(full, look->lines);
}

static bool is_word(const struct layout_box *box)
{
    return box->kind == LAYOUT_WORD && box->width > 1.5f && box->height > 1 && box->height < 14;
}

static float middle(const struct layout_box *box)
{
    return box->y + box->height / 2;
}

static int by_middle(const void *a, const void *b)
{
    float d = middle(a) - middle(b);
    return d < 0 ? -1 : d > 0;
}

/* Lines of text: those that are long and follow one another make paragraphs. `words` is sorted by
 * middle. */
static void look_at_text(const struct layout_box *words, size_t count, double page_width,
                         struct letter_look *look)
{
    double all = 1e-9, in_paragraphs = 0, before_at = -1e9, before_length = 0;
    for (size_t i = 0; i < count;) {
        double left = words[i].x, right = 0, length = 0, at = middle(&words[i]);
        for (; i < count && middle(&words[i]) < at + line_mm; i++) {
            left = fmin(left, words[i].x);
            right = fmax(right, words[i].x + words[i].width);
            length += words[i].width;
        }
        look->text_lines++;
        all += length;
        if (right - left < long_share * page_width || length < filled_share * (right - left))
            continue;
        if (at - before_at < paragraph_mm) {
            in_paragraphs += length + before_length;
            before_length = 0;
        } else {
            before_length = length; /* counted when another long line follows */
        }
        before_at = at;
    }
    look->in_paragraphs = in_paragraphs / all;
}

int letter_look(const struct layout *layout, struct letter_look *ret_look, struct err *err)
{
    struct letter_look look = {0};
    SCOPED(scope_free) struct layout_box *rules = malloc((layout->count + 1) * sizeof *rules);
    SCOPED(scope_free) struct layout_box *words = malloc((layout->count + 1) * sizeof *words);
    size_t count = 0;
    *ret_look = look;
    if (!rules || !words || look_at_marks(layout, &look) < 0)
        return err_set(err, ERR_MEMORY, "page: no memory to look at its letters");
    for (size_t i = 0; i < layout->count; i++) {
        const struct layout_box *box = &layout->boxes[i];
        bool inside = box->x > edge_mm && box->x + box->width < layout->width - edge_mm;
        if (is_word(box))
            words[look.words++] = *box;
        look.bars += box->kind == LAYOUT_BAR;
        look.posts += box->kind == LAYOUT_POST && inside;
        if (box->kind == LAYOUT_RULE)
            rules[count++] = *box;
    }
    qsort(rules, count, sizeof *rules, by_top);
    look_at_rules(rules, count, layout->width, &look);
    qsort(words, (size_t)look.words, sizeof *words, by_middle);
    look_at_text(words, (size_t)look.words, layout->width, &look);
    look.typed = look.regularity >= LETTER_TYPED_REGULARITY;
    float shorter = layout->width < layout->height ? layout->width : layout->height;
    look.narrow = shorter < narrow_share * (layout->width + layout->height - shorter);
    *ret_look = look;
    return 0;
}
