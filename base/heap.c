/*
 * The allocator's thresholds: see heap.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/heap.h"

#include <malloc.h>

void heap_keep_freed(void)
{
    mallopt(M_MMAP_THRESHOLD,
            HEAP_KEPT_BYTES); /* up to here from the heap, not mapped one by one */
    mallopt(M_TRIM_THRESHOLD, HEAP_KEPT_BYTES);
}
