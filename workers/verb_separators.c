/*
 * tripli separators print: separator sheets as PDF, for envelopes and for batches of a caisse.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "archive/tenants.h"
#include "workers/separator_sheet.h"
#include "workers/verb.h"

struct separators_verb {
    struct program program;
    struct separator_sheet_params sheet;
    const char *out;
    int words;
};

static const struct argp_option options[] = {
    {"batch", 'b', "CODE", 0, "batch sheets of this caisse (otherwise envelope sheets)", 0},
    {"copies", 'n', "N", 0, "pages in the file (1)", 0},
    {"out", 'o', "FILE", 0, "the PDF (separateurs.pdf); - for stdout", 0},
    {0},
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct separators_verb *verb = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &verb->program;
        return 0;
    case 'b':
        if (strlen(arg) != 3 || strspn(arg, "0123456789") != 3)
            argp_error(state, "--batch: '%s' is not the code of a caisse (three digits)", arg);
        verb->sheet.tenant = arg;
        return 0;
    case 'n':
        verb->sheet.copies = verb_number(arg, state);
        if (verb->sheet.copies > SEPARATOR_SHEETS_LIMIT)
            argp_error(state, "--copies: 1 to %d", SEPARATOR_SHEETS_LIMIT);
        return 0;
    case 'o':
        verb->out = arg;
        return 0;
    case ARGP_KEY_ARG:
        if (strcmp(arg, "print") != 0)
            argp_error(state, "'%s': print is wanted", arg);
        verb->words++;
        return 0;
    case ARGP_KEY_NO_ARGS:
        argp_error(state, "print is wanted");
        return EINVAL;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/* Batch sheets are for caisses that are served here; another's would be refused with its mail. */
static int check_tenant(const struct separators_verb *verb, struct err *err)
{
    char path[PLACE_SIZE + 16];
    struct tenants *tenants = NULL;
    if (!verb->sheet.tenant)
        return 0;
    snprintf(path, sizeof path, "%s/tenants.conf", verb->program.place.config);
    int rc = tenants_load(path, &tenants, err);
    if (rc == 0 && !tenants_find(tenants, verb->sheet.tenant))
        rc = err_set(err, ERR_NOT_FOUND, "tenant %s: not in %s", verb->sheet.tenant, path);
    tenants_free(&tenants);
    return rc;
}

int verb_separators(int argc, char **argv)
{
    static const struct argp_child children[] = {{&program_argp, 0, NULL, 0}, {0}};
    static const struct argp argp = {
        options,
        parse,
        "print",
        "Makes separator sheets. One before each envelope tells the feeder's pages apart; print "
        "them at 100 %, without scaling.",
        children,
        NULL,
        NULL};
    struct separators_verb verb = {.sheet = {.copies = 1}, .out = "separateurs.pdf"};
    struct err err = {0};
    int status = verb_start(&argp, argc, argv, &verb.program);
    if (status != 0)
        return status;
    int rc = check_tenant(&verb, &err);
    if (rc == 0)
        rc = separator_sheet_write(&verb.sheet, verb.out, &err);
    if (rc == 0 && strcmp(verb.out, "-") != 0)
        printf("%s : %u feuille%s\n", verb.out, verb.sheet.copies,
               verb.sheet.copies > 1 ? "s" : "");
    return verb_end(&verb.program, rc, &err);
}
