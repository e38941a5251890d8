/*
 * Parcels: see parcel.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "partners/parcel.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <unistd.h>

#include "base/file.h"
#include "base/scope.h"

_Static_assert((int)PARCEL_SEAL_BYTES == (int)crypto_box_SEALBYTES, "what a seal adds");
_Static_assert((int)CURVE_RAW_BYTES == (int)crypto_box_PUBLICKEYBYTES, "one kind of key");

static int write_pieces(int fd, const char *path, const uint8_t public_key[CURVE_RAW_BYTES],
                        struct bytes plain, struct err *err)
{
    SCOPED(buf_free) struct buf sealed = {0};
    int rc = 0;
    if (buf_reserve(&sealed, PARCEL_PIECE_BYTES) < 0)
        return err_set(err, ERR_MEMORY, "%s: no memory", path);
    while (rc == 0 && plain.len > 0) {
        size_t len = plain.len < SPOOL_CHUNK_BYTES ? plain.len : SPOOL_CHUNK_BYTES;
        if (crypto_box_seal(sealed.at, plain.at, len, public_key) != 0)
            return err_set(err, ERR_FORMAT, "%s: this key cannot seal", path);
        rc = file_write_all(fd, bytes_of(sealed.at, len + PARCEL_SEAL_BYTES), path, err);
        plain = bytes_of(plain.at + len, plain.len - len);
    }
    return rc;
}

int parcel_write(const char *path, const char *public_key, struct bytes plain, struct err *err)
{
    uint8_t raw[CURVE_RAW_BYTES];
    int rc = curve_key_bytes(public_key, raw, err);
    if (rc < 0)
        return rc;
    SCOPED(scope_close)
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    return fd < 0 ? err_errno(err, errno, "%s", path) : write_pieces(fd, path, raw, plain, err);
}

int parcel_place(uint32_t at, uint64_t *ret_sealed_at, struct err *err)
{
    *ret_sealed_at = at / SPOOL_CHUNK_BYTES * (uint64_t)PARCEL_PIECE_BYTES;
    return at % SPOOL_CHUNK_BYTES == 0
               ? 0
               : err_set(err, ERR_PROTOCOL, "part: byte %u, must be a multiple of %d", at,
                         SPOOL_CHUNK_BYTES);
}

int parcel_open(struct bytes sealed, const struct curve_keys *keys, struct buf *ret_plain,
                struct err *err)
{
    uint8_t public_key[CURVE_RAW_BYTES], secret[CURVE_RAW_BYTES];
    if (sealed.len <= PARCEL_SEAL_BYTES || sealed.len > PARCEL_PIECE_BYTES)
        return err_set(err, ERR_INTEGRITY, "part: %zu bytes, %d to %d can be", sealed.len,
                       PARCEL_SEAL_BYTES + 1, PARCEL_PIECE_BYTES);
    size_t len = sealed.len - PARCEL_SEAL_BYTES;
    if (buf_reserve(ret_plain, len) < 0)
        return err_set(err, ERR_MEMORY, "part: no memory");
    int rc = curve_key_bytes(keys->public_key, public_key, err);
    if (rc == 0)
        rc = curve_key_bytes(keys->secret_key, secret, err);
    if (rc == 0 && crypto_box_seal_open(ret_plain->at + ret_plain->len, sealed.at, sealed.len,
                                        public_key, secret) != 0)
        rc = err_set(err, ERR_INTEGRITY, "part: it was not sealed for this key");
    sodium_memzero(secret, sizeof secret);
    if (rc == 0)
        ret_plain->len += len;
    return rc;
}
