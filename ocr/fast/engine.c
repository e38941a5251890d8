/*
 * The fast recogniser behind the engine interface, with Tesseract behind it: lines that the line
 * finder answers for and that read well are read here, everything else by Tesseract. The choice
 * depends on the pixels alone, so the same page gives the same words.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <leptonica/allheaders.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/scope.h"
#include "image/binarise.h"
#include "image/decode.h"
#include "ocr/fast/lines.h"
#include "ocr/fast/reader.h"
#include "ocr/model_file.h"

/* Below this mean probability a page was cut or read badly, and Tesseract tries: clean and worn
 * print gives 0.82 to 0.92. Pages between this and 0.75 are turned or handwritten ones that
 * Tesseract reads no better (docs/ocr.md). */
static const double least_assurance = 0.55;

/* Of a line: below, its contrast may be why. */
static const double poor_assurance = 0.8;

static const float widest_gap = 5; /* between the pieces of a line, in x-heights */

/* Specks, strokes of a pen and pieces of stamps that were taken for a line read as a few letters of
 * which the network is sure of none; print of one letter or a short word gives 0.85 and more. */
static const float least_sure = 0.6f, least_likely = 0.3f;
enum { FEW_LETTERS = 4, SOME_LETTERS = 12 };

enum { ID_SIZE = 160 };

struct fast_engine {
    void *tesseract;
    struct fast_reader *reader; /* NULL: the model is not for it */
    char id[ID_SIZE];
    struct err refusal; /* why there is no reader */
};

static void close_engine(void *state)
{
    struct fast_engine *engine = state;
    if (engine->tesseract)
        ocr_tesseract.close(engine->tesseract);
    fast_reader_free(&engine->reader);
    free(engine);
}

static void free_engine(struct fast_engine **engine)
{
    if (*engine)
        close_engine(*engine);
}

/* Equality with the installed library was found for the releases that draw padding noise as
 * forward.c does; beside others Tesseract reads alone. */
static bool is_known_release(const char *id)
{
    int major, minor, patch;
    if (sscanf(id, "tesseract %d.%d.%d", &major, &minor, &patch) != 3 || major != 5)
        return false;
    return minor < 5 || (minor == 5 && patch == 0);
}

/* A model that is refused is no error: Tesseract reads then. */
static int open_reader(struct fast_engine *engine, const struct ocr_params *params, struct err *err)
{
    SCOPED(buf_free) struct buf model = {0};
    if (!is_known_release(ocr_tesseract.id(engine->tesseract))) {
        err_set(&engine->refusal, ERR_UNSUPPORTED,
                "%.60s is no release from 5.0 to 5.5.0, whose reading is known",
                ocr_tesseract.id(engine->tesseract));
        return 0;
    }
    int rc = ocr_model_read(params, &model, err);
    if (rc < 0)
        return rc;
    rc = fast_reader_new(&model, params->kernels, &engine->reader, &engine->refusal);
    if (rc == ERR_MEMORY)
        return err_set(err, ERR_MEMORY, "%s", engine->refusal.text);
    return 0;
}

static int open_engine(const struct ocr_params *params, void **ret_state, struct err *err)
{
    SCOPED(free_engine) struct fast_engine *engine = calloc(1, sizeof *engine);
    if (!engine)
        return err_set(err, ERR_MEMORY, "no memory for a text reader");
    int rc = ocr_tesseract.open(params, &engine->tesseract, err);
    if (rc == 0)
        rc = open_reader(engine, params, err);
    if (rc < 0)
        return rc;
    snprintf(engine->id, sizeof engine->id, "%s%s", engine->reader ? "fast 1, " : "",
             ocr_tesseract.id(engine->tesseract));
    *ret_state = engine;
    engine = NULL;
    return 0;
}

static const char *id(const void *state)
{
    return ((const struct fast_engine *)state)->id;
}

static const char *refusal(const void *state)
{
    const struct fast_engine *engine = state;
    return engine->reader ? NULL : engine->refusal.text;
}

/* ---- one page ---- */

struct page_reading {
    struct fast_engine *engine;
    struct Pix *crop, *ink; /* as given, and black and white */
    const struct ocr_request *request;
    int64_t started_ms;
    struct ocr_text *text;
    enum ocr_fallback fallback; /* it is not to be trusted */
    double assurance, weight;   /* of the lines so far, by their widths */
};

