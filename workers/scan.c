/*
 * tripli-scan: feeds one batch to the hub, from a scanner or a folder. What the hub has
 * acknowledged is safe; everything else is still on paper or in the folder, and the batch can be
 * resumed.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "workers/scan.h"

#include <limits.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/day.h"
#include "base/digest.h"
#include "base/file.h"
#include "base/log.h"
#include "scanner/profile.h"
#include "workers/french.h"

enum {
    SHOW_MS = 250, /* between two status lines */
    DPI_LEAST = 75,
    DPI_MOST = 1200 /* what document scanners offer */
};

static void show_line(struct scan *scan)
{
    char of[24] = "";
    if (scan->expected)
        snprintf(of, sizeof of, " sur %u", scan->expected);
    double seconds = (double)(clock_mono_ms() - scan->started_ms) / 1000;
    fprintf(stderr, "\r\033[Klot %u : %u feuilles%s, %u faces, %u en lieu sûr, %.1f faces/s",
            scan->batch, scan->sheets, of, scan->page, capture_acknowledged(scan->capture),
            seconds > 0 ? scan->page / seconds : 0);
}

void scan_show(struct scan *scan, bool last)
{
    int64_t now = clock_mono_ms();
    if (!last && now - scan->shown_ms < SHOW_MS)
        return;
    scan->shown_ms = now;
    if (scan->terminal)
        show_line(scan);
    if (scan->terminal && last)
        fprintf(stderr, "\n");
    if (!scan->options.progress)
        return;
    printf("{\"batch\":%u,\"sheets\":%u,\"pages\":%u,\"acknowledged\":%u,\"skipped\":%u,"
           "\"rejected\":%u,\"expected\":%u,\"ended\":%s}\n",
           scan->batch, scan->sheets, scan->page, capture_acknowledged(scan->capture),
           scan->skipped, scan->rejected, scan->expected, last ? "true" : "false");
    fflush(stdout);
}

void scan_say(struct scan *scan, const char *format, ...)
{
    char line[1024];
    va_list args;
    va_start(args, format);
    vsnprintf(line, sizeof line, format, args);
    va_end(args);
    fprintf(stderr, "%s%s\n", scan->terminal ? "\r\033[K" : "", line);
}

int scan_page(struct scan *scan, const struct scan_side *side, struct err *err)
{
    struct digest birth = digest_of(side->image);
    struct page_message page = {.batch = scan->batch,
                                .page = scan->page + 1,
                                .starts_envelope = side->starts_envelope,
                                .sheet = side->sheet,
                                .side = side->side,
                                .capture = side->capture};
    digest_hex(&birth, page.digest);
    int rc = capture_page(scan->capture, &page, side->image, err);
    if (rc < 0)
        return rc;
    scan->page++;
    scan_show(scan, false);
    return 0;
}

static void say_waiting(void *context, const char *why)
{
    char french[FRENCH_SIZE];
    scan_say(context, "en attente : %s (rien n'est perdu, la lecture reprendra)",
             french_reason(why, french));
}

static void say_going_on(void *context)
{
    scan_say(context, "la lecture reprend");
}

static int fill_open(const struct scan *scan, struct batch_open_message *ret_open, struct err *err)
{
    const struct scan_options *options = &scan->options;
    *ret_open = (struct batch_open_message){.marked = options->input != NULL,
                                            .duplex = !options->input && !options->simplex};
    uint8_t raw[16];
    struct day day;
    randombytes_buf(raw, sizeof raw);
    sodium_bin2hex(ret_open->uuid, sizeof ret_open->uuid, raw, sizeof raw);
    if (options->uuid)
        snprintf(ret_open->uuid, sizeof ret_open->uuid, "%s", options->uuid);
    snprintf(ret_open->tenant, sizeof ret_open->tenant, "%.3s",
             options->tenant ? options->tenant : scan->program.tuning.capture.tenant);
    day_format(day_of_ms(clock_wall_ms()), ret_open->received);
    if (options->received && day_parse(options->received, &day) < 0)
        return err_set(err, ERR_FORMAT, "date of receipt '%s': must be YYYY-MM-DD",
                       options->received);
    if (options->received && day_compare(day, day_of_ms(clock_wall_ms())) > 0)
        return err_set(err, ERR_FORMAT, "date of receipt %s: lies ahead, every term would be wrong",
                       options->received);
    if (options->received)
        day_format(day, ret_open->received);
    snprintf(ret_open->mail, sizeof ret_open->mail, "%s", options->kind ? options->kind : "");
    snprintf(ret_open->source, sizeof ret_open->source, "%s",
             options->input    ? "folder"
             : options->hopper ? "virtual feeder"
                               : options->device);
    return 0;
}

