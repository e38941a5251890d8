/*
 * The spool: one file that a partner sends, sealed chunk by chunk for the hub before it touches the
 * disk. A key of its own, which whoever writes forgets with the spool, is sealed for the hub's
 * public key (libsodium's crypto_box_seal: X25519, XSalsa20-Poly1305), each chunk for that one
 * (base/seal.h). So a spool that was closed cannot be read back by who wrote it. The durable byte
 * is where a broken upload goes on. SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/digest.h"
#include "base/err.h"

/* On disk, numbers little-endian: "tripli", 0, SPOOL_VERSION, then records of
 *   8  XXH3-64 of the rest of the record: tells a whole record from one that a power cut tore;
 *      against changes by intent the seals stand
 *   4  kind: 1 a key, sealed; 2 a chunk, sealed with the last key under the label of its first
 *      byte's number (8)
 *   4  length of the body
 *      the body */
enum {
    SPOOL_VERSION = 2,
    SPOOL_KEY_BYTES = 32,
    SPOOL_CHUNK_BYTES = 256 * 1024,      /* a peer may cost its queue of four no more than 1 MB */
    SPOOL_FILE_BYTES = 256 * 1024 * 1024 /* a TIFF of many pages; larger ones are sent in parts */
};

struct spool_public {
    uint8_t at[SPOOL_KEY_BYTES];
};
struct spool_secret {
    uint8_t at[SPOOL_KEY_BYTES];
};

/* A fresh pair; the caller wipes the secret one. seal_start comes first. */
void spool_keys_make(struct spool_public *ret_public, struct spool_secret *ret_secret);

struct spool;

/* Opens the spool of a file of `whole` bytes, or makes it (mode 0600). An unfinished record at the
 * end is cut off; what lies before it stays, whatever happens. It may be in the system's memory
 * only: the next sync makes it durable, and the name. ERR_LIMIT when `whole` is 0 or over
 * SPOOL_FILE_BYTES; ERR_CONFLICT when another process has it open or it holds more than `whole`;
 * ERR_FORMAT when the path is no regular file; ERR_UNAVAILABLE when it is of another version, which
 * stays as it is. `key` is copied. */
int spool_open(const char *path, const struct spool_public *key, uint64_t whole,
               struct spool **ret_spool, struct err *err);
/* NULL-safe, nulls. */
void spool_free(struct spool **spool);

/* Bytes of the file, from its first, that a power cut cannot take away any more; after spool_open
 * that is so from the first sync on. */
uint64_t spool_durable(const struct spool *spool);

/* As spool_durable, with what has been written since: where the next chunk begins. */
uint64_t spool_written(const struct spool *spool);

/* Whether it was not synced since it was opened: its name may still be lost. */
bool spool_is_fresh(const struct spool *spool);

/* Writes the chunk that begins at byte `at`; durable after spool_sync. A chunk that was written
 * already is 0 and changes nothing, so an answer that was lost may be asked for again. ERR_CONFLICT
 * names the next byte when `at` is another one; ERR_LIMIT: an empty chunk, one over
 * SPOOL_CHUNK_BYTES, or one beyond the file's end. After ERR_FULL or ERR_IO the chunk can be sent
 * again. */
int spool_write(struct spool *spool, uint64_t at, struct bytes chunk, struct err *err);

/* Makes what was written durable, and the name. When it fails nothing written since the last time
 * counts: it is cut off and can be sent again. */
int spool_sync(struct spool *spool, struct err *err);

/* The same in steps, for one who syncs while more is written: mark what the sync is to cover, sync
 * (in another thread if need be: it changes nothing of the spool), then settle that, or take back
 * all that was not durable before. */
void spool_mark(struct spool *spool);
int spool_sync_written(const struct spool *spool, struct err *err);
void spool_settle(struct spool *spool);
void spool_take_back(struct spool *spool);

/* For the hub: appends the whole plain file to `ret_plain`. ERR_INTEGRITY when a record is damaged,
 * was sealed for another key, or the whole has another digest than `want`; ERR_UNAVAILABLE when it
 * is of another version; then `ret_plain` is as it was. */
int spool_read(const char *path, const struct spool_secret *key, const struct digest *want,
               struct buf *ret_plain, struct err *err);
