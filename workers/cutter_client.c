/*
 * Handing files to tripli-cutter: see cutter_client.h; cutter.c says what the socket carries.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "workers/cutter_client.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/scope.h"
#include "image/header.h"

enum {
    ROOM_BYTES = IMAGE_FILE_LIMIT_BYTES, /* of the memory for files; only what was written exists */
    LARGE_BYTES = 16 << 20, /* the memory of a larger file goes with its process, at once */
    GRACE_MS = 2000,        /* from closing its socket to its end */
    STEP_BYTES = 256 << 10
};

struct cutter {
    const char *program;
    pid_t child; /* 0: none */
    int socket;
    uint8_t *room; /* shared with the child, which may only read it */
    unsigned files;
    bool large; /* it has one */
};

int cutter_new(const char *program, struct cutter **ret_cutter, struct err *err)
{
    struct cutter *cutter = calloc(1, sizeof *cutter);
    if (!cutter)
        return err_set(err, ERR_MEMORY, "no memory to cut pages");
    cutter->program = program;
    cutter->socket = -1;
    *ret_cutter = cutter;
    return 0;
}

void cutter_free(struct cutter **cutter)
{
    if (!*cutter)
        return;
    cutter_end(*cutter);
    free(*cutter);
    *cutter = NULL;
}

/* ---- starting ---- */

/* The child's two descriptors, from wherever they are; only async-signal-safe calls. */
static void become_cutter(const char *program, int socket, int memory)
{
    enum { OUT_OF_THE_WAY = 16 };
    char *arguments[] = {(char *)program, NULL};
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    int out = fcntl(socket, F_DUPFD, OUT_OF_THE_WAY), in = fcntl(memory, F_DUPFD, OUT_OF_THE_WAY);
    if (out < 0 || in < 0 || dup2(out, CUTTER_SOCKET_FD) < 0 || dup2(in, CUTTER_FILE_FD) < 0 ||
        close_range(CUTTER_FILE_FD + 1, ~0u, 0) < 0)
        _exit(CUTTER_NO_SEAL);
    execve(arguments[0], arguments, environ);
    _exit(CUTTER_NO_SEAL);
}

/* Memory that is mapped here and that nobody else can map for writing. */
static int make_room(struct cutter *cutter, struct err *err)
{
    const int seals = F_SEAL_FUTURE_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL;
    int fd = memfd_create("file", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    void *at = MAP_FAILED;
    if (fd >= 0 && ftruncate(fd, ROOM_BYTES) == 0)
        at = mmap(NULL, ROOM_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (at != MAP_FAILED && fcntl(fd, F_ADD_SEALS, seals) == 0) {
        cutter->room = at;
        return fd;
    }
    err_set(err, ERR_UNAVAILABLE, "no memory to hand a file over: %s", strerror(errno));
    if (at != MAP_FAILED)
        munmap(at, ROOM_BYTES);
    if (fd >= 0)
        close(fd);
    return ERR_UNAVAILABLE;
}

static int start(struct cutter *cutter, struct err *err)
{
    int ends[2];
    SCOPED(scope_close) int memory = make_room(cutter, err);
    if (memory < 0)
        return memory;
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
        return err_set(err, ERR_UNAVAILABLE, "no socket to cut pages: %s", strerror(errno));
    cutter->socket = ends[0];
    pid_t child = fork();
    if (child == 0)
        become_cutter(cutter->program, ends[1], memory);
    close(ends[1]);
    if (child < 0)
        return err_set(err, ERR_UNAVAILABLE, "no process to cut pages in: %s", strerror(errno));
    cutter->child = child;
    return 0;
}

/* ---- a file ---- */

int cutter_send(struct cutter *cutter, struct bytes file, struct err *err)
{
    uint64_t length = file.len;
    assert(file.len <= ROOM_BYTES);
    if (cutter->large)
        cutter_end(cutter);
    int rc = cutter->child ? 0 : start(cutter, err);
    if (rc < 0) {
        cutter_end(cutter);
        return rc;
    }
    if (file.len)
        memcpy(cutter->room, file.at, file.len);
    cutter->large = file.len > LARGE_BYTES;
    cutter->files++;
    /* One that has ended is noticed when nothing is heard. Eight bytes always find room. */
    send(cutter->socket, &length, sizeof length, MSG_NOSIGNAL | MSG_DONTWAIT);
    return 0;
}

unsigned cutter_files(const struct cutter *cutter)
{
    return cutter->files;
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

/* Why it has closed its socket. Kills what may still run: it has nothing left to say. */
static int judge_end(struct cutter *cutter, struct err *err)
{
    siginfo_t info;
    int status = 0;
    for (int ms = 0; ms < GRACE_MS; ms++) {
        info.si_pid = 0;
        if (waitid(P_PID, (id_t)cutter->child, &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
            info.si_pid)
            break;
        poll(NULL, 0, 1);
    }
    kill(cutter->child, SIGKILL);
    while (waitpid(cutter->child, &status, 0) < 0 && errno == EINTR)
        ;
    cutter->child = 0;
    if (WIFEXITED(status) && WEXITSTATUS(status) == CUTTER_NO_SEAL)
        return err_set(err, ERR_UNAVAILABLE, "the process that cuts pages could not be sealed");
    return err_set(err, ERR_FORMAT, "it broke the process that reads it");
}

static bool has_heard(const struct cutter_hearing *hearing, const struct buf *heard)
{
    return hearing->want ? heard->len >= hearing->want
                         : heard->len && memchr(heard->at, '\n', heard->len) != NULL;
}

int cutter_hear(struct cutter *cutter, const struct cutter_hearing *hearing, struct buf *to,
                struct err *err)
{
    while (!has_heard(hearing, to)) {
        int ready = wait_for_more(cutter->socket, hearing->until_ms, err);
        if (ready <= 0)
            return ready < 0 ? ready
                             : err_set(err, ERR_TIMEOUT, "its pages were not cut out in time");
        if (buf_reserve(to, STEP_BYTES) < 0)
            return err_set(err, ERR_MEMORY, "pages: no memory");
        ssize_t got = read(cutter->socket, to->at + to->len, STEP_BYTES);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0) /* reset: it ended before it had read what it was sent */
            return got == 0 || errno == ECONNRESET ? judge_end(cutter, err)
                                                   : err_errno(err, errno, "pages");
        to->len += (size_t)got;
        if (to->len > hearing->most)
            return err_set(err, ERR_LIMIT, "its pages have more than %zu bytes", hearing->most);
    }
    return 0;
}

void cutter_end(struct cutter *cutter)
{
    if (cutter->child) {
        kill(cutter->child, SIGKILL);
        while (waitpid(cutter->child, NULL, 0) < 0 && errno == EINTR)
            ;
    }
    if (cutter->socket >= 0)
        close(cutter->socket);
    if (cutter->room)
        munmap(cutter->room, ROOM_BYTES);
    *cutter = (struct cutter){.program = cutter->program, .socket = -1};
}
