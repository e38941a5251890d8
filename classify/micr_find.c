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
#define PITCH_MIN_HEIGHTS 0.75
#define PITCH_MAX_HEIGHTS 1.6
#define PITCH_STEP 1.01 /* drifts by a tenth of a pitch over ten characters */
#define FOLD_MAX 0.45   /* darkness of the gap over the mean: CMC-7 below 0.3, print above 0.6 */
#define FOLD_HOPELESS 0.7
#define LEAN 0.1          /* dx per dy, 6 degrees */
#define LIKENESS_MIN 0.60 /* of CMC-7 seen: 0.62 at 100 dpi to 0.92; of other print: up to 0.58 */
#define DPI_LOW 95
#define LIKENESS_MIN_LOW 0.72 /* below DPI_LOW print of all kinds reaches 0.67 */
/* E-13B on a page with a cheque's proportions: near a long edge (16 mm of 70 to 92), characters
 * 3.175 mm apart (on 150 to 220 mm), gaps clear. */
#define EDGE_SHARE 0.18
#define FOREIGN_PITCH_MIN 0.0144
#define FOREIGN_PITCH_MAX 0.0212
#define FOREIGN_FOLD_MAX 0.2
/* … and at the lower edge of a page: 25 mm of A4 or letter, the pitch within a few hundredths, and
 * a group that no page number or post code is as long as. */
#define PAGE_EDGE_SHARE 0.085
#define PAGE_PITCH_MIN 0.0103
#define PAGE_PITCH_MAX 0.0118
#define PAGE_PITCHES_MIN 15
#define LIKENESS_DOUBTFUL 0.48 /* worn print: the order of the whole line must confirm it */
#define LIKENESS_SURE 0.75     /* no need to look at further lines */
#define TURN_LEAD 0.15         /* 0, 5, 6 and 9 alone look the same upside down */
#define PITCH_MIN_PX 8.0       /* page pixels, 64 dpi: below, a character has no more shape */
/* What is regular: characters are 0.74 pitches wide, white within them 0.11, between them 0.26. */
#define MEND_PITCHES 0.14
#define PITCH_TOLERANCE 0.12
#define WIDTH_MIN 0.55
#define WIDTH_MAX 0.92
#define REGULAR_MIN 4
#define REGULAR_SHARE_MIN 0.4

struct pitch_found {
    double pitch;   /* glance pixels */
    double regular; /* share of neighbours that stand a pitch apart */
};

/* A line of print in page pixels. */
struct candidate {
    double x, y;   /* its middle */
    double ux, uy; /* along it, one of the two ways */
    double length, pitch;
    double regular;     /* share of its characters that stand a pitch apart */
    double upside_down; /* likeness in the direction that was not taken */
};

/* Columns darker than such a share of the mean are ink: for sharp print, for blurred print. */
static const double ink_shares[2] = {0.35, 0.5};

/* Rows of the glance as they are, or with rows and columns exchanged. */
struct view {
    const struct glance *glance;
    bool turned;
};

/* Darkness of a place of the view; 0 outside. */
static int darkness_at(const struct view *view, double x, double y)
{
    const struct glance *glance = view->glance;
    int column = (int)(view->turned ? y : x), row = (int)(view->turned ? x : y);
    if (x < 0 || y < 0 || column >= glance->width || row >= glance->height)
        return 0;
    return 255 - glance->grey[(size_t)glance->width * (size_t)row + (size_t)column];
}

/* Darkness across the blob at every place along it, over the lightest; its strokes lean by
 * `lean`. */
static int sum_profile(const struct view *view, const struct blob *blob, double lean,
                       double ret_profile[PROFILE_MAX])
{
    double ux = cos(blob->angle), uy = sin(blob->angle), lightest = INFINITY;
    int count = (int)blob->length < PROFILE_MAX ? (int)blob->length : PROFILE_MAX;
    int reach = (int)(blob->thickness * 0.5);
    memset(ret_profile, 0, sizeof *ret_profile * (size_t)count);
    for (int j = -reach; j <= reach; j++) {
        double along = lean * j - count / 2.0;
        double x = blob->x + ux * along - uy * j + 0.5, y = blob->y + uy * along + ux * j + 0.5;
        for (int i = 0; i < count; i++, x += ux, y += uy)
            ret_profile[i] += darkness_at(view, x, y);
    }
    for (int i = 0; i < count; i++)
        lightest = fmin(lightest, ret_profile[i]);
    for (int i = 0; i < count; i++)
        ret_profile[i] -= lightest;
    return count;
}

