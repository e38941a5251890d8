/*
 * tripli fetch: what was filed for a partner fund since its last acknowledged fetch, into a folder.
 * Each hand-over is acknowledged when every file of it is durable here and has the digest that the
 * platform signed; then comes the next one, until nothing is left.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/scope.h"
#include "partners/fetch.h"
#include "workers/fetch_folder.h"
#include "workers/french.h"
#include "workers/verb.h"

enum {
    PATIENCE_MS = 600000, /* a gateway that is started anew, a line that is down for minutes */
    SHOW_MS = 500,
    TRIES = 3 /* of a hand-over that was made anew meanwhile, or whose file was begun badly */
};

struct fetch_verb {
    struct program program;
    bool json, terminal;
    struct verb_door door;
    const char *public_key_file, *to;
    struct fetch_order order;
    struct digest public_key;
    struct fetch_folder folder; /* of the hand-over at hand */
    int64_t shown_ms;
};

static const struct argp_option options[] = {
    {"public-key", 'p', "FILE", 0, "what the platform signs with (its platform.pub)", 0},
    {"to", 'o', "DIR", 0, "where folders of hand-overs are made", 0},
    {"again", 'a', "N", 0, "hand-over N once more", 0},
    {"pdf", 's', NULL, 0, "with a searchable PDF of each document", 0},
    {"json", 'j', NULL, 0, "one JSON object per hand-over", 0},
    {0},
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct fetch_verb *verb = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &verb->program;
        state->child_inputs[1] = &verb->door;
        return 0;
    case 'p':
        verb->public_key_file = arg;
        return 0;
    case 'o':
        verb->to = arg;
        return 0;
    case 'a':
        verb->order.again = verb_number(arg, state);
        return 0;
    case 's':
        verb->order.pdf = true;
        return 0;
    case 'j':
        verb->json = true;
        return 0;
    case ARGP_KEY_END:
        if (!verb_door_is_known(&verb->door) || !verb->public_key_file || !verb->to)
            argp_error(state, "--gateway, --gateway-key, --key, --public-key and --to are wanted");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/* ---- while it comes ---- */

static const char *in_french(const char *why)
{
    if (strcmp(why, "connecting") == 0)
        return "attend la plateforme";
    if (strcmp(why, "preparing") == 0)
        return "la plateforme prépare la remise";
    return strcmp(why, "acknowledging") == 0 ? "attend l'enregistrement de l'accusé" : why;
}

static int look(void *context, const char *why, struct err *err)
{
    struct fetch_verb *verb = context;
    const struct fetch_folder *folder = &verb->folder;
    char there[FRENCH_NUMBER_SIZE], all[FRENCH_NUMBER_SIZE];
    int64_t now = clock_mono_ms();
    int number = program_take_signal(&verb->program);
    verb_door_wait(&verb->door, why);
    if (verb->terminal && now - verb->shown_ms >= SHOW_MS) {
        verb->shown_ms = now;
        fprintf(stderr, "\r\033[K%s sur %s%s%s",
                french_megabytes(folder->bytes - folder->left, there),
                french_megabytes(folder->bytes, all), why ? ", " : "", why ? in_french(why) : "");
    }
    return number == SIGINT || number == SIGTERM
               ? err_set(err, ERR_CANCELLED, "stopped; the same command goes on where it was")
               : 0;
}

static int take(void *context, const struct fetch_piece *piece, struct err *err)
{
    struct fetch_verb *verb = context;
    return fetch_folder_take(&verb->folder, piece, err);
}

static void report(const struct fetch_verb *verb)
{
    const struct handover *handover = &verb->folder.handover;
    char size[FRENCH_NUMBER_SIZE];
    if (verb->terminal)
        fprintf(stderr, "\r\033[K");
    if (verb->json)
        verb_print(json_pack(
            "{s:I, s:s, s:s, s:b, s:b, s:I, s:I, s:I, s:I, s:s, s:s}", "handover",
            (json_int_t)handover->number, "tenant", handover->tenant, "compartment",
            compartment_name(handover->compartment), "again", (int)handover->again, "pdf",
            (int)handover->pdf, "documents", (json_int_t)handover->documents, "files",
            (json_int_t)handover->files, "gone", (json_int_t)handover->gone, "bytes",
            (json_int_t)verb->folder.bytes, "signed", handover->at, "folder", verb->folder.path));
    else
        printf("remise %u dans %s : %u document%s, %u fichier%s, %s, contrôlés\n", handover->number,
               verb->folder.path, handover->documents, french_plural(handover->documents),
               handover->files, french_plural(handover->files),
               french_megabytes(verb->folder.bytes, size));
}

/* ---- one hand-over ---- */

static int bring(struct fetch_verb *verb, struct fetch *fetch, struct err *err)
{
    SCOPED(buf_free) struct buf manifest = {0};
    struct fetch_folder *folder = &verb->folder;
    fetch_folder_clear(folder);
    int rc = fetch_manifest(fetch, HANDOVER_BYTES_MAX, &manifest, err);
    if (rc == 0)
        rc = fetch_folder_open(verb->to, buf_view(&manifest), &verb->public_key, folder, err);
    if (rc == 0 && !folder->is_there) {
        const struct fetch_wish wish = {folder->files, folder->count, take, verb};
        rc = fetch_files(fetch, &wish, err);
    }
    if (rc == 0)
        rc = fetch_folder_finish(folder, verb->to, err);
    return rc < 0 ? rc : fetch_acknowledge(fetch, &folder->manifest, err);
}

/* 1 a hand-over was brought, 0 there is nothing. */
static int bring_next(struct fetch_verb *verb, struct fetch *fetch, struct err *err)
{
    int rc = 0;
    for (int i = 0; i < TRIES; i++) {
        rc = fetch_order(fetch, &verb->order, err);
        if (rc <= 0)
            return rc;
        rc = bring(verb, fetch, err);
        if (rc != ERR_NOT_FOUND && rc != ERR_INTEGRITY)
            break;
    }
    if (rc == 0)
        report(verb);
    return rc < 0 ? rc : 1;
}

static int fetch_all(struct fetch_verb *verb, struct err *err)
{
    SCOPED(fetch_free) struct fetch *fetch = NULL;
    struct curve_keys keys;
    const struct talk_watcher watcher = {look, verb};
    const struct client_params params = {.endpoint = verb->door.gateway,
                                         .keys = &keys,
                                         .gateway_key = verb->door.gateway_key,
                                         .patience_ms = PATIENCE_MS};
    int count = 0, rc = curve_load(verb->door.key_file, &keys, err);
    if (rc == 0)
        rc = day_seal_public_key(verb->public_key_file, &verb->public_key, err);
    if (rc == 0)
        rc = file_make_folders(verb->to, 0700, err);
    if (rc == 0)
        rc = fetch_open(&params, &watcher, &fetch, err);
    while (rc == 0 && (rc = bring_next(verb, fetch, err)) == 1) {
        count++;
        rc = verb->order.again ? 1 : 0;
    }
    if (verb->terminal)
        fprintf(stderr, "\r\033[K");
    if (rc >= 0 && count == 0 && !verb->json)
        printf("rien de nouveau\n");
    return rc < 0 ? rc : 0;
}

int verb_fetch(int argc, char **argv)
{
    static const struct argp_child children[] = {
        {&program_argp, 0, NULL, 0}, {&verb_door_argp, 0, NULL, 0}, {0}};
    static const struct argp argp = {
        options,  parse, NULL, "Fetches what was filed for a fund since its last fetch.",
        children, NULL,  NULL};
    struct fetch_verb verb = {0};
    struct err err = {0};
    int status = verb_start(&argp, argc, argv, &verb.program);
    if (status != 0)
        return status;
    verb.terminal = isatty(STDERR_FILENO);
    program_keep_memory();
    int rc = program_signals(&verb.program, &err);
    if (rc == 0)
        rc = fetch_all(&verb, &err);
    fetch_folder_clear(&verb.folder);
    return verb_door_end(&verb.program, rc, &err);
}
