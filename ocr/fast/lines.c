/*
 * From a page to its lines: the steps in their order, the boxes to cut out, and the question
 * whether the result can be trusted.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "ocr/fast/lines.h"

#include <assert.h>
#include <leptonica/allheaders.h>
#include <math.h>
#include <stdlib.h>

#include "base/scope.h"
#include "image/binarise.h"
#include "image/decode.h"
#include "image/geometry.h"
#include "ocr/fast/chains.h"
#include "ocr/fast/drafts.h"
#include "ocr/fast/order.h"

/* What is cut out, in x heights from the baseline, and pixels around it: as Tesseract cuts its
 * lines, by which the network was trained (measured). */
static const float above_base = 1.42f, below_base = 0.4f;
enum { PAD = 4 };
/* Marks further away than this do not widen a line's box, in x heights. */
static const float most_above = 2.1f, most_below = 0.75f;

/* A mark set off by more is a speck beside the line, in x heights; dots of a leader are not. */
static const float speck_before = 2, speck_after = 3;

/* A single letter or digit is a line of its own when it is as high as print is, in mm, and neither
 * a bar nor a dash. */
static const float single_least_mm = 1.2f, single_most_mm = 7;
static const float single_slimmest = 0.22f, single_widest = 1.6f, single_least_ink = 0.12f;

/* Judged on generated mail, see docs/ocr.md. A letterhead over handwriting is uneven as a whole,
 * but a third of its letters or more stand in lines of print, of which nearly every letter is even;
 * of worn typescript and of handwriting fewer do. */
static const float safe_coverage = 0.85f, safe_evenness = 0.92f, safe_clean = 0.35f;
static const float clean_line = 0.97f;
enum { LEAST_CLEAN = 6 }; /* letters: of fewer all are even by chance */

/* Printers leave 4 mm free; what lies nearer to the edge of a page is the paper's edge, or what the
 * scanner saw beside it. Less than 120 mm is no page but a zone of one, whose edge is anywhere. */
static const double free_edge_mm = 4, least_page_mm = 120;

/* Form print in a pale ink of 4 to 6 points has a contrast of 0.15 on its thin strokes, where the
 * ordinary threshold tears the letters apart; 0.1 takes paper noise for ink. */
#define BINARISE_LINES                                                                             \
    ((struct binarise_params){.ink_share = 0.45, .least_contrast = 0.12, .solid_share = 0.6})

struct finder {
    struct fast_layout *layout;
    struct ocr_rect zone;
    int32_t page_width, page_height;
    int32_t free_edge; /* pixels */
    struct letters letters;
    struct drafts drafts;
    size_t rulings; /* on the page */
    size_t room;    /* for lines */
};

static void finder_free(struct finder *finder)
{
    letters_free(&finder->letters);
    drafts_free(&finder->drafts);
}

static void set_zone(struct finder *finder, const struct Pix *page, const struct ocr_rect *zone)
{
    struct Pix *asked = (struct Pix *)page; /* Leptonica's getters take no const */

    finder->page_width = pixGetWidth(asked);
    finder->page_height = pixGetHeight(asked);
    finder->zone = zone && zone->width > 0
                       ? *zone
                       : (struct ocr_rect){0, 0, finder->page_width, finder->page_height};
    assert(finder->zone.x >= 0 && finder->zone.y >= 0 && finder->zone.height > 0 &&
           finder->zone.x + finder->zone.width <= finder->page_width &&
           finder->zone.y + finder->zone.height <= finder->page_height);
}

static void set_edge(struct finder *finder, int dpi)
{
    int32_t least = image_pixels(least_page_mm, dpi);

    finder->free_edge = finder->page_width >= least && finder->page_height >= least
                            ? image_pixels(free_edge_mm, dpi)
                            : 0;
}

static int find_blobs(const struct finder *finder, const struct Pix *page, int dpi,
                      struct blobs *ret_blobs, struct err *err)
{
    SCOPED(image_free) struct Pix *cut = NULL;
    SCOPED(image_free) struct Pix *bits = NULL;
    const struct ocr_rect *zone = &finder->zone;
    int rc;

