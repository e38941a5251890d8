/*
 * tripli verify: reads the whole archive back and compares: digests, seals, journal chains,
 * catalogue against boxes both ways. Ends 0 when nothing differs, 65 when something does.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdio.h>
#include <sysexits.h>

#include "archive/find.h"
#include "workers/ask.h"
#include "workers/verb.h"

struct verify_verb {
    struct program program;
    bool json;
};

static const struct argp_option options[] = {
    {"json", 'j', NULL, 0, "the report as JSON", 0},
    {0},
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct verify_verb *verb = state->input;
    (void)arg;
    if (key == ARGP_KEY_INIT) {
        state->child_inputs[0] = &verb->program;
        return 0;
    }
    if (key != 'j')
        return ARGP_ERR_UNKNOWN;
    verb->json = true;
    return 0;
}

static void say(void *to, const char *line)
{
    fprintf(to, "%s\n", line);
}

static void report(const struct verify_verb *verb, const struct verify_report *found)
{
    if (verb->json) {
        verb_print(json_pack(
            "{s:I, s:I, s:I, s:I, s:I}", "boxes", (json_int_t)found->boxes, "documents",
            (json_int_t)found->documents, "pages", (json_int_t)found->pages, "journal_records",
            (json_int_t)found->journal_records, "discrepancies", (json_int_t)found->discrepancies));
        return;
    }
    printf("%llu boxes, %llu documents, %llu pages, %llu journal records: %llu discrepancies\n",
           (unsigned long long)found->boxes, (unsigned long long)found->documents,
           (unsigned long long)found->pages, (unsigned long long)found->journal_records,
           (unsigned long long)found->discrepancies);
}

int verb_verify(int argc, char **argv)
{
    static const struct argp_child children[] = {{&program_argp, 0, NULL, 0}, {0}};
    static const struct argp argp = {options,
                                     parse,
                                     NULL,
                                     "Reads the archive back and names every discrepancy on "
                                     "stderr. Ends 0 when there is none, 65 otherwise.",
                                     children,
                                     NULL,
                                     NULL};
    struct verify_verb verb = {0};
    struct verify_report found = {0};
    struct archive *archive = NULL;
    struct err err = {0};
    int status = verb_start(&argp, argc, argv, &verb.program);
    if (status != 0)
        return status;
    int rc = ask_open_archive(&verb.program, &archive, &err);
    if (rc == 0)
        rc = verify_archive(archive, say, stderr, &found, &err);
    archive_free(&archive);
    if (rc < 0)
        return program_fail(&verb.program, &err);
    report(&verb, &found);
    return found.discrepancies ? EX_DATAERR : EX_OK;
}
