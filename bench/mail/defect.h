/*
 * What may be wrong with a scan or a sheet so that an operator should look: at most one per sheet,
 * named in the labels.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "bench/mail/canvas.h"
#include "bench/mail/chance.h"

enum scan_defect {
    DEFECT_NONE,
    DEFECT_STREAK,        /* dust on the glass: lines along the transport */
    DEFECT_CORNER_TORN,   /* a corner is missing */
    DEFECT_CORNER_FOLDED, /* a corner lies on the page */
    DEFECT_DARK,          /* paper comes out dark grey */
    DEFECT_LIGHT,         /* ink comes out pale */
    DEFECT_UNSHARP,       /* out of focus */
    DEFECT_COPIED,        /* a photocopy: no colours, hard contrast, toner specks */
    DEFECTS
};

/* "", "streak", "corner_torn", … as in labels.tsv. */
const char *defect_name(enum scan_defect defect);

enum scan_defect defect_draw_kind(struct chance *chance);

/* Draws what lies on glass or paper; the others are done to the pixels. */
void defect_draw(struct canvas *canvas, struct chance *chance, enum scan_defect defect,
                 const struct placement *placement);
