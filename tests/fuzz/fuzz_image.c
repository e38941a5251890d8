/*
 * Image files of any bytes: refused with a text, or decoded within the limits; what decodes also
 * splits, and a bilevel page that is encoded comes back bit for bit.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <assert.h>
#include <leptonica/allheaders.h>

#include "base/scope.h"
#include "image/decode.h"
#include "image/encode.h"
#include "image/header.h"
#include "tests/fuzz/fuzz.h"

/* Larger pages only slow the search down; the limit itself has tests of its own. */
enum { MOST_BYTES = 4 << 20 };

static void check_identity(struct Pix *page)
{
    struct image_encode_params encode = IMAGE_ENCODE_DEFAULT;
    struct image_decode_params decode = IMAGE_DECODE_DEFAULT;
    SCOPED(image_free) struct Pix *back = NULL;
    SCOPED(buf_free) struct buf file = {0};
    struct err err = {0};
    l_int32 same = 0;

    if (image_encode(page, &encode, &file, &err) < 0 || pixGetDepth(page) != 1)
        return;
    assert(image_decode(buf_view(&file), &decode, &back, &err) == 0);
    pixEqual(page, back, &same);
    assert(same);
}

static void decode_page(struct bytes file, unsigned page, unsigned reduce)
{
    struct image_decode_params params = {.page = page, .reduce = reduce};
    SCOPED(image_free) struct Pix *made = NULL;
    struct err err = {0};

    if (image_decode(file, &params, &made, &err) < 0) {
        assert(!made && err.text[0] != '\0');
        return;
    }
    assert(made);
    check_identity(made);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes file = {data, size};
    SCOPED(buf_free) struct buf one = {0};
    struct image_header header;
    struct err err = {0};

    if (image_header_read(file, 1, &header, &err) < 0) {
        assert(err.text[0] != '\0');
        return 0;
    }
    assert(header.decoded_bytes <= IMAGE_DECODED_LIMIT_BYTES);
    if (header.decoded_bytes > MOST_BYTES)
        return 0;
    decode_page(file, 1, 1);
    decode_page(file, 1, 4);
    if (image_split(file, header.pages, &one, &err) == 0)
        assert(image_header_read(buf_view(&one), 1, &header, &err) == 0);
    return 0;
}
