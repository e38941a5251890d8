/*
 * tripli submit: a partner's folders and files as one batch, to the platform's gateway; ends with
 * the signed receipt. The batch's id is made of its contents, so the same command after a break, or
 * a year later, finds the same batch and brings the same receipt.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "archive/batch_receipt.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/scope.h"
#include "image/header.h"
#include "partners/client.h"
#include "workers/drop_folder.h"
#include "workers/french.h"
#include "workers/page_room.h"
#include "workers/pdf_pages.h"
#include "workers/verb.h"

enum {
    PATIENCE_MS = 600000, /* a gateway that is started anew, a line that is down for minutes */
    SHOW_MS = 500,
    LOOK_MS = 2000,   /* between two looks at a drop folder */
    INPUTS_MAX = 1024 /* on one command line */
};

struct submit_verb {
    struct program program;
    bool json, envelope_per_folder, terminal, watch;
    struct verb_door door;
    struct curve_keys keys;
    const char *tenant, *received, *kind, *uuid, *out;
    const char *sent;              /* of a drop folder: where it puts what is done with; NULL */
    char receipt[PLACE_SIZE + 64]; /* where the receipt is */
    uint32_t sheets;
    char *inputs[INPUTS_MAX + 1];
    int input_count;

    struct manifest manifest;
    char **paths; /* of the manifest's files, owned */
    char **names; /* what a person calls each, owned: a page of a PDF has a path of its own */
    struct page_room *room; /* of pages taken out of PDFs; NULL until there is one */
    uint32_t skipped, unreadable;
    struct buf not_taken; /* lines: files that are not in the batch, or were refused, and why */
    uint64_t bytes;       /* of all files */
    bool starts;          /* the next file begins an envelope */
    int64_t started_ms, shown_ms;
    uint64_t begun_at; /* bytes that were there before this call */
    const char *waiting;
};

static const struct argp_option options[] = {
    {"tenant", 't', "CODE", 0, "own caisse (three digits)", 0},
    {"received", 'r', "DATE", 0, "date of receipt (today)", 0},
    {"kind", 'k', "KIND", 0, "all of it is: " MAIL_KINDS, 0},
    {"envelope-per", 'e', "WHAT", 0, "file (default) or folder", 0},
    {"sheets", 'n', "N", 0, "sheets counted by hand, into the receipt", 0},
    {"batch", 'b', "UUID", 0, "id of the batch (made of its contents)", 0},
    {"out", 'o', "FILE", 0, "where the receipt goes (UUID.receipt)", 0},
    {"watch", 'w', NULL, 0, "the one folder is a drop folder; until stopped", 0},
    {"json", 'j', NULL, 0, "what the receipt says as JSON", 0},
    {0},
};

