/*
 * A folder for pages taken out of PDFs while they are being sent: below TMPDIR or /tmp, mode 0700,
 * removed in the end. One that a killed process has left is removed when the next one opens.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "base/err.h"
#include "workers/place.h"

struct page_room;

int page_room_open(struct page_room **ret_room, struct err *err);
/* Removes all that is in it; NULL-safe, nulls. */
void page_room_free(struct page_room **room);

/* A new folder in it, absolute. ERR_FULL when the pages of one PDF might have no room. */
int page_room_folder(struct page_room *room, char ret_path[PLACE_SIZE], struct err *err);
