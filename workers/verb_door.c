/*
 * Options of the verbs that a partner uses towards the platform's gateway: see verb.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "wire/curve.h"
#include "workers/verb.h"

static const struct argp_option options[] = {
    {"gateway", 'g', "ENDPOINT", 0, "the platform's door, tcp://HOST:PORT", 0},
    {"gateway-key", 'P', "KEY", 0, "the platform's public key", 0},
    {"key", 'K', "FILE", 0, "own key pair, made by tripli keygen", 0},
    {0},
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct verb_door *door = state->input;
    switch (key) {
    case 'g':
        door->gateway = arg;
        return 0;
    case 'P':
        door->gateway_key = arg;
        return 0;
    case 'K':
        door->key_file = arg;
        return 0;
    case ARGP_KEY_END:
        if (door->gateway_key && !curve_key_is_valid(door->gateway_key))
            argp_error(state, "--gateway-key: 40 characters are wanted");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

const struct argp verb_door_argp = {options, parse, NULL, NULL, NULL, NULL, NULL};

bool verb_door_is_known(const struct verb_door *door)
{
    return door->gateway && door->gateway_key && door->key_file;
}
