/*
 * tripli seal: seals the journals now, without waiting for the end of the day, and shows the last
 * seal.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>

#include "archive/day_seal.h"
#include "base/scope.h"
#include "workers/ask.h"
#include "workers/verb.h"

struct seal_verb {
    struct program program;
    bool json, show;
};

static const struct argp_option options[] = {
    {"show", 's', NULL, 0, "only show the last seal", 0},
    {"json", 'j', NULL, 0, "as JSON", 0},
    {0},
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct seal_verb *verb = state->input;
    (void)arg;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &verb->program;
        return 0;
    case 's':
        verb->show = true;
        return 0;
    case 'j':
        verb->json = true;
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static void print_seal(const struct seal_verb *verb, const struct day_seal *seal)
{
    char root[DIGEST_HEX_SIZE];
    const struct statement *statement = &seal->statement;
    digest_hex(&statement->root, root);
    if (verb->json)
        verb_print(json_pack("{s:I, s:s, s:I, s:i, s:s}", "seal", (json_int_t)statement->number,
                             "at", statement->at, "records", (json_int_t)statement->leaves,
                             "tenants", seal->head_count, "root", root));
    else
        printf("scellement %u du %s : %llu enregistrements, %d caisses, racine %s\n",
               statement->number, statement->at, (unsigned long long)statement->leaves,
               seal->head_count, root);
}

static int show_last(const struct seal_verb *verb, struct err *err)
{
    struct archive *archive = NULL;
    struct digest key;
    uint32_t count = 0;
    SCOPED(scope_free) struct day_seal *seal = malloc(sizeof *seal);
    int rc = seal ? ask_open_archive(&verb->program, &archive, err)
                  : err_set(err, ERR_MEMORY, "seal: no memory");
    if (rc == 0)
        rc = day_seal_count(archive, &count, err);
    if (rc == 0 && count == 0)
        rc = err_set(err, ERR_NOT_FOUND, "%s: nothing was sealed yet", verb->program.place.data);
    if (rc == 0)
        rc = day_seal_own_key(archive, &key, err);
    if (rc == 0)
        rc = day_seal_load(archive, count, &key, seal, err);
    if (rc == 0)
        print_seal(verb, seal);
    archive_free(&archive);
    return rc;
}

int verb_seal(int argc, char **argv)
{
    static const struct argp_child children[] = {{&program_argp, 0, NULL, 0}, {0}};
    static const struct argp argp = {options,
                                     parse,
                                     NULL,
                                     "Signs what the journals hold now, and shows the last seal. "
                                     "The hub does it by itself once a day.",
                                     children,
                                     NULL,
                                     NULL};
    struct seal_verb verb = {0};
    struct err err = {0};
    int status = verb_start(&argp, argc, argv, &verb.program);
    if (status != 0)
        return status;
    int rc = verb.show ? 0 : ask_desk(&verb.program, "seal", json_object(), &err);
    if (rc == 0)
        rc = show_last(&verb, &err);
    return verb_end(&verb.program, rc, &err);
}
