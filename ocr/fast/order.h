/*
 * Reading order of boxes: columns one after the other, from the left; what stands side by side
 * without a gutter, by rows.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct order_item {
    float left, right, top, bottom;
    float size;    /* of its letters */
    int32_t block; /* set: items that stand together share a number, from 0 up */
    size_t index;  /* the caller's own */
};

/* Sorts the items. Time is that of count squared at most. */
void order_items(struct order_item *items, size_t count);
