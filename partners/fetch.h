/*
 * The partner's side of fetching: asks for a hand-over, brings manifest and files, opens what was
 * sealed for its key, acknowledges. Where what comes is kept, and whether it is what was signed, is
 * the caller's.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "base/digest.h"
#include "partners/talk.h"

struct fetch;

/* `watcher` is borrowed, as are the keys. */
int fetch_open(const struct client_params *params, const struct talk_watcher *watcher,
               struct fetch **ret_fetch, struct err *err);
void fetch_free(struct fetch **fetch);

/* Asks for a hand-over and waits until it is ready: 1, or 0 when nothing was filed since.
 * ERR_NOT_FOUND, ERR_LIMIT: no such one, or too long ago; ERR_DENIED; ERR_TIMEOUT. */
struct fetch_order {
    uint32_t again; /* 0: the next; otherwise the number of one of before */
    bool pdf;       /* with a searchable PDF of each document */
};
int fetch_order(struct fetch *fetch, const struct fetch_order *order, struct err *err);

/* Appends the manifest; at most `most` bytes (ERR_LIMIT). */
int fetch_manifest(struct fetch *fetch, size_t most, struct buf *ret_manifest, struct err *err);

/* A file that is wanted from byte `at` on, a multiple of SPOOL_CHUNK_BYTES; nothing of it is when
 * `at` is `bytes` or more. */
struct fetch_file {
    uint32_t file, at, bytes;
};

/* Bytes of file `index` of the list; they come in order, file after file. */
struct fetch_piece {
    uint32_t index, at;
    struct bytes plain;
};
struct fetch_wish {
    const struct fetch_file *files;
    uint32_t count;
    int (*take)(void *context, const struct fetch_piece *piece, struct err *err);
    void *context;
};

/* ERR_NOT_FOUND: the hand-over is there no more, order it anew; ERR_INTEGRITY: not sealed for this
 * key, or not of the length that is wanted. */
int fetch_files(struct fetch *fetch, const struct fetch_wish *wish, struct err *err);

/* Says that all of it is durable here, and waits until the platform's journal has it. */
int fetch_acknowledge(struct fetch *fetch, const struct digest *manifest, struct err *err);
