/*
 * The engines that read text, side by side on the same pages in one run: pages a second on one
 * core, milliseconds by step, letters wrong and words found against what stands there and against
 * each other, and how many pages the fast engine leaves to Tesseract; in all and by class of page.
 * docs/bench-ocr.md says what each figure means.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <argp.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/scope.h"
#include "bench/engines/tally.h"

struct options {
    const char *labels, *group;
    int most; /* pages of a class; 0: all */
    bool json, list, command;
    enum ocr_kernels kernels;
};

struct run {
    const struct options *options;
    struct engines engines;
    struct labelled_pages pages;
    struct classes classes;
    struct tally own, left; /* pages that the fast engine read, and that it left to Tesseract */
    int refused;            /* files that could not be read */
};

static void run_free(struct run *run)
{
    engines_close(&run->engines);
    labelled_pages_free(&run->pages);
}

/* ---- measuring ---- */

static void class_name(const struct labelled_page *page, char ret_name[CLASS_NAME_SIZE])
{
    snprintf(ret_name, CLASS_NAME_SIZE, "%s%s%s", tag_name(page->truth), *page->group ? " " : "",
             page->group);
}

/* On a terminal only. */
static void show_progress(size_t done, size_t of)
{
    if (isatty(STDERR_FILENO))
        fprintf(stderr, "\r%zu of %zu pages%s", done, of, done == of ? "\n" : "");
}

static void list_page(const struct labelled_page *page, const struct page_reading *reading,
                      const struct tally *of)
{
    const struct ocr_account *fast = &reading->accounts[OCR_FAST];
    printf("%-9s %-8s %7.0f ms %7.0f ms  wrong %5zu %5zu of %5zu  found %4zu %4zu of %4zu  apart "
           "%5zu  %s\n",
           tag_name(page->truth), ocr_fallback_name(fast->fallback), reading->ms[OCR_FAST],
           reading->ms[OCR_TESSERACT], of->errors[OCR_FAST], of->errors[OCR_TESSERACT], of->letters,
           of->found[OCR_FAST], of->found[OCR_TESSERACT], of->words, of->apart, page->path);
}

static int measure_page(struct run *run, size_t at, struct tally *class, struct err *err)
{
    const struct labelled_page *page = &run->pages.at[at];
    SCOPED(page_reading_free) struct page_reading reading = {0};
    struct tally alone = {0};
    int rc = page_reading_make(&run->engines, &run->pages, page, &reading, err);
    if (rc == ERR_MEMORY)
        return rc;
    if (rc < 0) {
        fprintf(stderr, "%s: %s\n", page->path, err->text);
        run->refused++;
        return 0;
    }
    if (run->options->command && atoi(page->rotation) == 0)
        rc = page_reading_command(&run->pages, page, &reading, err);
    if (rc == 0)
        rc = tally_add(&alone, &reading, err);
    if (rc < 0)
        return rc;
    if (run->options->list)
        list_page(page, &reading, &alone);
    tally_join(class, &alone);
    tally_join(reading.accounts[OCR_FAST].reader == OCR_FAST ? &run->own : &run->left, &alone);
    return 0;
}

static int measure(struct run *run, struct err *err)
{
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < run->pages.count; i++) {
        const struct labelled_page *page = &run->pages.at[i];
        char name[CLASS_NAME_SIZE];
        class_name(page, name);
        struct tally *class =
            tag_is_written(page->truth) ? classes_find(&run->classes, name) : NULL;
        if (class && (run->options->most == 0 || class->pages < run->options->most))
            rc = measure_page(run, i, class, err);
        show_progress(i + 1, run->pages.count);
    }
    if (rc == 0 && run->own.pages + run->left.pages == 0)
        rc = err_set(err, ERR_FORMAT, "%s: no page of it was read", run->options->labels);
    return rc;
}

static struct tally total_of(const struct run *run)
{
    struct tally all = run->own;
    tally_join(&all, &run->left);
    return all;
}

/* ---- the report ---- */

static double per_page(double sum, int pages)
{
    return pages ? sum / pages : 0;
}

