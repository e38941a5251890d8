/*
 * tripli-cutter as its parent sees it: one sealed process that is handed file after file. It has a
 * socket, the memory in which its parent puts each file, and limits of memory and processor time;
 * of its parent's memory, keys included, it has nothing. It is started with the first file and
 * again after it was ended. Files of two owners are not to be handed to one process.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/err.h"

enum {
    CUTTER_SOCKET_FD = 3, /* where the child hears the length of a file and answers */
    CUTTER_FILE_FD = 4,   /* where it finds the file: memory that it cannot change */
    CUTTER_NO_SEAL = 3    /* its exit status when it could not seal itself */
};

struct cutter;

/* Starts nothing yet. `program`, the path of tripli-cutter, is borrowed. */
int cutter_new(const char *program, struct cutter **ret_cutter, struct err *err);
/* Ends the child. NULL-safe, nulls. */
void cutter_free(struct cutter **cutter);

/* Hands a file of at most IMAGE_FILE_LIMIT_BYTES over, to a child that it starts when there is
 * none. ERR_UNAVAILABLE: this machine has no process or memory for it. */
int cutter_send(struct cutter *cutter, struct bytes file, struct err *err);

/* How many files the child was handed, with the one that it has. */
unsigned cutter_files(const struct cutter *cutter);

/* Appends what the child says until `to` holds `want` bytes, or its first line has ended when
 * `want` is 0. ERR_TIMEOUT past `until_ms` (clock_mono_ms); ERR_LIMIT past `most` bytes;
 * ERR_FORMAT: it ended instead; ERR_UNAVAILABLE: it could not seal itself. */
struct cutter_hearing {
    size_t want, most;
    int64_t until_ms;
};
int cutter_hear(struct cutter *cutter, const struct cutter_hearing *hearing, struct buf *to,
                struct err *err);

/* Kills the child; the next file begins another. */
void cutter_end(struct cutter *cutter);
