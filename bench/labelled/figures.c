/*
 * Figures over labelled pages: see figures.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "bench/labelled/figures.h"

#include <math.h>
#include <string.h>

static const double thresholds[CURVE_POINTS] = {0,    0.5,  0.7,  0.8,  0.9,
                                                0.93, 0.95, 0.97, 0.99, 0.995};
static const double bins[RELIABILITY_BINS + 1] = {0, 0.5, 0.7, 0.8, 0.9, 0.95, 0.98, 0.995, 1.01};

static void count_fields(const struct labelled_page *page, struct figures *figures)
{
    const struct verdict *verdict = &page->verdict;
    if (*page->rotation && verdict->accepted && page->truth != TAG_BLANK) {
        figures->turns++;
        figures->turns_wrong += labelled_page_is_turned(page);
    }
    enum field_fate nir = labelled_page_nir(page), micr = labelled_page_micr(page);
    figures->nirs += nir != FATE_NO_LABEL;
    figures->nirs_read += nir == FATE_PROVEN;
    figures->nirs_wrong += nir == FATE_WRONG;
    figures->micrs += micr != FATE_NO_LABEL;
    figures->micrs_proven += micr == FATE_PROVEN;
    figures->micrs_read += micr == FATE_READ;
    figures->micrs_wrong += micr == FATE_WRONG;
}

static void count_page(const struct labelled_page *page, struct figures *figures)
{
    const struct verdict *verdict = &page->verdict;
    figures->refused += page->refused;
    if (page->refused)
        return;
    figures->total++;
    figures->pages[page->truth][verdict->accepted ? verdict->tag : TAG_NONE]++;
    figures->forced[page->truth][verdict->tag]++;
    figures->accepted += verdict->accepted;
    figures->wrong += verdict->accepted && labelled_page_is_wrong(page);
    for (int i = 0; i < STAGE_COUNT; i++)
        figures->ms[i] += verdict->ms[i];
    count_fields(page, figures);
}

void figures_count(const struct labelled_pages *pages, const char *group, struct figures *ret)
{
    *ret = (struct figures){0};
    for (size_t i = 0; i < pages->count; i++)
        if (!group || strcmp(pages->at[i].group, group) == 0)
            count_page(&pages->at[i], ret);
}

/* Confident enough, and not held back for another reason than its confidence. */
static bool passes(const struct verdict *verdict, double threshold)
{
    bool held_back = !verdict->accepted && verdict->reason_count > 0 &&
                     (strstr(verdict->reasons[verdict->reason_count - 1], "which way up") ||
                      strstr(verdict->reasons[verdict->reason_count - 1], "for a person") ||
                      strstr(verdict->reasons[verdict->reason_count - 1], "deadline"));
    return !held_back && verdict->confidence >= threshold;
}

void figures_curve(const struct labelled_pages *pages, struct curve_point ret[CURVE_POINTS])
{
    for (int k = 0; k < CURVE_POINTS; k++) {
        ret[k] = (struct curve_point){.threshold = thresholds[k]};
        for (size_t i = 0; i < pages->count; i++) {
            const struct labelled_page *page = &pages->at[i];
            if (page->refused)
                continue;
            bool pass = passes(&page->verdict, thresholds[k]);
            ret[k].to_code += !pass;
            ret[k].wrong += pass && labelled_page_is_wrong(page);
        }
    }
}

void figures_reliability(const struct labelled_pages *pages,
                         struct reliability_bin ret[RELIABILITY_BINS])
{
    for (int k = 0; k < RELIABILITY_BINS; k++) {
        ret[k] = (struct reliability_bin){.from = bins[k], .to = bins[k + 1]};
        for (size_t i = 0; i < pages->count; i++) {
            const struct labelled_page *page = &pages->at[i];
            double said = page->verdict.confidence;
            if (page->refused || !tag_is_written(page->verdict.tag) || said < bins[k] ||
                said >= bins[k + 1])
                continue;
            ret[k].pages++;
            ret[k].right += !labelled_page_is_wrong(page);
            ret[k].said += said;
        }
        if (ret[k].pages > 0)
            ret[k].said /= ret[k].pages;
    }
}

int figures_groups(const struct labelled_pages *pages, const char *ret_names[GROUPS_MAX])
{
    int count = 0;
    for (size_t i = 0; i < pages->count; i++) {
        const char *name = pages->at[i].group;
        int k = 0;
        while (k < count && strcmp(ret_names[k], name) != 0)
            k++;
        if (k == count && count < GROUPS_MAX)
            ret_names[count++] = name;
    }
    return count;
}

/* Pages said to be `tag` with at least `threshold`, and how many of them are not. */
static void count_said(const struct labelled_pages *pages, enum tag tag, double threshold,
                       int ret_said_wrong[2])
{
    ret_said_wrong[0] = ret_said_wrong[1] = 0;
    for (size_t i = 0; i < pages->count; i++) {
        const struct labelled_page *page = &pages->at[i];
        if (page->refused || page->verdict.tag != tag || page->verdict.confidence < threshold)
            continue;
        ret_said_wrong[0]++;
        ret_said_wrong[1] += labelled_page_is_wrong(page);
    }
}

/* The highest confidence below `limit` of a page wrongly said to be `tag`; -1 when there is none.
 */
static double next_wrong(const struct labelled_pages *pages, enum tag tag, double limit)
{
    double best = -1;
    for (size_t i = 0; i < pages->count; i++) {
        const struct labelled_page *page = &pages->at[i];
        double said = page->verdict.confidence;
        if (!page->refused && page->verdict.tag == tag && labelled_page_is_wrong(page) &&
            said < limit && said > best)
            best = said;
    }
    return best;
}

double figures_threshold(const struct labelled_pages *pages, enum tag tag, double ceiling,
                         int *ret_pages)
{
    const double above = 0.0001; /* confidences are rounded to this */
    double threshold = 1 + above;
    int said[2];
    count_said(pages, tag, 0, said);
    *ret_pages = said[0];
    for (double cut = next_wrong(pages, tag, 2); cut >= 0; cut = next_wrong(pages, tag, cut)) {
        count_said(pages, tag, cut + above / 2, said);
        if (said[1] <= ceiling * said[0] && said[0] > 0)
            threshold = cut + above;
    }
    count_said(pages, tag, 0, said);
    if (said[1] <= ceiling * said[0])
        return 0;
    return fmin(threshold, 1);
}

void figures_interval(int hits, int of, double ret_percent[2])
{
    double z = 1.96, n = of > 0 ? of : 1, p = hits / n, d = 1 + z * z / n;
    double middle = (p + z * z / (2 * n)) / d;
    double half = z * sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / d;
    ret_percent[0] = 100 * fmax(0, middle - half);
    ret_percent[1] = 100 * fmin(1, middle + half);
}
