/*
 * What the C library's allocator does with freed memory.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

/* Keeps up to HEAP_KEPT_BYTES of freed memory in the process. For one that frees and takes chunks
 * of 256 KB all day: given back to the system, each costs 64 page faults when it is taken again
 * (docs/bench-partners.md). Once, first in main. */
enum { HEAP_KEPT_BYTES = 32 << 20 };
void heap_keep_freed(void);