/* Lays the pitches of a profile over each other: the lightest bin over the mean. */
static double fold(const double *profile, int count, double pitch)
{
    double sums[BINS] = {0}, total = 0, lightest = INFINITY;
    int counts[BINS] = {0};
    double bins_per_pixel = BINS / pitch, at = bins_per_pixel / 2;
    for (int i = 0; i < count; i++, at += bins_per_pixel) {
        at = at >= BINS ? at - BINS : at;
        int bin = (int)at;
        sums[bin] += profile[i];
        counts[bin]++;
        total += profile[i];
    }
    if (total <= 0)
        return 1;
    for (int bin = 0; bin < BINS; bin++)
        if (2 * counts[bin] * BINS > count && sums[bin] / counts[bin] < lightest)
            lightest = sums[bin] / counts[bin];
    return lightest * count / total;
}

/* Characters of a magnetic line are all 0.74 pitches wide and one pitch apart; returns the share of
 * neighbours that are, of all neighbours in the profile. */
static double regular_share(const double *profile, int count, double pitch, double ink_share)
{
    double mean = 0, last_middle = -INFINITY;
    for (int i = 0; i < count; i++)
        mean += profile[i] / count;
    int mend = (int)(MEND_PITCHES * pitch - 0.4);
    int from = -1, to = -1, pairs = 0, regular = 0;
    for (int i = 0; i <= count; i++) {
        if (i < count && profile[i] > ink_share * mean) {
            from = from < 0 ? i : from;
            to = i + 1;
            continue;
        }
        if (from < 0 || (i < count && i - to + 1 <= mend))
            continue;
        double width = (to - from) / pitch, middle = (to + from) / 2.0;
        double apart = (middle - last_middle) / pitch;
        pairs++;
        regular += fabs(apart - 1) < PITCH_TOLERANCE && width > WIDTH_MIN && width < WIDTH_MAX;
        last_middle = middle;
        from = -1;
    }
    return regular < REGULAR_MIN ? 0 : (double)regular / (pairs - 1);
}

/* The pitch at which the gaps are lightest; how light, 0..1 of the mean. */
static double fold_best(const double *profile, int count, double thickness, double *ret_pitch)
{
    double lightest = 1, to = thickness * PITCH_MAX_HEIGHTS;
    *ret_pitch = thickness;
    for (double pitch = thickness * PITCH_MIN_HEIGHTS; pitch < to; pitch *= PITCH_STEP) {
        double folded = fold(profile, count, pitch);
        if (folded < lightest) {
            lightest = folded;
            *ret_pitch = pitch;
        }
    }
    return lightest;
}

static double find_pitch(const struct view *view, const struct blob *blob, double lean,
                         struct pitch_found *ret_found)
{
    double profile[PROFILE_MAX], found;
    int count = sum_profile(view, blob, lean, profile);
    double lightest = fold_best(profile, count, blob->thickness, &found);
    for (int i = 0; lightest < FOLD_MAX && i < 2; i++) {
        double regular = regular_share(profile, count, found, ink_shares[i]);
        if (regular > ret_found->regular)
            *ret_found = (struct pitch_found){found, regular};
    }
    return lightest;
}

/* Upright first, then leaning both ways where that is not hopeless. */
static struct pitch_found find_best_pitch(const struct view *view, const struct blob *blob)
{
    struct pitch_found found = {0};
    double lightest = find_pitch(view, blob, 0, &found);
    if (found.regular < REGULAR_SHARE_MIN && lightest < FOLD_HOPELESS) {
        find_pitch(view, blob, LEAN, &found);
        find_pitch(view, blob, -LEAN, &found);
    }
    return found;
}

/* Keeps the most regular candidates, best first. */
static void keep(struct candidate *candidates, int *count, const struct candidate *candidate)
{
    int at = *count;
    while (at > 0 && candidates[at - 1].regular < candidate->regular)
        at--;
    if (at >= CLOSE_LOOKS_MAX)
        return;
    *count = *count < CLOSE_LOOKS_MAX ? *count + 1 : CLOSE_LOOKS_MAX;
    for (int i = *count - 1; i > at; i--)
        candidates[i] = candidates[i - 1];
    candidates[at] = *candidate;
}

