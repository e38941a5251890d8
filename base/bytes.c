/*
 * Byte views and byte buffers: see bytes.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/bytes.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"

enum { FIRST_CAPACITY = 256 }; /* bytes; small messages fit without growing */

bool bytes_equal(struct bytes a, struct bytes b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.at, b.at, a.len) == 0);
}

int buf_reserve(struct buf *buf, size_t extra)
{
    if (extra > SIZE_MAX / 2 - buf->len)
        return ERR_MEMORY;
    size_t need = buf->len + extra;
    if (need <= buf->capacity)
        return 0;
    size_t capacity = buf->capacity ? buf->capacity : FIRST_CAPACITY;
    while (capacity < need)
        capacity *= 2;
    uint8_t *at = realloc(buf->at, capacity);
    if (!at)
        return ERR_MEMORY;
    buf->at = at;
    buf->capacity = capacity;
    return 0;
}

int buf_append(struct buf *buf, struct bytes more)
{
    int rc = buf_reserve(buf, more.len);
    if (rc < 0)
        return rc;
    if (more.len)
        memcpy(buf->at + buf->len, more.at, more.len);
    buf->len += more.len;
    return 0;
}

void buf_free(struct buf *buf)
{
    if (!buf)
        return;
    free(buf->at);
    *buf = (struct buf){0};
}
