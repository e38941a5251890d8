/*
 * The processes that `tripli run` looks after: see children.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "workers/children.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"

enum { PAUSE_STEP_MS = 250, STOP_STEP_MS = 20 };

struct child *children_add(struct children *children, const char *name, const char *program,
                           const char *const arguments[])
{
    char path[PLACE_SIZE + 32];
    if (children->count == CHILDREN_MAX)
        return NULL;
    struct child *child = &children->at[children->count++];
    *child = (struct child){.name = name, .out = -1};
    snprintf(path, sizeof path, "%s/%s", children->program->place.bin, program);
    child->arguments[0] = strdup(path);
    for (int i = 0; arguments[i] && i + 1 < CHILD_ARGUMENTS_MAX; i++)
        child->arguments[i + 1] = strdup(arguments[i]);
    return child;
}

/* Between fork and exec. */
static void become(const struct children *children, const struct child *child, pid_t parent)
{
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    setpgid(0, 0); /* a key typed at the terminal reaches the supervisor alone */
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != parent)
        _exit(1);
    dup2(child->out >= 0 ? child->out : STDERR_FILENO, STDOUT_FILENO);
    if (children->log >= 0)
        dup2(children->log, STDERR_FILENO);
    execv(child->arguments[0], child->arguments);
    _exit(127);
}

static void start(struct children *children, struct child *child)
{
    pid_t parent = getpid();
    child->started_ms = clock_mono_ms();
    child->pid = fork();
    if (child->pid == 0)
        become(children, child, parent);
    if (child->pid > 0)
        return;
    log_error("%s: fork: %s", child->name, strerror(errno));
    child->pid = 0;
    child->start_at_ms = child->started_ms + PAUSE_STEP_MS;
}

void children_turn(struct children *children)
{
    int64_t now = clock_mono_ms();
    for (int i = 0; i < children->count; i++) {
        struct child *child = &children->at[i];
        if (child->pid == 0 && !child->ended && now >= child->start_at_ms)
            start(children, child);
    }
}

static void note_end(struct child *child, int status)
{
    int64_t now = clock_mono_ms();
    child->pid = 0;
    child->status = status;
    if (child->once && (child->fragile || WIFEXITED(status))) {
        child->ended = true;
        return;
    }
    bool quick = now - child->started_ms < CHILD_QUICK_MS;
    child->quick_deaths = quick ? child->quick_deaths + 1 : 0;
    child->restarts++;
    child->start_at_ms = now + (int64_t)child->quick_deaths * PAUSE_STEP_MS;
    if (child->quick_deaths > CHILD_QUICK_DEATHS_MAX) {
        log_error("%s: died %d times right after its start, given up", child->name,
                  child->quick_deaths);
        child->ended = true;
        return;
    }
    if (WIFSIGNALED(status))
        log_warn("%s was killed by signal %d; started again", child->name, WTERMSIG(status));
    else
        log_warn("%s ended with status %d; started again", child->name, WEXITSTATUS(status));
}

void children_reap(struct children *children)
{
    int status;
    pid_t pid;
    while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
        for (int i = 0; i < children->count; i++)
            if (children->at[i].pid == pid)
                note_end(&children->at[i], status);
}

static bool any_runs(const struct children *children, int from, int to)
{
    for (int i = from; i < to; i++)
        if (children->at[i].pid > 0)
            return true;
    return false;
}

static void stop_some(struct children *children, int from, int to, int patience_ms)
{
    int64_t until = clock_mono_ms() + patience_ms;
    for (int i = from; i < to; i++)
        if (children->at[i].pid > 0)
            kill(children->at[i].pid, SIGTERM);
    while (any_runs(children, from, to) && clock_mono_ms() < until) {
        usleep(STOP_STEP_MS * 1000);
        children_reap(children);
    }
    for (int i = from; i < to; i++)
        if (children->at[i].pid > 0)
            kill(children->at[i].pid, SIGKILL);
    while (any_runs(children, from, to)) {
        usleep(STOP_STEP_MS * 1000);
        children_reap(children);
    }
}

void children_stop(struct children *children, int patience_ms)
{
    for (int i = 0; i < children->count; i++)
        children->at[i].ended = children->at[i].once = true;
    stop_some(children, 1, children->count, patience_ms); /* the hub is the first child */
    stop_some(children, 0, children->count ? 1 : 0, patience_ms);
}

void children_free(struct children *children)
{
    for (int i = 0; i < children->count; i++)
        for (char **argument = children->at[i].arguments; *argument; argument++)
            free(*argument);
    children->count = 0;
}
