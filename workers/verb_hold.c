/*
 * tripli hold set NAME | add NAME | lift NAME | list: named reasons that forbid destruction.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdio.h>
#include <string.h>

#include "archive/hold.h"
#include "base/clock.h"
#include "workers/ask.h"
#include "workers/verb.h"

enum { WORDS_MAX = 2 };

struct hold_verb {
    struct program program;
    bool json, of_case;
    const char *words[WORDS_MAX];
    int count;
    const char *reason, *owner, *until, *review;
    const char *document, *insured, *tenant;
    unsigned box, batch;
};

static const struct argp_option options[] = {
    {"reason", 'r', "TEXT", 0, "why; names no insured person", 0},
    {"owner", 'o', "TEXT", 0, "who answers for it", 0},
    {"document", 'D', "DOC", 0, "hold this document", 0},
    {"insured", 'i', "NUMBER", 0, "what is filed under it, in --tenant", 0},
    {"tenant", 't', "CODE", 0, "of the insured number, of the case", 0},
    {"box", 'b', "N", 0, "every document of this box", 0},
    {"batch", 'B', "N", 0, "every document of this batch", 0},
    {"case", 'c', NULL, 0, "a case of --tenant; add its documents after", 0},
    {"until", 'u', "DATE", 0, "last day; it then ends by itself", 0},
    {"review", 'w', "DATE", 0, "day to look at it again", 0},
    {"json", 'j', NULL, 0, "one JSON object per hold", 0},
    {0},
};

static bool is_set(const struct hold_verb *verb)
{
    return verb->count == 2 && strcmp(verb->words[0], "set") == 0;
}

static bool is_add(const struct hold_verb *verb)
{
    return verb->count == 2 && strcmp(verb->words[0], "add") == 0;
}

static bool is_lift(const struct hold_verb *verb)
{
    return verb->count == 2 && strcmp(verb->words[0], "lift") == 0;
}

static void check_words(const struct hold_verb *verb, struct argp_state *state)
{
    int scopes = !!verb->document + !!verb->insured + !!verb->box + !!verb->batch + verb->of_case;
    struct day day;
    bool list = verb->count == 1 && strcmp(verb->words[0], "list") == 0;
    if (!is_set(verb) && !is_add(verb) && !is_lift(verb) && !list)
        argp_error(state, "set NAME, add NAME, lift NAME or list is wanted");
    else if (is_add(verb) && !verb->document)
        argp_error(state, "add: --document is wanted");
    else if (is_set(verb) && (!verb->reason || !verb->owner))
        argp_error(state, "set: --reason and --owner are wanted");
    else if (is_set(verb) && scopes != 1)
        argp_error(state, "set: one of --document, --insured, --box, --batch, --case is wanted");
    else if ((verb->insured || verb->of_case) && !verb->tenant)
        argp_error(state, "an insured number and a case are a --tenant's");
    else if ((verb->until && day_parse(verb->until, &day) < 0) ||
             (verb->review && day_parse(verb->review, &day) < 0))
        argp_error(state, "a day is wanted, as 2029-04-01");
}

static void take_option(struct hold_verb *verb, int key, const char *arg)
{
    const struct {
        int key;
        const char **at;
    } texts[] = {{'r', &verb->reason}, {'o', &verb->owner}, {'D', &verb->document},
                 {'t', &verb->tenant}, {'u', &verb->until}, {'w', &verb->review}};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (texts[i].key == key)
            *texts[i].at = arg;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct hold_verb *verb = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &verb->program;
        return 0;
    case 'b':
        verb->box = verb_number(arg, state);
        return 0;
    case 'B':
        verb->batch = verb_number(arg, state);
        return 0;
    case 'c':
        verb->of_case = true;
        return 0;
    case 'i':
        verb->insured = verb_insured(arg, state);
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
        check_words(verb, state);
        return 0;
    default:
        if (key <= 0 || key > 'z')
            return ARGP_ERR_UNKNOWN;
        take_option(verb, key, arg);
        return 0;
    }
}

/* ---- the hold report ---- */

static const char *state_of(const struct hold_row *row)
{
    if (row->lifted_ms)
        return "lifted";
    return hold_lies(row, day_of_ms(clock_wall_ms())) ? "holds" : "ended";
}

static char *subject_of(const struct hold_row *row, char ret_text[ID_TEXT_SIZE])
{
    ret_text[0] = '\0';
    if (row->scope == HOLD_DOCUMENT)
        document_id_format((struct document_id){row->first, row->second}, ret_text);
    else if (row->scope != HOLD_INSURED)
        snprintf(ret_text, ID_TEXT_SIZE, "%u", row->first);
    return ret_text;
}

