/*
 * Sums: see tally.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "bench/engines/tally.h"

#include <stdio.h>
#include <string.h>

#include "base/scope.h"
#include "bench/engines/compare.h"

static int add_running(struct tally *tally, const struct page_reading *reading,
                       const struct characters read[ENGINES], struct err *err)
{
    SCOPED(characters_free) struct characters wanted = {0};
    if (!reading->running)
        return 0;
    int rc = characters_of(reading->running, &wanted, err);
    for (int i = 0; rc == 0 && i < ENGINES; i++) {
        size_t errors = 0;
        rc = compare_within(&wanted, &read[i], &errors, err);
        tally->errors[i] += errors;
    }
    tally->letters += wanted.count;
    tally->running++;
    return rc;
}

static int add_print(struct tally *tally, const struct page_reading *reading,
                     const struct bag read[ENGINES], struct err *err)
{
    SCOPED(bag_free) struct bag wanted = {0};
    const char *print = reading->print ? reading->print : reading->running;
    if (!print)
        return 0;
    int rc = bag_of(print, WORD_LETTERS, &wanted, err);
    for (int i = 0; rc == 0 && i < ENGINES; i++)
        tally->found[i] += bag_common(&wanted, &read[i]);
    tally->words += wanted.count;
    tally->printed++;
    return rc;
}

static int add_letters(struct tally *tally, const struct page_reading *reading, struct err *err)
{
    SCOPED(characters_free) struct characters fast = {0}, tesseract = {0};
    int rc = characters_of(reading->texts[OCR_FAST], &fast, err);
    if (rc == 0)
        rc = characters_of(reading->texts[OCR_TESSERACT], &tesseract, err);
    if (rc < 0)
        return rc;
    size_t apart = 0;
    rc = compare_all(&fast, &tesseract, &apart, err);
    tally->apart += apart;
    tally->apart_of += tesseract.count;
    const struct characters both[ENGINES] = {[OCR_FAST] = fast, [OCR_TESSERACT] = tesseract};
    return rc < 0 ? rc : add_running(tally, reading, both, err);
}

static int add_words(struct tally *tally, const struct page_reading *reading, struct err *err)
{
    SCOPED(bag_free) struct bag fast = {0}, tesseract = {0};
    int rc = bag_of(reading->texts[OCR_FAST], WORD_LETTERS, &fast, err);
    if (rc == 0)
        rc = bag_of(reading->texts[OCR_TESSERACT], WORD_LETTERS, &tesseract, err);
    if (rc < 0)
        return rc;
    tally->read[OCR_FAST] += fast.count;
    tally->read[OCR_TESSERACT] += tesseract.count;
    tally->common += bag_common(&fast, &tesseract);
    const struct bag both[ENGINES] = {[OCR_FAST] = fast, [OCR_TESSERACT] = tesseract};
    return add_print(tally, reading, both, err);
}

int tally_add(struct tally *tally, const struct page_reading *reading, struct err *err)
{
    const struct ocr_account *fast = &reading->accounts[OCR_FAST];
    tally->pages++;
    tally->fallbacks[fast->fallback]++;
    for (int i = 0; i < ENGINES; i++)
        tally->ms[i] += reading->ms[i];
    for (int i = 0; i < OCR_STEP_COUNT; i++)
        tally->steps[i] += fast->ms[i];
    if (reading->command_ms > 0) {
        tally->commands++;
        tally->command_ms += reading->command_ms;
        tally->beside_ms += reading->ms[OCR_FAST];
    }
    int rc = add_letters(tally, reading, err);
    return rc < 0 ? rc : add_words(tally, reading, err);
}

void tally_join(struct tally *tally, const struct tally *more)
{
    tally->pages += more->pages;
    for (int i = 0; i < OCR_FALLBACK_COUNT; i++)
        tally->fallbacks[i] += more->fallbacks[i];
    for (int i = 0; i < OCR_STEP_COUNT; i++)
        tally->steps[i] += more->steps[i];
    for (int i = 0; i < ENGINES; i++) {
        tally->ms[i] += more->ms[i];
        tally->errors[i] += more->errors[i];
        tally->found[i] += more->found[i];
        tally->read[i] += more->read[i];
    }
    tally->running += more->running;
    tally->letters += more->letters;
    tally->printed += more->printed;
    tally->words += more->words;
    tally->common += more->common;
    tally->apart += more->apart;
    tally->apart_of += more->apart_of;
    tally->commands += more->commands;
    tally->command_ms += more->command_ms;
    tally->beside_ms += more->beside_ms;
}

double tally_percent(size_t part, size_t of)
{
    return of ? 100.0 * (double)part / (double)of : 0;
}

struct tally *classes_find(struct classes *classes, const char *name)
{
    int at = 0;
    while (at < classes->count && strcmp(classes->at[at].name, name) != 0)
        at++;
    if (at == CLASSES_MAX)
        return &classes->at[CLASSES_MAX - 1].tally;
    if (at == classes->count) {
        snprintf(classes->at[at].name, CLASS_NAME_SIZE, "%s", name);
        classes->count++;
    }
    return &classes->at[at].tally;
}
