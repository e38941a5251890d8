/*
 * tripli-page-match: whether an image taken out of a PDF looks as its page does; tripli submit
 * starts it sealed. DRAWN is the page drawn small, IMAGE the image; a page with a stamp, a filled
 * field or a note over its scan differs. Ends 0 when they are the same and OUT is the image with
 * the resolution that it has on the page, 1 when they are not, and otherwise 65 or 74.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <leptonica/allheaders.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "base/file.h"
#include "base/scope.h"
#include "image/decode.h"
#include "image/header.h"

enum {
    DIFFERS = 1,
    GREY_APART = 32,  /* from all pixels of 0.25 mm around: what ink, also pale, is more than */
    PIXELS_APART = 4, /* so many may be; a tick of a pen is more */
    QUARTERS = 4
};

/* As grey, of the size of `like`; NULL when it cannot be decoded. */
static PIX *small_of(struct bytes file, const struct image_header *header, const PIX *like)
{
    struct err err;
    struct image_decode_params params = IMAGE_DECODE_DEFAULT;
    PIX *whole = NULL;
    uint32_t side =
        (uint32_t)(pixGetWidth(like) > pixGetHeight(like) ? pixGetWidth(like) : pixGetHeight(like));
    if (header->format == IMAGE_JPEG) /* the smallest that is still twice as large */
        while (params.reduce < 8 && header->width / params.reduce > 4 * side &&
               header->height / params.reduce > 4 * side)
            params.reduce *= 2;
    if (image_decode(file, &params, &whole, &err) < 0)
        return NULL;
    PIX *grey = pixConvertTo8(whole, 0);
    pixDestroy(&whole);
    return grey;
}

/* How many pixels of `more` are above those of `less` by GREY_APART; frees both. */
static l_int32 count_above(PIX *more, PIX *less)
{
    PIX *above = more && less ? pixSubtractGray(NULL, more, less) : NULL;
    PIX *near = above ? pixThresholdToBinary(above, GREY_APART) : NULL;
    l_int32 count = 0, all = near ? pixGetWidth(near) * pixGetHeight(near) : 0;
    bool counted = near && pixCountPixels(near, &count, NULL) == 0;
    pixDestroy(&more);
    pixDestroy(&less);
    pixDestroy(&above);
    pixDestroy(&near);
    return counted ? all - count : INT32_MAX;
}

/* Two ways of making large pixels out of small ones differ at edges only: a pixel may be as dark as
 * the darkest around it, and as light as the lightest. */
static bool look_the_same(PIX *drawn, PIX *grey)
{
    enum { AROUND = 3 };
    PIX *small = pixScaleToSize(grey, pixGetWidth(drawn), pixGetHeight(drawn));
    bool same = small &&
                count_above(pixErodeGray(small, AROUND, AROUND), pixClone(drawn)) <= PIXELS_APART &&
                count_above(pixClone(drawn), pixDilateGray(small, AROUND, AROUND)) <= PIXELS_APART;
    pixDestroy(&small);
    return same;
}

/* A page may show its image turned by quarters; a reader finds out which way is up. */
static bool match(PIX *drawn, PIX *grey)
{
    bool same = false;
    for (int quarters = 0; !same && quarters < QUARTERS; quarters++) {
        PIX *turned = pixRotateOrth(grey, quarters);
        same = turned && look_the_same(drawn, turned);
        pixDestroy(&turned);
    }
    return same;
}

/* ---- the resolution ---- */

static void put_32(uint8_t *to, uint32_t value)
{
    for (int i = 0; i < 4; i++)
        to[i] = (uint8_t)(value >> (24 - 8 * i));
}

