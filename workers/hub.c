/*
 * tripli-hub: accepts pages, lends them to workers, files envelopes. The only process that writes
 * the archive. It acknowledges after the durable commit, never before; killed at any moment it
 * starts again where the last commit was.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "workers/hub.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sysexits.h>
#include <unistd.h>

#include "archive/access.h"
#include "archive/day_seal.h"
#include "archive/filing.h"
#include "archive/purge.h"
#include "base/clock.h"
#include "base/log.h"

enum {
    TURN_MS = 200,            /* longest wait between two looks at the timers */
    CLOCK_BACK_MS = 1000,     /* a clock set right by less is not worth a page read again */
    COUNT_MS = 1000,          /* how often the number of unread pages is read back */
    EXPIRE_MS = 1000,         /* how often leases past their time are looked for */
    SEAL_MS = 60000,          /* how often a new day is looked for, when the journals are sealed */
    REWRITE_PAUSE_MS = 60000, /* until a rewrite that failed is begun anew */
    FULL_PAUSE_MS = 2000,     /* how long a full disk is left alone before the next try */
    EXPIRE_STEP = 64,         /* leases returned at once */
    FRONT_MESSAGES = 16, /* per capture: 16 × 32 MB at the very most, window_pages in practice */
    DESCRIPTORS = 4096   /* 256 boxes × 3, intake days, sockets */
};

struct hub_options {
    struct hub *hub;
    const char *listen, *key_file, *allow_file;
};

void hub_send(struct link *link, const struct peer *to, const struct message *message)
{
    struct err err = {0};
    if (link_send(link, to, message, bytes_of(NULL, 0), &err) < 0)
        log_debug("'%s' not sent: %s", message_name(message->kind), err.text);
}

void hub_refuse(struct link *link, const struct peer *to, const struct message *about,
                const struct err *why)
{
    struct message refused = {.kind = MESSAGE_REFUSED};
    const char *what = about && about->header ? message_name(about->kind) : "message";
    snprintf(refused.refused.what, sizeof refused.refused.what, "%s", what);
    snprintf(refused.refused.code, sizeof refused.refused.code, "%s", err_name(why->code));
    snprintf(refused.refused.reason, sizeof refused.refused.reason, "%.250s", why->text);
    if (about && about->header && about->kind == MESSAGE_PAGE) {
        refused.refused.batch = about->page.batch;
        refused.refused.page = about->page.page;
    }
    hub_send(link, to, &refused);
}

void hub_trouble(struct hub *hub, const struct err *err)
{
    if (!err) {
        if (hub->trouble[0])
            log_info("storage works again; going on");
        hub->trouble[0] = '\0';
        return;
    }
    if (!hub->trouble[0])
        log_error("%s; the feeder waits, nothing accepted is lost, next try in %d ms", err->text,
                  FULL_PAUSE_MS);
    hub->must_reopen |= err->code == ERR_UNAVAILABLE;
    snprintf(hub->trouble, sizeof hub->trouble, "%s", err->text);
    hub->full_until_ms = clock_mono_ms() + FULL_PAUSE_MS;
}

static void file_some(struct hub *hub)
{
    struct err err = {0};
    if (!hub->may_have_complete || hub->rewriting || clock_mono_ms() < hub->full_until_ms)
        return;
    int filed = filing_run(hub->archive, (int)hub->program.tuning.hub.filing_step, &err);
    if (filed < 0)
        hub_trouble(hub, &err);
    else if (hub->trouble[0])
        hub_trouble(hub, NULL);
    if (filed == 0)
        hub->may_have_complete = false;
    if (filed > 0)
        log_debug("%d envelopes filed", filed);
}

/* What was done since the last look counts when pages waited then. */
static void note_pace(struct hub *hub, int64_t ms)
{
    const uint64_t pages = hub->pages_decided - hub->pages_noted;
    hub->pages_noted = hub->pages_decided;
    if (hub->counted_ms && (hub->may_have_unread || pages > 0))
        pace_note(&hub->pace, (uint32_t)ms, (uint32_t)pages);
}

/* After a destruction, a slice at a time; what has become complete meanwhile is filed then. */
static void rewrite_some(struct hub *hub)
{
    struct err err = {0};
    int64_t now = clock_mono_ms();
    if (!hub->rewriting && now < hub->rewrite_at_ms)
        return;
    bool ran = hub->rewriting;
    int rc = purge_turn(hub->archive, &err);
    hub->rewriting = rc == 1;
    hub->may_have_complete |= ran && rc != 1;
    hub->rewrite_at_ms = now + (rc < 0 ? REWRITE_PAUSE_MS : COUNT_MS);
    if (rc < 0)
        log_error("the catalogue is not rewritten: %s; next try in %d s", err.text,
                  REWRITE_PAUSE_MS / 1000);
}

