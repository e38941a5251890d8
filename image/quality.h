/*
 * What is wrong with a scan or a sheet, so that an operator can be asked to scan it again while the
 * paper is in hand. Findings about a written side; they say nothing of what the page is.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "base/err.h"

struct Pix;

enum quality_finding {
    QUALITY_TOO_DARK,     /* the paper is dark grey; of a bilevel page: much of it is black */
    QUALITY_TOO_LIGHT,    /* the darkest ink is pale */
    QUALITY_STREAK,       /* a thin line from edge to edge along the transport */
    QUALITY_TORN_CORNER,  /* a corner is missing or folded: the black behind the sheet shows */
    QUALITY_OUT_OF_FOCUS, /* no edge of any letter is sharp */
    QUALITY_CUT_OFF,      /* writing runs over an edge of the picture */
    QUALITY_DOUBLE_SHEET, /* as wide as a sheet, but longer than any: two, one behind the other */
    QUALITY_SIDES_DIFFER, /* front and back are not of one size: capture sees it, not quality_look
                           */
    QUALITY_FINDINGS
};

/* "too_dark", "too_light", … */
const char *quality_finding_name(enum quality_finding finding);
/* The finding of that name, -1: there is none. */
int quality_finding_of_name(const char *name);

/* A set of findings: bit 1 << finding. */
typedef unsigned quality_set;

/* A written page of any depth, best at 100 to 160 dpi. `dpi` of these pixels as the file states it,
 * 0 when it does not: then the longer side is taken for that of A4 and no double sheet is found.
 * Black at the edges that is the scanner's border is no finding. 8 ms for A4 at 130 dpi. */
int quality_look(const struct Pix *page, double dpi, quality_set *ret_findings, struct err *err);
