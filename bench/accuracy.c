/*
 * How right are the verdicts? Reads every page that a labels file names, compares, and prints the
 * confusion matrix, what was accepted and wrong, what goes to a person, both over the threshold,
 * reliability, rotation errors, and milliseconds by stage, in all and by a column of the labels.
 * --json for machines, --html for eyes.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <argp.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/scope.h"
#include "bench/labelled/figures.h"
#include "bench/labelled/pages.h"
#include "bench/labelled/sheet.h"
#include "bench/labelled/table.h"
#include "ocr/ocr.h"

struct options {
    const char *labels, *config, *models, *html, *table, *group;
    double ceiling;
    bool json, list, no_ocr;
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

static void list_page(const struct labelled_page *page)
{
    const struct verdict *verdict = &page->verdict;
    bool wrong = labelled_page_is_wrong(page), turned = labelled_page_is_turned(page);
    double ms = 0;
    for (int i = 0; i < STAGE_COUNT; i++)
        ms += verdict->ms[i];
    printf("%s%s %-9s %.4f %3d %6.2f %5.0f ms  %s\n", verdict->accepted ? "ok " : "?? ",
           wrong    ? "WRONG"
           : turned ? "TURN "
                    : "     ",
           tag_name(verdict->tag), verdict->confidence, verdict->rotation, verdict->skew, ms,
           page->path);
    enum field_fate nir = labelled_page_nir(page), micr = labelled_page_micr(page);
    bool lost =
        nir == FATE_ABSENT || nir == FATE_WRONG || micr == FATE_ABSENT || micr == FATE_WRONG;
    if (lost)
        printf("        field %s %s\n", nir == FATE_NO_LABEL ? "cmc7" : "nir",
               nir == FATE_WRONG || micr == FATE_WRONG ? "WRONG" : "absent");
    for (int i = 0; i < verdict->reason_count && (wrong || !verdict->accepted || turned || lost);
         i++)
        printf("        %s\n", verdict->reasons[i]);
}

static void print_share(const char *what, int hits, int of)
{
    double range[2];
    figures_interval(hits, of, range);
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

static void print_matrices(const struct figures *figures)
{
    print_matrix("accepted", figures->pages);
    print_matrix("without a threshold", figures->forced);
}

static void print_figures(const struct figures *figures)
{
    printf("\n");
    print_share("accepted but wrong", figures->wrong, figures->total);
    print_share("to a person", figures->total - figures->accepted, figures->total);
    print_share("rotation wrong (accepted)", figures->turns_wrong, figures->turns);
    print_share("insured number proven", figures->nirs_read, figures->nirs);
    print_share("insured number wrong", figures->nirs_wrong, figures->nirs);
    print_share("magnetic line proven", figures->micrs_proven, figures->micrs);
    print_share("magnetic line read", figures->micrs_proven + figures->micrs_read, figures->micrs);
    print_share("magnetic line wrong", figures->micrs_wrong, figures->micrs);
    double all = 0;
    printf("ms per page:");
    for (int i = 0; i < STAGE_COUNT; i++) {
        double ms = figures->total ? figures->ms[i] / figures->total : 0;
        all += ms;
        printf(" %s %.1f", stage_name((enum stage)i), ms);
    }
    printf(", all %.1f\n", all);
}

static void print_curves(const struct labelled_pages *pages, double ceiling)
{
    struct curve_point curve[CURVE_POINTS];
    struct reliability_bin bins[RELIABILITY_BINS];
    figures_curve(pages, curve);
    figures_reliability(pages, bins);
    printf("\nthreshold     wrong   to code\n");
    for (int i = 0; i < CURVE_POINTS; i++)
        printf("%9.3f %9d %9d\n", curve[i].threshold, curve[i].wrong, curve[i].to_code);
    printf("\nconfidence     pages   said  right\n");
    for (int i = 0; i < RELIABILITY_BINS; i++)
        if (bins[i].pages > 0)
            printf("from %.3f %9d %6.3f %6.3f\n", bins[i].from, bins[i].pages, bins[i].said,
                   (double)bins[i].right / bins[i].pages);
    printf("\nleast threshold for at most %.2f %% wrong\n", 100 * ceiling);
    for (int tag = TAG_NONE + 1; tag < TAG_COUNT; tag++) {
        int said;
        double least = figures_threshold(pages, (enum tag)tag, ceiling, &said);
        if (said > 0)
            printf("%-10s %.4f of %d pages\n", tag_name((enum tag)tag), least, said);
    }
}

static void print_text(const struct labelled_pages *pages, double ceiling)
{
    struct figures figures;
    const char *groups[GROUPS_MAX];
    int count = figures_groups(pages, groups);
    figures_count(pages, NULL, &figures);
    print_matrices(&figures);
    print_figures(&figures);
    print_curves(pages, ceiling);
    for (int i = 0; count > 1 && i < count; i++) {
        figures_count(pages, groups[i], &figures);
        printf("\n%s", *groups[i] ? groups[i] : "(none)");
        print_figures(&figures);
    }
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

static json_t *figures_to_json(const struct figures *figures)
{
    json_t *ms = json_object();
    for (int i = 0; i < STAGE_COUNT; i++)
        json_object_set_new(ms, stage_name((enum stage)i),
                            json_real(figures->total ? figures->ms[i] / figures->total : 0));
    double wrong[2], to_code[2];
    figures_interval(figures->wrong, figures->total, wrong);
    figures_interval(figures->total - figures->accepted, figures->total, to_code);
    return json_pack("{s:i, s:i, s:i, s:i, s:i, s:i, s:i, s:i, s:i, s:i, s:i, s:i, s:i, s:[f,f], "
                     "s:[f,f], s:o, s:o, s:o}",
                     "pages", figures->total, "accepted", figures->accepted, "accepted_wrong",
                     figures->wrong, "refused", figures->refused, "rotations", figures->turns,
                     "rotations_wrong", figures->turns_wrong, "nirs", figures->nirs, "nirs_proven",
                     figures->nirs_read, "nirs_wrong", figures->nirs_wrong, "micrs", figures->micrs,
                     "micrs_proven", figures->micrs_proven, "micrs_read", figures->micrs_read,
                     "micrs_wrong", figures->micrs_wrong, "accepted_wrong_percent", wrong[0],
                     wrong[1], "to_code_percent", to_code[0], to_code[1], "confusion",
                     matrix_to_json(figures->pages), "forced", matrix_to_json(figures->forced),
                     "ms", ms);
}

static json_t *curve_to_json(const struct labelled_pages *pages)
{
    struct curve_point curve[CURVE_POINTS];
    json_t *rows = json_array();
    figures_curve(pages, curve);
    for (int i = 0; i < CURVE_POINTS; i++)
        json_array_append_new(rows, json_pack("{s:f, s:i, s:i}", "threshold", curve[i].threshold,
                                              "accepted_wrong", curve[i].wrong, "to_code",
                                              curve[i].to_code));
    return rows;
}

static json_t *reliability_to_json(const struct labelled_pages *pages)
{
    struct reliability_bin bins[RELIABILITY_BINS];
    json_t *rows = json_array();
    figures_reliability(pages, bins);
    for (int i = 0; i < RELIABILITY_BINS; i++)
        json_array_append_new(rows, json_pack("{s:f, s:f, s:i, s:i}", "from", bins[i].from, "said",
                                              bins[i].said, "pages", bins[i].pages, "right",
                                              bins[i].right));
    return rows;
}

static void print_json(const struct labelled_pages *pages)
{
    struct figures figures;
    const char *groups[GROUPS_MAX];
    int count = figures_groups(pages, groups);
    figures_count(pages, NULL, &figures);
    json_t *json = figures_to_json(&figures), *parts = json_object();
    for (int i = 0; i < count; i++) {
        figures_count(pages, groups[i], &figures);
        json_object_set_new(parts, groups[i], figures_to_json(&figures));
    }
    json_object_set_new(json, "curve", curve_to_json(pages));
    json_object_set_new(json, "reliability", reliability_to_json(pages));
    json_object_set_new(json, "groups", parts);
    json_dumpf(json, stdout, JSON_COMPACT | JSON_REAL_PRECISION(6));
    printf("\n");
    json_decref(json);
}

typedef int write_function(FILE *out, const struct labelled_pages *pages, struct err *err);

static int write_file(const char *path, write_function *write, const struct labelled_pages *pages,
                      struct err *err)
{
    FILE *out = path ? fopen(path, "w") : NULL;
    if (!out)
        return path ? err_errno(err, errno, "%s", path) : 0;
    int rc = write(out, pages, err);
    if (fclose(out) != 0 && rc == 0)
        rc = err_errno(err, errno, "%s", path);
    return rc;
}

static int report(const struct options *options, const struct labelled_pages *pages,
                  struct err *err)
{
    for (size_t i = 0; options->list && i < pages->count; i++)
        if (!pages->at[i].refused)
            list_page(&pages->at[i]);
    if (options->json)
        print_json(pages);
    else
        print_text(pages, options->ceiling);
    int rc = write_file(options->html, sheet_write, pages, err);
    return rc < 0 ? rc : write_file(options->table, table_write, pages, err);
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
    case 'H':
        options->html = arg;
        return 0;
    case 't':
        options->table = arg;
        return 0;
    case 'g':
        options->group = arg;
        return 0;
    case 'e':
        options->ceiling = atof(arg) / 100;
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
    {"html", 'H', "FILE", 0, "the figures, curves and every error as a page to look at", 0},
    {"table", 't', "FILE", 0, "a row per page: verdict, times, what letters were told by", 0},
    {"group", 'g', "COLUMN", 0, "figures also by this column of the labels (source)", 0},
    {"ceiling", 'e', "PERCENT", 0, "of wrong verdicts, for the thresholds named (1)", 0},
    {"no-ocr", 'n', NULL, 0, "without any stage that reads text", 0},
    {0},
};

static int run(const struct options *options, struct err *err)
{
    SCOPED(ocr_free) struct ocr *ocr = NULL;
    SCOPED(classifier_free) struct classifier *classifier = NULL;
    SCOPED(labelled_pages_free) struct labelled_pages pages = {0};
    int rc = open_engine(options, &ocr, &classifier, err);
    if (rc == 0)
        rc = labelled_pages_read(options->labels, options->group, &pages, err);
    if (rc == 0) {
        labelled_pages_sort(&pages, classifier);
        rc = report(options, &pages, err);
    }
    if (rc < 0)
        fprintf(stderr, "accuracy: %s\n", err->text);
    return rc;
}

int main(int argc, char **argv)
{
    static const struct argp argp = {
        argp_options, parse_option, "LABELS.tsv", "Compares verdicts with labels.",
        NULL,         NULL,         NULL};
    struct options options = {
        .config = "config/classify.conf", .models = "config/models", .ceiling = 0.01};
    struct err err = {0};
    argp_parse(&argp, argc, argv, 0, NULL, &options);
    return err_exit_status(run(&options, &err));
}
