/*
 * TIFF pages: see tiff_read.h. The form of the samples is checked against what libtiff itself will
 * use, then rows are read one at a time, turned into grey or RGB bytes and handed to `rows`.
 * A warning while the directory is read (an unknown tag) is harmless; one while a strip is read
 * means wrong pixels and refuses the page.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "image/tiff_read.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/scope.h"
#include "image/bounds.h"
#include "image/rows.h"
#include "image/tiff_directory.h"
#include "image/tiff_file.h"
#include "image/tiff_pixels.h"

/* With FillOrder 2 libtiff copies a whole strip to reverse its bits. */
enum { REVERSED_STRIP_LIMIT_BYTES = 8 << 20 };

static const struct {
    uint16_t compression;
    const char *name;
    bool bilevel_only;
} codecs[] = {
    {COMPRESSION_NONE, "none", false},       {COMPRESSION_CCITTRLE, "g3", true},
    {COMPRESSION_CCITTFAX3, "g3", true},     {COMPRESSION_CCITTFAX4, "g4", true},
    {COMPRESSION_LZW, "lzw", false},         {COMPRESSION_ADOBE_DEFLATE, "deflate", false},
    {COMPRESSION_DEFLATE, "deflate", false}, {COMPRESSION_PACKBITS, "packbits", false},
    {COMPRESSION_JPEG, "jpeg", false},
};

enum { CODEC_ROWS = sizeof codecs / sizeof *codecs };

static uint16_t field16(TIFF *tiff, uint32_t tag)
{
    uint16_t value = 0;

    TIFFGetFieldDefaulted(tiff, tag, &value);
    return value;
}

static int read_codec(TIFF *tiff, struct tiff_form *form, const char **ret_name, struct err *err)
{
    uint16_t compression = field16(tiff, TIFFTAG_COMPRESSION);

    for (int i = 0; i < CODEC_ROWS; i++) {
        if (codecs[i].compression != compression)
            continue;
        if (codecs[i].bilevel_only && (form->bits != 1 || form->samples != 1))
            return err_set(err, ERR_FORMAT, "%u x %u bits in a fax codec, which knows 1 x 1",
                           form->samples, form->bits);
        *ret_name = codecs[i].name;
        form->is_jpeg = compression == COMPRESSION_JPEG;
        form->is_fax = codecs[i].bilevel_only;
        return 0;
    }
    return err_set(err, ERR_UNSUPPORTED, "TIFF compression %u is not read here", compression);
}

static void read_photometric(TIFF *tiff, struct tiff_form *form)
{
    if (!TIFFGetField(tiff, TIFFTAG_PHOTOMETRIC, &form->photometric))
        form->photometric = form->is_fax ? PHOTOMETRIC_MINISWHITE : PHOTOMETRIC_MINISBLACK;
    if (form->photometric == PHOTOMETRIC_YCBCR && form->is_jpeg) {
        TIFFSetField(tiff, TIFFTAG_JPEGCOLORMODE, JPEGCOLORMODE_RGB);
        form->photometric = PHOTOMETRIC_RGB;
    }
}

static void read_alpha(TIFF *tiff, struct tiff_form *form)
{
    uint16_t count = 0;
    uint16_t *kinds = NULL;

    form->alpha = TIFF_ALPHA_NONE;
    if (!TIFFGetField(tiff, TIFFTAG_EXTRASAMPLES, &count, &kinds) || count == 0 || !kinds)
        return;
    if (kinds[0] == EXTRASAMPLE_ASSOCALPHA)
        form->alpha = TIFF_ALPHA_MULTIPLIED;
    else if (kinds[0] == EXTRASAMPLE_UNASSALPHA)
        form->alpha = TIFF_ALPHA_SEPARATE;
}

static int check_layout(TIFF *tiff, struct err *err)
{
    if (TIFFIsTiled(tiff))
        return err_set(err, ERR_UNSUPPORTED, "a tiled TIFF is not read here, only strips");
    if (field16(tiff, TIFFTAG_SAMPLESPERPIXEL) > 1 &&
        field16(tiff, TIFFTAG_PLANARCONFIG) != PLANARCONFIG_CONTIG)
        return err_set(err, ERR_UNSUPPORTED, "a TIFF in colour planes is not read here");
    if (field16(tiff, TIFFTAG_SAMPLEFORMAT) != SAMPLEFORMAT_UINT)
        return err_set(err, ERR_UNSUPPORTED, "TIFF samples of format %u are not read here, only %u",
                       field16(tiff, TIFFTAG_SAMPLEFORMAT), SAMPLEFORMAT_UINT);
    return 0;
}

static int check_strips(TIFF *tiff, struct err *err)
{
    if (field16(tiff, TIFFTAG_FILLORDER) != FILLORDER_LSB2MSB)
        return 0;
    for (uint32_t i = 0; i < TIFFNumberOfStrips(tiff); i++)
        if (TIFFRawStripSize64(tiff, i) > REVERSED_STRIP_LIMIT_BYTES)
            return err_set(err, ERR_LIMIT, "a strip with reversed bits of %llu MB, at most %d MB",
                           (unsigned long long)TIFFRawStripSize64(tiff, i) >> 20,
                           REVERSED_STRIP_LIMIT_BYTES >> 20);
    return 0;
}

static double read_dpi(TIFF *tiff, uint32_t tag)
{
    uint16_t unit = field16(tiff, TIFFTAG_RESOLUTIONUNIT);
    float value = 0;

    if (!TIFFGetField(tiff, tag, &value) || !isfinite(value))
        return 0;
    if (unit == RESUNIT_CENTIMETER)
        return image_sane_dpi((double)value * 2.54);
    return unit == RESUNIT_INCH ? image_sane_dpi((double)value) : 0;
}

