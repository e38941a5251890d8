/*
 * A heap with the worst reading on top: see beam_heap.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "ocr/fast/beam_heap.h"

static void sift_up(struct beam_heap *heap, int at, struct beam_node node)
{
    while (at > 0 && node.score < heap->nodes[(at - 1) / 2].score) {
        heap->nodes[at] = heap->nodes[(at - 1) / 2];
        at = (at - 1) / 2;
    }
    heap->nodes[at] = node;
}

static void sift_down(struct beam_heap *heap, int at, struct beam_node node)
{
    for (int child = 2 * at + 1; child < heap->count; child = 2 * at + 1) {
        if (child + 1 < heap->count && heap->nodes[child + 1].score < heap->nodes[child].score)
            child++;
        if (heap->nodes[child].score >= node.score)
            break;
        heap->nodes[at] = heap->nodes[child];
        at = child;
    }
    heap->nodes[at] = node;
}

static bool same_reading(const struct beam_node *a, const struct beam_node *b)
{
    return a->class == b->class && a->history == b->history && a->source == b->source &&
           a->fresh == b->fresh;
}

/* Whether the heap held the same reading; it keeps the better one. */
static bool merge(struct beam_heap *heap, const struct beam_node *node)
{
    for (int i = 0; i < heap->count; i++) {
        if (!same_reading(&heap->nodes[i], node))
            continue;
        if (node->score > heap->nodes[i].score)
            sift_down(heap, i, *node); /* it got better: away from the top */
        return true;
    }
    return false;
}

void beam_heap_push(struct beam_heap *heap, const struct beam_node *node)
{
    if (!beam_heap_has_room(heap, node->score) || merge(heap, node))
        return;
    sift_up(heap, heap->count++, *node);
    if (heap->count > BEAM_WIDTH) {
        heap->count--;
        sift_down(heap, 0, heap->nodes[heap->count]);
    }
}
