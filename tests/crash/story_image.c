/*
 * Images of pages that only have to differ: see archive_story.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/crash/archive_story.h"

void story_image(struct page_id id, uint8_t image[STORY_IMAGE_BYTES])
{
    uint32_t state = id.batch * 7919 + id.page;
    for (int i = 0; i < STORY_IMAGE_BYTES; i++) {
        state = state * 1103515245 + 12345;
        image[i] = (uint8_t)(state >> 16);
    }
}
