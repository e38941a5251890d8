/*
 * From a seed to all characters of a magnetic line: follow them to both ends, set the line straight
 * by what was found (direction, pitch, height, lean), follow them again.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <leptonica/allheaders.h>
#include <math.h>
#include <stdlib.h>

#include "base/scope.h"
#include "classify/micr_line.h"

enum {
    REACH_PITCHES = MICR_PLACES_MAX / 2,
    BLANKS_MAX = 2, /* consecutive places without a character end the line */
    OFF = 5,        /* strip pixels a character may stand from where it is expected */
    ROWS_OFF = 3,
    PASSES_MAX = 4 /* two, one more each time that the line turned much */
};

#define SEEN_LIKENESS 0.38 /* below, there is no character of the set */
#define SLOPE_LARGE 0.004  /* rows a column: 3 rows over half a French line */
#define PITCH_FOLLOW 0.3   /* share of an offset that moves the expectation of the next place */
#define SCORE_MIN 0.45     /* characters that are good enough to straighten by */

/* How far one may go from a point before the page ends, page pixels. */
static double room(const struct Pix *page, double x, double y, double ux, double uy)
{
    struct Pix *pix = (struct Pix *)(uintptr_t)page;
    double along_x = ux > 1e-9 ? (pixGetWidth(pix) - x) / ux : ux < -1e-9 ? -x / ux : INFINITY;
    double along_y = uy > 1e-9 ? (pixGetHeight(pix) - y) / uy : uy < -1e-9 ? -y / uy : INFINITY;
    double least = along_x < along_y ? along_x : along_y;
    return least > 0 ? least : 0;
}

/* A frame round the seed that reaches to the page's edges or REACH_PITCHES. */
static struct strip_frame frame_of(const struct Pix *page, const struct micr_band *band,
                                   int *ret_columns, double *ret_middle)
{
    double scale = band->dpi * CMC7_PITCH_MM / 25.4 / STRIP_PITCH;
    double x = band->x + band->ux * band->length / 2, y = band->y + band->uy * band->length / 2;
    double reach = REACH_PITCHES * STRIP_PITCH * scale;
    double left = room(page, x, y, -band->ux, -band->uy),
           right = room(page, x, y, band->ux, band->uy);
    left = left < reach ? left : reach;
    right = right < reach ? right : reach;
    *ret_columns = (int)((left + right) / scale);
    *ret_middle = left / scale;
    return (struct strip_frame){.x = x - band->ux * left,
                                .y = y - band->uy * left,
                                .ux = band->ux,
                                .uy = band->uy,
                                .along = scale,
                                .across = scale};
}

/* Follows characters from a place in one direction until blanks end the line. Matches are appended
 * outwards. */
static void follow(const struct line_view *view, const struct micr_templates *templates,
                   struct micr_place place, int step, struct micr_sequence *sequence)
{
    int blanks = 0;
    while (blanks <= BLANKS_MAX && sequence->count < MICR_PLACES_MAX) {
        struct micr_match match;
        micr_match_at(&view->strip, &view->smeared, templates, &place, &match);
        if (match.fine < 0)
            break;
        if (match.fine_score < SEEN_LIKENESS) {
            match.fine = -1;
            blanks++;
        } else {
            blanks = 0;
            place.column += PITCH_FOLLOW * (match.column - place.column);
            place.row += PITCH_FOLLOW * (match.row - place.row);
        }
        sequence->at[sequence->count++] = match;
        place.column += step;
    }
    while (sequence->count > 0 && sequence->at[sequence->count - 1].fine < 0)
        sequence->count--;
}

/* All characters of the view from left to right; blanks between them have glyph -1. */
static void follow_both(const struct line_view *view, const struct micr_templates *templates,
                        double middle, struct micr_sequence *ret_sequence)
{
    struct micr_sequence left = {0}, right = {0};
    double column = view->phase + STRIP_PITCH * round((middle - view->phase) / STRIP_PITCH);
    struct micr_place place = {column, view->row, OFF, ROWS_OFF};
    follow(view, templates, place, STRIP_PITCH, &right);
    if (right.count > 0 && right.at[0].fine >= 0) {
        place.column = right.at[0].column;
        place.row = right.at[0].row;
    }
    place.column -= STRIP_PITCH;
    follow(view, templates, place, -STRIP_PITCH, &left);
    ret_sequence->count = 0;
    for (int i = left.count - 1; i >= 0; i--)
        ret_sequence->at[ret_sequence->count++] = left.at[i];
    for (int i = 0; i < right.count && ret_sequence->count < MICR_PLACES_MAX; i++)
        ret_sequence->at[ret_sequence->count++] = right.at[i];
}

/* Least squares of y over x with weights; slope and value at x = 0. */
struct fit {
    double n, x, y, xx, xy;
};

static void fit_add(struct fit *fit, double x, double y)
{
    fit->n++;
    fit->x += x;
    fit->y += y;
    fit->xx += x * x;
    fit->xy += x * y;
}

