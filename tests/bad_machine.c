/*
 * A bad machine, preloaded into the hub, or the program BAD_PROGRAM (others are left alone). While
 * the file exists in the folder BAD_MACHINE: `slow`, every sync of a file takes SLOW_MS longer, as
 * on a busy disk; `eio`, every write and sync of a file below the folder fails with EIO, as on a
 * broken one; `full`, every write there fails with ENOSPC; `clock`, the wall clock is BACK_S
 * behind.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <dlfcn.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

enum { SLOW_MS = 20, BACK_S = 26 * 3600, PATH_BYTES = 4096 };

/* The folder; NULL in another program. */
static const char *folder(void)
{
    const char *program = getenv("BAD_PROGRAM");
    program = program ? program : "tripli-hub";
    return strcmp(program_invocation_short_name, program) == 0 ? getenv("BAD_MACHINE") : NULL;
}

static bool is_ordered(const char *what)
{
    char path[PATH_BYTES];
    int before = errno;
    bool there = folder() && snprintf(path, sizeof path, "%s/%s", folder(), what) < PATH_BYTES &&
                 access(path, F_OK) == 0;
    errno = before;
    return there;
}

static bool is_below(int fd)
{
    char link[64], path[PATH_BYTES];
    size_t length = strlen(folder());
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t got = readlink(link, path, sizeof path - 1);
    if (got <= 0)
        return false;
    path[got] = '\0';
    return strncmp(path, folder(), length) == 0 && path[length] == '/';
}

static bool fails(int fd)
{
    if (!is_ordered("eio") || !is_below(fd))
        return false;
    errno = EIO;
    return true;
}

static bool write_fails(int fd)
{
    if (!is_ordered("full") || !is_below(fd))
        return fails(fd);
    errno = ENOSPC;
    return true;
}

static void linger(void)
{
    if (is_ordered("slow"))
        nanosleep(&(struct timespec){.tv_nsec = SLOW_MS * 1000000L}, NULL);
}

/* The function of that name that this one stands before. */
#define REAL(function, name)                                                                       \
    do                                                                                             \
        *(void **)&(function) = dlsym(RTLD_NEXT, name);                                            \
    while (0)

int fsync(int fd)
{
    int (*real)(int);
    REAL(real, "fsync");
    linger();
    return fails(fd) ? -1 : real(fd);
}

int fdatasync(int fd)
{
    int (*real)(int);
    REAL(real, "fdatasync");
    linger();
    return fails(fd) ? -1 : real(fd);
}

ssize_t write(int fd, const void *from, size_t size)
{
    ssize_t (*real)(int, const void *, size_t);
    REAL(real, "write");
    return write_fails(fd) ? -1 : real(fd, from, size);
}

ssize_t pwrite(int fd, const void *from, size_t size, off_t at)
{
    ssize_t (*real)(int, const void *, size_t, off_t);
    REAL(real, "pwrite");
    return write_fails(fd) ? -1 : real(fd, from, size, at);
}

ssize_t writev(int fd, const struct iovec *parts, int count)
{
    ssize_t (*real)(int, const struct iovec *, int);
    REAL(real, "writev");
    return write_fails(fd) ? -1 : real(fd, parts, count);
}

ssize_t pwritev(int fd, const struct iovec *parts, int count, off_t at)
{
    ssize_t (*real)(int, const struct iovec *, int, off_t);
    REAL(real, "pwritev");
    return write_fails(fd) ? -1 : real(fd, parts, count, at);
}

int clock_gettime(clockid_t clock, struct timespec *ret_now)
{
    int (*real)(clockid_t, struct timespec *);
    REAL(real, "clock_gettime");
    int rc = real(clock, ret_now);
    if (clock == CLOCK_REALTIME && is_ordered("clock"))
        ret_now->tv_sec -= BACK_S;
    return rc;
}