static void print_json(const struct hold_row *row)
{
    char subject[ID_TEXT_SIZE], set[CLOCK_TEXT_SIZE], lifted[CLOCK_TEXT_SIZE] = "";
    char until[DAY_TEXT_SIZE], review[DAY_TEXT_SIZE];
    if (row->lifted_ms)
        clock_format(row->lifted_ms, lifted);
    verb_print(json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s}",
                         "hold", row->name, "state", state_of(row), "tenant", row->tenant, "scope",
                         hold_scope_name(row->scope), "subject", subject_of(row, subject), "reason",
                         row->reason, "owner", row->owner, "set", clock_format(row->set_ms, set),
                         "set_by", row->set_by, "until", day_format(row->until, until), "review",
                         day_format(row->review, review), "lifted", lifted, "lifted_by",
                         row->lifted_by));
}

static int print_hold(void *to, const struct hold_row *row)
{
    static const char *const scopes[] = {"document", "assuré", "boîte", "lot",
                                         "documents du dossier :"};
    const struct hold_verb *verb = to;
    const char *state = state_of(row);
    char subject[ID_TEXT_SIZE], until[DAY_TEXT_SIZE], review[DAY_TEXT_SIZE];
    if (verb->json) {
        print_json(row);
        return 0;
    }
    printf("gel %-20s %s  caisse %s  %s %s  %s (%s)", row->name,
           row->lifted_ms                ? "levé  "
           : strcmp(state, "holds") == 0 ? "actif "
                                         : "échu  ",
           row->tenant, scopes[row->scope], subject_of(row, subject), row->reason, row->owner);
    if (!day_is_none(row->until))
        printf("  jusqu'au %s", day_format(row->until, until));
    if (!day_is_none(row->review))
        printf("  à revoir le %s", day_format(row->review, review));
    printf("\n");
    return 0;
}

static int list(const struct hold_verb *verb, struct err *err)
{
    struct archive *archive = NULL;
    int rc = ask_open_archive(&verb->program, &archive, err);
    if (rc == 0)
        rc = hold_each(archive, print_hold, (void *)verb, err);
    archive_free(&archive);
    return rc;
}

/* ---- what the desk does ---- */

static const char *or_nothing(const char *text)
{
    return text ? text : "";
}

static int set(const struct hold_verb *verb, struct err *err)
{
    const char *scope = verb->document  ? "document"
                        : verb->insured ? "insured"
                        : verb->box     ? "box"
                        : verb->of_case ? "case"
                                        : "batch";
    return ask_desk(&verb->program, "hold_set",
                    json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:I, s:I, s:s, s:s}", "name",
                              verb->words[1], "reason", verb->reason, "owner", verb->owner, "scope",
                              scope, "document", or_nothing(verb->document), "insured",
                              or_nothing(verb->insured), "tenant", or_nothing(verb->tenant), "box",
                              (json_int_t)verb->box, "batch", (json_int_t)verb->batch, "until",
                              or_nothing(verb->until), "review", or_nothing(verb->review)),
                    err);
}

static int act(const struct hold_verb *verb, struct err *err)
{
    json_t *details =
        json_pack("{s:s, s:s}", "name", verb->words[1], "document", or_nothing(verb->document));
    int rc = is_set(verb)   ? set(verb, err)
             : is_add(verb) ? ask_desk(&verb->program, "hold_add", json_incref(details), err)
                            : ask_desk(&verb->program, "hold_lift", json_incref(details), err);
    json_decref(details);
    if (rc == 0 && !verb->json)
        printf("gel %s %s\n", verb->words[1],
               is_set(verb)   ? "posé"
               : is_add(verb) ? "étendu"
                              : "levé");
    return rc;
}

int verb_hold(int argc, char **argv)
{
    static const struct argp_child children[] = {{&program_argp, 0, NULL, 0}, {0}};
    static const struct argp argp = {options,
                                     parse,
                                     "set NAME\nadd NAME\nlift NAME\nlist",
                                     "Holds: what one lies on is not destroyed.",
                                     children,
                                     NULL,
                                     NULL};
    struct hold_verb verb = {0};
    struct err err = {0};
    int status = verb_start(&argp, argc, argv, &verb.program);
    if (status != 0)
        return status;
    int rc = verb.count == 1 ? list(&verb, &err) : act(&verb, &err);
    return verb_end(&verb.program, rc, &err);
}
