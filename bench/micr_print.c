/*
 * Drawing magnetic lines and what happens to them: see micr_print.h. Coverage is counted on 4 x 4
 * points of every pixel that a stroke may touch.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "bench/micr_print.h"

#include <leptonica/allheaders.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/scope.h"
#include "classify/cmc7.h"
#include "classify/keys.h"

enum { SUB = 4, SPOTS_MAX = 400 };

#define WIDTH_MM 175.0
#define HEIGHT_MM 40.0
#define LEFT_MM 7.4
#define MIDDLE_MM (HEIGHT_MM - 6.4)
#define WOBBLE_LENGTH_MM 60.0

static uint64_t roll(struct dice *dice)
{
    uint64_t z = dice->state += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

double dice_between(struct dice *dice, double low, double high)
{
    return low + (high - low) * (double)(roll(dice) >> 11) / 9007199254740992.0;
}

int dice_below(struct dice *dice, int limit)
{
    return (int)(roll(dice) % (uint64_t)limit);
}

double dice_normal(struct dice *dice)
{
    double sum = 0;
    for (int i = 0; i < 6; i++)
        sum += dice_between(dice, -1, 1);
    return sum / sqrt(2);
}

struct micr_print micr_print_clean(double dpi)
{
    return (struct micr_print){.dpi = dpi,
                               .stretch = 1,
                               .blur_mm = 0.02,
                               .ink = 40,
                               .paper = 240,
                               .threshold = 140,
                               .jpeg_quality = 85};
}

struct micr_print micr_print_damaged(double dpi, enum print_mode mode, double damage,
                                     struct dice *dice)
{
    double d = damage;
    struct micr_print print = {
        .dpi = dpi,
        .mode = mode,
        .skew_deg = dice_between(dice, -2.5, 2.5) * (0.4 + d),
        .lean_deg = dice_between(dice, -5, 5) * d,
        .stretch = 1 + dice_between(dice, -0.04, 0.04) * d,
        .wobble_mm = dice_between(dice, 0, 0.4) * d,
        .grow_mm = dice_between(dice, -0.04, 0.05) * d,
        .wear = dice_between(dice, 0, 0.25) * d,
        .fade = dice_between(dice, 0.2, 1),
        .specks = (int)(dice_between(dice, 0, 100) * d),
        .blur_mm = 0.02 + dice_between(dice, 0, 0.05) * d,
        .noise = 2 + dice_between(dice, 0, 10) * d,
        .ink = 40 + dice_between(dice, -20, 60) * d,
        .paper = 240 - dice_between(dice, 0, 50) * d,
        .jpeg_quality = (int)(90 - dice_between(dice, 0, 30) * d),
    };
    double share = 0.33 + dice_between(dice, -0.1, 0.12) * d; /* as scanners do: near the paper */
    print.threshold = print.paper - share * (print.paper - print.ink);
    return print;
}

void micr_print_french(struct dice *dice, char ret_text[40], char ret_key[3])
{
    char digits[32];
    for (int i = 0; i < 31; i++)
        digits[i] = (char)('0' + dice_below(dice, 10));
    digits[31] = '\0';
    snprintf(ret_text, 40, "<%.7s <%.12s> %.12s:", digits, digits + 7, digits + 19);
    int key = rlmc_key(digits);
    ret_key[0] = (char)('0' + key / 10);
    ret_key[1] = (char)('0' + key % 10);
    ret_key[2] = '\0';
}

/* A light spot in the print, mm. */
struct spot {
    double x, y, radius_x, radius_y;
};

/* The line in mm and the canvas in pixels. */
struct canvas {
    const struct micr_print *print;
    int width, height;
    float *ink; /* 0..1 */
    int spot_count;
    struct spot spots[SPOTS_MAX];
};

