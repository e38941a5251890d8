/*
 * The index of a hand-over: see handover_index.h. CSV by RFC 4180 with the comma; a text that a
 * spreadsheet would take for a formula gets an apostrophe in front.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "workers/handover_index.h"

#include <jansson.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/scope.h"

enum { NUMBER_SIZE = 32, DIGITS = 6 };

/* In the order of the CSV; those behind `fields` are fields of the page's verdict. */
static const char *const columns[] = {
    "page",     "document", "envelope", "batch", "sheet",        "side",        "file",
    "pdf",      "bytes",    "digest",   "tag",   "document_tag", "confidence",  "decided_by",
    "received", "event",    "expiry",   "rule",  "rule_version", "filed",       "cmc7",
    "nir",      "rlmc_key", "date",     "cerfa", "volet",        "organisation"};
enum { COLUMNS = sizeof columns / sizeof *columns };

static int no_memory(struct err *err)
{
    return err_set(err, ERR_MEMORY, "index of a hand-over: no memory");
}

/* ---- one page as an object ---- */

/* What was read of the page, without where it stands: {name: {value, state}}. */
static json_t *fields_of(const json_t *verdict)
{
    json_t *fields = json_object();
    const char *name;
    json_t *field;
    json_object_foreach(json_object_get(verdict, "fields"), name, field)
    {
        const char *state = json_string_value(json_object_get(field, "state"));
        if (state && strcmp(state, "absent") != 0)
            json_object_set_new(
                fields, name,
                json_pack("{s:O, s:s}", "value", json_object_get(field, "value"), "state", state));
    }
    return fields;
}

static const char *field_text(const json_t *fields, const char *name, bool proven)
{
    const json_t *field = json_object_get(fields, name);
    const char *value = json_string_value(json_object_get(field, "value"));
    const char *state = json_string_value(json_object_get(field, "state"));
    return value && state && (!proven || strcmp(state, "proven") == 0) ? value : NULL;
}

/* Ids, days and terms of the document. Who decided is said, not by name. */
static int put_document(json_t *row, const struct found_document *document)
{
    char id[ID_TEXT_SIZE], envelope[ID_TEXT_SIZE], received[DAY_TEXT_SIZE], event[DAY_TEXT_SIZE],
        expiry[DAY_TEXT_SIZE], filed[CLOCK_TEXT_SIZE];
    const struct document_id first = {document->envelope.batch, document->envelope.first_page};
    json_t *more = json_pack(
        "{s:s, s:s, s:I, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:i, s:s}", "document",
        document_id_format(document->id, id), "envelope", document_id_format(first, envelope),
        "batch", (json_int_t)document->id.batch, "compartment",
        compartment_name(document->compartment), "document_tag", document->tag, "decided_by",
        strcmp(document->decided_by, "worker") == 0 ? "machine" : "person", "received",
        day_format(document->received, received), "event", day_format(document->event, event),
        "expiry", day_format(document->expiry, expiry), "rule", document->rule, "rule_version",
        (int)document->rule_version, "filed", clock_format(document->filed_ms, filed));
    int rc = more && json_object_update(row, more) == 0 ? 0 : ERR_MEMORY;
    json_decref(more);
    return rc;
}

/* How the copy came to be, without the operator's name; NULL when it cannot be read. */
static json_t *capture_of(const struct found_page *page)
{
    json_t *capture = json_loadb((const char *)page->capture.at, page->capture.len, 0, NULL);
    json_object_del(capture, "operator");
    return capture;
}

