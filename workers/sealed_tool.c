/*
 * Sealed programs of the system: see sealed_tool.h. The list of calls is what poppler's tools were
 * seen to need with glibc 2.36; others fail with EPERM, since a library may try one and go on.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "workers/sealed_tool.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <seccomp.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/scope.h"
#include "workers/reader_landlock.h"

enum {
    MEMORY_MIB = 2048, /* a page of 150 MB decoded, some times over */
    CPU_SECONDS = 30,  /* a page of 600 dpi in colour takes three */
    FILE_MIB = 256,    /* what it writes; a page that is sent has at most 32 */
    NO_SEAL = 126,     /* exit statuses of the child that did not become the program */
    NO_PROGRAM = 127
};

#ifndef __SANITIZE_ADDRESS__
static const int allowed[] = {
    SCMP_SYS(read),
    SCMP_SYS(write),
    SCMP_SYS(close),
    SCMP_SYS(fstat),
    SCMP_SYS(lseek),
    SCMP_SYS(mmap),
    SCMP_SYS(munmap),
    SCMP_SYS(mprotect),
    SCMP_SYS(mremap),
    SCMP_SYS(madvise),
    SCMP_SYS(brk),
    SCMP_SYS(futex),
    SCMP_SYS(exit),
    SCMP_SYS(exit_group),
    SCMP_SYS(rt_sigreturn),
    SCMP_SYS(rt_sigaction),
    SCMP_SYS(rt_sigprocmask),
    SCMP_SYS(sigaltstack),
    SCMP_SYS(clock_gettime),
    SCMP_SYS(gettimeofday),
    SCMP_SYS(getpid),
    SCMP_SYS(gettid),
    SCMP_SYS(tgkill),
    SCMP_SYS(sched_yield),
    SCMP_SYS(getrandom),
    SCMP_SYS(sysinfo),
    SCMP_SYS(uname),
    SCMP_SYS(execve),
    SCMP_SYS(arch_prctl),
    SCMP_SYS(set_tid_address),
    SCMP_SYS(rseq),
    SCMP_SYS(set_robust_list),
    SCMP_SYS(prlimit64),
    SCMP_SYS(open),
    SCMP_SYS(openat),
    SCMP_SYS(access),
    SCMP_SYS(faccessat),
    SCMP_SYS(stat),
    SCMP_SYS(lstat),
    SCMP_SYS(newfstatat),
    SCMP_SYS(statx),
    SCMP_SYS(readlink),
    SCMP_SYS(readlinkat),
    SCMP_SYS(getdents64),
    SCMP_SYS(getcwd),
    SCMP_SYS(pread64),
    SCMP_SYS(pwrite64),
    SCMP_SYS(writev),
    SCMP_SYS(ftruncate),
    SCMP_SYS(fcntl),
    SCMP_SYS(fadvise64),
    SCMP_SYS(statfs),
    SCMP_SYS(fstatfs),
    SCMP_SYS(getuid),
    SCMP_SYS(geteuid),
    SCMP_SYS(getgid),
    SCMP_SYS(getegid),
    SCMP_SYS(unlink),
    SCMP_SYS(clock_nanosleep),
    SCMP_SYS(restart_syscall),
};

static int allow_calls(scmp_filter_ctx filter)
{
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < sizeof allowed / sizeof *allowed; i++)
        rc = seccomp_rule_add(filter, SCMP_ACT_ALLOW, allowed[i], 0);
    return rc;
}

static int load_filter(void)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
    int rc = filter ? allow_calls(filter) : -ENOMEM;
    if (rc == 0)
        rc = seccomp_load(filter);
    seccomp_release(filter);
    return rc;
}

static int limit(int what, rlim_t most)
{
    const struct rlimit both = {most, most};
    return setrlimit(what, &both);
}

static int seal(const struct sealed_tool *tool)
{
    const struct reader_files files = {.read = {"/usr", "/lib", "/lib64", "/etc/fonts",
                                                "/etc/ld.so.cache", "/var/cache/fontconfig",
                                                tool->file, tool->bin},
                                       .folder = tool->folder};
    struct err err;
    if (limit(RLIMIT_AS, (rlim_t)MEMORY_MIB << 20) < 0 || limit(RLIMIT_CPU, CPU_SECONDS) < 0 ||
        limit(RLIMIT_FSIZE, (rlim_t)FILE_MIB << 20) < 0 || limit(RLIMIT_CORE, 0) < 0)
        return ERR_UNAVAILABLE;
    return reader_forbid_other_files(&files, &err) < 0 ? ERR_UNAVAILABLE : load_filter();
}
#else /* the sanitizer of our own programs maps 20 TB and reads /proc */
static int seal(const struct sealed_tool *tool)
{
    (void)tool;
    return 0;
}
#endif

