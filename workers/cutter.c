/*
 * tripli-cutter: cuts the pages out of one file for tripli-import, sealed as the reader is. The
 * file is mapped from descriptor 4; descriptor 3 is a pipe that carries one line of JSON,
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
#include <sys/stat.h>
#include <sysexits.h>

#include "base/file.h"
#include "base/log.h"
#include "base/scope.h"
#include "image/decode.h"
#include "workers/file_pages.h"
#include "workers/reader_seal.h"
#include "workers/sealed_pages.h"

enum {
    MEMORY_MIB = 2048, /* the file and its pages, 256 MB each, and what a decoder needs */
    CPU_SECONDS = 30   /* cutting 64 pages takes less than one */
};

struct cutting {
    json_t *pages;
    struct buf bytes;
};

/* Every pixel, or the reason why there are less. Reduced where that spares the decoder work: which
 * damage it finds does not depend on it. */
static int check_pixels(struct bytes image, struct err *err)
{
    const struct image_decode_params small = {.page = 1, .reduce = 8};
    SCOPED(image_free) struct Pix *pixels = NULL;
    return image_decode(image, &small, &pixels, err);
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
            rc = check_pixels(cut.image, err);
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
    int rc = line ? file_write_all(SEALED_PIPE_FD, bytes_of(line, strlen(line)), "pipe", &err)
                  : ERR_MEMORY;
    if (rc == 0)
        rc = file_write_all(SEALED_PIPE_FD, bytes_of("\n", 1), "pipe", &err);
    if (rc == 0)
        rc = file_write_all(SEALED_PIPE_FD, bytes, "pipe", &err);
    json_decref(head);
    free(line);
    return rc;
}

static int find_file(struct bytes *ret_file)
{
    struct stat stat;
    if (fstat(SEALED_FILE_FD, &stat) < 0)
        return ERR_IO;
    *ret_file = bytes_of(NULL, 0);
    if (stat.st_size == 0)
        return 0;
    void *at = mmap(NULL, (size_t)stat.st_size, PROT_READ, MAP_PRIVATE, SEALED_FILE_FD, 0);
    if (at == MAP_FAILED)
        return ERR_IO;
    *ret_file = bytes_of(at, (size_t)stat.st_size);
    return 0;
}

static int seal(struct err *err)
{
    const struct rlimit time = {CPU_SECONDS, CPU_SECONDS};
    return setrlimit(RLIMIT_CPU, &time) < 0 ? ERR_UNAVAILABLE : reader_seal(MEMORY_MIB, err);
}

int main(int argc, char **argv)
{
    struct cutting cutting = {0};
    struct bytes file;
    struct err err = {0};
    (void)argv;
    if (argc != 1 || find_file(&file) < 0) {
        fprintf(stderr, "tripli-cutter is started by tripli-import\n");
        return EX_USAGE;
    }
    log_start("tripli-cutter");
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (seal(&err) < 0) {
        log_error("%s", err.text);
        return SEALED_NO_SEAL;
    }
    cutting.pages = json_array();
    int rc = cut_all(file, &cutting, &err);
    json_t *head = rc < 0 ? json_pack("{s:s, s:s}", "code", err_name(err.code), "reason", err.text)
                          : json_pack("{s:O}", "pages", cutting.pages);
    rc = tell(head, rc < 0 ? bytes_of(NULL, 0) : buf_view(&cutting.bytes));
    json_decref(cutting.pages);
    buf_free(&cutting.bytes);
    return rc < 0 ? EX_IOERR : EX_OK;
}
