/*
 * tripli event, tripli tag: what changes how long a document is kept. Asked by a user who may read
 * the document's key; the change is the desk's.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdio.h>
#include <string.h>

#include "archive/find.h"
#include "base/scope.h"
#include "classify/verdict.h"
#include "workers/ask.h"
#include "workers/document_json.h"
#include "workers/verb.h"

struct term_verb {
    struct program program;
    bool json, medical;
    bool is_event; /* or a tag */
    struct document_id id;
    const char *value, *reason, *volet;
};

enum { KEY_MEDICAL = 'm', KEY_VOLET = 'V' };

static const struct argp_option event_options[] = {
    {"reason", 'r', "TEXT", 0, "how it is known; names no insured person", 0},
    {"json", 'j', NULL, 0, "as JSON, with what it was before", 0},
    {0},
};

static const struct argp_option tag_options[] = {
    {"reason", 'r', "TEXT", 0, "why; names no insured person", 0},
    {"volet", KEY_VOLET, "N", 0, "of a sick note: 1, 2 or 3; without it, it is medical", 0},
    {"medical", KEY_MEDICAL, NULL, 0, "for the medical service alone", 0},
    {"json", 'j', NULL, 0, "as JSON, with what it was before", 0},
    {0},
};

/* ---- the command line ---- */

static void take_word(struct term_verb *verb, char *arg, struct argp_state *state)
{
    if (verb->id.batch == 0) {
        verb->id = verb_document_id(arg, state);
        return;
    }
    if (verb->value)
        argp_error(state, "too many words");
    verb->value = arg;
    if (verb->is_event)
        verb_day(arg, state);
    else
        verb_tag_name(arg, state);
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct term_verb *verb = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &verb->program;
        return 0;
    case 'r':
        verb->reason = arg;
        return 0;
    case 'j':
        verb->json = true;
        return 0;
    case KEY_MEDICAL:
        verb->medical = true;
        return 0;
    case KEY_VOLET:
        verb->volet = verb_volet(arg, state);
        return 0;
    case ARGP_KEY_ARG:
        take_word(verb, arg, state);
        return 0;
    case ARGP_KEY_END:
        if (!verb->value)
            argp_error(state, verb->is_event ? "which document, and which day?"
                                             : "which document, and which tag?");
        else if (!verb->reason)
            argp_error(state, "--reason is wanted");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/* ---- what became of it ---- */

static void print_json(const struct found_document *was, const struct found_document *is)
{
    char expiry[DAY_TEXT_SIZE], event[DAY_TEXT_SIZE];
    json_t *object = document_to_json(is);
    json_object_set_new(object, "tag_before", json_string(was->tag));
    json_object_set_new(object, "event_before", json_string(day_format(was->event, event)));
    json_object_set_new(object, "expiry_before", json_string(day_format(was->expiry, expiry)));
    json_object_set_new(object, "box_before", json_string(was->box));
    verb_print(object);
}

static void print_plain(const struct found_document *was, const struct found_document *is)
{
    char id[ID_TEXT_SIZE], before[DAY_TEXT_SIZE], now[DAY_TEXT_SIZE];
    day_format(was->expiry, before);
    day_format(is->expiry, now);
    printf("%s  %s", document_id_format(is->id, id), is->tag);
    if (strcmp(was->tag, is->tag) != 0)
        printf(" (avant %s)", was->tag);
    printf("  %s%s", now[0] ? "éliminable à partir du " : "jamais éliminable", now);
    if (day_compare(was->expiry, is->expiry) != 0)
        printf(" (avant %s)", before[0] ? before : "jamais");
    printf("  boîte %s%s\n", is->box, strcmp(was->box, is->box) == 0 ? ", la même" : "");
}

static int find(const struct term_verb *verb, struct found_document *ret_found, struct err *err)
{
    struct archive *archive = NULL;
    int rc = ask_open_archive(&verb->program, &archive, err);
    if (rc == 0)
        rc = find_document(archive, verb->id, ret_found, err);
    archive_free(&archive);
    return rc;
}

static int ask(const struct term_verb *verb, struct err *err)
{
    char id[ID_TEXT_SIZE];
    document_id_format(verb->id, id);
    json_t *details =
        verb->is_event ? json_pack("{s:s, s:s, s:s}", "document", id, "day", verb->value, "reason",
                                   verb->reason)
                       : json_pack("{s:s, s:s, s:s, s:s, s:b}", "document", id, "tag", verb->value,
                                   "reason", verb->reason, "volet", verb->volet ? verb->volet : "",
                                   "medical", (int)verb->medical);
    return ask_desk(&verb->program, verb->is_event ? "event" : "tag", details, err);
}

static int act(struct term_verb *verb, const struct argp *argp, int argc, char **argv)
{
    struct found_document was, is;
    struct err err = {0};
    int status = verb_start(argp, argc, argv, &verb->program);
    if (status != 0)
        return status;
    int rc = find(verb, &was, &err);
    if (rc == 0)
        rc = ask(verb, &err);
    if (rc == 0)
        rc = find(verb, &is, &err);
    if (rc == 0 && verb->json)
        print_json(&was, &is);
    else if (rc == 0)
        print_plain(&was, &is);
    return verb_end(&verb->program, rc, &err);
}

static const struct argp_child children[] = {{&program_argp, 0, NULL, 0}, {0}};

int verb_event(int argc, char **argv)
{
    static const struct argp argp = {
        event_options,
        parse,
        "DOCUMENT DAY",
        "The day of the event from which the document's period runs is known now: its expiry is "
        "reckoned anew, and it moves to the box where it belongs.",
        children,
        NULL,
        NULL};
    return act(&(struct term_verb){.is_event = true}, &argp, argc, argv);
}

int verb_tag(int argc, char **argv)
{
    static const struct argp argp = {
        tag_options,
        parse,
        "DOCUMENT TAG",
        "Corrects the tag of a filed document: rule, expiry, compartment and box follow.",
        children,
        NULL,
        NULL};
    return act(&(struct term_verb){.is_event = false}, &argp, argc, argv);
}