/* In the child. */
static void become_tool(const struct sealed_tool *tool, int said)
{
    static char path[] = "PATH=/usr/bin", locale[] = "LC_ALL=C.UTF-8";
    char *environment[] = {path, locale, NULL};
    enum { OUT_OF_THE_WAY = 16 };
    sigset_t none;
    int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
    int nothing = fcntl(null, F_DUPFD, OUT_OF_THE_WAY);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    said = fcntl(said, F_DUPFD, OUT_OF_THE_WAY);
    if (nothing < 0 || dup2(nothing, STDIN_FILENO) < 0 || dup2(said, STDOUT_FILENO) < 0 ||
        dup2(said, STDERR_FILENO) < 0 || close_range(STDERR_FILENO + 1, ~0u, 0) < 0 ||
        chdir(tool->folder) < 0 || seal(tool) < 0)
        _exit(NO_SEAL);
    execve(tool->arguments[0], (char *const *)tool->arguments, environment);
    _exit(NO_PROGRAM);
}

/* Until it closes its end; the error says why it is to be killed. */
static int hear(int fd, const struct sealed_tool *tool, struct buf *ret_said, struct err *err)
{
    enum { STEP = 4096 };
    const size_t before = ret_said->len;
    const int64_t until = clock_mono_ms() + tool->wait_ms;
    for (;;) {
        struct pollfd wait = {.fd = fd, .events = POLLIN};
        int64_t left = until - clock_mono_ms();
        int ready = left > 0 ? poll(&wait, 1, (int)left) : 0;
        if (ready == 0)
            return err_set(err, ERR_TIMEOUT, "it took over %d s to read", tool->wait_ms / 1000);
        if (buf_reserve(ret_said, STEP) < 0)
            return err_set(err, ERR_MEMORY, "%s: no memory", tool->arguments[0]);
        ssize_t got = ready > 0 ? read(fd, ret_said->at + ret_said->len, STEP) : -1;
        if (got == 0)
            return 0;
        if (got < 0 && errno != EINTR)
            return err_errno(err, errno, "%s", tool->arguments[0]);
        ret_said->len += got > 0 ? (size_t)got : 0;
        if (ret_said->len - before > SEALED_TOOL_SAID_BYTES)
            return err_set(err, ERR_LIMIT, "what it says of itself has over %d bytes",
                           SEALED_TOOL_SAID_BYTES);
    }
}

static int judge(const struct sealed_tool *tool, int status, struct err *err)
{
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) /* the kernel's, at the hard limit */
        return err_set(err, ERR_TIMEOUT, "it took over %d s of processor time", CPU_SECONDS);
    if (!WIFEXITED(status))
        return err_set(err, ERR_FORMAT, "it broke the program that reads it");
    if (WEXITSTATUS(status) == NO_PROGRAM)
        return err_set(err, ERR_UNAVAILABLE, "%s cannot be started", tool->arguments[0]);
    if (WEXITSTATUS(status) == NO_SEAL)
        return err_set(err, ERR_UNAVAILABLE, "%s could not be sealed", tool->arguments[0]);
    return WEXITSTATUS(status);
}

int sealed_tool_run(const struct sealed_tool *tool, struct buf *ret_said, struct err *err)
{
    int ends[2], status = 0;
    if (pipe2(ends, O_CLOEXEC) < 0)
        return err_errno(err, errno, "pipe");
    pid_t child = fork();
    if (child == 0)
        become_tool(tool, ends[1]);
    close(ends[1]);
    SCOPED(scope_close) int from = ends[0];
    if (child < 0)
        return err_set(err, ERR_UNAVAILABLE, "no process for %s", tool->arguments[0]);
    int rc = hear(from, tool, ret_said, err);
    if (rc < 0)
        kill(child, SIGKILL);
    while (waitpid(child, &status, 0) < 0 && errno == EINTR)
        ;
    return rc < 0 ? rc : judge(tool, status, err);
}
