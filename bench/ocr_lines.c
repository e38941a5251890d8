/*
 * Does the fast engine read a line as the installed Tesseract does? Draws lines of print by chance,
 * or cuts the lines out of pages given, lets both read the same pixels, and compares the texts.
 * Ends 1 when one differs.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <argp.h>
#include <leptonica/allheaders.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/scope.h"
#include "bench/engines/reading.h"
#include "bench/engines/strip.h"
#include "bench/mail/canvas.h"
#include "image/decode.h"
#include "image/header.h"
#include "ocr/fast/lines.h"

enum { PAGES_MAX = 400, DEADLINE_MS = 60000, USUAL_DPI = 300, EXIT_SKIPPED = 77 };

struct options {
    long lines;
    uint64_t seed;
    const char *language, *save;
    const char *pages[PAGES_MAX];
    int page_count;
    bool json;
    enum ocr_kernels kernels;
};

struct run {
    const struct options *options;
    struct engines engines;
    long lines, equal, letters;
    double ms[ENGINES];
};

static int read_strip(struct run *run, const struct Pix *strip, int engine, char **ret_text,
                      struct err *err)
{
    SCOPED(ocr_text_free) struct ocr_text text = {0};
    const struct ocr_request request = {
        .page = strip, .dpi = USUAL_DPI, .layout = OCR_STRIP, .deadline_ms = DEADLINE_MS};
    int64_t start = clock_cpu_us();
    int rc = ocr_read(run->engines.at[engine], &request, &text, err);
    run->ms[engine] += (double)(clock_cpu_us() - start) / 1000;
    if (rc < 0)
        return rc;
    if (text.account.reader != (enum ocr_engine_name)engine)
        return err_set(err, ERR_UNSUPPORTED, "line %ld: the fast engine left it to Tesseract",
                       run->lines);
    *ret_text = ocr_text_plain(&text);
    return *ret_text ? 0 : err_set(err, ERR_MEMORY, "no memory for a text");
}

/* What differs is said, and kept where that is asked. Drawn text is nobody's; a page's may be
 * somebody's, so it is only said with --save. */
static void report_difference(const struct run *run, struct Pix *strip, char *const texts[ENGINES])
{
    char path[256];
    if (run->options->page_count > 0 && !run->options->save)
        return;
    fprintf(stderr, "line %ld\n  fast      %s  tesseract %s", run->lines, texts[OCR_FAST],
            texts[OCR_TESSERACT]);
    if (!run->options->save)
        return;
    snprintf(path, sizeof path, "%s/%06ld.png", run->options->save, run->lines);
    pixWrite(path, strip, IFF_PNG);
}

static int compare_strip(struct run *run, struct Pix *strip, struct err *err)
{
    SCOPED(scope_free) char *fast = NULL;
    SCOPED(scope_free) char *tesseract = NULL;
    int rc = read_strip(run, strip, OCR_FAST, &fast, err);
    if (rc == 0)
        rc = read_strip(run, strip, OCR_TESSERACT, &tesseract, err);
    if (rc < 0)
        return rc;
    bool equal = strcmp(fast, tesseract) == 0;
    if (!equal)
        report_difference(run, strip, (char *const[ENGINES]){fast, tesseract});
    run->lines++;
    run->equal += equal;
    run->letters += (long)strlen(tesseract);
    return 0;
}

static int compare_drawn(struct run *run, struct err *err)
{
    const struct options *options = run->options;
    enum strip_language language =
        strcmp(options->language, "eng") == 0 ? STRIP_ENGLISH : STRIP_FRENCH;
    int rc = 0;
    for (long i = 0; rc == 0 && i < options->lines; i++) {
        struct chance chance = chance_of(options->seed, (uint64_t)i);
        SCOPED(image_free) struct Pix *strip = NULL;
        char text[STRIP_TEXT_SIZE];
        rc = strip_text(&chance, language, text, err);
        if (rc == 0)
            rc = strip_draw(&chance, text, &strip, err);
        if (rc == 0)
            rc = compare_strip(run, strip, err);
    }
    return rc;
}

static int compare_lines_of(struct run *run, struct Pix *page, struct err *err)
{
    SCOPED(fast_layout_free) struct fast_layout layout = {0};
    int dpi = pixGetXRes(page);
    int rc = fast_layout_find(page, dpi > 0 ? dpi : USUAL_DPI, NULL, &layout, err);
    for (size_t i = 0; rc == 0 && i < layout.count; i++) {
        SCOPED(image_free) struct Pix *strip = NULL;
        rc = fast_line_cut(page, &layout.lines[i], &strip, err);
        if (rc == 0)
            rc = compare_strip(run, strip, err);
    }
    return rc;
}