static int open_batch(struct scan *scan, struct err *err)
{
    static const struct capture_watch watch = {NULL, say_waiting, say_going_on};
    struct capture_watch mine = watch;
    struct batch_open_message open;
    struct batch_opened_message opened;
    mine.context = scan;
    int rc = fill_open(scan, &open, err);
    snprintf(scan->uuid, sizeof scan->uuid, "%s", open.uuid);
    if (rc == 0)
        rc = capture_open(&scan->program, &mine, &scan->capture, err);
    if (rc == 0)
        rc = capture_batch_open(scan->capture, &open, &opened, err);
    if (rc < 0)
        return rc;
    scan->batch = opened.batch;
    scan->accepted = opened.accepted;
    scan->rejected = opened.rejected;
    scan->ended = opened.ended && !scan->options.input; /* files are compared again */
    scan->started_ms = clock_mono_ms();
    if (scan->accepted > 0 || scan->rejected > 0)
        scan_say(scan, "lot %u repris : faces déjà en lieu sûr %u, feuilles rejetées %u",
                 scan->batch, scan->accepted, scan->rejected);
    log_debug("batch=%u uuid=%s", scan->batch, open.uuid);
    return 0;
}

/* A hopper tells how much lies in it; a scanner does not. */
static int check_all_fed(const struct scan *scan, struct err *err)
{
    uint32_t seen = scan->sheets + scan->rejected;
    if (scan->options.hopper && scan->expected > seen)
        return err_set(err, ERR_DEVICE, "%u of the hopper's %u sheets were fed", seen,
                       (unsigned)scan->expected);
    return 0;
}

static int end_batch(struct scan *scan, struct err *err)
{
    int rc = check_all_fed(scan, err);
    if (rc < 0)
        return rc;
    const struct batch_end_message end = {.batch = scan->batch,
                                          .sheets_fed = scan->sheets + scan->rejected,
                                          .sheets_rejected = scan->rejected,
                                          .pages = scan->page};
    rc = capture_batch_end(scan->capture, &end, err);
    if (rc < 0)
        return rc;
    if (scan->hopper_state[0] && file_remove_tree(scan->hopper_state, err) < 0)
        log_warn("%s", err->text);
    scan_show(scan, true);
    scan_say(scan,
             "lot %u : %u feuilles lues, %u rejetées, %u faces en lieu sûr, %u fichiers ignorés",
             scan->batch, scan->sheets, scan->rejected, scan->page, scan->skipped);
    return 0;
}

/* Nothing may be added to it: what lies in the feeder is of another batch. */
static int say_ended(struct scan *scan)
{
    scan->page = scan->accepted;
    scan->sheets = scan->options.simplex ? scan->accepted : scan->accepted / 2;
    scan_show(scan, true);
    scan_say(scan,
             "lot %u : déjà lu en entier, %u faces en lieu sûr ; rien n'a été lu. Les feuilles qui "
             "sont dans le bac sont d'un autre lot : sans --resume, elles en font un nouveau.",
             scan->batch, scan->accepted);
    return 0;
}

static int feed_to_the_end(struct scan *scan, struct err *err)
{
    int rc = scan->options.input ? scan_folder(scan, err) : scan_feeder(scan, err);
    return rc < 0 ? rc : end_batch(scan, err);
}

static int feed(struct scan *scan, struct err *err)
{
    int rc = program_signals(&scan->program, err);
    if (rc == 0 && scan->options.input)
        rc = scan_folder_check(scan, err);
    if (rc == 0)
        rc = open_batch(scan, err);
    if (rc == 0)
        rc = scan->ended ? say_ended(scan) : feed_to_the_end(scan, err);
    if (rc < 0 && scan->batch && !scan->options.progress) /* else the supervisor tells */
        scan_say(scan, "le lot %u reste ouvert : la même commande avec --resume %s le reprend",
                 scan->batch, scan->uuid);
    return rc;
}

