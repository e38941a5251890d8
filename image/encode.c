/*
 * Encoding what is kept: see encode.h. No date and no program name is written, so the same pixels
 * give the same bytes.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "image/encode.h"

#include <assert.h>
#include <leptonica/allheaders.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>

#include <jpeglib.h>

#include "base/scope.h"
#include "image/page.h"
#include "image/tiff_file.h"

struct resolution {
    int x, y;
};

static struct resolution resolution_of(const struct Pix *page)
{
    struct Pix *readable = (struct Pix *)page; /* Leptonica's getters take no const */

    return (struct resolution){pixGetXRes(readable), pixGetYRes(readable)};
}

static int set_tags(const struct Pix *page, TIFF *tiff)
{
    struct resolution dpi = resolution_of(page);
    uint32_t height = (uint32_t)pixGetHeight(page);
    int ok = TIFFSetField(tiff, TIFFTAG_IMAGEWIDTH, (uint32_t)pixGetWidth(page)) &&
             TIFFSetField(tiff, TIFFTAG_IMAGELENGTH, height) &&
             TIFFSetField(tiff, TIFFTAG_BITSPERSAMPLE, 1) &&
             TIFFSetField(tiff, TIFFTAG_SAMPLESPERPIXEL, 1) &&
             TIFFSetField(tiff, TIFFTAG_COMPRESSION, COMPRESSION_CCITTFAX4) &&
             TIFFSetField(tiff, TIFFTAG_PHOTOMETRIC, PHOTOMETRIC_MINISWHITE) &&
             TIFFSetField(tiff, TIFFTAG_ROWSPERSTRIP, height);

    if (ok && dpi.x > 0 && dpi.y > 0)
        ok = TIFFSetField(tiff, TIFFTAG_RESOLUTIONUNIT, RESUNIT_INCH) &&
             TIFFSetField(tiff, TIFFTAG_XRESOLUTION, (double)dpi.x) &&
             TIFFSetField(tiff, TIFFTAG_YRESOLUTION, (double)dpi.y);
    return ok ? 0 : -1;
}

static int write_strip(const struct Pix *page, TIFF *tiff)
{
    size_t row_bytes = page_row_bytes(page);
    uint32_t height = (uint32_t)pixGetHeight(page);
    SCOPED(scope_free) uint8_t *strip = malloc(row_bytes * height);
    tmsize_t size = (tmsize_t)(row_bytes * height);

    if (!strip)
        return -1;
    for (uint32_t y = 0; y < height; y++)
        page_get_row(page, y, strip + y * row_bytes);
    return TIFFWriteEncodedStrip(tiff, 0, strip, size) == size ? 0 : -1;
}

static int encode_g4(const struct Pix *page, struct buf *ret_file, struct err *err)
{
    SCOPED(tiff_file_close) struct tiff_file target = {0};
    SCOPED(buf_free) struct buf written = {0};
    int rc = tiff_file_create(&written, &target, err);

    if (rc < 0)
        return rc;
    if (set_tags(page, target.tiff) < 0 || write_strip(page, target.tiff) < 0 ||
        !TIFFWriteDirectory(target.tiff))
        return err_set(err, ERR_MEMORY, "the page cannot be encoded: %s",
                       target.complained ? target.message : "no memory");
    tiff_file_close(&target);
    if (buf_append(ret_file, buf_view(&written)) < 0)
        return err_set(err, ERR_MEMORY, "no memory for %zu bytes of TIFF", written.len);
    return 0;
}

struct jpeg_writer {
    struct jpeg_compress_struct jpeg;
    struct jpeg_error_mgr handlers;
    jmp_buf jump;
    const struct Pix *page;
    int quality;
    unsigned char *made;
    unsigned long made_len;
    uint8_t *row;
};

static void give_up(j_common_ptr common)
{
    struct jpeg_writer *writer = common->client_data;

    longjmp(writer->jump, 1);
}

static void print_nothing(j_common_ptr common)
{
    (void)common;
}

static void start_jpeg(struct jpeg_writer *writer)
{
    struct jpeg_compress_struct *jpeg = &writer->jpeg;
    struct resolution dpi = resolution_of(writer->page);
    bool grey = pixGetDepth(writer->page) == 8;

    jpeg_create_compress(jpeg);
    jpeg_mem_dest(jpeg, &writer->made, &writer->made_len);
    jpeg->image_width = (JDIMENSION)pixGetWidth(writer->page);
    jpeg->image_height = (JDIMENSION)pixGetHeight(writer->page);
    jpeg->input_components = grey ? 1 : 3;
    jpeg->in_color_space = grey ? JCS_GRAYSCALE : JCS_RGB;
    jpeg_set_defaults(jpeg); /* 4:2:0 for colour */
    jpeg_set_quality(jpeg, writer->quality, TRUE);
    jpeg->optimize_coding =
        TRUE; /* a seventh to a half fewer bytes for 8 ms, as pages are mostly white */
    if (dpi.x > 0 && dpi.y > 0) {
        jpeg->density_unit = 1;
        jpeg->X_density = (UINT16)dpi.x;
        jpeg->Y_density = (UINT16)dpi.y;
    }
    jpeg_start_compress(jpeg, TRUE);
}

static int write_jpeg(struct jpeg_writer *writer)
{
    struct jpeg_compress_struct *jpeg = &writer->jpeg;

    if (setjmp(writer->jump))
        return -1;
    start_jpeg(writer);
    while (jpeg->next_scanline < jpeg->image_height) {
        JSAMPROW row = writer->row;

        page_get_row(writer->page, jpeg->next_scanline, writer->row);
        jpeg_write_scanlines(jpeg, &row, 1);
    }
    jpeg_finish_compress(jpeg);
    return 0;
}

static void writer_close(struct jpeg_writer *writer)
{
    jpeg_destroy_compress(&writer->jpeg);
    free(writer->made);
    free(writer->row);
}

static int encode_jpeg(const struct Pix *page, int quality, struct buf *ret_file, struct err *err)
{
    SCOPED(writer_close) struct jpeg_writer writer = {.page = page, .quality = quality};

    writer.jpeg.err = jpeg_std_error(&writer.handlers);
    writer.handlers.error_exit = give_up;
    writer.handlers.output_message = print_nothing;
    writer.jpeg.client_data = &writer;
    writer.row = malloc(page_row_bytes(page));
    if (!writer.row || write_jpeg(&writer) < 0 ||
        buf_append(ret_file, bytes_of(writer.made, writer.made_len)) < 0)
        return err_set(err, ERR_MEMORY, "no memory to encode %d x %d pixels as JPEG",
                       pixGetWidth(page), pixGetHeight(page));
    return 0;
}

int image_encode(const struct Pix *page, const struct image_encode_params *params,
                 struct buf *ret_file, struct err *err)
{
    int depth = pixGetDepth(page);

    assert(depth == 1 || depth == 8 || depth == 32);
    assert(params->jpeg_quality >= 1 && params->jpeg_quality <= 100);
    if (depth == 1)
        return encode_g4(page, ret_file, err);
    return encode_jpeg(page, params->jpeg_quality, ret_file, err);
}
