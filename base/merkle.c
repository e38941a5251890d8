/*
 * Merkle trees: see merkle.h. All levels lie in one array, leaves first.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/merkle.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { NODE_BYTES = 1 + 2 * DIGEST_BYTES };

struct merkle {
    size_t leaves;
    struct digest nodes[];
};

struct digest merkle_leaf(struct bytes data)
{
    struct buf text = {0};
    struct digest digest = {{0}};
    if (buf_append(&text, bytes_of("", 1)) == 0 && buf_append(&text, data) == 0)
        digest = digest_of(buf_view(&text));
    buf_free(&text);
    return digest;
}

static struct digest join(const struct digest *left, const struct digest *right)
{
    uint8_t text[NODE_BYTES] = {1};
    memcpy(text + 1, left->at, DIGEST_BYTES);
    memcpy(text + 1 + DIGEST_BYTES, right->at, DIGEST_BYTES);
    return digest_of(bytes_of(text, sizeof text));
}

static size_t node_count(size_t width)
{
    size_t count = width;
    while (width > 1)
        count += width = (width + 1) / 2;
    return count;
}

/* Fills the level above `level`. */
static void build_level(const struct digest *level, size_t width, struct digest *above)
{
    for (size_t i = 0; i + 1 < width; i += 2)
        above[i / 2] = join(&level[i], &level[i + 1]);
    if (width % 2)
        above[width / 2] = level[width - 1];
}

int merkle_build(const struct digest *leaves, size_t count, struct merkle **ret_tree,
                 struct err *err)
{
    assert(count > 0);
    if (count > MERKLE_LEAVES_MAX)
        return err_set(err, ERR_LIMIT, "merkle tree: %zu leaves, at most %d", count,
                       MERKLE_LEAVES_MAX);
    struct merkle *tree = malloc(sizeof *tree + node_count(count) * sizeof tree->nodes[0]);
    if (!tree)
        return err_set(err, ERR_MEMORY, "merkle tree of %zu leaves: no memory", count);
    tree->leaves = count;
    memcpy(tree->nodes, leaves, count * sizeof *leaves);
    struct digest *level = tree->nodes;
    for (size_t width = count; width > 1; level += width, width = (width + 1) / 2)
        build_level(level, width, level + width);
    *ret_tree = tree;
    return 0;
}

void merkle_free(struct merkle **tree)
{
    if (!tree)
        return;
    free(*tree);
    *tree = NULL;
}

struct digest merkle_root(const struct merkle *tree)
{
    return tree->nodes[node_count(tree->leaves) - 1];
}

void merkle_path_of(const struct merkle *tree, size_t index, struct merkle_path *ret_path)
{
    assert(index < tree->leaves);
    const struct digest *level = tree->nodes;
    ret_path->count = 0;
    for (size_t width = tree->leaves; width > 1; level += width, width = (width + 1) / 2) {
        size_t other = index ^ 1;
        if (other < width)
            ret_path->steps[ret_path->count++] = (struct merkle_step){level[other], index % 2 == 1};
        index /= 2;
    }
}

struct digest merkle_climb(const struct digest *leaf, const struct merkle_path *path)
{
    struct digest at = *leaf;
    for (int i = 0; i < path->count; i++) {
        const struct merkle_step *step = &path->steps[i];
        at = step->left ? join(&step->with, &at) : join(&at, &step->with);
    }
    return at;
}
