/*
 * Having pages cut out by tripli-cutter: see sealed_pages.h; cutter.c says what the socket carries.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "workers/sealed_pages.h"

#include <string.h>

#include "base/clock.h"
#include "base/scope.h"
#include "wire/message.h"

enum {
    LINE_BYTES = 64 << 10, /* 64 records of 300 bytes, and room */
    PAGES_BYTES = 2 * IMAGE_FILE_LIMIT_BYTES,
    RECORD_BYTES = 1024
};

/* The refusal that the child told; it may speak of the file only, not of this machine. */
static int read_refusal(const json_t *head, struct err *err)
{
    static const int known[] = {ERR_LIMIT, ERR_FORMAT, ERR_UNSUPPORTED};
    const char *code = json_string_value(json_object_get(head, "code"));
    const char *reason = json_string_value(json_object_get(head, "reason"));
    for (size_t i = 0; code && i < sizeof known / sizeof *known; i++)
        if (strcmp(err_name(known[i]), code) == 0)
            return err_set(err, known[i], "%.300s", reason ? reason : "");
    return err_set(err, ERR_FORMAT, "it broke the process that reads it");
}

static int take_page(const json_t *row, const struct sealed_file *file, struct bytes *rest,
                     struct sealed_page *ret_page)
{
    char hex[DIGEST_HEX_SIZE];
    json_t *record = json_object_get(row, "record");
    json_int_t bytes = json_integer_value(json_object_get(row, "bytes"));
    size_t len = (size_t)bytes;
    if (bytes < 0 || len > rest->len || len > WIRE_PAYLOAD_LIMIT_BYTES || !json_is_object(record) ||
        json_object_set_new(record, "file_digest", json_string(digest_hex(&file->digest, hex))) < 0)
        return ERR_FORMAT;
    if (json_dumpb(record, NULL, 0, JSON_COMPACT) > RECORD_BYTES)
        return ERR_FORMAT;
    const struct bytes image = len ? bytes_of(rest->at, len) : file->bytes;
    *ret_page =
        (struct sealed_page){image, len ? digest_of(image) : file->digest, json_incref(record)};
    *rest = bytes_of(rest->at + len, rest->len - len);
    return 0;
}

static int take_pages(const json_t *head, const struct sealed_file *file, struct bytes rest,
                      struct sealed_pages *pages, struct err *err)
{
    const json_t *rows = json_object_get(head, "pages");
    size_t count = json_array_size(rows);
    if (json_object_get(head, "code"))
        return read_refusal(head, err);
    int rc = count < 1 || count > IMAGE_PAGES_LIMIT ? ERR_FORMAT : 0;
    for (size_t i = 0; rc == 0 && i < count; i++) {
        rc = take_page(json_array_get(rows, i), file, &rest, &pages->at[i]);
        pages->count += rc == 0;
    }
    return rc == 0 && rest.len == 0
               ? 0
               : err_set(err, ERR_FORMAT, "it broke the process that reads it");
}

/* How many bytes the pages have by their rows; take_page checks each row. */
static size_t bytes_of_pages(const json_t *head)
{
    size_t total = 0, i;
    const json_t *row;
    json_array_foreach(json_object_get(head, "pages"), i, row)
    {
        json_int_t bytes = json_integer_value(json_object_get(row, "bytes"));
        if (bytes > 0 && bytes <= WIRE_PAYLOAD_LIMIT_BYTES)
            total += (size_t)bytes;
    }
    return total;
}

/* The line that the answer begins with. */
static int hear_head(struct cutter *cutter, int64_t until_ms, struct buf *said, json_t **ret_head,
                     struct err *err)
{
    const struct cutter_hearing line = {0, PAGES_BYTES, until_ms};
    int rc = cutter_hear(cutter, &line, said, err);
    if (rc < 0)
        return rc;
    const uint8_t *end = memchr(said->at, '\n', said->len);
    size_t len = (size_t)(end - said->at);
    if (len <= LINE_BYTES)
        *ret_head = json_loadb((const char *)said->at, len, JSON_REJECT_DUPLICATES, NULL);
    return *ret_head ? (int)len + 1
                     : err_set(err, ERR_FORMAT, "it broke the process that reads it");
}

static int hear_pages(struct cutter *cutter, const struct sealed_file *file,
                      struct sealed_pages *pages, struct err *err)
{
    const int64_t until_ms = clock_mono_ms() + file->wait_ms;
    json_t *head = NULL;
    int line = hear_head(cutter, until_ms, &pages->cut, &head, err), rc = line;
    if (line > 0) {
        const struct cutter_hearing all = {(size_t)line + bytes_of_pages(head), PAGES_BYTES,
                                           until_ms};
        rc = cutter_hear(cutter, &all, &pages->cut, err);
    }
    if (rc == 0) {
        const struct bytes said = buf_view(&pages->cut);
        rc = take_pages(head, file, bytes_of(said.at + line, said.len - (size_t)line), pages, err);
    }
    json_decref(head);
    if (rc == ERR_TIMEOUT)
        return err_set(err, ERR_FORMAT, "its pages were not cut out within %d ms", file->wait_ms);
    return rc;
}

static int cut(struct cutter *cutter, const struct sealed_file *file,
               struct sealed_pages *ret_pages, struct err *err)
{
    int rc = cutter_send(cutter, file->bytes, err);
    if (rc == 0)
        rc = hear_pages(cutter, file, ret_pages, err);
    if (rc < 0)
        sealed_pages_clear(ret_pages);
    return rc;
}

int sealed_pages_cut(struct cutter *cutter, const struct sealed_file *file,
                     struct sealed_pages *ret_pages, struct err *err)
{
    *ret_pages = (struct sealed_pages){0};
    int rc = cut(cutter, file, ret_pages, err);
    if (rc == 0)
        return 0;
    const bool alone = cutter_files(cutter) <= 1;
    cutter_end(cutter); /* what it has seen may have left something behind */
    if (alone || (rc != ERR_FORMAT && rc != ERR_LIMIT && rc != ERR_UNSUPPORTED))
        return rc;
    rc = cut(cutter, file, ret_pages, err);
    if (rc < 0)
        cutter_end(cutter);
    return rc;
}

void sealed_pages_clear(struct sealed_pages *pages)
{
    for (unsigned i = 0; i < pages->count; i++)
        json_decref(pages->at[i].record);
    buf_free(&pages->cut);
    *pages = (struct sealed_pages){0};
}
