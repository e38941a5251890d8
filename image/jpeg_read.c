/*
 * JPEG pages: see jpeg_read.h. libjpeg reports a fatal error by a call that must not return; the
 * steps below run inside `guarded`, hold nothing of their own, and are left by longjmp. A warning
 * that means wrong or missing pixels refuses the page.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "image/jpeg_read.h"

#include <leptonica/allheaders.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>

#include <jerror.h>

#include "base/scope.h"
#include "image/bounds.h"
#include "image/exif.h"
#include "image/page.h"

/* A progressive file says each pixel a few times; hundreds of scans only burn time. */
enum { SCANS_LIMIT = 64 };

struct jpeg_reader {
    struct jpeg_decompress_struct jpeg;
    struct jpeg_error_mgr handlers;
    struct jpeg_progress_mgr progress;
    jmp_buf jump;
    struct err err;
    struct bytes file;
    unsigned reduce;
    struct image_header *header;
    struct Pix *page;
    uint8_t *row; /* CMYK only */
};

static struct jpeg_reader *reader_of(j_common_ptr common)
{
    return common->client_data;
}

static void refuse(j_common_ptr common)
{
    struct jpeg_reader *reader = reader_of(common);
    char message[JMSG_LENGTH_MAX];
    int code = common->err->msg_code;

    common->err->format_message(common, message);
    if (code == JERR_OUT_OF_MEMORY)
        err_set(&reader->err, ERR_MEMORY, "no memory for a JPEG: %s", message);
    else if (code == JERR_SOF_UNSUPPORTED || code == JERR_BAD_PRECISION ||
             code == JERR_CONVERSION_NOTIMPL || code == JERR_ARITH_NOTIMPL)
        err_set(&reader->err, ERR_UNSUPPORTED, "a JPEG that is not read here: %s", message);
    else if (code == JERR_NO_BACKING_STORE)
        err_set(&reader->err, ERR_LIMIT, "a JPEG that needs more than %d MB to decode",
                (IMAGE_DECODED_LIMIT_BYTES + IMAGE_WORKING_LIMIT_BYTES) / 1000000);
    else
        err_set(&reader->err, ERR_FORMAT, "damaged JPEG: %s", message);
    longjmp(reader->jump, 1);
}

/* Level -1 is a warning. These leave every pixel as it was meant. */
static void hear(j_common_ptr common, int level)
{
    int code = common->err->msg_code;

    if (level >= 0 || code == JWRN_ADOBE_XFORM || code == JWRN_JFIF_MAJOR ||
        code == JWRN_EXTRANEOUS_DATA)
        return;
    refuse(common);
}

static void print_nothing(j_common_ptr common)
{
    (void)common;
}

static void count_scans(j_common_ptr common)
{
    struct jpeg_reader *reader = reader_of(common);

    if (reader->jpeg.input_scan_number <= SCANS_LIMIT)
        return;
    err_set(&reader->err, ERR_LIMIT, "a JPEG of more than %d scans, at most %d", SCANS_LIMIT,
            SCANS_LIMIT);
    longjmp(reader->jump, 1);
}

static int guarded(struct jpeg_reader *reader, int (*step)(struct jpeg_reader *reader))
{
    if (setjmp(reader->jump))
        return reader->err.code;
    return step(reader);
}

static int start(struct jpeg_reader *reader)
{
    struct jpeg_decompress_struct *jpeg = &reader->jpeg;

    jpeg_create_decompress(jpeg);
    jpeg->progress = &reader->progress;
    jpeg->mem->max_memory_to_use = IMAGE_DECODED_LIMIT_BYTES + IMAGE_WORKING_LIMIT_BYTES;
    jpeg_save_markers(jpeg, JPEG_APP0 + 1, 0xffff);
    jpeg_mem_src(jpeg, reader->file.at, reader->file.len);
    jpeg_read_header(jpeg, TRUE);
    return 0;
}

static void read_geometry(struct jpeg_reader *reader)
{
    struct jpeg_decompress_struct *jpeg = &reader->jpeg;
    struct image_header *header = reader->header;
    double inch = jpeg->density_unit == 2 ? 2.54 : 1;

    if (jpeg->saw_JFIF_marker && jpeg->density_unit != 0) {
        header->x_dpi = image_sane_dpi(inch * jpeg->X_density);
        header->y_dpi = image_sane_dpi(inch * jpeg->Y_density);
    }
    for (jpeg_saved_marker_ptr marker = jpeg->marker_list; marker; marker = marker->next) {
        struct exif exif = exif_read(bytes_of(marker->data, marker->data_length));

        if (header->orientation == 1)
            header->orientation = exif.orientation;
        if (header->x_dpi == 0)
            header->x_dpi = exif.x_dpi;
        if (header->y_dpi == 0)
            header->y_dpi = exif.y_dpi;
    }
}

/* A file of several scans is kept whole as coefficients: 2 bytes each, in blocks of 8 x 8. */
static uint64_t coefficient_bytes(struct jpeg_decompress_struct *jpeg)
{
    uint64_t bytes = 0;

    if (!jpeg_has_multiple_scans(jpeg))
        return 0;
    for (int i = 0; i < jpeg->num_components; i++) {
        const jpeg_component_info *part = &jpeg->comp_info[i];

        bytes += (uint64_t)part->width_in_blocks * part->height_in_blocks * DCTSIZE2 * 2;
    }
    return bytes;
}

