/*
 * tripli: the one tool, a table of verbs.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "workers/verb.h"

enum {
    ANYBODY = 32, /* no data of the archive: files and their rights decide */
    LOOK = ROLE_OPERATOR | ROLE_MEDICAL | ROLE_ARCHIVIST,
    PROVE = ROLE_ARCHIVIST | ROLE_AUDITOR
};

/* As --help shows them: the first half on the left. */
static const struct verb {
    const char *name, *summary; /* 2 to 25 characters: two columns on a screen of 80 */
    unsigned roles;             /* any of which gives the right to ask */
    int (*act)(int argc, char **argv);
} verbs[] = {
    {"run", "start everything, show it", ROLES_NONE, verb_run},
    {"scan", "feed a batch", ROLE_OPERATOR, verb_scan},
    {"status", "is all well, what waits", ROLES_ANY, verb_status},
    {"page", "read and sort image files", ANYBODY, verb_page},
    {"batch", "list, show, close batches", ROLE_OPERATOR, verb_batch},
    {"code", "decide what is not clear", ROLE_OPERATOR, verb_code},
    {"quarantine", "pages that broke a reader", ROLE_OPERATOR, verb_quarantine},
    {"separators", "print separator sheets", ANYBODY, verb_separators},
    {"learn", "make, refine form models", ANYBODY, verb_learn},
    {"models", "list, retire form models", ANYBODY, verb_models},
    {"keygen", "make a key pair", ANYBODY, verb_keygen},
    {"submit", "send a batch, as a fund", ANYBODY, verb_submit},
    {"fetch", "what was filed, as a fund", ANYBODY, verb_fetch},
    {"find", "find documents", ROLES_ANY, verb_find},
    {"show", "images and text", LOOK, verb_show},
    {"read", "full text of a document", LOOK, verb_read},
    {"why", "why it is kept, its life", ROLES_ANY, verb_why},
    {"access", "who looked at what", ROLE_AUDITOR, verb_access},
    {"event", "when its period begins", ROLE_ARCHIVIST, verb_event},
    {"tag", "correct a document's tag", ROLE_ARCHIVIST, verb_tag},
    {"retention", "terms by today's rules", ROLE_ARCHIVIST, verb_retention},
    {"hold", "forbid destruction", ROLE_ARCHIVIST, verb_hold},
    {"slip", "eliminate, with a visa", ROLE_ARCHIVIST, verb_slip},
    {"export", "hand documents over", ROLE_ARCHIVIST, verb_export},
    {"verify", "read back and compare", PROVE, verb_verify},
    {"seal", "sign the journals", ROLE_ARCHIVIST, verb_seal},
    {"receipt", "proof of an envelope", PROVE, verb_receipt},
    {"statement", "account of a month", PROVE, verb_statement},
    {"rekey", "change tenant keys", ROLES_NONE, verb_rekey},
    {"tenant", "list, merge caisses", ROLES_NONE, verb_tenant},
    {"backup", "make a copy, put it back", ROLE_ARCHIVIST, verb_backup},
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

static const struct verb *chosen;

static int check_caller(struct program *program, struct err *err)
{
    if (chosen->roles & ANYBODY)
        return 0;
    int rc = caller_find(&program->place, &program->caller, err);
    return rc < 0 ? rc : caller_may(&program->caller, chosen->roles, chosen->name, err);
}

int verb_start(const struct argp *argp, int argc, char **argv, struct program *program)
{
    struct err err = {0};
    program->name = "tripli";
    program->verb = chosen->name;
    if (argp_parse(argp, argc, argv, 0, NULL, program) != 0)
        return EX_USAGE;
    int rc = program_start(program, &err);
    if (rc == 0)
        rc = check_caller(program, &err);
    return rc < 0 ? program_fail(program, &err) : 0;
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
        chosen = &verbs[i];
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
