/*
 * How right are the verdicts? Reads every page that a labels file names, compares, and prints the
 * confusion matrix, what was accepted and wrong, what goes to a person, rotation errors, and
 * milliseconds by stage. `bench/accuracy LABELS.tsv`; --json for machines. The labels file's first
 * line names its columns; `path` (relative to the file) and `type` are wanted, `rotation` and `nir`
 * are used where they are.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <argp.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/scope.h"
#include "classify/classify.h"
#include "image/header.h"
#include "ocr/ocr.h"

enum { COLUMNS_MAX = 16, LABELS_LIMIT_BYTES = 16 << 20, PATH_SIZE = 4096, SOURCE_SIZE = 40 };

struct options {
    const char *labels, *config, *models;
    bool json, list, no_ocr;
};

/* One labelled page; strings point into the labels file. */
struct label {
    const char *path, *type, *rotation, *nir;
};

struct tally {
    int pages[TAG_COUNT][TAG_COUNT];  /* [truth][accepted verdict], TAG_NONE: to a person */
    int forced[TAG_COUNT][TAG_COUNT]; /* the same without a threshold */
    int total, accepted, wrong, refused;
    int turns, turns_wrong, nirs, nirs_read, nirs_wrong;
    double ms[STAGE_COUNT];
};

static int open_engine(const struct options *options, struct ocr **ocr,
                       struct classifier **classifier, struct err *err)
{
    struct ocr_params params = OCR_DEFAULT;
    int rc = options->no_ocr ? 0 : ocr_open(&params, ocr, err);
    return rc < 0 ? rc
                  : classifier_open(&(struct classifier_params){.config_path = options->config,
                                                                .models_dir = options->models,
                                                                .ocr = *ocr},
                                    classifier, err);
}

/* Cuts a line at its tabs. */
static int cut_line(char *line, char *ret_fields[COLUMNS_MAX])
{
    int count = 0;
    for (char *at = line; at && count < COLUMNS_MAX;)
        ret_fields[count++] = strsep(&at, "\t");
    return count;
}

static int column_of(char *const names[], int count, const char *name)
{
    for (int i = 0; i < count; i++)
        if (strcmp(names[i], name) == 0)
            return i;
    return -1;
}

static const char *field_at(char *const fields[], int count, int column)
{
    return column >= 0 && column < count ? fields[column] : "";
}

static void count_fields(const struct label *label, const struct verdict *verdict,
                         struct tally *tally)
{
    /* which way up a blank side lies, nobody can say */
    if (*label->rotation && verdict->accepted && strcmp(label->type, "blank") != 0) {
        tally->turns++;
        tally->turns_wrong += atoi(label->rotation) != verdict->rotation;
    }
    if (!*label->nir)
        return;
    const struct field *nir = &verdict->fields[FIELD_NIR];
    tally->nirs++;
    tally->nirs_read += nir->state == FIELD_PROVEN && strcmp(nir->value, label->nir) == 0;
    tally->nirs_wrong += nir->state == FIELD_PROVEN && strcmp(nir->value, label->nir) != 0;
}

static void count_verdict(const struct label *label, const struct verdict *verdict,
                          struct tally *tally)
{
    enum tag truth = tag_of_name(label->type);
    tally->total++;
    tally->pages[truth][verdict->accepted ? verdict->tag : TAG_NONE]++;
    tally->forced[truth][verdict->tag]++;
    tally->accepted += verdict->accepted;
    tally->wrong += verdict->accepted && verdict->tag != truth;
    for (int i = 0; i < STAGE_COUNT; i++)
        tally->ms[i] += verdict->ms[i];
    count_fields(label, verdict, tally);
}

static void list_page(const struct label *label, const struct verdict *verdict)
{
    double ms = 0;
    for (int i = 0; i < STAGE_COUNT; i++)
        ms += verdict->ms[i];
    bool wrong = verdict->tag != tag_of_name(label->type);
    bool turned = *label->rotation && atoi(label->rotation) != verdict->rotation;
    printf("%s%s %-9s %.4f %3d %6.2f %5.0f ms  %s\n", verdict->accepted ? "ok " : "?? ",
           wrong    ? "WRONG"
           : turned ? "TURN "
                    : "     ",
           tag_name(verdict->tag), verdict->confidence, verdict->rotation, verdict->skew, ms,
           label->path);
    for (int i = 0; i < verdict->reason_count && (wrong || !verdict->accepted || turned); i++)
        printf("        %s\n", verdict->reasons[i]);
}

