/*
 * Labelled pages as a table for other programs: a tab-separated row per page with its verdict, its
 * times, and the values that the weights of look and text in classify.conf are fitted on.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include <stdio.h>

#include "bench/labelled/pages.h"

/* The first row names the columns. Values of a step that was not taken are empty. ERR_SYSTEM. */
int table_write(FILE *out, const struct labelled_pages *pages, struct err *err);
