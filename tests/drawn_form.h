/*
 * A drawn form for tests: bars, rulings and words made of letter-like strokes, all from a seed.
 * Another seed is another form.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include <leptonica/allheaders.h>
#include <math.h>
#include <stdint.h>

struct drawn {
    uint32_t seed;
    int dpi;
    double skew;   /* degrees, counter-clockwise */
    int turn;      /* quarter turn, degrees counter-clockwise */
    double scale;  /* of the print, 1 = as drawn */
    int writing;   /* scribbled words in random places */
    uint32_t hand; /* seed of the writing */
};

static uint32_t drawn_next(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return *state >> 8;
}

static void drawn_fill(PIX *page, const double mm[4], double pixels_per_mm)
{
    BOX *box =
        boxCreate((l_int32)(mm[0] * pixels_per_mm), (l_int32)(mm[1] * pixels_per_mm),
                  (l_int32)fmax(1, mm[2] * pixels_per_mm), (l_int32)fmax(1, mm[3] * pixels_per_mm));
    pixClearInRect(page, box);
    boxDestroy(&box);
}

/* Strokes of 0.4 mm every 1.3 mm, some of them higher: looks like a word to a layout. */
static void drawn_word(PIX *page, const double at[2], int letters, uint32_t *random,
                       double pixels_per_mm)
{
    for (int i = 0; i < letters; i++) {
        double up = drawn_next(random) % 4 == 0 ? 1.0 : 0;
        drawn_fill(page, (double[]){at[0] + i * 1.3, at[1] - up, 0.4, 1.8 + up}, pixels_per_mm);
        drawn_fill(page, (double[]){at[0] + i * 1.3, at[1] + 0.8, 0.9, 0.4}, pixels_per_mm);
    }
}

static void drawn_print(PIX *page, const struct drawn *drawn, double pixels_per_mm)
{
    uint32_t random = drawn->seed * 2654435761u + 12345;
    double y = 20;
    for (int line = 0; line < 42 && y < 275; line++) {
        if (drawn_next(&random) % 7 == 0) {
            drawn_fill(page, (double[]){15, y, 180, 4.5}, pixels_per_mm);
            y += 8;
        } else if (drawn_next(&random) % 6 == 0) {
            drawn_fill(page, (double[]){15 + drawn_next(&random) % 40, y, 120, 0.5}, pixels_per_mm);
            y += 4;
        }
        double x = 15 + drawn_next(&random) % 12;
        while (x < 185) {
            int letters = 2 + (int)(drawn_next(&random) % 9);
            if (drawn_next(&random) % 3 != 0)
                drawn_word(page, (double[]){x, y}, letters, &random, pixels_per_mm);
            x += letters * 1.3 + 2.2 + drawn_next(&random) % 9;
        }
        y += 5.2 + (drawn_next(&random) % 20) / 10.0;
    }
}

static void drawn_writing(PIX *page, const struct drawn *drawn, double pixels_per_mm)
{
    uint32_t random = drawn->hand * 40503u + 7;
    for (int i = 0; i < drawn->writing; i++) {
        double at[2] = {20 + drawn_next(&random) % 150, 25 + drawn_next(&random) % 240};
        for (int k = 0; k < 12; k++)
            drawn_fill(page,
                       (double[]){at[0] + k * 1.7, at[1] + (drawn_next(&random) % 30) / 10.0, 1.9,
                                  0.5 + (drawn_next(&random) % 20) / 10.0},
                       pixels_per_mm);
    }
}

/* Grey, A4; free with pixDestroy. */
static PIX *drawn_page(const struct drawn *drawn)
{
    double pixels_per_mm = drawn->dpi / 25.4;
    PIX *page = pixCreate((l_int32)(210 * pixels_per_mm), (l_int32)(297 * pixels_per_mm), 8);
    pixSetAll(page);
    double scale = drawn->scale > 0 ? drawn->scale : 1;
    if (drawn->seed)
        drawn_print(page, drawn, pixels_per_mm * scale);
    drawn_writing(page, drawn, pixels_per_mm);
    if (drawn->skew != 0) {
        PIX *askew = pixRotate(page, (l_float32)(-drawn->skew * 3.14159265 / 180),
                               L_ROTATE_AREA_MAP, L_BRING_IN_WHITE, 0, 0);
        pixDestroy(&page);
        page = askew;
    }
    PIX *turned = pixRotateOrth(page, (4 - drawn->turn / 90) % 4);
    pixDestroy(&page);
    return turned;
}
