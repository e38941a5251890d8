/*
 * Bytes to pixels: see raster.h. Each line is turned when it is complete, straight into the page; a
 * page of unknown height grows by half its height and is cut at the end. Leptonica keeps pixels in
 * 32-bit words, the leftmost in the highest bits: a line is its bytes read as big-endian words.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "scanner/raster.h"

#include <endian.h>
#include <leptonica/allheaders.h>
#include <stdlib.h>
#include <string.h>

#include "base/scope.h"
#include "scanner/device.h"

enum { FIRST_LINES = 1024 }; /* a page of unknown height starts with this much room */

struct raster {
    struct raster_params params;
    uint32_t line_bytes; /* without padding */
    PIX *page;
    uint32_t capacity; /* lines that `page` has room for */
    uint32_t lines;
    uint8_t *partial; /* the line that is arriving */
    uint32_t partial_len;
    uint64_t received;
};

static unsigned pixel_bits(const struct raster_params *params)
{
    return params->rgb ? 32 : params->depth;
}

static uint64_t page_bytes(const struct raster_params *params, uint64_t lines)
{
    return ((uint64_t)params->width * pixel_bits(params) + 31) / 32 * 4 * lines;
}

static uint32_t line_bytes(const struct raster_params *params)
{
    return params->rgb ? params->width * 3 : (params->width * params->depth + 7) / 8;
}

static int check_limits(const struct raster_params *params, uint64_t lines, struct err *err)
{
    if (params->width > SCANNER_SIDE_LIMIT_PIXELS || lines > SCANNER_SIDE_LIMIT_PIXELS)
        return err_set(err, ERR_LIMIT, "side of %u x %llu pixels, at most %d each way",
                       params->width, (unsigned long long)lines, SCANNER_SIDE_LIMIT_PIXELS);
    if (page_bytes(params, lines) > SCANNER_SIDE_LIMIT_BYTES)
        return err_set(err, ERR_LIMIT, "side of %u x %llu pixels makes %llu bytes, at most %d",
                       params->width, (unsigned long long)lines,
                       (unsigned long long)page_bytes(params, lines), SCANNER_SIDE_LIMIT_BYTES);
    return 0;
}

/* The highest page of this width that passes check_limits. */
static uint32_t most_lines(const struct raster_params *params)
{
    uint64_t lines = SCANNER_SIDE_LIMIT_BYTES / page_bytes(params, 1);
    return lines < SCANNER_SIDE_LIMIT_PIXELS ? (uint32_t)lines : SCANNER_SIDE_LIMIT_PIXELS;
}

static int check_params(const struct raster_params *params, struct err *err)
{
    bool known_depth = params->depth == 8 || (params->depth == 1 && !params->rgb);
    if (!known_depth)
        return err_set(err, ERR_UNSUPPORTED, "%u bits per sample%s: only 1 and 8 are read",
                       params->depth, params->rgb ? " in colour" : "");
    if (params->width == 0 || params->lines == 0 || params->lines < -1)
        return err_set(err, ERR_FORMAT, "side of %u x %lld pixels announced", params->width,
                       (long long)params->lines);
    int rc = check_limits(params, params->lines < 0 ? 1 : (uint64_t)params->lines, err);
    if (rc < 0)
        return rc;
    if (params->bytes_per_line < line_bytes(params) ||
        params->bytes_per_line > SCANNER_SIDE_LIMIT_PIXELS * 4U)
        return err_set(err, ERR_FORMAT, "lines of %u bytes announced for %u pixels, must be %u",
                       params->bytes_per_line, params->width, line_bytes(params));
    return 0;
}

/* Room for `lines` lines; those that are there are kept. */
static int make_room(struct raster *raster, uint32_t lines, struct err *err)
{
    PIX *page = pixCreateNoInit((l_int32)raster->params.width, (l_int32)lines,
                                (l_int32)pixel_bits(&raster->params));
    if (!page)
        return err_set(err, ERR_MEMORY, "side of %u x %u pixels: no memory", raster->params.width,
                       lines);
    if (raster->page)
        memcpy(pixGetData(page), pixGetData(raster->page),
               (size_t)pixGetWpl(page) * 4 * raster->lines);
    pixDestroy(&raster->page);
    raster->page = page;
    raster->capacity = lines;
    return 0;
}

int raster_new(const struct raster_params *params, struct raster **ret_raster, struct err *err)
{
    int rc = check_params(params, err);
    if (rc < 0)
        return rc;
    SCOPED(raster_free) struct raster *raster = calloc(1, sizeof *raster);
    if (raster)
        raster->partial = malloc(params->bytes_per_line);
    if (!raster || !raster->partial)
        return err_set(err, ERR_MEMORY, "side of %u pixels: no memory", params->width);
    raster->params = *params;
    raster->line_bytes = line_bytes(params);
    rc = make_room(raster, params->lines < 0 ? FIRST_LINES : (uint32_t)params->lines, err);
    if (rc < 0)
        return rc;
    *ret_raster = raster;
    raster = NULL;
    return 0;
}

