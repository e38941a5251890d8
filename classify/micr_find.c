/*
 * Where on a page is a magnetic line? Dark runs of the glance join into blobs; long thin ones are
 * lines of print. A magnetic line repeats white gaps at 1.1 times its height, print does not; the
 * few lines that do are looked at closely, and only there at full resolution.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <leptonica/allheaders.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/scope.h"
#include "classify/blobs.h"
#include "classify/glance.h"
#include "classify/micr.h"
#include "classify/micr_line.h"

enum {
    LINES_MAX = 64, /* longest lines of print looked at, each way */
    CLOSE_LOOKS_MAX =
        4, /* lines that repeat like a magnetic one: on ordinary pages there is none */
    PROFILE_MAX = 4096,
    BINS = 12,           /* of a pitch, when pitches are laid together */
    LOOKS = 8,           /* characters matched to decide whether a line is CMC-7 */
    LOOK_CHARACTERS = 12 /* of the line that a close look takes in */
};

#define SKEW_MAX (17 * M_PI / 180) /* 15 degrees are promised */
#define LENGTH_MIN_HEIGHTS 6.0     /* a group of seven characters is 7.5 heights long */
#define HEIGHT_MIN_PX 4.0
#define HEIGHT_MAX_PX 34.0
/* Character pitch over the thickness of the line's blob: nominal 1.11; cuts and specks change the
 * moments. */
#define PITCH_MIN_HEIGHTS 0.85
#define PITCH_MAX_HEIGHTS 1.6
#define PITCH_STEP 1.01 /* drifts by a tenth of a pitch over ten characters */
#define FOLD_MAX 0.45   /* darkness of the gap over the mean: CMC-7 below 0.3, print above 0.6 */
#define LIKENESS_MIN 0.5

/* A line of print in page pixels. */
struct candidate {
    double x, y;   /* its middle */
    double ux, uy; /* along it, one of the two ways */
    double length, pitch;
    double fold; /* how dark the gaps are, 0..1 */
};

static int sum_profile(const struct glance *glance, const struct blob *blob,
                       double ret_profile[PROFILE_MAX])
{
    double ux = cos(blob->angle), uy = sin(blob->angle);
    int count = (int)blob->length < PROFILE_MAX ? (int)blob->length : PROFILE_MAX;
    int reach = (int)(blob->thickness * 0.5);
    for (int i = 0; i < count; i++) {
        ret_profile[i] = 0;
        for (int j = -reach; j <= reach; j++) {
            int x = (int)lround(blob->x + ux * (i - count / 2.0) - uy * j);
            int y = (int)lround(blob->y + uy * (i - count / 2.0) + ux * j);
            if (x >= 0 && y >= 0 && x < glance->width && y < glance->height)
                ret_profile[i] += glance->dark[(size_t)glance->width * (size_t)y + (size_t)x];
        }
    }
    return count;
}

/* Lays the pitches of a profile over each other: the lightest bin over the mean. */
static double fold(const double *profile, int count, double pitch)
{
    double sums[BINS] = {0}, total = 0, lightest = INFINITY;
    int counts[BINS] = {0};
    double bins_per_pixel = BINS / pitch;
    for (int i = 0; i < count; i++) {
        int bin = (int)(i * bins_per_pixel) % BINS;
        sums[bin] += profile[i];
        counts[bin]++;
        total += profile[i];
    }
    if (total <= 0)
        return 1;
    for (int bin = 0; bin < BINS; bin++)
        if (counts[bin] > 0 && sums[bin] / counts[bin] < lightest)
            lightest = sums[bin] / counts[bin];
    return lightest * count / total;
}

/* The pitch at which the gaps are lightest. */
static double find_pitch(const struct glance *glance, const struct blob *blob, double *ret_fold)
{
    double profile[PROFILE_MAX], best = 1, found = blob->thickness;
    int count = sum_profile(glance, blob, profile);
    double to = blob->thickness * PITCH_MAX_HEIGHTS;
    for (double pitch = blob->thickness * PITCH_MIN_HEIGHTS; pitch < to; pitch *= PITCH_STEP) {
        double folded = fold(profile, count, pitch);
        if (folded < best) {
            best = folded;
            found = pitch;
        }
    }
    *ret_fold = best;
    return found;
}

/* Keeps the candidates of the darkest contrast, best first. */
static void keep(struct candidate *candidates, int *count, const struct candidate *candidate)
{
    int at = *count;
    while (at > 0 && candidates[at - 1].fold > candidate->fold)
        at--;
    if (at >= CLOSE_LOOKS_MAX)
        return;
    *count = *count < CLOSE_LOOKS_MAX ? *count + 1 : CLOSE_LOOKS_MAX;
    for (int i = *count - 1; i > at; i--)
        candidates[i] = candidates[i - 1];
    candidates[at] = *candidate;
}

