/*
 * Rows of marks a comb's pitch apart: see comb_rows.h. A line of writing or print has marks
 * between, whatever its size: its letters are higher than they are apart.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "classify/comb_rows.h"

#include <assert.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

static const float pitch_least_mm = 4.2f, pitch_most_mm = 5.6f;
static const float fragment_mm = 1; /* nearer marks are pieces of one character */
static const float row_mm = 1.6f; /* middles of one row differ by no more: digits dance in combs */
static const float height_least_mm = 1.2f, height_most_mm = 4.6f; /* less than the pitch */

enum { NO_MARK = -1 };

static int by_x(const void *a, const void *b)
{
    float d = ((const struct comb_mark *)a)->x - ((const struct comb_mark *)b)->x;
    return d < 0 ? -1 : d > 0;
}

static bool may_stand_in_comb(const struct comb_mark *mark)
{
    return mark->height >= height_least_mm && mark->height <= height_most_mm;
}

/* The neighbour on the right, when it is one pitch away and nothing stands between. */
static int next_in_row(const struct comb_mark *marks, size_t count, size_t at)
{
    for (size_t i = at + 1; i < count; i++) {
        float apart = marks[i].x - marks[at].x;
        if (apart > pitch_most_mm)
            return NO_MARK;
        if (apart < fragment_mm || fabsf(marks[i].y - marks[at].y) > row_mm)
            continue;
        return apart >= pitch_least_mm && may_stand_in_comb(&marks[i]) ? (int)i : NO_MARK;
    }
    return NO_MARK;
}

int comb_rows_count(struct comb_mark *marks, size_t count)
{
    bool used[COMB_MARKS_MAX] = {0};
    int rows = 0;
    assert(count <= COMB_MARKS_MAX);
    qsort(marks, count, sizeof *marks, by_x);
    for (size_t i = 0; i < count; i++) {
        int length = 0;
        bool again = false; /* a piece of a character whose row was counted by another piece */
        if (used[i] || !may_stand_in_comb(&marks[i]))
            continue;
        for (int at = (int)i; at != NO_MARK; at = next_in_row(marks, count, (size_t)at)) {
            again = again || used[at];
            used[at] = true;
            length++;
        }
        rows += length >= COMB_ROW_LEAST && !again;
    }
    return rows;
}
