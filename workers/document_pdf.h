/*
 * A searchable PDF of a document: each page its image, upright, over the words read from it, which
 * are found by a search and hidden by the image. The pixels come from the sealed reader
 * (reader_client.h): nothing is decoded here.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include <jansson.h>

#include "base/bytes.h"
#include "base/err.h"

struct document_pdf;

/* `title` is for the reader's window: an id, nothing personal. */
int document_pdf_open(const char *title, struct document_pdf **ret_pdf, struct err *err);

/* Adds a page. `sheet` is the reader's answer and `rows` its payload (reader_send_sheet); `image`
 * is the page as filed: a JPEG that stands upright is taken over as it is, all else is packed
 * without loss. ERR_PROTOCOL when the answer does not fit its payload. */
struct document_pdf_page {
    const json_t *sheet;
    struct bytes rows, image;
    int rotation; /* by which the page was turned upright, degrees counter-clockwise */
};
int document_pdf_add(struct document_pdf *pdf, const struct document_pdf_page *page,
                     struct err *err);

/* Bytes of it so far; the last page's may be missing. */
size_t document_pdf_size(const struct document_pdf *pdf);

/* Ends the document; its bytes are borrowed until document_pdf_free. */
int document_pdf_end(struct document_pdf *pdf, struct bytes *ret_file, struct err *err);
void document_pdf_free(struct document_pdf **pdf);