static double ratio(double of, double to)
{
    return to > 0 ? of / to : 0;
}

static int left_over(const struct tally *tally)
{
    return tally->pages - tally->fallbacks[OCR_FALLBACK_NONE];
}

static void print_speed(const char *name, const struct tally *tally)
{
    printf("%-22s %5d %5d", name, tally->pages, left_over(tally));
    for (int i = 0; i < OCR_STEP_COUNT; i++)
        printf(" %9.1f", per_page(tally->steps[i], tally->pages));
    for (int i = 0; i < ENGINES; i++)
        printf(" %8.2f", ratio(1000.0 * tally->pages, tally->ms[i]));
    printf(" %6.1f", ratio(tally->ms[OCR_TESSERACT], tally->ms[OCR_FAST]));
    if (tally->commands > 0)
        printf(" %7.1f", ratio(tally->command_ms, tally->beside_ms));
    printf("\n");
}

static void print_share(size_t part, size_t of)
{
    if (of > 0)
        printf(" %8.2f", tally_percent(part, of));
    else
        printf(" %8s", "-");
}

static void print_truth(const char *name, const struct tally *tally)
{
    printf("%-22s %8zu", name, tally->letters);
    for (int i = 0; i < ENGINES; i++)
        print_share(tally->errors[i], tally->letters);
    printf(" %7zu", tally->words);
    for (int i = 0; i < ENGINES; i++)
        print_share(tally->found[i], tally->words);
    print_share(tally->common, tally->read[OCR_TESSERACT]);
    print_share(tally->common, tally->read[OCR_FAST]);
    print_share(tally->apart, tally->apart_of);
    printf("\n");
}

static void print_rows(const struct run *run, void (*print)(const char *, const struct tally *))
{
    const struct tally all = total_of(run);
    for (int i = 0; i < run->classes.count; i++)
        print(run->classes.at[i].name, &run->classes.at[i].tally);
    print("read by fast", &run->own);
    print("left to Tesseract", &run->left);
    print("all", &all);
}

static void print_text(const struct run *run)
{
    printf("kernels: %s\n", engines_kernels_name(run->options->kernels));
    printf("%-22s %5s %5s", "ms a page", "pages", "left");
    for (int i = 0; i < OCR_STEP_COUNT; i++)
        printf(" %9s", ocr_step_name((enum ocr_step)i));
    printf(" %8s %8s %6s%s\n", "fast /s", "tess. /s", "ratio",
           run->options->command ? " command" : "");
    print_rows(run, print_speed);
    printf("\n%-22s %8s %8s %8s %7s %8s %8s %8s %8s %8s\n", "percent", "letters", "wrong f",
           "wrong t", "words", "found f", "found t", "t's in f", "f's in t", "apart");
    print_rows(run, print_truth);
    if (run->refused > 0)
        printf("%d files could not be read\n", run->refused);
}

static json_t *engines_to_json(const struct tally *tally)
{
    json_t *engines = json_object();
    static const char *const names[ENGINES] = {[OCR_FAST] = "fast", [OCR_TESSERACT] = "tesseract"};
    for (int i = 0; i < ENGINES; i++)
        json_object_set_new(
            engines, names[i],
            json_pack("{s:f, s:f, s:I, s:I, s:I}", "ms", per_page(tally->ms[i], tally->pages),
                      "pages_per_second", ratio(1000.0 * tally->pages, tally->ms[i]),
                      "letters_wrong", (json_int_t)tally->errors[i], "words_found",
                      (json_int_t)tally->found[i], "words_read", (json_int_t)tally->read[i]));
    return engines;
}

