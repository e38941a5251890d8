/*
 * How well magnetic lines are read: N generated French lines at up to five resolutions, three modes
 * and rising damage; prints how many were read from the line alone, how many more the printed key
 * proves, how many were wrong, refused for which reason, not found, with 95 % intervals. A wrong
 * line is one that was taken with another text than printed; there must be none.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <argp.h>
#include <ctype.h>
#include <jansson.h>
#include <leptonica/allheaders.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/scope.h"
#include "bench/labelled/figures.h"
#include "bench/micr_print.h"
#include "classify/glance.h"
#include "classify/micr.h"

enum { DPIS = 5, MODES = 3, DAMAGES = 4, CELLS = DPIS * MODES * DAMAGES, REASONS_MAX = 16 };

static const double dpis[DPIS] = {200, 240, 300, 150, 400}; /* the promised ones first */
enum { DPIS_PROMISED = 3 };
static const double damages[DAMAGES] = {0.1, 0.4, 0.7, 1.0};
static const char *const mode_names[MODES] = {"grey", "bilevel", "jpeg"};

struct options {
    int count;
    unsigned long seed;
    const char *save; /* folder for pictures of lines that were not read, or NULL */
    double floor;     /* percent read, below which the program fails */
    bool promised, json, no_key;
};

struct cell {
    int tried, alone, by_key, wrong, refused, missed;
};

/* Why lines were refused, figures of the reason taken out. */
struct reasons {
    int count;
    struct {
        char text[MICR_REASON_SIZE];
        int lines;
    } at[REASONS_MAX];
};

struct tally {
    struct cell cells[CELLS];
    struct reasons reasons;
    int64_t us; /* reading, without drawing */
};

static struct cell sum(const struct cell *cells, int count)
{
    struct cell all = {0};
    for (int i = 0; i < count; i++) {
        all.tried += cells[i].tried;
        all.alone += cells[i].alone;
        all.by_key += cells[i].by_key;
        all.wrong += cells[i].wrong;
        all.refused += cells[i].refused;
        all.missed += cells[i].missed;
    }
    return all;
}

static void without_blanks(const char *text, char *ret_text)
{
    for (; *text; text++)
        if (*text != ' ')
            *ret_text++ = *text;
    *ret_text = '\0';
}

static void note_reason(struct reasons *reasons, const char *reason)
{
    char text[MICR_REASON_SIZE];
    size_t length = 0;
    for (; *reason && length < sizeof text - 1; reason++)
        if (!isdigit((unsigned char)*reason))
            text[length++] = *reason;
        else if (length == 0 || text[length - 1] != 'N')
            text[length++] = 'N';
    text[length] = '\0';
    int at = 0;
    while (at < reasons->count && strcmp(reasons->at[at].text, text) != 0)
        at++;
    if (at == REASONS_MAX)
        return;
    if (at == reasons->count)
        memcpy(reasons->at[reasons->count++].text, text, sizeof text);
    reasons->at[at].lines++;
}

/* Keeps the picture, and says what was read of it. */
static void save(const struct options *options, struct Pix *pix, int number, const char *want,
                 const struct micr_line *line)
{
    char path[256];
    if (!options->save)
        return;
    snprintf(path, sizeof path, "%s/%06d.png", options->save, number);
    pixWrite(path, pix, IFF_PNG);
    fprintf(stderr, "%s\n  printed %s\n  read    %s\n", path, want, line->text);
}

/* As the product does: where is a line, what does it say. */
static enum micr_state read_line(struct Pix *pix, struct micr_line *ret_line)
{
    struct micr_band band;
    struct err err = {0};
    SCOPED(glance_clear) struct glance glance = {0};
    int rc = glance_make(pix, &glance, &err);
    if (rc == 0)
        rc = micr_find(pix, &glance, &band, &err);
    if (rc > 0)
        rc = micr_read(pix, &band, ret_line, &err);
    if (rc < 0)
        snprintf(ret_line->reason, sizeof ret_line->reason, "%.*s", MICR_REASON_SIZE - 1, err.text);
    return ret_line->state;
}

static void try_line(const struct options *options, int number, int at, struct tally *tally)
{
    struct dice dice = {options->seed * 1000003u + (unsigned long)number};
    char text[40], key[3], want[40];
    micr_print_french(&dice, text, key);
    without_blanks(text, want);
    int dpi = at / (MODES * DAMAGES), mode = at / DAMAGES % MODES, damage = at % DAMAGES;
    struct micr_print print =
        micr_print_damaged(dpis[dpi], (enum print_mode)mode, damages[damage], &dice);
    struct Pix *pix = micr_print_line(text, &print, &dice);
    struct micr_line line = {0};
    int64_t start = clock_cpu_us();
    bool alone = pix && read_line(pix, &line) >= MICR_READ;
    tally->us += clock_cpu_us() - start;
    bool by_key = !alone && !options->no_key && micr_prove(&line, key) == MICR_PROVEN;
    bool same = strcmp(line.text, want) == 0;
    struct cell *cell = &tally->cells[at];
    cell->tried++;
    cell->alone += alone && same;
    cell->by_key += by_key && same;
    cell->wrong += (alone || by_key) && !same;
    cell->missed += line.state == MICR_ABSENT;
    cell->refused += line.state == MICR_REFUSED;
    if (line.state < MICR_READ)
        note_reason(&tally->reasons, line.reason[0] ? line.reason : "no magnetic line found");
    if (line.state < MICR_READ || !same)
        save(options, pix, number, want, &line);
    pixDestroy(&pix);
}