/* Page position in pixels of a point of the line, x along it and y down from its middle, mm. */
static void place(const struct canvas *canvas, double x, double y, double *ret_x, double *ret_y)
{
    const struct micr_print *print = canvas->print;
    double lean = tan(print->lean_deg * M_PI / 180), turn = -print->skew_deg * M_PI / 180;
    double along = x * print->stretch + y * lean +
                   print->wobble_mm * sin(2 * M_PI * x / WOBBLE_LENGTH_MM) - WIDTH_MM / 2;
    double across = y + MIDDLE_MM - HEIGHT_MM / 2;
    double scale = print->dpi / 25.4;
    *ret_x = canvas->width / 2.0 + (along * cos(turn) - across * sin(turn)) * scale;
    *ret_y = canvas->height / 2.0 + (along * sin(turn) + across * cos(turn)) * scale;
}

static double left_ink(const struct canvas *canvas, double x, double y)
{
    for (int i = 0; i < canvas->spot_count; i++) {
        const struct spot *spot = &canvas->spots[i];
        double dx = (x - spot->x) / spot->radius_x, dy = (y - spot->y) / spot->radius_y;
        if (fabs(dx) < 1 && dx * dx + dy * dy < 1)
            return 1 - canvas->print->fade;
    }
    return 1;
}

/* Adds a bar of the line: its own grid of points, fine enough for every pixel. */
static void add_bar(struct canvas *canvas, double x, double y, double width, double height)
{
    double step = 25.4 / canvas->print->dpi / SUB;
    int columns = (int)ceil(width / step), rows = (int)ceil(height / step);
    double dx = width / columns, dy = height / rows;
    float share = (float)(dx * dy / (step * step) / (SUB * SUB));
    for (int row = 0; row < rows; row++)
        for (int column = 0; column < columns; column++) {
            double at_x = x + (column + 0.5) * dx, at_y = y + (row + 0.5) * dy, px, py;
            place(canvas, at_x, at_y, &px, &py);
            if (px < 0 || py < 0 || px >= canvas->width || py >= canvas->height)
                continue;
            float *pixel = &canvas->ink[(size_t)canvas->width * (size_t)py + (size_t)px];
            *pixel += share * (float)left_ink(canvas, at_x, at_y);
        }
}

static void add_text(struct canvas *canvas, const char *text)
{
    double grow = canvas->print->grow_mm;
    for (int i = 0; text[i]; i++) {
        struct cmc7_bar bars[CMC7_BARS_MAX];
        int count = cmc7_bars(text[i], bars);
        double left = LEFT_MM + i * CMC7_PITCH_MM, top = -CMC7_HEIGHT_MM / 2;
        for (int bar = 0; bar < count; bar++)
            add_bar(canvas, left + bars[bar].x - grow / 2, top + bars[bar].y - grow / 2,
                    bars[bar].width + grow, bars[bar].height + grow);
    }
}

static void wear(struct canvas *canvas, double length, struct dice *dice)
{
    double area = canvas->print->wear * length * CMC7_HEIGHT_MM;
    while (area > 0 && canvas->spot_count < SPOTS_MAX) {
        struct spot spot = {LEFT_MM + dice_between(dice, 0, length), dice_between(dice, -1.6, 1.6),
                            dice_between(dice, 0.08, 0.5), dice_between(dice, 0.1, 0.7)};
        canvas->spots[canvas->spot_count++] = spot;
        area -= M_PI * spot.radius_x * spot.radius_y;
    }
}

/* Mixes every value with its two neighbours; `row` is room for `length` values. */
static void blur_line(float *at, size_t stride, int length, double weight, float *row)
{
    for (int i = 0; i < length; i++)
        row[i] = at[stride * (size_t)i];
    for (int i = 1; i + 1 < length; i++)
        at[stride * (size_t)i] =
            (float)((1 - 2 * weight) * row[i] + weight * (row[i - 1] + row[i + 1]));
}

/* Box blur of radius `radius` pixels, below one, along rows then columns, twice. */
static void blur(struct canvas *canvas, double radius, float *row)
{
    double weight = radius / (1 + 2 * radius);
    size_t width = (size_t)canvas->width;
    for (int pass = 0; pass < 2; pass++) {
        for (int y = 0; y < canvas->height; y++)
            blur_line(canvas->ink + width * (size_t)y, 1, canvas->width, weight, row);
        for (int x = 0; x < canvas->width; x++)
            blur_line(canvas->ink + x, width, canvas->height, weight, row);
    }
}

