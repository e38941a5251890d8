/*
 * The accuracy of the cascade as a page to look at: one HTML file that needs nothing else.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include <stdio.h>

#include "bench/labelled/figures.h"

/* Writes figures, curve, reliability, the confusion matrix as a picture, and a thumbnail with
 * reasons of every page accepted and wrong, turned wrongly, or sent to a person. The thumbnails
 * are pictures of the pages: not for labels of real mail that others may not see. */
int sheet_write(FILE *out, const struct labelled_pages *pages, struct err *err);
