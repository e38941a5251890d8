/*
 * Options of the verbs that a partner uses towards the platform's gateway: see verb.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/clock.h"
#include "wire/curve.h"
#include "workers/french.h"
#include "workers/verb.h"

enum {
    SILENT_MS = 10000, /* a gateway that is started anew is back by then */
    SAY_MS = 60000     /* between two lines */
};

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

/* States of a healthy talk: nothing to say. */
static bool is_usual(const char *why)
{
    static const char *const usual[] = {"queued", "preparing", "acknowledging"};
    for (size_t i = 0; why && i < sizeof usual / sizeof *usual; i++)
        if (strcmp(why, usual[i]) == 0)
            return true;
    return !why;
}

void verb_door_wait(struct verb_door *door, const char *why)
{
    char french[FRENCH_SIZE];
    const int64_t now = clock_mono_ms();
    const char *clear = isatty(STDERR_FILENO) ? "\r\033[K" : "";
    const bool silent = why && strcmp(why, "connecting") == 0;
    if (!silent || door->silent_ms == 0)
        door->silent_ms = silent ? now : 0;
    if (is_usual(why) || (silent && now - door->silent_ms < SILENT_MS) ||
        (door->said_ms && now - door->said_ms < SAY_MS))
        return;
    door->said_ms = now;
    if (silent)
        fprintf(stderr,
                "%sen attente : %s ne répond pas ; ou bien --gateway-key n'est pas la clé de la "
                "plateforme, ou la nôtre n'y est pas inscrite\n",
                clear, door->gateway);
    else
        fprintf(stderr, "%sen attente : %s\n", clear, french_reason(why, french));
}

int verb_door_end(const struct program *program, int rc, const struct err *err)
{
    char french[FRENCH_SIZE];
    if (rc >= 0)
        return EX_OK;
    if (!isatty(STDERR_FILENO))
        return program_fail(program, err);
    fprintf(stderr, "%s : %s\n", program->name, french_reason(err->text, french));
    return err_exit_status(err->code);
}
