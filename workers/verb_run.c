/*
 * tripli run: starts hub, workers and capture on this machine, restarts what dies, shows what goes
 * on, stops everything on one SIGTERM. With --once it ends when the batch is sorted and filed.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "workers/ask.h"
#include "workers/children.h"
#include "workers/run_view.h"
#include "workers/verb.h"

enum {
    HUB_START_MS = 10000, /* a hub that does not answer by then is broken */
    STATUS_MS = 400,      /* between two questions to the hub */
    STOP_MS = 70000,      /* a drain waits for the page in hand: worker.deadline_ms and some */
    TURN_MS = 100,
    WORKERS_MOST = 64, /* a reader has 170 MB; more cores serve other machines' workers better */
    PASSED_ON_MAX = 20 /* options and values handed on to tripli-hub or tripli-scan */
};

struct run {
    struct program program;
    bool once, json;
    long workers;
    bool has_source, has_device;
    struct handed_on {
        const char *options[PASSED_ON_MAX];
        int count;
    } to_hub, to_capture, to_gateway; /* to_gateway empty: no door for partners */
    char uuid[33];
    struct children children;
    struct child *hub, *capture;
    int progress[2]; /* pipe from the capture's stdout */
    char line[1024]; /* of progress, being received */
    size_t line_len;
    json_t *progress_json, *status;
    struct asker *asker;
    struct run_view view;
    bool stopping;
    int64_t started_ms, asked_ms;
};

static const struct argp_option options[] = {
    {"input", 'i', "DIR", 0, "feed the image files below DIR", 0},
    {"device", 'D', "NAME", 0, "feed from this SANE scanner", 0},
    {"hopper", 'f', "DIR", 0, "feed the sheets in DIR through the virtual feeder", 0},
    {"tenant", 't', "CODE", 0, "caisse that the mail is for (three digits)", 0},
    {"received", 'r', "DATE", 0, "date of receipt (today)", 0},
    {"envelope-per", 'e', "WHAT", 0, "with --input: file (default) or folder", 0},
    {"simplex", 's', NULL, 0, "fronts only", 0},
    {"listen", 'l', "ADDRESS", 0, "tcp://HOST:PORT: let workers of other machines in", 0},
    {"key", 'K', "FILE", 0, "with --listen: own key pair (tripli keygen)", 0},
    {"allow", 'A', "FILE", 0, "with --listen: public keys that may come in", 0},
    {"partners", 'P', "ADDRESS", 0, "tcp://HOST:PORT: let partner funds submit", 0},
    {"resume", 'u', "UUID", 0, "go on with the batch of this uuid", 0},
    {"workers", 'w', "N", 0, "workers to start (one per core)", 0},
    {"once", 'o', NULL, 0, "end when the batch is sorted and filed", 0},
    {"json", 'j', NULL, 0, "the report as one JSON object, last on stdout", 0},
    {0},
};

static void hand_on(struct handed_on *to, const char *option, const char *value)
{
    if (to->count + 2 >= PASSED_ON_MAX)
        return;
    to->options[to->count++] = option;
    if (value)
        to->options[to->count++] = value;
}

static error_t parse_handed_on(int key, char *arg, struct run *run)
{
    struct handed_on *const hub = &run->to_hub, *const capture = &run->to_capture;
    const struct {
        int key;
        const char *option;
        bool source;
        struct handed_on *to;
    } rows[] = {{'i', "--input", true, capture},
                {'D', "--device", true, capture},
                {'f', "--hopper", true, capture},
                {'t', "--tenant", false, capture},
                {'r', "--received", false, capture},
                {'e', "--envelope-per", false, capture},
                {'s', "--simplex", false, capture},
                {'l', "--listen", false, hub},
                {'K', "--key", false, hub},
                {'A', "--allow", false, hub},
                {'P', "--listen", false, &run->to_gateway}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (rows[i].key != key)
            continue;
        hand_on(rows[i].to, rows[i].option, arg);
        run->has_source |= rows[i].source;
        run->has_device |= key == 'D';
        return 0;
    }
    return ARGP_ERR_UNKNOWN;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct run *run = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &run->program;
        return 0;
    case 'w':
        run->workers = verb_number(arg, state);
        if (run->workers > WORKERS_MOST)
            argp_error(state, "--workers: 1 to %d", WORKERS_MOST);
        return 0;
    case 'u':
        if (strlen(arg) != sizeof run->uuid - 1)
            argp_error(state, "--resume: 32 hex digits are wanted");
        snprintf(run->uuid, sizeof run->uuid, "%s", arg);
        return 0;
    case 'o':
        run->once = true;
        return 0;
    case 'j':
        run->json = true;
        return 0;
    case ARGP_KEY_END:
        if (run->once && !run->has_source)
            argp_error(state, "--once needs --input, --device or --hopper");
        return 0;
    default:
        return parse_handed_on(key, arg, run);
    }
}