static int read_header(struct jpeg_reader *reader)
{
    struct jpeg_decompress_struct *jpeg = &reader->jpeg;
    struct image_header *header = reader->header;

    header->width = jpeg->image_width;
    header->height = jpeg->image_height;
    header->codec = "jpeg";
    header->depth = jpeg->jpeg_color_space == JCS_GRAYSCALE ? 8 : 32;
    if (jpeg->num_components != 1 && jpeg->num_components != 3 && jpeg->num_components != 4)
        return err_set(&reader->err, ERR_UNSUPPORTED, "a JPEG of %d colours is not read here",
                       jpeg->num_components);
    read_geometry(reader);
    return image_check_limits(header, coefficient_bytes(jpeg), &reader->err);
}

/* Four inks to R, G, B; Adobe writes them inverted. */
static void mix_inks(const struct jpeg_reader *reader, uint32_t *line)
{
    unsigned flip = reader->jpeg.saw_Adobe_marker ? 0 : 255;

    for (uint32_t x = 0; x < reader->jpeg.output_width; x++) {
        const uint8_t *ink = reader->row + 4 * (size_t)x;
        unsigned paper = ink[3] ^ flip;

        line[x] = (ink[0] ^ flip) * paper / 255 << L_RED_SHIFT |
                  (ink[1] ^ flip) * paper / 255 << L_GREEN_SHIFT |
                  (ink[2] ^ flip) * paper / 255 << L_BLUE_SHIFT;
    }
}

/* libjpeg-turbo has left X B G R bytes or grey bytes in the line; makes them Leptonica's words. */
static void settle_line(uint32_t *line, uint32_t words, bool grey)
{
    for (uint32_t i = 0; i < words; i++)
        line[i] = grey ? __builtin_bswap32(line[i]) : line[i] & ~255u;
}

static int read_lines(struct jpeg_reader *reader)
{
    struct jpeg_decompress_struct *jpeg = &reader->jpeg;
    size_t words = (size_t)pixGetWpl(reader->page);

    while (jpeg->output_scanline < jpeg->output_height) {
        uint32_t *line = pixGetData(reader->page) + jpeg->output_scanline * words;
        JSAMPROW row = reader->row ? reader->row : (JSAMPROW)line;

        if (jpeg_read_scanlines(jpeg, &row, 1) != 1)
            return err_set(&reader->err, ERR_FORMAT, "damaged JPEG: it ends at row %u of %u",
                           jpeg->output_scanline, jpeg->output_height);
        if (reader->row)
            mix_inks(reader, line);
        else
            settle_line(line, (uint32_t)words, reader->header->depth == 8);
    }
    jpeg_finish_decompress(jpeg);
    return 0;
}

static int decode(struct jpeg_reader *reader)
{
    struct jpeg_decompress_struct *jpeg = &reader->jpeg;
    bool inks = jpeg->num_components == 4;
    int rc;

    jpeg->scale_num = 1;
    jpeg->scale_denom = reader->reduce;
    jpeg->out_color_space = reader->header->depth == 8 ? JCS_GRAYSCALE
                            : inks                     ? JCS_CMYK
                                                       : JCS_EXT_XBGR;
    jpeg_start_decompress(jpeg);
    rc = page_new(jpeg->output_width, jpeg->output_height, reader->header->depth, &reader->page,
                  &reader->err);
    if (rc < 0)
        return rc;
    reader->row = inks ? malloc((size_t)jpeg->output_width * 4) : NULL;
    if (inks && !reader->row)
        return err_set(&reader->err, ERR_MEMORY, "no memory for a row of inks");
    return read_lines(reader);
}

static struct jpeg_reader *reader_new(struct bytes file, struct image_header *header)
{
    struct jpeg_reader *reader = calloc(1, sizeof *reader);

    if (!reader)
        return NULL;
    reader->jpeg.err = jpeg_std_error(&reader->handlers);
    reader->handlers.error_exit = refuse;
    reader->handlers.emit_message = hear;
    reader->handlers.output_message = print_nothing;
    reader->progress.progress_monitor = count_scans;
    reader->jpeg.client_data = reader;
    reader->file = file;
    reader->header = header;
    return reader;
}

static void reader_free(struct jpeg_reader **reader)
{
    if (!*reader)
        return;
    jpeg_destroy_decompress(&(*reader)->jpeg);
    image_free(&(*reader)->page);
    free((*reader)->row);
    free(*reader);
}

static int read_file(struct jpeg_reader *reader)
{
    int rc = guarded(reader, start);

    if (rc == 0)
        rc = guarded(reader, read_header);
    if (rc == 0 && reader->reduce > 0)
        rc = guarded(reader, decode);
    return rc;
}

int jpeg_header_read(struct bytes file, struct image_header *ret_header, struct err *err)
{
    SCOPED(reader_free) struct jpeg_reader *reader = reader_new(file, ret_header);
    int rc;

    if (!reader)
        return err_set(err, ERR_MEMORY, "no memory for a JPEG reader");
    rc = read_file(reader);
    return rc < 0 ? err_set(err, rc, "%s", reader->err.text) : 0;
}

int jpeg_decode(struct bytes file, const struct image_decode_params *params, struct Pix **ret_page,
                struct err *err)
{
    struct image_header header = {.orientation = 1};
    SCOPED(reader_free) struct jpeg_reader *reader = reader_new(file, &header);
    int rc;

    if (!reader)
        return err_set(err, ERR_MEMORY, "no memory for a JPEG reader");
    reader->reduce = params->reduce;
    rc = read_file(reader);
    if (rc < 0)
        return err_set(err, rc, "%s", reader->err.text);
    *ret_page = reader->page;
    reader->page = NULL;
    return 0;
}
