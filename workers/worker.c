/*
 * tripli-worker: takes lent pages from a hub, gives each to its reader, sends the verdict back. It
 * holds nothing that matters: killed at any moment it costs time. Its reader is killed when a page
 * takes too long, and replaced after so many pages.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/digest.h"
#include "base/log.h"
#include "base/scope.h"
#include "wire/link.h"
#include "workers/program.h"
#include "workers/reader_client.h"

enum {
    HELD_MAX = 8,           /* pages held at once; worker.credit is at most this */
    ALONE_MS = 2500,        /* without a hub until the log says so; a restart takes less */
    ANNOUNCE_MS = 1000,     /* "ready" is repeated, so that a hub that restarted knows us again */
    START_LIMIT_MS = 30000, /* loading models takes 0.3 s; a reader that takes longer is broken */
    RESTART_PAUSE_MS = 500  /* between two readers that could not start */
};

struct held {
    struct lend_message lend;
    struct buf image;
};

struct worker {
    struct program program;
    char name[64];
    const char *endpoint, *key_file, *hub_key;
    struct wire *wire;
    struct link *link;
    struct reader *reader;
    bool reader_ready;
    bool reading; /* held[0] is in the reader */
    int64_t reading_since_ms, announced_ms, reader_since_ms;
    struct held held[HELD_MAX];
    int held_count;
    bool draining;
    bool alone; /* no hub answered the last announcement */
    int64_t alone_since_ms;
};

static int send_message(struct worker *worker, const struct message *message, struct err *err)
{
    return link_send(worker->link, NULL, message, bytes_of(NULL, 0), err);
}

/* Once when the hub has been away for a while, once when it is back. */
static void note_hub(struct worker *worker, bool there)
{
    int64_t now = clock_mono_ms();
    if (there && worker->alone)
        log_info("the hub is there");
    if (there) {
        worker->alone = false;
        worker->alone_since_ms = 0;
        return;
    }
    if (worker->alone_since_ms == 0)
        worker->alone_since_ms = now;
    if (worker->alone || now - worker->alone_since_ms < ALONE_MS)
        return;
    worker->alone = true;
    log_warn("no hub at %s; it is asked again every second",
             worker->endpoint ? worker->endpoint : worker->program.place.run);
}

static void announce(struct worker *worker)
{
    struct err err;
    struct message ready = {.kind = MESSAGE_READY};
    snprintf(ready.ready.worker, sizeof ready.ready.worker, "%s", worker->name);
    snprintf(ready.ready.software, sizeof ready.ready.software, "tripli");
    ready.ready.credit = worker->draining ? 0 : (uint32_t)worker->program.tuning.worker.credit;
    worker->announced_ms = clock_mono_ms();
    note_hub(worker, send_message(worker, &ready, &err) == 0); /* else told again in a second */
}

static void drop_held(struct worker *worker, int index)
{
    buf_free(&worker->held[index].image);
    worker->held_count--;
    memmove(&worker->held[index], &worker->held[index + 1],
            sizeof *worker->held * (size_t)(worker->held_count - index));
    worker->held[worker->held_count] = (struct held){0};
}

static void tell_failure(struct worker *worker, const char *reason, bool unreadable)
{
    struct err err;
    const struct lend_message *lend = &worker->held[0].lend;
    struct message failed = {.kind = MESSAGE_FAILED};
    failed.failed = (struct failed_message){
        .batch = lend->batch, .page = lend->page, .epoch = lend->epoch, .unreadable = unreadable};
    snprintf(failed.failed.reason, sizeof failed.failed.reason, "%.250s", reason);
    log_warn("page=%u-%u not read: %s", lend->batch, lend->page, reason);
    send_message(worker, &failed, &err); /* lost with the hub: the lease runs out instead */
    drop_held(worker, 0);
    worker->reading = false;
}

static void replace_reader(struct worker *worker)
{
    struct err err;
    reader_kill(&worker->reader);
    worker->reader_ready = worker->reading = false;
    worker->reader_since_ms = clock_mono_ms();
    if (reader_spawn(&worker->program.place, &worker->program.tuning, &worker->reader, &err) < 0)
        log_error("reader: %s; trying again in %d ms", err.text, RESTART_PAUSE_MS);
}

/* Hands the next held page to the reader when it is free. */
static void feed_reader(struct worker *worker)
{
    struct err err;
    if (!worker->reader || !worker->reader_ready || worker->reading || worker->held_count == 0)
        return;
    const struct held *held = &worker->held[0];
    const struct reader_page page = {1, (int)held->lend.deadline_ms, held->lend.finding};
    worker->reading_since_ms = clock_mono_ms();
    worker->reading = true;
    if (reader_send(worker->reader, &page, buf_view(&held->image), &err) < 0) {
        tell_failure(worker, err.text, false);
        replace_reader(worker);
    }
}

