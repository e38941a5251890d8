/*
 * One page, both engines: see reading.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "bench/engines/reading.h"

#include <leptonica/allheaders.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/scope.h"
#include "bench/working_day/yardstick.h"
#include "image/binarise.h"
#include "image/decode.h"
#include "image/skew.h"
#include "image/turn.h"
#include "ocr/fast/kernels.h"

enum {
    DEADLINE_MS = 120000,
    DPI_LEAST = 70, /* less is no scan of a page: then the paper is taken for A4 */
    DPI_MOST = 600
};
static const double a4_inches = 210 / 25.4;
/* As classify/step_text.c: a smaller skew is left to the engines. */
static const double straight_enough = 0.4, sure_skew = 0.3;

const char *engines_kernels_name(enum ocr_kernels kernels)
{
    return fast_kernels_choose(kernels)->name;
}

int engines_kernels(const char *name, enum ocr_kernels *ret_kernels, struct err *err)
{
    if (!ocr_kernels_of_name(name, ret_kernels))
        return err_set(err, ERR_CONFIG, "'%s' is none of best, plain, avx2, vnni", name);
    if (*ret_kernels == OCR_KERNELS_BEST || strcmp(engines_kernels_name(*ret_kernels), name) == 0)
        return 0;
    return err_set(err, ERR_UNSUPPORTED, "this processor has no '%s', at best '%s'", name,
                   engines_kernels_name(OCR_KERNELS_BEST));
}

int engines_open(const char *language, enum ocr_kernels kernels, struct engines *ret_engines,
                 struct err *err)
{
    struct ocr_params params = {.language = language, .kernels = kernels};
    int rc = 0;
    *ret_engines = (struct engines){0};
    for (int i = 0; rc == 0 && i < ENGINES; i++) {
        params.engine = (enum ocr_engine_name)i;
        rc = ocr_open(&params, &ret_engines->at[i], err);
    }
    if (rc == 0 && ocr_refusal(ret_engines->at[OCR_FAST]))
        rc = err_set(err, ERR_UNSUPPORTED, "the fast engine does not read: %s",
                     ocr_refusal(ret_engines->at[OCR_FAST]));
    return rc;
}

void engines_close(struct engines *engines)
{
    for (int i = 0; i < ENGINES; i++)
        ocr_free(&engines->at[i]);
}

void page_reading_free(struct page_reading *reading)
{
    for (int i = 0; i < ENGINES; i++)
        free(reading->texts[i]);
    free(reading->running);
    free(reading->print);
    *reading = (struct page_reading){0};
}

static int take_text(const struct labelled_pages *pages, const char *path, char **ret_text,
                     struct err *err)
{
    SCOPED(buf_free) struct buf text = {0};
    if (!*path)
        return 0;
    int rc = labelled_file(pages, path, &text, err);
    if (rc == 0 && buf_append(&text, bytes_of("", 1)) < 0)
        rc = err_set(err, ERR_MEMORY, "%s: no memory", path);
    if (rc < 0)
        return rc;
    *ret_text = (char *)text.at;
    text = (struct buf){0};
    return 0;
}

static int straighten(struct Pix **page, struct err *err)
{
    SCOPED(image_free) struct Pix *bits = NULL;
    SCOPED(image_free) struct Pix *straight = NULL;
    struct skew_params params = SKEW_DEFAULT;
    struct skew skew = {0};
    int rc = binarise(*page, &BINARISE_DEFAULT, &bits, err);
    if (rc == 0)
        rc = image_skew(bits, &params, &skew, err);
    if (rc < 0 || skew.confidence < sure_skew || fabs(skew.degrees) < straight_enough)
        return rc;
    rc = turn_straight(*page, skew.degrees, &straight, err);
    if (rc == 0) {
        struct Pix *was = *page;
        *page = straight;
        straight = was;
    }
    return rc;
}

static int make_ready(const struct labelled_pages *pages, const struct labelled_page *page,
                      struct Pix **ret_page, struct err *err)
{
    SCOPED(buf_free) struct buf file = {0};
    SCOPED(image_free) struct Pix *decoded = NULL;
    const struct image_decode_params params = IMAGE_DECODE_DEFAULT;
    int rc = labelled_page_file(pages, page, &file, err);
    if (rc == 0)
        rc = image_decode(buf_view(&file), &params, &decoded, err);
    if (rc == 0)
        rc = turn_upright(decoded, atoi(page->rotation), ret_page, err);
    return rc < 0 ? rc : straighten(ret_page, err);
}

static int dpi_of(const struct Pix *page)
{
    struct Pix *asked = (struct Pix *)(uintptr_t)page; /* Leptonica's getters take no const */
    int dpi = pixGetXRes(asked);
    return dpi >= DPI_LEAST && dpi <= DPI_MOST ? dpi : (int)(pixGetWidth(asked) / a4_inches);
}

static int read_by(struct ocr *ocr, const struct Pix *page, int engine,
                   struct page_reading *reading, struct err *err)
{
    SCOPED(ocr_text_free) struct ocr_text text = {0};
    struct ocr_request request = {.page = page, .dpi = dpi_of(page), .deadline_ms = DEADLINE_MS};
    int64_t start = clock_cpu_us();
    request.dpi = request.dpi > 0 ? request.dpi : 1;
    int rc = ocr_read(ocr, &request, &text, err);
    reading->ms[engine] = (double)(clock_cpu_us() - start) / 1000;
    reading->accounts[engine] = text.account;
    if (rc < 0)
        return rc;
    reading->texts[engine] = ocr_text_plain(&text);
    return reading->texts[engine] ? 0 : err_set(err, ERR_MEMORY, "no memory for a text");
}

int page_reading_make(const struct engines *engines, const struct labelled_pages *pages,
                      const struct labelled_page *page, struct page_reading *ret_reading,
                      struct err *err)
{
    SCOPED(image_free) struct Pix *pix = NULL;
    *ret_reading = (struct page_reading){0};
    int rc = make_ready(pages, page, &pix, err);
    for (int i = 0; rc == 0 && i < ENGINES; i++) {
        int engine = (int)((page - pages->at) + i) % ENGINES;
        rc = read_by(engines->at[engine], pix, engine, ret_reading, err);
    }
    if (rc == 0)
        rc = take_text(pages, page->text, &ret_reading->running, err);
    if (rc == 0)
        rc = take_text(pages, page->print, &ret_reading->print, err);
    if (rc < 0)
        page_reading_free(ret_reading);
    return rc;
}

int page_reading_command(const struct labelled_pages *pages, const struct labelled_page *page,
                         struct page_reading *reading, struct err *err)
{
    const char *slash = strrchr(pages->labels, '/');
    char folder[PATH_MAX];
    struct batch_side side = {0};
    struct yardstick yardstick;
    if (strlen(page->path) >= sizeof side.path)
        return 0;
    snprintf(folder, sizeof folder, "%.*s", slash ? (int)(slash - pages->labels) : 1,
             slash ? pages->labels : ".");
    snprintf(side.path, sizeof side.path, "%s", page->path);
    const struct sample sample = {.folder = folder, .sides = {&side}, .count = 1};
    int rc = yardstick_run(&sample, 1, &yardstick, err);
    if (rc == 0)
        reading->command_ms = 1000 * yardstick.cpu_seconds;
    return rc;
}
