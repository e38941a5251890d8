/*
 * The inbox: what partners have submitted and the hub's side has not taken yet, on disk, and the
 * receipts of what it has. The gateway writes it and cannot read back what was sent (spool.h).
 * Every function returns after what it says is durable, but for those that inbox_sync makes so.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "partners/manifest.h"
#include "partners/spool.h"

/* On disk:
 *   ROOT/hub.pub                 public key that files are sealed for
 *   ROOT/TENANT/UUID/opened      digest and length of the manifest, as announced
 *   ROOT/TENANT/UUID/manifest    the manifest, once it is whole and checked (incoming before)
 *   ROOT/TENANT/UUID/files       the files, sealed (spool.h); gone when the receipt is there
 *   ROOT/TENANT/UUID/receipt     written by the hub's side
 *   ROOT/queue/TENANT-UUID       whole batches that have no receipt yet (inbox_queue.h)
 */
enum {
    INBOX_PATH_SIZE = 1280,
    INBOX_UNFINISHED_MAX = 64, /* batches of a tenant without receipt: what a key can leave */
    INBOX_PASSED_MAX = 64 * INBOX_UNFINISHED_MAX, /* all batches of 64 tenants */
    INBOX_OPEN_MAX = 32 /* batches kept open, 1 MB each; others are opened again */
};

enum inbox_phase { INBOX_MANIFEST, INBOX_FILES, INBOX_QUEUED, INBOX_DONE };

/* How far a batch is: the byte that is wanted next. */
struct inbox_standing {
    enum inbox_phase phase;
    uint32_t file, at; /* file 0 is the manifest; beyond the last file when none is wanted */
};

const char *inbox_phase_name(enum inbox_phase phase); /* "manifest", "files", "queued", "done" */

struct inbox;

/* Kept free on the disk of inbox and outbox. Far above the archive's own reserve (256 MB): what
 * partners send must never take the room in which pages that are accepted are filed, for filing is
 * what makes room again. 2 GB are a thousand of the largest usual pages, colour at 300 dpi. */
#define PARTNERS_RESERVE_BYTES (UINT64_C(2) << 30)

struct inbox_params {
    const char *root;       /* made when missing, 0700 */
    uint64_t reserve_bytes; /* ERR_FULL when less would stay free on its disk */
};

/* ERR_NOT_FOUND when ROOT/hub.pub is missing: the hub's side makes it. */
int inbox_open(const struct inbox_params *params, struct inbox **ret_inbox, struct err *err);
void inbox_free(struct inbox **inbox);

/* A batch of a tenant; both valid (manifest_…_is_valid). */
struct inbox_batch {
    const char *tenant, *uuid;
};

/* A manifest as it is announced. */
struct inbox_manifest {
    struct digest digest;
    uint32_t bytes;
};

/* Announces a batch, or finds it again; where it stands counts after inbox_sync, as in inbox_take.
 * ERR_CONFLICT: another manifest bears this uuid; ERR_LIMIT: length or number of unfinished
 * batches. */
int inbox_announce(struct inbox *inbox, const struct inbox_batch *batch,
                   const struct inbox_manifest *manifest, struct inbox_standing *ret_standing,
                   struct err *err);

/* Takes a chunk and tells how far the batch is once inbox_sync has returned 0, not before: nobody
 * may be told until then. One that is not the next changes nothing and is no error; ERR_LIMIT when
 * it has not the length that spool.h wants. What is durable of a file stays; a manifest counts when
 * it is whole. A manifest that does not hold forgets the batch: ERR_FORMAT, ERR_LIMIT,
 * ERR_INTEGRITY or ERR_DENIED (another tenant or uuid), with the reason. ERR_NOT_FOUND: not
 * announced. */
int inbox_take(struct inbox *inbox, const struct inbox_batch *batch,
               const struct spool_chunk *chunk, struct inbox_standing *ret_standing,
               struct err *err);

/* Begins to make durable what was taken since the last time, of all batches at once, and returns at
 * once: more may be taken meanwhile. The one before was ended. The descriptor is readable once
 * inbox_sync_end has not to wait; that queues the batches that are whole. When it fails nothing
 * that was taken since the last success may be acknowledged, what was taken since the beginning
 * included (its end fails, too): each batch is where it was. */
void inbox_sync_begin(struct inbox *inbox);
int inbox_sync_descriptor(const struct inbox *inbox);
int inbox_sync_end(struct inbox *inbox, struct err *err);

/* Begins and ends. */
int inbox_sync(struct inbox *inbox, struct err *err);

/* A part of a receipt; `bytes` is the caller's: buf_free. */
struct inbox_part {
    uint32_t at, whole; /* where it begins, length of the whole receipt */
    struct buf bytes;   /* at most SPOOL_CHUNK_BYTES */
};

/* The receipt from byte `at`; ERR_NOT_FOUND until there is one. */
int inbox_receipt(struct inbox *inbox, const struct inbox_batch *batch, uint32_t at,
                  struct inbox_part *ret_part, struct err *err);

/* ---- for the hub's side ---- */

#define INBOX_SPOOL "files"
#define INBOX_BEGUN "begun"       /* empty; there before the hub has a page of the batch */
#define INBOX_REFUSALS "refusals" /* inbox_refusals.h */

/* Paths in the inbox, below `root`; `name` NULL is the batch's folder. */
void inbox_path(const char *root, const struct inbox_batch *batch, const char *name,
                char ret_path[INBOX_PATH_SIZE]);
void inbox_queue_path(const char *root, const struct inbox_batch *batch,
                      char ret_path[INBOX_PATH_SIZE]);

/* The key pair that files are sealed for: `secret_path` (0400, outside the inbox) and ROOT/hub.pub,
 * made when missing. The caller wipes the secret. */
int inbox_hub_key(const char *root, const char *secret_path, struct spool_secret *ret_secret,
                  struct err *err);

/* Batches of the tenant that have no receipt yet. */
int inbox_count_unfinished(const char *root, const char *tenant);

/* Whether the batch has its receipt. */
bool inbox_has_receipt(const char *root, const struct inbox_batch *batch);

/* Takes the sealed files of a batch that has its receipt away, with what its taking had kept, then
 * the batch out of the queue. */
int inbox_clear(const char *root, const struct inbox_batch *batch, struct err *err);
