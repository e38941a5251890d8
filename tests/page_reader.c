/*
 * A reader of whole drawn pages: see page_reader.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/page_reader.h"

#include <allheaders.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/scope.h"
#include "image/encode.h"
#include "ocr/ocr.h"
#include "tests/check.h"
#include "tests/fonts.h"

enum { CONFIG_BYTES_MAX = 1 << 20 };

static struct ocr *ocr;
static struct classifier *classifier;

static void configured(const char *what, char ret_path[PATH_MAX])
{
    const char *folder = getenv("TRIPLI_CONFIG");
    snprintf(ret_path, PATH_MAX, "%.3000s/%s", folder ? folder : "config", what);
}

static void open_with(const char *config)
{
    struct err err = {0};
    char models[PATH_MAX];
    configured("models", models);
    struct classifier_params open = {.config_path = config, .models_dir = models, .ocr = ocr};
    check_ok(classifier_open(&open, &classifier, &err), &err);
}

int page_reader_open(void **state)
{
    (void)state;
    struct err err = {0};
    char config[PATH_MAX];
    struct ocr_params params = OCR_DEFAULT;
    check_ok(ocr_open(&params, &ocr, &err), &err);
    configured("classify.conf", config);
    open_with(config);
    return 0;
}

void page_reader_set(const char *from, const char *to)
{
    struct err err = {0};
    char config[PATH_MAX], changed[] = "/tmp/tripli-classify-XXXXXX";
    SCOPED(buf_free) struct buf text = {0};
    int file = mkstemp(changed);
    assert_true(file >= 0 && strlen(from) == strlen(to));
    close(file);
    configured("classify.conf", config);
    check_ok(file_read(config, CONFIG_BYTES_MAX, &text, &err), &err);
    uint8_t *at = memmem(text.at, text.len, from, strlen(from));
    assert_non_null(at);
    memcpy(at, to, strlen(to));
    check_ok(file_write(changed, 0600, buf_view(&text), &err), &err);
    classifier_free(&classifier);
    open_with(changed);
    unlink(changed);
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