static int read_page(struct classifier *classifier, const struct options *options,
                     const struct label *label, struct tally *tally)
{
    char path[PATH_SIZE];
    struct err err = {0};
    SCOPED(buf_free) struct buf file = {0};
    SCOPED(verdict_clear) struct verdict verdict = {0};
    const char *slash = strrchr(options->labels, '/');
    snprintf(path, sizeof path, "%.*s%s", slash ? (int)(slash - options->labels) + 1 : 0,
             options->labels, label->path);
    int rc = file_read(path, IMAGE_FILE_LIMIT_BYTES, &file, &err);
    struct classify_page page = {.file = buf_view(&file), .page = 1};
    if (rc == 0)
        rc = classifier_read(classifier, &page, &verdict, &err);
    if (rc < 0) {
        tally->refused++;
        fprintf(stderr, "%s: %s\n", path, err.text);
        return rc;
    }
    count_verdict(label, &verdict, tally);
    if (options->list)
        list_page(label, &verdict);
    return 0;
}

/* 95 % interval of a share (Wilson), percent. */
static void interval(int hits, int of, double ret_percent[2])
{
    double z = 1.96, n = of > 0 ? of : 1, p = hits / n, d = 1 + z * z / n;
    double middle = (p + z * z / (2 * n)) / d;
    double half = z * sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / d;
    ret_percent[0] = 100 * (middle - half > 0 ? middle - half : 0);
    ret_percent[1] = 100 * (middle + half < 1 ? middle + half : 1);
}

static void print_share(const char *what, int hits, int of)
{
    double range[2];
    interval(hits, of, range);
    printf("%-26s %5d of %5d  %6.2f %%  (95 %%: %.2f to %.2f)\n", what, hits, of,
           of ? 100.0 * hits / of : 0, range[0], range[1]);
}

static void print_matrix(const char *title, const int pages[TAG_COUNT][TAG_COUNT])
{
    printf("\n%-22s", title);
    for (int tag = 0; tag < TAG_COUNT; tag++)
        printf("%10s", tag == TAG_NONE ? "to code" : tag_name((enum tag)tag));
    for (int truth = 1; truth < TAG_COUNT; truth++) {
        int row = 0;
        for (int tag = 0; tag < TAG_COUNT; tag++)
            row += pages[truth][tag];
        if (row == 0)
            continue;
        printf("\n%-22s", tag_name((enum tag)truth));
        for (int tag = 0; tag < TAG_COUNT; tag++)
            printf("%10d", pages[truth][tag]);
    }
    printf("\n");
}

static void print_text(const struct tally *tally)
{
    print_matrix("accepted", tally->pages);
    print_matrix("without a threshold", tally->forced);
    printf("\n");
    print_share("accepted but wrong", tally->wrong, tally->total);
    print_share("to a person", tally->total - tally->accepted, tally->total);
    print_share("rotation wrong (accepted)", tally->turns_wrong, tally->turns);
    print_share("insured number proven", tally->nirs_read, tally->nirs);
    print_share("insured number wrong", tally->nirs_wrong, tally->nirs);
    double all = 0;
    printf("ms per page:");
    for (int i = 0; i < STAGE_COUNT; i++) {
        double ms = tally->total ? tally->ms[i] / tally->total : 0;
        all += ms;
        printf(" %s %.1f", stage_name((enum stage)i), ms);
    }
    printf(", all %.1f\n", all);
}

static json_t *matrix_to_json(const int pages[TAG_COUNT][TAG_COUNT])
{
    json_t *rows = json_object();
    for (int truth = 1; truth < TAG_COUNT; truth++) {
        json_t *row = json_object();
        for (int tag = 0; tag < TAG_COUNT; tag++)
            json_object_set_new(row, tag == TAG_NONE ? "to_code" : tag_name((enum tag)tag),
                                json_integer(pages[truth][tag]));
        json_object_set_new(rows, tag_name((enum tag)truth), row);
    }
    return rows;
}