/* What libtiff says of the open directory, checked. */
static int describe(TIFF *tiff, struct image_header *header, struct tiff_form *form,
                    struct err *err)
{
    int rc = check_layout(tiff, err);

    if (rc < 0)
        return rc;
    if (!TIFFGetField(tiff, TIFFTAG_IMAGEWIDTH, &header->width) ||
        !TIFFGetField(tiff, TIFFTAG_IMAGELENGTH, &header->height))
        return err_set(err, ERR_FORMAT, "a TIFF without width or height");
    form->width = header->width;
    form->bits = field16(tiff, TIFFTAG_BITSPERSAMPLE);
    form->samples = field16(tiff, TIFFTAG_SAMPLESPERPIXEL);
    rc = read_codec(tiff, form, &header->codec, err);
    if (rc < 0)
        return rc;
    read_photometric(tiff, form);
    read_alpha(tiff, form);
    rc = tiff_form_check(form, &header->depth, err);
    if (rc < 0)
        return rc;
    header->orientation = field16(tiff, TIFFTAG_ORIENTATION);
    if (header->orientation < 1 || header->orientation > 8)
        header->orientation = 1;
    header->x_dpi = read_dpi(tiff, TIFFTAG_XRESOLUTION);
    header->y_dpi = read_dpi(tiff, TIFFTAG_YRESOLUTION);
    rc = image_check_limits(header, 0, err);
    return rc < 0 ? rc : check_strips(tiff, err);
}

int tiff_header_read(struct bytes file, unsigned page, struct image_header *ret_header,
                     struct err *err)
{
    SCOPED(tiff_file_close) struct tiff_file source = {0};
    struct tiff_directory directory;
    struct tiff_view view;
    struct tiff_form form = {0};
    int rc = tiff_view_open(file, &view, err);

    if (rc == 0)
        rc = tiff_directory_find(&view, page, &directory, &ret_header->pages, err);
    if (rc == 0)
        rc = tiff_directory_check(&view, &directory, err);
    if (rc == 0)
        rc = tiff_file_open(file, page, &source, err);
    return rc < 0 ? rc : describe(source.tiff, ret_header, &form, err);
}

/* Palettes of 16-bit entries; a writer that put 8-bit ones is believed when none exceeds 255. */
static int read_palette(TIFF *tiff, struct tiff_form *form, struct err *err)
{
    uint16_t *channels[3];
    size_t count = (size_t)1 << form->bits;
    unsigned shift = 0;

    if (form->photometric != PHOTOMETRIC_PALETTE)
        return 0;
    if (!TIFFGetField(tiff, TIFFTAG_COLORMAP, &channels[0], &channels[1], &channels[2]))
        return err_set(err, ERR_FORMAT, "a palette TIFF without a palette");
    for (size_t i = 0; i < 3 * count; i++)
        if (channels[i % 3][i / 3] > 255)
            shift = 8;
    for (size_t i = 0; i < 3 * count; i++)
        form->palette[i / 3][i % 3] = (uint8_t)(channels[i % 3][i / 3] >> shift);
    return 0;
}

static int read_rows(struct tiff_file *source, const struct tiff_form *form, uint32_t height,
                     struct rows *rows, struct err *err)
{
    size_t raw_bytes = (size_t)TIFFScanlineSize64(source->tiff);
    size_t want_bytes = tiff_form_row_bytes(form);
    SCOPED(scope_free) uint8_t *raw = NULL;
    SCOPED(scope_free) uint8_t *scratch = NULL;

    if (raw_bytes != want_bytes)
        return err_set(err, ERR_FORMAT, "TIFF rows of %zu bytes, %zu expected", raw_bytes,
                       want_bytes);
    raw = calloc(1, raw_bytes);
    scratch = calloc(1, tiff_form_scratch_bytes(form));
    if (!raw || !scratch)
        return err_set(err, ERR_MEMORY, "no memory for a row of %zu bytes", raw_bytes);
    source->complained = source->failed = false;
    for (uint32_t y = 0; y < height; y++) {
        int done = TIFFReadScanline(source->tiff, raw, y, 0);

        if (done < 0 || source->complained)
            return err_set(err, ERR_FORMAT, "damaged strip at row %u of %u: %s", y, height,
                           source->complained ? source->message : "cannot be read");
        rows_put(rows, tiff_form_row(form, raw, scratch));
    }
    return 0;
}

int tiff_decode(struct bytes file, const struct image_decode_params *params, struct Pix **ret_page,
                struct err *err)
{
    SCOPED(tiff_file_close) struct tiff_file source = {0};
    SCOPED(rows_free) struct rows *rows = NULL;
    struct image_header header = {0};
    struct tiff_form form = {0};
    struct rows_shape shape;
    int rc = tiff_file_open(file, params->page, &source, err);

    if (rc == 0)
        rc = describe(source.tiff, &header, &form, err);
    if (rc == 0)
        rc = read_palette(source.tiff, &form, err);
    if (rc < 0)
        return rc;
    shape = (struct rows_shape){.width = header.width,
                                .height = header.height,
                                .depth = header.depth,
                                .reduce = params->reduce};
    rc = rows_new(&shape, &rows, err);
    if (rc == 0)
        rc = read_rows(&source, &form, header.height, rows, err);
    if (rc < 0)
        return rc;
    *ret_page = rows_take(rows);
    return 0;
}
