/*
 * tripli slip: candidates, drawing, visa and destruction of elimination slips, and their papers.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "archive/purge.h"
#include "archive/slip.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/scope.h"
#include "workers/ask.h"
#include "workers/french.h"
#include "workers/slip_seda.h"
#include "workers/verb.h"

enum {
    WORDS_MAX = 3,
    REWRITE_LOOK_MS = 200,
    REWRITE_WAIT_MS = 1800000 /* 10 million documents take a few minutes */
};

struct slip_verb {
    struct program program;
    bool json, granted, refused;
    const char *words[WORDS_MAX];
    int count;
    unsigned slip, line;
    const char *tenant, *quarter, *number;
};

static const struct argp_option options[] = {
    {"tenant", 't', "CODE", 0, "of this tenant; wanted by draw", 0},
    {"quarter", 'q', "YYYY-QN", 0, "boxes that expire in this quarter (all)", 0},
    {"granted", 'g', NULL, 0, "the visa is granted", 0},
    {"refused", 'r', NULL, 0, "the visa is refused", 0},
    {"number", 'n', "TEXT", 0, "number of the visa, or of the shredding's record", 0},
    {"line", 'l', "N", 0, "of this line only (all that are not decided)", 0},
    {"json", 'j', NULL, 0, "as JSON", 0},
    {0},
};

/* ---- the command line ---- */

static const struct {
    const char *word;
    int words;
} acts[] = {{"candidates", 1}, {"draw", 1}, {"list", 1},    {"show", 2},     {"revise", 2},
            {"submit", 2},     {"visa", 2}, {"destroy", 2}, {"shredded", 2}, {"export", 3}};

static bool is(const struct slip_verb *verb, const char *word)
{
    return strcmp(verb->words[0], word) == 0;
}

static int quarter_of(const char *text, unsigned *ret_year, unsigned *ret_quarter)
{
    char rest;
    return sscanf(text, "%4u-Q%1u%c", ret_year, ret_quarter, &rest) == 2 && *ret_year >= 1900 &&
                   *ret_year <= 2200 && *ret_quarter >= 1 && *ret_quarter <= 4
               ? 0
               : -1;
}

