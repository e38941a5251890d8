/*
 * How many chunks of batches that the inbox keeps in memory no more are whole and durable, so that
 * going on with one need not look at its last ones again.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "partners/inbox.h"

struct left_place {
    char tenant[MANIFEST_TENANT_SIZE], uuid[MANIFEST_UUID_SIZE];
    uint32_t chunks; /* 0 is no place */
};

/* Starts as {0}. The oldest gives way. */
struct left_places {
    struct left_place at[INBOX_PASSED_MAX];
    uint32_t count; /* of all that were ever kept */
};

void left_places_keep(struct left_places *places, const struct inbox_batch *batch, uint32_t chunks);

/* The chunks, and forgets them; 0 when the batch is not known. */
uint32_t left_places_take(struct left_places *places, const struct inbox_batch *batch);
