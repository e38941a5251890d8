/*
 * The pages of an image file that is handed in, by whoever captures: a one-page file is kept byte
 * for byte, a page of a multi-page TIFF is cut out without loss.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include <jansson.h>

#include "base/bytes.h"
#include "base/digest.h"
#include "base/err.h"
#include "image/header.h"

struct file_page {
    struct image_header header; /* .pages: how many the file has */
    struct bytes image;         /* of the file, or of `cut` */
    struct buf cut;             /* owned: buf_free */
};

/* Page `page` (from 1). Errors as image_header_read and image_split; ERR_LIMIT when the page is
 * larger than a message may be. */
int file_page_cut(struct bytes file, unsigned page, struct file_page *ret_page, struct err *err);

/* What is kept of where the page comes from, a new object; no personal data. */
json_t *file_page_record(const struct digest *whole_file, const struct image_header *header,
                         unsigned page);
