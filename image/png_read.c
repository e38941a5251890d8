/*
 * PNG pages: see png_read.h. The chunks before the pixels are read here (PNG specification, second
 * edition), so that nothing is decoded before the limits are checked; libpng's one-call interface
 * does the rest, checksums and transparency included.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "image/png_read.h"

#include <png.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#include "base/scope.h"
#include "image/bounds.h"
#include "image/page.h"
#include "image/rows.h"

enum { SIGNATURE_BYTES = 8, CHUNK_FRAME_BYTES = 12, IHDR_BYTES = 13, PHYS_BYTES = 9 };
enum { COLOUR_GREY = 0, COLOUR_RGB = 2, COLOUR_PALETTE = 3, COLOUR_GREY_ALPHA = 4 };

static const double metres_per_inch = 0.0254;

/* An ancillary chunk (a colour profile, a compressed comment) may unfold to this and no more. */
static const png_alloc_size_t most_chunk_bytes = 4 << 20;

struct chunk {
    uint32_t len;
    const uint8_t *type, *at;
};

static uint32_t get32(const uint8_t *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static bool is_chunk(const struct chunk *chunk, const char *type)
{
    return memcmp(chunk->type, type, 4) == 0;
}

/* The chunk at `*at`, and moves on; false when it does not lie in the file. */
static bool next_chunk(struct bytes file, size_t *at, struct chunk *ret_chunk)
{
    if (file.len - *at < CHUNK_FRAME_BYTES)
        return false;
    ret_chunk->len = get32(file.at + *at);
    ret_chunk->type = file.at + *at + 4;
    ret_chunk->at = file.at + *at + 8;
    if (ret_chunk->len > file.len - *at - CHUNK_FRAME_BYTES)
        return false;
    *at += CHUNK_FRAME_BYTES + (size_t)ret_chunk->len;
    return true;
}

/* Two entries or one, each pure black or white. */
static bool is_black_and_white(const struct chunk *palette)
{
    for (uint32_t i = 0; i < palette->len; i++)
        if (palette->at[i] != palette->at[i - i % 3] ||
            (palette->at[i] != 0 && palette->at[i] != 255))
            return false;
    return palette->len <= 6;
}

static unsigned depth_of(const struct chunk *ihdr)
{
    unsigned bits = ihdr->at[8];
    unsigned colour = ihdr->at[9];

    if (colour == COLOUR_GREY && bits == 1)
        return 1;
    return colour == COLOUR_GREY || colour == COLOUR_GREY_ALPHA ? 8 : 32;
}

static void take_chunk(const struct chunk *chunk, bool one_bit, struct image_header *header)
{
    if (is_chunk(chunk, "PLTE") && one_bit && is_black_and_white(chunk))
        header->depth = 1;
    if (is_chunk(chunk, "pHYs") && chunk->len == PHYS_BYTES && chunk->at[8] == 1) {
        header->x_dpi = image_sane_dpi(get32(chunk->at) * metres_per_inch);
        header->y_dpi = image_sane_dpi(get32(chunk->at + 4) * metres_per_inch);
    }
}

/* What a page of Adam7 keeps beside itself: all rows, since each pass touches every row. */
static uint64_t interlaced_bytes(const struct chunk *ihdr, const struct image_header *header)
{
    unsigned samples = header->depth == 8 ? 1 : 3;

    return ihdr->at[12] == 0 ? 0 : (uint64_t)header->width * header->height * samples;
}

int png_header_read(struct bytes file, struct image_header *ret_header, struct err *err)
{
    size_t at = SIGNATURE_BYTES;
    struct chunk ihdr, chunk;
    bool one_bit;

    if (!next_chunk(file, &at, &ihdr) || !is_chunk(&ihdr, "IHDR") || ihdr.len != IHDR_BYTES)
        return err_set(err, ERR_FORMAT, "damaged PNG: it does not begin with its header");
    ret_header->width = get32(ihdr.at);
    ret_header->height = get32(ihdr.at + 4);
    ret_header->depth = depth_of(&ihdr);
    ret_header->codec = "png";
    one_bit = ihdr.at[8] == 1 && ihdr.at[9] == COLOUR_PALETTE;
    do {
        if (!next_chunk(file, &at, &chunk))
            return err_set(err, ERR_FORMAT, "damaged PNG: cut at byte %zu of %zu", at, file.len);
        take_chunk(&chunk, one_bit, ret_header);
    } while (!is_chunk(&chunk, "IDAT"));
    return image_check_limits(ret_header, interlaced_bytes(&ihdr, ret_header), err);
}

struct png_reader {
    png_structp png;
    png_infop info;
    struct err err;
    struct bytes file;
    size_t at;
    struct image_header header;
    size_t row_bytes;
    size_t kept_rows; /* 1, or all of them for Adam7 */
    uint8_t *kept, *bits;
    struct rows *rows;
};

static void refuse(png_structp png, png_const_charp message)
{
    struct png_reader *reader = png_get_error_ptr(png);

    err_set(&reader->err, ERR_FORMAT, "damaged PNG: %s", message);
    longjmp(png_jmpbuf(png), 1);
}

/* libpng warns of odd ancillary chunks; wrong pixels are errors to it. */
static void ignore(png_structp png, png_const_charp message)
{
    (void)png;
    (void)message;
}

static void read_bytes(png_structp png, png_bytep into, size_t count)
{
    struct png_reader *reader = png_get_io_ptr(png);

    if (count > reader->file.len - reader->at)
        png_error(png, "the file is cut");
    memcpy(into, reader->file.at + reader->at, count);
    reader->at += count;
}

/* Asks for grey or R, G, B bytes on white paper; bilevel grey stays packed, 1 = black. */
static void ask_for_rows(struct png_reader *reader)
{
    static const png_color_16 white = {.red = 255, .green = 255, .blue = 255, .gray = 255};
    bool packed = reader->header.depth == 1 &&
                  png_get_color_type(reader->png, reader->info) == PNG_COLOR_TYPE_GRAY &&
                  png_get_interlace_type(reader->png, reader->info) == PNG_INTERLACE_NONE;

    if (packed) {
        png_set_invert_mono(reader->png);
        return;
    }
    png_set_expand(reader->png);
    png_set_scale_16(reader->png);
    if (reader->header.depth != 8)
        png_set_gray_to_rgb(reader->png);
    png_set_background(reader->png, &white, PNG_BACKGROUND_GAMMA_SCREEN, 0, 1.0);
}

/* Grey or R, G, B bytes to bits; 1 = black. */
static const uint8_t *threshold(struct png_reader *reader, const uint8_t *row)
{
    uint32_t width = reader->header.width;
    size_t step = reader->row_bytes / width;

    if (reader->header.depth != 1 || step == 0 || reader->row_bytes < width)
        return row;
    memset(reader->bits, 0, width / 8 + 1);
    for (uint32_t x = 0; x < width; x++)
        if (row[x * step] < 128)
            reader->bits[x / 8] |= (uint8_t)(0x80 >> x % 8);
    return reader->bits;
}

static int read_passes(struct png_reader *reader)
{
    int passes = png_set_interlace_handling(reader->png);
    uint32_t height = reader->header.height;

    for (int pass = 0; pass < passes; pass++) {
        for (uint32_t y = 0; y < height; y++) {
            uint8_t *row = reader->kept + (y % reader->kept_rows) * reader->row_bytes;

            png_read_row(reader->png, row, NULL);
            if (pass == passes - 1)
                rows_put(reader->rows, threshold(reader, row));
        }
    }
    png_read_end(reader->png, NULL);
    return 0;
}

static int start(struct png_reader *reader)
{
    size_t want_bytes = (size_t)reader->header.width * (reader->header.depth == 8 ? 1 : 3);

    png_set_user_limits(reader->png, IMAGE_SIDE_LIMIT_PIXELS, IMAGE_SIDE_LIMIT_PIXELS);
    png_set_chunk_malloc_max(reader->png, most_chunk_bytes);
    png_set_read_fn(reader->png, reader, read_bytes);
    png_read_info(reader->png, reader->info);
    ask_for_rows(reader);
    png_set_interlace_handling(reader->png);
    png_read_update_info(reader->png, reader->info);
    reader->row_bytes = png_get_rowbytes(reader->png, reader->info);
    reader->kept_rows = png_get_interlace_type(reader->png, reader->info) == PNG_INTERLACE_NONE
                            ? 1
                            : reader->header.height;
    if (reader->row_bytes != want_bytes && reader->header.depth != 1)
        return err_set(&reader->err, ERR_FORMAT, "PNG rows of %zu bytes, %zu expected",
                       reader->row_bytes, want_bytes);
    reader->kept = calloc(reader->kept_rows, reader->row_bytes);
    reader->bits = calloc(1, reader->header.width / 8 + 1);
    if (!reader->kept || !reader->bits)
        return err_set(&reader->err, ERR_MEMORY, "no memory for rows of a PNG");
    return 0;
}

static int guarded(struct png_reader *reader, int (*step)(struct png_reader *reader))
{
    if (setjmp(png_jmpbuf(reader->png)))
        return reader->err.code;
    return step(reader);
}

static void reader_close(struct png_reader *reader)
{
    if (reader->png)
        png_destroy_read_struct(&reader->png, &reader->info, NULL);
    rows_free(&reader->rows);
    free(reader->kept);
    free(reader->bits);
}

static int read_file(struct png_reader *reader, unsigned reduce)
{
    struct rows_shape shape;
    int rc = png_header_read(reader->file, &reader->header, &reader->err);

    if (rc < 0)
        return rc;
    reader->png = png_create_read_struct(PNG_LIBPNG_VER_STRING, reader, refuse, ignore);
    reader->info = reader->png ? png_create_info_struct(reader->png) : NULL;
    if (!reader->info)
        return err_set(&reader->err, ERR_MEMORY, "no memory for a PNG reader");
    shape = (struct rows_shape){reader->header.width, reader->header.height, reader->header.depth,
                                reduce};
    rc = rows_new(&shape, &reader->rows, &reader->err);
    if (rc == 0)
        rc = guarded(reader, start);
    return rc < 0 ? rc : guarded(reader, read_passes);
}

int png_decode(struct bytes file, const struct image_decode_params *params, struct Pix **ret_page,
               struct err *err)
{
    SCOPED(reader_close)
    struct png_reader reader = {.file = file, .header = {.orientation = 1}};
    int rc = read_file(&reader, params->reduce);

    if (rc < 0)
        return err_set(err, rc, "%s", reader.err.text);
    *ret_page = rows_take(reader.rows);
    return 0;
}
