/*
 * Noise comes from one table of normal deviates, read from another place for every row and channel;
 * light is a gain per row and column. Integer arithmetic on whole rows, so compilers vectorise it.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "bench/mail/pixels.h"

#include <assert.h>
#include <leptonica/allheaders.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/scope.h"

enum { NOISE_TABLE = 1 << 17, CHANNELS_MAX = 3, GAIN_ONE = 1 << 10 };
#define NOISE_UNIT 16.0 /* table entries per standard deviation */

struct scan {
    const struct scan_look *look;
    struct chance chance;
    int width, height;
    uint8_t tone[256];     /* level as drawn -> level as scanned */
    int16_t *gain_columns; /* GAIN_ONE = unchanged */
    uint8_t *channels;     /* CHANNELS_MAX rows of `width` */
};

/* Drawn once per process: 131 072 deviates from a fixed seed. */
static const int8_t *noise_table(void)
{
    static int8_t table[NOISE_TABLE];
    static bool drawn;
    struct chance chance = chance_of(20261122, 0);
    for (int i = 0; !drawn && i < NOISE_TABLE; i++)
        table[i] = (int8_t)lround(NOISE_UNIT * chance_normal(&chance));
    drawn = true;
    return table;
}

static void split_row(struct scan *s, const uint32_t *row)
{
    uint8_t *red = s->channels, *green = red + s->width, *blue = green + s->width;
    if (s->look->mode == SCAN_COLOUR && s->look->defect != DEFECT_COPIED) {
        for (int x = 0; x < s->width; x++) {
            red[x] = s->tone[row[x] >> 16 & 255];
            green[x] = s->tone[row[x] >> 8 & 255];
            blue[x] = s->tone[row[x] & 255];
        }
    } else if (s->look->dropout) { /* a red lamp sees no orange */
        for (int x = 0; x < s->width; x++)
            red[x] = s->tone[row[x] >> 16 & 255];
    } else {
        for (int x = 0; x < s->width; x++)
            red[x] = s->tone[((row[x] >> 16 & 255) * 77 + (row[x] >> 8 & 255) * 150 +
                              (row[x] & 255) * 29) >>
                             8];
    }
    if (s->look->mode == SCAN_COLOUR && s->look->defect == DEFECT_COPIED) {
        memcpy(green, red, (size_t)s->width);
        memcpy(blue, red, (size_t)s->width);
    }
}

/* The gain runs from 1 at one corner to 1 - light at the other. */
static void light_row(struct scan *s, int y, uint8_t *channel)
{
    const int8_t *noise =
        noise_table() + chance_below(&s->chance, NOISE_TABLE - (unsigned)s->width);
    int strength = (int)lround(s->look->noise * 256 / NOISE_UNIT);
    int row_gain = (int)lround(GAIN_ONE * (1 - s->look->light * y / s->height / 2));
    for (int x = 0; x < s->width; x++) {
        int lit = (channel[x] * ((s->gain_columns[x] * row_gain) >> 10)) >> 10;
        int level = lit + ((noise[x] * strength) >> 8);
        channel[x] = (uint8_t)(level < 0 ? 0 : level > 255 ? 255 : level);
    }
}

static void store_row(struct scan *s, int y, struct Pix *image)
{
    uint32_t *row = pixGetData(image) + (size_t)y * (size_t)pixGetWpl(image);
    const uint8_t *red = s->channels, *green = red + s->width, *blue = green + s->width;
    if (s->look->mode == SCAN_COLOUR) {
        for (int x = 0; x < s->width; x++)
            row[x] = (uint32_t)red[x] << 24 | (uint32_t)green[x] << 16 | (uint32_t)blue[x] << 8;
    } else if (s->look->mode == SCAN_GREY) {
        for (int x = 0; x < s->width; x++)
            SET_DATA_BYTE(row, x, red[x]);
    } else {
        uint32_t word = 0;
        int threshold = s->tone[(int)lround(s->look->threshold)];
        for (int x = 0; x < s->width; x++) {
            word = word << 1 | (red[x] < threshold);
            if (x % 32 == 31)
                row[x / 32] = word;
        }
        if (s->width % 32)
            row[s->width / 32] = word << (32 - s->width % 32);
    }
}

