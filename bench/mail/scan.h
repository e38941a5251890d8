/*
 * What paper and scanner do to a page: how it lies, dirt, punch holes, folds, light, noise, blur,
 * and the depth and resolution it is kept in. Everything is drawn by chance from a seed.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "base/err.h"
#include "bench/mail/defect.h"
#include "bench/mail/page.h"

struct Pix;

enum scan_mode { SCAN_BILEVEL, SCAN_GREY, SCAN_COLOUR, SCAN_MODES };

/* "bw", "gray", "color", as in labels.tsv. */
const char *scan_mode_name(enum scan_mode mode);

/* Shares and ranges from which looks are drawn. */
struct scan_habits {
    double turned;   /* share of sheets that lie turned by 90, 180 or 270 degrees */
    double crooked;  /* share with a skew up to 8 degrees; the rest stay within 2 */
    double punched;  /* share with punch holes */
    double bordered; /* share whose image shows more than the paper */
    double worn;     /* share with strong noise, blur, stains, folds or extreme thresholds */
    double damaged;  /* share with one defect (defect.h) */
    double dropout;  /* share of bilevel and grey sheets scanned without the red-orange inks */
    int dpi, mode;   /* the same for all sheets; 0, -1: by chance */
};
#define SCAN_HABITS_DEFAULT                                                                        \
    ((struct scan_habits){.turned = 0.12,                                                          \
                          .crooked = 0.04,                                                         \
                          .punched = 0.12,                                                         \
                          .bordered = 0.2,                                                         \
                          .worn = 0.12,                                                            \
                          .damaged = 0.04,                                                         \
                          .dropout = 0,                                                            \
                          .mode = -1})

struct scan_look {
    enum scan_mode mode;
    int dpi;
    struct placement placement;
    uint64_t seed;       /* of dirt and noise */
    double noise;        /* standard deviation, grey levels */
    double light;        /* brightness lost from one corner to the other, 0..1 */
    double black, white; /* grey levels that ink and paper come out at */
    double threshold;    /* bilevel: what is drawn darker is black */
    int blur;            /* passes of a 1-2-1 filter */
    int specks, folds, holes;
    bool dropout;
    enum scan_defect defect;
};

/* One look per sheet; `back` is the same sheet's other side: same mode, resolution and holes. */
struct scan_look scan_look_draw(struct chance *chance, const struct scan_habits *habits);
struct scan_look scan_look_back(const struct scan_look *front, struct chance *chance);

/* Draws the page (completing its label) and scans it. The caller frees with image_free. */
int scan_page(struct page *page, const struct scan_look *look, struct Pix **ret_image,
              struct err *err);
