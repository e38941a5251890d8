/*
 * The pages of a file that nobody trusts, cut out by a program of its own, tripli-cutter, started
 * for this file alone: it has the file's bytes, one pipe, and limits of memory, processor time and
 * time by the clock; of its caller's memory, keys included, it has nothing. What comes out of the
 * pipe is checked again.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include <jansson.h>

#include "base/bytes.h"
#include "base/digest.h"
#include "base/err.h"
#include "image/header.h"

struct sealed_page {
    struct bytes image; /* of the file itself, or of `cut` */
    json_t *record;     /* owned; as file_page_record */
};

struct sealed_pages {
    unsigned count;
    struct sealed_page at[IMAGE_PAGES_LIMIT];
    struct buf cut;
};

enum {
    SEALED_PIPE_FD = 3,    /* where tripli-cutter writes */
    SEALED_FILE_FD = 4,    /* where it finds the file: memory that nobody can change any more */
    SEALED_NO_SEAL = 3,    /* its exit status when it could not seal itself */
    SEALED_WAIT_MS = 60000 /* cutting 64 pages takes less than one second */
};

/* A file to be cut; all is borrowed. */
struct sealed_file {
    const char *program; /* path of tripli-cutter */
    struct bytes bytes;
    struct digest digest;
    int wait_ms; /* until the program is killed: SEALED_WAIT_MS */
};

/* Every page, or the error of the first that cannot be cut out; ERR_FORMAT, too, when the program
 * died of it or did not end in time. ERR_UNAVAILABLE: no program, or no seal. Free with
 * sealed_pages_clear. */
int sealed_pages_cut(const struct sealed_file *file, struct sealed_pages *ret_pages,
                     struct err *err);
void sealed_pages_clear(struct sealed_pages *pages);
