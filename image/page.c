/*
 * Pages in memory: see page.h. Also keeps Leptonica from printing: its messages repeat what the
 * error texts here say.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "image/page.h"

#include <endian.h>
#include <leptonica/allheaders.h>
#include <stdlib.h>
#include <string.h>

#include "image/decode.h"

__attribute__((constructor)) static void silence_leptonica(void)
{
    setMsgSeverity(L_SEVERITY_NONE);
}

int page_new(uint32_t width, uint32_t height, unsigned depth, struct Pix **ret_page,
             struct err *err)
{
    *ret_page = pixCreate((l_int32)width, (l_int32)height, (l_int32)depth);
    if (!*ret_page)
        return err_set(err, ERR_MEMORY, "no memory for %u x %u pixels of depth %u", width, height,
                       depth);
    return 0;
}

static uint32_t big_endian_word(const uint8_t *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

/* Words from bytes; the last word takes what is left and zeroes the rest. */
static void put_bytes(uint32_t *line, const uint8_t *row, size_t bits)
{
    size_t words = bits / 32;
    size_t left_bits = bits % 32;
    uint8_t last[4] = {0};

    for (size_t i = 0; i < words; i++)
        line[i] = big_endian_word(row + 4 * i);
    if (left_bits == 0)
        return;
    memcpy(last, row + 4 * words, (left_bits + 7) / 8);
    line[words] = big_endian_word(last) & ~(UINT32_MAX >> left_bits);
}

void page_put_row(struct Pix *page, uint32_t y, const uint8_t *row)
{
    uint32_t *line = pixGetData(page) + (size_t)y * (size_t)pixGetWpl(page);
    size_t width = (size_t)pixGetWidth(page);
    size_t depth = (size_t)pixGetDepth(page);

    if (depth != 32) {
        put_bytes(line, row, width * depth);
        return;
    }
    for (size_t x = 0; x < width; x++)
        line[x] = (uint32_t)row[3 * x] << L_RED_SHIFT | (uint32_t)row[3 * x + 1] << L_GREEN_SHIFT |
                  (uint32_t)row[3 * x + 2] << L_BLUE_SHIFT;
}

size_t page_row_bytes(const struct Pix *page)
{
    size_t width = (size_t)pixGetWidth(page);

    return pixGetDepth(page) == 32 ? 3 * width : (width * (size_t)pixGetDepth(page) + 7) / 8;
}

/* The reverse of put_bytes. */
static void get_bytes(const uint32_t *line, size_t count, uint8_t *ret_row)
{
    uint32_t word;

    for (size_t i = 0; i < count / 4; i++) {
        word = htobe32(line[i]);
        memcpy(ret_row + 4 * i, &word, 4);
    }
    for (size_t i = count / 4 * 4; i < count; i++)
        ret_row[i] = (uint8_t)(line[i / 4] >> (24 - 8 * (i % 4)));
}

/* A word at a time: the fourth byte of each lies where the next pixel begins. */
static void get_pixels(const uint32_t *line, size_t width, uint8_t *ret_row)
{
    for (size_t x = 0; x + 1 < width; x++) {
        uint32_t word = htobe32(line[x]);
        memcpy(ret_row + 3 * x, &word, 4);
    }
    uint8_t *last = ret_row + 3 * (width - 1);
    last[0] = (uint8_t)(line[width - 1] >> L_RED_SHIFT);
    last[1] = (uint8_t)(line[width - 1] >> L_GREEN_SHIFT);
    last[2] = (uint8_t)(line[width - 1] >> L_BLUE_SHIFT);
}

void page_get_row(const struct Pix *page, uint32_t y, uint8_t *ret_row)
{
    struct Pix *readable = (struct Pix *)page; /* Leptonica's getters take no const */
    const uint32_t *line = pixGetData(readable) + (size_t)y * (size_t)pixGetWpl(readable);
    size_t count = page_row_bytes(page);

    if (pixGetDepth(page) == 32)
        get_pixels(line, count / 3, ret_row);
    else
        get_bytes(line, count, ret_row);
}

static void put_number(uint8_t *at, uint32_t number)
{
    const uint32_t big = htobe32(number);
    memcpy(at, &big, sizeof big);
}

int page_digest(const struct Pix *page, struct digest *ret_digest, struct err *err)
{
    enum { HEAD_BYTES = 12 };
    const uint32_t height = (uint32_t)pixGetHeight(page);
    const size_t row = page_row_bytes(page), size = HEAD_BYTES + row * height;
    uint8_t *bytes = malloc(size);
    if (!bytes)
        return err_set(err, ERR_MEMORY, "no memory for a digest of %zu bytes", size);
    put_number(bytes, (uint32_t)pixGetWidth(page));
    put_number(bytes + 4, height);
    put_number(bytes + 8, (uint32_t)pixGetDepth(page));
    for (uint32_t y = 0; y < height; y++)
        page_get_row(page, y, bytes + HEAD_BYTES + row * y);
    *ret_digest = digest_of(bytes_of(bytes, size));
    free(bytes);
    return 0;
}

int page_made(struct Pix *made, const char *step, struct Pix **ret_page, struct err *err)
{
    *ret_page = made;
    return made ? 0 : err_set(err, ERR_MEMORY, "no memory to %s", step);
}

void image_free(struct Pix **page)
{
    if (page)
        pixDestroy(page);
}
