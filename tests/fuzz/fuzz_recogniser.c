/*
 * A whole reading with a damaged model: bytes of a small drawn model are changed, and where it is
 * still taken for a model, a line of any pixels is read with it. The first byte says how many
 * changes follow, three bytes each (where, in two bytes, and what); the rest are pixels.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <assert.h>
#include <string.h>

#include "base/scope.h"
#include "image/decode.h"
#include "image/page.h"
#include "ocr/fast/reader.h"
#include "ocr/ocr.h"
#include "tests/fuzz/fuzz.h"
#include "tests/model_fixture.h"

enum { STRIP_HEIGHT = 24, WIDTH_MAX = 96, CHANGE_BYTES = 3 };

/* The bytes that the changes leave. */
static struct bytes change(struct buf *model, struct bytes input)
{
    size_t changes = input.at[0] % 32;
    input = bytes_of(input.at + 1, input.len - 1);
    for (; changes > 0 && input.len >= CHANGE_BYTES; changes--) {
        size_t where = ((size_t)input.at[0] << 8 | input.at[1]) % model->len;
        model->at[where] = input.at[2];
        input = bytes_of(input.at + CHANGE_BYTES, input.len - CHANGE_BYTES);
    }
    return input;
}

/* A line of grey pixels, the bytes over and over; NULL when memory is short. */
static struct Pix *strip_of(struct bytes pixels)
{
    struct err err = {0};
    struct Pix *strip = NULL;
    uint8_t row[WIDTH_MAX];
    size_t width = 1 + pixels.len % WIDTH_MAX;
    if (page_new((uint32_t)width, STRIP_HEIGHT, 8, &strip, &err) < 0)
        return NULL;
    for (uint32_t y = 0; y < STRIP_HEIGHT; y++) {
        for (size_t x = 0; x < width; x++)
            row[x] = pixels.len ? pixels.at[(y * width + x) % pixels.len] : 255;
        page_put_row(strip, y, row);
    }
    return strip;
}

static void read_line(struct fast_reader *reader, const struct Pix *strip)
{
    struct err err = {0};
    SCOPED(ocr_text_free) struct ocr_text text = {0};
    double assurance, anew;
    int rc = fast_reader_line(reader, strip, &text, &assurance, &err);
    assert(rc == 0 || err.text[0] != '\0');
    size_t first = text.count;
    rc = fast_reader_line_anew(reader, strip, &text, &anew, &err);
    assert(rc >= 0 || err.text[0] != '\0');
    assert(rc == 1 || (text.count == first && anew == 0));
    assert(anew >= 0 && anew <= 1);
    assert(assurance >= 0 && assurance <= 1);
    for (size_t i = 0; i < text.count; i++) {
        assert(text.words[i].text[0] != '\0' && text.words[i].box.width > 0);
        assert(text.words[i].confidence >= 0 && text.words[i].confidence <= 1);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct err err = {0};
    SCOPED(buf_free) struct buf model = {0};
    SCOPED(fast_reader_free) struct fast_reader *reader = NULL;
    if (size == 0 || model_fixture(MODEL_KNOWN, &model) < 0)
        return 0;
    struct bytes pixels = change(&model, bytes_of(data, size));
    SCOPED(image_free) struct Pix *strip = strip_of(pixels);
    if (!strip)
        return 0;
    if (fast_reader_new(&model, (enum ocr_kernels)(size % 4), &reader, &err) < 0)
        assert(err.text[0] != '\0' && !strchr(err.text, '\n'));
    else
        read_line(reader, strip);
    return 0;
}
