/*
 * tripli quarantine list | release PAGE | tag PAGE TAG: pages that broke their reader, or that
 * cannot be read. Nothing is deleted: a page is read again, or a person gives its tag.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "archive/intake.h"
#include "workers/ask.h"
#include "workers/verb.h"

enum { STEP = 64, WORDS_MAX = 4 };

struct quarantine_verb {
    struct program program;
    bool json;
    const char *words[WORDS_MAX]; /* list | release PAGE | tag PAGE TAG [VOLET] */
    int count;
};

static const struct argp_option options[] = {
    {"json", 'j', NULL, 0, "one JSON object per page", 0},
    {0},
};

static void check_words(const struct quarantine_verb *verb, struct argp_state *state)
{
    const char *what = verb->count ? verb->words[0] : "";
    struct page_id id;
    if (strcmp(what, "list") == 0 && verb->count == 1)
        return;
    bool release = strcmp(what, "release") == 0 && verb->count == 2;
    bool tag = strcmp(what, "tag") == 0 && verb->count >= 3;
    if (!release && !tag)
        argp_error(state, "list, release PAGE or tag PAGE TAG is wanted");
    else if (page_id_parse(verb->words[1], &id) < 0)
        argp_error(state, "'%s' is not a page id (as 12-340)", verb->words[1]);
    if (tag)
        verb_tag_name(verb->words[2], state);
    if (tag && verb->count > 3)
        verb_volet(verb->words[3], state);
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct quarantine_verb *verb = state->input;
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
        check_words(verb, state);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static void print_page(const struct quarantine_verb *verb, const struct intake_waiting *page)
{
    char id[ID_TEXT_SIZE];
    page_id_format(page->id, id);
    if (verb->json)
        verb_print(json_pack("{s:s, s:s, s:i, s:s}", "page", id, "tenant", page->tenant, "tries",
                             (int)page->tries, "reason", page->reason));
    else
        printf("face %-12s caisse %s  %u essais  %s\n", id, page->tenant, page->tries,
               page->reason);
}

static int list(const struct quarantine_verb *verb, struct err *err)
{
    static struct intake_waiting pages[STEP];
    struct archive *archive = NULL;
    struct page_id after = {0};
    int rc = ask_open_archive(&verb->program, &archive, err);
    while (rc >= 0) {
        rc = intake_list(archive, (struct intake_line){PAGE_QUARANTINED, after}, pages, STEP, err);
        for (int i = 0; i < rc; i++) {
            print_page(verb, &pages[i]);
            after = pages[i].id;
            intake_waiting_clear(&pages[i]);
        }
        if (rc < STEP)
            break;
    }
    archive_free(&archive);
    return rc < 0 ? rc : 0;
}

static int act(const struct quarantine_verb *verb, struct err *err)
{
    bool release = strcmp(verb->words[0], "release") == 0;
    json_t *details = json_pack("{s:s}", "page", verb->words[1]);
    if (!release) {
        json_object_set_new(details, "tag", json_string(verb->words[2]));
        json_object_set_new(details, "volet", json_string(verb->count > 3 ? verb->words[3] : ""));
    }
    int rc = ask_desk(&verb->program, release ? "release" : "code", details, err);
    if (rc == 0 && !verb->json)
        printf("face %s : %s\n", verb->words[1],
               release ? "sera relue" : "étiquetée par une personne");
    return rc;
}

int verb_quarantine(int argc, char **argv)
{
    static const struct argp_child children[] = {{&program_argp, 0, NULL, 0}, {0}};
    static const struct argp argp = {options,
                                     parse,
                                     "list\nrelease PAGE\ntag PAGE TAG [VOLET]",
                                     "Pages set aside: have them read again, or tag them.",
                                     children,
                                     NULL,
                                     NULL};
    struct quarantine_verb verb = {0};
    struct err err = {0};
    int status = verb_start(&argp, argc, argv, &verb.program);
    if (status != 0)
        return status;
    int rc = strcmp(verb.words[0], "list") == 0 ? list(&verb, &err) : act(&verb, &err);
    return verb_end(&verb.program, rc, &err);
}
