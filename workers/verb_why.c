/*
 * tripli why: why a document is kept, until when and where, and every step of its life, from the
 * catalogue and the journal.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdio.h>
#include <string.h>

#include "archive/find.h"
#include "archive/history.h"
#include "workers/ask.h"
#include "workers/document_json.h"
#include "workers/french.h"
#include "workers/verb.h"

struct why_verb {
    struct program program;
    bool json;
    struct document_id id;
    struct archive *archive;
};

static const struct argp_option options[] = {
    {"json", 'j', NULL, 0, "as JSON, with the journal's records", 0},
    {0},
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct why_verb *verb = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &verb->program;
        return 0;
    case 'j':
        verb->json = true;
        return 0;
    case ARGP_KEY_ARG:
        verb->id = verb_document_id(arg, state);
        return 0;
    case ARGP_KEY_END:
        if (verb->id.batch == 0)
            argp_error(state, "which document?");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/* From which day the period runs, and what the day is. */
static void print_trigger(const struct history *history)
{
    const struct retention_row *rule = &history->rule;
    char trigger[DAY_TEXT_SIZE];
    const char *name = french_trigger(rule->trigger);
    day_format(history->trigger, trigger);
    printf(" La durée part de %s", name);
    if (day_is_none(history->trigger))
        printf(" (jour non connu)");
    else if (!history->by_fallback)
        printf(", le %s", trigger);
    else if (strcmp(rule->trigger, "receipt") != 0)
        printf(" (jour non connu) ; la réception en tient lieu");
    if (history->by_fallback && rule->margin_months > 0)
        printf(", plus %d mois de marge", rule->margin_months);
    if (history->by_fallback)
        printf(", %s %s", rule->margin_months > 0 ? "soit le" : "le", trigger);
    if (!day_is_none(history->trigger) && rule->start == RETENTION_NEXT_QUARTER)
        printf(", au premier jour du trimestre suivant");
    printf(".");
}

static void print_term(const struct found_document *document, const struct history *history)
{
    char expiry[DAY_TEXT_SIZE];
    if (!document->rule[0])
        printf("Aucune règle de conservation ne vise ce type.");
    else if (!history->has_rule)
        printf("La règle %s, version %u, s'applique ; retention.conf ne l'a plus.", document->rule,
               document->rule_version);
    else {
        printf("La règle %s, version %u, s'applique (%s).", document->rule, document->rule_version,
               history->rule.law);
        print_trigger(history);
    }
    if (day_is_none(document->expiry))
        printf(" Sans échéance : jamais éliminable en l'état.");
    else
        printf(" Éliminable à partir du %s, avec un visa.", day_format(document->expiry, expiry));
}

/* The sheets of a batch, and where they lie. */
struct original {
    struct paper_info paper;
    struct paper_sheets sheets;
};

static int read_original(const struct why_verb *verb, struct original *ret_original,
                         struct err *err)
{
    const struct batch_id batch = {verb->id.batch};
    int rc = paper_show(verb->archive, batch, &ret_original->paper, err);
    return rc < 0 ? rc : paper_sheets_of(verb->archive, verb->id, &ret_original->sheets, err);
}

static void print_original(struct document_id id, const struct original *original)
{
    char text[PAPER_TEXT_SIZE], expiry[DAY_TEXT_SIZE];
    const struct paper_sheets *sheets = &original->sheets;
    if (sheets->first == sheets->last)
        printf(" Son original est la feuille %u du lot %u", sheets->first, id.batch);
    else
        printf(" Son original va de la feuille %u à la feuille %u du lot %u", sheets->first,
               sheets->last, id.batch);
    printf(" : %s", paper_text(&original->paper, text));
    if (!original->paper.row.destroyed_ms && !day_is_none(original->paper.expiry))
        printf(", à conserver jusqu'au %s", day_format(original->paper.expiry, expiry));
    printf(".\n");
}

static void print_paragraph(const struct found_document *document, const struct history *history)
{
    char id[ID_TEXT_SIZE], received[DAY_TEXT_SIZE];
    printf("Document %s, caisse %s (%s) : %s, reçu le %s, type décidé par %s. ",
           document_id_format(document->id, id), document->tenant,
           compartment_name(document->compartment), french_tag(document->tag),
           day_format(document->received, received), document->decided_by);
    print_term(document, history);
    if (history->holds.count > 0)
        printf(" %d gel%s en interdi%s l'élimination, %s%s.", history->holds.count,
               history->holds.count > 1 ? "s" : "", history->holds.count > 1 ? "sent" : "t",
               history->holds.count > 1 ? "le premier est " : "", history->holds.names[0]);
    printf(" Il est dans la boîte %u (%s)", history->box, document->box);
    if (history->slip)
        printf(", sur le bordereau %u", history->slip);
    printf(".");
}

static const char *text_in(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));
    return text ? text : "";
}

static void copy_text(json_t *to, const char *as, const json_t *from, const char *name)
{
    const char *text = text_in(from, name);
    if (text[0])
        json_object_set_new(to, as, json_string(text));
}

/* Behind every step of `steps`, from `first` on, that is not later than it. */
static void insert_in_time(json_t *steps, size_t first, json_t *step)
{
    size_t place = json_array_size(steps);
    while (place > first &&
           strcmp(text_in(json_array_get(steps, place - 1), "at"), text_in(step, "at")) > 0)
        place--;
    json_array_insert_new(steps, place, step);
}

/* What happened to the pages before they were filed, as the record of the filing keeps it: page by
 * page there, in order of time here. */
