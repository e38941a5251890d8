/*
 * TIFF fixtures: see tiff_fixture.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/tiff_fixture.h"

#include "image/tiff_file.h"
#include "tests/check.h"

unsigned tiff_fixture_sample(uint32_t x, uint32_t y, unsigned sample)
{
    return (x / 3 * 53 + y / 2 * 29 + sample * 101) & 0xff;
}

static void set_tags(TIFF *tiff, const struct tiff_fixture *form)
{
    TIFFSetField(tiff, TIFFTAG_IMAGEWIDTH, form->width);
    TIFFSetField(tiff, TIFFTAG_IMAGELENGTH, form->height);
    TIFFSetField(tiff, TIFFTAG_BITSPERSAMPLE, form->bits);
    TIFFSetField(tiff, TIFFTAG_SAMPLESPERPIXEL, form->samples);
    TIFFSetField(tiff, TIFFTAG_PHOTOMETRIC, form->photometric);
    TIFFSetField(tiff, TIFFTAG_COMPRESSION, form->compression);
    TIFFSetField(tiff, TIFFTAG_ROWSPERSTRIP, form->rows_per_strip);
    TIFFSetField(tiff, TIFFTAG_PLANARCONFIG, form->planar ? form->planar : PLANARCONFIG_CONTIG);
    if (form->compression == COMPRESSION_CCITTFAX3)
        TIFFSetField(tiff, TIFFTAG_GROUP3OPTIONS, form->fax_options);
    if (form->orientation)
        TIFFSetField(tiff, TIFFTAG_ORIENTATION, form->orientation);
    if (form->unit) {
        TIFFSetField(tiff, TIFFTAG_RESOLUTIONUNIT, form->unit);
        TIFFSetField(tiff, TIFFTAG_XRESOLUTION, (double)form->resolution);
        TIFFSetField(tiff, TIFFTAG_YRESOLUTION, (double)form->resolution);
    }
    if (form->samples == 4) {
        uint16_t kind = EXTRASAMPLE_UNASSALPHA;

        TIFFSetField(tiff, TIFFTAG_EXTRASAMPLES, 1, &kind);
    }
}

static void set_palette(TIFF *tiff, const struct tiff_fixture *form)
{
    uint16_t red[256], green[256], blue[256];

    if (form->photometric != PHOTOMETRIC_PALETTE)
        return;
    for (unsigned i = 0; i < 256; i++) {
        red[i] = (uint16_t)(i << 8);
        green[i] = (uint16_t)((255 - i) << 8);
        blue[i] = (uint16_t)(i / 2 << 8);
    }
    TIFFSetField(tiff, TIFFTAG_COLORMAP, red, green, blue);
}

static void fill_row(const struct tiff_fixture *form, unsigned page, uint32_t y, uint8_t *row)
{
    for (uint32_t i = 0; i < form->width * form->samples; i++) {
        unsigned value = tiff_fixture_sample(i / form->samples + page, y, i % form->samples);
        uint32_t bit = i * form->bits;

        if (form->bits == 16) {
            row[2 * i] = 0;
            row[2 * i + 1] = (uint8_t)value;
        } else {
            row[bit / 8] =
                (uint8_t)(row[bit / 8] | (value >> (8 - form->bits)) << (8 - form->bits - bit % 8));
        }
    }
}

struct buf tiff_fixture(const struct tiff_fixture *form)
{
    struct buf file = {0};
    struct err err = {0};
    struct tiff_file target;

    check_ok(tiff_file_create(&file, &target, &err), &err);
    for (unsigned page = 0; page < (form->pages ? form->pages : 1); page++) {
        set_tags(target.tiff, form);
        set_palette(target.tiff, form);
        for (uint32_t y = 0; y < form->height; y++) {
            uint8_t row[4096] = {0};

            assert_true((form->width * form->samples * form->bits + 7) / 8 <= sizeof row);
            fill_row(form, page, y, row);
            assert_int_equal(TIFFWriteScanline(target.tiff, row, y, 0), 1);
        }
        assert_int_equal(TIFFWriteDirectory(target.tiff), 1);
    }
    tiff_file_close(&target);
    return file;
}
