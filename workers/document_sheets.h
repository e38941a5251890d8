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

/* The next page of the document; its first one begins a PDF. */
int document_sheets_add(struct document_sheets *sheets, const struct found_document *document,
                        const struct found_page *page, struct err *err);

/* Ends the document and writes its PDF, for its owner alone. ERR_NOT_FOUND when it had no page. */
int document_sheets_write(struct document_sheets *sheets, const char *path, struct err *err);

void document_sheets_clear(struct document_sheets *sheets);