    if (zone->width < finder->page_width || zone->height < finder->page_height) {
        BOX box = {.x = zone->x, .y = zone->y, .w = zone->width, .h = zone->height, .refcount = 1};

        cut = pixClipRectangle((struct Pix *)page, &box, NULL);
        if (!cut)
            return err_set(err, ERR_MEMORY, "no memory for a zone of %d x %d pixels", zone->width,
                           zone->height);
    }
    if (pixGetDepth((struct Pix *)page) == 1)
        return fast_blobs_find(cut ? cut : page, dpi, ret_blobs, err);
    rc = binarise(cut ? cut : page, &BINARISE_LINES, &bits, err);
    return rc < 0 ? rc : fast_blobs_find(bits, dpi, ret_blobs, err);
}

static int draw_anew(struct finder *finder, size_t count, struct err *err)
{
    drafts_free(&finder->drafts);
    return drafts_make(&finder->letters, count, &finder->drafts, err);
}

static int draw_drafts(struct finder *finder, struct err *err)
{
    size_t count = 0;
    int rc = chains_link(&finder->letters, &count, err);

    if (rc == 0)
        rc = draw_anew(finder, count, err);
    if (rc == 0)
        rc = drafts_merge(&finder->drafts, &finder->letters, &count, err);
    if (rc == 0)
        rc = draw_anew(finder, count, err);
    if (rc == 0)
        rc = drafts_absorb(&finder->drafts, &finder->letters, err);
    if (rc < 0)
        return rc;
    drafts_attach(&finder->drafts, &finder->letters);
    drafts_gather(&finder->drafts, &finder->letters);
    return 0;
}

static const struct letter *letter_of(const struct finder *finder, const struct draft *draft,
                                      size_t at)
{
    return &finder->letters.items[finder->drafts.members[draft->first + at]];
}

static bool is_single_letter(const struct finder *finder, const struct draft *draft)
{
    const struct blob *blob = &letter_of(finder, draft, 0)->blob;
    float mm = (float)finder->letters.dpi / 25.4f;
    float width = (float)(blob->x1 - blob->x0), height = (float)(blob->y1 - blob->y0);

    return height >= single_least_mm * mm && height <= single_most_mm * mm &&
           width >= single_slimmest * height && width <= single_widest * height &&
           (float)blob->ink >= single_least_ink * width * height;
}

/* Narrower than the free margin and in it: no word stands there. */
static bool is_in_margin(const struct finder *finder, const struct draft *draft)
{
    float left = (float)finder->zone.x + draft->left, right = (float)finder->zone.x + draft->right;

    return right < (float)finder->free_edge ||
           left > (float)(finder->page_width - finder->free_edge);
}

static void judge_pieces(struct finder *finder)
{
    for (size_t i = 0; i < finder->drafts.count; i++) {
        struct draft *draft = &finder->drafts.items[i];

        if (draft->count == 0 || is_in_margin(finder, draft))
            draft->kept = false;
        else if (draft->plain == 1 && draft->kept)
            draft->kept = is_single_letter(finder, draft);
    }
}

/* Widens a levelled box: left, right, top and bottom, rows as in column 0. */
static void widen_box(const struct draft *draft, const struct letter *letter, float slope,
                      float base, float edges[4])
{
    const struct blob *blob = &letter->blob;
    float down = slope * (float)(blob->x0 + blob->x1) / 2;

    edges[0] = fminf(edges[0], (float)blob->x0);
    edges[1] = fmaxf(edges[1], (float)blob->x1);
    edges[2] = fminf(edges[2], fmaxf((float)blob->y0 - down, base - most_above * draft->x_height));
    edges[3] = fmaxf(edges[3], fminf((float)blob->y1 - down, base + most_below * draft->x_height));
}

static int32_t within(float value, int32_t most)
{
    return value < 0 ? 0 : value > (float)most ? most : (int32_t)value;
}

/* The baseline's row in column 0 of the zone, and its slope. The upright frame lies to the right of
 * the page by the page's slope times the row. */
static float level_base(const struct finder *finder, const struct draft *draft, float *ret_slope)
{
    float slope = finder->letters.slope, across = (draft->left + draft->right) / 2;
    float down = draft_base_at(draft, across);
    float x = (across - slope * down) / (1 + slope * slope);

    *ret_slope = slope + draft->tilt;
    return down + slope * x - *ret_slope * x;
}

