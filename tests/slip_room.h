/*
 * Steps of elimination in a room (archive_room.h), by "martin", in tenant 061. Everything fails the
 * test at once when it does not work, but for what answers a code.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "archive/slip.h"
#include "tests/archive_room.h"

extern const struct slip_query slips_all; /* everything of the tenant */

/* A closed batch of one-page letters that was received then. */
void slips_file_letters(struct room *room, uint8_t mark, struct day received, uint32_t pages);

void slips_hold_on(struct room *room, const char *name, struct document_id id);
/* Hold "case" on the first document of the batch, and its end. */
void slips_hold_first(struct room *room, uint32_t batch);
void slips_lift(struct room *room);

/* The slip has the number that is wanted. */
void slips_draw(struct room *room, uint32_t want);
void slips_submit(struct room *room, uint32_t slip);
int slips_visa(struct room *room, uint32_t slip, bool granted, struct err *err);
enum slip_state slips_state(struct room *room, uint32_t slip);
/* A slip that was drawn, to its end. */
void slips_grant_and_destroy(struct room *room, uint32_t slip);

/* The document is found, and its first page can be read. */
bool slips_is_there(struct room *room, struct document_id id);

/* Verification has nothing to say. */
void slips_expect_clean(struct room *room);
