/*
 * A reader as its parent sees it: see reader_client.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "workers/reader_client.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "workers/pipe.h"

enum {
    READER_FD = 3,          /* the child's end of the socketpair */
    READY_LIMIT_MS = 30000, /* loading models takes 0.3 s */
    PIPE_LIMIT_S = 10       /* to send or take a part of a message */
};

struct reader {
    pid_t pid;
    int fd;
    long long pages;
    bool reaped;
    int status; /* of waitpid, when reaped */
};

/* In the child, between fork and exec: only async-signal-safe calls. */
static void become_reader(int fd, char *const arguments[], char *const environment[])
{
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    if (fd == READER_FD ? 0 : dup2(fd, READER_FD) < 0)
        _exit(127);
    execve(arguments[0], arguments, environment);
    _exit(127);
}

/* The child's environment: ours, with one OpenMP thread. libgomp reads it when it is loaded. */
static char **environment_of_reader(void)
{
    static char limit[] = "OMP_THREAD_LIMIT=1";
    size_t count = 0, kept = 0;
    while (environ[count])
        count++;
    char **list = calloc(count + 2, sizeof *list);
    for (size_t i = 0; list && i < count; i++)
        if (strncmp(environ[i], "OMP_THREAD_LIMIT=", 17) != 0)
            list[kept++] = environ[i];
    if (list)
        list[kept] = limit;
    return list;
}

static int start(struct reader *reader, const struct place *place, const struct tuning *tuning,
                 struct err *err)
{
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
        return err_errno(err, errno, "reader: socketpair");
    char program[PLACE_SIZE + 16], memory[24];
    snprintf(program, sizeof program, "%s/tripli-reader", place->bin);
    snprintf(memory, sizeof memory, "%lld", tuning->worker.memory_mb);
    char *arguments[] = {program,
                         (char *)place->config,
                         memory,
                         (char *)tuning->worker.engine,
                         (char *)tuning->worker.kernels,
                         NULL};
    char **environment = environment_of_reader();
    reader->pid = environment ? fork() : -1;
    if (reader->pid == 0)
        become_reader(pair[1], arguments, environment);
    free(environment);
    close(pair[1]);
    if (reader->pid < 0) {
        close(pair[0]);
        return err_errno(err, errno, "reader: fork");
    }
    reader->fd = pair[0];
    /* Reader and worker take what the other sends at once, or one of them is broken. */
    const struct timeval limit = {.tv_sec = PIPE_LIMIT_S};
    setsockopt(reader->fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    setsockopt(reader->fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    return 0;
}

int reader_spawn(const struct place *place, const struct tuning *tuning, struct reader **ret_reader,
                 struct err *err)
{
    struct reader *reader = calloc(1, sizeof *reader);
    if (!reader)
        return err_set(err, ERR_MEMORY, "reader: no memory");
    int rc = start(reader, place, tuning, err);
    if (rc < 0) {
        free(reader);
        return rc;
    }
    *ret_reader = reader;
    return 0;
}

static void reap(struct reader *reader)
{
    while (!reader->reaped && waitpid(reader->pid, &reader->status, 0) < 0 && errno == EINTR)
        ;
    reader->reaped = true;
}

void reader_kill(struct reader **reader)
{
    if (!reader || !*reader)
        return;
    if (!(*reader)->reaped)
        kill((*reader)->pid, SIGKILL);
    reap(*reader);
    close((*reader)->fd);
    free(*reader);
    *reader = NULL;
}

int reader_fd(const struct reader *reader)
{
    return reader->fd;
}

pid_t reader_pid(const struct reader *reader)
{
    return reader->pid;
}

long long reader_pages(const struct reader *reader)
{
    return reader->pages;
}

int reader_send(struct reader *reader, const struct reader_page *page, struct bytes file,
                struct err *err)
{
    json_t *request = json_pack("{s:i, s:i, s:s}", "page", (int)page->page, "deadline_ms",
                                page->deadline_ms, "finding", page->finding ? page->finding : "");
    if (!request)
        return err_set(err, ERR_MEMORY, "reader: no memory");
    int rc = pipe_send(reader->fd, request, file, err);
    json_decref(request);
    return rc;
}

int reader_send_text(struct reader *reader, int rotation, int deadline_ms, struct bytes file,
                     struct err *err)
{
    json_t *request = json_pack("{s:i, s:i}", "rotation", rotation, "deadline_ms", deadline_ms);
    if (!request)
        return err_set(err, ERR_MEMORY, "reader: no memory");
    int rc = pipe_send(reader->fd, request, file, err);
    json_decref(request);
    return rc;
}

int reader_send_sheet(struct reader *reader, const struct reader_sheet *sheet, struct bytes file,
                      struct err *err)
{
    json_t *request = json_pack("{s:i, s:b, s:i}", "sheet", sheet->rotation, "written",
                                (int)sheet->written, "deadline_ms", sheet->deadline_ms);
    if (!request)
        return err_set(err, ERR_MEMORY, "reader: no memory");
    int rc = pipe_send(reader->fd, request, file, err);
    json_decref(request);
    return rc;
}

static int tell_death(struct reader *reader, struct err *err)
{
    kill(reader->pid, SIGKILL); /* it has closed its end: whatever it still does is of no use */
    reap(reader);
    if (WIFSIGNALED(reader->status) && WTERMSIG(reader->status) != SIGKILL)
        return err_set(err, ERR_UNAVAILABLE, "reader died of signal %d (%s)",
                       WTERMSIG(reader->status), strsignal(WTERMSIG(reader->status)));
    if (WIFEXITED(reader->status))
        return err_set(err, ERR_UNAVAILABLE, "reader ended with status %d",
                       WEXITSTATUS(reader->status));
    return err_set(err, ERR_UNAVAILABLE, "reader was killed");
}

int reader_receive(struct reader *reader, int timeout_ms, json_t **ret_answer, struct err *err)
{
    struct buf none = {0};
    int rc = reader_receive_rows(reader, timeout_ms, ret_answer, &none, err);
    buf_free(&none);
    return rc;
}

int reader_receive_rows(struct reader *reader, int timeout_ms, json_t **ret_answer,
                        struct buf *ret_rows, struct err *err)
{
    struct pollfd wait = {.fd = reader->fd, .events = POLLIN};
    int ready = poll(&wait, 1, timeout_ms);
    if (ready == 0 || (ready < 0 && errno == EINTR))
        return err_set(err, ERR_TIMEOUT, "reader: no answer within %d ms", timeout_ms);
    int rc = pipe_receive(reader->fd, ret_answer, ret_rows, err);
    if (rc < 0)
        return tell_death(reader, err);
    reader->pages += json_object_get(*ret_answer, "ready") == NULL;
    return 0;
}

int reader_start(const struct place *place, const struct tuning *tuning, struct reader **ret_reader,
                 struct err *err)
{
    struct reader *reader = NULL;
    json_t *ready = NULL;
    int rc = reader_spawn(place, tuning, &reader, err);
    if (rc == 0)
        rc = reader_receive(reader, READY_LIMIT_MS, &ready, err);
    json_decref(ready);
    if (rc < 0)
        reader_kill(&reader);
    *ret_reader = reader;
    return rc;
}
