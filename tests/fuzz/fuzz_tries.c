/*
 * What the gateway hands over of refused tries, of any bytes: refused with a text, or read; what
 * was read is written as it was.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <assert.h>

#include "base/scope.h"
#include "partners/tries.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct tries tries;
    struct err err = {0};
    SCOPED(buf_free) struct buf again = {0};
    if (tries_read(bytes_of(data, size), &tries, &err) < 0) {
        assert(err.text[0] != '\0');
        return 0;
    }
    assert(tries.count <= TRIES_MAX);
    assert(tries_write(&tries, &again, &err) == 0);
    assert(bytes_equal(bytes_of(data, size), buf_view(&again)));
    return 0;
}
