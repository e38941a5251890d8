/*
 * The CMC-7 character set: its code and its drawing. A character is seven vertical strokes; of the
 * six distances between their centres exactly two are wide, which of them is the code (ISO 1004-2).
 * The strokes are cut so that a person sees the digit. The reader's templates and the drawing of
 * test cheques both come from this one table. Lengths in millimetres.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include <stdint.h>

/* Digits '0'..'9'; symbols ':' SI, ';' SII, '<' SIII, '=' SIV, '>' SV. */
enum { CMC7_GLYPHS = 15, CMC7_STROKES = 7, CMC7_GAPS = 6, CMC7_CUTS_MAX = 3 };
enum { CMC7_BARS_MAX = CMC7_STROKES * CMC7_CUTS_MAX };

#define CMC7_PITCH_MM 3.175 /* character to character, 8 per inch */
#define CMC7_NARROW_MM 0.30 /* stroke centre to stroke centre */
#define CMC7_WIDE_MM 0.50
#define CMC7_STROKE_MM 0.15
#define CMC7_WIDTH_MM 2.35  /* 4 narrow + 2 wide + a stroke */
#define CMC7_HEIGHT_MM 2.85 /* of the digits; symbols stay within */

/* A black rectangle; x from the character's left edge, y down from the top of the digits. */
struct cmc7_bar {
    double x, y, width, height;
};

/* Index 0..14 in the order "0123456789:;<=>"; -1 for other characters. */
int cmc7_index(char character);
char cmc7_character(int index);

/* Six bits, 1 = wide, the leftmost distance is bit 5. */
uint8_t cmc7_code(int index);
/* The glyph of a code, -1 when there is none. */
int cmc7_index_of_code(uint8_t code);

/* Centre of stroke 0..6, mm from the left edge. */
double cmc7_stroke_centre(int index, int stroke);

/* The rectangles that draw the character, left to right, top to bottom; their number, 0 for a
 * character that is not of the set (a blank). */
int cmc7_bars(char character, struct cmc7_bar ret_bars[CMC7_BARS_MAX]);
