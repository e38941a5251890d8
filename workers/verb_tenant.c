/*
 * tripli tenant: the tenants, and merging one into another.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdio.h>
#include <string.h>

#include "archive/hold.h"
#include "archive/merge.h"
#include "archive/tenants.h"
#include "base/clock.h"
#include "workers/ask.h"
#include "workers/verb.h"

enum { WORDS_MAX = 3 };

struct tenant_verb {
    struct program program;
    bool json;
    int count;
    const char *words[WORDS_MAX];
};

static const struct argp_option options[] = {
    {"json", 'j', NULL, 0, "as JSON", 0},
    {0},
};

static bool is_list(const struct tenant_verb *verb)
{
    return verb->count == 1 && strcmp(verb->words[0], "list") == 0;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct tenant_verb *verb = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &verb->program;
        return 0;
    case 'j':
        verb->json = true;
        return 0;
    case ARGP_KEY_ARG:
        if (verb->count == WORDS_MAX)
            argp_error(state, "too many words");
        verb->words[verb->count++] = arg;
        return 0;
    case ARGP_KEY_END:
        if (!is_list(verb) && (verb->count != 3 || strcmp(verb->words[0], "merge") != 0))
            argp_error(state, "list, or merge FROM INTO, is wanted");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/* ---- list ---- */

struct finding {
    const char *tenant;
    struct merge_seen seen;
};

static int take(void *to, const struct merge_seen *seen)
{
    struct finding *finding = to;
    if (strcmp(finding->tenant, seen->from) == 0)
        finding->seen = *seen;
    return 0;
}

static void print_tenant(const struct tenant_verb *verb, const struct tenant *tenant,
                         const struct merge_seen *seen)
{
    if (verb->json)
        verb_print(json_pack("{s:s, s:s, s:s, s:s, s:b}", "tenant", tenant->code, "name",
                             tenant->name, "medical_name", tenant->medical_name, "merged_into",
                             seen->into, "unfinished", (int)seen->unfinished));
    else
        printf("caisse %s  %s%s%s%s\n", tenant->code, tenant->name,
               seen->into[0] ? "  réunie à la caisse " : "", seen->into,
               seen->unfinished ? " (à terminer : redémarrez tripli)" : "");
}

static int list(const struct tenant_verb *verb, struct archive *archive, struct err *err)
{
    char path[PLACE_SIZE + 32];
    struct tenants *tenants = NULL;
    const struct tenant *tenant;
    snprintf(path, sizeof path, "%s/tenants.conf", verb->program.place.config);
    int rc = tenants_load(path, &tenants, err);
    for (int i = 0; rc == 0 && (tenant = tenants_at(tenants, i)) != NULL; i++) {
        struct finding finding = {.tenant = tenant->code};
        rc = merge_each(archive, take, &finding, err);
        if (rc == 0)
            print_tenant(verb, tenant, &finding.seen);
    }
    tenants_free(&tenants);
    return rc;
}

/* ---- merge ---- */

/* A number is kept as a hash by its tenant's key: what was set for one does not lie on the other's
 * mail, and somebody must set it anew. */
static int tell_hold(void *to, const struct hold_row *row)
{
    const struct tenant_verb *verb = to;
    bool touched =
        strcmp(row->tenant, verb->words[1]) == 0 || strcmp(row->tenant, verb->words[2]) == 0;
    if (row->scope == HOLD_INSURED && touched && hold_lies(row, day_of_ms(clock_wall_ms())))
        printf("gel %s : posé par numéro d'assuré pour le seul courrier de la caisse %s ; posez-le "
               "de nouveau, pour la caisse %s\n",
               row->name, row->tenant, verb->words[2]);
    return 0;
}

static int merge(struct tenant_verb *verb, struct err *err)
{
    struct archive *archive = NULL;
    int rc = ask_desk(&verb->program, "merge",
                      json_pack("{s:s, s:s}", "from", verb->words[1], "into", verb->words[2]), err);
    if (rc < 0)
        return rc;
    if (verb->json) {
        verb_print(json_pack("{s:s, s:s, s:b}", "tenant", verb->words[1], "merged_into",
                             verb->words[2], "done", 1));
        return 0;
    }
    printf("caisse %s réunie à la caisse %s ; sauvegardez le dossier des clés, puis les données\n",
           verb->words[1], verb->words[2]);
    rc = ask_open_archive(&verb->program, &archive, err);
    if (rc == 0)
        rc = hold_each(archive, tell_hold, verb, err);
    archive_free(&archive);
    return rc;
}

int verb_tenant(int argc, char **argv)
{
    static const struct argp_child children[] = {{&program_argp, 0, NULL, 0}, {0}};
    static const struct argp argp = {
        options,
        parse,
        "list\nmerge FROM INTO",
        "Lists the tenants, or merges one into another: its mail is found under the new one, its "
        "journal ends, its keys change hands and are changed.",
        children,
        NULL,
        NULL};
    struct tenant_verb verb = {.count = 0};
    struct archive *archive = NULL;
    struct err err = {0};
    int status = verb_start(&argp, argc, argv, &verb.program);
    if (status != 0)
        return status;
    int rc = is_list(&verb) ? ask_open_archive(&verb.program, &archive, &err) : merge(&verb, &err);
    if (rc == 0 && archive)
        rc = list(&verb, archive, &err);
    archive_free(&archive);
    return verb_end(&verb.program, rc, &err);
}
