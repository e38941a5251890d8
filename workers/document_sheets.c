/*
 * Documents as PDFs: see document_sheets.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "workers/document_sheets.h"

#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/scope.h"

enum { DEADLINE_MS = 120000, FILE_MODE = 0600 }; /* for reading one page */

static int rotation_of(const struct found_page *page)
{
    json_t *verdict = json_loadb((const char *)page->record.at, page->record.len, 0, NULL);
    const int rotation = (int)json_integer_value(json_object_get(verdict, "rotation"));
    json_decref(verdict);
    return rotation;
}

int document_sheets_start(struct document_sheets *sheets, struct err *err)
{
    const struct program *program = sheets->program;
    return sheets->reader ? 0
                          : reader_start(&program->place, &program->tuning, &sheets->reader, err);
}

/* The page as a sheet, from the sealed reader; its words too when it is written. */
static int read_sheet(struct document_sheets *sheets, const struct found_page *page,
                      json_t **ret_answer, struct buf *rows, struct err *err)
{
    const struct reader_sheet sheet = {.rotation = rotation_of(page),
                                       .written = strcmp(page->tag, "blank") != 0 &&
                                                  strcmp(page->tag, "separator") != 0,
                                       .deadline_ms = DEADLINE_MS};
    int rc = document_sheets_start(sheets, err);
    if (rc == 0)
        rc = reader_send_sheet(sheets->reader, &sheet, buf_view(&page->image), err);
    if (rc == 0)
        rc = reader_receive_rows(sheets->reader, DEADLINE_MS, ret_answer, rows, err);
    const json_t *error = rc == 0 ? json_object_get(*ret_answer, "error") : NULL;
    if (error)
        rc = err_set(err, ERR_FORMAT, "%s", json_string_value(json_object_get(error, "text")));
    return rc;
}

int document_sheets_add(struct document_sheets *sheets, const struct found_document *document,
                        const struct found_page *page, struct err *err)
{
    SCOPED(buf_free) struct buf rows = {0};
    json_t *answer = NULL;
    char title[ID_TEXT_SIZE + 16], id[ID_TEXT_SIZE];
    snprintf(title, sizeof title, "Document %s", document_id_format(document->id, id));
    int rc = sheets->pdf ? 0 : document_pdf_open(title, &sheets->pdf, err);
    if (rc == 0)
        rc = read_sheet(sheets, page, &answer, &rows, err);
    if (rc == 0)
        rc =
            document_pdf_add(sheets->pdf,
                             &(struct document_pdf_page){answer, buf_view(&rows),
                                                         buf_view(&page->image), rotation_of(page)},
                             err);
    json_decref(answer);
    return rc;
}

static int too_large(const struct document_sheets_source *source, struct err *err)
{
    return err_set(err, ERR_LIMIT, "PDF: it becomes larger than %zu bytes", source->most);
}

int document_sheets_write(struct document_sheets *sheets, const char *path, struct err *err)
{
    struct bytes file = {0};
    int rc = sheets->pdf ? document_pdf_end(sheets->pdf, &file, err)
                         : err_set(err, ERR_NOT_FOUND, "%s: the document has no page", path);
    if (rc == 0)
        rc = file_write(path, FILE_MODE, file, err);
    document_pdf_free(&sheets->pdf);
    return rc;
}

int document_sheets_make(struct document_sheets *sheets,
                         const struct document_sheets_source *source, struct bytes *ret_pdf,
                         struct err *err)
{
    int rc = 0;
    document_pdf_free(&sheets->pdf);
    for (uint32_t i = 0; rc == 0 && i < source->document->page_count; i++) {
        struct found_page page = {0};
        rc = find_page(source->archive, source->document, i, &page, err);
        if (rc == 0)
            rc = document_sheets_add(sheets, source->document, &page, err);
        if (rc == 0 && document_pdf_size(sheets->pdf) > source->most)
            rc = too_large(source, err);
        found_page_clear(&page);
    }
    if (rc == 0)
        rc = document_pdf_end(sheets->pdf, ret_pdf, err);
    return rc == 0 && ret_pdf->len > source->most ? too_large(source, err) : rc;
}

void document_sheets_clear(struct document_sheets *sheets)
{
    document_pdf_free(&sheets->pdf);
    reader_kill(&sheets->reader);
}
