/*
 * How well magnetic lines are read: N generated French lines at five resolutions, three modes and
 * rising damage; prints how many were read, wrongly read, refused, not found. A wrong line is one
 * that was read with another text than printed; there must be none. Lines below the resolution at
 * which strokes can be seen count as read when the printed key proves them.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <argp.h>
#include <leptonica/allheaders.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/scope.h"
#include "bench/micr_print.h"
#include "classify/glance.h"
#include "classify/micr.h"

enum { DPIS = 5, MODES = 3, DAMAGES = 4 };

static const double dpis[DPIS] = {150, 200, 240, 300, 400};
static const double damages[DAMAGES] = {0.1, 0.4, 0.7, 1.0};
static const char *const mode_names[MODES] = {"grey", "bilevel", "jpeg"};

struct options {
    int count;
    unsigned long seed;
    const char *save; /* folder for pictures of lines that were not read, or NULL */
};

struct cell {
    int tried, read, wrong, refused, missed;
};

static void add(struct cell *to, const struct cell *from)
{
    to->tried += from->tried;
    to->read += from->read;
    to->wrong += from->wrong;
    to->refused += from->refused;
    to->missed += from->missed;
}

static void without_blanks(const char *text, char *ret_text)
{
    for (; *text; text++)
        if (*text != ' ')
            *ret_text++ = *text;
    *ret_text = '\0';
}

/* Keeps the picture, and says what was read of it. */
static void save(const struct options *options, struct Pix *pix, const char *what, int number,
                 const char *texts[2])
{
    char path[256];
    if (!options->save)
        return;
    snprintf(path, sizeof path, "%s/%s-%06d.png", options->save, what, number);
    pixWrite(path, pix, IFF_PNG);
    fprintf(stderr, "%s\n  printed %s\n  read    %s\n", path, texts[0], texts[1]);
}

static void try_line(const struct options *options, int number, struct cell *cell)
{
    struct dice dice = {options->seed * 1000003u + (unsigned long)number};
    char text[40], key[3], want[40];
    micr_print_french(&dice, text, key);
    without_blanks(text, want);
    struct micr_print print =
        micr_print_damaged(dpis[number % DPIS], (enum print_mode)(number / DPIS % MODES),
                           damages[number / DPIS / MODES % DAMAGES], &dice);
    struct Pix *pix = micr_print_line(text, &print, &dice);
    struct micr_band band;
    struct micr_line line = {0};
    struct err err = {0};
    SCOPED(glance_clear) struct glance glance = {0};
    int found = pix ? glance_make(pix, &glance, &err) : ERR_MEMORY;
    if (found == 0)
        found = micr_find(pix, &glance, &band, &err);
    if (found > 0)
        found = micr_read(pix, &band, &line, &err) < 0 ? -1 : 1;
    bool same = strcmp(line.text, want) == 0, read = line.state >= MICR_READ;
    if (!read) /* too coarse for strokes: the printed key may still prove it */
        read = micr_prove(&line, key) == MICR_PROVEN;
    cell->tried++;
    cell->missed += found <= 0;
    cell->read += read && same;
    cell->wrong += read && !same;
    cell->refused += found > 0 && !read;
    const char *texts[2] = {want, line.text};
    if (found <= 0)
        save(options, pix, "missed", number, texts);
    else if (!read || !same)
        save(options, pix, read ? "wrong" : "refused", number, texts);
    pixDestroy(&pix);
}

static void print_row(const char *name, const struct cell *cell)
{
    printf("%-22s %6d %6d %6d %8d %7d  %6.2f %%\n", name, cell->tried, cell->read, cell->wrong,
           cell->refused, cell->missed, cell->tried ? 100.0 * cell->read / cell->tried : 0);
}

static void print_table(struct cell cells[DPIS][MODES][DAMAGES], int64_t us)
{
    struct cell all = {0}, promised = {0};
    printf("%-22s %6s %6s %6s %8s %7s\n", "dpi mode damage", "tried", "read", "wrong", "refused",
           "missed");
    for (int i = 0; i < DPIS * MODES * DAMAGES; i++) {
        int dpi = i / (MODES * DAMAGES), mode = i / DAMAGES % MODES, damage = i % DAMAGES;
        const struct cell *cell = &cells[dpi][mode][damage];
        char name[32];
        snprintf(name, sizeof name, "%3.0f %-7s %.1f", dpis[dpi], mode_names[mode],
                 damages[damage]);
        print_row(name, cell);
        add(&all, cell);
        if (dpis[dpi] >= 200 && dpis[dpi] <= 300)
            add(&promised, cell);
    }
    print_row("200 to 300 dpi", &promised);
    print_row("all", &all);
    printf("%.1f ms a line, drawing included\n", (double)us / 1000 / (all.tried ? all.tried : 1));
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
    else
        return ARGP_ERR_UNKNOWN;
    return 0;
}

int main(int argc, char **argv)
{
    static const struct argp_option rows[] = {
        {"lines", 'n', "N", 0, "lines to print and read (6000)", 0},
        {"seed", 's', "N", 0, "of everything random (1)", 0},
        {"save", 'S', "DIR", 0, "keep pictures of the lines that were not read", 0},
        {0}};
    static const struct argp argp = {
        rows, parse, NULL, "Prints magnetic lines, damages them, reads them.", NULL, NULL, NULL};
    struct options options = {.count = 6000, .seed = 1};
    struct cell cells[DPIS][MODES][DAMAGES] = {0};
    argp_parse(&argp, argc, argv, 0, NULL, &options);
    int64_t start = clock_cpu_us();
    for (int i = 0; i < options.count; i++)
        try_line(&options, i, &cells[i % DPIS][i / DPIS % MODES][i / DPIS / MODES % DAMAGES]);
    print_table(cells, clock_cpu_us() - start);
    int wrong = 0;
    for (int i = 0; i < DPIS * MODES * DAMAGES; i++)
        wrong += cells[i / (MODES * DAMAGES)][i / DAMAGES % MODES][i % DAMAGES].wrong;
    return wrong > 0;
}
