/*
 * Barcodes through zbar. Only kinds that carry a check or a fixed form are asked for: its DataBar
 * and two-digit add-on decoders see codes in ordinary print.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <leptonica/allheaders.h>
#include <stdio.h>
#include <string.h>
#include <zbar.h>

#include "classify/barcode.h"
#include "image/page.h"

enum { SIDE_MAX = 3600 /* pixels; larger pages are halved: A4 at 300 dpi stays as it is */ };

enum { KINDS_MAX = 9 };

/* What is looked for, and on every how many rows and columns. */
struct search {
    zbar_symbol_type_t kinds[KINDS_MAX]; /* ZBAR_NONE behind the last */
    int every;
};
static const struct search whole = {{ZBAR_CODE39, ZBAR_CODE93, ZBAR_CODE128, ZBAR_CODABAR, ZBAR_I25,
                                     ZBAR_EAN13, ZBAR_EAN8, ZBAR_UPCA, ZBAR_QRCODE},
                                    1};
/* Bars of 15 mm are 118 rows at 200 dpi: 14 readings. */
static const struct search quick = {{ZBAR_CODE128}, 8};

/* The part of the page as grey in rows of its own; `ret_shrink` is page pixels to a pixel. */
static struct Pix *cut(const struct Pix *page, const struct box *part, int *ret_shrink)
{
    struct Pix *pix = (struct Pix *)(uintptr_t)page;
    struct Box *box = boxCreate(part->x, part->y, part->width, part->height);
    struct Pix *clip = box ? pixClipRectangle(pix, box, NULL) : NULL;
    struct Pix *grey = clip ? pixConvertTo8(clip, 0) : NULL;
    boxDestroy(&box);
    pixDestroy(&clip);
    *ret_shrink = 1;
    while (grey && (pixGetWidth(grey) > SIDE_MAX || pixGetHeight(grey) > SIDE_MAX)) {
        struct Pix *half = pixScaleAreaMap2(grey);
        pixDestroy(&grey);
        grey = half;
        *ret_shrink *= 2;
    }
    return grey;
}

static uint8_t *rows_of(struct Pix *grey)
{
    int width = pixGetWidth(grey), height = pixGetHeight(grey);
    uint8_t *rows = malloc((size_t)width * (size_t)height);
    for (int y = 0; rows && y < height; y++)
        page_get_row(grey, (uint32_t)y, rows + (size_t)width * (size_t)y);
    return rows;
}

static int rotation_of(const zbar_symbol_t *symbol)
{
    switch (zbar_symbol_get_orientation(symbol)) {
    case ZBAR_ORIENT_UP:
        return 0;
    case ZBAR_ORIENT_RIGHT:
        return 270;
    case ZBAR_ORIENT_DOWN:
        return 180;
    case ZBAR_ORIENT_LEFT:
        return 90;
    default:
        return -1;
    }
}

static struct box box_of(const zbar_symbol_t *symbol, const struct box *part, int shrink)
{
    unsigned points = zbar_symbol_get_loc_size(symbol);
    int left = INT32_MAX, top = INT32_MAX, right = 0, bottom = 0;
    for (unsigned i = 0; i < points; i++) {
        int x = zbar_symbol_get_loc_x(symbol, i), y = zbar_symbol_get_loc_y(symbol, i);
        left = x < left ? x : left;
        right = x > right ? x : right;
        top = y < top ? y : top;
        bottom = y > bottom ? y : bottom;
    }
    if (points == 0)
        return *part;
    return (struct box){part->x + left * shrink, part->y + top * shrink, (right - left) * shrink,
                        (bottom - top) * shrink};
}

static void copy_printable(const char *data, char ret_text[BARCODE_TEXT_SIZE])
{
    size_t at = 0;
    for (; data && data[at] && at < BARCODE_TEXT_SIZE - 1; at++)
        ret_text[at] = data[at] >= ' ' && data[at] <= '~' ? data[at] : '?';
    ret_text[at] = '\0';
}

static int collect(zbar_image_t *image, const struct box *part, int shrink,
                   struct barcode ret_codes[BARCODES_MAX])
{
    int count = 0;
    const zbar_symbol_t *symbol = zbar_image_first_symbol(image);
    for (; symbol && count < BARCODES_MAX; symbol = zbar_symbol_next(symbol)) {
        struct barcode *code = &ret_codes[count++];
        snprintf(code->kind, sizeof code->kind, "%s",
                 zbar_get_symbol_name(zbar_symbol_get_type(symbol)));
        copy_printable(zbar_symbol_get_data(symbol), code->text);
        code->box = box_of(symbol, part, shrink);
        code->rotation = rotation_of(symbol);
    }
    return count;
}

static zbar_image_scanner_t *scanner_new(const struct search *search)
{
    zbar_image_scanner_t *scanner = zbar_image_scanner_create();
    if (!scanner)
        return NULL;
    zbar_image_scanner_set_config(scanner, ZBAR_NONE, ZBAR_CFG_ENABLE, 0);
    for (int i = 0; i < KINDS_MAX && search->kinds[i] != ZBAR_NONE; i++)
        zbar_image_scanner_set_config(scanner, search->kinds[i], ZBAR_CFG_ENABLE, 1);
    zbar_image_scanner_set_config(scanner, ZBAR_NONE, ZBAR_CFG_X_DENSITY, search->every);
    zbar_image_scanner_set_config(scanner, ZBAR_NONE, ZBAR_CFG_Y_DENSITY, search->every);
    return scanner;
}

static int read_part(const struct Pix *page, const struct box *part, const struct search *search,
                     struct barcode ret_codes[BARCODES_MAX], struct err *err)
{
    int shrink, count = ERR_MEMORY;
    struct Pix *grey = cut(page, part, &shrink);
    uint8_t *rows = grey ? rows_of(grey) : NULL;
    zbar_image_scanner_t *scanner = scanner_new(search);
    zbar_image_t *image = zbar_image_create();
    if (rows && scanner && image) {
        unsigned width = (unsigned)pixGetWidth(grey), height = (unsigned)pixGetHeight(grey);
        zbar_image_set_format(image, zbar_fourcc('Y', '8', '0', '0'));
        zbar_image_set_size(image, width, height);
        zbar_image_set_data(image, rows, (unsigned long)width * height, NULL);
        zbar_scan_image(scanner, image);
        count = collect(image, part, shrink, ret_codes);
    }
    if (image)
        zbar_image_destroy(image);
    if (scanner)
        zbar_image_scanner_destroy(scanner);
    free(rows);
    pixDestroy(&grey);
    return count >= 0 ? count : err_set(err, ERR_MEMORY, "barcodes: no memory for the page");
}

static struct box box_of_page(const struct Pix *page)
{
    struct Pix *pix = (struct Pix *)(uintptr_t)page;
    return (struct box){0, 0, pixGetWidth(pix), pixGetHeight(pix)};
}

int barcode_read_part(const struct Pix *page, const struct box *part,
                      struct barcode ret_codes[BARCODES_MAX], struct err *err)
{
    return read_part(page, part, &whole, ret_codes, err);
}

int barcode_read(const struct Pix *page, struct barcode ret_codes[BARCODES_MAX], struct err *err)
{
    const struct box all = box_of_page(page);
    return read_part(page, &all, &whole, ret_codes, err);
}

int barcode_read_quick(const struct Pix *page, struct barcode ret_codes[BARCODES_MAX],
                       struct err *err)
{
    const struct box all = box_of_page(page);
    return read_part(page, &all, &quick, ret_codes, err);
}
