/*
 * A filed document in the form of `--json` (docs/schemas.md).
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include <jansson.h>

#include "archive/find.h"
#include "archive/paper.h"

/* "jpg", "png" or "tif": the ending of a file that holds the image. */
const char *page_extension(struct bytes image);

/* A new object; NULL when memory is short. */
json_t *document_to_json(const struct found_document *document);

/* The same of the paper of a batch. */
json_t *paper_to_json(const struct paper_info *paper);

enum { PAPER_TEXT_SIZE = 192 };
/* Where the paper lies, or what became of it, in French. */
const char *paper_text(const struct paper_info *paper, char ret_text[PAPER_TEXT_SIZE]);
