/*
 * tripli-reader: decodes, reads and sorts pages for its parent. It loads models and configuration,
 * then opens nothing more; its deadline and memory are enforced from outside.
 * Usage: tripli-reader CONFIG_DIR MEMORY_MIB ENGINE KERNELS, with the socket on descriptor 3.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <leptonica/allheaders.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sysexits.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/seal.h"
#include "classify/classify.h"
#include "image/decode.h"
#include "image/header.h"
#include "image/page.h"
#include "image/turn.h"
#include "ocr/ocr.h"
#include "workers/pipe.h"
#include "workers/program.h"
#include "workers/reader_seal.h"

enum { SOCKET_FD = 3, USUAL_DPI = 300 /* when a file does not say */ };

struct reading {
    struct ocr *ocr;
    struct classifier *classifier;
};

/* What the parent asks for. */
struct order {
    const char *config_dir;
    rlim_t memory_mib;
    enum ocr_engine_name engine;
    enum ocr_kernels kernels;
};

static int open_reading(struct reading *reading, const struct order *order, struct err *err)
{
    struct ocr_params ocr = OCR_DEFAULT;
    char config[PATH_MAX], models[PATH_MAX];
    snprintf(config, sizeof config, "%s/classify.conf", order->config_dir);
    snprintf(models, sizeof models, "%s/models", order->config_dir);
    ocr.engine = order->engine;
    ocr.kernels = order->kernels;
    int rc = ocr_open(&ocr, &reading->ocr, err);
    if (rc < 0)
        return rc;
    if (ocr_refusal(reading->ocr))
        log_warn("Tesseract reads every page, the fast engine none: %s", ocr_refusal(reading->ocr));
    const struct classifier_params params = {config, models, reading->ocr};
    return classifier_open(&params, &reading->classifier, err);
}

static json_t *error_of(const struct err *err, unsigned pages)
{
    return json_pack("{s:{s:s, s:s}, s:i}", "error", "code", err_name(err->code), "text", err->text,
                     "pages", (int)pages);
}

static json_t *read_page(struct reading *reading, const json_t *request, struct bytes file)
{
    int page = 0, deadline_ms = 0;
    const char *captured = NULL;
    struct err err = {0};
    struct image_header header = {0};
    if (json_unpack((json_t *)request, "{s:i, s:i, s:s}", "page", &page, "deadline_ms",
                    &deadline_ms, "finding", &captured))
        return NULL;
    const int finding = quality_finding_of_name(captured);
    int64_t start_us = clock_cpu_us();
    if (image_header_read(file, (unsigned)page, &header, &err) < 0)
        return error_of(&err, 0);
    const struct classify_page what = {.file = file,
                                       .page = (unsigned)page,
                                       .deadline_ms = deadline_ms,
                                       .captured = finding < 0 ? 0 : 1u << finding};
    struct verdict verdict = {0};
    json_t *answer;
    if (classifier_read(reading->classifier, &what, &verdict, &err) < 0)
        answer = error_of(&err, header.pages);
    else
        answer = json_pack("{s:o, s:i, s:I}", "verdict", verdict_to_json(&verdict), "pages",
                           (int)header.pages, "cpu_ms",
                           (json_int_t)((clock_cpu_us() - start_us) / 1000));
    verdict_clear(&verdict);
    return answer;
}

static int dpi_of(const struct Pix *page)
{
    int dpi = pixGetXRes((struct Pix *)page);
    return dpi > 0 ? dpi : USUAL_DPI;
}

/* Full text on demand: the page is turned upright as its verdict says, then read whole. */
static json_t *read_text(struct reading *reading, const json_t *request, struct bytes file)
{
    int rotation = 0, deadline_ms = 0;
    struct err err = {0};
    struct Pix *page = NULL;
    if (json_unpack((json_t *)request, "{s:i, s:i}", "rotation", &rotation, "deadline_ms",
                    &deadline_ms))
        return NULL;
    if (image_decode(file, &IMAGE_DECODE_DEFAULT, &page, &err) < 0)
        return error_of(&err, 0);
    struct Pix *upright = NULL;
    int rc = turn_upright(page, rotation, &upright, &err);
    struct ocr_text text = {0};
    const struct ocr_request what = {.page = upright,
                                     .dpi = rc == 0 ? dpi_of(upright) : USUAL_DPI,
                                     .layout = OCR_PAGE,
                                     .deadline_ms = deadline_ms};
    if (rc == 0)
        rc = ocr_read(reading->ocr, &what, &text, &err);
    char *plain = rc == 0 ? ocr_text_plain(&text) : NULL;
    json_t *answer = plain ? json_pack("{s:s}", "text", plain) : error_of(&err, 0);
    free(plain);
    ocr_text_free(&text);
    image_free(&page);
    image_free(&upright);
    return answer;
}

