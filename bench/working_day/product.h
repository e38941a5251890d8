/*
 * The whole product under measurement: `tripli run` over a hopper, asked for its counts from
 * outside like any operator would.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include <jansson.h>
#include <limits.h>
#include <stdbool.h>
#include <sys/types.h>

#include "base/err.h"

struct product {
    char tripli[PATH_MAX]; /* the tool */
    char hopper[PATH_MAX], data[PATH_MAX];
    char log[PATH_MAX];
    int workers;
    pid_t pid;
};

struct product_counts {
    long long accepted, unread, filed, blank, separators, to_code, quarantined, waiting;
    long long envelopes_filed, documents;
};

/* Starts `tripli run --hopper`; its output goes to product->log. */
int product_start(struct product *product, struct err *err);

/* ERR_UNAVAILABLE while it does not answer yet, or no more. */
int product_ask(const struct product *product, struct product_counts *ret_counts, struct err *err);

/* True once the supervisor has ended by itself. */
bool product_ended(struct product *product);

/* SIGTERM, and waits. */
void product_stop(struct product *product);

/* `tripli page --json` on the files: an array of its objects, one per page; the caller decrefs. */
int product_pages(const struct product *product, const char *const files[], unsigned count,
                  json_t **ret_pages, struct err *err);