static void print_row(const char *name, const struct cell *cell)
{
    int read = cell->alone + cell->by_key;
    double range[2];
    figures_interval(read, cell->tried, range);
    printf("%-16s %6d %6d %7d %6d %8d %7d  %6.2f %%  (95 %%: %.2f to %.2f)\n", name, cell->tried,
           cell->alone, cell->by_key, cell->wrong, cell->refused, cell->missed,
           cell->tried ? 100.0 * read / cell->tried : 0, range[0], range[1]);
}

static void cell_name(int at, size_t size, char *ret_name)
{
    snprintf(ret_name, size, "%3.0f %-7s %.1f", dpis[at / (MODES * DAMAGES)],
             mode_names[at / DAMAGES % MODES], damages[at % DAMAGES]);
}

static void print_table(const struct options *options, const struct tally *tally)
{
    (void)options;
    struct cell promised = sum(tally->cells, DPIS_PROMISED * MODES * DAMAGES);
    struct cell all = sum(tally->cells, CELLS);
    printf("%-16s %6s %6s %7s %6s %8s %7s  %s\n", "dpi mode damage", "tried", "alone", "by key",
           "wrong", "refused", "missed", "read");
    for (int i = 0; i < CELLS; i++) {
        char name[32];
        cell_name(i, sizeof name, name);
        if (tally->cells[i].tried > 0)
            print_row(name, &tally->cells[i]);
    }
    double range[2];
    print_row("200 to 300 dpi", &promised);
    print_row("all", &all);
    figures_interval(all.wrong, all.tried, range);
    printf("wrong: %d of %d (95 %%: %.2f to %.2f %%); %.1f ms a line\n", all.wrong, all.tried,
           range[0], range[1], (double)tally->us / 1000 / (all.tried ? all.tried : 1));
    for (int i = 0; i < tally->reasons.count; i++)
        printf("%6d  %s\n", tally->reasons.at[i].lines, tally->reasons.at[i].text);
}

static json_t *cell_to_json(const struct cell *cell)
{
    double read[2], wrong[2];
    figures_interval(cell->alone + cell->by_key, cell->tried, read);
    figures_interval(cell->wrong, cell->tried, wrong);
    return json_pack("{s:i, s:i, s:i, s:i, s:i, s:i, s:[f,f], s:[f,f]}", "tried", cell->tried,
                     "read_alone", cell->alone, "read_by_key", cell->by_key, "wrong", cell->wrong,
                     "refused", cell->refused, "missed", cell->missed, "read_percent", read[0],
                     read[1], "wrong_percent", wrong[0], wrong[1]);
}

static void print_json(const struct options *options, const struct tally *tally)
{
    struct cell promised = sum(tally->cells, DPIS_PROMISED * MODES * DAMAGES);
    struct cell all = sum(tally->cells, CELLS);
    json_t *cells = json_object(), *reasons = json_object();
    for (int i = 0; i < CELLS; i++) {
        char name[32];
        cell_name(i, sizeof name, name);
        if (tally->cells[i].tried > 0)
            json_object_set_new(cells, name, cell_to_json(&tally->cells[i]));
    }
    for (int i = 0; i < tally->reasons.count; i++)
        json_object_set_new(reasons, tally->reasons.at[i].text,
                            json_integer(tally->reasons.at[i].lines));
    json_t *json = json_pack("{s:I, s:o, s:o, s:o, s:o}", "seed", (json_int_t)options->seed, "all",
                             cell_to_json(&all), "promised", cell_to_json(&promised), "cells",
                             cells, "refused_because", reasons);
    json_dumpf(json, stdout, JSON_COMPACT | JSON_REAL_PRECISION(6));
    printf("\n");
    json_decref(json);
}

static int parse(int key, char *value, struct argp_state *state)
{
    struct options *options = state->input;
    if (key == 'n')
        options->count = atoi(value);
    else if (key == 's')
        options->seed = strtoul(value, NULL, 10);
    else if (key == 'S')
        options->save = value;
    else if (key == 'f')
        options->floor = atof(value);
    else if (key == 'p')
        options->promised = true;
    else if (key == 'k')
        options->no_key = true;
    else if (key == 'j')
        options->json = true;
    else
        return ARGP_ERR_UNKNOWN;
    return 0;
}

int main(int argc, char **argv)
{
    static const struct argp_option rows[] = {
        {"lines", 'n', "N", 0, "lines to print and read (6000)", 0},
        {"seed", 's', "N", 0, "of everything random (1)", 0},
        {"promised", 'p', NULL, 0, "at 200, 240 and 300 dpi only", 0},
        {"floor", 'f', "PERCENT", 0, "fail when fewer are read (0)", 0},
        {"no-key", 'k', NULL, 0, "as if no printed key could be read", 0},
        {"json", 'j', NULL, 0, "one JSON object", 0},
        {"save", 'S', "DIR", 0, "keep pictures of the lines that were not read", 0},
        {0}};
    static const struct argp argp = {
        rows, parse, NULL, "Prints magnetic lines, damages them, reads them.", NULL, NULL, NULL};
    struct options options = {.count = 6000, .seed = 1};
    struct tally tally = {0};
    argp_parse(&argp, argc, argv, 0, NULL, &options);
    int cells = options.promised ? DPIS_PROMISED * MODES * DAMAGES : CELLS;
    for (int i = 0; i < options.count; i++)
        try_line(&options, i, i % cells, &tally);
    (options.json ? print_json : print_table)(&options, &tally);
    struct cell all = sum(tally.cells, CELLS);
    return all.wrong > 0 || 100.0 * (all.alone + all.by_key) < options.floor * all.tried;
}
