/*
 * Having pages cut out by tripli-cutter: see sealed_pages.h; cutter.c says what the pipe carries.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "workers/sealed_pages.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/scope.h"
#include "wire/message.h"

enum {
    LINE_BYTES = 64 << 10, /* 64 records of 300 bytes, and room */
    RECORD_BYTES = 1024
};

/* The child's two descriptors, from wherever they are; only async-signal-safe calls. */
static void become_cutter(const struct sealed_file *file, int pipe_end, int memory)
{
    enum { OUT_OF_THE_WAY = 16 };
    char *arguments[] = {(char *)file->program, NULL};
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    int out = fcntl(pipe_end, F_DUPFD, OUT_OF_THE_WAY), in = fcntl(memory, F_DUPFD, OUT_OF_THE_WAY);
    if (out < 0 || in < 0 || dup2(out, SEALED_PIPE_FD) < 0 || dup2(in, SEALED_FILE_FD) < 0 ||
        close_range(SEALED_FILE_FD + 1, ~0u, 0) < 0)
        _exit(SEALED_NO_SEAL);
    execve(arguments[0], arguments, environ);
    _exit(SEALED_NO_SEAL);
}

/* The file's bytes as memory that can be handed to another process and changed by none. */
static int memory_of(struct bytes bytes, struct err *err)
{
    struct err why;
    int fd = memfd_create("file", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (fd < 0)
        return err_set(err, ERR_UNAVAILABLE, "no memory to hand a file over: %s", strerror(errno));
    if (file_write_all(fd, bytes, "file", &why) == 0 &&
        fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL) == 0)
        return fd;
    close(fd);
    return err_set(err, ERR_UNAVAILABLE, "no memory to hand a file over");
}

/* 1 something is there (or the end), 0 the time is over, or the error. */
static int wait_for_more(int fd, int64_t until_ms, struct err *err)
{
    for (;;) {
        int64_t left = until_ms - clock_mono_ms();
        struct pollfd wait = {.fd = fd, .events = POLLIN};
        int ready = left > 0 ? poll(&wait, 1, (int)left) : 0;
        if (ready >= 0)
            return ready;
        if (errno != EINTR)
            return err_errno(err, errno, "pages");
    }
}

/* Until the pipe's other end is closed; ERR_LIMIT past `most` bytes, ERR_TIMEOUT past the time. */
static int read_all(int fd, size_t most, int64_t until_ms, struct buf *ret_said, struct err *err)
{
    enum { STEP = 256 << 10 };
    for (;;) {
        int ready = wait_for_more(fd, until_ms, err);
        if (ready <= 0)
            return ready < 0 ? ready
                             : err_set(err, ERR_TIMEOUT, "its pages were not cut out in time");
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

/* Kills what may still run: a program that has closed its pipe has nothing left to say. */
static int end_of(pid_t child, struct err *err)
{
    siginfo_t info;
    int status = 0;
    enum { GRACE_MS = 2000, STEP_MS = 1 }; /* from closing the pipe to its end */
    for (int ms = 0; ms < GRACE_MS; ms += STEP_MS) {
        info.si_pid = 0;
        if (waitid(P_PID, (id_t)child, &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid)
            break;
        poll(NULL, 0, STEP_MS);
    }
    kill(child, SIGKILL);
    while (waitpid(child, &status, 0) < 0 && errno == EINTR)
        ;
    if (WIFEXITED(status) && WEXITSTATUS(status) == SEALED_NO_SEAL)
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

/* The program's pages, read to the end of the pipe; it has ended when this returns. */
static int hear(const struct sealed_file *file, pid_t child, int from, struct buf *ret_said,
                struct err *err)
{
    struct err why;
    int64_t until_ms = clock_mono_ms() + file->wait_ms;
    int rc =
        read_all(from, LINE_BYTES + 2 * (size_t)IMAGE_FILE_LIMIT_BYTES, until_ms, ret_said, err);
    if (rc < 0)
        kill(child, SIGKILL);
    int ended = end_of(child, rc == 0 ? err : &why);
    if (rc == ERR_TIMEOUT)
        return err_set(err, ERR_FORMAT, "its pages were not cut out within %d ms", file->wait_ms);
    return rc < 0 ? rc : ended;
}

int sealed_pages_cut(const struct sealed_file *file, struct sealed_pages *ret_pages,
                     struct err *err)
{
    int ends[2];
    *ret_pages = (struct sealed_pages){0};
    SCOPED(scope_close) int memory = memory_of(file->bytes, err);
    if (memory < 0)
        return memory;
    if (pipe2(ends, O_CLOEXEC) < 0)
        return err_errno(err, errno, "pipe");
    pid_t child = fork();
    if (child == 0)
        become_cutter(file, ends[1], memory);
    close(ends[1]);
    SCOPED(scope_close) int from = ends[0];
    if (child < 0)
        return err_set(err, ERR_UNAVAILABLE, "no process to cut pages in: %s", strerror(errno));
    int rc = hear(file, child, from, &ret_pages->cut, err);
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
