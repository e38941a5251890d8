/*
 * The network on one line: from grey values to what each step of three pixels probably says.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "ocr/fast/kernels.h"

/* 20 000 pixels of width at 36 of height: a line of ten metres at 300 dpi. Bounds memory at 30 MB.
 */
enum { FAST_STEPS_MAX = 20000 / FAST_POOL };

/* A line image: FAST_HEIGHT rows of `width` values, -127 black to 127 white, row by row. */
struct fast_image {
    int width;
    int8_t *values; /* owned */
};
void fast_image_free(struct fast_image *image);

/* Probabilities: `steps` rows of `classes`. */
struct fast_output {
    int steps, classes;
    float *rows; /* owned */
};
void fast_output_free(struct fast_output *output);

struct fast_forward;

/* Packs the weights. Borrows the network. ERR_MEMORY; ERR_FORMAT for layers that do not fill whole
 * lanes. */
int fast_forward_new(const struct fast_network *network, enum ocr_kernels kernels,
                     struct fast_forward **ret_forward, struct err *err);
void fast_forward_free(struct fast_forward **forward);

/* "plain", "avx2" or "vnni". */
const char *fast_forward_kernels(const struct fast_forward *forward);

/* ERR_LIMIT for an image narrower than one step or wider than FAST_STEPS_MAX of them. */
int fast_forward_run(struct fast_forward *forward, const struct fast_image *image,
                     struct fast_output *ret_output, struct err *err);
