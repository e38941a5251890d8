/*
 * Forecasts: see forecast.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "workers/forecast.h"

void pace_note(struct pace *pace, uint32_t ms, uint32_t pages)
{
    const size_t at = pace->next % PACE_NOTES;
    pace->ms += ms - (uint64_t)pace->notes[at].ms;
    pace->pages += pages - (uint64_t)pace->notes[at].pages;
    pace->notes[at].ms = ms;
    pace->notes[at].pages = pages;
    pace->next = at + 1;
}

double pace_of(const struct pace *pace)
{
    return pace->ms < PACE_LEAST_MS ? 0 : 1000 * (double)pace->pages / (double)pace->ms;
}

static double pages_each(const struct forecast *row)
{
    return (double)row->unread / row->weight;
}

/* Until a row is done every other has had as many pages for each unit of its weight, or all of its
 * own: so much work lies before its end. */
void forecast_reckon(struct forecast *rows, size_t count, double pages_per_s)
{
    for (size_t i = 0; i < count; i++) {
        double level = pages_each(&rows[i]), before = 0;
        for (size_t k = 0; k < count; k++) {
            double least = pages_each(&rows[k]) < level ? pages_each(&rows[k]) : level;
            before += least * rows[k].weight;
        }
        rows[i].in_ms = rows[i].unread == 0 ? 0
                        : pages_per_s > 0   ? (int64_t)(1000 * before / pages_per_s)
                                            : -1;
    }
}