static struct Pix *cut(struct Pix *from, const struct ocr_rect *rect)
{
    SCOPED(boxDestroy) BOX *box = boxCreate(rect->x, rect->y, rect->width, rect->height);
    return box ? pixClipRectangle(from, box, NULL) : NULL;
}

/* A word's box as high as its ink. */
static void tighten(const struct page_reading *reading, struct ocr_word *word)
{
    SCOPED(image_free) struct Pix *ink = cut(reading->ink, &word->box);
    SCOPED(boxDestroy) BOX *box = NULL;
    l_int32 x, y, width, height;
    if (!ink || pixClipToForeground(ink, NULL, &box) != 0 || !box ||
        boxGetGeometry(box, &x, &y, &width, &height) != 0)
        return;
    word->box = (struct ocr_rect){word->box.x + x, word->box.y + y, width, height};
}

/* Takes the words from `first` to `end` out; `words` is NULL before the first word. */
static void take_out(struct ocr_text *text, size_t first, size_t end)
{
    if (first == end)
        return;
    for (size_t i = first; i < end; i++)
        free(text->words[i].text);
    memmove(text->words + first, text->words + end, (text->count - end) * sizeof *text->words);
    text->count -= end - first;
}

/* Reads a strip, and a second time where that was poor and its contrast was why. */
static int read_well(struct page_reading *reading, const struct Pix *strip, double *ret_assurance,
                     struct err *err)
{
    struct ocr_text *text = reading->text;
    size_t first = text->count, end;
    double anew = 0;
    int rc = fast_reader_line(reading->engine->reader, strip, text, ret_assurance, err);
    if (rc < 0 || *ret_assurance >= poor_assurance || reading->request->layout == OCR_STRIP)
        return rc;
    end = text->count;
    rc = fast_reader_line_anew(reading->engine->reader, strip, text, &anew, err);
    if (rc < 0)
        return rc;
    if (anew > *ret_assurance) {
        take_out(text, first, end);
        *ret_assurance = anew;
    } else {
        take_out(text, end, text->count);
    }
    return 0;
}

static int read_line(struct page_reading *reading, const struct fast_line *line, int32_t number,
                     struct err *err)
{
    SCOPED(image_free) struct Pix *strip = NULL;
    double assurance;
    size_t first = reading->text->count;
    int64_t spent = clock_cpu_us();
    int rc = fast_line_cut(reading->crop, line, &strip, err);
    ocr_spent(&reading->text->account, OCR_STEP_CUT, spent);
    if (rc < 0)
        return rc;
    rc = read_well(reading, strip, &assurance, err);
    spent = clock_cpu_us();
    for (size_t i = first; rc == 0 && i < reading->text->count; i++) {
        struct ocr_word *word = &reading->text->words[i];
        word->box.x += line->strip.x;
        word->box.y += fast_line_top(line, word->box.x + word->box.width / 2);
        word->line = number;
        tighten(reading, word);
    }
    ocr_spent(&reading->text->account, OCR_STEP_CUT, spent);
    reading->assurance += assurance * line->strip.width;
    reading->weight += line->strip.width;
    return rc;
}

/* Whether the words from `first` on are what specks read as. */
static bool is_debris(const struct ocr_text *text, size_t first)
{
    size_t letters = 0;
    float best = 0;
    for (size_t i = first; i < text->count; i++) {
        if (text->words[i].confidence > best)
            best = text->words[i].confidence;
        for (const char *at = text->words[i].text; *at; at++)
            letters += (*at & 0xC0) != 0x80; /* the first byte of a character */
    }
    return (letters <= FEW_LETTERS && best < least_sure) ||
           (letters <= SOME_LETTERS && best < least_likely);
}

static int check_deadline(const struct page_reading *reading, struct err *err)
{
    int64_t spent = clock_mono_ms() - reading->started_ms;
    if (spent <= reading->request->deadline_ms)
        return 0;
    return err_set(err, ERR_TIMEOUT, "%zu words read in %lld ms, the deadline was %d ms",
                   reading->text->count, (long long)spent, reading->request->deadline_ms);
}

/* A line that was found in pieces, at wide gaps: the next piece stands on the same base, to the
 * right, not farther than words of justified or careless writing do. */
