/*
 * Run-based labelling with union-find; a blob is only its moments: see blobs.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "classify/blobs.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/scope.h"

struct run {
    int from, to; /* columns, `to` excluded */
    int label;
};

struct moments {
    double n, x, y, xx, xy, yy;
};

/* Labels of two rows and the moments of every label. */
struct labelling {
    struct run *runs[2];
    int counts[2];
    int *parents;
    struct moments *moments;
    int labels, labels_max;
};

static int root_of(int *parents, int label)
{
    while (parents[label] != label) {
        parents[label] = parents[parents[label]];
        label = parents[label];
    }
    return label;
}

/* A pixel is dark when one of the `smear` rows that end with this one is. */
static void smear_rows(struct dark_rows rows, int y, int smear, uint8_t *ret_row)
{
    int first = y - smear + 1 > 0 ? y - smear + 1 : 0;
    memcpy(ret_row, rows.at + (size_t)rows.width * (size_t)y, (size_t)rows.width);
    for (int above = first; above < y; above++) {
        const uint8_t *row = rows.at + (size_t)rows.width * (size_t)above;
        for (int x = 0; x < rows.width; x++)
            ret_row[x] |= row[x];
    }
}

/* Runs of a row after mending, dropping and joining. */
static int find_runs(const uint8_t *row, int width, const struct blob_params *params,
                     struct run *ret_runs)
{
    int count = 0, from = -1, to = -1;
    for (int x = 0; x <= width; x++) {
        if (x < width && row[x]) {
            from = from < 0 ? x : from;
            to = x + 1;
            continue;
        }
        if (from < 0 || (x < width && x - to < params->mend))
            continue;
        if (to - from >= params->run_min) {
            if (count > 0 && from - ret_runs[count - 1].to <= params->join)
                ret_runs[count - 1].to = to;
            else
                ret_runs[count++] = (struct run){from, to, -1};
        }
        from = -1;
    }
    return count;
}

static void add_run(struct moments *moments, const struct run *run, int y)
{
    double n = run->to - run->from, middle = (run->from + run->to - 1) / 2.0;
    moments->n += n;
    moments->x += n * middle;
    moments->y += n * y;
    moments->xx += n * middle * middle + n * (n * n - 1) / 12;
    moments->xy += n * middle * y;
    moments->yy += n * (double)y * y;
}

static void add_moments(struct moments *to, const struct moments *from)
{
    to->n += from->n;
    to->x += from->x;
    to->y += from->y;
    to->xx += from->xx;
    to->xy += from->xy;
    to->yy += from->yy;
}

/* Gives every run of row `y` a label, joining those that touch the row above. */
static void label_row(struct labelling *labelling, int y)
{
    struct run *now = labelling->runs[y & 1], *above = labelling->runs[~y & 1];
    int first = 0;
    for (int i = 0; i < labelling->counts[y & 1]; i++) {
        while (first < labelling->counts[~y & 1] && above[first].to < now[i].from)
            first++;
        for (int j = first; j < labelling->counts[~y & 1] && above[j].from <= now[i].to; j++) {
            int label = root_of(labelling->parents, above[j].label);
            if (now[i].label < 0) {
                now[i].label = label;
                continue;
            }
            int other = root_of(labelling->parents, now[i].label);
            if (other != label) {
                labelling->parents[label] = other;
                add_moments(&labelling->moments[other], &labelling->moments[label]);
            }
        }
        if (now[i].label < 0 && labelling->labels < labelling->labels_max) {
            now[i].label = labelling->labels;
            labelling->parents[labelling->labels] = labelling->labels;
            labelling->moments[labelling->labels++] = (struct moments){0};
        }
        if (now[i].label >= 0)
            add_run(&labelling->moments[root_of(labelling->parents, now[i].label)], &now[i], y);
    }
}

static struct blob blob_of(const struct moments *m)
{
    double x = m->x / m->n, y = m->y / m->n;
    double xx = m->xx / m->n - x * x, yy = m->yy / m->n - y * y, xy = m->xy / m->n - x * y;
    double mean = (xx + yy) / 2, spread = hypot((xx - yy) / 2, xy);
    double minor = mean - spread > 0 ? mean - spread : 0;
    return (struct blob){.x = x,
                         .y = y,
                         .angle = 0.5 * atan2(2 * xy, xx - yy),
                         .length = sqrt(12 * (mean + spread)),
                         .thickness = sqrt(12 * minor + 1),
                         .area = m->n};
}

static int compare_lengths(const void *a, const void *b)
{
    double left = ((const struct blob *)a)->length, right = ((const struct blob *)b)->length;
    return (left < right) - (left > right);
}

static int collect(struct labelling *labelling, int blob_max, const struct blob_limits *limits,
                   struct blob *ret_blobs)
{
    int count = 0;
    for (int label = 0; label < labelling->labels; label++) {
        const struct moments *moments = &labelling->moments[label];
        if (labelling->parents[label] != label || moments->n < limits->length_min)
            continue;
        struct blob blob = blob_of(moments);
        if (blob.length < limits->length_min || blob.thickness < limits->thickness_min ||
            blob.thickness > limits->thickness_max || fabs(blob.angle) > limits->angle_max)
            continue;
        if (count < blob_max) {
            ret_blobs[count++] = blob;
            continue;
        }
        int shortest = 0;
        for (int i = 1; i < count; i++)
            if (ret_blobs[i].length < ret_blobs[shortest].length)
                shortest = i;
        if (blob.length > ret_blobs[shortest].length)
            ret_blobs[shortest] = blob;
    }
    qsort(ret_blobs, (size_t)count, sizeof *ret_blobs, compare_lengths);
    return count;
}

int blobs_find(struct dark_rows rows, const struct blob_params *params,
               const struct blob_limits *limits, struct blob *ret_blobs, struct err *err)
{
    size_t row_runs = (size_t)rows.width / 2 + 1;
    size_t labels = row_runs * (size_t)rows.height;
    labels = labels / (size_t)params->run_min + 1;
    SCOPED(scope_free) struct run *runs = malloc(sizeof *runs * 2 * row_runs);
    SCOPED(scope_free) int *parents = malloc(sizeof *parents * labels);
    SCOPED(scope_free) struct moments *moments = malloc(sizeof *moments * labels);
    SCOPED(scope_free) uint8_t *row = malloc((size_t)rows.width);
    if (!runs || !parents || !moments || !row)
        return err_set(err, ERR_MEMORY, "glance: no memory for %zu blobs", labels);
    struct labelling labelling = {.runs = {runs, runs + row_runs},
                                  .parents = parents,
                                  .moments = moments,
                                  .labels_max = (int)labels};
    for (int y = 0; y < rows.height; y++) {
        smear_rows(rows, y, params->smear, row);
        labelling.counts[y & 1] = find_runs(row, rows.width, params, labelling.runs[y & 1]);
        label_row(&labelling, y);
    }
    return collect(&labelling, params->blob_max, limits, ret_blobs);
}
