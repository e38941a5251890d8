/*
 * tripli retention check | apply: documents whose term in the catalogue is not what retention.conf
 * says now. This process looks, the desk changes them in groups, so that a hub does other work in
 * between; cut short, it is asked again.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdio.h>
#include <string.h>

#include "archive/term.h"
#include "workers/ask.h"
#include "workers/verb.h"

struct retention_verb {
    struct program program;
    bool json, apply;
    const char *word, *tenant, *reason;
    struct term_change group[TERM_GROUP_MAX];
    size_t count;
};

static const struct argp_option options[] = {
    {"tenant", 't', "CODE", 0, "of this tenant only", 0},
    {"reason", 'r', "TEXT", 0, "of apply: why; into the journal", 0},
    {"json", 'j', NULL, 0, "one JSON object per document", 0},
    {0},
};

static void check_words(struct retention_verb *verb, struct argp_state *state)
{
    bool check = verb->word && strcmp(verb->word, "check") == 0;
    verb->apply = verb->word && strcmp(verb->word, "apply") == 0;
    if (!check && !verb->apply)
        argp_error(state, "check or apply is wanted");
    else if (verb->apply && !verb->reason)
        argp_error(state, "apply: --reason is wanted");
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct retention_verb *verb = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &verb->program;
        return 0;
    case 't':
        verb->tenant = arg;
        return 0;
    case 'r':
        verb->reason = arg;
        return 0;
    case 'j':
        verb->json = true;
        return 0;
    case ARGP_KEY_ARG:
        if (verb->word)
            argp_error(state, "too many words");
        verb->word = arg;
        return 0;
    case ARGP_KEY_END:
        check_words(verb, state);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static void print_change(const struct retention_verb *verb, const struct term_change *change)
{
    const struct document_row *was = &change->was, *is = &change->is;
    char id[ID_TEXT_SIZE], before[DAY_TEXT_SIZE], now[DAY_TEXT_SIZE];
    document_id_format(change->id, id);
    day_format(was->expiry, before);
    day_format(is->expiry, now);
    if (verb->json)
        verb_print(json_pack("{s:s, s:s, s:s, s:s, s:I, s:s, s:I, s:s, s:s}", "document", id,
                             "tenant", was->tenant, "tag", was->tag, "rule_before", was->rule,
                             "version_before", (json_int_t)was->rule_version, "rule", is->rule,
                             "version", (json_int_t)is->rule_version, "expiry_before", before,
                             "expiry", now));
    else
        printf("%-12s %s %-10s %s %u, %s  ->  %s %u, %s\n", id, was->tenant, was->tag, was->rule,
               was->rule_version, before[0] ? before : "?", is->rule, is->rule_version,
               now[0] ? now : "?");
}

static int take(void *to, const struct term_change *change)
{
    struct retention_verb *verb = to;
    verb->group[verb->count++] = *change;
    return verb->count == TERM_GROUP_MAX;
}

static int apply_group(const struct retention_verb *verb, struct err *err)
{
    char id[ID_TEXT_SIZE];
    json_t *documents = json_array();
    for (size_t i = 0; i < verb->count; i++)
        json_array_append_new(documents, json_string(document_id_format(verb->group[i].id, id)));
    return ask_desk(&verb->program, "retention_apply",
                    json_pack("{s:o, s:s}", "documents", documents, "reason", verb->reason), err);
}

/* Looks for a group of changes after `*after`, with no transaction left open: 1 more may follow. */
static int next_group(struct retention_verb *verb, struct document_id *after, struct err *err)
{
    struct archive *archive = NULL;
    const struct term_query query = {verb->tenant, *after};
    verb->count = 0;
    int rc = ask_open_archive(&verb->program, &archive, err);
    if (rc == 0)
        rc = term_check(archive, &query, take, verb, err);
    archive_free(&archive);
    if (verb->count)
        *after = verb->group[verb->count - 1].id;
    return rc;
}

static int go_through(struct retention_verb *verb, struct err *err)
{
    struct document_id after = {0};
    int rc, applied;
    do {
        rc = next_group(verb, &after, err);
        applied = rc >= 0 && verb->apply && verb->count ? apply_group(verb, err) : 0;
        for (size_t i = 0; rc >= 0 && applied == 0 && i < verb->count; i++)
            print_change(verb, &verb->group[i]);
    } while (rc == 1 && applied == 0);
    if (rc >= 0 && applied == 0 && after.batch == 0 && !verb->json)
        printf("rien à changer\n");
    return applied < 0 ? applied : rc;
}

int verb_retention(int argc, char **argv)
{
    static const struct argp_child children[] = {{&program_argp, 0, NULL, 0}, {0}};
    static const struct argp argp = {
        options,
        parse,
        "check|apply",
        "Documents whose term is not what retention.conf says now: check shows them, "
        "apply reckons them anew and moves them.",
        children,
        NULL,
        NULL};
    static struct retention_verb verb;
    struct err err = {0};
    int status = verb_start(&argp, argc, argv, &verb.program);
    if (status != 0)
        return status;
    return verb_end(&verb.program, go_through(&verb, &err), &err);
}
