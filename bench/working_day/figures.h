/*
 * What a measured day comes to, and how it is told: text for people, one JSON object for machines.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "bench/working_day/batch.h"
#include "bench/working_day/processes.h"
#include "bench/working_day/product.h"
#include "bench/working_day/yardstick.h"

/* The day to hold: 40 000 envelopes in 8 hours (docs/architecture.md). */
enum { ENVELOPES_PER_HOUR_WANTED = 5000 };

struct moment {
    int64_t ms;
    struct product_counts counts;
    struct process_use use;
};

struct figures {
    struct batch batch;
    struct moment start, end; /* of the measured window */
    bool long_enough;         /* the window has the length that was asked for */
    unsigned cores;
    struct yardstick yardstick;
    struct stage_times written_stages, blank_stages;
    double written_bytes, blank_bytes;
};

/* Envelopes per hour by sides handled: accepted and no longer unread, in the window, divided by the
 * batch's sides per envelope. */
double figures_envelopes_per_hour(const struct figures *figures);

void figures_print(const struct figures *figures);
void figures_print_json(const struct figures *figures);
