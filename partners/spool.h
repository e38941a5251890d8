/*
 * The spool: one file that a partner sends, sealed chunk by chunk for the hub before it touches the
 * disk. Each opening makes a key, seals it for the hub's public key (libsodium's crypto_box_seal:
 * X25519, XSalsa20-Poly1305) and each chunk for that key (base/seal.h), and forgets it at the end:
 * who writes a spool cannot read it back. The durable byte is where a broken upload goes on.
 * SPDX-License-Identifier: Apache-2.0
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
 *      the body; after a chunk's zeros, to the end of the block.
 * Blocks are written past the page cache where the file system knows how (O_DIRECT): copying into
 * it cost more than sealing did. */
enum {
    SPOOL_VERSION = 2,
    SPOOL_KEY_BYTES = 32,
    SPOOL_BLOCK_BYTES = 4096,             /* the largest logical block of the disks in use */
    SPOOL_CHUNK_BYTES = 256 * 1024,       /* a peer may cost its queue of four no more than 1 MB */
    SPOOL_FILE_BYTES = 256 * 1024 * 1024, /* a TIFF of many pages; larger ones are sent in parts */
    SPOOL_BLOCKS_MOST = SPOOL_CHUNK_BYTES + SPOOL_BLOCK_BYTES /* of a chunk, with all around it */
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

/* As spool_durable, with what has been sealed since: where the next chunk begins. */
uint64_t spool_written(const struct spool *spool);

/* Whether it was not synced since it was opened: its name may still be lost. */
bool spool_is_fresh(const struct spool *spool);

/* Sealed blocks on their way to the disk. */
struct spool_blocks {
    const struct spool *spool;
    uint64_t at;       /* where in the spool: whole blocks, as the length is */
    struct buf sealed; /* none when the chunk was written already */
};

/* Seals the chunk that begins at byte `at` into `blocks->sealed`, which the caller gives empty,
 * with SPOOL_BLOCKS_MOST bytes of memory from a multiple of SPOOL_BLOCK_BYTES on, and keeps. It
 * counts as written; the caller puts the blocks in their order before the next sync. A chunk that
 * was written already is 0 and changes nothing, so an answer that was lost may be asked for again.
 * ERR_CONFLICT names the next byte when `at` is another one; ERR_LIMIT: an empty chunk, one over
 * SPOOL_CHUNK_BYTES, or one beyond the file's end. */
int spool_seal(struct spool *spool, uint64_t at, struct bytes chunk, struct spool_blocks *blocks,
               struct err *err);

/* Writing and syncing are for one who takes more chunks meanwhile: mark what the sync is to cover,
 * put the blocks and sync (in another thread if need be: both change nothing of the spool), then
 * settle what was marked, or take back all that was not durable before, after ERR_FULL or ERR_IO:
 * it can be sent again. The first sync makes the name durable, too. */
void spool_mark(struct spool *spool);
int spool_put(const struct spool_blocks *blocks, struct err *err);
int spool_sync(const struct spool *spool, struct err *err);
void spool_settle(struct spool *spool);
void spool_take_back(struct spool *spool);

/* For the hub: appends the whole plain file to `ret_plain`. ERR_INTEGRITY when a record is damaged,
 * was sealed for another key, or the whole has another digest than `want`; ERR_UNAVAILABLE when it
 * is of another version; then `ret_plain` is as it was. */
int spool_read(const char *path, const struct spool_secret *key, const struct digest *want,
               struct buf *ret_plain, struct err *err);
