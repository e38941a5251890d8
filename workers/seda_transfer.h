/*
 * A SEDA 2.3 ArchiveTransfer in a folder: manifest.xml and content/, one object per page with its
 * SHA-512, one unit per document with its appraisal rule, access rule and holds, and its PDF if
 * wanted, one below it per page. What an archive service, or the tenant itself, takes over.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "archive/find.h"

struct transfer;

enum { TRANSFER_DOCUMENTS_MAX = 20000 }; /* about 60 MB of manifest */

struct program;

struct transfer_params {
    const char *tenant;           /* whose mail it is now */
    const char *agency;           /* who takes it over */
    const struct program *pdf_by; /* makes a searchable PDF of each document; NULL: none */
};

/* Makes the folder; ERR_CONFLICT when it holds a manifest. */
int transfer_begin(struct archive *archive, const char *folder,
                   const struct transfer_params *params, struct transfer **ret_transfer,
                   struct err *err);
/* Writes the images and remembers what the manifest says of them; all are the tenant's. ERR_LIMIT
 * when there are too many; ERR_INTEGRITY for an image that is not what was filed. */
int transfer_add(struct transfer *transfer, const struct found_document *document, struct err *err);
/* Writes the manifest, last: without it there is no transfer. ERR_NOT_FOUND when it is empty. */
int transfer_end(struct transfer *transfer, struct err *err);
void transfer_free(struct transfer **transfer);

struct transfer_extent {
    uint32_t documents, pages;
    uint64_t bytes; /* of images */
};
struct transfer_extent transfer_extent(const struct transfer *transfer);