static void check_words(struct slip_verb *verb, struct argp_state *state)
{
    unsigned year, quarter;
    bool known = false;
    for (size_t i = 0; verb->count && i < sizeof acts / sizeof *acts; i++)
        known |= is(verb, acts[i].word) && acts[i].words == verb->count;
    if (!known)
        argp_error(state, "candidates, draw, list, show N, export N DIR, revise N, submit N, "
                          "visa N, destroy N or shredded N is wanted");
    else if (verb->count > 1 && (sscanf(verb->words[1], "%u", &verb->slip) != 1 || !verb->slip))
        argp_error(state, "'%s' is not the number of a slip", verb->words[1]);
    else if (is(verb, "draw") && !verb->tenant)
        argp_error(state, "draw: --tenant is wanted");
    else if (is(verb, "visa") && (verb->granted == verb->refused || !verb->number))
        argp_error(state, "visa: --granted or --refused, and --number, are wanted");
    else if (is(verb, "shredded") && !verb->number)
        argp_error(state, "shredded: --number, of the shredding's record, is wanted");
    else if (verb->quarter && quarter_of(verb->quarter, &year, &quarter) < 0)
        argp_error(state, "'%s' is not a quarter (as 2026-Q4)", verb->quarter);
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct slip_verb *verb = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &verb->program;
        return 0;
    case 't':
        verb->tenant = arg;
        return 0;
    case 'q':
        verb->quarter = arg;
        return 0;
    case 'g':
        verb->granted = true;
        return 0;
    case 'r':
        verb->refused = true;
        return 0;
    case 'n':
        verb->number = arg;
        return 0;
    case 'l':
        if (sscanf(arg, "%u", &verb->line) != 1 || verb->line == 0)
            argp_error(state, "'%s' is not the number of a line", arg);
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

/* ---- candidates ---- */

static void bounds_of(const struct slip_verb *verb, struct slip_query *ret_query)
{
    unsigned year, quarter;
    *ret_query = (struct slip_query){.tenant = verb->tenant};
    if (!verb->quarter || quarter_of(verb->quarter, &year, &quarter) < 0)
        return;
    ret_query->first = (struct day){(int16_t)year, (int8_t)(3 * quarter - 2), 1};
    ret_query->last = day_add_months(ret_query->first, 2);
}

static void print_paper_candidate(const struct slip_candidate *candidate)
{
    const uint32_t sheets = candidate->line.extent.sheets;
    printf("papier du lot %-5u caisse %s  carton %s, %u feuille%s%s%s\n", candidate->batch,
           candidate->tenant, candidate->carton, sheets, french_plural(sheets),
           candidate->why[0] ? ", reste : " : "", candidate->why);
}

static int print_candidate(void *to, const struct slip_candidate *candidate)
{
    const struct slip_verb *verb = to;
    const struct slip_extent *extent = &candidate->line.extent;
    char oldest[DAY_TEXT_SIZE], newest[DAY_TEXT_SIZE];
    day_format(extent->oldest, oldest);
    day_format(extent->newest, newest);
    if (verb->json)
        verb_print(json_pack(
            "{s:I, s:I, s:s, s:I, s:s, s:s, s:s, s:s, s:I, s:I, s:I, s:I, s:s, "
            "s:s, s:s}",
            "box", (json_int_t)candidate->box, "batch", (json_int_t)candidate->batch, "carton",
            candidate->carton, "sheets", (json_int_t)extent->sheets, "tenant", candidate->tenant,
            "compartment", compartment_name(candidate->line.compartment), "class",
            candidate->line.class_name, "rule", candidate->line.rule, "documents",
            (json_int_t)extent->documents, "pages", (json_int_t)extent->pages, "bytes",
            (json_int_t)extent->bytes, "held", (json_int_t)candidate->held, "oldest", oldest,
            "newest", newest, "kept_by", candidate->why));
    else if (candidate->batch)
        print_paper_candidate(candidate);
    else if (candidate->why[0] && !candidate->stays)
        printf("boîte %-5u caisse %s  %-12s %u document%s, %u gelé%s à déplacer : %s\n",
               candidate->box, candidate->tenant, candidate->line.class_name, extent->documents,
               french_plural(extent->documents), candidate->held, french_plural(candidate->held),
               candidate->why);
    else if (candidate->why[0])
        printf("boîte %-5u caisse %s  %-12s reste : %s\n", candidate->box, candidate->tenant,
               candidate->line.class_name, candidate->why);
    else
        printf("boîte %-5u caisse %s  %-12s %u document%s, %u face%s, %s à %s\n", candidate->box,
               candidate->tenant, candidate->line.class_name, extent->documents,
               french_plural(extent->documents), extent->pages, french_plural(extent->pages),
               oldest, newest);
    return 0;
}

static int candidates(struct slip_verb *verb, struct archive *archive, struct err *err)
{
    struct slip_query query;
    bounds_of(verb, &query);
    return slip_candidates(archive, &query, print_candidate, verb, err);
}

/* ---- showing ---- */

static json_t *papers_json(const struct slip_line_papers *papers)
{
    json_t *list = json_array();
    for (size_t i = 0; i < papers->count; i++)
        json_array_append_new(
            list, json_pack("{s:I, s:s, s:s}", "batch", (json_int_t)papers->at[i].batch.n, "carton",
                            papers->at[i].row.carton, "place", papers->at[i].row.place));
    return list;
}

static json_t *line_json(const struct slip_paper *paper, uint32_t number)
{
    const struct slip_line_row *line = &paper->lines[number - 1];
    char oldest[DAY_TEXT_SIZE], newest[DAY_TEXT_SIZE];
    return json_pack("{s:I, s:s, s:s, s:s, s:s, s:s, s:I, s:I, s:I, s:I, s:s, s:s, s:s, s:I, s:I, "
                     "s:s, s:o}",
                     "line", (json_int_t)number, "state", slip_state_name(line->state),
                     "compartment", compartment_name(line->compartment), "class", line->class_name,
                     "rule", line->rule, "law", line->law, "boxes", (json_int_t)line->extent.boxes,
                     "documents", (json_int_t)line->extent.documents, "pages",
                     (json_int_t)line->extent.pages, "bytes", (json_int_t)line->extent.bytes,
                     "oldest", day_format(line->extent.oldest, oldest), "newest",
                     day_format(line->extent.newest, newest), "visa", line->visa, "batches",
                     (json_int_t)line->extent.batches, "sheets", (json_int_t)line->extent.sheets,
                     "record", line->record, "papers", papers_json(&paper->papers[number - 1]));
}

static int add_paper(void *to, struct batch_id batch, const struct paper_row *row)
{
    struct slip_line_papers *papers = to;
    if ((papers->count & (papers->count - 1)) == 0) { /* full: 0, 1, 2, 4, … */
        const size_t room = papers->count ? 2 * papers->count : 1;
        struct slip_line_paper *more = reallocarray(papers->at, room, sizeof *more);
        if (!more)
            return ERR_MEMORY;
        papers->at = more;
    }
    papers->at[papers->count++] = (struct slip_line_paper){batch, *row};
    return 0;
}

static int read_line(struct archive *archive, struct slip_paper *paper, uint32_t number,
                     struct err *err)
{
    const struct slip_place place = {paper->number, number};
    int rc = slip_line(archive, paper->number, number, &paper->lines[number - 1], err);
    if (rc == 0)
        rc = slip_papers(archive, place, add_paper, &paper->papers[number - 1], err);
    return rc == ERR_MEMORY ? err_set(err, rc, "slip: no memory") : rc;
}

static void free_slip(struct slip_paper *paper)
{
    for (uint32_t i = 0; paper->papers && i < paper->slip.lines; i++)
        free(paper->papers[i].at);
    free(paper->papers);
    free(paper->lines);
}

static int read_slip(struct archive *archive, uint32_t number, struct slip_paper *ret_paper,
                     struct err *err)
{
    *ret_paper = (struct slip_paper){.number = number};
    int rc = slip_show(archive, number, &ret_paper->slip, err);
    if (rc < 0)
        return rc;
    ret_paper->lines = calloc(ret_paper->slip.lines, sizeof *ret_paper->lines);
    ret_paper->papers = calloc(ret_paper->slip.lines, sizeof *ret_paper->papers);
    if (!ret_paper->lines || !ret_paper->papers)
        return err_set(err, ERR_MEMORY, "slip: no memory");
    for (uint32_t i = 0; rc == 0 && i < ret_paper->slip.lines; i++)
        rc = read_line(archive, ret_paper, i + 1, err);
    if (rc == 0)
        rc = slip_destroyed_by(archive, number, ret_paper->slip.tenant, ret_paper->destroyed_by,
                               err);
    return rc;
}

static void print_lines(const struct slip_paper *paper)
{
    for (uint32_t i = 0; i < paper->slip.lines; i++) {
        const struct slip_line_row *line = &paper->lines[i];
        const char *state = french_slip_state(slip_state_name(line->state));
        if (line->extent.batches)
            printf("  ligne %-3u papier de %u lot%s, %u feuille%s  %s  %s\n", i + 1,
                   line->extent.batches, french_plural(line->extent.batches), line->extent.sheets,
                   french_plural(line->extent.sheets), state, line->visa);
        else
            printf("  ligne %-3u %-12s %-8s %u boîte%s, %u document%s  %s  %s\n", i + 1,
                   line->class_name, compartment_name(line->compartment), line->extent.boxes,
                   french_plural(line->extent.boxes), line->extent.documents,
                   french_plural(line->extent.documents), state, line->visa);
    }
}

static void print_slip(const struct slip_verb *verb, const struct slip_paper *paper)
{
    char drawn[CLOCK_TEXT_SIZE];
    const struct slip_row *slip = &paper->slip;
    clock_format(slip->drawn_ms, drawn);
    if (!verb->json) {
        printf("bordereau %u  caisse %s  %s  établi le %s par %s\n", paper->number, slip->tenant,
               french_slip_state(slip_state_name(slip->state)), drawn, slip->drawn_by);
        print_lines(paper);
        return;
    }
    json_t *lines = json_array();
    for (uint32_t i = 0; i < slip->lines; i++)
        json_array_append_new(lines, line_json(paper, i + 1));
    verb_print(json_pack("{s:I, s:s, s:s, s:s, s:s, s:o}", "slip", (json_int_t)paper->number,
                         "tenant", slip->tenant, "state", slip_state_name(slip->state), "drawn",
                         drawn, "drawn_by", slip->drawn_by, "lines", lines));
}

static int show(const struct slip_verb *verb, struct archive *archive, uint32_t number,
                struct err *err)
{
    struct slip_paper paper;
    int rc = read_slip(archive, number, &paper, err);
    if (rc == 0)
        print_slip(verb, &paper);
    free_slip(&paper);
    return rc;
}

static int list(const struct slip_verb *verb, struct archive *archive, struct err *err)
{
    uint32_t last = 0;
    int rc = slip_last(archive, &last, err);
    for (uint32_t number = 1; rc == 0 && number <= last; number++)
        rc = show(verb, archive, number, err);
    return rc;
}

static int export_papers(const struct slip_verb *verb, struct archive *archive, struct err *err)
{
    struct slip_paper paper;
    struct tenants *tenants = NULL;
    char path[PLACE_SIZE + 16];
    snprintf(path, sizeof path, "%s/tenants.conf", verb->program.place.config);
    int rc = read_slip(archive, verb->slip, &paper, err);
    if (rc == 0)
        rc = tenants_load(path, &tenants, err);
    if (rc == 0) {
        paper.tenant = tenants_find(tenants, paper.slip.tenant);
        rc = slip_paper_write(&paper, verb->words[2], err);
    }
    if (rc == 0) {
        rc = slip_seda_write(archive, &paper, verb->words[2], err);
    }
    if (rc == 0)
        printf("%s : papiers du bordereau %u\n", verb->words[2], verb->slip);
    tenants_free(&tenants);
    free_slip(&paper);
    return rc;
}

static int look(struct slip_verb *verb, struct err *err)
{
    struct archive *archive = NULL;
    uint32_t last = verb->slip;
    int rc = ask_open_archive(&verb->program, &archive, err);
    if (rc == 0 && is(verb, "candidates"))
        rc = candidates(verb, archive, err);
    else if (rc == 0 && is(verb, "list"))
        rc = list(verb, archive, err);
    else if (rc == 0 && is(verb, "export"))
        rc = export_papers(verb, archive, err);
    else if (rc == 0) {
        if (!last)
            rc = slip_last(archive, &last, err);
        rc = rc < 0 ? rc : show(verb, archive, last, err);
    }
    archive_free(&archive);
    return rc;
}

/* ---- what the desk does, and then what became of the slip ---- */

static int ask(struct slip_verb *verb, struct err *err)
{
    char name[24];
    snprintf(name, sizeof name, "slip_%.16s", verb->words[0]);
    struct slip_query query;
    char first[DAY_TEXT_SIZE], last[DAY_TEXT_SIZE];
    bounds_of(verb, &query);
    json_t *details =
        json_pack("{s:I, s:I, s:b, s:s, s:s, s:s, s:s}", "slip", (json_int_t)verb->slip, "line",
                  (json_int_t)verb->line, "granted", (int)verb->granted, "number",
                  verb->number ? verb->number : "", "tenant", verb->tenant ? verb->tenant : "",
                  "first", day_format(query.first, first), "last", day_format(query.last, last));
    return ask_desk(&verb->program, name, details, err);
}

/* Whether portions of it are left, other than paper: 1, 0. */
static int is_unfinished(struct slip_verb *verb, struct err *err)
{
    struct archive *archive = NULL;
    struct slip_row row = {0};
    struct slip_line_row line;
    bool left = false;
    int rc = is(verb, "destroy") ? ask_open_archive(&verb->program, &archive, err) : 0;
    if (archive)
        rc = slip_show(archive, verb->slip, &row, err);
    for (uint32_t i = 1; rc == 0 && i <= row.lines; i++) {
        rc = slip_line(archive, verb->slip, i, &line, err);
        left |= rc == 0 && line.state == SLIP_GRANTED && line.extent.boxes > 0;
    }
    archive_free(&archive);
    return rc < 0 ? rc : left;
}

/* The hub rewrites the catalogue after a destruction: 1 while it does. */
static int is_rewriting(struct slip_verb *verb, struct err *err)
{
    struct archive *archive = NULL;
    int rc = ask_open_archive(&verb->program, &archive, err);
    if (rc == 0)
        rc = purge_is_due(archive, err);
    archive_free(&archive);
    return rc;
}

/* Only then is nothing left of what was destroyed. */
static int wait_for_rewrite(struct slip_verb *verb, struct err *err)
{
    const int64_t until_ms = clock_mono_ms() + REWRITE_WAIT_MS;
    int rc;
    while ((rc = is_rewriting(verb, err)) == 1 && clock_mono_ms() < until_ms)
        poll(NULL, 0, REWRITE_LOOK_MS);
    if (rc == 1)
        log_warn("the catalogue is still being rewritten; tripli status tells how far it is");
    return rc < 0 ? rc : 0;
}

static int act(struct slip_verb *verb, struct err *err)
{
    int rc;
    do {
        rc = ask(verb, err);
        if (rc == 0)
            rc = is_unfinished(verb, err);
    } while (rc == 1);
    if (rc == 0 && is(verb, "destroy"))
        rc = wait_for_rewrite(verb, err);
    return rc < 0 ? rc : look(verb, err);
}

int verb_slip(int argc, char **argv)
{
    static const struct argp_child children[] = {{&program_argp, 0, NULL, 0}, {0}};
    static const struct argp argp = {
        options,
        parse,
        "candidates|draw|list\nshow|revise|submit|visa|destroy|shredded N\nexport N DIR",
        "Elimination slips: nothing is destroyed without a visa.",
        children,
        NULL,
        NULL};
    struct slip_verb verb = {0};
    struct err err = {0};
    int status = verb_start(&argp, argc, argv, &verb.program);
    if (status != 0)
        return status;
    bool reads =
        is(&verb, "candidates") || is(&verb, "list") || is(&verb, "show") || is(&verb, "export");
    int rc = reads ? look(&verb, &err) : act(&verb, &err);
    return verb_end(&verb.program, rc, &err);
}
