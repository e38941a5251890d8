/*
 * Reading little-endian values off bytes from outside, with bounds: a cursor that has run past the
 * end or met something impossible is bad and gives zeros from then on.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include <stdbool.h>
#include <string.h>

#include "base/bytes.h"

struct cursor {
    struct bytes left;
    bool bad;
};

/* The next `len` bytes, borrowed; empty when they are not there. */
static inline struct bytes cursor_take(struct cursor *from, uint64_t len)
{
    struct bytes taken = {0};
    if (from->bad || len > from->left.len) {
        from->bad = true;
        return taken;
    }
    taken = bytes_of(from->left.at, (size_t)len);
    from->left.at += len;
    from->left.len -= (size_t)len;
    return taken;
}

static inline uint64_t cursor_number(struct cursor *from, unsigned len)
{
    struct bytes taken = cursor_take(from, len);
    uint64_t number = 0;
    for (size_t i = taken.len; i > 0; i--)
        number = number << 8 | taken.at[i - 1];
    return number;
}

static inline uint8_t cursor_u8(struct cursor *from)
{
    return (uint8_t)cursor_number(from, 1);
}

static inline int32_t cursor_i32(struct cursor *from)
{
    return (int32_t)(uint32_t)cursor_number(from, 4);
}

static inline uint32_t cursor_u32(struct cursor *from)
{
    return (uint32_t)cursor_number(from, 4);
}

static inline double cursor_f64(struct cursor *from)
{
    uint64_t bits = cursor_number(from, 8);
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* Length, then that many bytes, no NUL. */
static inline struct bytes cursor_string(struct cursor *from)
{
    return cursor_take(from, cursor_u32(from));
}
