/*
 * Digests: see digest.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/digest.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>

#include "base/err.h"

static_assert(DIGEST_BYTES == crypto_generichash_BYTES, "BLAKE2b-256");

struct digest digest_of(struct bytes data)
{
    struct digest digest;
    crypto_generichash(digest.at, sizeof digest.at, data.at, data.len, NULL, 0);
    return digest;
}

bool digest_equal(const struct digest *a, const struct digest *b)
{
    return memcmp(a->at, b->at, sizeof a->at) == 0;
}

char *digest_hex(const struct digest *digest, char ret_hex[DIGEST_HEX_SIZE])
{
    return sodium_bin2hex(ret_hex, DIGEST_HEX_SIZE, digest->at, sizeof digest->at);
}

char *sha512_hex(struct bytes data, char ret_hex[SHA512_HEX_SIZE])
{
    uint8_t digest[crypto_hash_sha512_BYTES];
    static_assert(SHA512_HEX_SIZE == 2 * sizeof digest + 1, "SHA-512");
    crypto_hash_sha512(digest, data.at, data.len);
    return sodium_bin2hex(ret_hex, SHA512_HEX_SIZE, digest, sizeof digest);
}

int digest_parse(const char *hex, struct digest *ret_digest)
{
    size_t got = 0;
    if (!hex || strlen(hex) != 2 * DIGEST_BYTES)
        return ERR_FORMAT;
    if (sodium_hex2bin(ret_digest->at, DIGEST_BYTES, hex, 2 * DIGEST_BYTES, NULL, &got, NULL) != 0)
        return ERR_FORMAT;
    return got == DIGEST_BYTES ? 0 : ERR_FORMAT;
}
