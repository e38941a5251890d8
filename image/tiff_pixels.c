/*
 * TIFF samples to page rows: see tiff_pixels.h. Every row is first unpacked to a byte per sample
 * (whatever its bits), then coloured.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "image/tiff_pixels.h"

#include <tiffio.h>

static bool is_bilevel(const struct tiff_form *form)
{
    return form->bits == 1 && form->samples == 1 && form->photometric <= PHOTOMETRIC_MINISBLACK;
}

static unsigned colours(const struct tiff_form *form)
{
    return form->photometric == PHOTOMETRIC_RGB ? 3 : 1;
}

int tiff_form_check(const struct tiff_form *form, unsigned *ret_depth, struct err *err)
{
    bool grey = form->photometric <= PHOTOMETRIC_MINISBLACK;
    bool palette = form->photometric == PHOTOMETRIC_PALETTE;
    bool rgb = form->photometric == PHOTOMETRIC_RGB;
    bool may_have_more = form->photometric == PHOTOMETRIC_MINISBLACK || (rgb && !form->is_jpeg);
    bool small_bits = form->bits == 1 || form->bits == 2 || form->bits == 4 || form->bits == 8;

    if (!grey && !palette && !rgb)
        return err_set(err, ERR_UNSUPPORTED, "TIFF colours of kind %u are not read here",
                       form->photometric);
    if ((!small_bits && (form->bits != 16 || palette)) || (form->is_jpeg && form->bits != 8))
        return err_set(err, ERR_UNSUPPORTED, "TIFF samples of %u bits are not read here",
                       form->bits);
    if (form->samples < colours(form) || form->samples > colours(form) + 2 ||
        (form->samples != colours(form) && !may_have_more))
        return err_set(err, ERR_UNSUPPORTED, "%u TIFF samples per pixel of kind %u", form->samples,
                       form->photometric);
    *ret_depth = is_bilevel(form) ? 1 : grey ? 8 : 32;
    return 0;
}

size_t tiff_form_row_bytes(const struct tiff_form *form)
{
    return ((size_t)form->width * form->samples * form->bits + 7) / 8;
}

size_t tiff_form_scratch_bytes(const struct tiff_form *form)
{
    return (size_t)form->width * form->samples + (size_t)form->width * 3 + 1;
}

static void invert(uint8_t *row, size_t count)
{
    for (size_t i = 0; i < count; i++)
        row[i] = (uint8_t)~row[i];
}

/* A byte per sample; `spread` brings the largest value to 255. */
static const uint8_t *unpack(const struct tiff_form *form, const uint8_t *raw, unsigned spread,
                             uint8_t *samples)
{
    size_t count = (size_t)form->width * form->samples;
    unsigned mask = (1u << form->bits) - 1;

    if (form->bits == 8)
        return raw;
    if (form->bits == 16) {
        const uint16_t *wide = (const uint16_t *)(const void *)raw; /* libtiff's native order */

        for (size_t i = 0; i < count; i++)
            samples[i] = (uint8_t)(wide[i] >> 8);
        return samples;
    }
    for (size_t i = 0; i < count; i++) {
        size_t bit = i * form->bits;

        samples[i] = (uint8_t)(((raw[bit / 8] >> (8 - form->bits - bit % 8)) & mask) * spread);
    }
    return samples;
}

static uint8_t on_white(uint8_t value, uint8_t opacity, enum tiff_alpha alpha)
{
    unsigned sum;

    if (alpha == TIFF_ALPHA_NONE)
        return value;
    if (alpha == TIFF_ALPHA_SEPARATE)
        return (uint8_t)((value * opacity + 255 * (255 - opacity) + 127) / 255);
    sum = value + 255u - opacity;
    return (uint8_t)(sum > 255 ? 255 : sum);
}

/* Drops the samples beyond the colours, the first of them being the opacity if any. */
static const uint8_t *flatten(const struct tiff_form *form, const uint8_t *samples, uint8_t *out)
{
    unsigned wanted = colours(form);

    if (form->samples == wanted)
        return samples;
    for (size_t x = 0; x < form->width; x++) {
        const uint8_t *pixel = samples + x * form->samples;

        for (unsigned c = 0; c < wanted; c++)
            out[x * wanted + c] = on_white(pixel[c], pixel[wanted], form->alpha);
    }
    return out;
}

const uint8_t *tiff_form_row(const struct tiff_form *form, uint8_t *raw, uint8_t *scratch)
{
    bool palette = form->photometric == PHOTOMETRIC_PALETTE;
    unsigned spread = palette || form->bits > 8 ? 1 : 255 / ((1u << form->bits) - 1);
    uint8_t *out = scratch + (size_t)form->width * form->samples;
    const uint8_t *row;

    if (is_bilevel(form)) {
        if (form->photometric == PHOTOMETRIC_MINISBLACK)
            invert(raw, tiff_form_row_bytes(form));
        return raw;
    }
    row = unpack(form, raw, spread, scratch);
    if (palette) {
        for (size_t x = 0; x < form->width; x++)
            for (unsigned c = 0; c < 3; c++)
                out[3 * x + c] = form->palette[row[x]][c];
        return out;
    }
    if (form->photometric == PHOTOMETRIC_MINISWHITE)
        invert(row == raw ? raw : scratch, (size_t)form->width * form->samples);
    return flatten(form, row, out);
}