/* A sheet for a PDF: the words with their boxes, and the upright page's rows as payload. */
static json_t *words_of(const struct ocr_text *text)
{
    json_t *words = json_array();
    for (size_t i = 0; i < text->count; i++) {
        const struct ocr_word *word = &text->words[i];
        json_array_append_new(words, json_pack("[s, i, i, i, i]", word->text, word->box.x,
                                               word->box.y, word->box.width, word->box.height));
    }
    return words;
}

static int rows_of(const struct Pix *page, struct buf *ret_rows, struct err *err)
{
    const size_t row = page_row_bytes(page);
    const uint32_t height = (uint32_t)pixGetHeight(page);
    uint8_t *line = malloc(row);
    int rc = line ? 0 : ERR_MEMORY;
    for (uint32_t y = 0; rc == 0 && y < height; y++) {
        page_get_row(page, y, line);
        rc = buf_append(ret_rows, bytes_of(line, row));
    }
    free(line);
    return rc < 0 ? err_set(err, ERR_MEMORY, "no memory for the rows of a page") : 0;
}

static json_t *sheet_of(struct Pix *page, const struct ocr_text *text)
{
    return json_pack("{s:o, s:i, s:i, s:i, s:f, s:f}", "words", words_of(text), "width",
                     (int)pixGetWidth(page), "height", (int)pixGetHeight(page), "depth",
                     (int)pixGetDepth(page), "x_dpi", (double)pixGetXRes(page), "y_dpi",
                     (double)pixGetYRes(page));
}

static json_t *read_sheet(struct reading *reading, const json_t *request, struct bytes file,
                          struct buf *ret_rows)
{
    int rotation = 0, deadline_ms = 0, written = 0;
    struct err err = {0};
    struct Pix *page = NULL, *upright = NULL;
    struct ocr_text text = {0};
    if (json_unpack((json_t *)request, "{s:i, s:b, s:i}", "sheet", &rotation, "written", &written,
                    "deadline_ms", &deadline_ms))
        return NULL;
    int rc = image_decode(file, &IMAGE_DECODE_DEFAULT, &page, &err);
    if (rc == 0)
        rc = turn_upright(page, rotation, &upright, &err);
    if (rc == 0 && written) {
        const struct ocr_request what = {.page = upright,
                                         .dpi = dpi_of(upright),
                                         .layout = OCR_PAGE,
                                         .deadline_ms = deadline_ms};
        rc = ocr_read(reading->ocr, &what, &text, &err);
    }
    if (rc == 0)
        rc = rows_of(upright, ret_rows, &err);
    json_t *answer = rc == 0 ? sheet_of(upright, &text) : error_of(&err, 0);
    ocr_text_free(&text);
    image_free(&page);
    image_free(&upright);
    return answer;
}

static int answer_one(struct reading *reading, struct err *err)
{
    json_t *request = NULL;
    struct buf file = {0}, rows = {0};
    int rc = pipe_receive(SOCKET_FD, &request, &file, err);
    if (rc < 0)
        return rc;
    json_t *answer =
        json_object_get(request, "sheet") ? read_sheet(reading, request, buf_view(&file), &rows)
        : json_object_get(request, "rotation") ? read_text(reading, request, buf_view(&file))
                                               : read_page(reading, request, buf_view(&file));
    rc = answer ? pipe_send(SOCKET_FD, answer, buf_view(&rows), err)
                : err_set(err, ERR_PROTOCOL, "request not understood");
    json_decref(answer);
    json_decref(request);
    buf_free(&file);
    buf_free(&rows);
    return rc;
}

static int announce(struct err *err)
{
    json_t *ready = json_pack("{s:b}", "ready", 1);
    int rc = pipe_send(SOCKET_FD, ready, bytes_of(NULL, 0), err);
    json_decref(ready);
    return rc;
}

static int serve(const struct order *order, struct err *err)
{
    struct reading reading = {0};
    int rc = seal_start(err);
    if (rc == 0)
        rc = open_reading(&reading, order, err);
    if (rc == 0)
        rc = reader_seal(order->memory_mib, err);
    if (rc == 0)
        rc = announce(err);
    while (rc == 0)
        rc = answer_one(&reading, err);
    classifier_free(&reading.classifier);
    ocr_free(&reading.ocr);
    return rc == ERR_UNAVAILABLE ? 0 : rc; /* the parent closes when it is done */
}

int main(int argc, char **argv)
{
    struct err err = {0};
    if (argc != 5) {
        fprintf(stderr, "tripli-reader is started by tripli-worker and tripli page\n");
        return EX_USAGE;
    }
    log_start("tripli-reader");
    program_keep_memory();
    signal(SIGINT, SIG_IGN); /* a key typed at the terminal is for the parent to handle */
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    struct order order = {argv[1], (rlim_t)strtoul(argv[2], NULL, 10),
                          strcmp(argv[3], "tesseract") == 0 ? OCR_TESSERACT : OCR_FAST,
                          OCR_KERNELS_BEST};
    ocr_kernels_of_name(argv[4], &order.kernels); /* the parent has checked it */
    int rc = serve(&order, &err);
    if (rc < 0)
        log_error("reader: %s", err.text);
    return err_exit_status(rc);
}
