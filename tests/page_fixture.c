/*
 * Drawn pages: see page_fixture.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/page_fixture.h"

#include <leptonica/allheaders.h>

#include "image/decode.h"
#include "image/encode.h"
#include "tests/check.h"

enum { FONT_POINTS = 20, LETTER_LINES = 24, LINE_PIXELS = 100 };

static const char *const sentences[] = {
    "madame, monsieur, veuillez trouver ci-joint la feuille",
    "de soins de ma fille. je vous prie de bien vouloir",
    "proceder au remboursement de la consultation du mois",
    "dernier. dans l'attente de votre reponse, je vous prie",
};

enum { SENTENCES = sizeof sentences / sizeof *sentences };

unsigned fixture_random(unsigned *seed)
{
    *seed = *seed * 1664525u + 1013904223u;
    return *seed >> 8;
}

struct Pix *fixture_page(int width, int height, int dpi)
{
    struct Pix *page = pixCreate(width, height, 1);

    assert_non_null(page);
    pixSetResolution(page, dpi, dpi);
    return page;
}

void fixture_write(struct Pix *page, const char *text, int x, int y)
{
    L_BMF *font = bmfCreate(NULL, FONT_POINTS);
    l_int32 width = 0, overflow = 0;

    assert_non_null(font);
    pixSetTextline(page, font, text, 1, x, y + 40, &width, &overflow);
    bmfDestroy(&font);
}

struct Pix *fixture_letter(void)
{
    struct Pix *page = fixture_page(FIXTURE_WIDTH, FIXTURE_HEIGHT, 300);

    for (int i = 0; i < LETTER_LINES; i++)
        fixture_write(page, sentences[i % SENTENCES], 300, 500 + i * LINE_PIXELS);
    return page;
}

struct Pix *fixture_scanned(struct Pix *bits, const struct fixture_scan *scan)
{
    int width = pixGetWidth(bits), height = pixGetHeight(bits);
    struct Pix *grey = pixCreate(width, height, 8);
    unsigned seed = 1;

    assert_non_null(grey);
    pixCopyResolution(grey, bits);
    for (int y = 0; y < height; y++) {
        uint32_t *line = pixGetData(grey) + (size_t)y * (size_t)pixGetWpl(grey);
        const uint32_t *from = pixGetData(bits) + (size_t)y * (size_t)pixGetWpl(bits);
        int paper = scan->paper - scan->shade * y / height;

        for (int x = 0; x < width; x++) {
            int noise =
                (int)(fixture_random(&seed) % (unsigned)(2 * scan->noise + 1)) - scan->noise;
            int value = (GET_DATA_BIT(from, x) ? scan->ink : paper) + noise;

            SET_DATA_BYTE(line, x, value < 0 ? 0 : value > 255 ? 255 : value);
        }
    }
    return grey;
}

struct Pix *fixture_pattern(int width, int height, int depth, unsigned seed)
{
    struct Pix *page = pixCreate(width, height, depth);

    assert_non_null(page);
    for (int y = 0; y < height; y++) {
        for (int x = 0; x < width; x++) {
            unsigned run = (unsigned)(x / 5 + y / 3);
            unsigned value = fixture_random(&seed) % 7 == 0 ? fixture_random(&seed) : run * 37;

            pixSetPixel(page, x, y, depth == 32 ? value << 8 : value & ((1u << depth) - 1));
        }
    }
    return page;
}

struct buf fixture_encoded(const struct Pix *page)
{
    struct image_encode_params params = IMAGE_ENCODE_DEFAULT;
    struct buf file = {0};
    struct err err = {0};

    check_ok(image_encode(page, &params, &file, &err), &err);
    return file;
}
