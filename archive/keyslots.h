/*
 * A file of wrapped keys in slots of fixed size, outside LMDB, so that a key can be zeroed in place
 * and be gone: LMDB copies on write and would leave it behind (docs/durability.md).
 * Slot = mark, kind, generation of the wrapping key, id, nonce + wrapped key + tag, check.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include <stdint.h>

#include "base/err.h"
#include "base/seal.h"

enum {
    SLOT_BYTES = 128, /* divides a disk sector: a slot never lies across two */
    WRAPPED_BYTES = SEAL_KEY_BYTES + SEAL_OVERHEAD_BYTES,
    SLOTS_MAX = 1 << 20
};

enum slot_kind { SLOT_SEARCH = 1, SLOT_BOX = 2, SLOT_INTAKE = 3 };

struct slot {
    enum slot_kind kind;
    uint32_t generation; /* of the tenant key that wraps */
    uint64_t id;         /* box number; intake: day and tenant */
    uint8_t wrapped[WRAPPED_BYTES];
};

/* Writes the slot over the living one with the same kind and id, or into the first free one, and
 * syncs. Makes the file when it is missing. Returns its index. */
int keyslots_put(const char *path, const struct slot *slot, uint32_t *ret_index, struct err *err);

/* The living slot of that kind and id: ERR_NOT_FOUND, ERR_INTEGRITY when it is damaged. */
int keyslots_find(const char *path, enum slot_kind kind, uint64_t id, struct slot *ret_slot,
                  struct err *err);

/* Overwrites the slot with zeros in place and syncs; one that is not there is fine. */
int keyslots_zero(const char *path, enum slot_kind kind, uint64_t id, struct err *err);

/* Writes what the file holds into another one, durably; `each` may change every living slot, and
 * ends it by an error. Damaged slots stay as they are. */
int keyslots_rewrite(const char *path, const char *into, int (*each)(void *to, struct slot *slot),
                     void *to, struct err *err);

/* Calls `each` for every living slot until it returns other than 0, and returns that. */
int keyslots_walk(const char *path, int (*each)(void *to, const struct slot *slot), void *to,
                  struct err *err);
