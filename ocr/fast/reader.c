/*
 * Lines to words: see reader.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "ocr/fast/reader.h"

#include <leptonica/allheaders.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/scope.h"
#include "ocr/fast/beam.h"
#include "ocr/fast/line_image.h"

/* Confidence as the installed library reckons it: 100 + 5 times 7 times the worst certainty. */
static const float per_certainty = 0.35f;

struct fast_reader {
    struct fast_model *model;
    struct fast_forward *forward;
    struct fast_beam *beam;
};

int fast_reader_new(struct buf *model, enum ocr_kernels kernels, struct fast_reader **ret_reader,
                    struct err *err)
{
    SCOPED(fast_reader_free) struct fast_reader *reader = calloc(1, sizeof *reader);
    if (!reader) {
        buf_free(model);
        return err_set(err, ERR_MEMORY, "no memory for a line reader");
    }
    int rc = fast_model_read(model, &reader->model, err);
    if (rc == 0)
        rc = fast_forward_new(&reader->model->network, kernels, &reader->forward, err);
    if (rc == 0)
        rc = fast_beam_new(reader->model, &reader->beam, err);
    if (rc < 0)
        return rc;
    *ret_reader = reader;
    reader = NULL;
    return 0;
}

void fast_reader_free(struct fast_reader **reader)
{
    if (!reader || !*reader)
        return;
    fast_beam_free(&(*reader)->beam);
    fast_forward_free(&(*reader)->forward);
    fast_model_free(&(*reader)->model);
    free(*reader);
    *reader = NULL;
}

struct strip_words {
    struct fast_reading reading; /* owned */
    int width, height, steps;    /* of the strip; steps of the network over it */
};

static void strip_words_clear(struct strip_words *words)
{
    fast_reading_free(&words->reading);
}

/* Where a step begins, in pixels of the strip. */
static int32_t pixel_of(const struct strip_words *strip, int step)
{
    int64_t x = (int64_t)step * FAST_POOL * strip->height / FAST_HEIGHT;
    return (int32_t)(x < strip->width ? x : strip->width);
}

static int put_word(const struct fast_reader *reader, const struct strip_words *strip, size_t from,
                    size_t until, struct ocr_word *ret_word)
{
    const struct fast_letter *letters = strip->reading.letters;
    SCOPED(buf_free) struct buf text = {0};
    float worst = 0;
    int rc = 0;
    for (size_t i = from; rc == 0 && i < until; i++) {
        const char *utf8 = reader->model->charset.chars[letters[i].id].utf8;
        rc = buf_append(&text, bytes_of(utf8, strlen(utf8)));
        worst = letters[i].certainty < worst ? letters[i].certainty : worst;
    }
    if (rc == 0)
        rc = buf_append(&text, bytes_of("", 1));
    if (rc < 0)
        return rc;
    int end = until < strip->reading.count ? letters[until].step : strip->steps;
    float confidence = 1 + per_certainty * worst;
    int32_t left = pixel_of(strip, letters[from].step), right = pixel_of(strip, end);
    *ret_word = (struct ocr_word){.text = (char *)text.at,
                                  .box = {left, 0, right > left ? right - left : 1, strip->height},
                                  .confidence = confidence > 0 ? confidence : 0};
    text = (struct buf){0};
    return 0;
}

/* The word that begins at or behind `at`: its end, or `at` at the end of the line. */
static size_t word_end(const struct fast_reading *reading, size_t *at)
{
    while (*at < reading->count && reading->letters[*at].id == 0)
        ++*at;
    size_t end = *at;
    while (end < reading->count && reading->letters[end].id != 0)
        end++;
    return end;
}

static int put_words(const struct fast_reader *reader, const struct strip_words *strip,
                     struct ocr_text *text, struct err *err)
{
    for (size_t at = 0, end; (end = word_end(&strip->reading, &at)) > at; at = end) {
        struct ocr_word word;
        if (put_word(reader, strip, at, end, &word) < 0)
            return err_set(err, ERR_MEMORY, "no memory for a word");
        int rc = ocr_text_add(text, &word, err);
        if (rc < 0)
            return rc;
    }
    return 0;
}

/* Appends what the image says. */
static int read_image(struct fast_reader *reader, const struct fast_image *image,
                      struct strip_words *words, struct ocr_text *text, struct err *err)
{
    SCOPED(fast_output_free) struct fast_output output = {0};
    int64_t spent = clock_cpu_us();
    int rc = fast_forward_run(reader->forward, image, &output, err);
    spent = ocr_spent(&text->account, OCR_STEP_NETWORK, spent);
    if (rc == 0)
        rc = fast_beam_search(reader->beam, &output, &words->reading, err);
    ocr_spent(&text->account, OCR_STEP_SEARCH, spent);
    if (rc < 0)
        return rc;
    words->steps = output.steps;
    return put_words(reader, words, text, err);
}

static struct strip_words words_of(const struct Pix *strip)
{
    struct Pix *source = (struct Pix *)(uintptr_t)strip; /* Leptonica's getters take no const */
    return (struct strip_words){.width = pixGetWidth(source), .height = pixGetHeight(source)};
}

int fast_reader_line(struct fast_reader *reader, const struct Pix *strip, struct ocr_text *text,
                     double *ret_assurance, struct err *err)
{
    SCOPED(fast_image_free) struct fast_image image = {0};
    SCOPED(strip_words_clear) struct strip_words words = words_of(strip);
    int64_t spent = clock_cpu_us();
    int rc = fast_image_make(strip, &image, err);
    ocr_spent(&text->account, OCR_STEP_CUT, spent);
    if (rc == 0)
        rc = read_image(reader, &image, &words, text, err);
    *ret_assurance = words.reading.assurance;
    return rc;
}

int fast_reader_line_anew(struct fast_reader *reader, const struct Pix *strip,
                          struct ocr_text *text, double *ret_assurance, struct err *err)
{
    SCOPED(fast_image_free) struct fast_image image = {0};
    SCOPED(strip_words_clear) struct strip_words words = words_of(strip);
    int64_t spent = clock_cpu_us();
    int rc = fast_image_make_anew(strip, &image, err);
    ocr_spent(&text->account, OCR_STEP_CUT, spent);
    *ret_assurance = 0;
    if (rc <= 0)
        return rc;
    rc = read_image(reader, &image, &words, text, err);
    *ret_assurance = words.reading.assurance;
    return rc < 0 ? rc : 1;
}
