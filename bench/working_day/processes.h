/*
 * What a tree of processes has used, read from /proc, summed up by program.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"

enum process_role { ROLE_SUPERVISOR, ROLE_CAPTURE, ROLE_HUB, ROLE_WORKER, ROLE_READER, ROLES };

struct role_use {
    unsigned processes;
    double cpu_seconds;     /* since their start, dead readers of living workers included */
    uint64_t rss_bytes;     /* now, summed up */
    uint64_t largest_bytes; /* peak of the largest one */
};

struct process_use {
    struct role_use roles[ROLES];
};

/* "capture", "hub", … */
const char *process_role_name(enum process_role role);

/* Uses of `root` and all below it. ERR_IO when /proc cannot be read. */
int processes_use(pid_t root, struct process_use *ret_use, struct err *err);
