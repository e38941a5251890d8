/*
 * A month's account on paper, in French: A4, the rows, the equations, and a chart of the pages
 * received on each day and what of them is archived.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "archive/account.h"
#include "archive/tenants.h"

struct statement_paper {
    const struct account *account;
    const struct tenant *tenant; /* NULL: only its code is printed */
    int64_t made_ms;
};

/* Writes the file, in place of one that is there. ERR_IO names it. */
int statement_pdf_write(const struct statement_paper *paper, const char *path, struct err *err);
