/*
 * A reader of whole drawn pages: see page_reader.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/page_reader.h"

#include <allheaders.h>
#include <stdlib.h>

#include "base/scope.h"
#include "image/encode.h"
#include "ocr/ocr.h"
#include "tests/check.h"
#include "tests/fonts.h"

static struct ocr *ocr;
static struct classifier *classifier;

int page_reader_open(void **state)
{
    (void)state;
    struct err err = {0};
    char config[4096], models[4096];
    const char *folder = getenv("TRIPLI_CONFIG");
    snprintf(config, sizeof config, "%s/classify.conf", folder ? folder : "config");
    snprintf(models, sizeof models, "%s/models", folder ? folder : "config");
    struct ocr_params params = OCR_DEFAULT;
    check_ok(ocr_open(&params, &ocr, &err), &err);
    struct classifier_params open = {.config_path = config, .models_dir = models, .ocr = ocr};
    check_ok(classifier_open(&open, &classifier, &err), &err);
    return 0;
}

int page_reader_close(void **state)
{
    classifier_free(&classifier);
    ocr_free(&ocr);
    return fonts_forget(state);
}

struct verdict page_reader_verdict(struct Pix *image, int dpi)
{
    struct err err = {0};
    struct verdict verdict;
    SCOPED(buf_free) struct buf file = {0};
    struct image_encode_params params = IMAGE_ENCODE_DEFAULT;
    pixSetResolution(image, dpi, dpi);
    check_ok(image_encode(image, &params, &file, &err), &err);
    struct classify_page page = {.file = buf_view(&file), .page = 1};
    check_ok(classifier_read(classifier, &page, &verdict, &err), &err);
    return verdict;
}
