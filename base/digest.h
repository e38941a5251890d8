/*
 * BLAKE2b-256 digests (RFC 7693, libsodium's crypto_generichash without a key), and SHA-512.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"

enum { DIGEST_BYTES = 32, DIGEST_HEX_SIZE = 2 * DIGEST_BYTES + 1 };

struct digest {
    uint8_t at[DIGEST_BYTES];
};

struct digest digest_of(struct bytes data);

bool digest_equal(const struct digest *a, const struct digest *b);

/* Writes 64 lower-case hex digits and a NUL into `ret_hex`; returns it. */
char *digest_hex(const struct digest *digest, char ret_hex[DIGEST_HEX_SIZE]);

/* SHA-512 (FIPS 180-4), for those who ask for it: 128 lower-case hex digits and a NUL; returns it.
 */
enum { SHA512_HEX_SIZE = 129 };
char *sha512_hex(struct bytes data, char ret_hex[SHA512_HEX_SIZE]);

/* Reads exactly 64 hex digits (either case); 0 or ERR_FORMAT. */
int digest_parse(const char *hex, struct digest *ret_digest);
