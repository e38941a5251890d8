/*
 * Blobs: connected dark pixels of a glance, joined along rows over small gaps, as an axis with a
 * length and a thickness (from their moments). One scan over the rows.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "base/err.h"
#include "classify/glance.h"

struct blob_params {
    int smear;    /* rows that are laid over each other: cuts in worn print close */
    int mend;     /* gaps of at most so many pixels within a run are filled first */
    int run_min;  /* then shorter runs are dropped: streaks and specks */
    int join;     /* then runs so near in a row join */
    int blob_max; /* at most so many blobs; the largest by length are kept */
};

struct blob {
    double x, y;              /* centre of mass, glance pixels */
    double angle;             /* of the long axis, radians, -pi/2..pi/2, down positive as y is */
    double length, thickness; /* of a bar with the same moments */
    double area;              /* pixels with the joined gaps */
};

/* Finds blobs longer than `length_min` along x within `angle_max` of the rows; returns how many
 * were written to `ret_blobs` (room for params->blob_max), longest first. ERR_MEMORY. */
struct blob_limits {
    double length_min, thickness_min, thickness_max, angle_max;
};
int blobs_find(struct dark_rows rows, const struct blob_params *params,
               const struct blob_limits *limits, struct blob *ret_blobs, struct err *err);
