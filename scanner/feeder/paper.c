/*
 * Sides as lines of bytes: see paper.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "scanner/feeder/paper.h"

#include <endian.h>
#include <leptonica/allheaders.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/scope.h"
#include "image/decode.h"
#include "image/header.h"

enum {
    BILEVEL_THRESHOLD = 150, /* grey below it is black: keeps pencil, drops paper tone */
    A4_WIDTH_MM10 = 2100,
    A4_HEIGHT_MM10 = 2970
};

struct paper {
    PIX *page;
    unsigned dpi;
};

static int take_page(PIX **page, unsigned dpi, struct paper **ret_paper, struct err *err)
{
    struct paper *paper = *page ? calloc(1, sizeof *paper) : NULL;
    if (!paper) {
        pixDestroy(page);
        return err_set(err, ERR_MEMORY, "side of a sheet: no memory");
    }
    *paper = (struct paper){.page = *page, .dpi = dpi};
    *page = NULL;
    *ret_paper = paper;
    return 0;
}

/* Replaces `*page` by what `made` is; NULL stays NULL. */
static void replace(PIX **page, PIX *made)
{
    pixDestroy(page);
    *page = made;
}

/* To the resolution asked for, within the limit that decoding has. */
static int rescale(PIX **page, unsigned from_dpi, unsigned to_dpi, struct err *err)
{
    double scale = (double)to_dpi / from_dpi;
    double bytes = scale * scale * pixGetWpl(*page) * 4.0 * pixGetHeight(*page);
    if (from_dpi == to_dpi)
        return 0;
    if (bytes > IMAGE_DECODED_LIMIT_BYTES)
        return err_set(err, ERR_LIMIT, "side at %u dpi makes %.0f bytes, at most %d", to_dpi, bytes,
                       IMAGE_DECODED_LIMIT_BYTES);
    replace(page, pixScale(*page, (float)scale, (float)scale));
    return *page ? 0 : err_set(err, ERR_MEMORY, "side at %u dpi: no memory", to_dpi);
}

static void convert(PIX **page, enum paper_mode mode)
{
    int depth = pixGetDepth(*page);
    if (mode == PAPER_COLOUR && depth != 32)
        replace(page, pixConvertTo32(*page));
    if (mode == PAPER_GREY && depth != 8)
        replace(page, pixConvertTo8(*page, 0));
    if (mode == PAPER_BILEVEL && depth != 1)
        replace(page, pixConvertTo1(*page, BILEVEL_THRESHOLD));
}

/* A sheet has two sides: a file of more pages would lose them. */
static int check_pages(struct bytes file, const char *path, struct err *err)
{
    struct image_header header;
    int rc = image_header_read(file, 1, &header, err);
    if (rc == 0 && header.pages > 2)
        rc = err_set(err, ERR_UNSUPPORTED, "%s: %u pages, a sheet has 2 sides", path, header.pages);
    return rc;
}

int paper_load(const char *path, unsigned page, const struct paper_params *params,
               struct paper **ret_paper, struct err *err)
{
    SCOPED(buf_free) struct buf file = {0};
    SCOPED(image_free) PIX *pix = NULL;
    struct image_decode_params decode = IMAGE_DECODE_DEFAULT;
    decode.page = page;
    int rc = file_read(path, IMAGE_FILE_LIMIT_BYTES, &file, err);
    if (rc == 0)
        rc = check_pages(buf_view(&file), path, err);
    if (rc == 0)
        rc = image_decode(buf_view(&file), &decode, &pix, err);
    if (rc < 0)
        return rc;
    unsigned dpi = pixGetXRes(pix) > 0 ? (unsigned)pixGetXRes(pix) : params->default_dpi;
    if (params->mode == PAPER_NATIVE)
        return take_page(&pix, dpi, ret_paper, err);
    rc = rescale(&pix, dpi, params->dpi, err);
    if (rc < 0)
        return rc;
    convert(&pix, params->mode);
    return take_page(&pix, params->dpi, ret_paper, err);
}

int paper_blank(const struct paper_size *like, const struct paper_params *params,
                struct paper **ret_paper, struct err *err)
{
    static const int depths[] = {1, 8, 32, 1};
    unsigned dpi = like ? like->dpi : params->dpi;
    uint32_t width = like ? like->width : A4_WIDTH_MM10 * dpi / 254;
    uint32_t height = like ? like->height : A4_HEIGHT_MM10 * dpi / 254;
    SCOPED(image_free) PIX *pix = pixCreate((int)width, (int)height, depths[params->mode]);
    if (pix)
        pixSetBlackOrWhite(pix, L_SET_WHITE);
    return take_page(&pix, dpi, ret_paper, err);
}

void paper_free(struct paper **paper)
{
    if (!*paper)
        return;
    pixDestroy(&(*paper)->page);
    free(*paper);
    *paper = NULL;
}

struct paper_size paper_size(const struct paper *paper)
{
    return (struct paper_size){.width = (uint32_t)pixGetWidth(paper->page),
                               .height = (uint32_t)pixGetHeight(paper->page),
                               .depth = (unsigned)pixGetDepth(paper->page),
                               .dpi = paper->dpi};
}

uint32_t paper_line_bytes(const struct paper *paper)
{
    uint32_t width = (uint32_t)pixGetWidth(paper->page);
    int depth = pixGetDepth(paper->page);
    return depth == 32 ? 3 * width : (width * (uint32_t)depth + 7) / 8;
}

/* Writes four bytes per pixel, of which the next pixel overwrites the fourth. */
static void put_rgb(const l_uint32 *words, uint32_t width, uint8_t *ret_line)
{
    for (uint32_t x = 0; x + 1 < width; x++) {
        uint32_t word = htobe32(words[x]);
        memcpy(ret_line + 3 * (size_t)x, &word, 4);
    }
    uint32_t word = htobe32(words[width - 1]);
    memcpy(ret_line + 3 * (size_t)(width - 1), &word, 3);
}

void paper_line(const struct paper *paper, uint32_t y, uint8_t *ret_line)
{
    const l_uint32 *words = pixGetData(paper->page) + (size_t)pixGetWpl(paper->page) * y;
    uint32_t bytes = paper_line_bytes(paper);
    if (pixGetDepth(paper->page) == 32) {
        put_rgb(words, (uint32_t)pixGetWidth(paper->page), ret_line);
        return;
    }
    for (uint32_t i = 0; i < bytes / 4; i++) {
        uint32_t word = htobe32(words[i]);
        memcpy(ret_line + 4 * (size_t)i, &word, 4);
    }
    uint32_t word = bytes % 4 ? htobe32(words[bytes / 4]) : 0;
    memcpy(ret_line + bytes / 4 * (size_t)4, &word, bytes % 4);
}
