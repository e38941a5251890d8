/*
 * Image headers: tells the format by the first bytes and asks the reader of that format; the limits
 * are checked here for all of them.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "image/header.h"

#include <string.h>

#include "image/bounds.h"
#include "image/jpeg_read.h"
#include "image/png_read.h"
#include "image/tiff_read.h"

/* Below 50 dpi no text is legible, above 1200 no paper scanner scans: such a tag is a mistake. */
static const double least_dpi = 50, most_dpi = 1200;

typedef int header_reader(struct bytes file, unsigned page, struct image_header *ret_header,
                          struct err *err);

static int jpeg_header(struct bytes file, unsigned page, struct image_header *ret_header,
                       struct err *err)
{
    (void)page;
    return jpeg_header_read(file, ret_header, err);
}

static int png_header(struct bytes file, unsigned page, struct image_header *ret_header,
                      struct err *err)
{
    (void)page;
    return png_header_read(file, ret_header, err);
}

static const struct {
    const char *name;
    uint8_t magic[8];
    size_t magic_len;
    enum image_format format;
    header_reader *read;
} formats[] = {
    {"tiff", {'I', 'I', 42, 0}, 4, IMAGE_TIFF, tiff_header_read},
    {"tiff", {'M', 'M', 0, 42}, 4, IMAGE_TIFF, tiff_header_read},
    {"jpeg", {0xff, 0xd8, 0xff}, 3, IMAGE_JPEG, jpeg_header},
    {"png", {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'}, 8, IMAGE_PNG, png_header},
};

enum { FORMAT_ROWS = sizeof formats / sizeof *formats };

static bool is_big_tiff(struct bytes file)
{
    return file.len >= 4 && (memcmp(file.at, "II+\0", 4) == 0 || memcmp(file.at, "MM\0+", 4) == 0);
}

static int find_format(struct bytes file, struct err *err)
{
    if (file.len == 0)
        return err_set(err, ERR_FORMAT, "an empty file is not an image");
    if (file.len > IMAGE_FILE_LIMIT_BYTES)
        return err_set(err, ERR_LIMIT, "the file holds %zu MB, at most %d MB", file.len >> 20,
                       IMAGE_FILE_LIMIT_BYTES >> 20);
    if (is_big_tiff(file))
        return err_set(err, ERR_UNSUPPORTED, "BigTIFF is not read here, only classic TIFF");
    for (int i = 0; i < FORMAT_ROWS; i++)
        if (file.len >= formats[i].magic_len &&
            memcmp(file.at, formats[i].magic, formats[i].magic_len) == 0)
            return i;
    return err_set(err, ERR_FORMAT, "not an image: neither TIFF nor JPEG nor PNG by its bytes");
}

int image_header_read(struct bytes file, unsigned page, struct image_header *ret_header,
                      struct err *err)
{
    int row = find_format(file, err);

    if (row < 0)
        return row;
    *ret_header =
        (struct image_header){.format = formats[row].format, .pages = 1, .orientation = 1};
    if (page == 0 || (page > 1 && formats[row].format != IMAGE_TIFF))
        return err_set(err, ERR_NOT_FOUND, "page %u: the file has 1 page", page);
    return formats[row].read(file, page, ret_header, err);
}

const char *image_format_name(enum image_format format)
{
    for (int i = 0; i < FORMAT_ROWS; i++)
        if (formats[i].format == format)
            return formats[i].name;
    return "unknown";
}

uint64_t image_pixel_bytes(uint32_t width, uint32_t height, unsigned depth)
{
    uint64_t row = ((uint64_t)width * depth + 31) / 32 * 4;
    uint64_t all;

    return __builtin_mul_overflow(row, (uint64_t)height, &all) ? UINT64_MAX : all;
}

int image_check_limits(struct image_header *header, uint64_t extra, struct err *err)
{
    uint64_t pixels = image_pixel_bytes(header->width, header->height, header->depth);
    unsigned copies = header->orientation >= 5 ? 2 : 1;

    if (header->width == 0 || header->height == 0)
        return err_set(err, ERR_FORMAT, "%u x %u pixels are no page", header->width,
                       header->height);
    if (__builtin_mul_overflow(pixels, (uint64_t)copies, &header->decoded_bytes) ||
        __builtin_add_overflow(header->decoded_bytes, extra, &header->decoded_bytes))
        header->decoded_bytes = UINT64_MAX;
    if (header->decoded_bytes > IMAGE_DECODED_LIMIT_BYTES)
        return err_set(err, ERR_LIMIT, "%u x %u pixels make %llu MB, at most %d MB", header->width,
                       header->height,
                       (unsigned long long)((header->decoded_bytes - 1) / 1000000 + 1),
                       IMAGE_DECODED_LIMIT_BYTES / 1000000);
    if (header->width > IMAGE_SIDE_LIMIT_PIXELS || header->height > IMAGE_SIDE_LIMIT_PIXELS)
        return err_set(err, ERR_LIMIT, "%u x %u pixels, at most %d on a side", header->width,
                       header->height, IMAGE_SIDE_LIMIT_PIXELS);
    return 0;
}

double image_sane_dpi(double dpi)
{
    return dpi >= least_dpi && dpi <= most_dpi ? dpi : 0;
}
