/*
 * tripli receipt: the proof that an envelope was filed, as JSON, for whoever sent it. It is checked
 * by `tripli verify --receipt FILE`, without the archive.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "archive/receipt.h"
#include "base/file.h"
#include "base/scope.h"
#include "workers/ask.h"
#include "workers/verb.h"

struct receipt_verb {
    struct program program;
    const char *out;
    struct page_id envelope;
};

static const struct argp_option options[] = {
    {"out", 'o', "FILE", 0, "write it to FILE instead of stdout", 0},
    {0},
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct receipt_verb *verb = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &verb->program;
        return 0;
    case 'o':
        verb->out = arg;
        return 0;
    case ARGP_KEY_ARG:
        if (page_id_parse(arg, &verb->envelope) < 0)
            argp_error(state, "'%s' is not an envelope id (as 12-340)", arg);
        return 0;
    case ARGP_KEY_END:
        if (verb->envelope.batch == 0)
            argp_error(state, "which envelope?");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static int write_receipt(const struct receipt_verb *verb, json_t *receipt, struct err *err)
{
    if (!verb->out) {
        verb_print(json_incref(receipt));
        return 0;
    }
    SCOPED(scope_free) char *text = json_dumps(receipt, JSON_INDENT(1));
    if (!text)
        return err_set(err, ERR_MEMORY, "receipt: no memory");
    return file_write(verb->out, 0644, bytes_of(text, strlen(text)), err);
}

int verb_receipt(int argc, char **argv)
{
    static const struct argp_child children[] = {{&program_argp, 0, NULL, 0}, {0}};
    static const struct argp argp = {options,
                                     parse,
                                     "ENVELOPE",
                                     "The proof, as JSON, that an envelope was filed: digests, "
                                     "times, the way to a signed root.",
                                     children,
                                     NULL,
                                     NULL};
    struct receipt_verb verb = {0};
    struct archive *archive = NULL;
    json_t *receipt = NULL;
    struct err err = {0};
    int status = verb_start(&argp, argc, argv, &verb.program);
    if (status != 0)
        return status;
    const struct page_id *id = &verb.envelope;
    int rc = ask_open_archive(&verb.program, &archive, &err);
    if (rc == 0)
        rc = receipt_make(archive, (struct envelope_id){id->batch, id->page}, &receipt, &err);
    if (rc == 0)
        rc = write_receipt(&verb, receipt, &err);
    json_decref(receipt);
    archive_free(&archive);
    return verb_end(&verb.program, rc, &err);
}
