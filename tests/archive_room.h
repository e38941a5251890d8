/*
 * A fresh archive in a folder of its own under the temporary folder, and pages to feed it with.
 * Everything fails the test at once when it does not work.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "archive/filing.h"
#include "archive/find.h"
#include "archive/intake.h"

enum { ROOM_PATH_SIZE = 128 };

struct room {
    char root[ROOM_PATH_SIZE], data[ROOM_PATH_SIZE + 8], keys[ROOM_PATH_SIZE + 8];
    struct archive *archive;
};

/* Makes the folders and opens the archive for writing, with small maps. */
void room_open(struct room *room);
/* Closes and opens it again, as after a restart. */
void room_reopen(struct room *room);
/* Closes it; the files stay. */
void room_close(struct room *room);
/* Opens a reader beside it. */
struct archive *room_reader(const struct room *room);
/* Closes and removes everything. */
void room_remove(struct room *room);

/* The same as cmocka wants them: `*state` is the room. */
int room_set_up(void **state);
int room_tear_down(void **state);

struct archive_params room_params(const struct room *room, bool writer);

/* A batch for tenant 061, received 2026-11-20; `mark` makes its uuid. */
struct batch_spec room_spec(uint8_t mark, enum boundary boundary);
struct batch_id room_batch(struct room *room, uint8_t mark, enum boundary boundary);

/* The image of a page: text that names it, repeated to `size` bytes. */
void room_image(struct page_id id, size_t size, struct buf *ret_image);

/* Accepts one page (sheet = page, side 0); returns its result. */
int room_feed(struct room *room, struct page_id id, bool starts_envelope);

/* A decision on whatever page is lent next; fails when none is waiting. */
struct room_verdict {
    const char *tag;
    enum page_kind kind;
    enum compartment compartment;
    const char *insured;
    bool to_code;
};
struct page_id room_decide_next(struct room *room, const struct room_verdict *verdict);

/* A batch of `pages` one-page envelopes, at most 10, with one verdict, fed, decided and filed; not
 * closed. */
struct batch_id room_file(struct room *room, const struct batch_spec *spec,
                          const struct room_verdict *verdict, uint32_t pages);
struct batch_id room_file_letters(struct room *room, uint8_t mark, uint32_t pages);

struct archive_counts room_count(struct room *room, struct batch_id id);
/* Asserts the equation of pages. */
void room_check_equation(const struct archive_counts *counts);

/* What verification says. */
struct room_heard {
    int lines;
    char first[512];
};

/* Verifies the whole archive; asserts that it says as many lines as it counts. */
struct verify_report room_verify(struct room *room, struct room_heard *heard);
/* Fails unless the first line that verification says has these words. */
void room_expect_named(struct room *room, const char *words);

/* Whether any file below the folder holds the bytes. */
bool room_holds(const char *folder, struct bytes needle);
