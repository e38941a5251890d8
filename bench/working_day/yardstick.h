/*
 * The yardstick: the stock `tesseract` command on a sample of the same pages, one process per core,
 * one thread each; and what the product's own reader and encoder make of the sample.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "bench/working_day/batch.h"
#include "bench/working_day/product.h"
#include "classify/verdict.h"

enum { SAMPLE_MAX = 400 };

struct sample {
    const char *folder;
    const struct batch_side *sides[SAMPLE_MAX];
    unsigned count;
};

struct yardstick {
    unsigned pages, failed;
    double seconds, cpu_seconds;
};

/* `tesseract FILE - -l fra` for each page, `cores` at a time. */
int yardstick_run(const struct sample *sample, unsigned cores, struct yardstick *ret_yardstick,
                  struct err *err);

struct stage_times {
    unsigned pages, accepted, right;
    double ms[STAGE_COUNT]; /* mean per page */
};

/* `tripli page` on each page of the sample. */
int stage_times_measure(const struct sample *sample, const struct product *product,
                        struct stage_times *ret_times, struct err *err);

/* Mean bytes of the sample's pages as capture encodes them. */
int kept_bytes_measure(const struct sample *sample, double *ret_bytes, struct err *err);
