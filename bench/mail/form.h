/*
 * A printed form as data: bands, boxes, combs and words with their places in millimetres, drawn in
 * the tones of one printing ink. Places are measured on official blanks; the drawing is our own.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "bench/mail/canvas.h"
#include "bench/mail/hand.h"

enum form_kind {
    FORM_BAND,    /* filled rectangle */
    FORM_FRAME,   /* outline */
    FORM_BOX,     /* a box to tick: outline on two or four sides */
    FORM_TEXT,    /* words from x to x + width, lowest ink at y */
    FORM_UPRIGHT, /* words that run upwards: left edge x, from y up to y - width */
    FORM_COMB,    /* cells parted by strokes of full height between groups, half height within */
    FORM_TRAY,    /* a comb with a line below */
    FORM_OVAL     /* the filled oval of an official form, with a word in it */
};

enum form_tone { TONE_DARK, TONE_MID, TONE_LIGHT, TONE_WHITE, TONE_TITLE, FORM_TONES };

enum form_face {
    FACE_SERIF,
    FACE_SERIF_BOLD,
    FACE_SERIF_ITALIC,
    FACE_SERIF_BOLD_ITALIC,
    FACE_SANS,
    FACE_SANS_BOLD,
    FACE_SANS_ITALIC,
    FACE_SANS_BOLD_ITALIC
};

struct form_item {
    enum form_kind kind;
    double x, y, width, height;
    enum form_tone tone;
    enum form_face face;
    const char *text; /* FORM_TEXT: the words. Combs: cells per group ("122233"), after a colon the
                         letter printed in each cell ("224:JJMMAAAA") */
};

struct form_inks {
    struct ink tones[FORM_TONES];
    const char *serif, *sans; /* families */
};

void form_draw(struct canvas *canvas, const struct form_item *items, size_t count,
               const struct form_inks *inks);

/* The same ink, lighter or darker and of slightly other hue, as print runs differ. */
void form_inks_vary(struct form_inks *inks, struct chance *chance);

/* How a form is filled in: one hand for the person, one for the practice. */
struct filling {
    struct hand person, practice;
    struct chance *chance;
};

/* Half of them by hand, half by machine, a few mixed. */
struct filling filling_of(struct chance *chance);
