/*
 * Tesseract 5 behind the engine interface: one instance, LSTM network only, one thread, messages
 * off. The model is read here, so that its digest is that of what is used.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <leptonica/allheaders.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tesseract/capi.h>

#include "base/clock.h"
#include "base/digest.h"
#include "base/scope.h"
#include "image/decode.h"
#include "image/page.h"
#include "ocr/engine.h"
#include "ocr/model_file.h"

enum { ID_SIZE = 96, ID_DIGEST_DIGITS = 12 };

/* The first read opens the message file and fills caches: done at start, because a sealed reader
 * cannot open anything later. */
enum { WARM_UP_PIXELS = 64, WARM_UP_DPI = 300, WARM_UP_MS = 5000 };

struct tesseract {
    TessBaseAPI *api;
    char id[ID_SIZE];
};

static const struct {
    const char *name, *value;
} settings[] = {
    {"debug_file", "/dev/null"}, /* it would write to stderr */
    {"tessedit_do_invert", "0"}, /* white on black is rare in mail; a second try on every poor line
                                    doubles the cost of handwriting */
    {"tessedit_write_images", "0"},
};

static const TessPageSegMode layouts[] = {[OCR_PAGE] = PSM_AUTO,
                                          [OCR_BLOCK] = PSM_SINGLE_BLOCK,
                                          [OCR_LINE] = PSM_SINGLE_LINE,
                                          [OCR_STRIP] = PSM_RAW_LINE};

static void close_engine(void *state)
{
    struct tesseract *tesseract = state;

    if (tesseract->api) {
        TessBaseAPIEnd(tesseract->api);
        TessBaseAPIDelete(tesseract->api);
    }
    free(tesseract);
}

static void free_state(struct tesseract **tesseract)
{
    if (*tesseract)
        close_engine(*tesseract);
}

static int check_threads(struct err *err)
{
    const char *limit = getenv("OMP_THREAD_LIMIT");

    if (limit && strcmp(limit, "1") == 0)
        return 0;
    return err_set(err, ERR_CONFIG,
                   "OMP_THREAD_LIMIT is %s, 1 is needed before the process starts: more threads "
                   "cost 2.5 times the processor time",
                   limit ? limit : "not set");
}

static void make_id(struct tesseract *tesseract, const char *language, struct bytes model)
{
    struct digest digest = digest_of(model);
    char hex[DIGEST_HEX_SIZE];

    snprintf(tesseract->id, sizeof tesseract->id, "tesseract %.16s %.16s %.*s", TessVersion(),
             language, ID_DIGEST_DIGITS, digest_hex(&digest, hex));
}

static int start_api(struct tesseract *tesseract, const char *language, struct bytes model,
                     struct err *err)
{
    tesseract->api = TessBaseAPICreate();
    if (!tesseract->api)
        return err_set(err, ERR_MEMORY, "no memory for Tesseract");
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++)
        TessBaseAPISetVariable(tesseract->api, settings[i].name, settings[i].value);
    if (TessBaseAPIInit5(tesseract->api, (const char *)model.at, (int)model.len, language,
                         OEM_LSTM_ONLY, NULL, 0, NULL, NULL, 0, false) != 0)
        return err_set(err, ERR_FORMAT, "Tesseract refuses its model for '%.20s'", language);
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++)
        TessBaseAPISetVariable(tesseract->api, settings[i].name, settings[i].value);
    /* debug_file is opened at the first complaint; a sealed reader could not, so complain now. */
    TessBaseAPIReadConfigFile(tesseract->api, "there-is-no-such-file");
    return 0;
}

static int read_crop(void *state, struct Pix *crop, const struct ocr_request *request,
                     struct ocr_text *ret_text, struct err *err);

static int warm_up(struct tesseract *tesseract, struct err *err)
{
    struct ocr_request request = {
        .dpi = WARM_UP_DPI, .layout = OCR_BLOCK, .deadline_ms = WARM_UP_MS};
    SCOPED(ocr_text_free) struct ocr_text text = {0};
    SCOPED(image_free) struct Pix *empty = NULL;
    int rc = page_new(WARM_UP_PIXELS, WARM_UP_PIXELS, 1, &empty, err);

    return rc < 0 ? rc : read_crop(tesseract, empty, &request, &text, err);
}