/* On a terminal the children log into a file, so that the view stays whole. */
static int open_log(struct run *run, struct err *err)
{
    char path[PLACE_SIZE + 16];
    run->children.log = -1;
    int rc = place_make_run(&run->program.place, err);
    if (rc < 0)
        return rc;
    if (!run->view.terminal) {
        setenv("TRIPLI_LOG", "warn", 0);
        return 0;
    }
    snprintf(path, sizeof path, "%s/tripli.log", run->program.place.run);
    run->children.log = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    return run->children.log < 0 ? err_errno(err, errno, "%s", path) : 0;
}

/* The places, for every child. */
static int place_options_of(const struct run *run, const char *list[])
{
    const struct place *place = &run->program.place;
    const char *const all[] = {"--data",    place->data, "--keys",
                               place->keys, "--config",  place->config};
    memcpy(list, all, sizeof all);
    return sizeof all / sizeof *all;
}

static void add_workers(struct run *run)
{
    static char names[64][32];
    for (long i = 0; i < run->workers; i++) {
        const char *arguments[16] = {0};
        int count = place_options_of(run, arguments);
        snprintf(names[i], sizeof names[i], "poste-%ld", i + 1);
        arguments[count++] = "--name";
        arguments[count] = names[i];
        children_add(&run->children, names[i], "tripli-worker", arguments);
    }
}

/* The door for partners, who feeds what comes in by it, and who makes what they fetch. */
static void add_door(struct run *run)
{
    const char *arguments[16] = {0};
    int count = place_options_of(run, arguments);
    children_add(&run->children, "import", "tripli-import", arguments);
    children_add(&run->children, "handover", "tripli-handover", arguments);
    for (int i = 0; i < run->to_gateway.count && count < 15; i++)
        arguments[count++] = run->to_gateway.options[i];
    children_add(&run->children, "gateway", "tripli-gateway", arguments);
}

static void add_capture(struct run *run)
{
    const char *arguments[CHILD_ARGUMENTS_MAX] = {0};
    int count = place_options_of(run, arguments);
    for (int i = 0; i < run->to_capture.count; i++)
        arguments[count++] = run->to_capture.options[i];
    arguments[count++] = "--progress";
    arguments[count++] = "--resume";
    arguments[count++] = run->uuid;
    run->capture = children_add(&run->children, "capture", "tripli-scan", arguments);
    run->capture->out = run->progress[1];
    run->capture->once = true;
    run->capture->fragile = run->has_device; /* sheets in its tray must be fed again, by a person */
}

/* Starts the hub and waits until it answers; a hub that ends at once has said why. */
static int start_hub(struct run *run, struct err *err)
{
    const char *arguments[16] = {0};
    int count = place_options_of(run, arguments);
    for (int i = 0; i < run->to_hub.count && count < 15; i++)
        arguments[count++] = run->to_hub.options[i];
    run->hub = children_add(&run->children, "hub", "tripli-hub", arguments);
    run->hub->once = true; /* until it has answered */
    int64_t until = clock_mono_ms() + HUB_START_MS;
    while (!run->asker && !run->hub->ended && clock_mono_ms() < until) {
        children_turn(&run->children);
        usleep(TURN_MS * 1000);
        children_reap(&run->children);
        int rc = run->hub->ended ? 0 : asker_open(&run->program, TURN_MS, &run->asker, err);
        if (rc < 0 && rc != ERR_TIMEOUT)
            return rc;
    }
    run->hub->once = false;
    if (run->hub->ended)
        return err_set(err, ERR_UNAVAILABLE, "the hub did not start; its own line says why");
    return run->asker
               ? 0
               : err_set(err, ERR_TIMEOUT, "the hub did not answer within %d ms", HUB_START_MS);
}

