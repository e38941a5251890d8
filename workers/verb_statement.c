/*
 * tripli statement: the account of a tenant's month, from its journal alone.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdio.h>
#include <string.h>

#include "archive/account.h"
#include "archive/tenants.h"
#include "base/clock.h"
#include "workers/ask.h"
#include "workers/statement_pdf.h"
#include "workers/statement_rows.h"
#include "workers/verb.h"

struct statement_verb {
    struct program program;
    bool json, csv;
    const char *tenant, *month, *pdf;
};

static const struct argp_option options[] = {
    {"tenant", 't', "CODE", 0, "whose, three digits", 0},
    {"month", 'm', "YYYY-MM", 0, "of batches whose feeding ended in it (UTC)", 0},
    {"csv", 'c', NULL, 0, "as CSV", 0},
    {"pdf", 'p', "FILE", 0, "as PDF, with a chart", 0},
    {"json", 'j', NULL, 0, "as one JSON object", 0},
    {0},
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct statement_verb *verb = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &verb->program;
        return 0;
    case 't':
        verb->tenant = arg;
        return 0;
    case 'm':
        verb->month = arg;
        if (!account_month_is_valid(arg))
            argp_error(state, "--month: a month is wanted, as 2026-11");
        return 0;
    case 'c':
        verb->csv = true;
        return 0;
    case 'p':
        verb->pdf = arg;
        return 0;
    case 'j':
        verb->json = true;
        return 0;
    case ARGP_KEY_END:
        if (!verb->tenant || !verb->month)
            argp_error(state, "--tenant and --month are wanted");
        if (verb->json && verb->csv)
            argp_error(state, "--json or --csv, not both");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/* ---- ways to show it ---- */

static void print_plain(const struct account *of, int64_t now_ms)
{
    struct statement_row rows[STATEMENT_ROWS_MAX];
    char lines[STATEMENT_EQUATIONS][STATEMENT_EQUATION_SIZE], month[STATEMENT_VALUE_SIZE];
    const int count = statement_rows(of, now_ms, rows);
    printf("Relevé de la caisse %s, %s (journal : %llu enregistrements)\n\n", of->tenant,
           statement_month(of->month, month), (unsigned long long)of->records);
    for (int i = 0; i < count; i++) {
        char value[STATEMENT_VALUE_SIZE];
        printf("%*s%s : %s\n", 2 * rows[i].depth, "", rows[i].title,
               statement_value(&rows[i], value));
    }
    statement_equations(of, lines);
    printf("\nÉgalités vérifiées :\n");
    for (int i = 0; i < STATEMENT_EQUATIONS; i++)
        printf("  %s\n", lines[i]);
}

/* Times in seconds; none: empty. */
static void print_csv(const struct account *of, int64_t now_ms)
{
    struct statement_row rows[STATEMENT_ROWS_MAX];
    const int count = statement_rows(of, now_ms, rows);
    printf("\"Caisse\";\"Mois\";\"Rubrique\";\"Valeur\"\r\n");
    for (int i = 0; i < count; i++) {
        printf("\"%s\";\"%s\";\"%s%s\";", of->tenant, of->month, rows[i].title,
               rows[i].is_time ? " (s)" : "");
        if (rows[i].value >= 0)
            printf("%lld", (long long)rows[i].value / (rows[i].is_time ? 1000 : 1));
        printf("\r\n");
    }
}

static json_t *time_or_null(int64_t ms)
{
    return ms < 0 ? json_null() : json_integer(ms);
}

static void set_count(json_t *json, const char *name, uint64_t count)
{
    json_object_set_new(json, name, json_integer((json_int_t)count));
}

static json_t *reasons_of(const struct account *of)
{
    json_t *reasons = json_object();
    for (int i = 0; i < of->reason_count; i++)
        if (of->reasons[i].count)
            set_count(reasons, of->reasons[i].name, of->reasons[i].count);
    return reasons;
}

static json_t *days_of(const struct account *of)
{
    json_t *days = json_array();
    for (int i = 0; i < ACCOUNT_DAYS; i++)
        if (of->days[i].received)
            json_array_append_new(days, json_pack("{s:i, s:I, s:I}", "day", i + 1, "received",
                                                  (json_int_t)of->days[i].received, "archived",
                                                  (json_int_t)of->days[i].archived));
    return days;
}

static void print_json(const struct account *of)
{
    const struct {
        const char *name;
        uint64_t count;
    } counts[] = {{"records", of->records},     {"batches", of->batches},
                  {"received", of->received},   {"archived", of->archived},
                  {"under_way", of->under_way}, {"by_machine", of->by_machine},
                  {"by_people", of->by_people}, {"quarantined", of->quarantined},
                  {"refused", of->refused},     {"unnamed", of->unnamed},
                  {"documents", of->documents}, {"handed_over", of->handed_over},
                  {"kept", of->kept},           {"corrected", of->corrected}};
    json_t *json = json_pack("{s:s, s:s}", "tenant", of->tenant, "month", of->month);
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
        set_count(json, counts[i].name, counts[i].count);
    json_object_set_new(json, "reasons", reasons_of(of));
    json_object_set_new(json, "oldest_ms", time_or_null(of->oldest_ms ? of->oldest_ms : -1));
    json_object_set_new(json, "p50_ms", time_or_null(of->p50_ms));
    json_object_set_new(json, "p95_ms", time_or_null(of->p95_ms));
    json_object_set_new(json, "max_ms", time_or_null(of->max_ms));
    json_object_set_new(json, "days", days_of(of));
    verb_print(json);
}

static int write_pdf(const struct statement_verb *verb, const struct account *of, int64_t now_ms,
                     struct err *err)
{
    char path[PLACE_SIZE + 16];
    struct tenants *tenants = NULL;
    snprintf(path, sizeof path, "%s/tenants.conf", verb->program.place.config);
    int rc = tenants_load(path, &tenants, err);
    const struct statement_paper paper = {of, rc == 0 ? tenants_find(tenants, of->tenant) : NULL,
                                          now_ms};
    if (rc == 0)
        rc = statement_pdf_write(&paper, verb->pdf, err);
    tenants_free(&tenants);
    return rc;
}

static int show(const struct statement_verb *verb, const struct account *of, struct err *err)
{
    const int64_t now_ms = clock_wall_ms();
    int rc = verb->pdf ? write_pdf(verb, of, now_ms, err) : 0;
    if (rc < 0)
        return rc;
    if (verb->json)
        print_json(of);
    else if (verb->csv)
        print_csv(of, now_ms);
    else if (!verb->pdf)
        print_plain(of, now_ms);
    return 0;
}

int verb_statement(int argc, char **argv)
{
    static const struct argp_child children[] = {{&program_argp, 0, NULL, 0}, {0}};
    static const struct argp argp = {
        options,  parse, NULL, "The account of a tenant's month, from its journal alone.",
        children, NULL,  NULL};
    struct statement_verb verb = {.tenant = NULL};
    struct account account;
    struct archive *archive = NULL;
    struct err err = {0};
    int status = verb_start(&argp, argc, argv, &verb.program);
    if (status != 0)
        return status;
    int rc = ask_open_archive(&verb.program, &archive, &err);
    if (rc == 0)
        rc = account_read(archive, verb.tenant, verb.month, &account, &err);
    archive_free(&archive);
    if (rc == 0)
        rc = show(&verb, &account, &err);
    return verb_end(&verb.program, rc, &err);
}