static int find_lines(const struct view *view, struct blob blobs[LINES_MAX], struct err *err)
{
    static const struct blob_params params = {
        .smear = 3, .mend = 2, .run_min = 4, .join = 5, .blob_max = LINES_MAX};
    static const struct blob_limits limits = {.length_min = LENGTH_MIN_HEIGHTS * HEIGHT_MIN_PX,
                                              .thickness_min = HEIGHT_MIN_PX,
                                              .thickness_max = HEIGHT_MAX_PX,
                                              .angle_max = SKEW_MAX};
    return blobs_find(glance_rows(view->glance, view->turned), &params, &limits, blobs, err);
}

static int find_candidates(const struct glance *glance, bool transposed,
                           struct candidate *candidates, int *count, struct err *err)
{
    struct blob blobs[LINES_MAX];
    struct view view = {glance, transposed};
    int found = find_lines(&view, blobs, err);
    for (int i = 0; i < found; i++) {
        const struct blob *blob = &blobs[i];
        if (blob->length < LENGTH_MIN_HEIGHTS * blob->thickness)
            continue;
        double factor = glance->factor, half = (factor - 1) / 2.0;
        struct pitch_found found_pitch = find_best_pitch(&view, blob);
        if (found_pitch.regular < REGULAR_SHARE_MIN || found_pitch.pitch * factor < PITCH_MIN_PX)
            continue;
        double x = blob->x * factor + half, y = blob->y * factor + half;
        double ux = cos(blob->angle), uy = sin(blob->angle);
        struct candidate candidate = {.x = transposed ? y : x,
                                      .y = transposed ? x : y,
                                      .ux = transposed ? uy : ux,
                                      .uy = transposed ? ux : uy,
                                      .length = blob->length * factor,
                                      .pitch = found_pitch.pitch * factor,
                                      .regular = found_pitch.regular};
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
    double best = -1, worst = 1;
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
        line_view_place(&view, 0, columns);
        double likeness = line_likeness(&view, templates, LOOKS);
        worst = fmin(worst, likeness);
        if (likeness > best) {
            best = likeness;
            candidate->ux = ux;
            candidate->uy = uy;
        }
    }
    *ret_likeness = best;
    candidate->upside_down = worst;
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

/* The text of the whole line, certain or not, follows a country's order: other print never does. */
static int order_fits(const struct Pix *page, const struct micr_band *band, struct err *err)
{
    struct micr_sequence sequence;
    char text[MICR_TEXT_SIZE];
    int count = 0, rc = micr_follow(page, band, &sequence, err);
    if (rc < 0)
        return rc;
    for (int i = 0; i < sequence.count && count < MICR_CHARS_MAX; i++)
        if (sequence.at[i].fine >= 0)
            text[count++] = cmc7_character(sequence.at[i].fine);
    text[count] = '\0';
    return micr_country_of(text) != MICR_UNKNOWN;
}

/* Where both directions look alike the order of the whole line tells which it is. */
static int settle_direction(const struct Pix *page, struct micr_band *band, struct err *err)
{
    struct micr_band turned = *band;
    turned.rotation = (band->rotation + 180) % 360;
    turned.x += band->ux * band->length;
    turned.y += band->uy * band->length;
    turned.ux = -band->ux;
    turned.uy = -band->uy;
    int fits = order_fits(page, band, err);
    if (fits == 0)
        fits = order_fits(page, &turned, err);
    else if (fits > 0)
        return 0;
    if (fits > 0)
        *band = turned;
    return fits < 0 ? fits : 0;
}

int micr_find(const struct Pix *page, const struct glance *glance, struct micr_band *ret_band,
              struct err *err)
{
    *ret_band = (struct micr_band){0};
    struct candidate candidates[CLOSE_LOOKS_MAX];
    struct micr_band doubtful = {0};
    int count = 0;
    int rc = find_candidates(glance, false, candidates, &count, err);
    if (rc == 0)
        rc = find_candidates(glance, true, candidates, &count, err);
    for (int i = 0; rc == 0 && i < count && ret_band->score < LIKENESS_SURE; i++) {
        double likeness = 0;
        rc = look_closely(page, &candidates[i], &likeness, err);
        struct micr_band band = band_of(&candidates[i], likeness);
        double least = band.dpi < DPI_LOW ? LIKENESS_MIN_LOW : LIKENESS_MIN;
        if (rc == 0 && likeness >= least && likeness - candidates[i].upside_down < TURN_LEAD)
            rc = settle_direction(page, &band, err);
        if (likeness >= least && likeness > ret_band->score)
            *ret_band = band;
        else if (likeness >= LIKENESS_DOUBTFUL && likeness > doubtful.score)
            doubtful = band;
    }
    if (rc == 0 && ret_band->font == MICR_NO_FONT && doubtful.font != MICR_NO_FONT) {
        rc = order_fits(page, &doubtful, err);
        if (rc > 0)
            *ret_band = doubtful;
    }
    return rc < 0 ? rc : ret_band->font != MICR_NO_FONT;
}

/* Where E-13B may stand: along the longer side of a cheque, along the shorter one of a page. */
struct foreign_place {
    bool turned;
    double across, edge;         /* glance pixels: of the paper across the line; from its edge */
    double pitch_min, pitch_max; /* glance pixels */
};

static struct foreign_place foreign_place(const struct glance *glance, bool on_page)
{
    double longer = fmax(glance->width, glance->height);
    double shorter = fmin(glance->width, glance->height);
    bool upright = glance->height > glance->width;
    if (on_page)
        return (struct foreign_place){!upright, longer, PAGE_EDGE_SHARE * longer,
                                      PAGE_PITCH_MIN * longer, PAGE_PITCH_MAX * longer};
    return (struct foreign_place){upright, shorter, EDGE_SHARE * shorter,
                                  FOREIGN_PITCH_MIN * longer, FOREIGN_PITCH_MAX * longer};
}

/* Is this blob characters a pitch apart? Sets pitch and regularity. */
static bool may_be_foreign(const struct view *view, const struct blob *blob,
                           const struct foreign_place *place, struct pitch_found *ret_found)
{
    double profile[PROFILE_MAX], pitch;
    if (blob->y <= place->across - place->edge && blob->y >= place->edge)
        return false;
    int count = sum_profile(view, blob, 0, profile);
    double gaps = fold_best(profile, count, blob->thickness, &pitch);
    *ret_found = (struct pitch_found){pitch, 1 - gaps};
    return gaps <= FOREIGN_FOLD_MAX && blob->length >= LENGTH_MIN_HEIGHTS * blob->thickness &&
           pitch >= place->pitch_min && pitch <= place->pitch_max;
}

static struct micr_band foreign_band(const struct view *view, const struct blob *blob, bool low,
                                     const struct pitch_found *found)
{
    double factor = view->glance->factor, sign = low ? 1 : -1;
    double ux = cos(blob->angle) * sign, uy = sin(blob->angle) * sign;
    struct candidate candidate = {
        .x = (view->turned ? blob->y : blob->x) * factor,
        .y = (view->turned ? blob->x : blob->y) * factor,
        .ux = view->turned ? -uy : ux,
        .uy = view->turned ? -ux : uy,
        .length = blob->length * factor,
        .pitch = found->pitch * factor,
    };
    struct micr_band band = band_of(&candidate, found->regular);
    band.font = MICR_E13B;
    return band;
}

int micr_find_foreign(const struct glance *glance, bool on_page, struct micr_band *ret_band,
                      struct err *err)
{
    *ret_band = (struct micr_band){0};
    struct foreign_place place = foreign_place(glance, on_page);
    struct view view = {glance, place.turned};
    struct blob blobs[LINES_MAX];
    double pitches[2] = {0}; /* at the high and the low edge: narrow characters break the line */
    bool best_low = false;
    int found = find_lines(&view, blobs, err);
    for (int i = 0; i < found; i++) {
        struct pitch_found pitch;
        bool low = blobs[i].y > place.across / 2;
        if (!may_be_foreign(&view, &blobs[i], &place, &pitch))
            continue;
        pitches[low] += blobs[i].length / pitch.pitch;
        if (pitch.regular < ret_band->score)
            continue;
        *ret_band = foreign_band(&view, &blobs[i], low, &pitch);
        best_low = low;
    }
    if (on_page && pitches[best_low] < PAGE_PITCHES_MIN)
        *ret_band = (struct micr_band){0};
    return found < 0 ? found : ret_band->font != MICR_NO_FONT;
}
