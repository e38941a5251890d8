/*
 * What labelled pages add up to: confusion, rates, curves over the threshold, reliability.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "bench/labelled/pages.h"

enum { CURVE_POINTS = 10, RELIABILITY_BINS = 8, GROUPS_MAX = 64 };

/* Of the pages that have a verdict. */
struct figures {
    int pages[TAG_COUNT][TAG_COUNT];  /* [truth][accepted verdict], TAG_NONE: to a person */
    int forced[TAG_COUNT][TAG_COUNT]; /* the same without a threshold */
    int total, accepted, wrong, refused;
    int turns, turns_wrong; /* accepted pages with a rotation label */
    int nirs, nirs_read, nirs_wrong;
    int micrs, micrs_proven, micrs_read, micrs_wrong; /* read: without the printed key */
    double ms[STAGE_COUNT];                           /* sums */
};

/* One threshold for all tags in place of the configured ones. A page that is held back for another
 * reason (which way up, deadline) stays held back. */
struct curve_point {
    double threshold;
    int wrong, to_code; /* of all pages with a verdict */
};

/* Pages whose confidence lies in [from, to): the mean of what was said, and how often it was so.
 * Blank sides and separators are left out: they are decided by marks, not counted votes. */
struct reliability_bin {
    double from, to, said;
    int pages, right;
};

/* Of the pages of one group; NULL: of all. */
void figures_count(const struct labelled_pages *pages, const char *group, struct figures *ret);
void figures_curve(const struct labelled_pages *pages, struct curve_point ret[CURVE_POINTS]);
void figures_reliability(const struct labelled_pages *pages,
                         struct reliability_bin ret[RELIABILITY_BINS]);

/* The names of the groups in order of first appearance, at most GROUPS_MAX; their number. */
int figures_groups(const struct labelled_pages *pages, const char *ret_names[GROUPS_MAX]);

/* The least threshold at which pages taken for `tag` are wrong in at most `ceiling` (0 to 1) of
 * cases, each cut lying between two pages; 0 when all may be accepted, 1 when none. `ret_pages`:
 * how many it rests on. */
double figures_threshold(const struct labelled_pages *pages, enum tag tag, double ceiling,
                         int *ret_pages);

/* 95 % interval of a share (Wilson), percent. */
void figures_interval(int hits, int of, double ret_percent[2]);