static void take_line(struct run *run)
{
    json_t *json = json_loadb(run->line, run->line_len, 0, NULL);
    run->line_len = 0;
    if (!json)
        return;
    json_decref(run->progress_json);
    run->progress_json = json;
}

static void read_progress(struct run *run)
{
    char got[512];
    ssize_t len = read(run->progress[0], got, sizeof got);
    for (ssize_t i = 0; i < len; i++) {
        if (got[i] == '\n')
            take_line(run);
        else if (run->line_len < sizeof run->line)
            run->line[run->line_len++] = got[i];
    }
}

static long long batch_of(const struct run *run)
{
    return (long long)json_integer_value(json_object_get(run->progress_json, "batch"));
}

/* Counts are of this batch, so there are none before the capture has told its number. */
static bool is_counted(const struct run *run)
{
    return run->status && (!run->capture || batch_of(run) != 0);
}

static void draw(struct run *run, bool last)
{
    if (is_counted(run))
        run_view_draw(&run->view, run->status, run->progress_json, last);
}

static void ask_status(struct run *run)
{
    struct err err = {0};
    json_t *answer = NULL;
    json_t *details = json_pack("{s:I}", "batch", (json_int_t)batch_of(run));
    run->asked_ms = clock_mono_ms();
    if (!run->asker)
        asker_open(&run->program, TURN_MS, &run->asker, &err);
    if (run->asker && asker_ask(run->asker, "status", details, &answer, &err) < 0)
        asker_free(&run->asker); /* it restarts: a fresh line next time */
    json_decref(details);
    if (!answer)
        return;
    json_decref(run->status);
    run->status = answer;
}

static void turn(struct run *run)
{
    struct pollfd wait[] = {{.fd = run->program.signals, .events = POLLIN},
                            {.fd = run->progress[0], .events = POLLIN}};
    poll(wait, 2, TURN_MS);
    for (int number; (number = program_take_signal(&run->program)) != 0;)
        run->stopping |= number == SIGTERM || number == SIGINT;
    if (wait[1].revents & POLLIN)
        read_progress(run);
    children_reap(&run->children);
    if (!run->stopping)
        children_turn(&run->children);
    if (clock_mono_ms() - run->asked_ms >= STATUS_MS)
        ask_status(run);
    draw(run, false);
}

static bool flag(const json_t *object, const char *name)
{
    return json_is_true(json_object_get(object, name));
}

/* The capture has ended its batch, all its pages have been read, what is complete is filed. */
static bool is_done(struct run *run)
{
    if (!run->once || !run->capture->ended || !run->asker)
        return false;
    ask_status(run);
    return run->status && run->asker && !flag(run->status, "filing") &&
           json_integer_value(json_object_get(run->status, "unread")) == 0;
}

static bool capture_failed(const struct run *run)
{
    const struct child *capture = run->capture;
    return capture && capture->ended &&
           !(WIFEXITED(capture->status) && WEXITSTATUS(capture->status) == EX_OK);
}

static long long count_of(const json_t *status, const char *name)
{
    return (long long)json_integer_value(json_object_get(status, name));
}

/* Each page once: the promise of the product. */
static bool adds_up(const json_t *status)
{
    return count_of(status, "pages_accepted") ==
           count_of(status, "filed") + count_of(status, "blank") + count_of(status, "separators") +
               count_of(status, "to_code") + count_of(status, "quarantined") +
               count_of(status, "waiting") + count_of(status, "unread");
}

