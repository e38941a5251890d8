/*
 * Votes and their count. A voter says which tag, how strongly, and why. Strength is in nats: the
 * logarithm of how many times likelier its finding is on pages of that tag than on others. The
 * count starts from the mix of mail and ends in probabilities.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "classify/verdict.h"

struct ballot {
    double nats[TAG_COUNT];
};

/* Starts from the expected share of each tag; shares need not add up to 1. */
struct ballot ballot_start(const double share[TAG_COUNT]);

void ballot_vote(struct ballot *ballot, enum tag tag, double nats);

/* Nats between two tags: positive ones go to `for_tag`, negative ones, as positive, to `against`.
 */
void ballot_between(struct ballot *ballot, enum tag for_tag, enum tag against, double nats);

/* The leading tag and its probability, 0..1. */
enum tag ballot_leader(const struct ballot *ballot, double *ret_confidence);

/* Probability of one tag. */
double ballot_confidence(const struct ballot *ballot, enum tag tag);
