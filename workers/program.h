/*
 * The skeleton of every program: what main does before its own work. Options common to all, log,
 * sealed memory, signals as a descriptor.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include <argp.h>
#include <stdbool.h>

#include "base/err.h"
#include "workers/caller.h"
#include "workers/place.h"
#include "workers/tuning.h"

struct program {
    const char *name;
    const char *verb; /* of the tool: "show"; set by verb_start */
    struct place_options options;
    struct place place;
    struct tuning tuning;
    struct caller caller; /* of verbs that ask for a role; set by verb_start */
    int signals; /* signalfd for SIGINT, SIGTERM, SIGHUP, SIGCHLD; -1 before program_signals */
};

/* argp child parser for --data, --keys, --config, --verbose; its input is a struct program. */
extern const struct argp program_argp;

/* Log, libsodium, places and limits. Call after the options have been parsed. */
int program_start(struct program *program, struct err *err);

/* Lets malloc keep the memory of freed pages for the next one, instead of giving it back and taking
 * it anew: half of the kernel's time of a capture. For processes that handle page after page, or
 * chunk after chunk. */
void program_keep_memory(void);

/* Gives the memory of each image back when it is freed. Of itself malloc learns from large blocks
 * to keep them, and a hub that has once held many images at a time keeps room for them for ever (61
 * MB where 20 are in use). For processes that live long and hold images in bursts. */
void program_return_memory(void);

/* Blocks the signals and opens their descriptor; SIGPIPE is ignored. */
int program_signals(struct program *program, struct err *err);

/* Takes one waiting signal number, 0 when there is none. */
int program_take_signal(struct program *program);

/* "name: text" on stderr; returns the exit status for the code. */
int program_fail(const struct program *program, const struct err *err);
