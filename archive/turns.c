/*
 * Turns by weight: see turns.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "archive/turns.h"

#include <assert.h>

int turns_take(struct turns *turns, const struct turn *at, int count)
{
    int next = -1;
    assert(count <= TURNS_MAX);
    for (int i = 0; i < count; i++) {
        if (!at[i].waits)
            continue;
        if (turns->due[i] < turns->now)
            turns->due[i] = turns->now;
        if (next < 0 || turns->due[i] < turns->due[next])
            next = i;
    }
    if (next < 0)
        return -1;
    assert(at[next].weight > 0);
    turns->now = turns->due[next];
    turns->due[next] += TURN_STEP / at[next].weight;
    return next;
}
