/*
 * Paper under the scanner: a cairo drawing in millimetres from the paper's top left corner, already
 * placed (skewed, shifted, turned) on the pixels of the scanned image, so that no pixel is ever
 * resampled.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include <cairo.h>
#include <stdbool.h>

#include "base/bytes.h"
#include "base/err.h"

struct spot {
    double x, y; /* mm */
};

struct area {
    double x, y, width, height; /* mm */
};

struct ink {
    double red, green, blue, alpha; /* 0..1 */
};

#define INK_BLACK ((struct ink){0.08, 0.08, 0.09, 1})
#define INK_WHITE ((struct ink){1, 1, 1, 1})

struct type {
    const char *family; /* a name known to fontconfig */
    bool bold, italic;
    double size; /* em, mm */
    struct ink ink;
};

enum { A4_WIDTH_MM = 210, A4_HEIGHT_MM = 297 };

/* How the paper lies: the image covers the paper and `overscan` mm around it. */
struct placement {
    double paper_width, paper_height; /* mm */
    double dpi;
    double overscan; /* mm on each side */
    double skew;     /* degrees counter-clockwise */
    struct spot shift;
    int rotation; /* 0, 90, 180, 270: quarter turn counter-clockwise of the whole image */
    struct ink backing, paper;
};

struct canvas {
    cairo_t *cairo;
    cairo_surface_t *surface; /* CAIRO_FORMAT_RGB24 */
    double width, height;     /* paper, mm */
    struct buf *print;        /* set text is noted here, a line for each piece; NULL: nowhere */
};

/* A sheet of paper on its backing. ERR_MEMORY when cairo cannot. */
int canvas_open(const struct placement *placement, struct canvas *ret_canvas, struct err *err);
void canvas_close(struct canvas *canvas);

void canvas_ink(struct canvas *canvas, struct ink ink);
void canvas_fill(struct canvas *canvas, struct area area, struct ink ink);
void canvas_frame(struct canvas *canvas, struct area area, double line_width, struct ink ink);
void canvas_line(struct canvas *canvas, struct spot from, struct spot to, double line_width,
                 struct ink ink);

/* One line with its baseline at `at`; returns its advance in mm. */
double canvas_text(struct canvas *canvas, struct spot at, const struct type *type,
                   const char *text);

/* The advance of a line, without drawing it. */
double canvas_text_width(struct canvas *canvas, const struct type *type, const char *text);

/* One line whose ink starts at x, ends at x + width, with its lowest point at y; the size follows
 * from the width (type->size is not used). */
void canvas_text_between(struct canvas *canvas, struct spot left_bottom, double width,
                         const struct type *type, const char *text);

/* Text wrapped at `width`, its top at `at`, set by Pango with `leading` times the natural line
 * distance; returns its height in mm. */
struct setting {
    double width;   /* mm */
    double height;  /* mm; the size is reduced until the text fits; 0 = no limit */
    double leading; /* 1 = as the font says */
    bool justified;
};
double canvas_paragraph(struct canvas *canvas, struct spot at, const struct setting *setting,
                        const struct type *type, const char *text);

/* Gives back what cairo, Pango and fontconfig keep for the whole process, so that a leak checker
 * has nothing to say. Nothing may be drawn after it. */
void canvas_release_fonts(void);
