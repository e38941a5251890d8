/*
 * Landlock: see reader_landlock.h. A ruleset that handles every right to files and grants none. The
 * kernel says which rights it knows; glibc has no wrappers.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "workers/reader_landlock.h"

#include <errno.h>
#include <linux/landlock.h>
#include <stdint.h>
#include <sys/prctl.h>
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

int reader_forbid_files(struct err *err)
{
    long version =
        syscall(SYS_landlock_create_ruleset, NULL, (size_t)0, LANDLOCK_CREATE_RULESET_VERSION);
    if (version < 1)
        return 0;
    const struct landlock_ruleset_attr rules = {.handled_access_fs = rights_of(version)};
    SCOPED(scope_close)
    int ruleset = (int)syscall(SYS_landlock_create_ruleset, &rules, sizeof rules, 0);
    if (ruleset < 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
        syscall(SYS_landlock_restrict_self, ruleset, 0) < 0)
        return err_errno(err, errno, "reader: Landlock version %ld", version);
    return 1;
}
