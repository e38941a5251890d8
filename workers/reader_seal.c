/*
 * The reader's seal: rlimits, Landlock where the kernel has it, and a seccomp allow-list. The list
 * is what reading pages was seen to need with glibc 2.36, Tesseract 5.3 and Leptonica 1.82; a file
 * opening fails politely, since libraries may try one and go on.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "workers/reader_seal.h"

#include <errno.h>
#include <seccomp.h>

#include "workers/reader_landlock.h"

#ifndef __SANITIZE_ADDRESS__ /* the sanitizer maps 20 TB and reads /proc */
static int limit_memory(rlim_t memory_mib, struct err *err)
{
    const struct rlimit memory = {memory_mib << 20, memory_mib << 20};
    if (setrlimit(RLIMIT_AS, &memory) < 0)
        return err_errno(err, errno, "reader: memory limit of %lu MiB", (unsigned long)memory_mib);
    return 0;
}

static int allow_calls(scmp_filter_ctx filter)
{
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
        SCMP_SYS(clock_gettime),
        SCMP_SYS(gettimeofday),
        SCMP_SYS(times),
        SCMP_SYS(getrusage),
        SCMP_SYS(getpid),
        SCMP_SYS(gettid),
        SCMP_SYS(tgkill),
        SCMP_SYS(sched_yield),
        SCMP_SYS(sched_getaffinity),
        SCMP_SYS(getrandom),
        SCMP_SYS(sendto),
        SCMP_SYS(recvfrom),
        SCMP_SYS(poll),
        SCMP_SYS(restart_syscall),
        SCMP_SYS(clock_nanosleep),
        SCMP_SYS(newfstatat),
        SCMP_SYS(sysinfo),
        SCMP_SYS(uname),
    };
    static const int refused[] = {SCMP_SYS(open),      SCMP_SYS(openat),   SCMP_SYS(access),
                                  SCMP_SYS(faccessat), SCMP_SYS(readlink), SCMP_SYS(ioctl),
                                  SCMP_SYS(fcntl),     SCMP_SYS(prlimit64)};
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < sizeof allowed / sizeof *allowed; i++)
        rc = seccomp_rule_add(filter, SCMP_ACT_ALLOW, allowed[i], 0);
    for (size_t i = 0; rc == 0 && i < sizeof refused / sizeof *refused; i++)
        rc = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), refused[i], 0);
    return rc;
}

static int load_filter(struct err *err)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_KILL_PROCESS);
    int rc = filter ? allow_calls(filter) : -ENOMEM;
    if (rc == 0)
        rc = seccomp_load(filter);
    seccomp_release(filter);
    return rc < 0 ? err_errno(err, -rc, "reader: seccomp filter") : 0;
}
#endif

int reader_seal(rlim_t memory_mib, struct err *err)
{
#ifdef __SANITIZE_ADDRESS__
    (void)memory_mib;
    (void)err;
    return 0;
#else
    int rc = limit_memory(memory_mib, err);
    if (rc == 0)
        rc = reader_forbid_files(err);
    return rc < 0 ? rc : load_filter(err);
#endif
}
