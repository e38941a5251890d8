/*
 * Landlock: see reader_landlock.h. A ruleset that handles every right to files and grants
 * none but those asked for. The
 * kernel says which rights it knows; glibc has no wrappers.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "workers/reader_landlock.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/scope.h"

/* Every right of the first version, and what later ones added to it. */
static __u64 rights_of(long version)
{
    const __u64 first = (LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1; /* the highest bit of version 1 */
    const __u64 refer = UINT64_C(1) << 13, truncate = UINT64_C(1) << 14;
    return first | (version >= 2 ? refer : 0) | (version >= 3 ? truncate : 0);
}

enum {
    READ_FILE = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_EXECUTE,
    READ_FOLDER = READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR,
    WRITE_FOLDER = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR |
                   LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_MAKE_REG |
                   LANDLOCK_ACCESS_FS_REMOVE_FILE
};

static int grant(int ruleset, const char *path, __u64 file_rights, __u64 folder_rights)
{
    struct stat stat;
    SCOPED(scope_close) int at = open(path, O_PATH | O_CLOEXEC);
    if (at < 0)
        return errno == ENOENT ? 0 : -1;
    if (fstat(at, &stat) < 0)
        return -1;
    const struct landlock_path_beneath_attr rule = {
        .allowed_access = S_ISDIR(stat.st_mode) ? folder_rights : file_rights, .parent_fd = at};
    return (int)syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
}

static int grant_all(int ruleset, const struct reader_files *files, __u64 handled)
{
    const __u64 truncate = handled & (UINT64_C(1) << 14);
    const size_t most = sizeof files->read / sizeof *files->read;
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < most && files->read[i]; i++)
        rc = grant(ruleset, files->read[i], READ_FILE, READ_FOLDER);
    return rc == 0 && files->folder ? grant(ruleset, files->folder, 0, WRITE_FOLDER | truncate)
                                    : rc;
}

int reader_forbid_other_files(const struct reader_files *files, struct err *err)
{
    long version =
        syscall(SYS_landlock_create_ruleset, NULL, (size_t)0, LANDLOCK_CREATE_RULESET_VERSION);
    if (version < 1)
        return 0;
    const struct landlock_ruleset_attr rules = {.handled_access_fs = rights_of(version)};
    SCOPED(scope_close)
    int ruleset = (int)syscall(SYS_landlock_create_ruleset, &rules, sizeof rules, 0);
    if (ruleset < 0 || grant_all(ruleset, files, rules.handled_access_fs) < 0 ||
        prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
        syscall(SYS_landlock_restrict_self, ruleset, 0) < 0)
        return err_errno(err, errno, "reader: Landlock version %ld", version);
    return 1;
}

int reader_forbid_files(struct err *err)
{
    return reader_forbid_other_files(&(struct reader_files){0}, err);
}
