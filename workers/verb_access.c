/*
 * tripli access: who looked at the content of what, and what partners were refused, from the access
 * journal, oldest first.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdio.h>
#include <string.h>

#include "archive/access.h"
#include "workers/ask.h"
#include "workers/verb.h"

struct access_verb {
    struct program program;
    bool json;
    const char *user;
    char document[ID_TEXT_SIZE]; /* "": all */
    char from[DAY_TEXT_SIZE], to[DAY_TEXT_SIZE];
    unsigned long long damaged; /* lines that are no record */
};

static const struct argp_option options[] = {
    {"document", 'd', "DOC", 0, "who looked at this document", 0},
    {"user", 'u', "NAME", 0, "what this account looked at", 0},
    {"from", 'F', "DATE", 0, "on this day or later", 0},
    {"to", 'U', "DATE", 0, "on this day or earlier", 0},
    {"json", 'j', NULL, 0, "one JSON object per record", 0},
    {0},
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct access_verb *verb = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &verb->program;
        return 0;
    case 'd':
        document_id_format(verb_document_id(arg, state), verb->document);
        return 0;
    case 'u':
        verb->user = arg;
        return 0;
    case 'F':
        day_format(verb_day(arg, state), verb->from);
        return 0;
    case 'U':
        day_format(verb_day(arg, state), verb->to);
        return 0;
    case 'j':
        verb->json = true;
        return 0;
    case ARGP_KEY_END:
        if (verb->to[0] && strcmp(verb->from, verb->to) > 0)
            argp_error(state, "--from is later than --to");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const char *text_in(const json_t *record, const char *name)
{
    const char *text = json_string_value(json_object_get(record, name));
    return text ? text : "";
}

/* Days are compared as they are written: year, month, day. */
static bool is_wanted(const struct access_verb *verb, const json_t *record)
{
    const char *at = text_in(record, "at");
    if (verb->document[0] && strcmp(verb->document, text_in(record, "document")) != 0)
        return false;
    if (verb->user && strcmp(verb->user, text_in(record, "user")) != 0)
        return false;
    return strncmp(at, verb->from, strlen(verb->from)) >= 0 &&
           (!verb->to[0] || strncmp(at, verb->to, strlen(verb->to)) <= 0);
}

static void print_look(const json_t *record)
{
    const char *document = text_in(record, "document"), *page = text_in(record, "page");
    printf("%-16s %-7s ", text_in(record, "user"), text_in(record, "verb"));
    if (document[0] || page[0])
        printf("%s %s", document[0] ? "document" : "face", document[0] ? document : page);
    else
        printf("recherche par numéro d'assuré");
}

/* "12 refus (denied), de … à …" */
static void print_refused(const json_t *record)
{
    printf("%-16s %-7s %lld refus (%s), de %s à %s", text_in(record, "user"),
           text_in(record, "verb"), (long long)json_integer_value(json_object_get(record, "count")),
           text_in(record, "code"), text_in(record, "from"), text_in(record, "to"));
}

static void print_plain(const json_t *record)
{
    printf("%s  ", text_in(record, "at"));
    if (strcmp(text_in(record, "event"), "pruned") == 0) {
        printf("mois %s effacé, jusqu'à l'enregistrement %lld (durée : %lld mois)\n",
               text_in(record, "month"),
               (long long)json_integer_value(json_object_get(record, "through")),
               (long long)json_integer_value(json_object_get(record, "months")));
        return;
    }
    if (strcmp(text_in(record, "event"), "refused") == 0)
        print_refused(record);
    else
        print_look(record);
    printf("%s%s\n", text_in(record, "tenant")[0] ? ", caisse " : "", text_in(record, "tenant"));
}

static int show_line(void *to, const struct access_line *line)
{
    struct access_verb *verb = to;
    json_t *record = json_loadb((const char *)line->record.at, line->record.len, 0, NULL);
    if (!json_is_object(record))
        verb->damaged++;
    else if (is_wanted(verb, record)) {
        if (verb->json)
            verb_print(json_incref(record));
        else
            print_plain(record);
    }
    json_decref(record);
    return 0;
}

int verb_access(int argc, char **argv)
{
    static const struct argp_child children[] = {{&program_argp, 0, NULL, 0}, {0}};
    static const struct argp argp = {
        options,  parse, NULL, "Lists who looked at what, oldest first, from the access journal.",
        children, NULL,  NULL};
    struct access_verb verb = {0};
    struct archive *archive = NULL;
    struct err err = {0};
    int status = verb_start(&argp, argc, argv, &verb.program);
    if (status != 0)
        return status;
    int rc = ask_open_archive(&verb.program, &archive, &err);
    if (rc == 0)
        rc = access_each(archive, show_line, &verb, &err);
    if (rc == 0 && verb.damaged)
        rc = err_set(&err, ERR_INTEGRITY,
                     "access journal: %llu lines are no record; tripli verify tells which",
                     verb.damaged);
    archive_free(&archive);
    return verb_end(&verb.program, rc, &err);
}
