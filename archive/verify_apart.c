/*
 * Reading boxes in a process apart: see verify.h. The child opens the archive for itself (an LMDB
 * environment is never used across fork) and writes lines: "@ box pages" before each box, "- text"
 * for a discrepancy, "! code text" for an error, "." when it is through.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "archive/verify.h"
#include "base/scope.h"

enum { LINE_SIZE = 600 };

/* ---- the child ---- */

struct telling {
    FILE *to;
    struct verifying *verifying;
};

static void tell_line(void *to, const char *line)
{
    fprintf(to, "- %s\n", line);
}

static void tell_box(void *to, uint32_t number)
{
    const struct telling *telling = to;
    fprintf(telling->to, "@ %u %llu\n", number,
            (unsigned long long)telling->verifying->report.pages);
    fflush(telling->to); /* the parent must know where it ended */
}

/* What a damaged file may raise ends the child, whatever the parent does about signals. */
static void die_of_signals(void)
{
    static const int deadly[] = {SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGILL};
    for (size_t i = 0; i < sizeof deadly / sizeof *deadly; i++)
        signal(deadly[i], SIG_DFL);
}

static void read_boxes(const struct archive *parent, uint32_t first, FILE *to)
{
    struct err err = {0};
    struct archive *archive = NULL;
    die_of_signals();
    const struct archive_params params = {.data_dir = parent->data_dir,
                                          .key_dir = parent->key_dir,
                                          .config_dir = parent->config_dir,
                                          .box_map_bytes = parent->box_map_bytes};
    int rc = archive_open(&params, &archive, &err);
    struct verifying verifying = {.archive = archive, .say = tell_line, .to = to};
    struct telling telling = {to, &verifying};
    if (rc == 0)
        rc = verify_boxes_from(&verifying, first, tell_box, &telling, &err);
    if (rc < 0)
        fprintf(to, "! %d %s\n", rc, err.text);
    else
        fprintf(to, ". %llu\n", (unsigned long long)verifying.report.pages);
    fflush(to);
    archive_free(&archive);
}

/* ---- the parent ---- */

struct hearing {
    struct verifying *verifying;
    uint32_t box;   /* that is being read */
    uint64_t pages; /* read before it by this child */
    bool through;
    int code;
};

static void hear(struct hearing *hearing, char *line, struct err *err)
{
    unsigned long long pages = 0;
    line[strcspn(line, "\n")] = '\0';
    switch (line[0]) {
    case '@':
        if (sscanf(line, "@ %u %llu", &hearing->box, &pages) == 2)
            hearing->pages = pages;
        hearing->verifying->report.boxes++;
        break;
    case '-':
        discrepancy(hearing->verifying, "%s", line + 2);
        break;
    case '.':
        hearing->through = sscanf(line, ". %llu", &pages) == 1;
        hearing->pages = pages;
        break;
    case '!':
        hearing->code = err_set(err, (int)strtol(line + 2, NULL, 10), "%s", strchr(line + 2, ' '));
        break;
    default:
        break;
    }
}

static void hear_all(struct hearing *hearing, FILE *from, struct err *err)
{
    char line[LINE_SIZE];
    while (fgets(line, sizeof line, from))
        hear(hearing, line, err);
}

/* One child, from a box on. */
static int read_apart(struct hearing *hearing, uint32_t first, struct err *err)
{
    int ends[2], status = 0;
    if (pipe(ends) < 0)
        return err_errno(err, errno, "verify: pipe");
    fflush(NULL);
    pid_t child = fork();
    FILE *file = child < 0 ? NULL : fdopen(ends[child == 0], child == 0 ? "w" : "r");
    if (child == 0) {
        close(ends[0]);
        if (file)
            read_boxes(hearing->verifying->archive, first, file);
        kill(getpid(), SIGKILL); /* a library does not exit; nothing of the parent's is run */
    }
    close(ends[1]);
    if (file)
        hear_all(hearing, file, err);
    if (file)
        fclose(file);
    else
        close(ends[0]);
    if (child < 0 || !file)
        return err_errno(err, errno, "verify: process apart");
    while (waitpid(child, &status, 0) < 0 && errno == EINTR)
        ;
    return 0;
}

int verify_boxes(struct verifying *verifying, struct err *err)
{
    struct hearing hearing = {.verifying = verifying};
    for (;;) {
        uint32_t first = hearing.box + 1;
        hearing.pages = 0;
        int rc = read_apart(&hearing, first, err);
        verifying->report.pages += hearing.pages;
        if (rc < 0 || hearing.code < 0 || hearing.through)
            return rc < 0 ? rc : hearing.code;
        if (hearing.box < first)
            return err_set(err, ERR_UNAVAILABLE, "verify: the process apart ended at once");
        discrepancy(verifying, "box %u: its file is damaged, reading it ended the reader",
                    hearing.box);
    }
}