static void print_json(const struct tally *tally)
{
    json_t *ms = json_object();
    for (int i = 0; i < STAGE_COUNT; i++)
        json_object_set_new(ms, stage_name((enum stage)i),
                            json_real(tally->total ? tally->ms[i] / tally->total : 0));
    json_t *json = json_pack(
        "{s:i, s:i, s:i, s:i, s:i, s:i, s:i, s:i, s:i, s:o, s:o, s:o}", "pages", tally->total,
        "accepted", tally->accepted, "accepted_wrong", tally->wrong, "refused", tally->refused,
        "rotations", tally->turns, "rotations_wrong", tally->turns_wrong, "nirs", tally->nirs,
        "nirs_proven", tally->nirs_read, "nirs_wrong", tally->nirs_wrong, "confusion",
        matrix_to_json(tally->pages), "forced", matrix_to_json(tally->forced), "ms", ms);
    if (json)
        json_dumpf(json, stdout, JSON_COMPACT | JSON_REAL_PRECISION(6));
    printf("\n");
    json_decref(json);
}

/* Reads the labels line by line. */
static int read_labels(struct classifier *classifier, const struct options *options,
                       struct tally *tally, struct err *err)
{
    SCOPED(buf_free) struct buf text = {0};
    int rc = file_read(options->labels, LABELS_LIMIT_BYTES, &text, err);
    if (rc == 0 && buf_append(&text, bytes_of("", 1)) < 0)
        rc = err_set(err, ERR_MEMORY, "%s: no memory", options->labels);
    if (rc < 0)
        return rc;
    char *at = (char *)text.at, *names[COLUMNS_MAX], *fields[COLUMNS_MAX];
    int columns = cut_line(strsep(&at, "\n"), names);
    int path = column_of(names, columns, "path"), type = column_of(names, columns, "type");
    if (path < 0 || type < 0)
        return err_set(err, ERR_FORMAT, "%s: columns 'path' and 'type' are wanted",
                       options->labels);
    while (at) {
        int count = cut_line(strsep(&at, "\n"), fields);
        struct label label = {field_at(fields, count, path), field_at(fields, count, type),
                              field_at(fields, count, column_of(names, columns, "rotation")),
                              field_at(fields, count, column_of(names, columns, "nir"))};
        if (*label.path && tag_of_name(label.type) != TAG_NONE)
            read_page(classifier, options, &label, tally);
    }
    return 0;
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
    struct options *options = state->input;
    switch (key) {
    case 'c':
        options->config = arg;
        return 0;
    case 'm':
        options->models = arg;
        return 0;
    case 'j':
        options->json = true;
        return 0;
    case 'l':
        options->list = true;
        return 0;
    case 'n':
        options->no_ocr = true;
        return 0;
    case ARGP_KEY_ARG:
        if (options->labels)
            argp_usage(state);
        options->labels = arg;
        return 0;
    case ARGP_KEY_END:
        if (!options->labels)
            argp_usage(state);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_option argp_options[] = {
    {"config", 'c', "FILE", 0, "cascade configuration (config/classify.conf)", 0},
    {"models", 'm', "DIR", 0, "form models (config/models)", 0},
    {"json", 'j', NULL, 0, "one JSON object", 0},
    {"list", 'l', NULL, 0, "a line per page, with reasons where it went wrong", 0},
    {"no-ocr", 'n', NULL, 0, "without any stage that reads text", 0},
    {0},
};

int main(int argc, char **argv)
{
    static const struct argp argp = {
        argp_options, parse_option, "LABELS.tsv", "Compares verdicts with labels.",
        NULL,         NULL,         NULL};
    struct options options = {.config = "config/classify.conf", .models = "config/models"};
    struct tally tally = {0};
    struct err err = {0};
    SCOPED(ocr_free) struct ocr *ocr = NULL;
    SCOPED(classifier_free) struct classifier *classifier = NULL;
    argp_parse(&argp, argc, argv, 0, NULL, &options);
    int rc = open_engine(&options, &ocr, &classifier, &err);
    if (rc == 0)
        rc = read_labels(classifier, &options, &tally, &err);
    if (rc < 0)
        fprintf(stderr, "accuracy: %s\n", err.text);
    else if (options.json)
        print_json(&tally);
    else
        print_text(&tally);
    return err_exit_status(rc);
}
