/*
 * bench/day: a working day in small. Draws mail, feeds it through the whole product at full speed,
 * measures a window after warm-up, then the tesseract command on a sample of the same pages.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <argp.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "bench/working_day/figures.h"

enum { POLL_MS = 2000, START_LIMIT_MS = 60000, BLANK_SAMPLE = 60 };

const char *argp_program_version = "bench/day 0.1.0";

enum option_key { OPTION_HOPPER = 256, OPTION_WARM_UP, OPTION_SAMPLE, OPTION_JSON };

static const struct argp_option options[] = {
    {"envelopes", 'n', "N", 0, "envelopes to draw (2600)", 0},
    {"seed", 's', "S", 0, "of the mail and of the samples (20261122)", 0},
    {"minutes", 'm', "M", 0, "length of the measured window (10)", 0},
    {"warm-up", OPTION_WARM_UP, "SECONDS", 0, "not measured, from the first page read (45)", 0},
    {"sample", OPTION_SAMPLE, "N", 0, "written pages for tesseract and stages (60)", 0},
    {"workers", 'w', "N", 0, "tripli workers (one per core)", 0},
    {"hopper", OPTION_HOPPER, "DIR", 0, "mail already drawn", 0},
    {"dir", 'd', "DIR", 0, "where to work (var/day); DIR/data is emptied first", 0},
    {"json", OPTION_JSON, NULL, 0, "one JSON object, last line of stdout", 0},
    {0}};

struct day_run {
    unsigned envelopes, seed, sample, workers;
    double minutes, warm_up;
    const char *dir, *hopper;
    bool json;
    struct product product;
    struct figures figures;
};

static double number_of(struct argp_state *state, const char *text, double least, double most)
{
    char *end;
    double number = strtod(text, &end);
    if (*end || end == text || !(number >= least && number <= most))
        argp_error(state, "'%s' is not a number from %g to %g", text, least, most);
    return number;
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
    struct day_run *run = state->input;
    switch (key) {
    case 'n':
        run->envelopes = (unsigned)number_of(state, arg, 1, 200000);
        break;
    case 's':
        run->seed = (unsigned)number_of(state, arg, 0, INT32_MAX);
        break;
    case 'm':
        run->minutes = number_of(state, arg, 0.01, 1440);
        break;
    case OPTION_WARM_UP:
        run->warm_up = number_of(state, arg, 0, 3600);
        break;
    case OPTION_SAMPLE:
        run->sample = (unsigned)number_of(state, arg, 1, SAMPLE_MAX);
        break;
    case 'w':
        run->workers = (unsigned)number_of(state, arg, 1, 64);
        break;
    case OPTION_HOPPER:
        run->hopper = arg;
        break;
    case 'd':
        run->dir = arg;
        break;
    case OPTION_JSON:
        run->json = true;
        break;
    default:
        return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

/* Programs of the same build: ours is BUILD/bench/working-day. */
static int find_program(const char *name, char ret_path[PATH_MAX], struct err *err)
{
    char own[PATH_MAX];
    ssize_t len = readlink("/proc/self/exe", own, sizeof own - 1);
    if (len < 0)
        return err_errno(err, errno, "/proc/self/exe");
    own[len] = '\0';
    for (int i = 0; i < 2; i++) /* the program, its folder */
        *strrchr(own, '/') = '\0';
    if (snprintf(ret_path, PATH_MAX, "%s/%s", own, name) >= PATH_MAX)
        return err_set(err, ERR_LIMIT, "%s: path longer than %d", own, PATH_MAX);
    return access(ret_path, X_OK) < 0 ? err_errno(err, errno, "%s", ret_path) : 0;
}

static int draw_mail(struct day_run *run, struct err *err)
{
    char generator[PATH_MAX], number[16], seed[16];
    int rc = find_program("bench/mail-generator", generator, err);
    if (rc == 0)
        rc = file_remove_tree(run->product.hopper, err);
    if (rc < 0)
        return rc;
    snprintf(number, sizeof number, "%u", run->envelopes);
    snprintf(seed, sizeof seed, "%u", run->seed);
    log_info("drawing %u envelopes into %s", run->envelopes, run->product.hopper);
    pid_t child = fork();
    if (child == 0) {
        execl(generator, "mail-generator", "--envelopes", number, "--seed", seed,
              run->product.hopper, (char *)NULL);
        _exit(127);
    }
    int status = 0;
    if (child < 0 || waitpid(child, &status, 0) < 0)
        return err_errno(err, errno, "%s", generator);
    return status ? err_set(err, ERR_UNAVAILABLE, "the mail was not drawn; its own line says why")
                  : 0;
}

static int prepare(struct day_run *run, struct err *err)
{
    struct product *product = &run->product;
    char keys[PATH_MAX + 8];
    int rc = file_make_folders(run->dir, 0755, err);
    char *dir = rc == 0 ? realpath(run->dir, NULL) : NULL;
    if (rc == 0 && !dir)
        rc = err_errno(err, errno, "%s", run->dir);
    if (rc < 0)
        return rc;
    snprintf(product->data, sizeof product->data, "%s/data", dir);
    snprintf(product->log, sizeof product->log, "%s/tripli.log", dir);
    snprintf(product->hopper, sizeof product->hopper, "%s/hopper", dir);
    free(dir);
    snprintf(keys, sizeof keys, "%s.keys", product->data);
    if (run->hopper)
        snprintf(product->hopper, sizeof product->hopper, "%s", run->hopper);
    rc = find_program("workers/tripli", product->tripli, err);
    if (rc == 0)
        rc = file_remove_tree(product->data, err);
    if (rc == 0)
        rc = file_remove_tree(keys, err);
    if (rc == 0 && !run->hopper)
        rc = draw_mail(run, err);
    return rc < 0 ? rc : batch_read(product->hopper, &run->figures.batch, err);
}

