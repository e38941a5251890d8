/*
 * A filed document in the form of `--json` (docs/schemas.md).
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include <jansson.h>

#include "archive/find.h"

/* "jpg", "png" or "tif": the ending of a file that holds the image. */
const char *page_extension(struct bytes image);

/* A new object; NULL when memory is short. */
json_t *document_to_json(const struct found_document *document);
