/*
 * A program of the system that reads what nobody trusts, such as poppler's: started sealed. It may
 * read the system's programs, libraries and fonts, the one file given, and write in one folder; it
 * has no network, starts no process, and has limits of memory, processor time, length of a file and
 * time by the clock. Landlock holds the files where the kernel has it.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "base/bytes.h"
#include "base/err.h"

enum { SEALED_TOOL_WAIT_MS = 60000, SEALED_TOOL_SAID_BYTES = 1 << 20 };

struct sealed_tool {
    const char *const *arguments; /* [0] the program's path, NULL ends */
    const char *bin;              /* folder of our own programs that it may be, or NULL */
    const char *file;             /* to be read; absolute */
    const char *folder;           /* to write in; its working directory */
    int wait_ms;                  /* until it is killed: SEALED_TOOL_WAIT_MS */
};

/* Runs it to its end. Returns its exit status and appends what it said, stdout and stderr.
 * ERR_LIMIT: it said more than SEALED_TOOL_SAID_BYTES; ERR_TIMEOUT: it did not end in time, by the
 * clock or the processor; ERR_FORMAT: a signal ended it; ERR_UNAVAILABLE: not there, or it could
 * not be sealed. No thread may run beside it. */
int sealed_tool_run(const struct sealed_tool *tool, struct buf *ret_said, struct err *err);