static void set_boxes(const struct finder *finder, struct fast_line *line, const float rows[2])
{
    struct ocr_rect *strip = &line->strip, *box = &line->box;
    float middle = (float)strip->x + (float)strip->width / 2 - (float)finder->zone.x;
    float top = (float)finder->zone.y + rows[0] + line->slope * middle;
    int32_t ends[2], bottom;

    strip->y = (int32_t)floorf(top) - PAD;
    strip->height = (int32_t)ceilf(rows[1] - rows[0]) + 2 * PAD;
    ends[0] = fast_line_top(line, strip->x);
    ends[1] = fast_line_top(line, strip->x + strip->width - 1);
    bottom = (ends[0] > ends[1] ? ends[0] : ends[1]) + strip->height;
    box->x = strip->x;
    box->width = strip->width;
    box->y = within((float)(ends[0] < ends[1] ? ends[0] : ends[1]), finder->page_height);
    box->height = within((float)bottom, finder->page_height) - box->y;
    if (ends[0] == ends[1])
        *strip = *box;
}

static struct fast_line cut_line(const struct finder *finder, const struct draft *draft)
{
    float edges[4] = {INFINITY, -INFINITY, INFINITY, -INFINITY};
    struct fast_line line = {.x_height = draft->x_height};
    float base = level_base(finder, draft, &line.slope);
    float down = (float)finder->zone.y + base - line.slope * (float)finder->zone.x;

    for (size_t at = 0; at < draft->count; at++)
        widen_box(draft, letter_of(finder, draft, at), line.slope, base, edges);
    edges[2] = fminf(edges[2], base - above_base * draft->x_height);
    edges[3] = fmaxf(edges[3], base + below_base * draft->x_height);
    line.strip.x = within((float)finder->zone.x + edges[0] - PAD, finder->page_width);
    line.strip.width =
        within((float)finder->zone.x + edges[1] + PAD, finder->page_width) - line.strip.x;
    set_boxes(finder, &line, edges + 2);
    line.baseline_left = down + line.slope * (float)line.box.x;
    line.baseline_right = down + line.slope * (float)(line.box.x + line.box.width);
    return line;
}

static int add_line(struct finder *finder, const struct fast_line *line, struct err *err)
{
    struct fast_layout *layout = finder->layout;

    if (line->box.width <= 0 || line->box.height <= 0)
        return 0;
    if (layout->count == finder->room) {
        size_t room = finder->room ? 2 * finder->room : 64;
        struct fast_line *lines = realloc(layout->lines, room * sizeof *lines);

        if (!lines)
            return err_set(err, ERR_MEMORY, "no memory for %zu lines", room);
        layout->lines = lines;
        finder->room = room;
    }
    layout->lines[layout->count++] = *line;
    return 0;
}

/* With the marks that the line took in: a colon set off by a space belongs to it, a speck in the
 * gutter does not. */
static struct order_item item_of(const struct finder *finder, size_t index)
{
    const struct draft *draft = &finder->drafts.items[index];
    float base = draft_base_at(draft, (draft->left + draft->right) / 2);
    struct order_item item = {.left = draft->left,
                              .right = draft->right,
                              .top = base - draft->x_height,
                              .bottom = base,
                              .size = draft->x_height,
                              .index = index};

    for (size_t at = draft->count; at-- > 0;) {
        const struct letter *letter = letter_of(finder, draft, at);

        if (item.left - letter->right <= speck_before * draft->x_height)
            item.left = fminf(item.left, letter->left);
    }
    for (size_t at = 0; at < draft->count; at++) {
        const struct letter *letter = letter_of(finder, draft, at);

        if (letter->left - item.right <= speck_after * draft->x_height)
            item.right = fmaxf(item.right, letter->right);
    }
    return item;
}

static int put_in_order(struct finder *finder, struct err *err)
{
    SCOPED(scope_free)
    struct order_item *items = calloc(finder->drafts.count + 1, sizeof *items);
    size_t count = 0;
    int rc = 0;

    if (!items)
        return err_set(err, ERR_MEMORY, "no memory for %zu lines", finder->drafts.count);
    for (size_t i = 0; i < finder->drafts.count; i++)
        if (finder->drafts.items[i].kept)
            items[count++] = item_of(finder, i);
    if (count > FAST_LINES_MOST)
        return 0; /* coverage stays what it is: none */
    order_items(items, count);
    for (size_t i = 0; i < count && rc == 0; i++) {
        struct fast_line line = cut_line(finder, &finder->drafts.items[items[i].index]);

        line.block = items[i].block;
        rc = add_line(finder, &line, err);
    }
    return rc;
}