/* A file that cannot be read is named, the rest goes on. */
static int compare_pages(struct run *run, struct err *err)
{
    const struct image_decode_params params = IMAGE_DECODE_DEFAULT;
    int rc = 0;
    for (int i = 0; rc == 0 && i < run->options->page_count; i++) {
        SCOPED(buf_free) struct buf file = {0};
        SCOPED(image_free) struct Pix *page = NULL;
        rc = file_read(run->options->pages[i], IMAGE_FILE_LIMIT_BYTES, &file, err);
        if (rc == 0)
            rc = image_decode(buf_view(&file), &params, &page, err);
        if (rc < 0) {
            fprintf(stderr, "%s: %s\n", run->options->pages[i], err->text);
            rc = 0;
            continue;
        }
        rc = compare_lines_of(run, page, err);
    }
    return rc;
}

static void report(const struct run *run)
{
    double per_line[ENGINES];
    for (int i = 0; i < ENGINES; i++)
        per_line[i] = run->lines ? run->ms[i] / (double)run->lines : 0;
    if (run->options->json)
        printf(
            "{\"language\":\"%s\",\"kernels\":\"%s\",\"lines\":%ld,\"equal\":%ld,\"letters\":%ld,"
            "\"fast_ms\":%.3f,\"tesseract_ms\":%.3f}\n",
            run->options->language, engines_kernels_name(run->options->kernels), run->lines,
            run->equal, run->letters, per_line[OCR_FAST], per_line[OCR_TESSERACT]);
    else
        printf(
            "%s, %s: %ld of %ld lines equal, %ld bytes of text; %.2f ms a line, Tesseract %.2f\n",
            run->options->language, engines_kernels_name(run->options->kernels), run->equal,
            run->lines, run->letters, per_line[OCR_FAST], per_line[OCR_TESSERACT]);
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
    struct options *options = state->input;
    struct err err = {0};
    if (key == 'k') {
        if (engines_kernels(arg, &options->kernels, &err) < 0)
            argp_failure(state, EXIT_FAILURE, 0, "%s", err.text);
    } else if (key == 'n')
        options->lines = strtol(arg, NULL, 10);
    else if (key == 's')
        options->seed = strtoull(arg, NULL, 10);
    else if (key == 'l' && strcmp(arg, "fra") != 0 && strcmp(arg, "eng") != 0)
        argp_error(state, "'%s' is none of fra, eng", arg);
    else if (key == 'l')
        options->language = arg;
    else if (key == 'S')
        options->save = arg;
    else if (key == 'j')
        options->json = true;
    else if (key == ARGP_KEY_ARG && options->page_count == PAGES_MAX)
        argp_error(state, "more than %d pages", PAGES_MAX);
    else if (key == ARGP_KEY_ARG)
        options->pages[options->page_count++] = arg;
    else
        return ARGP_ERR_UNKNOWN;
    return 0;
}

static const struct argp_option argp_options[] = {
    {"lines", 'n', "N", 0, "lines to draw (500)", 0},
    {"seed", 's', "S", 0, "of everything drawn (1)", 0},
    {"language", 'l', "NAME", 0, "fra or eng (fra)", 0},
    {"save", 'S', "DIR", 0, "keep pictures of the lines that differ, say their texts", 0},
    {"kernels", 'k', "NAME", 0, "plain, avx2 or vnni (the best there is)", 0},
    {"json", 'j', NULL, 0, "one JSON object", 0},
    {0},
};

/* An exit status. */
static int compare(const struct options *options)
{
    struct run run = {.options = options};
    struct err err = {0};
    int rc = engines_open(options->language, options->kernels, &run.engines, &err);
    if (rc == 0)
        rc = (options->page_count > 0 ? compare_pages : compare_drawn)(&run, &err);
    engines_close(&run.engines);
    canvas_release_fonts();
    if (rc < 0) {
        fprintf(stderr, "ocr_lines: %s\n", err.text);
        return rc == ERR_NOT_FOUND ? EXIT_SKIPPED : err_exit_status(rc);
    }
    report(&run);
    return run.equal < run.lines || run.lines == 0;
}

int main(int argc, char **argv)
{
    static const struct argp argp = {
        argp_options,
        parse_option,
        "[IMAGE...]",
        "Compares the fast engine with Tesseract on drawn lines, or on lines of pages.",
        NULL,
        NULL,
        NULL};
    struct options options = {.lines = 500, .seed = 1, .language = "fra"};
    argp_parse(&argp, argc, argv, 0, NULL, &options);
    return compare(&options);
}
