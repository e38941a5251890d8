/*
 * A person's handwriting: a writing font whose every letter is bent, turned and shifted a little
 * differently, with a slant, a pen and a wandering baseline; figures in combs, ticks, signatures.
 * A "typist" hand prints instead: no bending, a plain font.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "bench/mail/canvas.h"
#include "bench/mail/chance.h"

struct hand {
    const char *family;
    bool typed;     /* printed by a machine: no bending */
    double size;    /* em, mm */
    double slant;   /* x shift per y */
    double stretch; /* width factor */
    double pen;     /* extra stroke width, mm */
    double unrest;  /* 0 = steady … 1 = shaky */
    struct ink ink; /* pen colour */
};

/* A hand drawn at random; only fonts that are installed. */
struct hand hand_of_person(struct chance *chance);

/* A machine that fills forms in: printer, typewriter. */
struct hand hand_of_machine(struct chance *chance);

/* Writes one line with its baseline starting at `at`; returns its advance in mm. */
double hand_write(const struct hand *hand, struct canvas *canvas, struct chance *chance,
                  struct spot at, const char *text);

/* As hand_write, made smaller where it would be wider than `width`. */
void hand_write_within(const struct hand *hand, struct canvas *canvas, struct chance *chance,
                       struct area area, const char *text);

/* One character per cell of equal width; area.height is the cells' height. Blanks skip a cell. */
void hand_fill_cells(const struct hand *hand, struct canvas *canvas, struct chance *chance,
                     struct area cells, const char *text);

/* A cross or a tick in a box. */
void hand_tick(const struct hand *hand, struct canvas *canvas, struct chance *chance,
               struct area box);

/* A signature that about fills the area, often beyond it. */
void hand_sign(const struct hand *hand, struct canvas *canvas, struct chance *chance,
               struct area area);

/* The writing fonts wished for, and how many of them are installed. With none of them, hands fall
 * back to a plain font, bent more; the caller says so to the user. */
int hand_fonts(int *ret_wished);