static json_t *tally_to_json(const struct tally *tally)
{
    json_t *steps = json_object(), *fallbacks = json_object();
    for (int i = 0; i < OCR_STEP_COUNT; i++)
        json_object_set_new(steps, ocr_step_name((enum ocr_step)i),
                            json_real(per_page(tally->steps[i], tally->pages)));
    for (int i = 1; i < OCR_FALLBACK_COUNT; i++)
        json_object_set_new(fallbacks, ocr_fallback_name((enum ocr_fallback)i),
                            json_integer(tally->fallbacks[i]));
    return json_pack("{s:i, s:i, s:o, s:o, s:o, s:f, s:I, s:I, s:I, s:I, s:I, s:i, s:f}", "pages",
                     tally->pages, "left", left_over(tally), "left_because", fallbacks, "steps_ms",
                     steps, "engines", engines_to_json(tally), "ratio",
                     ratio(tally->ms[OCR_TESSERACT], tally->ms[OCR_FAST]), "letters",
                     (json_int_t)tally->letters, "words", (json_int_t)tally->words, "words_common",
                     (json_int_t)tally->common, "letters_apart", (json_int_t)tally->apart,
                     "letters_apart_of", (json_int_t)tally->apart_of, "commands", tally->commands,
                     "command_ratio", ratio(tally->command_ms, tally->beside_ms));
}

static void print_json(const struct run *run)
{
    const struct tally all = total_of(run);
    json_t *classes = json_object();
    for (int i = 0; i < run->classes.count; i++)
        json_object_set_new(classes, run->classes.at[i].name,
                            tally_to_json(&run->classes.at[i].tally));
    json_t *json = json_pack("{s:s, s:s, s:s, s:i, s:o, s:o, s:o, s:o}", "kernels",
                             engines_kernels_name(run->options->kernels), "fast",
                             ocr_id(run->engines.at[OCR_FAST]), "tesseract",
                             ocr_id(run->engines.at[OCR_TESSERACT]), "refused", run->refused, "all",
                             tally_to_json(&all), "read_by_fast", tally_to_json(&run->own),
                             "left_to_tesseract", tally_to_json(&run->left), "classes", classes);
    json_dumpf(json, stdout, JSON_COMPACT | JSON_REAL_PRECISION(6));
    printf("\n");
    json_decref(json);
}

/* ---- options ---- */

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
    struct options *options = state->input;
    struct err err = {0};
    if (key == 'k') {
        if (engines_kernels(arg, &options->kernels, &err) < 0)
            argp_failure(state, EXIT_FAILURE, 0, "%s", err.text);
    } else if (key == 'g')
        options->group = arg;
    else if (key == 'n')
        options->most = atoi(arg);
    else if (key == 'c')
        options->command = true;
    else if (key == 'l')
        options->list = true;
    else if (key == 'j')
        options->json = true;
    else if (key == ARGP_KEY_ARG && !options->labels)
        options->labels = arg;
    else if (key == ARGP_KEY_ARG || (key == ARGP_KEY_END && !options->labels))
        argp_usage(state);
    else
        return ARGP_ERR_UNKNOWN;
    return 0;
}

static const struct argp_option argp_options[] = {
    {"group", 'g', "COLUMN", 0, "classes also by this column of the labels (note)", 0},
    {"pages", 'n', "N", 0, "at most so many of each class (all)", 0},
    {"command", 'c', NULL, 0, "let the tesseract command read upright pages too", 0},
    {"list", 'l', NULL, 0, "a line per page", 0},
    {"kernels", 'k', "NAME", 0, "plain, avx2 or vnni (the best there is)", 0},
    {"json", 'j', NULL, 0, "one JSON object", 0},
    {0},
};

static int run_all(const struct options *options, struct err *err)
{
    SCOPED(run_free) struct run run = {.options = options};
    int rc = engines_open("fra", options->kernels, &run.engines, err);
    if (rc == 0)
        rc = labelled_pages_read(options->labels, options->group, &run.pages, err);
    if (rc == 0)
        rc = measure(&run, err);
    if (rc == 0 && options->json)
        print_json(&run);
    else if (rc == 0)
        print_text(&run);
    if (rc < 0)
        fprintf(stderr, "ocr: %s\n", err->text);
    return rc;
}

int main(int argc, char **argv)
{
    static const struct argp argp = {
        argp_options, parse_option, "LABELS.tsv", "Compares the engines that read text.",
        NULL,         NULL,         NULL};
    struct options options = {.group = "note"};
    struct err err = {0};
    argp_parse(&argp, argc, argv, 0, NULL, &options);
    return err_exit_status(run_all(&options, &err));
}