/* 1-2-1 on each byte of a pair of rows of pixels: sums of the four bytes stay in 16-bit lanes. */
static uint32_t mix3(uint32_t a, uint32_t b, uint32_t c)
{
    uint32_t even = ((a & 0xff00ff) + 2 * (b & 0xff00ff) + (c & 0xff00ff)) >> 2;
    uint32_t odd = ((a >> 8 & 0xff00ff) + 2 * (b >> 8 & 0xff00ff) + (c >> 8 & 0xff00ff)) >> 2;
    return (even & 0xff00ff) | (odd & 0xff00ff) << 8;
}

/* In place; each row needs its old upper neighbour, kept in `above`. */
static int blur(cairo_surface_t *drawing, struct err *err)
{
    int width = cairo_image_surface_get_width(drawing);
    int height = cairo_image_surface_get_height(drawing);
    size_t stride = (size_t)cairo_image_surface_get_stride(drawing);
    unsigned char *data = cairo_image_surface_get_data(drawing);
    SCOPED(scope_free) uint32_t *rows = malloc(2 * (size_t)width * sizeof *rows);
    if (!rows)
        return err_set(err, ERR_MEMORY, "no memory to blur %d pixels", width);
    uint32_t *above = rows, *mixed = rows + width;
    memcpy(above, data, (size_t)width * sizeof *above);
    for (int y = 0; y < height; y++) {
        uint32_t *row = (uint32_t *)(void *)(data + (size_t)y * stride);
        const uint32_t *below =
            (const uint32_t *)(const void *)(data + (size_t)(y + 1 < height ? y + 1 : y) * stride);
        for (int x = 0; x < width; x++)
            mixed[x] = mix3(above[x], row[x], below[x]);
        memcpy(above, row, (size_t)width * sizeof *above);
        for (int x = 1; x + 1 < width; x++)
            row[x] = mix3(mixed[x - 1], mixed[x], mixed[x + 1]);
    }
    return 0;
}

static void prepare(struct scan *s)
{
    const struct scan_look *look = s->look;
    for (int i = 0; i < 256; i++) {
        double level = i / 255.0;
        if (look->defect == DEFECT_COPIED) /* a copier's curve: dark below 0.5, white above 0.8 */
            level = fmin(fmax((level - 0.5) / 0.3, 0), 1);
        s->tone[i] = (uint8_t)lround(look->black + (look->white - look->black) * level);
    }
    for (int x = 0; x < s->width; x++)
        s->gain_columns[x] = (int16_t)lround(GAIN_ONE * (1 - look->light * x / s->width / 2));
}

static void scan_rows(struct scan *s, cairo_surface_t *drawing, struct Pix *image)
{
    const unsigned char *data = cairo_image_surface_get_data(drawing);
    size_t stride = (size_t)cairo_image_surface_get_stride(drawing);
    int channels = s->look->mode == SCAN_COLOUR ? 3 : 1;
    for (int y = 0; y < s->height; y++) {
        split_row(s, (const uint32_t *)(const void *)(data + (size_t)y * stride));
        for (int i = 0; i < channels; i++)
            light_row(s, y, s->channels + (size_t)i * (size_t)s->width);
        store_row(s, y, image);
    }
}

int pixels_scan(cairo_surface_t *drawing, const struct scan_look *look, struct Pix **ret_image,
                struct err *err)
{
    static const int depths[SCAN_MODES] = {1, 8, 32};
    cairo_surface_flush(drawing);
    for (int i = 0; i < look->blur; i++)
        if (blur(drawing, err) < 0)
            return ERR_MEMORY;
    struct scan s = {.look = look,
                     .chance = chance_of(look->seed, 2),
                     .width = cairo_image_surface_get_width(drawing),
                     .height = cairo_image_surface_get_height(drawing)};
    assert(s.width < NOISE_TABLE);
    SCOPED(scope_free) int16_t *gains = malloc((size_t)s.width * sizeof *gains);
    SCOPED(scope_free) uint8_t *channels = malloc((size_t)s.width * CHANNELS_MAX);
    struct Pix *image = pixCreate(s.width, s.height, depths[look->mode]);
    if (!gains || !channels || !image) {
        pixDestroy(&image);
        return err_set(err, ERR_MEMORY, "no memory for %d x %d pixels", s.width, s.height);
    }
    s.gain_columns = gains;
    s.channels = channels;
    pixSetResolution(image, look->dpi, look->dpi);
    prepare(&s);
    scan_rows(&s, drawing, image);
    *ret_image = image;
    return 0;
}
