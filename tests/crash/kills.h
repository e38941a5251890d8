/*
 * Kills at random moments: what the killed process was at, what it had been answered, and what must
 * hold afterwards. The ledger lies in memory that all processes share, so that it outlives each.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "archive/archive.h"

enum {
    KILLS_BATCHES_MAX = 1200,
    KILLS_HOLDS_MAX = 1200,
    KILLS_PAGES = 4, /* of a batch, each an envelope and a letter */
    KILLS_PATH = 200
};

enum kills_work {
    WORK_FILE,    /* a batch is fed, decided, filed, closed */
    WORK_TERMS,   /* events become known, rules change: documents move */
    WORK_HOLD,    /* a hold is set and lifted */
    WORK_DESTROY, /* what a visa was granted for goes, all but what is held */
    WORK_BACKUP,  /* while a batch is filed */
    WORK_REKEY,   /* all tenant keys are changed */
    WORK_KINDS
};

enum hold_step { HOLD_UNASKED, HOLD_ASKED, HOLD_STANDS, HOLD_LIFT_ASKED, HOLD_GONE };

struct kept_batch {
    uint32_t number, acknowledged; /* pages, in their order */
    bool old;                      /* of 2005: its term is over */
    bool closed;
    bool visa;     /* was granted for all of it that is not held */
    uint32_t held; /* its page under a hold that stands; 0: none */
};

struct ledger {
    int batches, holds;
    struct kept_batch batch[KILLS_BATCHES_MAX];
    enum hold_step hold[KILLS_HOLDS_MAX]; /* named h-0, h-1, … */
    uint32_t slip;                        /* that is being destroyed; 0: none */
    bool later_rules;                     /* letters are kept longer by the rules of now */
    bool backed_up;                       /* at least once to the end */
    uint32_t turn;
};

struct kills {
    char root[KILLS_PATH], data[KILLS_PATH], keys[KILLS_PATH], backup[KILLS_PATH];
    char rules[2][KILLS_PATH]; /* configuration folders: of before, of later */
    struct ledger *ledger;
};

struct archive_params kills_params(const struct kills *kills);

/* What must be so before the work can begin; not killed. */
int kills_prepare(const struct kills *kills, enum kills_work work, struct err *err);
/* The work, from opening the archive on. */
int kills_do(const struct kills *kills, enum kills_work work, struct err *err);

/* Opens the archive as after a restart: every acknowledged page is in one place with the bytes it
 * was born with, unless a visa covers it; nothing held is gone, no box is half destroyed, holds are
 * as they were answered, verification is clean. Returns how many lines it had to say. */
int kills_check(const struct kills *kills);
/* The same of what the last finished backup gives back. */
int kills_check_backup(const struct kills *kills);
