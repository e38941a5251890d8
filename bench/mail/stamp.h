/*
 * Rubber stamps: a prescriber's block of lines, a received-on stamp.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "bench/mail/canvas.h"
#include "bench/mail/chance.h"
#include "bench/mail/people.h"

/* The practice's stamp, a little turned, somewhere in the area. */
void stamp_practice(struct canvas *canvas, struct chance *chance, struct area area,
                    const struct prescriber *prescriber);

/* "CPAM … REÇU LE 20 NOV. 2026", turned, anywhere near `at`. */
void stamp_received(struct canvas *canvas, struct chance *chance, struct spot at, int tenant);
