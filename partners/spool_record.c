/*
 * Records and layout of spools: see spool_record.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "partners/spool_record.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>
#include <xxhash.h>

static const uint8_t magic[SPOOL_MAGIC_BYTES] = {'t', 'r', 'i', 'p', 'l', 'i', 0, SPOOL_VERSION};

_Static_assert((int)SPOOL_RECORD_MOST <= (int)SPOOL_BLOCKS_MOST, "a record fits its blocks");
_Static_assert((int)SPOOL_KEY_BYTES == (int)crypto_box_PUBLICKEYBYTES, "sizes of public keys");
_Static_assert((int)SPOOL_KEY_BYTES == (int)crypto_box_SECRETKEYBYTES, "sizes of secret keys");

struct spool_place spool_start(void)
{
    return (struct spool_place){.file = 1};
}

bool spool_is_end(const struct manifest *manifest, const struct spool_place *place)
{
    return place->file > manifest->count;
}

uint32_t spool_chunk_length(const struct manifest *manifest, const struct spool_place *place)
{
    uint32_t left = manifest->files[place->file - 1].bytes - place->at;
    return left < SPOOL_CHUNK_BYTES ? left : SPOOL_CHUNK_BYTES;
}

uint64_t spool_record_length(const struct manifest *manifest, const struct spool_place *place)
{
    return (uint64_t)SPOOL_HEAD_BYTES + spool_chunk_length(manifest, place) + CHUNK_SEAL_BYTES;
}

struct spool_place spool_after(const struct manifest *manifest, const struct spool_place *place)
{
    struct spool_place next = *place;
    uint64_t length = spool_record_length(manifest, place);
    next.block += (length + SPOOL_BLOCK_BYTES - 1) / SPOOL_BLOCK_BYTES * SPOOL_BLOCK_BYTES;
    next.number++;
    next.at += spool_chunk_length(manifest, place);
    if (next.at == manifest->files[place->file - 1].bytes) {
        next.file++;
        next.at = 0;
    }
    return next;
}

static void checksum(const uint8_t *record, size_t length, uint8_t ret[SPOOL_CHECK_BYTES])
{
    const size_t before = SPOOL_MAGIC_BYTES + SPOOL_CHECK_BYTES;
    XXH64_hash_t sum = XXH3_64bits(record + before, length - before);
    for (int i = 0; i < SPOOL_CHECK_BYTES; i++)
        ret[i] = (uint8_t)(sum >> (8 * i));
}

void spool_record_close(uint8_t *record, size_t length)
{
    memcpy(record, magic, sizeof magic);
    checksum(record, length, record + SPOOL_MAGIC_BYTES);
}

int spool_record_read(int fd, const struct manifest *manifest, const struct spool_place *place,
                      struct buf *room)
{
    uint8_t sum[SPOOL_CHECK_BYTES];
    size_t length = spool_record_length(manifest, place);
    room->len = 0;
    if (buf_reserve(room, length) < 0)
        return ERR_MEMORY;
    ssize_t got = pread(fd, room->at, length, (off_t)place->block);
    if (got < 0)
        return ERR_IO;
    if ((size_t)got < length)
        return 0;
    room->len = length;
    checksum(room->at, length, sum);
    return memcmp(room->at, magic, sizeof magic) == 0 &&
           memcmp(room->at + SPOOL_MAGIC_BYTES, sum, sizeof sum) == 0;
}

int spool_check_version(int fd, const char *path, struct err *err)
{
    static const uint8_t zeros[SPOOL_MAGIC_BYTES];
    uint8_t is[SPOOL_MAGIC_BYTES];
    ssize_t got = pread(fd, is, sizeof is, 0);
    if (got < 0)
        return err_errno(err, errno, "%s", path);
    if (got < SPOOL_MAGIC_BYTES || memcmp(is, zeros, sizeof is) == 0)
        return 0;
    return memcmp(is, magic, sizeof is) == 0
               ? 1
               : err_set(err, ERR_UNAVAILABLE,
                         "%s: not a spool of version %d: let the version of tripli that wrote it "
                         "take the batch",
                         path, SPOOL_VERSION);
}