static bool goes_on(const struct fast_line *line, const struct fast_line *next)
{
    float gap = (float)(next->box.x - line->box.x - line->box.width);
    float size = line->x_height > next->x_height ? line->x_height : next->x_height;
    float step = next->baseline_left - line->baseline_right;
    return gap > -size && gap < widest_gap * size && step > -size / 2 && step < size / 2;
}

static bool is_alone(const struct fast_layout *layout, size_t at)
{
    const struct fast_line *line = &layout->lines[at];
    return (at == 0 || !goes_on(line - 1, line)) &&
           (at + 1 == layout->count || !goes_on(line, line + 1));
}

static int read_lines(struct page_reading *reading, const struct fast_layout *layout,
                      struct err *err)
{
    int32_t number = 0;
    int64_t spent = clock_cpu_us();
    int rc = binarise(reading->crop, &BINARISE_DEFAULT, &reading->ink, err);
    ocr_spent(&reading->text->account, OCR_STEP_CUT, spent);
    for (size_t i = 0; rc == 0 && i < layout->count; i++) {
        size_t first = reading->text->count;
        number += i > 0 && !goes_on(&layout->lines[i - 1], &layout->lines[i]);
        rc = read_line(reading, &layout->lines[i], number, err);
        if (is_alone(layout, i) && is_debris(reading->text, first))
            take_out(reading->text, first, reading->text->count);
        if (rc == 0)
            rc = check_deadline(reading, err);
    }
    return rc;
}

static int read_strip(struct page_reading *reading, struct err *err)
{
    struct fast_line all = {
        .strip = {0, 0, pixGetWidth(reading->crop), pixGetHeight(reading->crop)}};
    int rc = binarise(reading->crop, &BINARISE_DEFAULT, &reading->ink, err);
    if (rc == 0)
        rc = read_line(reading, &all, 0, err);
    return rc < 0 ? rc : 1;
}

/* 1 read, 0 not to be trusted: `fallback` says why. */
static int try_fast(struct page_reading *reading, struct err *err)
{
    SCOPED(fast_layout_free) struct fast_layout layout = {0};
    bool rough = reading->request->rough;
    int64_t spent = clock_cpu_us();
    if (reading->request->layout == OCR_STRIP)
        return read_strip(reading, err);
    int rc = fast_layout_find(reading->crop, reading->request->dpi, NULL, &layout, err);
    ocr_spent(&reading->text->account, OCR_STEP_LAYOUT, spent);
    if (rc == 0 && !layout.safe && !rough)
        reading->fallback = OCR_FALLBACK_LAYOUT;
    if (rc < 0 || reading->fallback)
        return rc;
    rc = read_lines(reading, &layout, err);
    if (rc == 0 && !rough && reading->weight > 0 &&
        reading->assurance / reading->weight < least_assurance)
        reading->fallback = OCR_FALLBACK_READING;
    return rc < 0 ? rc : !reading->fallback;
}

/* What is left of the request, by Tesseract; what was spent before stays counted. */
static int leave_to_tesseract(struct page_reading *reading, struct err *err)
{
    const struct ocr_account before = reading->text->account;
    struct ocr_request rest = *reading->request;
    int64_t left = rest.deadline_ms - (clock_mono_ms() - reading->started_ms);
    ocr_text_free(reading->text);
    reading->text->account = before;
    reading->text->account.fallback = reading->fallback;
    rest.deadline_ms = left > 1 ? (int)left : 1;
    return ocr_tesseract.read(reading->engine->tesseract, reading->crop, &rest, reading->text, err);
}

static int read_crop(void *state, struct Pix *crop, const struct ocr_request *request,
                     struct ocr_text *ret_text, struct err *err)
{
    struct fast_engine *engine = state;
    struct page_reading reading = {.engine = engine,
                                   .crop = crop,
                                   .request = request,
                                   .started_ms = clock_mono_ms(),
                                   .text = ret_text};
    int rc = engine->reader ? try_fast(&reading, err) : 0;
    pixDestroy(&reading.ink);
    if (rc != 0 && rc != ERR_LIMIT)
        return rc < 0 ? rc : 0;
    if (rc == ERR_LIMIT || !engine->reader)
        reading.fallback = engine->reader ? OCR_FALLBACK_WIDTH : OCR_FALLBACK_MODEL;
    return leave_to_tesseract(&reading, err);
}

const struct ocr_engine ocr_fast = {
    .open = open_engine, .close = close_engine, .id = id, .refusal = refusal, .read = read_crop};
