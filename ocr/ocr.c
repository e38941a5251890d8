/*
 * Reading text: cuts the zone out, lets the engine read it, and puts the words back into page
 * pixels. See ocr.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "ocr/ocr.h"

#include <assert.h>
#include <leptonica/allheaders.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/scope.h"
#include "image/decode.h"
#include "image/grey.h"
#include "image/page.h"
#include "ocr/engine.h"

/* Grey levels between ink and paper; pencil has 60. */
enum { LEAST_CONTRAST = 30 };

struct ocr {
    const struct ocr_engine *engine;
    void *state;
    enum ocr_engine_name asked;
};

int ocr_open(const struct ocr_params *params, struct ocr **ret_ocr, struct err *err)
{
    struct ocr *ocr = calloc(1, sizeof *ocr);
    int rc;

    *ret_ocr = NULL;
    if (!ocr)
        return err_set(err, ERR_MEMORY, "no memory for a text reader");
    ocr->asked = params->engine;
    ocr->engine = params->engine == OCR_TESSERACT ? &ocr_tesseract : &ocr_fast;
    rc = ocr->engine->open(params, &ocr->state, err);
    if (rc < 0) {
        free(ocr);
        return rc;
    }
    *ret_ocr = ocr;
    return 0;
}

void ocr_free(struct ocr **ocr)
{
    if (!ocr || !*ocr)
        return;
    (*ocr)->engine->close((*ocr)->state);
    free(*ocr);
    *ocr = NULL;
}

const char *ocr_id(const struct ocr *ocr)
{
    return ocr->engine->id(ocr->state);
}

const char *ocr_refusal(const struct ocr *ocr)
{
    return ocr->engine->refusal ? ocr->engine->refusal(ocr->state) : NULL;
}

const char *ocr_step_name(enum ocr_step step)
{
    static const char *const names[OCR_STEP_COUNT] = {"layout", "cut", "network", "search",
                                                      "tesseract"};
    return names[step];
}

const char *ocr_fallback_name(enum ocr_fallback fallback)
{
    static const char *const names[OCR_FALLBACK_COUNT] = {"none", "model", "layout", "reading",
                                                          "width"};
    return names[fallback];
}

int64_t ocr_spent(struct ocr_account *account, enum ocr_step step, int64_t since)
{
    int64_t now = clock_cpu_us();

    account->ms[step] += (double)(now - since) / 1000;
    return now;
}

/* The part of the zone that lies on the page; ERR_LIMIT when nothing does. */
static int clip_zone(const struct ocr_request *request, struct ocr_rect *ret_zone, struct err *err)
{
    struct Pix *page = (struct Pix *)request->page; /* Leptonica's getters take no const */
    int64_t right = pixGetWidth(page), bottom = pixGetHeight(page);
    struct ocr_rect zone = request->zone;

    if (zone.width == 0)
        zone = (struct ocr_rect){0, 0, (int32_t)right, (int32_t)bottom};
    right = right < (int64_t)zone.x + zone.width ? right : (int64_t)zone.x + zone.width;
    bottom = bottom < (int64_t)zone.y + zone.height ? bottom : (int64_t)zone.y + zone.height;
    zone.x = zone.x < 0 ? 0 : zone.x;
    zone.y = zone.y < 0 ? 0 : zone.y;
    if (right <= zone.x || bottom <= zone.y)
        return err_set(err, ERR_LIMIT, "zone %d,%d %d x %d lies outside a page of %d x %d pixels",
                       request->zone.x, request->zone.y, request->zone.width, request->zone.height,
                       pixGetWidth(page), pixGetHeight(page));
    zone.width = (int32_t)right - zone.x;
    zone.height = (int32_t)bottom - zone.y;
    *ret_zone = zone;
    return 0;
}

/* The zone as a page of its own, grey when it was colour. */
static int cut_zone(const struct Pix *page, const struct ocr_rect *zone, struct Pix **ret_crop,
                    struct err *err)
{
    SCOPED(boxDestroy) BOX *box = boxCreate(zone->x, zone->y, zone->width, zone->height);
    SCOPED(image_free)
    struct Pix *crop = box ? pixClipRectangle((struct Pix *)page, box, NULL) : NULL;

