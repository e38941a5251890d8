/*
 * Refused files, kept: see inbox_refusals.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "partners/inbox_refusals.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/scope.h"

void inbox_refusals_clear(struct inbox_refusals *refusals)
{
    buf_free(&refusals->lines);
    json_decref(refusals->codes);
    free(refusals->marks);
    free(refusals->path);
    *refusals = (struct inbox_refusals){0};
}

/* Counts a line that is among `lines`. */
static int count(struct inbox_refusals *refusals, uint32_t file, const char *code)
{
    json_int_t before = json_integer_value(json_object_get(refusals->codes, code));
    if (json_object_set_new(refusals->codes, code, json_integer(before + 1)) < 0)
        return ERR_MEMORY;
    refusals->marks[file - 1] = 1;
    refusals->last = file;
    refusals->count++;
    return 0;
}

static int count_line(struct inbox_refusals *refusals, const char *line, size_t len)
{
    json_t *json = json_loadb(line, len, JSON_REJECT_DUPLICATES, NULL);
    json_int_t file = json_integer_value(json_object_get(json, "file"));
    const char *code = json_string_value(json_object_get(json, "code"));
    int rc = code && file > refusals->last && file <= refusals->files
                 ? count(refusals, (uint32_t)file, code)
                 : ERR_FORMAT;
    json_decref(json);
    return rc;
}

static int count_lines(struct inbox_refusals *refusals, struct err *err)
{
    struct buf *lines = &refusals->lines;
    size_t at = 0;
    for (const uint8_t *end;
         at < lines->len && (end = memchr(lines->at + at, '\n', lines->len - at)) != NULL;) {
        size_t len = (size_t)(end - lines->at) - at;
        int rc = count_line(refusals, (const char *)lines->at + at, len);
        if (rc < 0)
            return err_set(err, rc, "%s: byte %zu: not a refused file of this batch",
                           refusals->path, at);
        at += len + 1;
    }
    lines->len = at;
    return 0;
}

int inbox_refusals_read(const char *path, uint32_t files, struct inbox_refusals *ret_refusals,
                        struct err *err)
{
    struct inbox_refusals *refusals = ret_refusals;
    *refusals = (struct inbox_refusals){.files = files,
                                        .path = strdup(path),
                                        .codes = json_object(),
                                        .marks = calloc(files, sizeof *refusals->marks)};
    if (!refusals->path || !refusals->codes || !refusals->marks)
        return err_set(err, ERR_MEMORY, "%s: no memory for %u files", path, files);
    int rc = file_read(path, (size_t)files * (INBOX_REFUSAL_BYTES + 1), &refusals->lines, err);
    if (rc == ERR_NOT_FOUND)
        return 0;
    return rc < 0 ? rc : count_lines(refusals, err);
}

bool inbox_refusals_has(const struct inbox_refusals *refusals, uint32_t file)
{
    return refusals->marks[file - 1] != 0;
}

/* One line, with its line feed: `ret_line` has room for INBOX_REFUSAL_BYTES + 2. */
static size_t write_line(uint32_t file, const struct err *why, char *ret_line)
{
    const char *code = err_name(why->code);
    json_t *json =
        json_pack("{s:I, s:s, s:s}", "file", (json_int_t)file, "code", code, "reason", why->text);
    size_t len = json ? json_dumpb(json, ret_line, INBOX_REFUSAL_BYTES, JSON_COMPACT) : 0;
    json_decref(json);
    if (len == 0 || len > INBOX_REFUSAL_BYTES)
        len = (size_t)snprintf(ret_line, INBOX_REFUSAL_BYTES,
                               "{\"file\":%u,\"code\":\"%s\",\"reason\":\"\"}", file, code);
    ret_line[len++] = '\n';
    return len;
}

/* Behind the lines that count; the name with the first of them. */
static int append(const struct inbox_refusals *refusals, struct bytes line, struct err *err)
{
    const char *path = refusals->path;
    const off_t at = (off_t)refusals->lines.len;
    SCOPED(scope_close) int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0 || ftruncate(fd, at) < 0 || lseek(fd, at, SEEK_SET) < 0)
        return err_errno(err, errno, "%s", path);
    int rc = file_write_all(fd, line, path, err);
    if (rc == 0 && fdatasync(fd) < 0)
        rc = err_errno(err, errno, "%s: sync", path);
    return rc < 0 || at > 0 ? rc : file_sync_parent(path, err);
}

int inbox_refusals_add(struct inbox_refusals *refusals, uint32_t file, const struct err *why,
                       struct err *err)
{
    char line[INBOX_REFUSAL_BYTES + 2];
    const struct bytes bytes = bytes_of(line, write_line(file, why, line));
    assert(file > refusals->last && file <= refusals->files);
    if (buf_reserve(&refusals->lines, bytes.len) < 0)
        return err_set(err, ERR_MEMORY, "%s: no memory", refusals->path);
    int rc = append(refusals, bytes, err);
    if (rc == 0 && count(refusals, file, err_name(why->code)) < 0)
        rc = err_set(err, ERR_MEMORY, "%s: no memory", refusals->path);
    if (rc == 0)
        buf_append(&refusals->lines, bytes);
    return rc;
}
