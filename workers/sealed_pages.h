/*
 * The pages of a file that nobody trusts, cut out in a process of its own that can open nothing: it
 * has the file's bytes, one pipe, a limit of memory and of processor time, and forgets the caller's
 * key before it looks. What comes out of the pipe is checked again.
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

/* A file to be cut: its bytes, its digest, and what the child must not know. */
struct sealed_file {
    struct bytes bytes;
    struct digest digest;
    void *secret; /* zeroed in the child */
    size_t secret_bytes;
};

/* Every page, or the error of the first that cannot be cut out; ERR_FORMAT, too, when the child
 * died of it. ERR_UNAVAILABLE: no child, or no seal. Free with sealed_pages_clear. */
int sealed_pages_cut(const struct sealed_file *file, struct sealed_pages *ret_pages,
                     struct err *err);
void sealed_pages_clear(struct sealed_pages *pages);
