/*
 * Where a partner keeps a hand-over: files under the names of the signed manifest, first in
 * TO/.NAME.part, which becomes TO/NAME when everything in it is durable and has its digest. What
 * was begun is gone on with, file by file and byte by byte.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "archive/handover.h"
#include "partners/fetch.h"
#include "workers/place.h"

struct fetch_folder {
    struct handover handover;
    struct digest manifest;     /* of the whole manifest */
    char path[PLACE_SIZE + 64]; /* TO/NAME, or TO/NAME-2 … beside another of that number */
    char part[PLACE_SIZE + 64]; /* TO/.NAME.part */
    bool is_there;              /* all of it came before */
    struct fetch_file *files;   /* one for each line */
    struct fetch_line *lines;   /* likewise */
    uint32_t count;
    uint64_t bytes, left; /* of all files; of those that are wanted still */
};

/* Checks the manifest against the platform's public key and finds, or makes, the folder below `to`;
 * then `files` says what is wanted. ERR_INTEGRITY, ERR_FORMAT: nothing was written. */
int fetch_folder_open(const char *to, struct bytes manifest, const struct digest *public_key,
                      struct fetch_folder *ret_folder, struct err *err);
void fetch_folder_clear(struct fetch_folder *folder);

/* Keeps bytes of a file; with its last ones the file must have its digest (ERR_INTEGRITY: it is
 * removed, and wanted from its first byte). */
int fetch_folder_take(struct fetch_folder *folder, const struct fetch_piece *piece,
                      struct err *err);

/* Every file is there: the folder gets its name. Durable. */
int fetch_folder_finish(struct fetch_folder *folder, const char *to, struct err *err);