static int open_engine(const struct ocr_params *params, void **ret_state, struct err *err)
{
    SCOPED(free_state) struct tesseract *tesseract = calloc(1, sizeof *tesseract);
    SCOPED(buf_free) struct buf model = {0};
    int rc = check_threads(err);

    if (!tesseract)
        return err_set(err, ERR_MEMORY, "no memory for Tesseract");
    if (rc == 0)
        rc = ocr_model_read(params, &model, err);
    if (rc == 0)
        rc = start_api(tesseract, params->language, buf_view(&model), err);
    if (rc == 0)
        rc = warm_up(tesseract, err);
    if (rc < 0)
        return rc;
    make_id(tesseract, params->language, buf_view(&model));
    *ret_state = tesseract;
    tesseract = NULL;
    return 0;
}

static const char *id(const void *state)
{
    return ((const struct tesseract *)state)->id;
}

/* The word at the iterator; an unread one (the deadline) or an empty one has no text. A blank that
 * was read at the beginning of a line lies inside its first word. */
static int take_word(const TessResultIterator *at, int32_t line, struct ocr_text *text,
                     struct err *err)
{
    const TessPageIterator *place = TessResultIteratorGetPageIteratorConst(at);
    char *read = TessResultIteratorGetUTF8Text(at, RIL_WORD);
    const char *letters = read ? read + strspn(read, " \n") : "";
    size_t length = strlen(letters);
    struct ocr_word word = {.line = line};
    int left, top, right, bottom;
    bool visible =
        *letters && TessPageIteratorBoundingBox(place, RIL_WORD, &left, &top, &right, &bottom);

    while (length > 0 && strchr(" \n", letters[length - 1]))
        length--;
    if (visible) {
        word.text = strndup(letters, length);
        word.box = (struct ocr_rect){left, top, right - left, bottom - top};
        word.confidence = TessResultIteratorConfidence(at, RIL_WORD) / 100;
    }
    if (read)
        TessDeleteText(read);
    if (!visible)
        return 0;
    if (!word.text)
        return err_set(err, ERR_MEMORY, "no memory for a word");
    return ocr_text_add(text, &word, err);
}

static int take_words(TessBaseAPI *api, struct ocr_text *ret_text, struct err *err)
{
    TessResultIterator *at = TessBaseAPIGetIterator(api);
    const TessPageIterator *place;
    int32_t line = -1;
    int rc = 0;

    if (!at)
        return 0; /* no text */
    place = TessResultIteratorGetPageIteratorConst(at);
    do {
        if (TessPageIteratorIsAtBeginningOf(place, RIL_TEXTLINE) || line < 0)
            line++;
        rc = take_word(at, line, ret_text, err);
    } while (rc == 0 && TessResultIteratorNext(at, RIL_WORD));
    TessResultIteratorDelete(at);
    return rc;
}

static int read_crop(void *state, struct Pix *crop, const struct ocr_request *request,
                     struct ocr_text *ret_text, struct err *err)
{
    TessBaseAPI *api = ((struct tesseract *)state)->api;
    int64_t started = clock_mono_ms(), cpu = clock_cpu_us();
    ETEXT_DESC *monitor = TessMonitorCreate();
    bool finished;
    int rc;

    if (!monitor)
        return err_set(err, ERR_MEMORY, "no memory for a deadline");
    TessMonitorSetDeadlineMSecs(monitor, request->deadline_ms);
    TessBaseAPISetPageSegMode(api, layouts[request->layout]);
    TessBaseAPISetImage2(api, crop);
    TessBaseAPISetSourceResolution(api, request->dpi);
    finished = TessBaseAPIRecognize(api, monitor) == 0;
    rc = take_words(api, ret_text, err);
    TessMonitorDelete(monitor);
    TessBaseAPIClear(api);
    ret_text->account.reader = OCR_TESSERACT;
    ocr_spent(&ret_text->account, OCR_STEP_TESSERACT, cpu);
    if (rc == 0 && !finished)
        rc = err_set(err, ERR_TIMEOUT, "%zu words read in %lld ms, the deadline was %d ms",
                     ret_text->count, (long long)(clock_mono_ms() - started), request->deadline_ms);
    return rc;
}

const struct ocr_engine ocr_tesseract = {
    .open = open_engine, .close = close_engine, .id = id, .read = read_crop};
