/*
 * Kills the archive's writer at random moments of filing, recomputation, holds, destruction and
 * backup, and of the restart after a kill; after each, checks everything (kills.h) in a fresh
 * process. One archive bears all of it. --kills N (50), --seed S (1). Its last line counts the
 * kills by what was going on; ends 1 when anything was wrong, and leaves the folder then.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "base/scope.h"
#include "base/seal.h"
#include "tests/crash/archive_story.h"
#include "tests/crash/kills.h"

enum {
    FAILED = 3,
    RULES_LIMIT = 1 << 20,
    ROUNDS_PER_KILL = 6, /* a kill that comes too late counts for nothing */
    LATER = 8,           /* a kill lets the next one come up to an eighth later */
    RESTART = WORK_KINDS,
    VICTIMS
};

static const char *const names[VICTIMS] = {"filing", "recomputation",  "holds",  "destruction",
                                           "backup", "change of keys", "restart"};

struct storm {
    struct kills kills;
    uint64_t random;
    int64_t lasts_us[VICTIMS]; /* how long it takes; 0: not known */
    int killed[VICTIMS], failures;
};

/* ---- processes ---- */

static uint64_t draw(struct storm *storm, uint64_t below) /* xorshift64, Marsaglia 2003 */
{
    storm->random ^= storm->random << 13;
    storm->random ^= storm->random >> 7;
    storm->random ^= storm->random << 17;
    return storm->random % below;
}

static int64_t now_us(void)
{
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    return (int64_t)at.tv_sec * 1000000 + at.tv_nsec / 1000;
}

static int act(const struct kills *kills, int victim)
{
    struct err err = {0};
    int rc = victim == RESTART ? kills_prepare(kills, WORK_FILE, &err)
                               : kills_do(kills, (enum kills_work)victim, &err);
    if (rc < 0)
        fprintf(stderr, "  %s: %s\n", names[victim], err.text);
    return rc < 0 ? FAILED : 0;
}

static pid_t start(const struct kills *kills, int victim)
{
    fflush(NULL);
    const pid_t child = fork();
    if (child == 0)
        _exit(act(kills, victim));
    return child;
}

static bool ends_well(pid_t child)
{
    int status = 0;
    return child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status) &&
           WEXITSTATUS(status) == 0;
}

static bool check(const struct kills *kills, int (*look)(const struct kills *kills))
{
    fflush(NULL);
    const pid_t child = fork();
    if (child == 0)
        _exit(look(kills) != 0);
    return ends_well(child);
}

static bool prepare(const struct kills *kills, int victim)
{
    struct err err = {0};
    fflush(NULL);
    const pid_t child = fork();
    if (child == 0) {
        int rc = kills_prepare(kills, (enum kills_work)victim, &err);
        if (rc < 0)
            fprintf(stderr, "  before %s: %s\n", names[victim], err.text);
        _exit(rc < 0);
    }
    return ends_well(child);
}

/* ---- rounds ---- */

/* Killed after a random part of the time that it takes; 1 it was, 0 it came to its end. As the
 * archive grows it takes longer: each kill lets the next one come a little later, each end says how
 * long it was. */
static int kill_sometime(struct storm *storm, int victim, pid_t child)
{
    const int64_t begun = now_us(), lasts = storm->lasts_us[victim];
    const int64_t after = lasts > 0 ? (int64_t)draw(storm, (uint64_t)lasts) : 0;
    const struct timespec pause = {after / 1000000, after % 1000000 * 1000};
    int status = 0;
    if (lasts > 0) {
        nanosleep(&pause, NULL);
        kill(child, SIGKILL);
    }
    if (waitpid(child, &status, 0) != child)
        return -1;
    storm->lasts_us[victim] = WIFSIGNALED(status) ? lasts + lasts / LATER : now_us() - begun;
    if (WIFSIGNALED(status))
        return 1;
    return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -1;
}

/* A backup runs beside a process that files. */
static int strike(struct storm *storm, int victim)
{
    const pid_t other = victim == WORK_BACKUP ? start(&storm->kills, WORK_FILE) : 0;
    const int outcome = kill_sometime(storm, victim, start(&storm->kills, victim));
    if (outcome == 1)
        storm->killed[victim]++;
    return other && !ends_well(other) ? -1 : outcome;
}

static bool round_of(struct storm *storm, int victim)
{
    const struct kills *kills = &storm->kills;
    if (!prepare(kills, victim))
        return false;
    const int outcome = strike(storm, victim);
    if (outcome < 0)
        return false;
    /* What a kill left is found by the next start, which may be killed itself. */
    if (outcome == 1 && draw(storm, 3) == 0 && strike(storm, RESTART) < 0)
        return false;
    if (!check(kills, kills_check))
        return false;
    return victim != WORK_BACKUP || check(kills, kills_check_backup);
}

static int all_kills(const struct storm *storm)
{
    int sum = 0;
    for (int i = 0; i < VICTIMS; i++)
        sum += storm->killed[i];
    return sum;
}

