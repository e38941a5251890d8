/*
 * The papers of an elimination slip, in French: the bordereau d'élimination and, after destruction,
 * the certificate, as PDF (A4 landscape), the lines as CSV, and where the paper on it lies as CSV.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "archive/slip.h"
#include "archive/tenants.h"

/* The paper of a batch on a line. */
struct slip_line_paper {
    struct batch_id batch;
    struct paper_row row;
};
struct slip_line_papers {
    struct slip_line_paper *at;
    size_t count;
};

struct slip_paper {
    uint32_t number;
    const struct tenant *tenant; /* NULL: only its code is printed */
    struct slip_row slip;
    char destroyed_by[ACTOR_TEXT_SIZE]; /* ""; not destroyed, or not known */
    struct slip_line_row *lines;        /* slip.lines of them */
    struct slip_line_papers *papers;    /* of each line */
};

/* Writes bordereau-N.pdf and bordereau-N.csv into the folder, which is made, papier-N.csv when
 * paper is on it, and certificat-N.pdf when the slip is destroyed. ERR_IO names the file. */
int slip_paper_write(const struct slip_paper *paper, const char *folder, struct err *err);