static void refresh_counts(struct hub *hub)
{
    struct archive_counts counts;
    struct err err = {0};
    int64_t now = clock_mono_ms();
    if (now - hub->counted_ms < COUNT_MS)
        return;
    note_pace(hub, now - hub->counted_ms);
    hub->counted_ms = now;
    if (archive_count(hub->archive, (struct batch_id){0}, &counts, &err) < 0)
        log_warn("counts: %s", err.text);
    else
        hub->unread = counts.unread;
    hub->may_have_unread = hub->unread > 0;
}

/* True when the wall clock was set back. Leases end by that clock, for they outlive the hub; they
 * would last by so much longer. */
static bool clock_went_back(struct hub *hub, int64_t mono_ms)
{
    int64_t ahead_ms = clock_wall_ms() - mono_ms, before_ms = hub->wall_ahead_ms;
    bool back = before_ms != 0 && ahead_ms < before_ms - CLOCK_BACK_MS;
    hub->wall_ahead_ms = ahead_ms;
    if (back)
        log_warn("the clock went back by %lld ms; pages that are lent wait again",
                 (long long)(before_ms - ahead_ms));
    return back;
}

static void expire_leases(struct hub *hub)
{
    struct err err = {0};
    int64_t now = clock_mono_ms();
    if (now - hub->expired_ms < EXPIRE_MS)
        return;
    hub->expired_ms = now;
    bool back = clock_went_back(hub, now);
    int returned =
        back ? intake_recover(hub->archive, &err) : intake_expire(hub->archive, EXPIRE_STEP, &err);
    if (returned < 0)
        hub_trouble(hub, &err);
    if (returned > 0)
        log_warn("%d leases ran out; their pages wait again", returned);
}

static void seal_day(struct hub *hub)
{
    struct err err = {0};
    int64_t now = clock_mono_ms();
    if (hub->sealed_ms && now - hub->sealed_ms < SEAL_MS)
        return;
    hub->sealed_ms = now;
    int made = day_seal_due(hub->archive, &err);
    if (made < 0)
        log_error("the journals are not sealed: %s; next try in %d s", err.text, SEAL_MS / 1000);
    if (made > 0)
        log_info("the journals are sealed, DATA/seals has the request for a time stamp");
    int pruned = access_due(hub->archive, &err);
    if (pruned < 0)
        log_error("the access journal is not pruned: %s; next try in %d s", err.text,
                  SEAL_MS / 1000);
    if (pruned > 0)
        log_info("the access journal is pruned: %d months went by their rule", pruned);
}

/* What only a new start mends: a storage that must be opened again, a socket that is gone. */
static int check_ground(struct hub *hub, struct err *err)
{
    char path[PLACE_SIZE + 32];
    int64_t now = clock_mono_ms();
    if (hub->must_reopen)
        return err_set(err, ERR_IO, "%s; the hub ends, and opens its storage again when started",
                       hub->trouble);
    if (now - hub->grounded_ms < COUNT_MS)
        return 0;
    hub->grounded_ms = now;
    snprintf(path, sizeof path, "%s/front", hub->program.place.run);
    if (access(path, F_OK) == 0)
        return 0;
    return err_errno(err, errno, "%s: the hub ends, and makes it again when started", path);
}

static int turn(struct hub *hub, struct err *err)
{
    struct link_set set = {.links = {hub->front, hub->work, hub->work_remote},
                           .link_count = hub->work_remote ? 3 : 2,
                           .fds = {hub->program.signals},
                           .fd_count = 1};
    struct link_ready ready;
    bool busy = (hub->may_have_complete && !hub->trouble[0]) || hub->rewriting;
    int rc = link_poll(hub->wire, &set, busy ? 0 : TURN_MS, &ready, err);
    if (rc < 0)
        return rc;
    for (int number; (number = program_take_signal(&hub->program)) != 0;)
        hub->stopping |= number == SIGTERM || number == SIGINT;
    if (ready.links & 1u)
        rc = hub_capture_receive(hub, err);
    hub_capture_commit(hub);
    for (int i = 1; rc == 0 && i < set.link_count; i++)
        if (ready.links >> i & 1u)
            rc = hub_lanes_receive(hub, set.links[i], err);
    hub_lanes_commit(hub);
    hub_lanes_check(hub);
    hub_lanes_lend(hub);
    file_some(hub);
    rewrite_some(hub);
    expire_leases(hub);
    refresh_counts(hub);
    seal_day(hub);
    if (hub->allowed)
        allow_list_refresh(hub->allowed);
    return rc < 0 ? rc : check_ground(hub, err);
}

