/*
 * The papers of an elimination slip, in French: the bordereau d'élimination and, after destruction,
 * the certificate, as PDF (A4 landscape), and the lines as CSV.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "archive/slip.h"
#include "archive/tenants.h"

struct slip_paper {
    uint32_t number;
    const struct tenant *tenant; /* NULL: only its code is printed */
    struct slip_row slip;
    char destroyed_by[ACTOR_TEXT_SIZE]; /* ""; not destroyed, or not known */
    struct slip_line_row *lines;        /* slip.lines of them */
};

/* Writes bordereau-N.pdf and bordereau-N.csv into the folder, which is made, and certificat-N.pdf
 * when the slip is destroyed. ERR_IO names the file. */
int slip_paper_write(const struct slip_paper *paper, const char *folder, struct err *err);
