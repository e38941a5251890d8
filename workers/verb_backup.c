/*
 * tripli backup: copies the archive while the hub works, and puts a copy back. Keys of tenants are
 * not in it: KEYDIR is backed up apart.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdio.h>
#include <sysexits.h>
#include <unistd.h>

#include "archive/backup.h"
#include "archive/find.h"
#include "workers/ask.h"
#include "workers/french.h"
#include "workers/verb.h"

struct backup_verb {
    struct program program;
    bool json, restore;
    const char *folder;
};

static const struct argp_option options[] = {
    {"restore", 'R', NULL, 0, "put the backup back into an empty data folder, and verify", 0},
    {"json", 'j', NULL, 0, "the report as JSON", 0},
    {0},
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct backup_verb *verb = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &verb->program;
        return 0;
    case 'R':
        verb->restore = true;
        return 0;
    case 'j':
        verb->json = true;
        return 0;
    case ARGP_KEY_ARG:
        if (verb->folder)
            argp_error(state, "one folder, not '%s' too", arg);
        verb->folder = arg;
        return 0;
    case ARGP_KEY_END:
        if (!verb->folder)
            argp_error(state, "which folder?");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static int make(const struct backup_verb *verb, struct err *err)
{
    struct backup_report report;
    int rc = backup_make(verb->program.place.data, verb->folder, &report, err);
    if (rc < 0)
        return rc;
    const char *of_copied = french_plural(report.boxes_copied),
               *of_open = french_plural(report.boxes_open);
    if (verb->json)
        verb_print(json_pack("{s:I, s:I, s:I, s:I, s:I}", "boxes_copied",
                             (json_int_t)report.boxes_copied, "boxes_kept",
                             (json_int_t)report.boxes_kept, "boxes_open",
                             (json_int_t)report.boxes_open, "boxes_removed",
                             (json_int_t)report.boxes_removed, "days", (json_int_t)report.days));
    else
        printf("sauvegarde faite : %u boîte%s close%s copiée%s, %u déjà là, %u retirée%s, "
               "%u boîte%s ouverte%s, %u jour%s en cours\n",
               report.boxes_copied, of_copied, of_copied, of_copied, report.boxes_kept,
               report.boxes_removed, french_plural(report.boxes_removed), report.boxes_open,
               of_open, of_open, report.days, french_plural(report.days));
    return 0;
}

static void say(void *to, const char *line)
{
    fprintf(to, "%s\n", line);
}

/* A receipt in the partners' inbox that is newer than the backup would speak for pages that are not
 * there any more, and keep the partner from sending them again. */
static int refuse_old_receipts(const struct place *place, struct err *err)
{
    char path[PLACE_SIZE + 32];
    snprintf(path, sizeof path, "%s/partners/queue", place->data);
    return access(path, F_OK) != 0
               ? 0
               : err_set(err, ERR_CONFLICT,
                         "%s/partners: its receipts may be newer than the backup; move it away, "
                         "but for gateway.key",
                         place->data);
}

static int restore(const struct backup_verb *verb, struct err *err)
{
    struct verify_report report = {0};
    struct archive *archive = NULL;
    const struct place *place = &verb->program.place;
    int rc = refuse_old_receipts(place, err);
    if (rc == 0)
        rc = backup_restore(verb->folder, place->data, place->keys, err);
    if (rc == 0)
        rc = ask_settle(&verb->program, err);
    if (rc == 0)
        rc = ask_open_archive(&verb->program, &archive, err);
    if (rc == 0)
        rc = verify_archive(archive, say, stderr, &report, err);
    archive_free(&archive);
    if (rc < 0)
        return rc;
    if (verb->json)
        verb_print(json_pack("{s:I, s:I, s:I, s:I}", "documents", (json_int_t)report.documents,
                             "pages", (json_int_t)report.pages, "discrepancies",
                             (json_int_t)report.discrepancies, "keys_missing",
                             (json_int_t)report.keys_missing));
    else
        printf("remis en place : %llu document%s, %llu face%s\n",
               (unsigned long long)report.documents, french_plural(report.documents),
               (unsigned long long)report.pages, french_plural(report.pages));
    if (report.discrepancies)
        return err_set(err, ERR_INTEGRITY, "%s: %llu discrepancies, named above", verb->folder,
                       (unsigned long long)report.discrepancies);
    return report.keys_missing ? err_set(err, ERR_DENIED,
                                         "%s: put back, and %llu key files are missing, named "
                                         "above: what they open was not verified",
                                         verb->folder, (unsigned long long)report.keys_missing)
                               : 0;
}

int verb_backup(int argc, char **argv)
{
    static const struct argp_child children[] = {{&program_argp, 0, NULL, 0}, {0}};
    static const struct argp argp = {options,
                                     parse,
                                     "DIR",
                                     "Copies the archive into DIR while the hub works; again, only "
                                     "what is new. The key folder is backed up apart.",
                                     children,
                                     NULL,
                                     NULL};
    struct backup_verb verb = {0};
    struct err err = {0};
    int status = verb_start(&argp, argc, argv, &verb.program);
    if (status != 0)
        return status;
    int rc = verb.restore ? restore(&verb, &err) : make(&verb, &err);
    return verb_end(&verb.program, rc, &err);
}