static void add_dot(struct canvas *canvas, double x, double y, double radius, float ink)
{
    int reach = (int)ceil(radius), side = 2 * reach + 1;
    for (int i = 0; i < side * side; i++) {
        int column = (int)x - reach + i % side, row = (int)y - reach + i / side;
        if (row >= 0 && column >= 0 && row < canvas->height && column < canvas->width &&
            hypot(column + 0.5 - x, row + 0.5 - y) <= radius)
            canvas->ink[(size_t)canvas->width * (size_t)row + (size_t)column] = ink;
    }
}

static void speckle(struct canvas *canvas, double length, struct dice *dice)
{
    for (int i = 0; i < canvas->print->specks; i++) {
        double x, y, radius = dice_between(dice, 0.03, 0.16) * canvas->print->dpi / 25.4;
        place(canvas, LEFT_MM + dice_between(dice, -3, length + 3), dice_between(dice, -3, 3), &x,
              &y);
        add_dot(canvas, x, y, radius, dice_below(dice, 3) ? 1 : 0);
    }
}

static struct Pix *develop(const struct canvas *canvas, struct dice *dice)
{
    const struct micr_print *print = canvas->print;
    bool bilevel = print->mode == PRINT_BILEVEL;
    struct Pix *pix = pixCreate(canvas->width, canvas->height, bilevel ? 1 : 8);
    if (!pix)
        return NULL;
    pixSetResolution(pix, (int)print->dpi, (int)print->dpi);
    for (int y = 0; y < canvas->height; y++) {
        uint32_t *line = pixGetData(pix) + (size_t)pixGetWpl(pix) * (size_t)y;
        for (int x = 0; x < canvas->width; x++) {
            double ink = fmin(1, canvas->ink[(size_t)canvas->width * (size_t)y + (size_t)x]);
            double grey =
                print->paper + ink * (print->ink - print->paper) + print->noise * dice_normal(dice);
            int value = (int)fmin(255, fmax(0, grey));
            if (bilevel && value < print->threshold)
                SET_DATA_BIT(line, x);
            else if (!bilevel)
                SET_DATA_BYTE(line, x, value);
        }
    }
    return pix;
}

/* Through a JPEG file and back, in memory. */
static struct Pix *through_jpeg(struct Pix *pix, int quality)
{
    uint8_t *file = NULL;
    size_t size = 0;
    if (pixWriteMemJpeg(&file, &size, pix, quality, 0) != 0)
        return pix;
    struct Pix *back = pixReadMemJpeg(file, size, 0, 1, NULL, 0);
    free(file);
    if (!back)
        return pix;
    pixCopyResolution(back, pix);
    pixDestroy(&pix);
    return back;
}

struct Pix *micr_print_line(const char *text, const struct micr_print *print, struct dice *dice)
{
    struct canvas canvas = {.print = print,
                            .width = (int)(WIDTH_MM * print->dpi / 25.4),
                            .height = (int)(HEIGHT_MM * print->dpi / 25.4)};
    canvas.ink = calloc((size_t)canvas.width * (size_t)canvas.height, sizeof(float));
    float *row = malloc(sizeof(float) * (size_t)(canvas.width + canvas.height));
    double length = CMC7_PITCH_MM * (double)strlen(text);
    struct Pix *pix = NULL;
    if (canvas.ink && row) {
        wear(&canvas, length, dice);
        add_text(&canvas, text);
        speckle(&canvas, length, dice);
        blur(&canvas, print->blur_mm * print->dpi / 25.4, row);
        pix = develop(&canvas, dice);
        if (pix && print->mode == PRINT_JPEG)
            pix = through_jpeg(pix, print->jpeg_quality);
    }
    free(canvas.ink);
    free(row);
    return pix;
}
