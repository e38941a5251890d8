/*
 * The seal of a spooled chunk: AES-256-GCM (NIST SP 800-38D) by OpenSSL, three times as fast as the
 * archive's XChaCha20-Poly1305 (base/seal.h) where the processor has AES instructions. The nonce is
 * a number that the caller gives: no key may seal two chunks under one number.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include <stdint.h>

#include "base/bytes.h"
#include "base/seal.h"

enum { CHUNK_SEAL_BYTES = 16 };

/* Appends the sealed form, CHUNK_SEAL_BYTES longer, to `ret_sealed`; 0 or ERR_MEMORY. */
int chunk_seal_close(const struct seal_key *key, uint32_t number, struct bytes plain,
                     struct buf *ret_sealed);

/* Appends the plain form to `ret_plain`; ERR_INTEGRITY when key, number or bytes are not those that
 * were sealed, and then `ret_plain` is unchanged; ERR_MEMORY. */
int chunk_seal_open(const struct seal_key *key, uint32_t number, struct bytes sealed,
                    struct buf *ret_plain);
