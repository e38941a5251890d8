/*
 * /proc/PID/stat fields by proc(5): 2 name, 4 parent, 14-17 user, system, children's user and
 * system ticks; /proc/PID/status for memory.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "bench/working_day/processes.h"

#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/scope.h"

enum { PROCESSES_MAX = 4096 };

struct process {
    pid_t pid, parent;
    int role; /* -1: none of ours */
    double own_seconds, children_seconds;
    bool below; /* the root or below it */
};

static const struct {
    const char *program, *name;
} roles[ROLES] = {[ROLE_SUPERVISOR] = {"tripli", "supervisor"},
                  [ROLE_CAPTURE] = {"tripli-scan", "capture"},
                  [ROLE_HUB] = {"tripli-hub", "hub"},
                  [ROLE_WORKER] = {"tripli-worker", "worker"},
                  [ROLE_READER] = {"tripli-reader", "reader"}};

const char *process_role_name(enum process_role role)
{
    return roles[role].name;
}

static int role_of(const char *program)
{
    for (int i = 0; i < ROLES; i++)
        if (!strcmp(program, roles[i].program))
            return i;
    return -1;
}

static bool read_process(pid_t pid, struct process *ret)
{
    char path[64], line[1024], program[64] = "";
    unsigned long ticks[4];
    int parent;
    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    SCOPED(scope_fclose) FILE *file = fopen(path, "re");
    if (!file || !fgets(line, sizeof line, file))
        return false;
    char *open = strchr(line, '('), *close = strrchr(line, ')');
    if (!open || !close || close < open)
        return false;
    snprintf(program, sizeof program, "%.*s", (int)(close - open - 1), open + 1);
    if (sscanf(close + 1, " %*c %d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu %lu %lu", &parent,
               &ticks[0], &ticks[1], &ticks[2], &ticks[3]) != 5)
        return false;
    double per_second = (double)sysconf(_SC_CLK_TCK);
    *ret = (struct process){.pid = pid,
                            .parent = parent,
                            .role = role_of(program),
                            .own_seconds = (double)(ticks[0] + ticks[1]) / per_second,
                            .children_seconds = (double)(ticks[2] + ticks[3]) / per_second};
    return true;
}

static int list_processes(struct process *list, int *ret_count, struct err *err)
{
    DIR *dir = opendir("/proc");
    if (!dir)
        return err_errno(err, errno, "/proc");
    *ret_count = 0;
    for (struct dirent *entry = readdir(dir); entry; entry = readdir(dir)) {
        pid_t pid = (pid_t)strtol(entry->d_name, NULL, 10);
        if (pid > 0 && *ret_count < PROCESSES_MAX && read_process(pid, &list[*ret_count]))
            (*ret_count)++;
    }
    closedir(dir);
    return 0;
}

static bool has_marked_parent(const struct process *list, int count, pid_t parent)
{
    for (int i = 0; i < count; i++)
        if (list[i].below && list[i].pid == parent)
            return true;
    return false;
}

/* Marks the root and, pass by pass, what has a marked parent. */
static void mark_tree(struct process *list, int count, pid_t root)
{
    for (int i = 0; i < count; i++)
        list[i].below = list[i].pid == root;
    for (bool changed = true; changed;) {
        changed = false;
        for (int i = 0; i < count; i++) {
            if (list[i].below || !has_marked_parent(list, count, list[i].parent))
                continue;
            changed = list[i].below = true;
        }
    }
}

static uint64_t kilobytes(pid_t pid, const char *field)
{
    char path[64], line[256];
    snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
    SCOPED(scope_fclose) FILE *file = fopen(path, "re");
    size_t len = strlen(field);
    while (file && fgets(line, sizeof line, file))
        if (!strncmp(line, field, len))
            return strtoull(line + len, NULL, 10);
    return 0;
}

static void add_process(const struct process *process, struct process_use *use)
{
    struct role_use *role = &use->roles[process->role];
    uint64_t peak = kilobytes(process->pid, "VmHWM:") * 1024;
    role->processes++;
    role->cpu_seconds += process->own_seconds;
    role->rss_bytes += kilobytes(process->pid, "VmRSS:") * 1024;
    if (peak > role->largest_bytes)
        role->largest_bytes = peak;
    if (process->role == ROLE_WORKER)
        use->roles[ROLE_READER].cpu_seconds += process->children_seconds;
}

int processes_use(pid_t root, struct process_use *ret_use, struct err *err)
{
    SCOPED(scope_free) struct process *list = calloc(PROCESSES_MAX, sizeof *list);
    int count;
    *ret_use = (struct process_use){0};
    if (!list)
        return err_set(err, ERR_MEMORY, "no memory for a list of processes");
    int rc = list_processes(list, &count, err);
    if (rc < 0)
        return rc;
    mark_tree(list, count, root);
    for (int i = 0; i < count; i++)
        if (list[i].below && list[i].role >= 0)
            add_process(&list[i], ret_use);
    return 0;
}