static error_t parse_more(int key, char *arg, struct submit_verb *verb)
{
    switch (key) {
    case 't':
        verb->tenant = arg;
        return 0;
    case 'r':
        verb->received = arg;
        return 0;
    case 'k':
        verb->kind = arg;
        return 0;
    case 'o':
        verb->out = arg;
        return 0;
    case 'w':
        verb->watch = true;
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static void check_options(const struct submit_verb *verb, struct argp_state *state)
{
    if (verb->out && strlen(verb->out) >= sizeof verb->receipt)
        argp_error(state, "--out: a path of %zu bytes, at most %zu", strlen(verb->out),
                   sizeof verb->receipt - 1);
    struct day day;
    if (!verb_door_is_known(&verb->door) || !verb->tenant)
        argp_error(state, "--gateway, --gateway-key, --key and --tenant are wanted");
    if (!manifest_tenant_is_valid(verb->tenant))
        argp_error(state, "--tenant: three digits are wanted");
    if (verb->received && day_parse(verb->received, &day) < 0)
        argp_error(state, "--received: YYYY-MM-DD is wanted");
    if (verb->kind && !mail_kind_is_known(verb->kind))
        argp_error(state, "--kind: one of " MAIL_KINDS " is wanted");
    if (verb->uuid && !manifest_uuid_is_valid(verb->uuid))
        argp_error(state, "--batch: 32 lower-case hex digits are wanted");
    if (verb->input_count == 0)
        argp_error(state, "which folders or files?");
    if (verb->watch && (verb->input_count != 1 || verb->uuid || verb->out || verb->sheets))
        argp_error(state, "--watch: one folder, and without --batch, --out, --sheets");
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct submit_verb *verb = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &verb->program;
        state->child_inputs[1] = &verb->door;
        return 0;
    case 'e':
        verb->envelope_per_folder = strcmp(arg, "folder") == 0;
        if (!verb->envelope_per_folder && strcmp(arg, "file") != 0)
            argp_error(state, "--envelope-per: file or folder is wanted");
        return 0;
    case 'n':
        verb->sheets = verb_number(arg, state);
        return 0;
    case 'b':
        verb->uuid = arg;
        return 0;
    case 'j':
        verb->json = true;
        return 0;
    case ARGP_KEY_ARG:
        if (verb->input_count == INPUTS_MAX)
            argp_error(state, "at most %d folders or files", INPUTS_MAX);
        verb->inputs[verb->input_count++] = arg;
        return 0;
    case ARGP_KEY_END:
        check_options(verb, state);
        return 0;
    default:
        return parse_more(key, arg, verb);
    }
}

/* ---- what there is to send ---- */

/* A file to be sent. */
struct to_send {
    const char *path, *name;
    struct manifest_file row;
};

static int add_row(struct submit_verb *verb, const struct to_send *file, struct err *err)
{
    struct manifest *manifest = &verb->manifest;
    if (manifest->count == MANIFEST_FILES_MAX)
        return err_set(err, ERR_LIMIT, "more than %d files; submit them in parts",
                       MANIFEST_FILES_MAX);
    uint32_t at = manifest->count;
    verb->paths[at] = strdup(file->path);
    verb->names[at] = strdup(file->name);
    manifest->files[manifest->count++] = file->row;
    verb->bytes += file->row.bytes;
    return verb->paths[at] && verb->names[at] ? 0 : err_set(err, ERR_MEMORY, "submit: no memory");
}

/* A file that is not taken, and why; a drop folder keeps the lines. */
static void say_not_taken(struct submit_verb *verb, const char *how, const char *name,
                          const char *why)
{
    char line[2 * PLACE_SIZE], french[FRENCH_SIZE];
    int len = snprintf(line, sizeof line, "%s : %s : %s\n", how, name, french_reason(why, french));
    fputs(line, stderr);
    buf_append(&verb->not_taken,
               bytes_of(line, len < (int)sizeof line ? (size_t)len : sizeof line - 1));
}

/* Takes an image file into the manifest; what is no image is listed as skipped. */
static int add_file(struct submit_verb *verb, const char *path, const char *name, struct err *err)
{
    SCOPED(buf_free) struct buf file = {0};
    struct image_header header;
    struct err why = {0};
    const struct manifest *manifest = &verb->manifest;
    if (file_read(path, IMAGE_FILE_LIMIT_BYTES, &file, &why) < 0 ||
        image_header_read(buf_view(&file), 1, &header, &why) < 0) {
        say_not_taken(verb, "ignoré", name, why.text);
        verb->skipped++;
        return 0;
    }
    uint32_t before = manifest->count ? manifest->files[manifest->count - 1].envelope : 0;
    const struct to_send row = {
        path, name, {before + verb->starts, (uint32_t)file.len, digest_of(buf_view(&file))}};
    verb->starts = false;
    return add_row(verb, &row, err);
}

/* Each page of a PDF is a file of its own; one that cannot be taken apart is said, and the rest
 * goes on. */
static int add_pdf(struct submit_verb *verb, const char *path, struct err *err)
{
    char folder[PLACE_SIZE], page_path[PLACE_SIZE + 16], name[PLACE_SIZE + 64];
    char page_name[PDF_PAGE_NAME_SIZE];
    struct err why = {0};
    int rc = verb->room ? 0 : page_room_open(&verb->room, err);
    if (rc == 0)
        rc = page_room_folder(verb->room, folder, err);
    if (rc < 0)
        return rc;
    int pages = pdf_pages_take(path, folder, verb->program.place.bin, &why);
    if (pages == ERR_UNAVAILABLE)
        return err_set(err, pages, "%s: %.300s; install poppler-utils", path, why.text);
    if (pages < 0) {
        say_not_taken(verb, "refusé", path, why.text);
        verb->unreadable++;
        return file_remove_tree(folder, err);
    }
    for (int page = 1; rc == 0 && page <= pages; page++) {
        pdf_page_name((unsigned)page, page_name);
        snprintf(page_path, sizeof page_path, "%s/%s", folder, page_name);
        snprintf(name, sizeof name, "%.*s, page %d", PLACE_SIZE, path, page);
        rc = add_file(verb, page_path, name, err);
    }
    return rc;
}

static int by_name(const FTSENT **a, const FTSENT **b)
{
    return strcmp((*a)->fts_name, (*b)->fts_name);
}

static int collect(struct submit_verb *verb, struct err *err)
{
    verb->manifest.files = calloc(MANIFEST_FILES_MAX, sizeof *verb->manifest.files);
    verb->paths = calloc(MANIFEST_FILES_MAX, sizeof *verb->paths);
    verb->names = calloc(MANIFEST_FILES_MAX, sizeof *verb->names);
    FTS *tree = fts_open(verb->inputs, FTS_PHYSICAL | FTS_NOCHDIR | FTS_COMFOLLOW, by_name);
    if (!verb->manifest.files || !verb->paths || !verb->names || !tree) {
        if (tree)
            fts_close(tree);
        return err_set(err, ERR_MEMORY, "submit: no memory for %d files", MANIFEST_FILES_MAX);
    }
    int rc = 0;
    verb->starts = true;
    for (FTSENT *entry; rc == 0 && (entry = fts_read(tree)) != NULL;) {
        if (entry->fts_info == FTS_NS || entry->fts_info == FTS_DNR)
            rc = err_errno(err, entry->fts_errno, "%s", entry->fts_path);
        verb->starts |= entry->fts_info == FTS_D;
        if (entry->fts_info != FTS_F)
            continue;
        verb->starts |= !verb->envelope_per_folder;
        rc = pdf_is_one(entry->fts_path) ? add_pdf(verb, entry->fts_path, err)
                                         : add_file(verb, entry->fts_path, entry->fts_path, err);
    }
    fts_close(tree);
    if (rc == 0 && verb->manifest.count == 0)
        rc = err_set(err, ERR_NOT_FOUND, "%s: no image, nothing to submit", verb->inputs[0]);
    return rc;
}

/* The same files in the same envelopes of the same tenant are the same batch, whatever the day. */
static void name_batch(struct submit_verb *verb)
{
    struct manifest *manifest = &verb->manifest;
    char hex[DIGEST_HEX_SIZE];
    struct digest all = digest_of(bytes_of(verb->tenant, strlen(verb->tenant)));
    for (uint32_t i = 0; i < manifest->count; i++) {
        char row[2 * DIGEST_HEX_SIZE + 16], before[DIGEST_HEX_SIZE];
        int len =
            snprintf(row, sizeof row, "%s %s %u", digest_hex(&all, before),
                     digest_hex(&manifest->files[i].digest, hex), manifest->files[i].envelope);
        all = digest_of(bytes_of(row, (size_t)len));
    }
    snprintf(manifest->uuid, sizeof manifest->uuid, "%.32s",
             verb->uuid ? verb->uuid : digest_hex(&all, hex));
}

static int write_manifest(struct submit_verb *verb, struct buf *ret_text, struct err *err)
{
    struct manifest *manifest = &verb->manifest;
    name_batch(verb);
    manifest->sheets = verb->sheets;
    snprintf(manifest->tenant, sizeof manifest->tenant, "%s", verb->tenant);
    snprintf(manifest->kind, sizeof manifest->kind, "%s", verb->kind ? verb->kind : "");
    day_format(day_of_ms(clock_wall_ms()), manifest->received);
    if (verb->received)
        snprintf(manifest->received, sizeof manifest->received, "%s", verb->received);
    return manifest_write(manifest, ret_text, err);
}

/* ---- sending ---- */

static int read_span(void *context, const struct client_span *span, struct buf *ret_bytes,
                     struct err *err)
{
    const struct submit_verb *verb = context;
    const char *path = verb->paths[span->file - 1];
    SCOPED(scope_close) int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return err_errno(err, errno, "%s", path);
    if (buf_reserve(ret_bytes, span->len) < 0)
        return err_set(err, ERR_MEMORY, "%s: no memory", path);
    ssize_t got = pread(fd, ret_bytes->at + ret_bytes->len, span->len, span->at);
    if (got != (ssize_t)span->len)
        return err_set(err, ERR_INTEGRITY, "%s: has changed while it was being sent", path);
    ret_bytes->len += (size_t)got;
    return 0;
}

static void show(struct submit_verb *verb, uint64_t sent, const char *why)
{
    char there[FRENCH_NUMBER_SIZE], all[FRENCH_NUMBER_SIZE], speed[FRENCH_NUMBER_SIZE];
    double seconds = (double)(clock_mono_ms() - verb->started_ms) / 1000;
    double rate = seconds > 0 ? (double)(sent - verb->begun_at) / seconds : 0;
    fprintf(stderr, "\r\033[K%s sur %s, %s/s%s%s", french_megabytes(sent, there),
            french_megabytes(verb->bytes, all), french_megabytes((uint64_t)rate, speed),
            why ? ", " : "", why ? why : "");
    if (!why && rate > 0 && sent < verb->bytes)
        fprintf(stderr, ", reste %.0f s", (double)(verb->bytes - sent) / rate);
}

static const char *in_french(const char *why)
{
    if (strcmp(why, "connecting") == 0)
        return "attend la plateforme";
    return strcmp(why, "queued") == 0 ? "tout est envoyé, attend le reçu" : why;
}

static int progress(void *context, uint64_t sent, const char *why)
{
    struct submit_verb *verb = context;
    int64_t now = clock_mono_ms();
    int number = program_take_signal(&verb->program);
    verb_door_wait(&verb->door, why);
    if (verb->begun_at == 0 || sent < verb->begun_at) {
        verb->begun_at = sent;
        verb->started_ms = now;
    }
    if (verb->terminal && now - verb->shown_ms >= SHOW_MS) {
        verb->shown_ms = now;
        show(verb, sent, why ? in_french(why) : NULL);
    }
    return number == SIGINT || number == SIGTERM;
}

static int submit(struct submit_verb *verb, struct buf *ret_receipt, struct err *err)
{
    SCOPED(buf_free) struct buf text = {0};
    SCOPED(client_free) struct client *client = NULL;
    const struct client_params params = {.endpoint = verb->door.gateway,
                                         .keys = &verb->keys,
                                         .gateway_key = verb->door.gateway_key,
                                         .patience_ms = PATIENCE_MS};
    int rc = client_open(&params, &client, err);
    if (rc == 0)
        rc = collect(verb, err);
    if (rc == 0)
        rc = write_manifest(verb, &text, err);
    if (rc < 0)
        return rc;
    const struct client_batch batch = {.manifest = &verb->manifest,
                                       .text = buf_view(&text),
                                       .context = verb,
                                       .read = read_span,
                                       .progress = progress};
    verb->started_ms = clock_mono_ms();
    rc = client_submit(client, &batch, ret_receipt, err);
    if (verb->terminal)
        fprintf(stderr, "\n");
    if (rc == ERR_CONFLICT && !verb->uuid) /* the id is that of these files */
        err_set(
            err, rc,
            "batch %.8s…: these files were submitted before, with another date of receipt, kind "
            "or number of sheets; give --received, --kind and --sheets as then",
            verb->manifest.uuid);
    return rc;
}

/* ---- the receipt ---- */

static int save_receipt(struct submit_verb *verb, struct bytes receipt, struct err *err)
{
    snprintf(verb->receipt, sizeof verb->receipt, "%s%s%s.receipt", verb->sent ? verb->sent : "",
             verb->sent ? "/" : "", verb->manifest.uuid);
    if (verb->out)
        snprintf(verb->receipt, sizeof verb->receipt, "%s", verb->out);
    return file_write(verb->receipt, 0644, receipt, err);
}

/* Each refused file with its name and the reason, below the first line. */
static uint32_t tell_refusals(struct submit_verb *verb, struct bytes rest)
{
    uint32_t count = 0;
    const uint8_t *end;
    while (rest.len && (end = memchr(rest.at, '\n', rest.len)) != NULL) {
        size_t len = (size_t)(end - rest.at);
        json_t *line = json_loadb((const char *)rest.at, len, 0, NULL);
        json_int_t file = json_integer_value(json_object_get(line, "file"));
        const char *reason = json_string_value(json_object_get(line, "reason"));
        if (file >= 1 && file <= verb->manifest.count)
            say_not_taken(verb, "refusé", verb->names[file - 1], reason ? reason : "");
        json_decref(line);
        count++;
        rest = bytes_of(end + 1, rest.len - len - 1);
    }
    return count;
}

/* What the receipt states must be what was sent; its signature is for tripli verify. */
static int read_receipt(const struct submit_verb *verb, struct bytes receipt,
                        struct batch_receipt *ret_facts, struct bytes *ret_rest, struct err *err)
{
    struct signed_statement by;
    const uint8_t *end = receipt.len ? memchr(receipt.at, '\n', receipt.len) : NULL;
    size_t len = end ? (size_t)(end - receipt.at) : 0;
    json_t *line = json_loadb((const char *)receipt.at, len, JSON_REJECT_DUPLICATES, NULL);
    int rc = statement_from_json(line, &by, err);
    json_decref(line);
    if (rc < 0)
        return rc;
    json_t *facts = json_loads(by.text, JSON_REJECT_DUPLICATES, NULL);
    rc = batch_receipt_from_json(facts, ret_facts, err);
    json_decref(facts);
    if (rc == 0 && (strcmp(ret_facts->uuid, verb->manifest.uuid) != 0 ||
                    strcmp(ret_facts->tenant, verb->tenant) != 0))
        rc = err_set(err, ERR_INTEGRITY, "the gateway sent the receipt of another batch");
    *ret_rest = bytes_of(end ? end + 1 : NULL, receipt.len - len - (end != NULL));
    return rc;
}

static int report(struct submit_verb *verb, struct bytes receipt, uint32_t *ret_refused,
                  struct err *err)
{
    struct batch_receipt facts;
    struct bytes rest;
    int rc = read_receipt(verb, receipt, &facts, &rest, err);
    if (rc < 0)
        return rc;
    *ret_refused = tell_refusals(verb, rest);
    json_t *json = batch_receipt_to_json(&facts);
    if (verb->json)
        verb_print(json_incref(json));
    else
        printf("lot %s : fichiers reçus %u, refusés %u, ignorés %u ; faces en lieu sûr %u ; reçu : "
               "%s\n",
               facts.uuid, facts.files - facts.refused, facts.refused + verb->unreadable,
               verb->skipped, facts.pages, verb->receipt);
    json_decref(json);
    fflush(stdout); /* a drop folder goes on */
    return 0;
}

static void forget_files(struct submit_verb *verb)
{
    for (uint32_t i = 0; verb->paths && verb->names && i < verb->manifest.count; i++) {
        free(verb->paths[i]);
        free(verb->names[i]);
    }
    free(verb->paths);
    free(verb->names);
    verb->paths = verb->names = NULL;
    manifest_clear(&verb->manifest);
    page_room_free(&verb->room);
    buf_free(&verb->not_taken);
    verb->skipped = verb->unreadable = 0;
    verb->bytes = verb->begun_at = 0;
}

/* One batch, from its files to its receipt. */
static int submit_once(struct submit_verb *verb, uint32_t *ret_refused, struct err *err)
{
    SCOPED(buf_free) struct buf receipt = {0};
    int rc = submit(verb, &receipt, err);
    if (rc == 0)
        rc = save_receipt(verb, buf_view(&receipt), err);
    return rc < 0 ? rc : report(verb, buf_view(&receipt), ret_refused, err);
}

/* ---- a drop folder ---- */

/* What was sent, its receipt and what was not taken of it, side by side below .sent. */
static int put_sent_away(const struct submit_verb *verb, const char *folder, const char *claimed,
                         struct err *err)
{
    char path[PLACE_SIZE + 64];
    snprintf(path, sizeof path, "%s/.sent/%s.refused", folder, verb->manifest.uuid);
    int rc = verb->not_taken.len ? file_write(path, 0644, buf_view(&verb->not_taken), err) : 0;
    return rc < 0 ? rc : drop_folder_put_away(folder, claimed, verb->manifest.uuid, err);
}

/* Files of which nothing can be sent are kept apart, and said. */
static int put_skipped_away(const struct submit_verb *verb, const char *folder, const char *claimed,
                            struct err *err)
{
    char name[40], french[FRENCH_SIZE];
    snprintf(name, sizeof name, "skipped-%lld", (long long)clock_wall_ms());
    fprintf(stderr, "%s : %s : %s/.sent/%s\n", verb->program.name, french_reason(err->text, french),
            folder, name);
    return drop_folder_put_away(folder, claimed, name, err);
}

static int watch_once(struct submit_verb *verb, const char *folder, struct err *err)
{
    char claimed[PLACE_SIZE];
    uint32_t refused;
    int rc = drop_folder_claim(folder, claimed, err);
    if (rc <= 0)
        return rc;
    verb->inputs[0] = claimed;
    verb->received = strstr(claimed, ".sending-") + 9;
    rc = submit_once(verb, &refused, err);
    if (rc == ERR_CONFLICT || (rc == ERR_NOT_FOUND && verb->manifest.count == 0))
        rc = put_skipped_away(verb, folder, claimed, err);
    else if (rc == 0)
        rc = put_sent_away(verb, folder, claimed, err);
    forget_files(verb);
    return rc;
}

/* Until a signal comes; what only time can cure is said and tried again. */
static int watch(struct submit_verb *verb, struct err *err)
{
    char *folder = verb->inputs[0], sent[PLACE_SIZE], french[FRENCH_SIZE];
    snprintf(sent, sizeof sent, "%s/.sent", folder);
    verb->sent = sent;
    int rc = file_make_folders(sent, 0700, err), number = 0;
    while (rc == 0 && number != SIGINT && number != SIGTERM) {
        struct pollfd signals = {.fd = verb->program.signals, .events = POLLIN};
        rc = watch_once(verb, folder, err);
        if (rc == ERR_TIMEOUT || rc == ERR_UNAVAILABLE) {
            fprintf(stderr, "%s : %s\n", verb->program.name, french_reason(err->text, french));
            rc = 0;
        }
        if (rc == 0 && poll(&signals, 1, LOOK_MS) > 0)
            number = program_take_signal(&verb->program);
    }
    return rc == ERR_CANCELLED ? 0 : rc;
}

int verb_submit(int argc, char **argv)
{
    static const struct argp_child children[] = {
        {&program_argp, 0, NULL, 0}, {&verb_door_argp, 0, NULL, 0}, {0}};
    static const struct argp argp = {options,
                                     parse,
                                     "FOLDER-OR-FILE...",
                                     "Submits images to the platform's gateway as one batch; ends "
                                     "with its signed receipt.",
                                     children,
                                     NULL,
                                     NULL};
    static struct submit_verb verb;
    struct err err = {0};
    uint32_t refused = 0;
    int status = verb_start(&argp, argc, argv, &verb.program);
    if (status != 0)
        return status;
    verb.terminal = isatty(STDERR_FILENO);
    program_keep_memory();
    int rc = program_signals(&verb.program, &err);
    if (rc == 0)
        rc = curve_load(verb.door.key_file, &verb.keys, &err);
    if (rc == 0)
        rc = verb.watch ? watch(&verb, &err) : submit_once(&verb, &refused, &err);
    const bool bad = refused || verb.unreadable;
    forget_files(&verb);
    if (rc < 0)
        return verb_door_end(&verb.program, rc, &err);
    return bad ? EX_DATAERR : EX_OK;
}
