/*
 * The strokes of one CMC-7 character: seven peaks of the sums down its columns, six distances
 * between their centres, and which two are the widest. Never a fixed threshold: print and paper
 * stretch. Where seven peaks are not seen there is no answer.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <math.h>
#include <stdlib.h>

#include "classify/micr_match.h"

enum {
    REACH = 20,      /* columns to either side of the middle: half a pitch */
    REACH_ROWS = 19, /* rows to either side: the print is 36 high */
    WINDOW = 2 * REACH,
    PEAKS_MAX = WINDOW / 2
};

#define PEAK_SHARE 0.08 /* a peak rises at least so much of the highest over its valleys */
#define SPAN_PX (2.2 * STRIP_PX_PER_MM) /* first to last stroke */
#define SPAN_TOLERANCE 0.12             /* worn edges and local stretch */

struct peaks {
    int count;
    int at[PEAKS_MAX];
};

/* Sums down the columns; no smoothing, it would close the narrow valleys at 300 dpi. */
static void sum_columns(const struct strip *strip, double column, double row,
                        double ret_sums[WINDOW])
{
    int left = (int)lround(column) - REACH, top = (int)lround(row) - REACH_ROWS;
    for (int i = 0; i < WINDOW; i++) {
        ret_sums[i] = 0;
        if (left + i < 0 || left + i >= strip->columns)
            continue;
        for (int j = top < 0 ? 0 : top; j < top + 2 * REACH_ROWS && j < STRIP_ROWS; j++)
            ret_sums[i] += strip->dark[(size_t)strip->columns * (size_t)j + (size_t)(left + i)];
    }
}

static double lowest(const double *sums, int from, int to)
{
    double low = sums[from];
    for (int i = from; i <= to; i++)
        low = sums[i] < low ? sums[i] : low;
    return low;
}

/* How much peak `i` stands over the higher of the valleys beside it. */
static double prominence(const double *sums, const struct peaks *peaks, int i)
{
    int before = i > 0 ? peaks->at[i - 1] : 0;
    int after = i + 1 < peaks->count ? peaks->at[i + 1] : WINDOW - 1;
    double left = lowest(sums, before, peaks->at[i]), right = lowest(sums, peaks->at[i], after);
    return sums[peaks->at[i]] - (left > right ? left : right);
}

static void find_peaks(const double *sums, struct peaks *ret_peaks)
{
    ret_peaks->count = 0;
    for (int i = 1; i < WINDOW - 1; i++)
        if (sums[i] >= sums[i - 1] && sums[i] > sums[i + 1])
            ret_peaks->at[ret_peaks->count++] = i;
}

/* Drops the flattest peak while it is below the share of the highest. */
static void drop_flat_peaks(const double *sums, struct peaks *peaks)
{
    double high = 0;
    for (int i = 0; i < WINDOW; i++)
        high = sums[i] > high ? sums[i] : high;
    double low = lowest(sums, 0, WINDOW - 1);
    while (peaks->count > 0) {
        int flattest = 0;
        for (int i = 1; i < peaks->count; i++)
            if (prominence(sums, peaks, i) < prominence(sums, peaks, flattest))
                flattest = i;
        if (prominence(sums, peaks, flattest) >= PEAK_SHARE * (high - low))
            return;
        for (int i = flattest; i + 1 < peaks->count; i++)
            peaks->at[i] = peaks->at[i + 1];
        peaks->count--;
    }
}

/* Centre of mass within two columns of the peak, over the lowest of them. */
static double centre(const double *sums, int peak)
{
    int from = peak > 2 ? peak - 2 : 0, to = peak + 2 < WINDOW ? peak + 2 : WINDOW - 1;
    for (int i = peak; i > from; i--)
        if (sums[i - 1] > sums[i])
            from = i;
    for (int i = peak; i < to; i++)
        if (sums[i + 1] > sums[i])
            to = i;
    double low = lowest(sums, from, to), mass = 0, moment = 0;
    for (int i = from; i <= to; i++) {
        mass += sums[i] - low;
        moment += (sums[i] - low) * i;
    }
    return mass > 0 ? moment / mass : peak;
}

static int compare_doubles(const void *a, const void *b)
{
    double left = *(const double *)a, right = *(const double *)b;
    return (left > right) - (left < right);
}

int micr_strokes_at(const struct strip *strip, double column, double row, double *ret_margin)
{
    double sums[WINDOW], gaps[CMC7_GAPS], sorted[CMC7_GAPS];
    struct peaks peaks;
    *ret_margin = 0;
    sum_columns(strip, column, row, sums);
    find_peaks(sums, &peaks);
    drop_flat_peaks(sums, &peaks);
    if (peaks.count != CMC7_STROKES)
        return -1;
    double span = 0;
    for (int i = 0; i < CMC7_GAPS; i++) {
        gaps[i] = centre(sums, peaks.at[i + 1]) - centre(sums, peaks.at[i]);
        sorted[i] = gaps[i];
        span += gaps[i];
    }
    if (fabs(span - SPAN_PX) > SPAN_TOLERANCE * SPAN_PX)
        return -1;
    qsort(sorted, CMC7_GAPS, sizeof *sorted, compare_doubles);
    double narrow = (sorted[0] + sorted[1] + sorted[2] + sorted[3]) / 4;
    *ret_margin = (sorted[4] - sorted[3]) / narrow;
    uint8_t code = 0;
    for (int i = 0; i < CMC7_GAPS; i++)
        code = (uint8_t)(code << 1 | (gaps[i] >= sorted[4]));
    return cmc7_index_of_code(code);
}
