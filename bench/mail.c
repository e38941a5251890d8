/*
 * mail-generator: draws envelopes of invented health-insurance mail as a scanner would deliver
 * them, into a folder that the virtual feeder can replay, with labels. The same seed gives the same
 * bytes, with any number of jobs.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <argp.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "base/scope.h"
#include "bench/mail/hand.h"
#include "bench/mail/hopper.h"

enum { JOBS_MAX = 64, ENVELOPES_MAX = 200000, TENANT_MAX = 999 };

const char *argp_program_version = "mail-generator 0.1.0";

enum option_key {
    OPTION_KIND = 256,
    OPTION_MIX,
    OPTION_NO_SEPARATORS,
    OPTION_SEPARATORS,
    OPTION_TENANT,
    OPTION_DPI,
    OPTION_MODE,
    OPTION_HABIT
};

static const struct argp_option options[] = {
    {"out", 'o', "DIR", 0, "where to write (or give DIR alone)", 0},
    {"envelopes", 'n', "N", 0, "how many (64)", 0},
    {"seed", 's', "S", 0, "same seed, same bytes (1)", 0},
    {"jobs", 'j', "N", 0, "processes (one per core)", 0},
    {"mix", OPTION_MIX, "KIND=SHARE,…", 0, "shares of envelopes", 0},
    {"kind", OPTION_KIND, "KIND", 0, "only pages of this kind", 0},
    {"separators", OPTION_SEPARATORS, NULL, 0, "separator sheets (the default)", 0},
    {"no-separators", OPTION_NO_SEPARATORS, NULL, 0, "leave separator sheets out", 0},
    {"tenant", OPTION_TENANT, "CODE", 0, "whose mail, three digits (061)", 0},
    {"dpi", OPTION_DPI, "DPI", 0, "all sheets at 150 to 400 dpi", 0},
    {"mode", OPTION_MODE, "MODE", 0, "all sheets bw, gray or color", 0},
    {"habit", OPTION_HABIT, "NAME=SHARE", 0,
     "share of turned, crooked, punched, bordered, worn, damaged, dropout sheets", 0},
    {0}};

struct arguments {
    const char *out;
    unsigned envelopes, jobs;
    struct mail_order order;
};

static long number_of(struct argp_state *state, const char *text, long least, long most)
{
    char *end;
    errno = 0;
    long number = strtol(text, &end, 10);
    if (errno || *end || end == text || number < least || number > most)
        argp_error(state, "'%s' is not a number from %ld to %ld", text, least, most);
    return number;
}

static double share_of(struct argp_state *state, const char *text, double most)
{
    char *end;
    double share = strtod(text, &end);
    if (*end || end == text || !(share >= 0 && share <= most))
        argp_error(state, "'%s' is not a number from 0 to %g", text, most);
    return share;
}

static int kind_of(struct argp_state *state, const char *name)
{
    int kind = mail_kind_parse(name);
    if (kind < 0)
        argp_error(state, "'%s' is none of care_form, sick_note, letter, cheque, other", name);
    return kind;
}

static void parse_mix(struct argp_state *state, char *text, double mix[MAIL_KINDS])
{
    char *rest = NULL;
    memset(mix, 0, MAIL_KINDS * sizeof *mix);
    for (char *part = strtok_r(text, ",", &rest); part; part = strtok_r(NULL, ",", &rest)) {
        char *equals = strchr(part, '=');
        if (!equals)
            argp_error(state, "'%s' is not KIND=SHARE", part);
        *equals = '\0';
        mix[kind_of(state, part)] = share_of(state, equals + 1, 1000);
    }
}

static void parse_habit(struct argp_state *state, char *text, struct scan_habits *habits)
{
    const struct {
        const char *name;
        double *share;
    } known[] = {{"turned", &habits->turned},   {"crooked", &habits->crooked},
                 {"punched", &habits->punched}, {"bordered", &habits->bordered},
                 {"worn", &habits->worn},       {"damaged", &habits->damaged},
                 {"dropout", &habits->dropout}};
    char *equals = strchr(text, '=');
    if (equals)
        *equals = '\0';
    for (size_t i = 0; equals && i < sizeof known / sizeof *known; i++)
        if (!strcmp(text, known[i].name)) {
            *known[i].share = share_of(state, equals + 1, 1);
            return;
        }
    argp_error(state, "'%s' is not a habit with a share", text);
}

static int parse_mode(struct argp_state *state, const char *name)
{
    for (int i = 0; i < SCAN_MODES; i++)
        if (!strcmp(name, scan_mode_name((enum scan_mode)i)))
            return i;
    argp_error(state, "'%s' is none of bw, gray, color", name);
    return -1;
}

/* A flat switch over the options. */
static error_t parse_option(int key, char *arg, struct argp_state *state)
{
    struct arguments *a = state->input;
    switch (key) {
    case 'o':
    case ARGP_KEY_ARG:
        if (a->out)
            argp_error(state, "two folders to write to: %s, %s", a->out, arg);
        a->out = arg;
        break;
    case 'n':
        a->envelopes = (unsigned)number_of(state, arg, 1, ENVELOPES_MAX);
        break;
    case 's':
        a->order.seed = (uint64_t)number_of(state, arg, 0, INT32_MAX);
        break;
    case 'j':
        a->jobs = (unsigned)number_of(state, arg, 1, JOBS_MAX);
        break;
    case OPTION_MIX:
        parse_mix(state, arg, a->order.mix);
        break;
    case OPTION_KIND:
        memset(a->order.mix, 0, sizeof a->order.mix);
        a->order.mix[kind_of(state, arg)] = 1;
        a->order.only_kind = true;
        break;
    case OPTION_SEPARATORS:
    case OPTION_NO_SEPARATORS:
        a->order.separators = key == OPTION_SEPARATORS;
        break;
    case OPTION_TENANT:
        a->order.tenant = (int)number_of(state, arg, 1, TENANT_MAX);
        break;
    case OPTION_DPI:
        a->order.habits.dpi = (int)number_of(state, arg, 150, 400);
        break;
    case OPTION_MODE:
        a->order.habits.mode = parse_mode(state, arg);
        break;
    case OPTION_HABIT:
        parse_habit(state, arg, &a->order.habits);
        break;
    case ARGP_KEY_END:
        if (!a->out)
            argp_error(state, "no folder to write to");
        break;
    default:
        return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

static int run_share(const struct arguments *a, unsigned job, struct hopper_tally *ret_tally)
{
    struct err err = {0};
    struct hopper_share share = {job, a->jobs, a->envelopes};
    int rc = hopper_write(&a->order, a->out, &share, ret_tally, &err);
    if (rc < 0)
        log_error("%s", err.text);
    return rc < 0 ? err_exit_status(rc) : 0;
}

/* One child per job; the tallies lie in shared memory. Returns an exit status. */
static int run_jobs(const struct arguments *a, struct hopper_tally *tallies)
{
    int status = 0;
    for (unsigned job = 0; job < a->jobs; job++) {
        pid_t child = fork();
        if (child == 0)
            _exit(run_share(a, job, &tallies[job]));
        if (child < 0) {
            log_error("cannot start a process: %s", strerror(errno));
            status = EX_OSERR;
            break;
        }
    }
    int ended;
    while (wait(&ended) > 0)
        if (status == 0 && ended != 0)
            status = WIFEXITED(ended) ? WEXITSTATUS(ended) : EX_SOFTWARE;
    return status;
}

static void report(const struct arguments *a, const struct hopper_tally *tallies, int64_t ms)
{
    struct hopper_tally sum = {0};
    for (unsigned i = 0; i < a->jobs; i++) {
        sum.envelopes += tallies[i].envelopes;
        sum.sheets += tallies[i].sheets;
        sum.written += tallies[i].written;
        sum.blank += tallies[i].blank;
        sum.separators += tallies[i].separators;
        sum.bytes += tallies[i].bytes;
    }
    double sides = 2.0 * sum.sheets;
    log_info("folder=%s %u envelopes, %u sheets: %u written, %u blank, %u separator sides, %.1f MB,"
             " %.1f s, %.1f sides/s per process",
             a->out, sum.envelopes, sum.sheets, sum.written, sum.blank, sum.separators,
             (double)sum.bytes / 1e6, (double)ms / 1000, sides * 1000 / (double)ms / a->jobs);
}

static int generate(const struct arguments *a)
{
    struct err err = {0};
    char text[4096];
    int wished, installed = hand_fonts(&wished);
    if (installed < wished)
        log_warn("%d of %d writing fonts are installed: handwriting is %s", installed, wished,
                 installed ? "less varied" : "a bent plain font");
    snprintf(text, sizeof text, "%s/text", a->out);
    int rc = file_make_folders(text, 0755, &err);
    size_t size = JOBS_MAX * sizeof(struct hopper_tally);
    struct hopper_tally *tallies =
        mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (rc < 0 || tallies == MAP_FAILED) {
        log_error("%s", rc < 0 ? err.text : "no memory for the tallies");
        return rc < 0 ? err_exit_status(rc) : EX_OSERR;
    }
    int64_t start = clock_mono_ms();
    int status = run_jobs(a, tallies);
    unsigned firsts[JOBS_MAX];
    for (unsigned i = 0; i < a->jobs; i++)
        firsts[i] = i;
    if (status == 0 && hopper_join_labels(a->out, firsts, a->jobs, &err) < 0) {
        log_error("%s", err.text);
        status = err_exit_status(err.code);
    }
    if (status == 0)
        report(a, tallies, clock_mono_ms() - start + 1);
    munmap(tallies, size);
    return status;
}

int main(int argc, char **argv)
{
    static const struct argp argp = {
        options, parse_option,
        "[DIR]", "Draws invented mail as scanned sheets, for the virtual feeder and for measuring.",
        NULL,    NULL,
        NULL};
    struct arguments arguments = {.envelopes = 64, .order = mail_order_usual()};
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    arguments.jobs = cores > 0 && cores < JOBS_MAX ? (unsigned)cores : 1;
    log_start("mail-generator");
    argp_parse(&argp, argc, argv, 0, NULL, &arguments);
    return generate(&arguments);
}
