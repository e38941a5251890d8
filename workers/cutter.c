/*
 * tripli-cutter: cuts the pages out of files for tripli-import, sealed as the reader is. Descriptor
 * 3 is a socket; 8 bytes on it, in host order, say that a file of that length lies in the memory
 * mapped from descriptor 4. The answer is one line of JSON,
 *   {"pages": [{"bytes": N, "record": {…}}, …]}   or   {"code": "format", "reason": "…"}
 * then the bytes of the pages one after another; N 0 stands for the file itself.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "base/scope.h"
#include "image/decode.h"
#include "workers/cutter_client.h"
#include "workers/file_pages.h"
#include "workers/reader_seal.h"

enum {
    MEMORY_MIB = 2048, /* the file and its pages, 256 MB each, and what a decoder needs */
    CPU_SECONDS = 30   /* for all its files; one that dies of it is tried again, alone */
};

struct cutting {
    json_t *pages;
    struct buf bytes;
};

/* Every pixel, or the reason why there are less. A JPEG is reduced, which spares its decoder half
 * the work and finds the same damage; reducing another format would cost. */
static int check_pixels(const struct file_page *page, struct err *err)
{
    const unsigned reduce = page->header.format == IMAGE_JPEG ? 8 : 1;
    const struct image_decode_params whole = {.page = 1, .reduce = reduce};
    SCOPED(image_free) struct Pix *pixels = NULL;
    return image_decode(page->image, &whole, &pixels, err);
}

static int cut_all(struct bytes file, struct cutting *cutting, struct err *err)
{
    static const struct digest unknown; /* the caller puts in the one that it has proven */
    unsigned pages = 1;
    int rc = 0;
    for (unsigned page = 1; rc == 0 && page <= pages; page++) {
        struct file_page cut;
        rc = file_page_cut(file, page, &cut, err);
        if (rc == 0)
            rc = check_pixels(&cut, err);
        if (rc < 0) {
            buf_free(&cut.cut);
            return rc;
        }
        pages = cut.header.pages;
        json_t *record = file_page_record(&unknown, &cut.header, page);
        json_array_append_new(cutting->pages, json_pack("{s:I, s:o}", "bytes",
                                                        (json_int_t)cut.cut.len, "record", record));
        if (buf_append(&cutting->bytes, buf_view(&cut.cut)) < 0)
            rc = err_set(err, ERR_MEMORY, "page %u: no memory", page);
        buf_free(&cut.cut);
    }
    return rc;
}

/* Takes the reference of `head`. */
static int tell(json_t *head, struct bytes bytes)
{
    struct err err;
    char *line = head ? json_dumps(head, JSON_COMPACT) : NULL;
    int rc = line ? file_write_all(CUTTER_SOCKET_FD, bytes_of(line, strlen(line)), "socket", &err)
                  : ERR_MEMORY;
    if (rc == 0)
        rc = file_write_all(CUTTER_SOCKET_FD, bytes_of("\n", 1), "socket", &err);
    if (rc == 0)
        rc = file_write_all(CUTTER_SOCKET_FD, bytes, "socket", &err);
    json_decref(head);
    free(line);
    return rc;
}

static int seal(struct err *err)
{
    const struct rlimit time = {CPU_SECONDS, CPU_SECONDS};
    return setrlimit(RLIMIT_CPU, &time) < 0 ? ERR_UNAVAILABLE : reader_seal(MEMORY_MIB, err);
}

/* The answer to one file. */
static int answer(struct bytes file)
{
    struct cutting cutting = {.pages = json_array()};
    struct err err = {0};
    int rc = cut_all(file, &cutting, &err);
    json_t *head = rc < 0 ? json_pack("{s:s, s:s}", "code", err_name(err.code), "reason", err.text)
                          : json_pack("{s:O}", "pages", cutting.pages);
    rc = tell(head, rc < 0 ? bytes_of(NULL, 0) : buf_view(&cutting.bytes));
    json_decref(cutting.pages);
    buf_free(&cutting.bytes);
    return rc;
}

/* Until the caller has no more files. */
static int serve(const uint8_t *files)
{
    uint64_t length;
    ssize_t got;
    int rc = 0;
    while (rc == 0 && (got = read(CUTTER_SOCKET_FD, &length, sizeof length)) != 0) {
        if (got != sizeof length || length > IMAGE_FILE_LIMIT_BYTES)
            return EX_PROTOCOL;
        rc = answer(bytes_of(files, (size_t)length));
    }
    return rc < 0 ? EX_IOERR : EX_OK;
}

int main(int argc, char **argv)
{
    struct err err = {0};
    (void)argv;
    const void *files =
        mmap(NULL, IMAGE_FILE_LIMIT_BYTES, PROT_READ, MAP_SHARED, CUTTER_FILE_FD, 0);
    if (argc != 1 || files == MAP_FAILED) {
        fprintf(stderr, "tripli-cutter is started by tripli-import\n");
        return EX_USAGE;
    }
    close(CUTTER_FILE_FD);
    log_start("tripli-cutter");
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (seal(&err) < 0) {
        log_error("%s", err.text);
        return CUTTER_NO_SEAL;
    }
    return serve(files);
}
