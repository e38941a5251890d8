/*
 * AES-256-GCM for chunks: see chunk_seal.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "partners/chunk_seal.h"

#include <limits.h>
#include <openssl/evp.h>

enum { NONCE_BYTES = 12, SEALS = 1, OPENS = 0 };

/* A context for one chunk; NULL when memory is short. EVP_CIPHER_CTX_free wipes it. */
static EVP_CIPHER_CTX *begin(const struct seal_key *key, uint32_t number, int what)
{
    uint8_t nonce[NONCE_BYTES] = {0};
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    for (int i = 0; i < 4; i++)
        nonce[i] = (uint8_t)(number >> (8 * i));
    if (context && EVP_CipherInit_ex(context, EVP_aes_256_gcm(), NULL, key->at, nonce, what) != 1) {
        EVP_CIPHER_CTX_free(context);
        return NULL;
    }
    return context;
}

int chunk_seal_close(const struct seal_key *key, uint32_t number, struct bytes plain,
                     struct buf *ret_sealed)
{
    int done = 0, rest = 0;
    if (plain.len > INT_MAX || buf_reserve(ret_sealed, plain.len + CHUNK_SEAL_BYTES) < 0)
        return ERR_MEMORY;
    EVP_CIPHER_CTX *context = begin(key, number, SEALS);
    uint8_t *to = ret_sealed->at + ret_sealed->len;
    bool sealed =
        context && EVP_EncryptUpdate(context, to, &done, plain.at, (int)plain.len) == 1 &&
        EVP_EncryptFinal_ex(context, to + done, &rest) == 1 &&
        EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, CHUNK_SEAL_BYTES, to + plain.len) == 1;
    EVP_CIPHER_CTX_free(context);
    if (!sealed)
        return ERR_MEMORY;
    ret_sealed->len += plain.len + CHUNK_SEAL_BYTES;
    return 0;
}

int chunk_seal_open(const struct seal_key *key, uint32_t number, struct bytes sealed,
                    struct buf *ret_plain)
{
    int done = 0, rest = 0;
    if (sealed.len < CHUNK_SEAL_BYTES || sealed.len > INT_MAX)
        return ERR_INTEGRITY;
    size_t length = sealed.len - CHUNK_SEAL_BYTES;
    if (buf_reserve(ret_plain, length) < 0)
        return ERR_MEMORY;
    EVP_CIPHER_CTX *context = begin(key, number, OPENS);
    if (!context)
        return ERR_MEMORY;
    uint8_t *to = ret_plain->at + ret_plain->len;
    bool opened = EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, CHUNK_SEAL_BYTES,
                                      (void *)(sealed.at + length)) == 1 &&
                  EVP_DecryptUpdate(context, to, &done, sealed.at, (int)length) == 1 &&
                  EVP_DecryptFinal_ex(context, to + done, &rest) == 1;
    EVP_CIPHER_CTX_free(context);
    if (!opened)
        return ERR_INTEGRITY;
    ret_plain->len += length;
    return 0;
}
