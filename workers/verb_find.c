/*
 * tripli find: documents by tenant, tag, insured number, batch, receipt, expiry, box, slip, hold.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "archive/find.h"
#include "classify/verdict.h"
#include "workers/ask.h"
#include "workers/document_json.h"
#include "workers/french.h"
#include "workers/verb.h"

enum { STEP = 500 }; /* documents read at once */

struct find_verb {
    struct program program;
    bool json;
    struct find_query query;
    long long limit; /* documents shown at the most; 0: all */
};

static const struct argp_option options[] = {
    {"tenant", 't', "CODE", 0, "caisse (three digits)", 0},
    {"tag", 'T', "TAG", 0, "care_form, sick_note, cheque, letter, other, blank or separator", 0},
    {"insured", 'n', "NUMBER", 0, "insured number, 15 characters; needs --tenant", 0},
    {"batch", 'b', "N", 0, "batch", 0},
    {"from", 'F', "DATE", 0, "received on this day or later", 0},
    {"to", 'U', "DATE", 0, "received on this day or earlier", 0},
    {"expires-from", 'E', "DATE", 0, "may go on this day or later", 0},
    {"expires-to", 'X', "DATE", 0, "may go on this day or earlier", 0},
    {"box", 'B', "N", 0, "in this box", 0},
    {"slip", 'S', "N", 0, "on this elimination slip now", 0},
    {"hold", 'H', "NAME", 0, "held by it today", 0},
    {"limit", 'l', "N", 0, "at most so many documents", 0},
    {"json", 'j', NULL, 0, "one JSON object per document", 0},
    {0},
};

static void check_days(const struct find_verb *verb, struct argp_state *state)
{
    const struct find_query *query = &verb->query;
    if (!day_is_none(query->received_to) &&
        day_compare(query->received_from, query->received_to) > 0)
        argp_error(state, "--from is later than --to");
    if (!day_is_none(query->expiry_to) && day_compare(query->expiry_from, query->expiry_to) > 0)
        argp_error(state, "--expires-from is later than --expires-to");
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct find_verb *verb = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &verb->program;
        return 0;
    case 't':
        verb->query.tenant = arg;
        return 0;
    case 'T':
        verb->query.tag = verb_tag_name(arg, state);
        return 0;
    case 'n':
        verb->query.insured = verb_insured(arg, state);
        return 0;
    case 'H':
        verb->query.hold = arg;
        return 0;
    case 'b':
        verb->query.batch.n = verb_number(arg, state);
        return 0;
    case 'B':
        verb->query.box = verb_number(arg, state);
        return 0;
    case 'S':
        verb->query.slip = verb_number(arg, state);
        return 0;
    case 'l':
        verb->limit = verb_number(arg, state);
        return 0;
    case 'F':
        verb->query.received_from = verb_day(arg, state);
        return 0;
    case 'U':
        verb->query.received_to = verb_day(arg, state);
        return 0;
    case 'E':
        verb->query.expiry_from = verb_day(arg, state);
        return 0;
    case 'X':
        verb->query.expiry_to = verb_day(arg, state);
        return 0;
    case 'j':
        verb->json = true;
        return 0;
    case ARGP_KEY_END:
        if (verb->query.insured && !verb->query.tenant)
            argp_error(state, "--insured needs --tenant: the search key is the caisse's own");
        check_days(verb, state);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static void print_plain(const struct found_document *document)
{
    char id[ID_TEXT_SIZE], received[DAY_TEXT_SIZE], expiry[DAY_TEXT_SIZE];
    char confidence[FRENCH_NUMBER_SIZE];
    document_id_format(document->id, id);
    day_format(document->expiry, expiry);
    printf("%-12s %s %-7s %-10s %s  reçu %s  éliminable : %-10s  %u face%s  %s\n", id,
           document->tenant, compartment_name(document->compartment), document->tag,
           french_decimal(document->confidence, 3, confidence),
           day_format(document->received, received), expiry[0] ? expiry : "jamais",
           document->page_count, french_plural(document->page_count), document->decided_by);
}

static int find_all(struct find_verb *verb, struct archive *archive, struct err *err)
{
    static struct found_document found[STEP];
    long long shown = 0;
    for (;;) {
        long long left = verb->limit ? verb->limit - shown : STEP;
        verb->query.most = (int)(left < STEP ? left : STEP);
        int got = verb->query.most ? find_documents(archive, &verb->query, found, err) : 0;
        for (int i = 0; i < got && verb->json; i++)
            verb_print(document_to_json(&found[i]));
        for (int i = 0; i < got && !verb->json; i++)
            print_plain(&found[i]);
        shown += got > 0 ? got : 0;
        if (got < verb->query.most || got <= 0)
            return got < 0 ? got : 0;
        verb->query.after = found[got - 1].id;
    }
}

int verb_find(int argc, char **argv)
{
    static const struct argp_child children[] = {{&program_argp, 0, NULL, 0}, {0}};
    static const struct argp argp = {options,  parse, NULL, "Finds documents that are filed.",
                                     children, NULL,  NULL};
    struct find_verb verb = {0};
    struct archive *archive = NULL;
    struct err err = {0};
    int status = verb_start(&argp, argc, argv, &verb.program);
    if (status != 0)
        return status;
    int rc = ask_open_archive(&verb.program, &archive, &err);
    if (rc == 0 && verb.query.insured)
        rc = ask_note_search(&verb.program, archive, verb.query.tenant, &err);
    if (rc == 0)
        rc = find_all(&verb, archive, &err);
    archive_free(&archive);
    return verb_end(&verb.program, rc, &err);
}