static uint32_t get_32(const uint8_t *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

/* PNG specification, annex D. */
static uint32_t crc_of(const uint8_t *at, size_t len)
{
    uint32_t crc = ~0u;
    for (size_t i = 0; i < len; i++) {
        crc ^= at[i];
        for (int bit = 0; bit < 8; bit++)
            crc = crc & 1 ? 0xedb88320u ^ crc >> 1 : crc >> 1;
    }
    return ~crc;
}

/* The chunk pHYs of a PNG, which pdfimages writes with 72 dpi, says pixels per metre. */
static void set_png(struct buf *file, const unsigned ppi[2])
{
    enum { FIRST = 8, FRAME = 12, PHYS = 9 };
    size_t at = FIRST;
    while (at + FRAME <= file->len) {
        size_t len = get_32(file->at + at);
        uint8_t *chunk = file->at + at;
        if (len > file->len - at - FRAME || memcmp(chunk + 4, "IDAT", 4) == 0)
            return;
        if (memcmp(chunk + 4, "pHYs", 4) == 0 && len == PHYS) {
            put_32(chunk + 8, (uint32_t)(ppi[0] / 0.0254 + 0.5));
            put_32(chunk + 12, (uint32_t)(ppi[1] / 0.0254 + 0.5));
            chunk[16] = 1;
            put_32(chunk + 8 + PHYS, crc_of(chunk + 4, 4 + PHYS));
            return;
        }
        at += FRAME + len;
    }
}

/* JFIF: the segment APP0 right behind the start of image, in its place. */
static void set_jpeg(struct buf *file, const unsigned ppi[2])
{
    static const uint8_t head[] = {0xff, 0xd8, 0xff, 0xe0, 0, 16, 'J', 'F', 'I', 'F', 0};
    enum { UNIT = 13, X = 14, Y = 16 };
    if (file->len < 20 || memcmp(file->at, head, sizeof head) != 0)
        return;
    file->at[UNIT] = 1;
    file->at[X] = (uint8_t)(ppi[0] >> 8);
    file->at[X + 1] = (uint8_t)ppi[0];
    file->at[Y] = (uint8_t)(ppi[1] >> 8);
    file->at[Y + 1] = (uint8_t)ppi[1];
}

static int write_out(const char *path, struct buf *file, const struct image_header *header,
                     const unsigned ppi[2])
{
    struct err err;
    bool said = header->x_dpi > ppi[0] - 1.0 && header->x_dpi < ppi[0] + 1.0 &&
                header->y_dpi > ppi[1] - 1.0 && header->y_dpi < ppi[1] + 1.0;
    if (!said && ppi[0] < 65536 && ppi[1] < 65536)
        (header->format == IMAGE_PNG ? set_png : set_jpeg)(file, ppi);
    SCOPED(scope_fclose) FILE *to = fopen(path, "wbe");
    return to && file_write_all(fileno(to), buf_view(file), path, &err) == 0 ? EX_OK : EX_IOERR;
}

static int compare(char **argv)
{
    SCOPED(buf_free) struct buf drawn_file = {0}, image_file = {0};
    struct image_header header;
    struct err err;
    const unsigned ppi[] = {(unsigned)strtoul(argv[3], NULL, 10),
                            (unsigned)strtoul(argv[4], NULL, 10)};
    PIX *drawn = NULL;
    if (file_read(argv[1], IMAGE_FILE_LIMIT_BYTES, &drawn_file, &err) < 0 ||
        file_read(argv[2], IMAGE_FILE_LIMIT_BYTES, &image_file, &err) < 0 ||
        image_decode(buf_view(&drawn_file), &IMAGE_DECODE_DEFAULT, &drawn, &err) < 0 ||
        image_header_read(buf_view(&image_file), 1, &header, &err) < 0)
        return EX_DATAERR;
    PIX *grey = small_of(buf_view(&image_file), &header, drawn);
    PIX *page = pixConvertTo8(drawn, 0);
    bool same = grey && page && match(page, grey);
    pixDestroy(&grey);
    pixDestroy(&page);
    pixDestroy(&drawn);
    return same ? write_out(argv[5], &image_file, &header, ppi) : DIFFERS;
}

int main(int argc, char **argv)
{
    if (argc == 6)
        return compare(argv);
    fprintf(stderr, "tripli-page-match DRAWN IMAGE X-PPI Y-PPI OUT is started by tripli submit\n");
    return EX_USAGE;
}