static double fit_slope(const struct fit *fit)
{
    double spread = fit->n * fit->xx - fit->x * fit->x;
    return spread > 0 ? (fit->n * fit->xy - fit->x * fit->y) / spread : 0;
}

/* Sharpness of the column sums when the print leans by `lean`: sum of squared differences. */
static double sharpness(const struct line_view *view, double from, double to, double lean)
{
    const struct strip *strip = &view->strip;
    double before = 0, sharp = 0;
    int top = (int)view->row - 16;
    for (int column = (int)from; column < (int)to; column++) {
        double sum = 0;
        for (int row = top; row < top + 32; row++) {
            double at = column + lean * (row - view->row);
            int left = (int)floor(at);
            if (left < 0 || left + 1 >= strip->columns || row < 0 || row >= STRIP_ROWS)
                continue;
            const float *dark = strip->dark + (size_t)strip->columns * (size_t)row + left;
            sum += dark[0] + (at - left) * (dark[1] - dark[0]);
        }
        sharp += column > (int)from ? (sum - before) * (sum - before) : 0;
        before = sum;
    }
    return sharp;
}

static double find_lean(const struct line_view *view, double from, double to)
{
    double best = -1, found = 0;
    for (int step = -6; step <= 6; step++) {
        double sharp = sharpness(view, from, to, step * 0.025);
        if (sharp > best) {
            best = sharp;
            found = step * 0.025;
        }
    }
    return found;
}

/* Corrects the frame by where the characters of a pass stand; true when that moves the far ones by
 * more than they are looked for. */
static bool straighten(const struct line_view *view, const struct micr_sequence *sequence,
                       struct strip_frame *frame)
{
    struct fit rows = {0}, columns = {0};
    for (int i = 0; i < sequence->count; i++) {
        const struct micr_match *match = &sequence->at[i];
        if (match->fine < 0 || match->fine_score < SCORE_MIN)
            continue;
        fit_add(&rows, match->column, match->row);
        fit_add(&columns, i, match->column);
    }
    if (rows.n < 6)
        return false;
    double slope = fit_slope(&rows), row = rows.y / rows.n - slope * rows.x / rows.n;
    double from = sequence->at[0].column, to = sequence->at[sequence->count - 1].column;
    double lean = find_lean(view, from, to);
    double x, y;
    strip_to_page(frame, 0, row, &x, &y);
    double turn = atan(slope), ux = frame->ux, uy = frame->uy;
    frame->x = x;
    frame->y = y;
    frame->ux = ux * cos(turn) - uy * sin(turn);
    frame->uy = uy * cos(turn) + ux * sin(turn);
    frame->along *= fit_slope(&columns) / STRIP_PITCH;
    frame->across = frame->along;
    frame->lean += lean;
    return fabs(slope) > SLOPE_LARGE;
}

/* The height of the print relative to its pitch: paper and drum stretch one way only. */
static double find_height(const struct line_view *view, double pixel,
                          const struct micr_sequence *seen, struct micr_templates *templates)
{
    double best = -1, found = 1, ratio = seen->frame.along / view->strip.frame.along;
    for (int step = -2; step <= 2; step++) {
        double tall = 1 + 0.05 * step, sum = 0;
        micr_templates_draw(templates, pixel, tall);
        for (int i = 0; i < seen->count; i += 4) {
            if (seen->at[i].fine < 0)
                continue;
            struct micr_place place = {seen->at[i].column * ratio, view->row, 3, 2};
            struct micr_match match;
            micr_match_at(&view->strip, &view->smeared, templates, &place, &match);
            sum += match.fine_score;
        }
        if (sum > best) {
            best = sum;
            found = tall;
        }
    }
    micr_templates_draw(templates, pixel, found);
    return found;
}

int micr_follow(const struct Pix *page, const struct micr_band *band,
                struct micr_sequence *ret_sequence, struct err *err)
{
    int columns;
    double middle;
    struct strip_frame frame = frame_of(page, band, &columns, &middle);
    SCOPED(scope_free) struct micr_templates *templates = malloc(sizeof *templates);
    if (!templates)
        return err_set(err, ERR_MEMORY, "micr: no memory for templates");
    double to_middle = middle * frame.along, seed = band->length / 2;
    for (int pass = 0, last = 1; pass <= last; pass++) {
        double pixel = 1 / frame.along;
        SCOPED(line_view_clear) struct line_view view = {0};
        int rc = line_view_take(page, &frame, columns, &view, err);
        if (rc < 0)
            return rc;
        middle = to_middle / frame.along;
        line_view_place(&view, (int)(middle - seed / frame.along),
                        (int)(middle + seed / frame.along));
        if (pass == 0)
            micr_templates_draw(templates, pixel, 1);
        else
            find_height(&view, pixel, ret_sequence, templates);
        follow_both(&view, templates, middle, ret_sequence);
        ret_sequence->frame = frame;
        if (pass == last || ret_sequence->count == 0)
            break;
        if (straighten(&view, ret_sequence, &frame) && last < PASSES_MAX - 1)
            last++;
    }
    return 0;
}
