/*
 * Kills the archive at every fault point, at the first pass and at later ones, and makes every
 * point that can fail do so once as on a full disk; after each, checks that every page is in
 * exactly one state, none that was acknowledged is missing, none is doubled, the journal is whole;
 * then tells the story to its end and checks that again.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "base/scope.h"
#include "base/seal.h"
#include "tests/crash/archive_points.h"
#include "tests/crash/archive_story.h"

enum {
    EXIT_SKIPPED = 77,
    EXIT_STOPPED = 3, /* the story stopped with an error */
    PATH_SIZE = 200,
    PASSES = 4, /* kills per point: the first passes of a story differ most */
    FULL_DISKS = 3
};

struct stage {
    char root[PATH_SIZE], data[PATH_SIZE], keys[PATH_SIZE], acknowledged[PATH_SIZE];
};

static struct archive_params params_of(const struct stage *stage)
{
    return (struct archive_params){.data_dir = stage->data,
                                   .key_dir = stage->keys,
                                   .config_dir = getenv("TRIPLI_CONFIG"),
                                   .writer = true,
                                   .box_map_bytes = UINT64_C(16) << 20,
                                   .reserve_bytes = 1 << 20};
}

static bool make_stage(struct stage *stage)
{
    const char *folder = getenv("TMPDIR");
    if (!folder) /* a kill does not touch what the kernel holds: memory serves, and is fast */
        folder = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
    snprintf(stage->root, sizeof stage->root, "%.100s/tripli-crash-XXXXXX", folder);
    if (!mkdtemp(stage->root))
        return false;
    snprintf(stage->data, sizeof stage->data, "%.150s/data", stage->root);
    snprintf(stage->keys, sizeof stage->keys, "%.150s/keys", stage->root);
    snprintf(stage->acknowledged, sizeof stage->acknowledged, "%.150s/acknowledged", stage->root);
    return true;
}

/* Runs in a process of its own; answers its wait status. */
static int in_child(int (*run)(const struct stage *stage), const struct stage *stage)
{
    int status = 0;
    fflush(NULL);
    pid_t child = fork();
    if (child == 0)
        _exit(run(stage));
    return child > 0 && waitpid(child, &status, 0) == child ? status : -1;
}

static int tell(const struct stage *stage)
{
    struct err err = {0};
    struct story story = {params_of(stage), fopen(stage->acknowledged, "a")};
    int rc = story_tell(&story, &err);
    if (rc < 0 && !getenv("TRIPLI_FAULT"))
        fprintf(stderr, "  %s\n", err.text);
    if (story.acknowledged)
        fclose(story.acknowledged);
    return rc < 0 ? EXIT_STOPPED : 0;
}

static int check_cut_short(const struct stage *stage)
{
    struct story story = {params_of(stage), NULL};
    return story_check(&story, stage->acknowledged, false) != 0;
}

static int check_complete(const struct stage *stage)
{
    struct story story = {params_of(stage), NULL};
    return story_check(&story, stage->acknowledged, true) != 0;
}

/* Some points are only passed on the way back from an earlier interruption. */
static void prepare(const struct stage *stage, const char *fault)
{
    if (strncmp(fault, "box.stray.", 10) != 0)
        return;
    setenv("TRIPLI_FAULT", "filing.catalogue.before_commit=kill", 1);
    in_child(tell, stage);
}

/* One interruption: 1 it happened and all is well, 0 the point was not passed, -1 it failed. */
static int interrupt(const char *fault)
{
    struct stage stage;
    if (!make_stage(&stage))
        return -1;
    prepare(&stage, fault);
    setenv("TRIPLI_FAULT", fault, 1);
    int status = in_child(tell, &stage);
    unsetenv("TRIPLI_FAULT");
    bool killed = WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
    bool stopped = WIFEXITED(status) && WEXITSTATUS(status) == EXIT_STOPPED;
    bool good = killed || stopped || (WIFEXITED(status) && WEXITSTATUS(status) == 0);
    good = good && in_child(check_cut_short, &stage) == 0 && in_child(tell, &stage) == 0 &&
           in_child(check_complete, &stage) == 0;
    struct err err;
    file_remove_tree(stage.root, &err);
    if (!good)
        fprintf(stderr, "%s: failed\n", fault);
    return good ? killed || stopped : -1;
}

struct score {
    int kills, failures, faults;
};

static void kill_at(const char *point, struct score *score)
{
    for (int pass = 1; pass <= PASSES; pass++) {
        char fault[80];
        snprintf(fault, sizeof fault, "%s=kill:%d", point, pass);
        int outcome = interrupt(fault);
        if (outcome < 0 || (outcome == 0 && pass == 1)) {
            fprintf(stderr, "%s: %s\n", fault, outcome ? "pages are not whole" : "never reached");
            score->failures++;
        }
        if (outcome <= 0)
            return;
        score->kills++;
    }
}

static void fail_at(const char *point, struct score *score)
{
    if (!strstr(point, "before"))
        return;
    for (int pass = 1; pass <= FULL_DISKS; pass++) {
        char fault[80];
        snprintf(fault, sizeof fault, "%s=fail:%d", point, pass);
        int outcome = interrupt(fault);
        score->faults += outcome == 1;
        score->failures += outcome < 0;
    }
}

int main(int argc, char **argv)
{
#ifndef TRIPLI_FAULTS
    puts("skipped: built without fault points, configure with -Dfaults=true");
    return EXIT_SKIPPED;
#endif
    struct err err;
    struct score score = {0};
    log_start("crash");
    log_set_level(LOG_LEVEL_ERROR);
    if (seal_start(&err) < 0)
        return 1;
    for (int i = 0; i < ARCHIVE_POINTS; i++) {
        if (argc > 1 && strcmp(argv[1], archive_points[i]) != 0)
            continue;
        kill_at(archive_points[i], &score);
        fail_at(archive_points[i], &score);
    }
    printf("%d points, %d kills and %d full disks survived, %d failed\n", ARCHIVE_POINTS,
           score.kills, score.faults, score.failures);
    return score.failures != 0;
}