static void tell_verdict(struct worker *worker, json_t *answer)
{
    struct err err;
    const struct lend_message *lend = &worker->held[0].lend;
    struct message message = {.kind = MESSAGE_VERDICT};
    message.verdict = (struct verdict_message){
        .batch = lend->batch,
        .page = lend->page,
        .epoch = lend->epoch,
        .cpu_ms = (uint32_t)json_integer_value(json_object_get(answer, "cpu_ms")),
        .verdict = json_object_get(answer, "verdict")};
    log_debug("page=%u-%u epoch=%u read in %u ms", lend->batch, lend->page, lend->epoch,
              message.verdict.cpu_ms);
    send_message(worker, &message, &err);
    drop_held(worker, 0);
    worker->reading = false;
}

static void take_error(struct worker *worker, const json_t *error)
{
    const char *code = json_string_value(json_object_get(error, "code"));
    const char *text = json_string_value(json_object_get(error, "text"));
    bool again = code && (strcmp(code, "memory") == 0 || strcmp(code, "timeout") == 0);
    tell_failure(worker, text ? text : "reader gave no reason", !again);
}

static void take_answer(struct worker *worker)
{
    struct err err;
    json_t *answer = NULL;
    if (reader_receive(worker->reader, 0, &answer, &err) < 0) {
        if (worker->reading)
            tell_failure(worker, err.text, false);
        else
            log_warn("%s; starting another", err.text);
        replace_reader(worker);
        return;
    }
    const json_t *error = json_object_get(answer, "error");
    if (json_object_get(answer, "ready"))
        worker->reader_ready = true;
    else if (worker->reading && error)
        take_error(worker, error);
    else if (worker->reading)
        tell_verdict(worker, answer);
    json_decref(answer);
    if (reader_pages(worker->reader) >= worker->program.tuning.worker.recycle_pages)
        replace_reader(worker);
}

static void take_lend(struct worker *worker, struct message *message)
{
    const struct lend_message *lend = &message->lend;
    struct digest want, got = digest_of(buf_view(&message->payload));
    if (worker->held_count == HELD_MAX || digest_parse(lend->digest, &want) < 0) {
        log_warn("page=%u-%u lent beyond credit or without digest: left to its lease", lend->batch,
                 lend->page);
        return;
    }
    struct held *held = &worker->held[worker->held_count++];
    held->lend = *lend;
    held->image = message->payload;
    message->payload = (struct buf){0};
    if (digest_equal(&want, &got))
        return;
    struct message failed = {.kind = MESSAGE_FAILED};
    failed.failed =
        (struct failed_message){.batch = lend->batch, .page = lend->page, .epoch = lend->epoch};
    snprintf(failed.failed.reason, sizeof failed.failed.reason, "digest differs at the worker");
    drop_held(worker, worker->held_count - 1);
    struct err err;
    send_message(worker, &failed, &err);
}

static void receive(struct worker *worker)
{
    for (;;) {
        struct err err;
        struct message message;
        int rc = link_receive(worker->link, &message, NULL, &err);
        if (rc == 0)
            return;
        if (rc < 0)
            log_warn("message from the hub not taken: %s", err.text);
        else if (message.kind == MESSAGE_LEND)
            take_lend(worker, &message);
        else if (message.kind == MESSAGE_REFUSED)
            log_warn("hub refused '%s': %s", message.refused.what, message.refused.reason);
        message_clear(&message);
        if (rc == ERR_UNAVAILABLE)
            return;
    }
}

static void check_times(struct worker *worker)
{
    int64_t now = clock_mono_ms();
    if (now - worker->announced_ms >= ANNOUNCE_MS)
        announce(worker);
    if (worker->reading && now - worker->reading_since_ms > worker->held[0].lend.deadline_ms) {
        char reason[80];
        snprintf(reason, sizeof reason, "reader took longer than %u ms and was killed",
                 worker->held[0].lend.deadline_ms);
        tell_failure(worker, reason, false);
        replace_reader(worker);
    }
    if (!worker->reader && now - worker->reader_since_ms > RESTART_PAUSE_MS)
        replace_reader(worker);
    if (worker->reader && !worker->reader_ready && now - worker->reader_since_ms > START_LIMIT_MS) {
        log_warn("reader not ready within %d ms; starting another", START_LIMIT_MS);
        replace_reader(worker);
    }
}