static int open_remote(struct hub *hub, const struct hub_options *options, struct err *err)
{
    struct curve_keys keys;
    int rc = curve_load(options->key_file, &keys, err);
    if (rc == 0)
        rc = allow_list_open(options->allow_file, &hub->allowed, err);
    if (rc == 0)
        rc = wire_guard(hub->wire, hub->allowed, err);
    const struct link_params params = {.endpoint = options->listen,
                                       .receive_messages = FRONT_MESSAGES,
                                       .send_messages = LANE_CREDIT_MAX,
                                       .keys = &keys};
    if (rc == 0)
        rc = link_serve(hub->wire, &params, &hub->work_remote, err);
    if (rc == 0)
        log_info("workers on other machines may come to %s with keys listed in %s", options->listen,
                 options->allow_file);
    return rc;
}

static int open_links(struct hub *hub, const struct hub_options *options, struct err *err)
{
    char front[PLACE_SIZE + 32], work[PLACE_SIZE + 32];
    place_endpoint(&hub->program.place, "front", front, sizeof front);
    place_endpoint(&hub->program.place, "work", work, sizeof work);
    int rc = place_make_run(&hub->program.place, err);
    if (rc == 0)
        rc = wire_open(&hub->wire, err);
    struct link_params params = {
        .endpoint = front, .receive_messages = FRONT_MESSAGES, .send_messages = 1000};
    if (rc == 0)
        rc = link_serve(hub->wire, &params, &hub->front, err);
    params.endpoint = work;
    if (rc == 0)
        rc = link_serve(hub->wire, &params, &hub->work, err);
    if (rc == 0 && options->listen)
        rc = open_remote(hub, options, err);
    return rc;
}

static int open_archive(struct hub *hub, struct err *err)
{
    const struct archive_params params = {.data_dir = hub->program.place.data,
                                          .key_dir = hub->program.place.keys,
                                          .config_dir = hub->program.place.config,
                                          .first = hub->program.tuning.coding.first,
                                          .writer = true,
                                          .rewrites_later = true};
    const struct rlimit files = {DESCRIPTORS, DESCRIPTORS};
    struct rlimit have;
    if (getrlimit(RLIMIT_NOFILE, &have) == 0 && have.rlim_cur < DESCRIPTORS)
        setrlimit(RLIMIT_NOFILE, &files);
    int rc = archive_open(&params, &hub->archive, err);
    if (rc == 0)
        rc = intake_recover(hub->archive, err);
    if (rc > 0)
        log_info("%d leases of an earlier run returned", rc);
    return rc < 0 ? rc : 0;
}

static int serve(struct hub *hub, const struct hub_options *options, struct err *err)
{
    int rc = program_signals(&hub->program, err);
    if (rc == 0)
        rc = open_archive(hub, err);
    if (rc == 0)
        rc = open_links(hub, options, err);
    if (rc < 0)
        return rc;
    hub->started_ms = clock_mono_ms();
    hub->may_have_complete = true; /* an earlier run may have left some */
    log_info("ready, data in %s", hub->program.place.data);
    while (rc == 0 && !hub->stopping)
        rc = turn(hub, err);
    log_info("stopped after %llu pages decided", (unsigned long long)hub->pages_decided);
    return rc;
}

static void close_all(struct hub *hub)
{
    link_free(&hub->front);
    link_free(&hub->work);
    link_free(&hub->work_remote);
    wire_free(&hub->wire);
    allow_list_free(&hub->allowed);
    archive_free(&hub->archive);
}

static const struct argp_option option_table[] = {
    {"listen", 'l', "tcp://ADDRESS:PORT", 0, "let workers of other machines in", 0},
    {"key", 'K', "FILE", 0, "own key pair, made by tripli keygen", 0},
    {"allow", 'A', "FILE", 0, "public keys that may come in, one a line", 0},
    {0},
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct hub_options *options = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &options->hub->program;
        return 0;
    case 'l':
        options->listen = arg;
        return 0;
    case 'K':
        options->key_file = arg;
        return 0;
    case 'A':
        options->allow_file = arg;
        return 0;
    case ARGP_KEY_END:
        if (options->listen && (!options->key_file || !options->allow_file))
            argp_error(state, "--listen needs --key and --allow");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

int main(int argc, char **argv)
{
    static const struct argp_child children[] = {{&program_argp, 0, NULL, 0}, {0}};
    static const struct argp argp = {
        option_table, parse, NULL, "Accepts pages, lends them to workers, files envelopes.",
        children,     NULL,  NULL};
    static struct hub hub = {.program = {.name = "tripli-hub"}};
    struct hub_options options = {.hub = &hub};
    struct err err = {0};
    argp_parse(&argp, argc, argv, 0, NULL, &options);
    program_return_memory();
    int rc = program_start(&hub.program, &err);
    if (rc == 0)
        rc = serve(&hub, &options, &err);
    close_all(&hub);
    return rc < 0 ? program_fail(&hub.program, &err) : EX_OK;
}
