/*
 * Feeds mutated image files to a sealed reader, the real program, as a worker does: each must be
 * sorted or refused with a reason, within its time, and no death may reach further than the reader.
 * Sources are the image seeds in tests/fuzz/corpus and, where it is there, TRIPLI_CORPUS/tiff. The
 * same seed and number give the same bytes; what went wrong is written into the folder --keep.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <argp.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "base/scope.h"
#include "workers/reader_client.h"

enum {
    SOURCES_MAX = 4096,
    SOURCE_LIMIT_BYTES =
        16 << 10,        /* of larger files mostly pixels change, which costs reading only */
    SLICES_MAX = 6,      /* changes to one file */
    DEADLINE_MS = 20000, /* what the reader is told; no mutation takes a tenth of it */
    GRACE_MS = 20000,    /* beyond it, on a busy machine, it counts as hung */
    OPEN_FOLDERS = 8,
    TOLD_EVERY = 5000 /* of a long run, one to three minutes */
};

static struct source {
    char *name;
    struct buf bytes;
} sources[SOURCES_MAX];
static size_t source_count;

struct trial {
    struct place place;
    struct tuning tuning;
    struct reader *reader;
    long count, seed, first;
    const char *keep;
    long sorted, refused, died, hung, nameless;
    int64_t slowest_ms;
};

/* ---- mutations ---- */

/* splitmix64: the state is the number drawn so far, so that any mutation can be made alone. */
static uint64_t draw(uint64_t *state)
{
    uint64_t z = (*state += UINT64_C(0x9E3779B97F4A7C15));
    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return z ^ (z >> 31);
}

static size_t below(uint64_t *state, size_t limit)
{
    return limit ? (size_t)(draw(state) % limit) : 0;
}

/* Half of the changes go where headers and tags are. */
static size_t place_in(uint64_t *state, const struct buf *file)
{
    size_t head = file->len < 512 ? file->len : 512;
    return draw(state) & 1 ? below(state, head) : below(state, file->len);
}

static void put_number(uint64_t *state, struct buf *file)
{
    static const uint32_t telling[] = {0,       1,          2,          7,         8,      0x7f,
                                       0x80,    0xff,       0x100,      0x7fff,    0x8000, 0xffff,
                                       0x10000, 0x7fffffff, 0x80000000, 0xffffffff};
    uint32_t value = telling[below(state, sizeof telling / sizeof *telling)];
    size_t at = place_in(state, file), size = draw(state) & 1 ? 2 : 4;
    bool big = draw(state) & 1;
    for (size_t i = 0; i < size && at + i < file->len; i++)
        file->at[at + i] = (uint8_t)(value >> 8 * (big ? size - 1 - i : i));
}

static void copy_within(uint64_t *state, struct buf *file, struct bytes from)
{
    size_t to = below(state, file->len), at = below(state, from.len);
    size_t len = below(state, 64);
    for (size_t i = 0; i < len && to + i < file->len && at + i < from.len; i++)
        file->at[to + i] = from.at[at + i];
}

static void change(uint64_t *state, struct buf *file)
{
    const struct source *other = &sources[below(state, source_count)];
    if (file->len == 0)
        return;
    switch (below(state, 6)) {
    case 0:
        file->at[place_in(state, file)] ^= (uint8_t)(1u << below(state, 8));
        return;
    case 1:
        file->at[place_in(state, file)] = (uint8_t)draw(state);
        return;
    case 2:
        copy_within(state, file, buf_view(&other->bytes));
        return;
    case 3:
        copy_within(state, file, buf_view(file));
        return;
    case 4:
        if (below(state, 4) == 0) /* rarely: a cut file is refused early */
            file->len = below(state, file->len);
        return;
    default:
        put_number(state, file);
    }
}

static const char *mutate(const struct trial *trial, long number, struct buf *ret_file)
{
    uint64_t state = (uint64_t)trial->seed * UINT64_C(0x100000001B3) + (uint64_t)number;
    draw(&state);
    const struct source *source = &sources[below(&state, source_count)];
    if (buf_append(ret_file, buf_view(&source->bytes)) < 0)
        return source->name;
    for (size_t i = 1 + below(&state, SLICES_MAX); i > 0; i--)
        change(&state, ret_file);
    return source->name;
}

/* ---- trials ---- */

static void keep(const struct trial *trial, long number, struct bytes file, const char *what)
{
    char path[PLACE_SIZE];
    struct err err = {0};
    snprintf(path, sizeof path, "%s/mutation-%ld-%ld", trial->keep, trial->seed, number);
    if (file_write(path, 0600, file, &err) < 0)
        fprintf(stderr, "%s\n", err.text);
    fprintf(stderr, "mutation %ld: %s; kept as %s\n", number, what, path);
}

/* A verdict, or an error with its reason: everything else is none. */
static void count_answer(struct trial *trial, long number, struct bytes file, const json_t *answer)
{
    const json_t *error = json_object_get(answer, "error");
    const char *text = json_string_value(json_object_get(error, "text"));
    if (json_object_get(answer, "verdict"))
        trial->sorted++;
    else if (text && text[0])
        trial->refused++;
    else {
        trial->nameless++;
        keep(trial, number, file, "neither verdict nor reason");
    }
}

