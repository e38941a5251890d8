/*
 * tripli status: whether all is well, what waits and why, on one screen. Ends 0 when all is well, 1
 * when people have work to do (pages to code, quarantine), 2 when something stands still.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "partners/inbox_queue.h"
#include "workers/ask.h"
#include "workers/counts_json.h"
#include "workers/french.h"
#include "workers/prometheus.h"
#include "workers/verb.h"

enum {
    PATIENCE_MS = 1500,
    WELL = 0,
    WORK_WAITS = 1,
    STANDS_STILL = 2,
    TENANTS_SHOWN = 8, /* one screen */
    BATCHES_SHOWN = 4,
    BAD_SCANS_SHOWN = 4,
    SILENT_MS = 600000 /* clearing a jam or fetching the next box takes less */
};

struct status_verb {
    struct program program;
    bool json, prometheus;
    unsigned batch;
};

static const struct argp_option options[] = {
    {"json", 'j', NULL, 0, "as JSON", 0},
    {"prometheus", 'p', NULL, 0, "as text for Prometheus", 0},
    {"batch", 'b', "N", 0, "of one batch only", 0},
    {0},
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct status_verb *verb = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &verb->program;
        return 0;
    case 'j':
        verb->json = true;
        return 0;
    case 'p':
        verb->prometheus = true;
        return 0;
    case 'b':
        if (sscanf(arg, "%u", &verb->batch) != 1 || verb->batch == 0)
            argp_error(state, "--batch: a batch number is wanted");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/* From the hub when one runs, otherwise from the data folder. */
static int read_status(struct status_verb *verb, json_t **ret_status, struct err *err)
{
    struct asker *asker = NULL;
    struct archive *archive = NULL;
    struct archive_counts counts;
    int rc = asker_open(&verb->program, PATIENCE_MS, &asker, err);
    if (rc == 0 && asker) {
        json_t *details = json_pack("{s:i}", "batch", (int)verb->batch);
        rc = asker_ask(asker, "status", details, ret_status, err);
        json_decref(details);
        asker_free(&asker);
        return rc;
    }
    if (rc == 0)
        rc = ask_open_archive(&verb->program, &archive, err);
    if (rc == 0)
        rc = archive_count(archive, (struct batch_id){verb->batch}, &counts, err);
    if (rc == 0) {
        *ret_status = counts_to_json(&counts);
        rc = standings_to_json(archive, 0, *ret_status, err);
    }
    archive_free(&archive);
    return rc;
}

/* What partners have sent and the hub does not know of yet. */
static int add_inbox(const struct place *place, json_t *status, struct err *err)
{
    char root[PLACE_SIZE + 16];
    struct inbox_waiting waiting;
    snprintf(root, sizeof root, "%s/partners", place->data);
    int rc = inbox_look(root, &waiting, err);
    json_object_set_new(status, "inbox_batches", json_integer(waiting.batches));
    json_object_set_new(status, "inbox_oldest_ms", json_integer(waiting.oldest_ms));
    return rc;
}

static long long number(const json_t *status, const char *name)
{
    return (long long)json_integer_value(json_object_get(status, name));
}

/* Without a hub, or with a hub without workers. */
static bool nobody_reads(const json_t *status)
{
    return number(status, "unread") > 0 && json_array_size(json_object_get(status, "lanes")) == 0;
}

static bool is_silent(const json_t *batch)
{
    return clock_wall_ms() - number(batch, "fed_ms") > SILENT_MS;
}

/* Batches that were begun and that nobody feeds any more; the list begins with the longest. */
static size_t count_silent(const json_t *status)
{
    const json_t *feeding = json_object_get(status, "feeding");
    size_t count = 0;
    while (count < json_array_size(feeding) && is_silent(json_array_get(feeding, count)))
        count++;
    return count;
}

static int judge(const json_t *status)
{
    const char *trouble = json_string_value(json_object_get(status, "trouble"));
    if ((trouble && trouble[0]) || nobody_reads(status))
        return STANDS_STILL;
    bool work =
        number(status, "to_code") + number(status, "quarantined") > 0 || count_silent(status) > 0;
    return work ? WORK_WAITS : WELL;
}

static void print_lanes(const json_t *lanes)
{
    size_t i;
    json_t *lane;
    printf("hub          %s\n", lanes ? "tourne" : "ne tourne pas");
    if (lanes && json_array_size(lanes) == 0)
        printf("postes       aucun\n");
    json_array_foreach(lanes, i, lane)
    {
        printf("poste        %s : %lld pages lues, %lld en main\n",
               json_string_value(json_object_get(lane, "worker")), number(lane, "pages"),
               number(lane, "held"));
    }
}

/* "lu vers 14:32", on another day with its date. */
static const char *say_end(const json_t *tenant, char *ret_text, size_t size)
{
    const json_t *read = json_object_get(tenant, "read_ms");
    const time_t now = clock_wall_ms() / 1000, at = (time_t)(json_integer_value(read) / 1000);
    struct tm today, then;
    localtime_r(&now, &today);
    localtime_r(&at, &then);
    const bool same_day = today.tm_yday == then.tm_yday && today.tm_year == then.tm_year;
    if (number(tenant, "unread") == 0)
        snprintf(ret_text, size, "tout est lu");
    else if (!json_is_integer(read))
        snprintf(ret_text, size, "fin de lecture inconnue");
    else
        strftime(ret_text, size, same_day ? "lu vers %H:%M" : "lu vers le %d/%m à %H:%M", &then);
    return ret_text;
}

/* The tenants whose mail waits longest. */
static void print_tenants(const json_t *tenants)
{
    size_t i, all = json_array_size(tenants);
    json_t *row;
    char end[64];
    json_array_foreach(tenants, i, row)
    {
        if (i == TENANTS_SHOWN)
            break;
        printf("caisse %s   pli %s non classé depuis %lld s : %lld à lire, %lld à coder, %lld en "
               "quarantaine, %lld en attente ; %s\n",
               json_string_value(json_object_get(row, "tenant")),
               json_string_value(json_object_get(row, "oldest_envelope")),
               (clock_wall_ms() - number(row, "oldest_ms")) / 1000, number(row, "unread"),
               number(row, "to_code"), number(row, "quarantined"), number(row, "waiting"),
               say_end(row, end, sizeof end));
    }
    if (all > TENANTS_SHOWN)
        printf("             et %zu autres caisses\n", all - TENANTS_SHOWN);
}

static void print_rewriting(const json_t *rewriting)
{
    if (rewriting)
        printf(
            "catalogue    réécriture après une destruction, %lld lignes sur %lld ; le classement "
            "attend\n",
            number(rewriting, "copied"), number(rewriting, "rows"));
}

static void print_silent(const json_t *status)
{
    size_t count = count_silent(status);
    for (size_t i = 0; i < count && i < BATCHES_SHOWN; i++) {
        const json_t *batch = json_array_get(json_object_get(status, "feeding"), i);
        const char *source = json_string_value(json_object_get(batch, "source"));
        printf("à faire      lot %lld (caisse %s) ouvert, rien reçu depuis %lld min : ",
               number(batch, "batch"), json_string_value(json_object_get(batch, "tenant")),
               (clock_wall_ms() - number(batch, "fed_ms")) / 60000);
        if (source && strcmp(source, "partner") == 0)
            printf("démarrer tripli-import\n");
        else
            printf("tripli scan --resume %s\n", json_string_value(json_object_get(batch, "uuid")));
    }
    if (count > BATCHES_SHOWN)
        printf("             et %zu autres lots ouverts\n", count - BATCHES_SHOWN);
}

/* Sheets to scan again, while somebody still has them. */
static void print_bad_scans(const json_t *scans)
{
    size_t i;
    json_t *scan;
    char text[BAD_SCAN_TEXT];
    json_array_foreach(scans, i, scan)
    {
        if (i == BAD_SCANS_SHOWN)
            break;
        printf("à revoir     %s\n", french_bad_scan(scan, text));
    }
    if (json_array_size(scans) > BAD_SCANS_SHOWN)
        printf("             et %zu autres faces mal numérisées\n",
               json_array_size(scans) - BAD_SCANS_SHOWN);
}

static void print_plain(const json_t *status, int verdict)
{
    static const char *const words[] = {"tout va bien", "du travail attend une personne",
                                        "quelque chose est arrêté"};
    const char *trouble = json_string_value(json_object_get(status, "trouble"));
    long long oldest = number(status, "oldest_unread_ms");
    printf("%s\n\n", words[verdict]);
    if (trouble && trouble[0])
        printf("arrêt        %s\n", trouble);
    print_lanes(json_object_get(status, "lanes"));
    printf("faces        %lld reçues = %lld classées + %lld blanches + %lld séparateurs + %lld à "
           "coder\n             + %lld en quarantaine + %lld en attente + %lld à lire\n",
           number(status, "pages_accepted"), number(status, "filed"), number(status, "blank"),
           number(status, "separators"), number(status, "to_code"), number(status, "quarantined"),
           number(status, "waiting"), number(status, "unread"));
    printf("plis         %lld, dont %lld classés en %lld documents\n", number(status, "envelopes"),
           number(status, "envelopes_filed"), number(status, "documents"));
    if (oldest > 0)
        printf("plus ancien  à lire depuis %lld s\n", (clock_wall_ms() - oldest) / 1000);
    if (number(status, "inbox_batches") > 0)
        printf(
            "partenaires  lots envoyés que tripli-import n'a pas encore tous remis : %lld, le plus "
            "ancien depuis %lld s\n",
            number(status, "inbox_batches"),
            (clock_wall_ms() - number(status, "inbox_oldest_ms")) / 1000);
    print_rewriting(json_object_get(status, "rewriting"));
    print_tenants(json_object_get(status, "tenants"));
    if (nobody_reads(status))
        printf(
            "à faire      démarrer un poste : tripli run, ou tripli-worker (%lld faces à lire)\n",
            number(status, "unread"));
    if (number(status, "to_code") > 0)
        printf("à faire      tripli code (%lld faces)\n", number(status, "to_code"));
    if (number(status, "quarantined") > 0)
        printf("à faire      tripli quarantine list (%lld faces)\n", number(status, "quarantined"));
    print_silent(status);
    print_bad_scans(json_object_get(status, "bad_scans"));
}

int verb_status(int argc, char **argv)
{
    static const struct argp_child children[] = {{&program_argp, 0, NULL, 0}, {0}};
    static const struct argp argp = {
        options,
        parse,
        NULL,
        "Tells whether all is well. Ends 0: well; 1: pages wait for a person; 2: it stands still.",
        children,
        NULL,
        NULL};
    struct status_verb verb = {0};
    struct err err = {0};
    json_t *status = NULL;
    int failed = verb_start(&argp, argc, argv, &verb.program);
    if (failed != 0)
        return failed;
    if (read_status(&verb, &status, &err) < 0 || add_inbox(&verb.program.place, status, &err) < 0) {
        json_decref(status);
        return program_fail(&verb.program, &err);
    }
    int verdict = judge(status);
    if (verb.prometheus)
        prometheus_write(stdout, status, verdict, clock_wall_ms());
    else if (!verb.json)
        print_plain(status, verdict);
    else
        verb_print(json_incref(status));
    json_decref(status);
    return verdict;
}