/* Gives back what has not been begun; what is being read is finished first. */
static void drain(struct worker *worker)
{
    struct err err;
    worker->draining = true;
    while (worker->held_count > (worker->reading ? 1 : 0)) {
        const struct lend_message *lend = &worker->held[worker->held_count - 1].lend;
        const struct message returned = {.kind = MESSAGE_RETURNED, .returned = *lend};
        send_message(worker, &returned, &err);
        drop_held(worker, worker->held_count - 1);
    }
}

static int turn(struct worker *worker, struct err *err)
{
    struct link_set set = {.links = {worker->link},
                           .link_count = 1,
                           .fds = {worker->program.signals, 0},
                           .fd_count = 1};
    if (worker->reader)
        set.fds[set.fd_count++] = reader_fd(worker->reader);
    struct link_ready ready;
    int rc = link_poll(worker->wire, &set, 100, &ready, err);
    if (rc < 0)
        return rc;
    int number = program_take_signal(&worker->program);
    if (number == SIGTERM || number == SIGINT)
        drain(worker);
    if (ready.links)
        receive(worker);
    if (worker->draining)
        drain(worker);
    if (ready.fds & 2u)
        take_answer(worker);
    check_times(worker);
    feed_reader(worker);
    return 0;
}

static int open_link_to_hub(struct worker *worker, struct err *err)
{
    char local[PLACE_SIZE + 32];
    struct curve_keys keys;
    place_endpoint(&worker->program.place, "work", local, sizeof local);
    struct link_params params = {
        .endpoint = worker->endpoint ? worker->endpoint : local,
        .receive_messages = HELD_MAX,
        .send_messages = 64,
        .server_key = worker->hub_key,
    };
    if (worker->key_file) {
        int rc = curve_load(worker->key_file, &keys, err);
        if (rc < 0)
            return rc;
        params.keys = &keys;
    }
    return link_call(worker->wire, &params, &worker->link, err);
}

static int work(struct worker *worker, struct err *err)
{
    int rc = program_signals(&worker->program, err);
    if (rc == 0)
        rc = wire_open(&worker->wire, err);
    if (rc == 0)
        rc = open_link_to_hub(worker, err);
    if (rc < 0)
        return rc;
    replace_reader(worker);
    announce(worker);
    while (rc == 0 && !(worker->draining && worker->held_count == 0))
        rc = turn(worker, err);
    struct err ignored;
    send_message(worker, &(struct message){.kind = MESSAGE_BYE}, &ignored);
    return rc;
}

static const struct argp_option options[] = {
    {"name", 'n', "NAME", 0, "this worker's name at the hub (host-pid)", 0},
    {"hub", 'H', "ENDPOINT", 0, "a hub on another machine, tcp://HOST:PORT", 0},
    {"key", 'K', "FILE", 0, "own key pair, made by tripli keygen", 0},
    {"hub-key", 'P', "KEY", 0, "the hub's public key", 0},
    {0},
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct worker *worker = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &worker->program;
        return 0;
    case 'n':
        snprintf(worker->name, sizeof worker->name, "%s", arg);
        return 0;
    case 'H':
        worker->endpoint = arg;
        return 0;
    case 'K':
        worker->key_file = arg;
        return 0;
    case 'P':
        worker->hub_key = arg;
        return 0;
    case ARGP_KEY_END:
        if (worker->endpoint && (!worker->key_file || !worker->hub_key))
            argp_error(state, "--hub needs --key and --hub-key");
        if (worker->hub_key && !curve_key_is_valid(worker->hub_key))
            argp_error(state, "--hub-key: not a public key of 40 characters");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

int main(int argc, char **argv)
{
    static const struct argp_child children[] = {{&program_argp, 0, NULL, 0}, {0}};
    static const struct argp argp = {
        options, parse, NULL, "Reads and sorts the pages that a hub lends.", children, NULL, NULL};
    static struct worker worker = {.program = {.name = "tripli-worker"}};
    struct err err = {0};
    char host[40] = "host";
    gethostname(host, sizeof host - 1);
    snprintf(worker.name, sizeof worker.name, "%s-%d", host, (int)getpid());
    argp_parse(&argp, argc, argv, 0, NULL, &worker);
    int rc = program_start(&worker.program, &err);
    if (rc == 0)
        rc = work(&worker, &err);
    reader_kill(&worker.reader);
    link_free(&worker.link);
    wire_free(&worker.wire);
    return rc < 0 ? program_fail(&worker.program, &err) : EX_OK;
}
