/*
 * Merkle trees over BLAKE2b-256 digests, in the manner of RFC 6962: leaf = H(00 || data),
 * node = H(01 || left || right), an odd node goes up a level as it is. So a leaf cannot pass for a
 * node, and a tree of another size has another root.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "base/digest.h"
#include "base/err.h"

enum { MERKLE_STEPS_MAX = 32, MERKLE_LEAVES_MAX = 1 << 20 };

struct merkle_step {
    struct digest with;
    bool left; /* `with` stands to the left of what has been climbed so far */
};

struct merkle_path {
    int count;
    struct merkle_step steps[MERKLE_STEPS_MAX];
};

struct digest merkle_leaf(struct bytes data);

/* A tree over 1 to MERKLE_LEAVES_MAX leaves, which are copied: 64 bytes a leaf. */
struct merkle;
int merkle_build(const struct digest *leaves, size_t count, struct merkle **ret_tree,
                 struct err *err);
void merkle_free(struct merkle **tree);

struct digest merkle_root(const struct merkle *tree);

/* The way from leaf `index` (from 0) to the root. */
void merkle_path_of(const struct merkle *tree, size_t index, struct merkle_path *ret_path);

/* The root that a leaf has by this path. */
struct digest merkle_climb(const struct digest *leaf, const struct merkle_path *path);
