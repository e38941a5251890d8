/*
 * A folder of scanned sheets for the virtual feeder, with labels: NNNNNN-SS.a.EXT is the front and
 * .b. the back of sheet SS of envelope NNNNNN; labels.tsv has a row per side; text/ holds the
 * running text of letters. docs/mail-generator.md describes columns and files.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "base/err.h"
#include "bench/mail/envelope.h"

struct hopper_tally {
    unsigned envelopes, sheets, written, blank, separators;
    unsigned long long bytes;
};

/* Draws, scans and writes envelopes `first`, `first + step`, … up to `last`, and their rows into
 * FOLDER/labels-FIRST.part. */
struct hopper_share {
    unsigned first, step, last;
};
int hopper_write(const struct mail_order *order, const char *folder,
                 const struct hopper_share *share, struct hopper_tally *ret_tally, struct err *err);

/* Joins the parts of `count` shares into FOLDER/labels.tsv, sorted by path, and removes them. */
int hopper_join_labels(const char *folder, const unsigned *firsts, unsigned count, struct err *err);
