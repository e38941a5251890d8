/*
 * Fault points: see fault.h. Passes are counted per name in a small table.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/fault.h"

#ifdef TRIPLI_FAULTS
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MOST_NAMES = 64 }; /* distinct points that one process can count */

static long count_pass(const char *name)
{
    static struct {
        const char *name;
        long passes;
    } seen[MOST_NAMES];
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    long passes = 0;
    pthread_mutex_lock(&lock);
    for (int i = 0; i < MOST_NAMES && passes == 0; i++) {
        if (!seen[i].name)
            seen[i].name = name;
        if (strcmp(seen[i].name, name) == 0)
            passes = ++seen[i].passes;
    }
    pthread_mutex_unlock(&lock);
    return passes;
}

/* The part after "NAME=" of the entry for this name, or NULL. */
static const char *action_for(const char *name)
{
    const char *list = getenv("TRIPLI_FAULT");
    size_t len = strlen(name);
    while (list && *list) {
        if (strncmp(list, name, len) == 0 && list[len] == '=')
            return list + len + 1;
        list = strchr(list, ',');
        list += list != NULL;
    }
    return NULL;
}

int fault_point(const char *name)
{
    const char *action = action_for(name);
    if (!action)
        return 0;
    long pass = count_pass(name);
    const char *colon = strchr(action, ':');
    long wanted = colon && colon == action + 4 ? atol(colon + 1) : 1;
    if (strncmp(action, "kill", 4) == 0 && pass == wanted) {
        kill(getpid(), SIGKILL);
        pause();
    }
    return strncmp(action, "fail", 4) == 0 && pass >= wanted ? ENOSPC : 0;
}
#endif
