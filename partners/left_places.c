/*
 * Places in batches: see left_places.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "partners/left_places.h"

#include <stdio.h>
#include <string.h>

void left_places_keep(struct left_places *places, const struct inbox_batch *batch, uint32_t chunks)
{
    struct left_place *to = &places->at[places->count++ % INBOX_PASSED_MAX];
    snprintf(to->tenant, sizeof to->tenant, "%s", batch->tenant);
    snprintf(to->uuid, sizeof to->uuid, "%s", batch->uuid);
    to->chunks = chunks;
}

uint32_t left_places_take(struct left_places *places, const struct inbox_batch *batch)
{
    for (uint32_t i = 0; i < INBOX_PASSED_MAX; i++) {
        struct left_place *at = &places->at[i];
        if (strcmp(at->uuid, batch->uuid) != 0 || strcmp(at->tenant, batch->tenant) != 0)
            continue;
        uint32_t chunks = at->chunks;
        *at = (struct left_place){0};
        return chunks;
    }
    return 0;
}
