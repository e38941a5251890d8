/*
 * A month's account as people read it, in French: its rows, and the equations that hold between
 * them (account_check has looked).
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "archive/account.h"

enum {
    STATEMENT_ROWS_MAX = 20 + ACCOUNT_REASONS_MAX,
    STATEMENT_VALUE_SIZE = 48,
    STATEMENT_TITLE_SIZE = 96,
    STATEMENT_EQUATIONS = 4,
    STATEMENT_EQUATION_SIZE = 400
};

struct statement_row {
    char title[STATEMENT_TITLE_SIZE];
    int depth;     /* 0: a sum; 1 and 2: what is in it */
    int64_t value; /* -1: none */
    bool is_time;  /* milliseconds */
};

/* Reasons that did not occur are left out; `now_ms`: until when the oldest page's age runs. Returns
 * how many. */
int statement_rows(const struct account *account, int64_t now_ms,
                   struct statement_row ret_rows[STATEMENT_ROWS_MAX]);

/* "12 408", "3 h 07 min", "–"; returns `ret_text`. */
const char *statement_value(const struct statement_row *row, char ret_text[STATEMENT_VALUE_SIZE]);

/* "12 408 faces reçues = 12 300 archivées + 108 en cours", … */
void statement_equations(const struct account *account,
                         char ret_lines[STATEMENT_EQUATIONS][STATEMENT_EQUATION_SIZE]);

/* "novembre 2026"; returns `ret_text`. */
const char *statement_month(const char *month, char ret_text[STATEMENT_VALUE_SIZE]);
