/*
 * Language models of any bytes: the whole file, and each of its parts alone, is refused with a text
 * or read. The first byte chooses the part.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <assert.h>
#include <string.h>

#include "base/scope.h"
#include "ocr/fast/model.h"
#include "tests/fuzz/fuzz.h"

static int read_whole(struct bytes bytes, struct err *err)
{
    SCOPED(fast_model_free) struct fast_model *model = NULL;
    struct buf file = {0};
    if (buf_append(&file, bytes) < 0)
        return 0;
    return fast_model_read(&file, &model, err);
}

static int read_network(struct bytes bytes, struct err *err)
{
    SCOPED(fast_network_free) struct fast_network network = {0};
    return fast_network_read(bytes, &network, err);
}

/* Characters and classes lie in two parts: the first two bytes say where the second begins. */
static int read_charset(struct bytes bytes, struct err *err)
{
    SCOPED(fast_charset_free) struct fast_charset charset = {0};
    if (bytes.len < 2)
        return fast_charset_read(bytes, bytes, &charset, err);
    size_t left = bytes.len - 2, cut = (size_t)bytes.at[0] << 8 | bytes.at[1];
    cut = cut < left ? cut : left;
    return fast_charset_read(bytes_of(bytes.at + 2, cut), bytes_of(bytes.at + 2 + cut, left - cut),
                             &charset, err);
}

static int read_dawg(struct bytes bytes, struct err *err)
{
    SCOPED(fast_dawg_free) struct fast_dawg dawg = {0};
    return fast_dawg_read(bytes, &dawg, err);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static int (*const parts[])(struct bytes, struct err *) = {read_whole, read_network,
                                                               read_charset, read_dawg};
    struct err err = {0};
    if (size == 0)
        return 0;
    int rc = parts[data[0] % (sizeof parts / sizeof *parts)](bytes_of(data + 1, size - 1), &err);
    assert(rc >= 0 || err.text[0] != '\0');
    return 0;
}
