/*
 * Sealing: authenticated encryption with XChaCha20-Poly1305 (libsodium, IETF variant). A sealed
 * value is nonce (24 random bytes) + ciphertext + tag (16 bytes). The label is authenticated, not
 * stored: opening with another label fails, so a value cannot be moved to another place.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include <stdint.h>

#include "base/bytes.h"
#include "base/err.h"

enum { SEAL_KEY_BYTES = 32, SEAL_OVERHEAD_BYTES = 24 + 16 };

struct seal_key {
    uint8_t at[SEAL_KEY_BYTES];
};

/* Starts libsodium, switches core dumps off; 0 or ERR_UNAVAILABLE. Call once, first in main. */
int seal_start(struct err *err);

/* A fresh random key in locked memory that core dumps leave out; NULL when memory is short. */
struct seal_key *seal_key_new(void);

/* Zeroes and frees a key made by seal_key_new; NULL-safe, nulls the pointer. */
void seal_key_free(struct seal_key **key);

/* Appends the sealed form of `plain` to `ret_sealed`; 0 or ERR_MEMORY. */
int seal_close(const struct seal_key *key, struct bytes label, struct bytes plain,
               struct buf *ret_sealed);

/* Appends the plain bytes to `ret_plain`; ERR_INTEGRITY when key, label or bytes are not the ones
 * that it was sealed with, and then `ret_plain` is unchanged. */
int seal_open(const struct seal_key *key, struct bytes label, struct bytes sealed,
              struct buf *ret_plain);
