/*
 * The spool: all files of one batch that a partner sends, sealed chunk by chunk for the hub before
 * they touch the disk. Each opening or taking back makes a key, seals it for the hub's public key
 * (libsodium's crypto_box_seal: X25519, XSalsa20-Poly1305) and each chunk for that key
 * (chunk_seal.h), and forgets it at the end: who writes a spool cannot read it back. The durable
 * chunk is where a broken upload goes on.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/err.h"
#include "partners/manifest.h"

/* On disk, numbers little-endian: the chunks of all files in the manifest's order. Each is
 * SPOOL_CHUNK_BYTES long, or what is left of its file, so that the manifest tells where it lies;
 * each has blocks of its own:
 *    8  "tripli", 0, SPOOL_VERSION
 *    8  XXH3-64 of the rest of the record: tells a whole record from one that a power cut tore;
 *       against changes by intent the seals stand
 *   80  the key, sealed for the hub
 *       the chunk, sealed with it under the chunk's number in the batch; zeros to the block's end
 * Blocks are written past the page cache where the file system knows how (O_DIRECT): copying into
 * it cost more than sealing did. One file for a batch, not one for each of its files: making those
 * had cost as much again. */
enum {
    SPOOL_VERSION = 3,
    SPOOL_KEY_BYTES = 32,
    SPOOL_BLOCK_BYTES = 4096,             /* the largest logical block of the disks in use */
    SPOOL_CHUNK_BYTES = 256 * 1024,       /* a peer may cost its queue of four no more than 1 MB */
    SPOOL_FILE_BYTES = 256 * 1024 * 1024, /* a TIFF of many pages; larger ones are sent in parts */
    SPOOL_BLOCKS_MOST = SPOOL_CHUNK_BYTES + SPOOL_BLOCK_BYTES, /* of a chunk with all around it */
    SPOOL_IN_DOUBT = 256, /* the last chunks, of which a power cut may keep any */
    SPOOL_PUT_MOST = 16   /* chunks in one write, 4 MB: twice a sender's window */
};

struct spool_public {
    uint8_t at[SPOOL_KEY_BYTES];
};
struct spool_secret {
    uint8_t at[SPOOL_KEY_BYTES];
};

/* A fresh pair; the caller wipes the secret one. seal_start comes first. */
void spool_keys_make(struct spool_public *ret_public, struct spool_secret *ret_secret);

/* Where a chunk begins. */
struct spool_place {
    uint32_t file;   /* from 1; beyond the last when all is there */
    uint32_t at;     /* byte of the file */
    uint32_t number; /* chunks before it in the batch */
    uint64_t block;  /* where in the spool, in bytes: whole blocks */
};

struct spool_chunk {
    uint32_t file, at; /* as in spool_place */
    struct bytes bytes;
};

struct spool;

struct spool_params {
    const char *path;
    const struct spool_public *key;
    const struct manifest *manifest; /* borrowed until spool_free */
    uint32_t known;                  /* so many chunks are whole for sure */
};

/* Opens the spool, or makes it (mode 0600). Chunks count up to the first that is not whole; what
 * follows is cut off. Of those whose sync may not have been answered, the last SPOOL_IN_DOUBT, each
 * is looked at unless it is known. What is found may be in the system's memory only: the next sync
 * makes it durable, and the name. ERR_CONFLICT when another process has it open; ERR_FORMAT when
 * the path is no regular file; ERR_UNAVAILABLE when it is of another version, which stays as it is.
 */
int spool_open(const struct spool_params *params, struct spool **ret_spool, struct err *err);
/* NULL-safe, nulls. */
void spool_free(struct spool **spool);

/* The chunk that is wanted next; what lies before it may not be durable yet. */
const struct spool_place *spool_next(const struct spool *spool);

/* Whether it was not synced since it was opened: its name may still be lost. */
bool spool_is_fresh(const struct spool *spool);

/* Sealed blocks on their way to the disk. */
struct spool_blocks {
    const struct spool *spool;
    uint64_t at; /* where in the spool: whole blocks, as the length is */
    struct buf sealed;
};

/* Seals the next chunk into `blocks->sealed`, which the caller gives empty, with SPOOL_BLOCKS_MOST
 * bytes of memory from a multiple of SPOOL_BLOCK_BYTES on, and keeps. The caller puts the blocks in
 * their order before the next sync. ERR_CONFLICT when it is not the next, ERR_LIMIT when it has not
 * the length of the one that begins there. */
int spool_seal(struct spool *spool, const struct spool_chunk *chunk, struct spool_blocks *blocks,
               struct err *err);

/* Writing and syncing are for one who takes more chunks meanwhile: mark what the sync is to cover,
 * put the blocks and sync (in another thread if need be: both change nothing of the spool), then
 * settle what was marked, or take back all that was not durable before, after ERR_FULL or ERR_IO:
 * it can be sent again. The first sync makes the name durable, too. */
void spool_mark(struct spool *spool);

/* Blocks of one spool, 1 to SPOOL_PUT_MOST, each beginning where the one before it ends: a disk
 * takes them as one write. */
int spool_put(const struct spool_blocks *blocks, int count, struct err *err);
int spool_sync(const struct spool *spool, struct err *err);
void spool_settle(struct spool *spool);
void spool_take_back(struct spool *spool);
