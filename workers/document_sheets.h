/*
 * Searchable PDFs of filed documents (document_pdf.h), one after the other: pages as they were
 * filed, read again by one sealed reader.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "archive/find.h"
#include "workers/document_pdf.h"
#include "workers/program.h"
#include "workers/reader_client.h"

struct document_sheets {
    const struct program *program; /* borrowed; where the reader is */
    struct reader *reader;         /* started for the first page */
    struct document_pdf *pdf;      /* of the document at hand */
};

/* Starts the reader unless it runs: what fails here is of the platform, not of a page. */
int document_sheets_start(struct document_sheets *sheets, struct err *err);

/* The next page of the document; its first one begins a PDF. */
int document_sheets_add(struct document_sheets *sheets, const struct found_document *document,
                        const struct found_page *page, struct err *err);

/* Ends the document and writes its PDF, for its owner alone. ERR_NOT_FOUND when it had no page. */
int document_sheets_write(struct document_sheets *sheets, const char *path, struct err *err);

/* All pages of a document as one PDF, borrowed until the next one or document_sheets_clear.
 * ERR_LIMIT when it becomes larger than `most`. */
struct document_sheets_source {
    struct archive *archive;
    const struct found_document *document;
    size_t most; /* bytes */
};
int document_sheets_make(struct document_sheets *sheets,
                         const struct document_sheets_source *source, struct bytes *ret_pdf,
                         struct err *err);

void document_sheets_clear(struct document_sheets *sheets);
