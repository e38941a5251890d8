/*
 * tripli rekey: new tenant keys in the place of the old ones, once a year.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdio.h>
#include <string.h>

#include "workers/ask.h"
#include "workers/verb.h"

struct rekey_verb {
    struct program program;
    bool json;
    const char *tenant;
};

static const struct argp_option options[] = {
    {"tenant", 't', "CODE", 0, "of this caisse alone", 0},
    {"json", 'j', NULL, 0, "as JSON", 0},
    {0},
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct rekey_verb *verb = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &verb->program;
        return 0;
    case 't':
        verb->tenant = arg;
        return 0;
    case 'j':
        verb->json = true;
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

int verb_rekey(int argc, char **argv)
{
    static const struct argp_child children[] = {{&program_argp, 0, NULL, 0}, {0}};
    static const struct argp argp = {
        options,
        parse,
        NULL,
        "Changes the tenants' keys: what the old ones wrap is wrapped anew, and they are "
        "destroyed. "
        "Backups made before open with a backup of the key folder from then alone.",
        children,
        NULL,
        NULL};
    struct rekey_verb verb = {0};
    struct err err = {0};
    int status = verb_start(&argp, argc, argv, &verb.program);
    if (status != 0)
        return status;
    const char *tenant = verb.tenant ? verb.tenant : "";
    int rc = ask_desk(&verb.program, "rekey", json_pack("{s:s}", "tenant", tenant), &err);
    if (rc == 0 && verb.json)
        verb_print(json_pack("{s:s, s:b}", "tenant", tenant, "done", 1));
    else if (rc == 0)
        printf("clés changées%s%s ; sauvegardez le dossier des clés, puis les données\n",
               tenant[0] ? ", caisse " : "", tenant);
    return verb_end(&verb.program, rc, &err);
}
