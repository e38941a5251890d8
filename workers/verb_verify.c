/*
 * tripli verify: reads the whole archive back and compares: digests, seals, journal chains,
 * catalogue against boxes both ways. Ends 0 when nothing differs, 65 when something does.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdio.h>
#include <sysexits.h>

#include "archive/batch_receipt.h"
#include "archive/day_seal.h"
#include "archive/find.h"
#include "archive/handover.h"
#include "archive/receipt.h"
#include "base/file.h"
#include "base/scope.h"
#include "workers/ask.h"
#include "workers/french.h"
#include "workers/verb.h"

struct verify_verb {
    struct program program;
    bool json;
    const char *receipt, *key;
};

static const struct argp_option options[] = {
    {"receipt", 'r', "FILE", 0, "check this receipt instead; needs no archive", 0},
    {"public-key", 'p', "FILE", 0, "with --receipt: the platform's public key (DATA/platform.pub)",
     0},
    {"json", 'j', NULL, 0, "the report as JSON", 0},
    {0},
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct verify_verb *verb = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &verb->program;
        return 0;
    case 'r':
        verb->receipt = arg;
        return 0;
    case 'p':
        verb->key = arg;
        return 0;
    case 'j':
        verb->json = true;
        return 0;
    case ARGP_KEY_END:
        if (verb->key && !verb->receipt)
            argp_error(state, "--public-key goes with --receipt");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static void say(void *to, const char *line)
{
    fprintf(to, "%s\n", line);
}

static void print_count(uint64_t count, const char *noun, const char *then)
{
    printf("%llu %s%s%s", (unsigned long long)count, noun, french_plural(count), then);
}

static void report(const struct verify_verb *verb, const struct verify_report *found)
{
    if (verb->json) {
        verb_print(json_pack(
            "{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "boxes", (json_int_t)found->boxes,
            "documents", (json_int_t)found->documents, "pages", (json_int_t)found->pages,
            "journal_records", (json_int_t)found->journal_records, "access_records",
            (json_int_t)found->access_records, "seals", (json_int_t)found->seals, "discrepancies",
            (json_int_t)found->discrepancies, "keys_missing", (json_int_t)found->keys_missing));
        return;
    }
    print_count(found->boxes, "boîte", ", ");
    print_count(found->documents, "document", ", ");
    print_count(found->pages, "face", ", ");
    print_count(found->journal_records, "enregistrement", " du journal, ");
    print_count(found->access_records, "consultation", ", ");
    print_count(found->seals, "scellé", " : ");
    print_count(found->discrepancies, "anomalie", "\n");
}

/* The receipt of an envelope is one JSON object with a version; that of a batch is none. */
static json_t *envelope_receipt(struct bytes file)
{
    json_t *json = json_loadb((const char *)file.at, file.len, JSON_REJECT_DUPLICATES, NULL);
    if (json && !json_object_get(json, "statement"))
        return json;
    json_decref(json);
    return NULL;
}

static int check_batch(const struct verify_verb *verb, struct bytes file, const struct digest *key,
                       struct err *err)
{
    struct batch_receipt facts;
    int rc = batch_receipt_check(file, key, &facts, err);
    if (rc < 0)
        return rc;
    if (verb->json)
        verb_print(batch_receipt_to_json(&facts));
    else
        printf("lot %s, caisse %s, reçu le %s : %u fichier%s, %u refusé%s, %u face%s, prouvé, "
               "signé le %s\n",
               facts.uuid, facts.tenant, facts.received, facts.files, french_plural(facts.files),
               facts.refused, french_plural(facts.refused), facts.pages, french_plural(facts.pages),
               facts.at);
    return 0;
}

/* The manifest of a hand-over; its lines have the digests of the files. */
static int check_handover(const struct verify_verb *verb, struct bytes file,
                          const struct digest *key, struct err *err)
{
    struct handover facts;
    struct bytes lines;
    int rc = handover_check(file, key, &facts, &lines, err);
    if (rc == 0 && verb->json)
        verb_print(handover_to_json(&facts));
    else if (rc == 0)
        printf("remise %u (%s), caisse %s : %u document%s, %u fichier%s, prouvé, signé le %s\n",
               facts.number, compartment_name(facts.compartment), facts.tenant, facts.documents,
               french_plural(facts.documents), facts.files, french_plural(facts.files), facts.at);
    return rc;
}

static void report_receipt(const struct verify_verb *verb, const struct receipt_facts *facts)
{
    if (verb->json)
        verb_print(json_pack("{s:s, s:s, s:I, s:I, s:s}", "envelope", facts->envelope, "tenant",
                             facts->tenant, "documents", (json_int_t)facts->documents, "pages",
                             (json_int_t)facts->pages, "sealed_at", facts->sealed_at));
    else
        printf("pli %s, caisse %s : %u document%s, %u face%s, prouvé, scellé le %s\n",
               facts->envelope, facts->tenant, facts->documents, french_plural(facts->documents),
               facts->pages, french_plural(facts->pages), facts->sealed_at);
}

static int check_envelope(const struct verify_verb *verb, const json_t *receipt,
                          const struct digest *key, struct err *err)
{
    struct receipt_facts facts;
    int rc = receipt_check(receipt, key, &facts, err);
    if (rc == 0)
        report_receipt(verb, &facts);
    return rc;
}

static int verify_receipt(const struct verify_verb *verb)
{
    char own[PLACE_SIZE + 16];
    struct digest key;
    struct err err = {0}, why = {0};
    SCOPED(buf_free) struct buf file = {0};
    snprintf(own, sizeof own, "%s/platform.pub", verb->program.place.data);
    int rc = day_seal_public_key(verb->key ? verb->key : own, &key, &err);
    if (rc == 0)
        rc = file_read(verb->receipt, RECEIPT_BYTES_MAX, &file, &err);
    if (rc < 0)
        return verb_end(&verb->program, rc, &err);
    json_t *envelope = envelope_receipt(buf_view(&file));
    rc = envelope ? check_envelope(verb, envelope, &key, &why)
                  : check_batch(verb, buf_view(&file), &key, &why);
    if (rc == ERR_FORMAT)
        rc = check_handover(verb, buf_view(&file), &key, &why);
    json_decref(envelope);
    if (rc < 0)
        err_set(&err, rc, "%.150s: %.240s", verb->receipt, why.text);
    return verb_end(&verb->program, rc, &err);
}

int verb_verify(int argc, char **argv)
{
    static const struct argp_child children[] = {{&program_argp, 0, NULL, 0}, {0}};
    static const struct argp argp = {options,
                                     parse,
                                     NULL,
                                     "Reads the archive back and names every discrepancy on "
                                     "stderr. Ends 0 when there is none, 65 otherwise; "
                                     "77 when a tenant's key is missing.",
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
    if (verb.receipt)
        return verify_receipt(&verb);
    int rc = ask_open_archive(&verb.program, &archive, &err);
    if (rc == 0)
        rc = verify_archive(archive, say, stderr, &found, &err);
    archive_free(&archive);
    if (rc < 0)
        return program_fail(&verb.program, &err);
    report(&verb, &found);
    if (found.discrepancies)
        return EX_DATAERR;
    return found.keys_missing ? EX_NOPERM : EX_OK;
}
