/*
 * tripli batch list | show N | close N | place N.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "archive/paper.h"
#include "workers/ask.h"
#include "workers/counts_json.h"
#include "workers/document_json.h"
#include "workers/french.h"
#include "workers/verb.h"

enum { STEP = 64 }; /* batches read at once */

struct batch_verb {
    struct program program;
    bool json;
    const char *what, *carton, *place;
    unsigned batch;
};

static const struct argp_option options[] = {
    {"carton", 'c', "TEXT", 0, "place: the carton that holds its paper", 0},
    {"place", 'p', "TEXT", 0, "place: where the carton stands", 0},
    {"json", 'j', NULL, 0, "one JSON object per batch", 0},
    {0},
};

static bool is(const struct batch_verb *verb, const char *word)
{
    return verb->what && strcmp(verb->what, word) == 0;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct batch_verb *verb = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &verb->program;
        return 0;
    case 'c':
        verb->carton = arg;
        return 0;
    case 'p':
        verb->place = arg;
        return 0;
    case 'j':
        verb->json = true;
        return 0;
    case ARGP_KEY_ARG:
        if (state->arg_num == 0)
            verb->what = arg;
        else
            verb->batch = verb_number(arg, state);
        return 0;
    case ARGP_KEY_END:
        if (!is(verb, "list") && !is(verb, "show") && !is(verb, "close") && !is(verb, "place"))
            argp_error(state, "list, show N, close N or place N is wanted");
        else if (!is(verb, "list") && verb->batch == 0)
            argp_error(state, "%s: which batch?", verb->what);
        else if (is(verb, "place") != (verb->carton != NULL))
            argp_error(state, "place wants --carton, and nothing else does");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const char *state_word(enum batch_state state, bool french)
{
    static const char *const words[][2] = {
        {"feeding", "en cours"}, {"fed", "lu"}, {"closed", "clos"}};
    return words[state][french];
}

static void print_paper(const struct paper_info *paper)
{
    char expiry[DAY_TEXT_SIZE], text[PAPER_TEXT_SIZE];
    printf("          papier : %s%s%s\n", paper_text(paper, text),
           day_is_none(paper->expiry) ? "" : ", à conserver jusqu'au ",
           day_format(paper->expiry, expiry));
}

static void print_batch(const struct batch_verb *verb, const struct batch_info *info,
                        const struct paper_info *paper)
{
    char received[DAY_TEXT_SIZE], uuid[2 * sizeof info->spec.uuid.at + 1];
    const struct archive_counts *counts = &info->counts;
    day_format(info->spec.received, received);
    sodium_bin2hex(uuid, sizeof uuid, info->spec.uuid.at, sizeof info->spec.uuid.at);
    if (verb->json) {
        json_t *object = json_pack("{s:i, s:s, s:s, s:s, s:s, s:s, s:b, s:s, s:b}", "batch",
                                   (int)info->id.n, "uuid", uuid, "tenant", info->spec.tenant,
                                   "received", received, "state", state_word(info->state, false),
                                   "source", info->spec.source, "medical", (int)info->spec.medical,
                                   "kind", info->spec.kind, "adds_up", counts_add_up(counts));
        json_t *numbers = counts_to_json(counts);
        json_object_update(object, numbers);
        json_decref(numbers);
        json_object_set_new(object, "paper", paper_to_json(paper));
        verb_print(object);
        return;
    }
    printf("lot %-5u caisse %s  reçu %s  %-8s  %llu feuilles, %llu faces, %llu classées, %llu à "
           "coder, %llu en quarantaine, %llu en attente\n",
           info->id.n, info->spec.tenant, received, state_word(info->state, true),
           (unsigned long long)counts->sheets_fed, (unsigned long long)counts->accepted,
           (unsigned long long)counts->filed, (unsigned long long)counts->to_code,
           (unsigned long long)counts->quarantined, (unsigned long long)counts->waiting);
    if (info->spec.medical)
        printf("          annoncé : courrier du médecin-conseil\n");
    else if (info->spec.kind[0])
        printf("          annoncé : %s\n", french_kind(info->spec.kind));
    if (paper->placed)
        print_paper(paper);
    if (info->state == BATCH_FEEDING)
        printf("          à reprendre avec tripli scan --resume %s\n", uuid);
}

static int print_with_paper(const struct batch_verb *verb, struct archive *archive,
                            const struct batch_info *info, struct err *err)
{
    struct paper_info paper;
    int rc = paper_show(archive, info->id, &paper, err);
    if (rc == 0)
        print_batch(verb, info, &paper);
    return rc;
}

static int list(struct batch_verb *verb, struct err *err)
{
    static struct batch_info infos[STEP];
    struct archive *archive = NULL;
    struct batch_id after = {0};
    int rc = ask_open_archive(&verb->program, &archive, err);
    while (rc >= 0) {
        const int count = rc = archive_batch_list(archive, after, infos, STEP, err);
        for (int i = 0; rc >= 0 && i < count; i++)
            rc = print_with_paper(verb, archive, &infos[i], err);
        if (rc < 0 || count < STEP)
            break;
        after = infos[STEP - 1].id;
    }
    archive_free(&archive);
    return rc < 0 ? rc : 0;
}

static int show(struct batch_verb *verb, struct err *err)
{
    struct archive *archive = NULL;
    struct batch_info info;
    int rc = ask_open_archive(&verb->program, &archive, err);
    if (rc == 0)
        rc = archive_batch_show(archive, (struct batch_id){verb->batch}, &info, err);
    if (rc == 0)
        rc = print_with_paper(verb, archive, &info, err);
    archive_free(&archive);
    return rc;
}

static int close_batch(struct batch_verb *verb, struct err *err)
{
    json_t *details = json_pack("{s:i}", "batch", (int)verb->batch);
    int rc = ask_desk(&verb->program, "close", details, err);
    if (rc == 0 && verb->json)
        verb_print(json_pack("{s:i, s:s}", "batch", (int)verb->batch, "state", "closed"));
    else if (rc == 0)
        printf("lot %u clos\n", verb->batch);
    return rc;
}

static int place(struct batch_verb *verb, struct err *err)
{
    json_t *details = json_pack("{s:i, s:s, s:s}", "batch", (int)verb->batch, "carton",
                                verb->carton, "place", verb->place ? verb->place : "");
    int rc = ask_desk(&verb->program, "place", details, err);
    return rc < 0 ? rc : show(verb, err);
}

int verb_batch(int argc, char **argv)
{
    static const struct argp_child children[] = {{&program_argp, 0, NULL, 0}, {0}};
    static const struct argp argp = {options,
                                     parse,
                                     "list\nshow N\nclose N\nplace N",
                                     "Batches: what was fed, what became of it, where its "
                                     "paper lies. A batch closes only when every sheet and "
                                     "page is accounted for.",
                                     children,
                                     NULL,
                                     NULL};
    struct batch_verb verb = {0};
    struct err err = {0};
    int status = verb_start(&argp, argc, argv, &verb.program);
    if (status != 0)
        return status;
    int rc = is(&verb, "list")    ? list(&verb, &err)
             : is(&verb, "show")  ? show(&verb, &err)
             : is(&verb, "place") ? place(&verb, &err)
                                  : close_batch(&verb, &err);
    return verb_end(&verb.program, rc, &err);
}