static void run(struct storm *storm, int kills)
{
    for (int victim = 0; victim < WORK_KINDS && !storm->failures; victim++)
        storm->failures += !round_of(storm, victim); /* to their ends: how long they take */
    storm->failures += !storm->failures && strike(storm, RESTART) < 0;
    for (int round = 0; all_kills(storm) < kills && !storm->failures; round++) {
        const int victim = (int)draw(storm, WORK_KINDS);
        if (!round_of(storm, victim)) {
            fprintf(stderr, "round %d, %s: failed\n", round, names[victim]);
            storm->failures++;
        }
        if (round == ROUNDS_PER_KILL * kills) {
            fprintf(stderr, "only %d kills in %d rounds\n", all_kills(storm), round);
            storm->failures++;
        }
    }
}

/* ---- the stage ---- */

/* The same rules, and others by which letters received since 2010 are kept for five years. */
static int make_rules(struct kills *kills, struct err *err)
{
    static const char later[] =
        ",\n  { tag = \"letter\"; rule = \"LTR\"; version = 2; law = \"of the test\";\n"
        "    trigger = \"receipt\"; start = \"next_quarter\"; period = \"P5Y\";\n"
        "    fallback = \"receipt\"; margin_months = 0;\n"
        "    disposition = \"destroy\"; valid_from = \"2010-01-01\"; }\n";
    char path[KILLS_PATH + 32], from[PATH_MAX];
    SCOPED(buf_free) struct buf tenants = {0}, rules = {0}, more = {0};
    snprintf(kills->rules[0], KILLS_PATH, "%.190s", getenv("TRIPLI_CONFIG"));
    snprintf(from, sizeof from, "%s/tenants.conf", kills->rules[0]);
    int rc = file_read(from, RULES_LIMIT, &tenants, err);
    snprintf(from, sizeof from, "%s/retention.conf", kills->rules[0]);
    if (rc == 0)
        rc = file_read(from, RULES_LIMIT, &rules, err);
    if (rc == 0)
        rc = file_make_folders(kills->rules[1], 0700, err);
    const uint8_t *end = rc == 0 ? memmem(rules.at, rules.len, "\n);", 3) : NULL;
    if (rc == 0 && !end)
        rc = err_set(err, ERR_FORMAT, "%s: no end of the rows", from);
    if (rc < 0)
        return rc;
    const size_t head = (size_t)(end - rules.at);
    if (buf_append(&more, bytes_of(rules.at, head)) < 0 ||
        buf_append(&more, bytes_of(later, sizeof later - 1)) < 0 ||
        buf_append(&more, bytes_of(end + 1, rules.len - head - 1)) < 0)
        return err_set(err, ERR_MEMORY, "no memory");
    snprintf(path, sizeof path, "%s/tenants.conf", kills->rules[1]);
    rc = file_write(path, 0600, buf_view(&tenants), err);
    snprintf(path, sizeof path, "%s/retention.conf", kills->rules[1]);
    return rc < 0 ? rc : file_write(path, 0600, buf_view(&more), err);
}

static int make_stage(struct kills *kills, struct err *err)
{
    const char *folder =
        getenv("TMPDIR"); /* a disk: where a sync takes time, kills find the gaps */
    snprintf(kills->root, sizeof kills->root, "%.100s/tripli-kills-XXXXXX",
             folder ? folder : "/tmp");
    if (!mkdtemp(kills->root))
        return err_set(err, ERR_IO, "%s: cannot be made", kills->root);
    snprintf(kills->data, KILLS_PATH, "%.150s/data", kills->root);
    snprintf(kills->keys, KILLS_PATH, "%.150s/keys", kills->root);
    snprintf(kills->backup, KILLS_PATH, "%.150s/backup", kills->root);
    snprintf(kills->rules[1], KILLS_PATH, "%.150s/rules", kills->root);
    kills->ledger = mmap(NULL, sizeof *kills->ledger, PROT_READ | PROT_WRITE,
                         MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (kills->ledger == MAP_FAILED)
        return err_set(err, ERR_MEMORY, "no memory for the ledger");
    return make_rules(kills, err);
}

static int number_of(int argc, char **argv, const char *option, int otherwise)
{
    for (int i = 1; i + 1 < argc; i += 2)
        if (strcmp(argv[i], option) == 0)
            return atoi(argv[i + 1]);
    return otherwise;
}

static void tell(const struct storm *storm, int64_t took_us)
{
    printf("%d kills in %.1f s:", all_kills(storm), (double)took_us / 1e6);
    for (int i = 0; i < VICTIMS; i++)
        printf(" %s %d%s", names[i], storm->killed[i], i + 1 < VICTIMS ? "," : ";");
    printf(" %d batches, %d holds, %d failed\n", storm->kills.ledger->batches,
           storm->kills.ledger->holds, storm->failures);
}

int main(int argc, char **argv)
{
    struct err err = {0};
    struct storm storm = {0};
    const int kills = number_of(argc, argv, "--kills", 50);
    const int64_t begun = now_us();
    storm.random =
        UINT64_C(0x9e3779b97f4a7c15) * (uint64_t)(number_of(argc, argv, "--seed", 1) | 1);
    log_start("kills");
    log_set_level(LOG_LEVEL_ERROR);
    if (seal_start(&err) < 0 || make_stage(&storm.kills, &err) < 0) {
        fprintf(stderr, "%s\n", err.text);
        return 1;
    }
    run(&storm, kills);
    tell(&storm, now_us() - begun);
    if (storm.failures)
        fprintf(stderr, "left in %s\n", storm.kills.root);
    else
        file_remove_tree(storm.kills.root, &err);
    return storm.failures != 0;
}
