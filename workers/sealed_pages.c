/*
 * Cutting pages out in a sealed process: see sealed_pages.h. The pipe carries one line of JSON,
 *   {"pages": [{"bytes": N, "record": {…}}, …]}   or   {"code": "format", "reason": "…"}
 * then the bytes of the pages one after another; N 0 stands for the file itself.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "workers/sealed_pages.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/scope.h"
#include "wire/message.h"
#include "workers/file_pages.h"
#include "workers/reader_seal.h"

enum {
    MEMORY_MIB = 2048, /* the file and its pages, 256 MB each, over what the caller has mapped */
    CPU_SECONDS = 30,  /* cutting 64 pages takes less than one */
    LINE_BYTES = 64 << 10, /* 64 records of 300 bytes, and room */
    RECORD_BYTES = 1024,
    SEAL_FAILED = 3, /* the child's exit status */
    PIPE = 3
};

/* ---- the child ---- */

struct cutting {
    json_t *pages;
    struct buf bytes;
};

static int cut_all(const struct sealed_file *file, struct cutting *cutting, struct err *err)
{
    unsigned pages = 1;
    int rc = 0;
    for (unsigned page = 1; rc == 0 && page <= pages; page++) {
        struct file_page cut;
        rc = file_page_cut(file->bytes, page, &cut, err);
        if (rc < 0)
            return rc;
        pages = cut.header.pages;
        json_t *record = file_page_record(&file->digest, &cut.header, page);
        json_array_append_new(cutting->pages, json_pack("{s:I, s:o}", "bytes",
                                                        (json_int_t)cut.cut.len, "record", record));
        if (buf_append(&cutting->bytes, buf_view(&cut.cut)) < 0)
            rc = err_set(err, ERR_MEMORY, "page %u: no memory", page);
        buf_free(&cut.cut);
    }
    return rc;
}

static void tell(json_t *head, struct bytes bytes)
{
    struct err ignored;
    char *line = head ? json_dumps(head, JSON_COMPACT) : NULL;
    if (line && file_write_all(PIPE, bytes_of(line, strlen(line)), "pipe", &ignored) == 0 &&
        file_write_all(PIPE, bytes_of("\n", 1), "pipe", &ignored) == 0)
        file_write_all(PIPE, bytes, "pipe", &ignored);
}

static void be_the_child(const struct sealed_file *file, int pipe_end)
{
    struct cutting cutting = {.pages = json_array()};
    const struct rlimit time = {CPU_SECONDS, CPU_SECONDS};
    struct err err = {0};
    sodium_memzero(file->secret, file->secret_bytes);
    if (dup2(pipe_end, PIPE) < 0 || close_range(PIPE + 1, ~0u, 0) < 0 ||
        setrlimit(RLIMIT_CPU, &time) < 0 || reader_seal(MEMORY_MIB, &err) < 0)
        _exit(SEAL_FAILED);
    if (cut_all(file, &cutting, &err) < 0)
        tell(json_pack("{s:s, s:s}", "code", err_name(err.code), "reason", err.text),
             bytes_of(NULL, 0));
    else
        tell(json_pack("{s:o}", "pages", cutting.pages), buf_view(&cutting.bytes));
    _exit(0);
}

/* ---- the caller ---- */

static int read_all(int fd, size_t most, struct buf *ret_said, struct err *err)
{
    enum { STEP = 256 << 10 };
    for (;;) {
        if (buf_reserve(ret_said, STEP) < 0)
            return err_set(err, ERR_MEMORY, "pages: no memory");
        ssize_t got = read(fd, ret_said->at + ret_said->len, STEP);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return got < 0 ? err_errno(err, errno, "pages") : 0;
        ret_said->len += (size_t)got;
        if (ret_said->len > most)
            return err_set(err, ERR_LIMIT, "its pages have more than %zu bytes", most);
    }
}

static int wait_for(pid_t child, struct err *err)
{
    int status = 0;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR)
        ;
    if (WIFEXITED(status) && WEXITSTATUS(status) == SEAL_FAILED)
        return err_set(err, ERR_UNAVAILABLE, "the process that cuts pages could not be sealed");
    return WIFEXITED(status) && WEXITSTATUS(status) == 0
               ? 0
               : err_set(err, ERR_FORMAT, "it broke the process that reads it");
}

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
    *ret_page =
        (struct sealed_page){len ? bytes_of(rest->at, len) : file->bytes, json_incref(record)};
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

static int read_pages(const struct sealed_file *file, struct sealed_pages *pages, struct err *err)
{
    const struct bytes said = buf_view(&pages->cut);
    size_t most = said.len < LINE_BYTES ? said.len : LINE_BYTES;
    const uint8_t *end = most ? memchr(said.at, '\n', most) : NULL;
    size_t len = end ? (size_t)(end - said.at) : 0;
    json_t *head = json_loadb((const char *)said.at, len, JSON_REJECT_DUPLICATES, NULL);
    int rc = take_pages(head, file, end ? bytes_of(end + 1, said.len - len - 1) : said, pages, err);
    json_decref(head);
    return rc;
}

int sealed_pages_cut(const struct sealed_file *file, struct sealed_pages *ret_pages,
                     struct err *err)
{
    int ends[2];
    *ret_pages = (struct sealed_pages){0};
    if (pipe2(ends, O_CLOEXEC) < 0)
        return err_errno(err, errno, "pipe");
    pid_t child = fork();
    if (child == 0)
        be_the_child(file, ends[1]);
    close(ends[1]);
    SCOPED(scope_close) int from = ends[0];
    if (child < 0)
        return err_set(err, ERR_UNAVAILABLE, "no process to cut pages in: %s", strerror(errno));
    int rc = read_all(from, LINE_BYTES + 2 * (size_t)IMAGE_FILE_LIMIT_BYTES, &ret_pages->cut, err);
    close(from);
    from = -1;
    struct err why;
    int ended = wait_for(child, rc == 0 ? err : &why);
    if (rc == 0)
        rc = ended;
    if (rc == 0)
        rc = read_pages(file, ret_pages, err);
    if (rc < 0)
        sealed_pages_clear(ret_pages);
    return rc;
}

void sealed_pages_clear(struct sealed_pages *pages)
{
    for (unsigned i = 0; i < pages->count; i++)
        json_decref(pages->at[i].record);
    buf_free(&pages->cut);
    *pages = (struct sealed_pages){0};
}