static json_t *report_of(const struct run *run)
{
    static const char *const names[] = {
        "sheets_fed",  "pages_accepted", "blank",     "separators",      "filed",     "to_code",
        "quarantined", "waiting",        "envelopes", "envelopes_filed", "documents", "by_type"};
    double seconds = (double)(clock_mono_ms() - run->started_ms) / 1000;
    json_t *report = json_object();
    bool counted = is_counted(run);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        json_t *count = json_object_get(run->status, names[i]);
        json_object_set_new(report, names[i],
                            counted                 ? json_incref(count)
                            : json_is_object(count) ? json_object()
                                                    : json_integer(0));
    }
    double envelopes = (double)count_of(report, "envelopes");
    json_object_set_new(report, "envelopes_per_hour",
                        json_real(seconds > 0 ? envelopes * 3600 / seconds : 0));
    json_object_set_new(report, "seconds", json_real(seconds));
    json_object_set_new(report, "batch", json_integer(batch_of(run)));
    return report;
}

static int finish(struct run *run, struct err *err)
{
    int rc = 0;
    if (run->capture)
        ask_status(run);
    draw(run, true);
    if (run->capture && capture_failed(run) && batch_of(run) == 0)
        rc = err_set(err, ERR_DEVICE, "nothing was fed; the line of tripli-scan says why");
    else if (run->capture && capture_failed(run))
        rc = err_set(err, ERR_DEVICE,
                     "the batch was not fed to its end; what was accepted is safe; the same "
                     "command with --resume %s goes on with it",
                     run->uuid);
    else if (run->once && run->status && !adds_up(run->status))
        rc = err_set(err, ERR_INTEGRITY, "the pages do not add up: tripli verify says where");
    else if (run->stopping)
        log_info("stopping: workers finish the page in hand");
    children_stop(&run->children, STOP_MS);
    return rc;
}

static int start_all(struct run *run, struct err *err)
{
    uint8_t raw[16];
    randombytes_buf(raw, sizeof raw);
    if (!run->uuid[0])
        sodium_bin2hex(run->uuid, sizeof run->uuid, raw, sizeof raw);
    if (run->workers == 0)
        run->workers = sysconf(_SC_NPROCESSORS_ONLN);
    if (run->workers > WORKERS_MOST)
        run->workers = WORKERS_MOST;
    if (pipe2(run->progress, O_CLOEXEC | O_NONBLOCK) < 0)
        return err_errno(err, errno, "pipe");
    run_view_start(&run->view);
    int rc = program_signals(&run->program, err);
    if (rc == 0)
        rc = open_log(run, err);
    if (rc == 0)
        rc = start_hub(run, err);
    if (rc < 0)
        return rc;
    add_workers(run);
    if (run->to_gateway.count)
        add_door(run);
    if (run->has_source)
        add_capture(run);
    return 0;
}

static int run_all(struct run *run, struct err *err)
{
    run->started_ms = clock_mono_ms();
    int rc = start_all(run, err);
    while (rc == 0 && !run->stopping && !is_done(run) && !(run->once && capture_failed(run)) &&
           !run->hub->ended)
        turn(run);
    if (rc < 0) {
        children_stop(&run->children, STOP_MS);
        return rc;
    }
    return finish(run, err);
}

int verb_run(int argc, char **argv)
{
    static const struct argp_child children[] = {{&program_argp, 0, NULL, 0}, {0}};
    static const struct argp argp = {options,
                                     parse,
                                     NULL,
                                     "Starts everything here; with a source it feeds one batch and "
                                     "shows it.",
                                     children,
                                     NULL,
                                     NULL};
    static struct run run;
    struct err err = {0};
    run.children.program = &run.program;
    int status = verb_start(&argp, argc, argv, &run.program);
    if (status != 0)
        return status;
    int rc = run_all(&run, &err);
    if (run.once && run.status && run.capture) {
        json_t *report = report_of(&run);
        if (batch_of(&run) != 0)
            run_view_report(report);
        if (run.json)
            verb_print(json_incref(report));
        json_decref(report);
    }
    asker_free(&run.asker);
    json_decref(run.status);
    json_decref(run.progress_json);
    children_free(&run.children);
    return verb_end(&run.program, rc, &err);
}
