/*
 * Sealing: see seal.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/seal.h"

#include <assert.h>
#include <sodium.h>
#include <sys/prctl.h>
#include <sys/resource.h>

enum {
    NONCE_BYTES = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES,
    TAG_BYTES = crypto_aead_xchacha20poly1305_ietf_ABYTES
};

static_assert(SEAL_KEY_BYTES == crypto_aead_xchacha20poly1305_ietf_KEYBYTES, "key size");
static_assert(SEAL_OVERHEAD_BYTES == NONCE_BYTES + TAG_BYTES, "overhead");

int seal_start(struct err *err)
{
    if (sodium_init() < 0)
        return err_set(err, ERR_UNAVAILABLE, "libsodium: no source of random bytes");
    const struct rlimit none = {0, 0};
    setrlimit(RLIMIT_CORE, &none);
#ifndef __SANITIZE_ADDRESS__ /* the leak check attaches to its own process */
    prctl(PR_SET_DUMPABLE, 0);
#endif
    return 0;
}

struct seal_key *seal_key_new(void)
{
    struct seal_key *key = sodium_malloc(sizeof *key);
    if (key)
        randombytes_buf(key->at, sizeof key->at);
    return key;
}

void seal_key_free(struct seal_key **key)
{
    if (!key || !*key)
        return;
    sodium_free(*key);
    *key = NULL;
}

int seal_close(const struct seal_key *key, struct bytes label, struct bytes plain,
               struct buf *ret_sealed)
{
    int rc = buf_reserve(ret_sealed, plain.len + SEAL_OVERHEAD_BYTES);
    if (rc < 0)
        return rc;
    uint8_t *nonce = ret_sealed->at + ret_sealed->len;
    randombytes_buf(nonce, NONCE_BYTES);
    unsigned long long written = 0;
    crypto_aead_xchacha20poly1305_ietf_encrypt(nonce + NONCE_BYTES, &written, plain.at, plain.len,
                                               label.at, label.len, NULL, nonce, key->at);
    ret_sealed->len += NONCE_BYTES + written;
    return 0;
}

int seal_open(const struct seal_key *key, struct bytes label, struct bytes sealed,
              struct buf *ret_plain)
{
    if (sealed.len < SEAL_OVERHEAD_BYTES)
        return ERR_INTEGRITY;
    int rc = buf_reserve(ret_plain, sealed.len - SEAL_OVERHEAD_BYTES + 1);
    if (rc < 0)
        return rc;
    unsigned long long written = 0;
    if (crypto_aead_xchacha20poly1305_ietf_decrypt(
            ret_plain->at + ret_plain->len, &written, NULL, sealed.at + NONCE_BYTES,
            sealed.len - NONCE_BYTES, label.at, label.len, sealed.at, key->at) != 0)
        return ERR_INTEGRITY;
    ret_plain->len += written;
    return 0;
}
