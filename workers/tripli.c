/*
 * tripli: the one tool, a table of verbs.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "workers/verb.h"

static const struct {
    const char *name, *summary;
    int (*act)(int argc, char **argv);
} verbs[] = {
    {"run", "start everything on this machine, feed a batch, show it live", verb_run},
    {"scan", "feed a batch from a scanner or a folder", verb_scan},
    {"status", "is all well, what waits and why", verb_status},
    {"page", "read and sort image files, without any daemon", verb_page},
    {"batch", "list, show and close batches", verb_batch},
    {"code", "decide what the machine could not (vidéocodage)", verb_code},
    {"quarantine", "list, release and tag pages that broke their reader", verb_quarantine},
    {"find", "find documents", verb_find},
    {"show", "images and text of a document", verb_show},
    {"read", "full text of a document, read now if need be", verb_read},
    {"hold", "forbid destruction for a named reason; the hold report", verb_hold},
    {"slip", "elimination: candidates, slip, visa, destruction", verb_slip},
    {"verify", "read everything back and compare", verb_verify},
    {"seal", "sign what the journals hold", verb_seal},
    {"receipt", "proof that an envelope was filed", verb_receipt},
    {"backup", "copy the archive while it works; put a copy back", verb_backup},
    {"learn", "make or refine a form model", verb_learn},
    {"models", "list, explain, retire and roll back form models", verb_models},
    {"separators", "print separator sheets", verb_separators},
    {"keygen", "make a key pair for a worker, a hub or a partner", verb_keygen},
    {"submit", "send a batch to the platform, as a partner fund", verb_submit},
};

enum {
    VERB_COUNT = sizeof verbs / sizeof *verbs,
    SHOWN_DIGITS = 15 /* of a double, as many as it holds for sure: 0.9, not 0.90000000000000002 */
};

static void print_verbs(FILE *to)
{
    fprintf(to, "Usage: tripli VERB [OPTION...]\n");
    for (int i = 0; i < VERB_COUNT; i++)
        fprintf(to, "  %-11s %s\n", verbs[i].name, verbs[i].summary);
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
