/*
 * Filing: complete envelopes become documents in boxes. Order: boxes, then catalogue and journal in
 * one transaction, then intake. Each step may be repeated; a crash between two of them repeats it.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "archive/archive.h"

/* Files up to `most` envelopes of which every page is decided and the end is known (next envelope's
 * start, or end of the batch). Returns how many; 0, too, while the catalogue is rewritten
 * (purge.h). ERR_FULL leaves everything as it was. */
int filing_run(struct archive *archive, int most, struct err *err);
