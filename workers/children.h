/*
 * The processes that `tripli run` looks after: started, restarted when they die, stopped together.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "workers/program.h"

enum {
    CHILDREN_MAX = 68, /* hub, capture, gateway, import, 64 workers */
    CHILD_ARGUMENTS_MAX = 32,
    CHILD_QUICK_MS = 2000,      /* dead sooner than this after its start: something is wrong */
    CHILD_QUICK_DEATHS_MAX = 20 /* quick deaths in a row before it is given up */
};

struct child {
    const char *name;                         /* "hub", "w1", …; borrowed */
    char *arguments[CHILD_ARGUMENTS_MAX + 1]; /* owned copies; [0] is the program's path */
    int out;      /* descriptor for the child's stdout, -1: to our stderr */
    pid_t pid;    /* 0 when it does not run */
    bool once;    /* not restarted when it ends with status 0 */
    bool fragile; /* with `once`: killed by a signal it is not restarted, either */
    bool ended;   /* `once` and ended, or given up */
    int status;   /* of the last end, as waitpid */
    int restarts, quick_deaths;
    int64_t started_ms, start_at_ms;
};

struct children {
    const struct program *program;
    int log; /* descriptor that children log to, -1: our stderr */
    struct child at[CHILDREN_MAX];
    int count;
};

/* Adds a sister program of this one; `arguments` end with NULL. Returns the child, NULL when there
 * is no room. The first start happens at the next children_turn. */
struct child *children_add(struct children *children, const char *name, const char *program,
                           const char *const arguments[]);

/* Starts what is to run and does not, after a pause that grows with quick deaths. */
void children_turn(struct children *children);

/* Takes in the ends of processes; call at SIGCHLD. Restarts are said in the log. */
void children_reap(struct children *children);

/* SIGTERM to workers and capture, then to the hub; SIGKILL after `patience_ms`. */
void children_stop(struct children *children, int patience_ms);

void children_free(struct children *children);