static int take_moment(struct day_run *run, struct moment *ret_moment, struct err *err)
{
    ret_moment->ms = clock_mono_ms();
    int rc = product_ask(&run->product, &ret_moment->counts, err);
    return rc < 0 ? rc : processes_use(run->product.pid, &ret_moment->use, err);
}

static int still_there(struct day_run *run, struct err *err)
{
    return product_ended(&run->product)
               ? err_set(err, ERR_UNAVAILABLE, "tripli run ended by itself; %s says why",
                         run->product.log)
               : 0;
}

/* Until the first page has been read, and then the warm-up. */
static int warm_up(struct day_run *run, struct err *err)
{
    int64_t since = clock_mono_ms();
    struct err pending;
    struct moment moment = {0};
    log_info("warming up for %.0f s", run->warm_up);
    for (;;) {
        usleep(POLL_MS * 100);
        int rc = still_there(run, err);
        if (rc < 0)
            return rc;
        if (take_moment(run, &moment, &pending) == 0 &&
            moment.counts.accepted > moment.counts.unread)
            break;
        if (clock_mono_ms() - since > START_LIMIT_MS)
            return err_set(err, ERR_TIMEOUT, "no page was read within %d s", START_LIMIT_MS / 1000);
    }
    usleep((useconds_t)(run->warm_up * 1e6));
    return take_moment(run, &run->figures.start, err);
}

/* Ends before the hopper is empty: feeding belongs to what is measured. */
static int measure(struct day_run *run, struct err *err)
{
    struct figures *f = &run->figures;
    int64_t wanted = (int64_t)(run->minutes * 60000);
    int64_t shown = f->start.ms;
    f->end = f->start;
    for (;;) {
        struct moment now = {0};
        usleep(POLL_MS * 1000);
        int rc = still_there(run, err);
        if (rc == 0)
            rc = take_moment(run, &now, err);
        if (rc < 0)
            return rc;
        if (now.counts.accepted >= f->batch.side_count)
            return 0;
        f->end = now;
        f->long_enough = now.ms - f->start.ms >= wanted;
        if (f->long_enough)
            return 0;
        if (now.ms - shown > 30000) {
            shown = now.ms;
            log_info("%.0f s: %lld sides accepted, %lld unread, %.0f envelopes/h",
                     (double)(now.ms - f->start.ms) / 1000, now.counts.accepted, now.counts.unread,
                     figures_envelopes_per_hour(f));
        }
    }
}

static int measure_samples(struct day_run *run, struct err *err)
{
    struct figures *f = &run->figures;
    struct sample written = {.folder = run->product.hopper}, blank = written;
    written.count = batch_sample(&f->batch, true, run->seed, run->sample, written.sides);
    blank.count = batch_sample(&f->batch, false, run->seed, BLANK_SAMPLE, blank.sides);
    log_info("tesseract on %u pages, then stages and bytes", written.count);
    int rc = yardstick_run(&written, f->cores, &f->yardstick, err);
    if (rc == 0)
        rc = stage_times_measure(&written, &run->product, &f->written_stages, err);
    if (rc == 0)
        rc = stage_times_measure(&blank, &run->product, &f->blank_stages, err);
    if (rc == 0)
        rc = kept_bytes_measure(&written, &f->written_bytes, err);
    return rc < 0 ? rc : kept_bytes_measure(&blank, &f->blank_bytes, err);
}

static int run_day(struct day_run *run, struct err *err)
{
    int rc = prepare(run, err);
    if (rc == 0)
        rc = product_start(&run->product, err);
    if (rc == 0)
        rc = warm_up(run, err);
    if (rc == 0)
        rc = measure(run, err);
    product_stop(&run->product);
    return rc < 0 ? rc : measure_samples(run, err);
}

static int run_and_tell(struct day_run *run)
{
    struct err err = {0};
    run->product.workers = (int)run->workers;
    if (run_day(run, &err) < 0) {
        log_error("%s", err.text);
        return err_exit_status(err.code);
    }
    figures_print(&run->figures);
    if (run->json)
        figures_print_json(&run->figures);
    batch_free(&run->figures.batch);
    return run->figures.long_enough ? EX_OK : EX_TEMPFAIL;
}

int main(int argc, char **argv)
{
    static const struct argp argp = {
        .options = options,
        .parser = parse_option,
        .doc = "Measures a working day in small: drawn mail through the whole product. Ends 75 "
               "when the mail ran out before the window was long enough."};
    static struct day_run run = {.envelopes = 2600,
                                 .seed = 20261122,
                                 .sample = 60,
                                 .minutes = 10,
                                 .warm_up = 45,
                                 .dir = "var/day"};
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    run.figures.cores = run.workers = cores > 0 ? (unsigned)cores : 1;
    log_start("bench/day");
    argp_parse(&argp, argc, argv, 0, NULL, &run);
    return run_and_tell(&run);
}
