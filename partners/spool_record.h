/*
 * One record of a spool, which holds one chunk, and the layout that a manifest gives: what writing
 * (spool.c) and reading (spool_read.c) share. spool.h has the format.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include <sodium.h>

#include "base/seal.h"
#include "partners/chunk_seal.h"
#include "partners/spool.h"

enum {
    SPOOL_MAGIC_BYTES = 8,
    SPOOL_CHECK_BYTES = 8,
    SPOOL_SEALED_KEY_BYTES = SEAL_KEY_BYTES + crypto_box_SEALBYTES,
    SPOOL_HEAD_BYTES = SPOOL_MAGIC_BYTES + SPOOL_CHECK_BYTES + SPOOL_SEALED_KEY_BYTES,
    SPOOL_RECORD_MOST = SPOOL_HEAD_BYTES + SPOOL_CHUNK_BYTES + CHUNK_SEAL_BYTES
};

/* The first chunk's place. */
struct spool_place spool_start(void);

/* Whether the place is beyond the last chunk. */
bool spool_is_end(const struct manifest *manifest, const struct spool_place *place);

/* Of the chunk that begins there; not at the end. */
uint32_t spool_chunk_length(const struct manifest *manifest, const struct spool_place *place);

/* Of the chunk's record, without what fills its last block. */
uint64_t spool_record_length(const struct manifest *manifest, const struct spool_place *place);

/* The place after it; not at the end. */
struct spool_place spool_after(const struct manifest *manifest, const struct spool_place *place);

/* Puts the magic and the checksum into the record whose key and sealed chunk are there. */
void spool_record_close(uint8_t *record, size_t length);

/* Reads the record at the place into `room`: 1 whole, 0 when it is not, or an error. */
int spool_record_read(int fd, const struct manifest *manifest, const struct spool_place *place,
                      struct buf *room);

/* 1 when the spool begins as this version's, 0 when its beginning is not there (a power cut may
 * leave it short, or zeros), ERR_UNAVAILABLE when it is of another version. */
int spool_check_version(int fd, const char *path, struct err *err);
