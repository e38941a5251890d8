/*
 * tripli: the one tool, a table of verbs.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "workers/verb.h"

/* As --help shows them: the first half on the left. */
static const struct {
    const char *name, *summary; /* 2 to 25 characters: two columns on a screen of 80 */
    int (*act)(int argc, char **argv);
} verbs[] = {
    {"run", "start everything, show it", verb_run},
    {"scan", "feed a batch", verb_scan},
    {"status", "is all well, what waits", verb_status},
    {"page", "read and sort image files", verb_page},
    {"batch", "list, show, close batches", verb_batch},
    {"code", "decide what is not clear", verb_code},
    {"quarantine", "pages that broke a reader", verb_quarantine},
    {"separators", "print separator sheets", verb_separators},
    {"learn", "make, refine form models", verb_learn},
    {"models", "list, retire form models", verb_models},
    {"keygen", "make a key pair", verb_keygen},
    {"submit", "send a batch, as a fund", verb_submit},
    {"find", "find documents", verb_find},
    {"show", "images and text", verb_show},
    {"read", "full text of a document", verb_read},
    {"why", "why it is kept, its life", verb_why},
    {"event", "when its period begins", verb_event},
    {"tag", "correct a document's tag", verb_tag},
    {"retention", "terms by today's rules", verb_retention},
    {"hold", "forbid destruction", verb_hold},
    {"slip", "eliminate, with a visa", verb_slip},
    {"export", "hand documents over", verb_export},
    {"verify", "read back and compare", verb_verify},
    {"seal", "sign the journals", verb_seal},
    {"receipt", "proof of an envelope", verb_receipt},
    {"backup", "make a copy, put it back", verb_backup},
};

enum {
    VERB_COUNT = sizeof verbs / sizeof *verbs,
    SHOWN_DIGITS = 15 /* of a double, as many as it holds for sure: 0.9, not 0.90000000000000002 */
};

static void print_verbs(FILE *to)
{
    const int lines = (VERB_COUNT + 1) / 2;
    fprintf(to, "Usage: tripli VERB [OPTION...]\n\n");
    for (int i = 0; i < lines; i++) {
        fprintf(to, "  %-10s  %-25s", verbs[i].name, verbs[i].summary);
        if (lines + i < VERB_COUNT)
            fprintf(to, "  %-10s  %s", verbs[lines + i].name, verbs[lines + i].summary);
        fprintf(to, "\n");
    }
    fprintf(to, "\ntripli VERB --help tells more.\n");
}

int verb_start(const struct argp *argp, int argc, char **argv, struct program *program)
{
    struct err err = {0};
    program->name = "tripli";
    if (argp_parse(argp, argc, argv, 0, NULL, program) != 0)
        return EX_USAGE;
    return program_start(program, &err) < 0 ? program_fail(program, &err) : 0;
}

void verb_print(json_t *json)
{
    char *text = json ? json_dumps(json, JSON_COMPACT | JSON_REAL_PRECISION(SHOWN_DIGITS)) : NULL;
    if (text)
        printf("%s\n", text);
    free(text);
    json_decref(json);
}

int verb_end(const struct program *program, int rc, const struct err *err)
{
    return rc < 0 ? program_fail(program, err) : EX_OK;
}

int main(int argc, char **argv)
{
    argp_err_exit_status = EX_USAGE;
    setenv("ARGP_HELP_FMT", "no-dup-args-note", 0); /* so that every help fits a screen */
    for (int i = 0; argc > 1 && i < VERB_COUNT; i++) {
        static char name[40];
        if (strcmp(argv[1], verbs[i].name) != 0)
            continue;
        snprintf(name, sizeof name, "tripli %s", verbs[i].name);
        argv[1] = name;
        return verbs[i].act(argc - 1, argv + 1);
    }
    if (argc > 1 && strcmp(argv[1], "--version") == 0) {
        printf("tripli " TRIPLI_VERSION "\n");
        return EX_OK;
    }
    bool help = argc > 1 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0);
    if (argc > 1 && !help)
        fprintf(stderr, "tripli: no verb '%s'\n", argv[1]);
    print_verbs(help ? stdout : stderr);
    return help ? EX_OK : EX_USAGE;
}
