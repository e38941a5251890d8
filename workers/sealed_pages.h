/*
 * The pages of a file that nobody trusts, cut out by a program of its own, tripli-cutter
 * (cutter_client.h), which decodes each once, so that a damaged file is refused before it is
 * stored. A file is refused only by a process that has seen no other; its answers are checked.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include <jansson.h>

#include "base/bytes.h"
#include "base/digest.h"
#include "base/err.h"
#include "image/header.h"
#include "workers/cutter_client.h"

struct sealed_page {
    struct bytes image;   /* of the file itself, or of `cut` */
    struct digest digest; /* of the image */
    json_t *record;       /* owned; as file_page_record */
};

struct sealed_pages {
    unsigned count;
    struct sealed_page at[IMAGE_PAGES_LIMIT];
    struct buf cut;
};

enum { SEALED_WAIT_MS = 60000 }; /* cutting and decoding 64 pages takes some seconds */

/* A file to be cut; all is borrowed. */
struct sealed_file {
    struct bytes bytes; /* at most IMAGE_FILE_LIMIT_BYTES */
    struct digest digest;
    int wait_ms; /* until the process is killed: SEALED_WAIT_MS */
};

/* Every page, or the error of the first that cannot be cut out or decoded; ERR_FORMAT, too, when
 * the process died of it or did not answer in time. ERR_UNAVAILABLE: no program, or no seal. Free
 * with sealed_pages_clear. */
int sealed_pages_cut(struct cutter *cutter, const struct sealed_file *file,
                     struct sealed_pages *ret_pages, struct err *err);
void sealed_pages_clear(struct sealed_pages *pages);