/* A new object; NULL without memory. */
static json_t *row_of(const struct found_document *document, const struct found_page *page,
                      const struct handover_index_files *files)
{
    char id[ID_TEXT_SIZE], digest[DIGEST_HEX_SIZE];
    json_t *verdict = json_loadb((const char *)page->record.at, page->record.len, 0, NULL);
    const json_t *confidence = json_object_get(verdict, "confidence");
    json_t *row = json_pack(
        "{s:s, s:I, s:I, s:s, s:s, s:I, s:s, s:s, s:f}", "page", page_id_format(page->id, id),
        "sheet", (json_int_t)page->sheet, "side", (json_int_t)page->side, "file", files->image,
        "pdf", files->pdf, "bytes", (json_int_t)page->image.len, "digest",
        digest_hex(&page->digest, digest), "tag", page->tag, "confidence",
        json_is_number(confidence) ? json_number_value(confidence) : document->confidence);
    json_t *fields = fields_of(verdict), *capture = capture_of(page);
    const char *line = field_text(fields, "cmc7", true);
    json_decref(verdict);
    int failed = !row || put_document(row, document) < 0;
    failed = failed || json_object_set_new(row, "cmc7", line ? json_string(line) : json_null()) < 0;
    failed = failed || json_object_set_new(row, "fields", json_incref(fields)) < 0;
    failed = failed || (capture && json_object_set(row, "capture", capture) < 0);
    json_decref(capture);
    json_decref(fields);
    if (!failed)
        return row;
    json_decref(row);
    return NULL;
}

/* ---- CSV ---- */

static int put_text(struct buf *csv, const char *text)
{
    bool formula = strchr("=+-@\t\r", text[0]) && text[0];
    int rc = buf_append(csv, bytes_of(formula ? "\"'" : "\"", formula ? 2 : 1));
    for (; rc == 0 && *text; text++)
        rc = buf_append(csv, bytes_of(*text == '"' ? "\"\"" : text, *text == '"' ? 2 : 1));
    return rc < 0 ? rc : buf_append(csv, bytes_of("\"", 1));
}

static int put_value(struct buf *csv, const json_t *row, const char *column)
{
    char number[NUMBER_SIZE] = "";
    const json_t *value = json_object_get(row, column);
    const char *text =
        value ? json_string_value(value)
              : field_text(json_object_get(row, "fields"), column, strcmp(column, "nir") == 0);
    if (text)
        return put_text(csv, text);
    if (json_is_integer(value))
        snprintf(number, sizeof number, "%lld", (long long)json_integer_value(value));
    else if (json_is_real(value))
        snprintf(number, sizeof number, "%.*g", DIGITS, json_real_value(value));
    return buf_append(csv, bytes_of(number, strlen(number)));
}

static int put_row(struct buf *csv, const json_t *row)
{
    int rc = 0;
    for (int i = 0; rc == 0 && i < COLUMNS; i++) {
        rc = i ? buf_append(csv, bytes_of(",", 1)) : 0;
        if (rc == 0)
            rc = row ? put_value(csv, row, columns[i])
                     : buf_append(csv, bytes_of(columns[i], strlen(columns[i])));
    }
    return rc < 0 ? rc : buf_append(csv, bytes_of("\r\n", 2));
}

int handover_index_begin(struct handover_index *index, struct err *err)
{
    return put_row(&index->csv, NULL) < 0 ? no_memory(err) : 0;
}

int handover_index_add(struct handover_index *index, const struct found_document *document,
                       const struct found_page *page, const struct handover_index_files *files,
                       struct err *err)
{
    json_t *row = row_of(document, page, files);
    SCOPED(scope_free)
    char *text = row ? json_dumps(row, JSON_COMPACT | JSON_REAL_PRECISION(DIGITS)) : NULL;
    bool failed = !text || buf_append(&index->lines, bytes_of(text, strlen(text))) < 0 ||
                  buf_append(&index->lines, bytes_of("\n", 1)) < 0 || put_row(&index->csv, row) < 0;
    json_decref(row);
    return failed ? no_memory(err) : 0;
}

static void wipe(struct buf *text)
{
    if (text->at)
        sodium_memzero(text->at, text->len);
    buf_free(text);
}

void handover_index_clear(struct handover_index *index)
{
    wipe(&index->lines);
    wipe(&index->csv);
}
