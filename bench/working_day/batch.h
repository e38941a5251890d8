/*
 * What is known of the drawn mail from its labels, and random samples of it.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include <stdbool.h>

#include "base/err.h"

enum { BATCH_PATH_SIZE = 64 };

struct batch_side {
    char path[BATCH_PATH_SIZE];
    char type[16];
};

struct batch {
    struct batch_side *sides;
    unsigned side_count;
    unsigned envelopes, sheets, written, blank, separators;
};

/* Reads FOLDER/labels.tsv; free with batch_free. */
int batch_read(const char *folder, struct batch *ret_batch, struct err *err);
void batch_free(struct batch *batch);

/* `count` different sides, drawn by the seed: written ones, or blank ones. Returns how many there
 * were (fewer when the batch has no more); pointers into the batch. */
unsigned batch_sample(const struct batch *batch, bool written, unsigned seed, unsigned count,
                      const struct batch_side *ret_sides[]);
