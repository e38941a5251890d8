/*
 * Notes in the access journal what the gateway refused and handed over (partners/tries.h).
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "archive/archive.h"

/* Notes what was handed over below `root`, if anything, then removes it. Killed in between, the
 * next one notes none of it again: `*knows` is false at the start of a process and after a failure,
 * and then the journal is asked what it has of it. */
int handover_tries_note(const struct archive *archive, const char *root, bool *knows,
                        struct err *err);
