/*
 * The pages of a PDF as image files, one each, taken out by poppler's tools in sealed processes: a
 * page that is one embedded image and nothing else as that image, without loss (JPEG byte for byte
 * but for its resolution, anything else as PNG); any other page drawn at PDF_DRAWN_DPI.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "base/err.h"

enum {
    PDF_PAGES_MAX = 500,       /* a stack of paper; longer ones come in parts */
    PDF_FILE_BYTES = 1 << 30,  /* of the PDF */
    PDF_TAKEN_BYTES = 1 << 30, /* of all its pages as images */
    PDF_DRAWN_DPI = 300,       /* what scanners deliver and readers want */
    PDF_PAGE_NAME_SIZE = 8
};

/* Whether the file at `path` begins as a PDF. */
int pdf_is_one(const char *path);

/* Makes the files 0001, 0002 … in `folder`, which is there and empty; `bin` holds our programs.
 * Returns how many pages. ERR_LIMIT: pages, pixels or bytes over a limit, named; ERR_DENIED: it
 * wants a password; ERR_TIMEOUT: a page took too long; ERR_FORMAT: damaged; ERR_UNAVAILABLE:
 * poppler's tools are not there. On error what lies in the folder means nothing. */
int pdf_pages_take(const char *path, const char *folder, const char *bin, struct err *err);

/* The file's name of page `page`, from 1. */
void pdf_page_name(unsigned page, char ret_name[PDF_PAGE_NAME_SIZE]);
