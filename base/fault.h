/*
 * Fault points: named places where the crash suite kills the process or makes a step fail. They
 * exist only in builds with -Dfaults=true; otherwise they cost nothing and say "no fault".
 *
 * TRIPLI_FAULT is a list, comma-separated, of NAME=kill, NAME=kill:N (the Nth pass, from 1),
 * NAME=fail or NAME=fail:N (that pass and every later one fails with ENOSPC).
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#ifdef TRIPLI_FAULTS
/* Kills this process with SIGKILL when the environment asks for it here. Returns 0, or the errno
 * value that the step shall fail with. */
int fault_point(const char *name);
#else
static inline int fault_point(const char *name)
{
    (void)name;
    return 0;
}
#endif