    if (!crop)
        return err_set(err, ERR_MEMORY, "no memory for a zone of %d x %d pixels", zone->width,
                       zone->height);
    if (pixGetDepth(crop) == 32)
        return image_grey(crop, ret_crop, err);
    *ret_crop = crop;
    crop = NULL;
    return 0;
}

/* An engine that is told to read a line reads one even where nothing is written. Rows beyond the
 * first that shows contrast are not looked at. */
static int is_bare(const struct Pix *crop, bool *ret_bare, struct err *err)
{
    struct Pix *readable = (struct Pix *)crop;
    const int width = pixGetWidth(readable), height = pixGetHeight(readable);
    l_int32 none = 0;

    if (pixGetDepth(readable) == 1) {
        *ret_bare = pixZero(readable, &none) == 0 && none;
        return 0;
    }
    SCOPED(scope_free) uint8_t *row = malloc(page_row_bytes(crop));
    uint8_t darkest = UINT8_MAX, brightest = 0;
    if (!row)
        return err_set(err, ERR_MEMORY, "no memory for a row of %d pixels", width);
    for (int y = 0; y < height && brightest - darkest < LEAST_CONTRAST; y++) {
        page_get_row(crop, (uint32_t)y, row);
        for (int x = 0; x < width; x++) {
            darkest = row[x] < darkest ? row[x] : darkest;
            brightest = row[x] > brightest ? row[x] : brightest;
        }
    }
    *ret_bare = brightest - darkest < LEAST_CONTRAST;
    return 0;
}

static void place_words(struct ocr_text *text, const struct ocr_rect *zone)
{
    double sum = 0, letters = 0;

    for (size_t i = 0; i < text->count; i++) {
        struct ocr_word *word = &text->words[i];
        double len = (double)strlen(word->text);

        word->box.x += zone->x;
        word->box.y += zone->y;
        sum += (double)word->confidence * len;
        letters += len;
    }
    text->confidence = letters > 0 ? (float)(sum / letters) : 0;
}

int ocr_read(struct ocr *ocr, const struct ocr_request *request, struct ocr_text *ret_text,
             struct err *err)
{
    SCOPED(image_free) struct Pix *crop = NULL;
    struct ocr_rect zone = {0};
    bool bare = false;
    int rc;

    assert(request->dpi > 0 && request->deadline_ms > 0);
    *ret_text = (struct ocr_text){.account.reader = ocr->asked};
    rc = clip_zone(request, &zone, err);
    if (rc == 0)
        rc = cut_zone(request->page, &zone, &crop, err);
    if (rc == 0)
        rc = is_bare(crop, &bare, err);
    if (rc == 0 && !bare)
        rc = ocr->engine->read(ocr->state, crop, request, ret_text, err);
    if (rc < 0 && rc != ERR_TIMEOUT)
        ocr_text_free(ret_text);
    place_words(ret_text, &zone);
    return rc;
}

int ocr_text_add(struct ocr_text *text, const struct ocr_word *word, struct err *err)
{
    size_t count = text->count;

    /* Room grows at powers of two: 0, 1, 2, 4, … */
    if ((count & (count - 1)) == 0) {
        struct ocr_word *more = reallocarray(text->words, count ? 2 * count : 1, sizeof *more);

        if (!more) {
            free(word->text);
            return err_set(err, ERR_MEMORY, "no memory for %zu words", count + 1);
        }
        text->words = more;
    }
    text->words[text->count++] = *word;
    return 0;
}

void ocr_text_free(struct ocr_text *text)
{
    if (!text)
        return;
    for (size_t i = 0; i < text->count; i++)
        free(text->words[i].text);
    free(text->words);
    *text = (struct ocr_text){0};
}

char *ocr_text_plain(const struct ocr_text *text)
{
    struct buf plain = {0};
    int rc = buf_reserve(&plain, 1);

    for (size_t i = 0; rc == 0 && i < text->count; i++) {
        const struct ocr_word *word = &text->words[i];
        bool last = i + 1 == text->count || word[1].line != word->line;

        rc = buf_append(&plain, bytes_of(word->text, strlen(word->text)));
        if (rc == 0)
            rc = buf_append(&plain, bytes_of(last ? "\n" : " ", 1));
    }
    if (rc == 0)
        rc = buf_append(&plain, bytes_of("", 1));
    if (rc < 0)
        buf_free(&plain);
    return (char *)plain.at;
}
