/*
 * Notes in the access journal what the gateway refused and handed over (partners/tries.h).
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "archive/archive.h"
#include "workers/program.h"

/* {0} is ready for use. */
struct tries_noter {
    bool knows;        /* nothing of what comes next can be noted already */
    int64_t failed_ms; /* 0: it worked */
};

/* Notes what was handed over below `root`, then removes it. Killed in between, the next one notes
 * none of it again: unless it knows better, it asks the journal what it has of it. */
int tries_noter_note(struct tries_noter *noter, const struct archive *archive, const char *root,
                     struct err *err);

/* The same, when something was handed over; cheap otherwise. Trouble is said once, and tried again
 * after a few seconds. */
void tries_noter_turn(struct tries_noter *noter, const struct program *program, const char *root);
