/*
 * What must leave a box before the box is destroyed, and boxes that nothing is left in. A box goes
 * whole, so sparing a document is moving it out (move.h): it lies under another key afterwards.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "archive/slip_store.h"

/* The held documents of a box move into another one of their series. */
int spare_held(struct archive *archive, uint32_t box, const char *actor, struct err *err);

/* A document that was moved left a copy in the box it came from. Before a slip's documents go, such
 * boxes are emptied, and destroyed as copies; the journal names them. */
int spare_copies(struct archive *archive, uint32_t slip, const char *actor, struct err *err);

/* Destroys closed boxes that everything was moved out of: they hold copies only, so that nobody's
 * visa is asked; the journal names them. */
int spare_emptied(struct archive *archive, const char *actor, struct err *err);

/* Documents that are to be destroyed whatever box they lie in, with what is journaled of it. */
struct doomed_entry {
    uint32_t box;
    struct document_id id;
};

struct doomed {
    struct doomed_entry *at;
    size_t count, capacity;
    struct slip_step step;
};

int doomed_add(struct doomed *doomed, uint32_t box, struct document_id id, struct err *err);
/* Box by box: what else lies there moves out, the box is destroyed. Counts the boxes. */
int doomed_destroy(struct archive *archive, struct doomed *doomed, uint64_t *boxes,
                   struct err *err);
void doomed_free(struct doomed *doomed);
