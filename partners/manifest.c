/*
 * Manifests: see manifest.h. Every field of a line is checked once, here.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "partners/manifest.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "partners/spool.h"

enum {
    HEAD_FIELDS = 6, /* and the kind, where there is one */
    FILE_FIELDS = 3,
    LINE_MAX_BYTES = 512
};

bool manifest_uuid_is_valid(const char *uuid)
{
    return strlen(uuid) == MANIFEST_UUID_SIZE - 1 &&
           strspn(uuid, "0123456789abcdef") == MANIFEST_UUID_SIZE - 1;
}

bool manifest_tenant_is_valid(const char *tenant)
{
    return strlen(tenant) == MANIFEST_TENANT_SIZE - 1 &&
           strspn(tenant, "0123456789") == MANIFEST_TENANT_SIZE - 1;
}

/* A whole number from `least` to `most`; false otherwise. */
static bool number_of(const json_t *line, const char *name, uint32_t most, uint32_t *ret_number)
{
    const json_t *value = json_object_get(line, name);
    json_int_t number = json_integer_value(value);
    if (!json_is_integer(value) || number < 0 || number > most)
        return false;
    *ret_number = (uint32_t)number;
    return true;
}

static const char *text_of(const json_t *line, const char *name)
{
    const char *text = json_string_value(json_object_get(line, name));
    return text ? text : "";
}

static int bad(struct err *err, uint32_t line, const char *field)
{
    return err_set(err, ERR_FORMAT, "manifest line %u: '%s' is missing or not valid", line, field);
}

static int read_head(const json_t *line, struct manifest *to, struct err *err)
{
    uint32_t version;
    struct day received;
    if (!number_of(line, "tripli_manifest", 1, &version) || version != 1)
        return bad(err, 1, "tripli_manifest");
    if (!manifest_uuid_is_valid(text_of(line, "uuid")))
        return bad(err, 1, "uuid");
    if (!manifest_tenant_is_valid(text_of(line, "tenant")))
        return bad(err, 1, "tenant");
    if (day_parse(text_of(line, "received"), &received) < 0)
        return bad(err, 1, "received");
    if (!number_of(line, "sheets", UINT32_MAX, &to->sheets))
        return bad(err, 1, "sheets");
    if (!number_of(line, "files", UINT32_MAX, &to->count) || to->count == 0)
        return bad(err, 1, "files");
    const bool has_kind = json_object_get(line, "kind") != NULL;
    if (has_kind && !mail_kind_is_known(text_of(line, "kind")))
        return err_set(err, ERR_FORMAT, "manifest line 1: 'kind' is none of " MAIL_KINDS);
    if (json_object_size(line) != HEAD_FIELDS + (size_t)has_kind)
        return bad(err, 1, "number of fields");
    if (to->count > MANIFEST_FILES_MAX)
        return err_set(err, ERR_LIMIT, "manifest: %u files, at most %d; send more batches",
                       to->count, MANIFEST_FILES_MAX);
    memcpy(to->uuid, text_of(line, "uuid"), sizeof to->uuid);
    memcpy(to->tenant, text_of(line, "tenant"), sizeof to->tenant);
    snprintf(to->kind, sizeof to->kind, "%s", text_of(line, "kind"));
    day_format(received, to->received);
    to->files = calloc(to->count, sizeof *to->files);
    return to->files ? 0 : err_set(err, ERR_MEMORY, "manifest: no memory for %u files", to->count);
}

static int read_file(const json_t *line, uint32_t index, struct manifest *to, struct err *err)
{
    struct manifest_file *file = &to->files[index];
    uint32_t before = index ? to->files[index - 1].envelope : 0;
    if (!number_of(line, "envelope", before + 1, &file->envelope) || file->envelope == 0 ||
        file->envelope < before)
        return bad(err, index + 2, "envelope");
    if (!number_of(line, "bytes", SPOOL_FILE_BYTES, &file->bytes) || file->bytes == 0)
        return bad(err, index + 2, "bytes");
    if (digest_parse(text_of(line, "digest"), &file->digest) < 0)
        return bad(err, index + 2, "digest");
    return json_object_size(line) == FILE_FIELDS ? 0 : bad(err, index + 2, "number of fields");
}

/* The line that `rest` begins with, as an object to be freed; NULL when it is none. */
static json_t *take_line(struct bytes *rest)
{
    const uint8_t *end = rest->len ? memchr(rest->at, '\n', rest->len) : NULL;
    size_t len = end ? (size_t)(end - rest->at) : 0;
    json_t *line = NULL;
    if (len > 0 && len <= LINE_MAX_BYTES)
        line = json_loadb((const char *)rest->at, len, JSON_REJECT_DUPLICATES, NULL);
    if (line)
        *rest = bytes_of(end + 1, rest->len - len - 1);
    return line;
}

int manifest_read(struct bytes text, struct manifest *ret_manifest, struct err *err)
{
    *ret_manifest = (struct manifest){0};
    if (text.len > MANIFEST_BYTES_MAX)
        return err_set(err, ERR_LIMIT, "manifest: %zu bytes, at most %d", text.len,
                       MANIFEST_BYTES_MAX);
    json_t *line = take_line(&text);
    int rc = read_head(line, ret_manifest, err);
    json_decref(line);
    for (uint32_t i = 0; rc == 0 && i < ret_manifest->count; i++) {
        line = take_line(&text);
        rc = read_file(line, i, ret_manifest, err);
        json_decref(line);
    }
    if (rc == 0 && text.len > 0)
        rc = err_set(err, ERR_FORMAT, "manifest: %zu bytes after its %u files", text.len,
                     ret_manifest->count);
    return rc;
}

void manifest_clear(struct manifest *manifest)
{
    free(manifest->files);
    *manifest = (struct manifest){0};
}

int manifest_write(const struct manifest *manifest, struct buf *ret_text, struct err *err)
{
    char line[LINE_MAX_BYTES], hex[DIGEST_HEX_SIZE];
    snprintf(line, sizeof line,
             "{\"tripli_manifest\":1,\"uuid\":\"%s\",\"tenant\":\"%s\",\"received\":\"%s\","
             "\"files\":%u,\"sheets\":%u%s%s%s}\n",
             manifest->uuid, manifest->tenant, manifest->received, manifest->count,
             manifest->sheets, manifest->kind[0] ? ",\"kind\":\"" : "", manifest->kind,
             manifest->kind[0] ? "\"" : "");
    int rc = buf_append(ret_text, bytes_of(line, strlen(line)));
    for (uint32_t i = 0; rc == 0 && i < manifest->count; i++) {
        const struct manifest_file *file = &manifest->files[i];
        snprintf(line, sizeof line, "{\"envelope\":%u,\"bytes\":%u,\"digest\":\"%s\"}\n",
                 file->envelope, file->bytes, digest_hex(&file->digest, hex));
        rc = buf_append(ret_text, bytes_of(line, strlen(line)));
    }
    return rc < 0 ? err_set(err, ERR_MEMORY, "manifest: no memory for %u files", manifest->count)
                  : 0;
}