static int find_candidates(const struct glance *glance, bool transposed,
                           struct candidate *candidates, int *count, struct err *err)
{
    static const struct blob_params params = {
        .mend = 2, .run_min = 4, .join = 5, .blob_max = LINES_MAX};
    static const struct blob_limits limits = {.length_min = LENGTH_MIN_HEIGHTS * HEIGHT_MIN_PX,
                                              .thickness_min = HEIGHT_MIN_PX,
                                              .thickness_max = HEIGHT_MAX_PX,
                                              .angle_max = SKEW_MAX};
    struct blob blobs[LINES_MAX];
    int found = blobs_find(glance, &params, &limits, blobs, err);
    for (int i = 0; i < found; i++) {
        const struct blob *blob = &blobs[i];
        if (blob->length < LENGTH_MIN_HEIGHTS * blob->thickness)
            continue;
        double factor = glance->factor, half = (factor - 1) / 2.0, folded;
        double pitch = find_pitch(glance, blob, &folded);
        if (folded > FOLD_MAX)
            continue;
        double x = blob->x * factor + half, y = blob->y * factor + half;
        double ux = cos(blob->angle), uy = sin(blob->angle);
        struct candidate candidate = {.x = transposed ? y : x,
                                      .y = transposed ? x : y,
                                      .ux = transposed ? uy : ux,
                                      .uy = transposed ? ux : uy,
                                      .length = blob->length * factor,
                                      .pitch = pitch * factor,
                                      .fold = folded};
        keep(candidates, count, &candidate);
    }
    return found < 0 ? found : 0;
}

/* How much the middle of the line looks like CMC-7, in the better of its two directions. */
static int look_closely(const struct Pix *page, struct candidate *candidate, double *ret_likeness,
                        struct err *err)
{
    double scale = candidate->pitch / STRIP_PITCH;
    int columns = (int)(candidate->length / scale);
    columns = columns > LOOK_CHARACTERS * STRIP_PITCH ? LOOK_CHARACTERS * STRIP_PITCH : columns;
    SCOPED(scope_free) struct micr_templates *templates = malloc(sizeof *templates);
    if (!templates)
        return err_set(err, ERR_MEMORY, "micr: no memory for templates");
    micr_templates_draw(templates, 1 / scale, 1);
    double best = -1;
    for (int way = 0; way < 2; way++) {
        double ux = way ? -candidate->ux : candidate->ux, uy = way ? -candidate->uy : candidate->uy;
        struct strip_frame frame = {.x = candidate->x - ux * columns * scale / 2,
                                    .y = candidate->y - uy * columns * scale / 2,
                                    .ux = ux,
                                    .uy = uy,
                                    .along = scale,
                                    .across = scale};
        SCOPED(line_view_clear) struct line_view view = {0};
        int rc = line_view_take(page, &frame, columns, &view, err);
        if (rc < 0)
            return rc;
        double likeness = line_likeness(&view, templates, LOOKS);
        if (likeness > best) {
            best = likeness;
            candidate->ux = ux;
            candidate->uy = uy;
        }
    }
    *ret_likeness = best;
    return 0;
}

static struct micr_band band_of(const struct candidate *candidate, double likeness)
{
    double ux = candidate->ux, uy = candidate->uy;
    double degrees = atan2(-uy, ux) * 180 / M_PI, quarter = round(degrees / 90) * 90;
    double half = candidate->length / 2, tall = candidate->pitch;
    double reach_x = fabs(ux) * half + fabs(uy) * tall, reach_y = fabs(uy) * half + fabs(ux) * tall;
    return (struct micr_band){
        .font = MICR_CMC7,
        .rotation = ((int)quarter + 360) % 360,
        .skew = degrees - quarter,
        .dpi = candidate->pitch / CMC7_PITCH_MM * 25.4,
        .box = {.x = (int32_t)(candidate->x - reach_x),
                .y = (int32_t)(candidate->y - reach_y),
                .width = (int32_t)(2 * reach_x),
                .height = (int32_t)(2 * reach_y)},
        .score = likeness,
        .x = candidate->x - ux * half,
        .y = candidate->y - uy * half,
        .ux = ux,
        .uy = uy,
        .length = candidate->length,
    };
}

int micr_find(const struct Pix *page, struct micr_band *ret_band, struct err *err)
{
    *ret_band = (struct micr_band){0};
    SCOPED(glance_clear) struct glance glance = {0}, turned = {0};
    struct candidate candidates[CLOSE_LOOKS_MAX];
    int count = 0;
    int rc = glance_make(page, &glance, err);
    if (rc == 0)
        rc = find_candidates(&glance, false, candidates, &count, err);
    if (rc == 0)
        rc = glance_transpose(&glance, &turned, err);
    if (rc == 0)
        rc = find_candidates(&turned, true, candidates, &count, err);
    for (int i = 0; rc == 0 && i < count; i++) {
        double likeness = 0;
        rc = look_closely(page, &candidates[i], &likeness, err);
        if (rc == 0 && likeness >= LIKENESS_MIN && likeness > ret_band->score)
            *ret_band = band_of(&candidates[i], likeness);
    }
    return rc < 0 ? rc : ret_band->font != MICR_NO_FONT;
}
