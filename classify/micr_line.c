/*
 * A close look at a part of a line: see micr_line.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "classify/micr_line.h"

#include <math.h>
#include <string.h>

enum {
    PRINT_ROWS = 36,  /* height of the digits in strip pixels */
    GAP_COLUMNS = 10, /* white between characters: 0.825 mm */
    FIRST_LOOKS = 2,  /* after so many and one more a hopeless line is given up */
    LOOK_OFF = 4      /* how far a character may stand from where it is expected */
};

#define LIKENESS_HOPELESS 0.42

void line_view_clear(struct line_view *view)
{
    strip_clear(&view->strip);
    strip_clear(&view->smeared);
}

/* Middle of the PRINT_ROWS rows that hold the most darkness; paper is what the lightest row has. */
static double find_row(const struct strip *strip, int from, int to)
{
    double sums[STRIP_ROWS], best = -1;
    for (int row = 0; row < STRIP_ROWS; row++) {
        sums[row] = 0;
        for (int column = from; column < to; column++)
            sums[row] += strip->dark[(size_t)strip->columns * (size_t)row + (size_t)column];
    }
    int found = 0;
    for (int top = 0; top + PRINT_ROWS <= STRIP_ROWS; top++) {
        double sum = 0;
        for (int row = top; row < top + PRINT_ROWS; row++)
            sum += sums[row];
        if (sum > best) {
            best = sum;
            found = top;
        }
    }
    return found + PRINT_ROWS / 2.0;
}

/* Middle of the characters: half a pitch from the lightest columns, all pitches laid together. */
static double find_phase(const struct strip *strip, double middle, int from, int to)
{
    double fold[STRIP_PITCH] = {0}, best = INFINITY;
    int top = (int)middle - PRINT_ROWS / 2 + 2, found = 0;
    int whole = from + (to - from) / STRIP_PITCH * STRIP_PITCH;
    for (int row = top; row < top + PRINT_ROWS - 4; row++)
        for (int column = from; column < whole; column++)
            fold[column % STRIP_PITCH] +=
                strip->dark[(size_t)strip->columns * (size_t)row + (size_t)column];
    for (int first = 0; first < STRIP_PITCH; first++) {
        double sum = 0;
        for (int i = 0; i < GAP_COLUMNS; i++)
            sum += fold[(first + i) % STRIP_PITCH];
        if (sum < best) {
            best = sum;
            found = first;
        }
    }
    return fmod(found + GAP_COLUMNS / 2.0 + STRIP_PITCH / 2.0, STRIP_PITCH);
}

int line_view_take(const struct Pix *page, const struct strip_frame *frame, int columns,
                   struct line_view *ret_view, struct err *err)
{
    *ret_view = (struct line_view){0};
    int rc = strip_take(page, frame, columns, &ret_view->strip, err);
    if (rc == 0)
        rc = micr_smear(&ret_view->strip, &ret_view->smeared, err);
    if (rc < 0) {
        line_view_clear(ret_view);
        return rc;
    }
    return 0;
}

void line_view_place(struct line_view *view, int from, int to)
{
    from = from < 0 ? 0 : from;
    to = to > view->strip.columns ? view->strip.columns : to;
    view->row = find_row(&view->strip, from, to);
    view->phase = find_phase(&view->strip, view->row, from, to);
}

double line_likeness(const struct line_view *view, const struct micr_templates *templates,
                     int looks)
{
    int count = view->strip.columns / STRIP_PITCH;
    int first = count > looks ? (count - looks) / 2 : 0, seen = 0;
    double sum = 0;
    struct micr_place place = {view->phase + first * STRIP_PITCH, view->row, LOOK_OFF, LOOK_OFF};
    for (int i = first; i < count && seen < looks; i++) {
        struct micr_match match;
        micr_match_at(&view->strip, &view->smeared, templates, &place, &match);
        sum += match.fine >= 0 ? match.fine_score : 0;
        if (seen == FIRST_LOOKS && sum < LIKENESS_HOPELESS * (seen + 1))
            break;
        if (match.fine_score > LIKENESS_HOPELESS) {
            place.column = match.column;
            place.row = match.row;
        }
        place.column += STRIP_PITCH;
        seen++;
    }
    return seen == looks || seen > FIRST_LOOKS ? sum / seen : 0;
}
