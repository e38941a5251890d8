/*
 * The lower and the right edges of the ink of a page as points, and how well they line up at an
 * angle. Baselines of text make long level rows of lower edges; on a page that lies sideways they
 * are upright rows of right edges.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct text_mask;

enum edges_side { EDGES_LOWER, EDGES_RIGHT };

struct edges {
    struct edges_point {
        int16_t along;  /* the supposed lines: rightwards, or upwards; pixels */
        int16_t across; /* them: downwards, or rightwards */
    } * points;
    size_t count;
    int32_t along_size, across_size; /* of the page */
};

/* At most EDGES_MOST_POINTS, thinned evenly. Edges of the page that
 * lie in what may be writing; at most 32768 pixels a side. */
enum { EDGES_MOST_POINTS = 30000 };
int edges_find(const struct text_mask *mask, enum edges_side side, struct edges *ret_edges,
               struct err *err);
void edges_free(struct edges *edges);

/* Sum of the squared differences of neighbouring rows, `1 << bin_shift` pixels each, after the page
 * was turned back by `degrees` (counter-clockwise positive), per point. */
double edges_contrast(const struct edges *edges, double degrees, unsigned bin_shift);

/* The angle of the best contrast, and how far it stands out. */
struct edges_peak {
    double degrees, contrast;
    double prominence; /* best over median contrast of all angles tried; 1 = no peak */
};

/* Tries +- `most` degrees, then goes down to `finest`. 100 to 200 dpi. */
struct edges_peak edges_search(const struct edges *edges, double most, double finest);
