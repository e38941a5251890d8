/*
 * Day seals as text and files, for day_seal.c and its neighbours.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include <limits.h>

#include "archive/day_seal.h"

/* DATA/seals/NNNNNN.<ending> */
void day_seal_path(const struct archive *archive, uint32_t number, const char *ending,
                   char ret_path[PATH_MAX]);

/* The text that is signed. */
void statement_format(const struct statement *statement, char ret_text[STATEMENT_SIZE]);

/* Over tenant, number and hash of every head, in order. */
struct digest day_seal_heads_digest(const struct day_seal *seal);

/* The file's text; NULL without memory. */
char *day_seal_format(const struct day_seal *seal);
