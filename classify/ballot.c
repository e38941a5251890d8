/*
 * Votes: see ballot.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "classify/ballot.h"

#include <assert.h>
#include <math.h>

static const double share_least = 1e-4; /* of a tag that is not expected at all */

struct ballot ballot_start(const double share[TAG_COUNT])
{
    struct ballot ballot = {{0}};
    for (int tag = TAG_NONE + 1; tag < TAG_COUNT; tag++)
        ballot.nats[tag] = log(share[tag] > share_least ? share[tag] : share_least);
    return ballot;
}

void ballot_vote(struct ballot *ballot, enum tag tag, double nats)
{
    assert(tag > TAG_NONE && tag < TAG_COUNT);
    ballot->nats[tag] += nats;
}

void ballot_between(struct ballot *ballot, enum tag for_tag, enum tag against, double nats)
{
    ballot_vote(ballot, nats > 0 ? for_tag : against, fabs(nats));
}

double ballot_confidence(const struct ballot *ballot, enum tag tag)
{
    double sum = 0;
    for (int other = TAG_NONE + 1; other < TAG_COUNT; other++)
        sum += exp(ballot->nats[other] - ballot->nats[tag]);
    return 1 / sum;
}

enum tag ballot_leader(const struct ballot *ballot, double *ret_confidence)
{
    enum tag leader = TAG_CARE_FORM;
    for (int tag = TAG_NONE + 1; tag < TAG_COUNT; tag++)
        if (ballot->nats[tag] > ballot->nats[leader])
            leader = (enum tag)tag;
    *ret_confidence = ballot_confidence(ballot, leader);
    return leader;
}