static const struct argp_option options[] = {
    {"input", 'i', "DIR", 0, "feed the image files below DIR", 0},
    {"device", 'D', "NAME", 0, "feed from this SANE scanner", 0},
    {"hopper", 'f', "DIR", 0, "feed the sheets in DIR through the virtual feeder", 0},
    {"tenant", 't', "CODE", 0, "caisse that the mail is for (three digits)", 0},
    {"received", 'r', "DATE", 0, "date of receipt (today)", 0},
    {"mode", 'm', "MODE", 0, "bilevel, grey, colour or as-scanned", 0},
    {"dpi", 'R', "N", 0, "resolution (300)", 0},
    {"simplex", 's', NULL, 0, "fronts only", 0},
    {"kind", 'k', "KIND", 0, MAIL_KINDS, 0},
    {"envelope-per", 'e', "WHAT", 0, "with --input: file (default) or folder", 0},
    {"resume", 'u', "UUID", 0, "go on with the batch of this uuid", 0},
    {"progress", 'p', NULL, 0, "JSON lines on stdout", 0},
    {0},
};

/* 0 for what is no number, which no option takes. */
static unsigned number_of(const char *arg)
{
    char *end;
    unsigned long number = strtoul(arg, &end, 10);
    return *end || number > UINT_MAX ? 0 : (unsigned)number;
}

static error_t parse_source(int key, char *arg, struct scan_options *to)
{
    switch (key) {
    case 'i':
        to->input = arg;
        return 0;
    case 'D':
        to->device = arg;
        return 0;
    case 'f':
        to->hopper = arg;
        return 0;
    case 'm':
        to->mode = arg;
        return 0;
    case 'R':
        to->dpi = number_of(arg);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static void check_options(const struct scan_options *to, struct argp_state *state)
{
    if (!!to->input + !!to->device + !!to->hopper != 1)
        argp_error(state, "one of --input, --device and --hopper is wanted");
    if (to->tenant && (strlen(to->tenant) != 3 || strspn(to->tenant, "0123456789") != 3))
        argp_error(state, "--tenant: three digits are wanted");
    if (to->kind && !mail_kind_is_known(to->kind))
        argp_error(state, "--kind: one of " MAIL_KINDS " is wanted");
    if (to->dpi < DPI_LEAST || to->dpi > DPI_MOST)
        argp_error(state, "--dpi: %d to %d", DPI_LEAST, DPI_MOST);
    enum scan_mode mode;
    if (scan_mode_parse(to->mode, &mode) < 0)
        argp_error(state, "--mode: bilevel, grey, colour or as-scanned is wanted");
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct scan *scan = state->input;
    struct scan_options *to = &scan->options;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &scan->program;
        return 0;
    case 't':
        to->tenant = arg;
        return 0;
    case 'r':
        to->received = arg;
        return 0;
    case 's':
        to->simplex = true;
        return 0;
    case 'k':
        to->kind = arg;
        return 0;
    case 'e':
        to->envelope_per_folder = strcmp(arg, "folder") == 0;
        if (!to->envelope_per_folder && strcmp(arg, "file") != 0)
            argp_error(state, "--envelope-per: file or folder is wanted");
        return 0;
    case 'u':
        to->uuid = arg;
        return 0;
    case 'p':
        to->progress = true;
        return 0;
    case ARGP_KEY_END:
        check_options(to, state);
        return 0;
    default:
        return parse_source(key, arg, to);
    }
}

static int start(struct scan *scan, struct err *err)
{
    struct program *program = &scan->program;
    int rc = program_start(program, err);
    if (rc == 0)
        rc = caller_find(&program->place, &program->caller, err);
    return rc < 0 ? rc : caller_may(&program->caller, ROLE_OPERATOR, "scan", err);
}

/* A person at the terminal reads French, a log English. */
static int fail(struct scan *scan, struct err *err)
{
    char french[FRENCH_SIZE];
    if (!scan->terminal)
        return program_fail(&scan->program, err);
    scan_say(scan, "%s : %s", scan->program.name, french_reason(err->text, french));
    return err_exit_status(err->code);
}

int main(int argc, char **argv)
{
    static const struct argp_child children[] = {{&program_argp, 0, NULL, 0}, {0}};
    static const struct argp argp = {options,  parse, NULL, "Feeds one batch to the hub.",
                                     children, NULL,  NULL};
    static struct scan scan = {.program = {.name = "tripli-scan"},
                               .options = {.mode = "as-scanned", .dpi = 300}};
    struct err err = {0};
    argp_parse(&argp, argc, argv, 0, NULL, &scan);
    scan.terminal = isatty(STDERR_FILENO) && !scan.options.progress;
    program_keep_memory();
    int rc = start(&scan, &err);
    if (rc == 0)
        rc = feed(&scan, &err);
    capture_free(&scan.capture);
    return rc < 0 ? fail(&scan, &err) : EX_OK;
}
