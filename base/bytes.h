/*
 * Byte views and byte buffers. A view borrows; a buffer owns and grows.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Borrowed bytes; `at` may be NULL when `len` is 0. */
struct bytes {
    const uint8_t *at;
    size_t len;
};

/* Owned bytes; {0} is the empty buffer. */
struct buf {
    uint8_t *at;
    size_t len;
    size_t capacity;
};

static inline struct bytes bytes_of(const void *at, size_t len)
{
    return (struct bytes){.at = at, .len = len};
}

static inline struct bytes buf_view(const struct buf *buf)
{
    return (struct bytes){.at = buf->at, .len = buf->len};
}

/* True when both hold the same bytes. Not constant-time: not for secrets. */
bool bytes_equal(struct bytes a, struct bytes b);

/* Makes room for `extra` more bytes; 0 or ERR_MEMORY. Never shrinks. */
int buf_reserve(struct buf *buf, size_t extra);

/* Appends a copy; 0 or ERR_MEMORY, and then the buffer is unchanged. */
int buf_append(struct buf *buf, struct bytes more);

/* Frees and empties; NULL-safe. */
void buf_free(struct buf *buf);
