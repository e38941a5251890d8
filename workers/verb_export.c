/*
 * tripli export: hands documents of a tenant over, as a SEDA 2.3 ArchiveTransfer in a folder.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "archive/access.h"
#include "classify/verdict.h"
#include "workers/ask.h"
#include "workers/french.h"
#include "workers/seda_transfer.h"
#include "workers/verb.h"

enum { STEP = ACCESS_GROUP_MAX }; /* documents looked up, and noted, at once */

struct export_verb {
    struct program program;
    bool json, pdf;
    const char *folder, *agency;
    struct find_query query;
};

static const struct argp_option options[] = {
    {"tenant", 't', "CODE", 0, "caisse (three digits); wanted", 0},
    {"agency", 'a', "TEXT", 0, "identifier of who takes over (the caisse itself)", 0},
    {"tag", 'T', "TAG", 0, "of this tag", 0},
    {"batch", 'b', "N", 0, "of this batch", 0},
    {"from", 'F', "DATE", 0, "received on this day or later", 0},
    {"to", 'U', "DATE", 0, "received on this day or earlier", 0},
    {"box", 'B', "N", 0, "in this box", 0},
    {"hold", 'H', "NAME", 0, "held by it today", 0},
    {"pdf", 'p', NULL, 0, "with a searchable PDF of each document", 0},
    {"json", 'j', NULL, 0, "figures as one object", 0},
    {0},
};

/* The conditions; false: no such option. */
static bool take_condition(struct export_verb *verb, int key, char *arg, struct argp_state *state)
{
    switch (key) {
    case 't':
        verb->query.tenant = arg;
        return true;
    case 'T':
        verb->query.tag = verb_tag_name(arg, state);
        return true;
    case 'b':
        verb->query.batch.n = verb_number(arg, state);
        return true;
    case 'F':
        verb->query.received_from = verb_day(arg, state);
        return true;
    case 'U':
        verb->query.received_to = verb_day(arg, state);
        return true;
    case 'B':
        verb->query.box = verb_number(arg, state);
        return true;
    case 'H':
        verb->query.hold = arg;
        return true;
    default:
        return false;
    }
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct export_verb *verb = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &verb->program;
        return 0;
    case 'a':
        verb->agency = arg;
        return 0;
    case 'p':
        verb->pdf = true;
        return 0;
    case 'j':
        verb->json = true;
        return 0;
    case ARGP_KEY_ARG:
        if (verb->folder)
            argp_error(state, "one folder is wanted");
        verb->folder = arg;
        return 0;
    case ARGP_KEY_END:
        if (!verb->folder || !verb->query.tenant)
            argp_error(state, "a folder and --tenant are wanted");
        return 0;
    default:
        return take_condition(verb, key, arg, state) ? 0 : ARGP_ERR_UNKNOWN;
    }
}

static int add_found(struct export_verb *verb, struct archive *archive, struct transfer *transfer,
                     struct err *err)
{
    static struct found_document found[STEP];
    int got = STEP, rc = 0;
    verb->query.most = STEP;
    while (rc == 0 && got == STEP) {
        got = find_documents(archive, &verb->query, found, err);
        rc = got < 0 ? got : 0;
        for (int i = 0; rc == 0 && i < got; i++)
            rc = ask_may_open(&verb->program, &found[i], err);
        if (rc == 0)
            rc = ask_note_access(&verb->program, archive, found, (size_t)got, err);
        for (int i = 0; rc == 0 && i < got; i++)
            rc = transfer_add(transfer, &found[i], err);
        if (got > 0)
            verb->query.after = found[got - 1].id;
    }
    return rc;
}

static void print_extent(const struct export_verb *verb, const struct transfer *transfer)
{
    const struct transfer_extent extent = transfer_extent(transfer);
    char size[FRENCH_NUMBER_SIZE];
    if (verb->json)
        verb_print(json_pack("{s:s, s:I, s:I, s:I}", "folder", verb->folder, "documents",
                             (json_int_t)extent.documents, "pages", (json_int_t)extent.pages,
                             "bytes", (json_int_t)extent.bytes));
    else
        printf("versement prêt dans %s : %u document%s, %u face%s, %s\n", verb->folder,
               extent.documents, french_plural(extent.documents), extent.pages,
               french_plural(extent.pages), french_megabytes(extent.bytes, size));
}

static int hand_over(struct export_verb *verb, struct archive *archive, struct err *err)
{
    struct transfer *transfer = NULL;
    const char *tenant = verb->query.tenant;
    const struct transfer_params params = {tenant, verb->agency ? verb->agency : tenant,
                                           verb->pdf ? &verb->program : NULL};
    int rc = transfer_begin(archive, verb->folder, &params, &transfer, err);
    if (rc == 0)
        rc = add_found(verb, archive, transfer, err);
    if (rc == 0)
        rc = transfer_end(transfer, err);
    if (rc == 0)
        print_extent(verb, transfer);
    transfer_free(&transfer);
    return rc;
}

int verb_export(int argc, char **argv)
{
    static const struct argp_child children[] = {{&program_argp, 0, NULL, 0}, {0}};
    static const struct argp argp = {
        options,  parse,
        "DIR",    "Hands documents of a caisse over: a SEDA 2.3 ArchiveTransfer in DIR.",
        children, NULL,
        NULL};
    struct export_verb verb = {0};
    struct archive *archive = NULL;
    struct err err = {0};
    int status = verb_start(&argp, argc, argv, &verb.program);
    if (status != 0)
        return status;
    int rc = ask_open_archive(&verb.program, &archive, &err);
    if (rc == 0)
        rc = hand_over(&verb, archive, &err);
    archive_free(&archive);
    return verb_end(&verb.program, rc, &err);
}