static int try_one(struct trial *trial, long number, struct err *err)
{
    SCOPED(buf_free) struct buf file = {0};
    struct err death = {0};
    json_t *answer = NULL;
    const char *name = mutate(trial, number, &file);
    int rc = trial->reader ? 0 : reader_start(&trial->place, &trial->tuning, &trial->reader, err);
    if (rc < 0)
        return rc;
    int64_t start = clock_mono_ms();
    rc = reader_send(trial->reader, &(struct reader_page){1, DEADLINE_MS, NULL}, buf_view(&file),
                     &death);
    if (rc == 0)
        rc = reader_receive(trial->reader, DEADLINE_MS + GRACE_MS, &answer, &death);
    int64_t took = clock_mono_ms() - start;
    trial->slowest_ms = took > trial->slowest_ms ? took : trial->slowest_ms;
    if (rc == 0)
        count_answer(trial, number, buf_view(&file), answer);
    else {
        char what[ERR_TEXT_MAX + 300];
        snprintf(what, sizeof what, "of %.200s: %s", name, death.text);
        keep(trial, number, buf_view(&file), what);
        trial->hung += rc == ERR_TIMEOUT;
        trial->died += rc != ERR_TIMEOUT;
    }
    json_decref(answer);
    if (rc < 0 || reader_pages(trial->reader) >= trial->tuning.worker.recycle_pages)
        reader_kill(&trial->reader);
    return 0;
}

static int try_all(struct trial *trial, struct err *err)
{
    int rc = 0;
    for (long i = 0; rc == 0 && i < trial->count; i++) {
        rc = try_one(trial, trial->first + i, err);
        if ((i + 1) % TOLD_EVERY == 0)
            fprintf(stderr, "%ld of %ld: %ld sorted, %ld refused, %ld deaths, %ld hung\n", i + 1,
                    trial->count, trial->sorted, trial->refused, trial->died, trial->hung);
    }
    reader_kill(&trial->reader);
    return rc;
}

/* ---- sources ---- */

static int take_source(const char *path, const struct stat *status, int kind, struct FTW *at)
{
    struct err err = {0};
    (void)at;
    if (kind != FTW_F || status->st_size > SOURCE_LIMIT_BYTES || source_count == SOURCES_MAX)
        return 0;
    struct source *source = &sources[source_count];
    if (file_read(path, SOURCE_LIMIT_BYTES, &source->bytes, &err) < 0)
        return 0;
    source->name = strdup(path);
    source_count++;
    return 0;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct source *)a)->name, ((const struct source *)b)->name);
}

static void load_sources(const struct trial *trial)
{
    char folder[PLACE_SIZE + 40];
    const char *corpus = getenv("TRIPLI_CORPUS");
    snprintf(folder, sizeof folder, "%s/../tests/fuzz/corpus/image", trial->place.config);
    nftw(folder, take_source, OPEN_FOLDERS, FTW_PHYS);
    size_t own = source_count;
    snprintf(folder, sizeof folder, "%.1000s/tiff", corpus ? corpus : "../shared/corpus");
    nftw(folder, take_source, OPEN_FOLDERS, FTW_PHYS);
    qsort(sources, source_count, sizeof *sources, by_name);
    printf("%zu sources, %zu of them of the corpus\n", source_count, source_count - own);
}

static const struct argp_option options[] = {
    {"count", 'n', "N", 0, "mutations (400)", 0},
    {"seed", 's', "S", 0, "which ones (1)", 0},
    {"first", 'f', "I", 0, "begin with this one (0), to make one again", 0},
    {"keep", 'k', "DIR", 0, "where to leave what went wrong (.)", 0},
    {0},
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct trial *trial = state->input;
    switch (key) {
    case 'n':
        trial->count = strtol(arg, NULL, 10);
        return 0;
    case 's':
        trial->seed = strtol(arg, NULL, 10);
        return 0;
    case 'f':
        trial->first = strtol(arg, NULL, 10);
        return 0;
    case 'k':
        trial->keep = arg;
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static int report(const struct trial *trial)
{
    struct rusage readers;
    getrusage(RUSAGE_CHILDREN, &readers);
    printf(
        "%ld mutations: %ld sorted, %ld refused with a reason, %ld deaths of a reader, %ld hung, "
        "%ld without a reason\n",
        trial->count, trial->sorted, trial->refused, trial->died, trial->hung, trial->nameless);
    printf("slowest %lld ms, largest reader %ld MB, readers' processor time %ld s\n",
           (long long)trial->slowest_ms, readers.ru_maxrss / 1024,
           (long)(readers.ru_utime.tv_sec + readers.ru_stime.tv_sec));
    bool all = trial->sorted + trial->refused == trial->count;
    return all && trial->count > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

int main(int argc, char **argv)
{
    static const struct argp argp = {
        options, parse, NULL, "Feeds mutated image files to a sealed reader.", NULL, NULL, NULL};
    static struct trial trial = {.count = 400, .seed = 1, .keep = "."};
    const struct place_options nothing = {0};
    struct err err = {0};
    const char *build = getenv("TRIPLI_BUILD");
    argp_parse(&argp, argc, argv, 0, NULL, &trial);
    log_start("mutations");
    signal(SIGPIPE, SIG_IGN);
    int rc = place_find(&nothing, &trial.place, &err);
    if (rc == 0)
        rc = tuning_read(trial.place.config, &trial.tuning, &err);
    snprintf(trial.place.bin, sizeof trial.place.bin, "%.900s/workers",
             build ? build : "build/release");
    if (rc == 0)
        load_sources(&trial);
    if (rc == 0)
        rc = try_all(&trial, &err);
    if (rc == 0)
        return report(&trial);
    fprintf(stderr, "mutations: %s\n", err.text);
    return EXIT_FAILURE;
}
