/*
 * tripli keygen: a key pair for a worker, a hub or a partner, and the line that the other side
 * adds.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdio.h>
#include <sysexits.h>
#include <unistd.h>

#include "wire/curve.h"
#include "workers/verb.h"

struct keygen_verb {
    struct program program;
    bool json;
    const char *file;
};

static const struct argp_option options[] = {
    {"json", 'j', NULL, 0, "the public key as JSON", 0},
    {0},
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct keygen_verb *verb = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &verb->program;
        return 0;
    case 'j':
        verb->json = true;
        return 0;
    case ARGP_KEY_ARG:
        if (state->arg_num > 0)
            argp_error(state, "one file only");
        verb->file = arg;
        return 0;
    case ARGP_KEY_NO_ARGS:
        argp_error(state, "which file shall hold the keys?");
        return EINVAL;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static void tell(const struct keygen_verb *verb, const struct curve_keys *keys)
{
    char host[64] = "host";
    gethostname(host, sizeof host - 1);
    if (verb->json) {
        verb_print(json_pack("{s:s, s:s}", "file", verb->file, "public", keys->public_key));
        return;
    }
    printf("%s holds the key pair (mode 0600): keep it on this machine.\n\n"
           "For a worker: add this line to the hub's list of keys (tripli-hub --allow):\n"
           "%s %s\n\n"
           "For a hub: give its workers this public key:\n  --hub-key '%s'\n\n"
           "For a partner: the platform lists it with the tenant's code.\n"
           "For a gateway: give its partners this public key (tripli submit --gateway-key).\n",
           verb->file, keys->public_key, host, keys->public_key);
}

int verb_keygen(int argc, char **argv)
{
    static const struct argp_child children[] = {{&program_argp, 0, NULL, 0}, {0}};
    static const struct argp argp = {options,  parse, "FILE", "Makes a CURVE key pair.",
                                     children, NULL,  NULL};
    struct keygen_verb verb = {0};
    struct curve_keys keys;
    struct err err = {0};
    int status = verb_start(&argp, argc, argv, &verb.program);
    if (status != 0)
        return status;
    int rc = curve_generate(&keys, &err);
    if (rc == 0)
        rc = curve_save(verb.file, &keys, &err);
    if (rc == 0)
        tell(&verb, &keys);
    return verb_end(&verb.program, rc, &err);
}