/* Without lines a page is only believed to be empty when there is no other ink either. */
static bool is_bare(const struct finder *finder)
{
    for (size_t i = 0; i < finder->letters.count; i++)
        if (finder->letters.items[i].kind != LETTER_MARK)
            return false;
    return finder->rulings == 0;
}

static bool is_at_edge(const struct finder *finder, const struct blob *blob)
{
    int32_t x = finder->zone.x, y = finder->zone.y, edge = finder->free_edge;

    return x + blob->x0 < edge || y + blob->y0 < edge || x + blob->x1 > finder->page_width - edge ||
           y + blob->y1 > finder->page_height - edge;
}

/* Slim and in no line: a piece of a ruling more likely than an l. */
static bool is_counted(const struct finder *finder, const struct letter *letter)
{
    bool inside = letter->line >= 0 && finder->drafts.items[letter->line].kept;

    return letter->kind == LETTER_PLAIN &&
           (inside || (letter->right - letter->left >= single_slimmest * letter_height(letter) &&
                       !is_at_edge(finder, &letter->blob)));
}

static bool is_clean(const struct draft *draft)
{
    return draft->judged >= LEAST_CLEAN && (float)draft->even >= clean_line * (float)draft->judged;
}

static void judge_coverage(const struct finder *finder)
{
    size_t inside = 0, counted = 0;
    struct fast_layout *layout = finder->layout;

    for (size_t i = 0; i < finder->letters.count; i++) {
        const struct letter *letter = &finder->letters.items[i];

        if (!is_counted(finder, letter))
            continue;
        counted++;
        inside += letter->line >= 0 && finder->drafts.items[letter->line].kept;
    }
    layout->coverage = finder->letters.plain == 0 ? 1 : 0;
    if (layout->count > 0)
        layout->coverage = (float)inside / (float)counted;
}

static void judge_evenness(const struct finder *finder)
{
    size_t judged = 0, even = 0, clean = 0;
    struct fast_layout *layout = finder->layout;

    for (size_t i = 0; i < finder->drafts.count; i++) {
        const struct draft *draft = &finder->drafts.items[i];

        if (!draft->kept)
            continue;
        judged += draft->judged;
        even += draft->even;
        clean += is_clean(draft) ? draft->judged : 0;
    }
    layout->evenness = judged > 0 ? (float)even / (float)judged : 0;
    layout->cleanness = judged > 0 ? (float)clean / (float)judged : 0;
}

static void judge(const struct finder *finder)
{
    struct fast_layout *layout = finder->layout;

    judge_coverage(finder);
    judge_evenness(finder);
    layout->safe = layout->count == 0
                       ? is_bare(finder)
                       : layout->coverage >= safe_coverage &&
                             (layout->evenness >= safe_evenness || layout->cleanness >= safe_clean);
}

static int look(struct finder *finder, const struct Pix *page, int dpi, struct err *err)
{
    SCOPED(fast_blobs_free) struct blobs blobs = {0};
    int rc = find_blobs(finder, page, dpi, &blobs, err);

    if (rc < 0 || blobs.crowded)
        return rc;
    finder->rulings = blobs.rulings;
    rc = letters_make(&blobs, dpi, &finder->letters, err);
    if (rc == 0)
        rc = draw_drafts(finder, err);
    if (rc == 0) {
        judge_pieces(finder);
        rc = put_in_order(finder, err);
    }
    if (rc == 0)
        judge(finder);
    return rc;
}

int fast_layout_find(const struct Pix *page, int dpi, const struct ocr_rect *zone,
                     struct fast_layout *ret_layout, struct err *err)
{
    SCOPED(fast_layout_free) struct fast_layout layout = {0};
    SCOPED(finder_free) struct finder finder = {.layout = &layout};
    int rc;

    assert(dpi > 0);
    *ret_layout = (struct fast_layout){0};
    set_zone(&finder, page, zone);
    set_edge(&finder, dpi);
    rc = look(&finder, page, dpi, err);
    if (rc < 0)
        return rc;
    *ret_layout = layout;
    layout = (struct fast_layout){0};
    return 0;
}

void fast_layout_free(struct fast_layout *layout)
{
    if (!layout)
        return;
    free(layout->lines);
    *layout = (struct fast_layout){0};
}
