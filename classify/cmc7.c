/*
 * The CMC-7 table: see cmc7.h. Codes from the standard's combinations, cuts measured on printed
 * characters and rounded to 0.05 mm. Slanted and rounded stroke ends are drawn square: the
 * difference is below what a scanner at 300 dpi resolves.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "classify/cmc7.h"

#include <stddef.h>
#include <string.h>

/* From top to bottom in hundredths of a millimetre below the top of the digits. */
struct cut {
    int16_t top, bottom;
};

struct glyph {
    char character;
    uint8_t code;
    struct cut cuts[CMC7_STROKES][CMC7_CUTS_MAX]; /* unused ones are {0, 0} */
};

/* clang-format off */
static const struct glyph glyphs[CMC7_GLYPHS] = {
    {'0', 0x0c, {{{15, 270}}, {{0, 285}}, {{0, 100}, {185, 285}}, {{0, 100}, {185, 285}},
                 {{0, 100}, {185, 285}}, {{0, 285}}, {{15, 270}}}},
    {'1', 0x22, {{{60, 130}, {185, 285}}, {{35, 110}, {185, 285}}, {{25, 95}, {185, 285}},
                 {{10, 285}}, {{0, 285}}, {{150, 285}}, {{150, 285}}}},
    {'2', 0x18, {{{15, 100}, {180, 285}}, {{0, 100}, {170, 285}}, {{0, 60}, {145, 285}},
                 {{0, 60}, {125, 185}, {225, 285}}, {{0, 60}, {115, 175}, {225, 285}},
                 {{0, 160}, {225, 285}}, {{15, 145}, {225, 285}}}},
    {'3', 0x28, {{{15, 100}, {185, 270}}, {{0, 100}, {185, 285}}, {{0, 80}, {205, 285}},
                 {{0, 75}, {115, 170}, {210, 285}}, {{0, 75}, {115, 170}, {210, 285}},
                 {{0, 285}}, {{15, 130}, {155, 270}}}},
    {'4', 0x24, {{{85, 240}}, {{60, 240}}, {{40, 135}, {175, 240}}, {{25, 120}, {175, 240}},
                 {{5, 95}, {170, 285}}, {{0, 90}, {170, 285}}, {{0, 90}, {170, 285}}}},
    {'5', 0x06, {{{0, 160}, {220, 285}}, {{0, 160}, {220, 285}},
                 {{0, 60}, {110, 160}, {220, 285}}, {{0, 60}, {110, 160}, {220, 285}},
                 {{0, 60}, {110, 160}, {220, 285}}, {{0, 60}, {110, 285}},
                 {{0, 65}, {125, 270}}}},
    {'6', 0x0a, {{{15, 270}}, {{0, 285}}, {{0, 65}, {115, 170}, {220, 285}},
                 {{0, 65}, {115, 170}, {220, 285}}, {{0, 65}, {115, 170}, {220, 285}},
                 {{0, 75}, {115, 285}}, {{15, 75}, {135, 270}}}},
    {'7', 0x30, {{{0, 110}, {210, 285}}, {{0, 60}, {175, 285}}, {{0, 65}, {130, 250}},
                 {{0, 65}, {105, 225}}, {{0, 195}}, {{0, 170}}, {{0, 140}}}},
    {'8', 0x12, {{{15, 120}, {160, 270}}, {{0, 130}, {155, 285}},
                 {{0, 60}, {115, 170}, {225, 285}}, {{0, 60}, {115, 170}, {225, 285}},
                 {{0, 60}, {115, 170}, {225, 285}}, {{0, 130}, {155, 285}},
                 {{15, 120}, {160, 270}}}},
    {'9', 0x14, {{{15, 150}, {210, 270}}, {{0, 170}, {210, 285}},
                 {{0, 60}, {115, 170}, {225, 285}}, {{0, 60}, {115, 170}, {225, 285}},
                 {{0, 60}, {115, 170}, {225, 285}}, {{0, 285}}, {{15, 270}}}},
    {':', 0x21, {{{85, 285}}, {{65, 260}}, {{55, 250}}, {{40, 240}}, {{30, 225}}, {{20, 215}},
                 {{0, 200}}}},
    {';', 0x11, {{{110, 280}}, {{110, 280}}, {{110, 280}}, {{110, 280}}, {{40, 280}},
                 {{40, 280}}, {{40, 280}}}},
    {'<', 0x09, {{{40, 175}, {220, 280}}, {{40, 175}, {220, 280}}, {{40, 175}, {220, 280}},
                 {{40, 175}, {220, 280}}, {{40, 175}, {220, 280}}, {{40, 175}, {220, 280}},
                 {{40, 175}, {220, 280}}}},
    {'=', 0x05, {{{40, 140}, {185, 280}}, {{40, 140}, {185, 280}}, {{40, 140}, {185, 280}},
                 {{40, 140}, {185, 280}}, {{75, 245}}, {{75, 245}}, {{75, 245}}}},
    {'>', 0x03, {{{75, 150}, {195, 280}}, {{55, 260}}, {{35, 235}}, {{10, 210}}, {{5, 205}},
                 {{40, 245}}, {{75, 150}, {195, 280}}}},
};
/* clang-format on */

int cmc7_index(char character)
{
    return character >= '0' && character <= '>' ? character - '0' : -1;
}

char cmc7_character(int index)
{
    return (char)('0' + index);
}

uint8_t cmc7_code(int index)
{
    return glyphs[index].code;
}

int cmc7_index_of_code(uint8_t code)
{
    for (int i = 0; i < CMC7_GLYPHS; i++)
        if (glyphs[i].code == code)
            return i;
    return -1;
}

double cmc7_stroke_centre(int index, int stroke)
{
    double x = CMC7_STROKE_MM / 2;
    for (int gap = 0; gap < stroke; gap++)
        x += glyphs[index].code >> (CMC7_GAPS - 1 - gap) & 1 ? CMC7_WIDE_MM : CMC7_NARROW_MM;
    return x;
}

int cmc7_bars(char character, struct cmc7_bar ret_bars[CMC7_BARS_MAX])
{
    int index = cmc7_index(character);
    if (index < 0)
        return 0;
    int count = 0;
    for (int stroke = 0; stroke < CMC7_STROKES; stroke++) {
        const struct cut *cuts = glyphs[index].cuts[stroke];
        for (int i = 0; i < CMC7_CUTS_MAX && cuts[i].bottom > 0; i++)
            ret_bars[count++] =
                (struct cmc7_bar){.x = cmc7_stroke_centre(index, stroke) - CMC7_STROKE_MM / 2,
                                  .y = cuts[i].top / 100.0,
                                  .width = CMC7_STROKE_MM,
                                  .height = (cuts[i].bottom - cuts[i].top) / 100.0};
    }
    return count;
}
