/*
 * A word graph as it lies in a model: see model.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdlib.h>

#include "ocr/fast/cursor.h"
#include "ocr/fast/model.h"

enum { MAGIC = 42, EDGES_MAX = 1 << 22 }; /* fra has some 100 000 */

/* Looked up for every first letter of a word, so counted once. */
static void count_root(struct fast_dawg *dawg)
{
    uint32_t last = 0;
    while (last + 1 < dawg->count && !(dawg->edges[last] >> dawg->letter_bits & FAST_EDGE_LAST))
        last++;
    dawg->root_count = last + 1;
}

int fast_dawg_read(struct bytes part, struct fast_dawg *ret_dawg, struct err *err)
{
    struct cursor from = {.left = part};
    *ret_dawg = (struct fast_dawg){0};
    if (part.len == 0)
        return 0;
    int magic = (int)cursor_number(&from, 2);
    uint32_t letters = cursor_u32(&from), count = cursor_u32(&from);
    if (from.bad || magic != MAGIC || count == 0 || count > EDGES_MAX || letters == 0 ||
        from.left.len < 8 * (uint64_t)count)
        return err_set(err, ERR_FORMAT, "model: a dictionary is damaged or of another format");
    ret_dawg->edges = malloc(count * sizeof *ret_dawg->edges);
    if (!ret_dawg->edges)
        return err_set(err, ERR_MEMORY, "no memory for a dictionary of %u edges", count);
    for (uint32_t i = 0; i < count; i++)
        ret_dawg->edges[i] = cursor_number(&from, 8);
    ret_dawg->count = count;
    while ((UINT64_C(1) << ret_dawg->letter_bits) < letters)
        ret_dawg->letter_bits++;
    count_root(ret_dawg);
    return 0;
}

void fast_dawg_free(struct fast_dawg *dawg)
{
    free(dawg->edges);
    *dawg = (struct fast_dawg){0};
}