void raster_free(struct raster **raster)
{
    if (!*raster)
        return;
    pixDestroy(&(*raster)->page);
    free((*raster)->partial);
    free(*raster);
    *raster = NULL;
}

/* Packed samples, one or eight bits. What lies right of the last pixel in its word becomes 0. */
static void put_packed(const uint8_t *line, uint32_t bytes, unsigned last_bits, l_uint32 *words)
{
    uint32_t word;
    uint32_t whole = bytes / 4;
    for (uint32_t i = 0; i < whole; i++) {
        memcpy(&word, line + 4 * (size_t)i, 4);
        words[i] = be32toh(word);
    }
    if (bytes % 4 > 0) {
        word = 0;
        memcpy(&word, line + 4 * (size_t)whole, bytes % 4);
        words[whole] = be32toh(word);
    }
    if (last_bits > 0)
        words[(bytes - 1) / 4] &= ~UINT32_C(0) << (32 - last_bits);
}

/* Reads four bytes per pixel and drops the fourth; the last pixel has only three. */
static void put_rgb(const uint8_t *line, uint32_t width, l_uint32 *words)
{
    uint32_t word;
    for (uint32_t x = 0; x + 1 < width; x++) {
        memcpy(&word, line + 3 * (size_t)x, 4);
        words[x] = be32toh(word) & 0xFFFFFF00;
    }
    const uint8_t *last = line + 3 * (size_t)(width - 1);
    words[width - 1] = (l_uint32)last[0] << 24 | (l_uint32)last[1] << 16 | (l_uint32)last[2] << 8;
}

static int grow(struct raster *raster, struct err *err)
{
    const struct raster_params *params = &raster->params;
    if (params->lines >= 0)
        return err_set(err, ERR_FORMAT, "more than the %lld lines announced",
                       (long long)params->lines);
    uint32_t most = most_lines(params);
    if (raster->capacity >= most)
        return check_limits(params, (uint64_t)most + 1, err);
    uint32_t lines = raster->capacity + raster->capacity / 2;
    return make_room(raster, lines < most ? lines : most, err);
}

static int put_line(struct raster *raster, const uint8_t *line, struct err *err)
{
    const struct raster_params *params = &raster->params;
    int rc = raster->lines == raster->capacity ? grow(raster, err) : 0;
    if (rc < 0)
        return rc;
    size_t wpl = (size_t)pixGetWpl(raster->page);
    l_uint32 *words = pixGetData(raster->page) + wpl * raster->lines;
    if (params->rgb)
        put_rgb(line, params->width, words);
    else
        put_packed(line, raster->line_bytes, params->width * params->depth % 32, words);
    raster->lines++;
    return 0;
}

int raster_add(struct raster *raster, struct bytes more, struct err *err)
{
    uint32_t line = raster->params.bytes_per_line;
    int rc = 0;
    raster->received += more.len;
    while (rc == 0 && more.len > 0) {
        if (raster->partial_len == 0 && more.len >= line) {
            rc = put_line(raster, more.at, err);
            more = bytes_of(more.at + line, more.len - line);
            continue;
        }
        uint32_t room = line - raster->partial_len;
        uint32_t part = more.len < room ? (uint32_t)more.len : room;
        memcpy(raster->partial + raster->partial_len, more.at, part);
        raster->partial_len += part;
        more = bytes_of(more.at + part, more.len - part);
        if (raster->partial_len == line) {
            raster->partial_len = 0;
            rc = put_line(raster, raster->partial, err);
        }
    }
    return rc;
}

uint64_t raster_received(const struct raster *raster)
{
    return raster->received;
}

static int check_complete(const struct raster *raster, struct err *err)
{
    const struct raster_params *params = &raster->params;
    unsigned long long received = raster->received;
    unsigned long long announced =
        params->lines < 0 ? received : (unsigned long long)params->lines * params->bytes_per_line;
    if (received != announced)
        return err_set(err, ERR_FORMAT, "%llu bytes received, %llu announced", received, announced);
    if (raster->lines == 0 || raster->partial_len > 0)
        return err_set(err, ERR_FORMAT, "%llu bytes received, no whole number of lines of %u bytes",
                       received, params->bytes_per_line);
    return 0;
}

int raster_finish(struct raster **raster, struct Pix **ret_page, struct err *err)
{
    int rc = check_complete(*raster, err);
    if (rc == 0) {
        pixSetHeight((*raster)->page, (l_int32)(*raster)->lines);
        *ret_page = (*raster)->page;
        (*raster)->page = NULL;
    }
    raster_free(raster);
    return rc;
}

uint64_t raster_page_bytes(const struct Pix *page)
{
    return (uint64_t)pixGetWpl((PIX *)page) * 4 * (uint64_t)pixGetHeight((PIX *)page);
}