static void add_page_steps(json_t *steps, const json_t *record)
{
    size_t i, k;
    const json_t *page, *event;
    const size_t first = json_array_size(steps);
    json_array_foreach(json_object_get(record, "pages"), i, page)
        json_array_foreach(json_object_get(page, "events"), k, event)
    {
        json_t *step = json_object();
        copy_text(step, "at", event, "at");
        copy_text(step, "event", event, "event");
        copy_text(step, "page", page, "page");
        copy_text(step, "tag_to", event, "tag");
        copy_text(step, "actor", event, "actor");
        insert_in_time(steps, first, step);
    }
}

static json_t *step_of(const json_t *record)
{
    static const char *const facts[] = {"tag", "expiry", "box"};
    const json_t *from = json_object_get(record, "from"), *to = json_object_get(record, "to");
    json_t *step = json_object();
    copy_text(step, "at", record, "at");
    copy_text(step, "event", record, "event");
    copy_text(step, "actor", record, "actor");
    copy_text(step, "reason", record, "reason");
    json_object_set(step, "seq", json_object_get(record, "seq"));
    for (size_t i = 0; i < sizeof facts / sizeof *facts; i++) {
        char name[16];
        snprintf(name, sizeof name, "%s_from", facts[i]);
        copy_text(step, name, from, facts[i]);
        snprintf(name, sizeof name, "%s_to", facts[i]);
        copy_text(step, name, to ? to : record, facts[i]);
    }
    return step;
}

/* Every step in one list: pages first, then the records of the document. */
static json_t *steps_of(const struct history *history)
{
    size_t i;
    const json_t *record;
    json_t *steps = json_array();
    json_array_foreach(history->steps, i, record)
    {
        add_page_steps(steps, record);
        json_array_append_new(steps, step_of(record));
    }
    return steps;
}

static void print_change(const json_t *step, const char *what, const char *from, const char *to)
{
    const char *before = text_in(step, from), *after = text_in(step, to);
    if (before[0] && strcmp(before, after) != 0)
        printf(", %s %s to %s", what, before, after);
    else if (!before[0] && after[0])
        printf(", %s %s", what, after);
}

static void print_steps(const struct history *history)
{
    size_t i;
    const json_t *step;
    json_t *steps = steps_of(history);
    json_array_foreach(steps, i, step)
    {
        printf("%s  %s%s%s", text_in(step, "at"), text_in(step, "page"),
               text_in(step, "page")[0] ? " " : "", text_in(step, "event"));
        if (text_in(step, "actor")[0])
            printf(" by %s", text_in(step, "actor"));
        print_change(step, "tag", "tag_from", "tag_to");
        print_change(step, "expiry", "expiry_from", "expiry_to");
        print_change(step, "box", "box_from", "box_to");
        printf("%s%s\n", text_in(step, "reason")[0] ? ": " : "", text_in(step, "reason"));
    }
    json_decref(steps);
}

static json_t *original_json(const struct original *original)
{
    json_t *object = paper_to_json(&original->paper);
    json_object_set_new(object, "first_sheet", json_integer(original->sheets.first));
    json_object_set_new(object, "last_sheet", json_integer(original->sheets.last));
    return object;
}

static void print_json(const struct found_document *document, const struct history *history,
                       const struct original *original)
{
    char trigger[DAY_TEXT_SIZE];
    json_t *object = document_to_json(document), *holds = json_array();
    for (int i = 0; i < history->holds.count && i < HOLD_NAMES_SHOWN; i++)
        json_array_append_new(holds, json_string(history->holds.names[i]));
    json_object_set_new(object, "law", json_string(history->rule.law));
    json_object_set_new(object, "trigger", json_string(history->rule.trigger));
    json_object_set_new(object, "trigger_day", json_string(day_format(history->trigger, trigger)));
    json_object_set_new(object, "by_fallback", json_boolean(history->by_fallback));
    json_object_set_new(object, "box_number", json_integer(history->box));
    json_object_set_new(object, "slip", json_integer(history->slip));
    json_object_set_new(object, "paper", original_json(original));
    json_object_set_new(object, "holds_count", json_integer(history->holds.count));
    json_object_set_new(object, "holds", holds);
    json_object_set_new(object, "steps", steps_of(history));
    verb_print(object);
}

static int why(struct why_verb *verb, struct err *err)
{
    struct found_document document;
    struct history history = {0};
    struct original original = {0};
    int rc = find_document(verb->archive, verb->id, &document, err);
    if (rc == 0)
        rc = history_read(verb->archive, verb->id, &history, err);
    if (rc == 0)
        rc = read_original(verb, &original, err);
    if (rc == 0)
        rc = ask_note_access(&verb->program, verb->archive, &document, 1, err);
    if (rc == 0 && verb->json)
        print_json(&document, &history, &original);
    else if (rc == 0) {
        print_paragraph(&document, &history);
        print_original(verb->id, &original);
        print_steps(&history);
    }
    history_clear(&history);
    return rc;
}

int verb_why(int argc, char **argv)
{
    static const struct argp_child children[] = {{&program_argp, 0, NULL, 0}, {0}};
    static const struct argp argp = {
        options,    parse,
        "DOCUMENT", "Says why a document is kept, until when, and its life so far.",
        children,   NULL,
        NULL};
    struct why_verb verb = {0};
    struct err err = {0};
    int status = verb_start(&argp, argc, argv, &verb.program);
    if (status != 0)
        return status;
    int rc = ask_open_archive(&verb.program, &verb.archive, &err);
    if (rc == 0)
        rc = why(&verb, &err);
    archive_free(&verb.archive);
    return verb_end(&verb.program, rc, &err);
}
