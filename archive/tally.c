/*
 * Counts as numbers and as bytes: see rows.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdio.h>
#include <string.h>

#include "archive/rows.h"

/* One list of the numbers, so that every function knows the same ones. */
static const size_t numbers[] = {
    offsetof(struct archive_counts, batches),         offsetof(struct archive_counts, sheets_fed),
    offsetof(struct archive_counts, sheets_rejected), offsetof(struct archive_counts, accepted),
    offsetof(struct archive_counts, filed),           offsetof(struct archive_counts, blank),
    offsetof(struct archive_counts, separators),      offsetof(struct archive_counts, to_code),
    offsetof(struct archive_counts, quarantined),     offsetof(struct archive_counts, waiting),
    offsetof(struct archive_counts, unread),          offsetof(struct archive_counts, envelopes),
    offsetof(struct archive_counts, envelopes_filed), offsetof(struct archive_counts, documents),
};

enum { NUMBERS = sizeof numbers / sizeof *numbers, LAST_TAG = ARCHIVE_TAGS_MAX - 1 };

static uint64_t *number_at(struct archive_counts *counts, int index)
{
    return (uint64_t *)((char *)counts + numbers[index]);
}

static int tags_of(const struct archive_counts *counts)
{
    int count = 0;
    while (count < ARCHIVE_TAGS_MAX && counts->by_tag[count].tag[0])
        count++;
    return count;
}

void counts_encode(struct packer *to, const struct archive_counts *counts)
{
    struct archive_counts copy = *counts;
    for (int i = 0; i < NUMBERS; i++)
        pack_u64(to, *number_at(&copy, i));
    int tags = tags_of(counts);
    pack_u8(to, (uint8_t)tags);
    for (int i = 0; i < tags; i++) {
        pack_text(to, counts->by_tag[i].tag);
        pack_u64(to, counts->by_tag[i].pages);
    }
}

void counts_decode(struct unpacker *from, struct archive_counts *ret_counts)
{
    *ret_counts = (struct archive_counts){0};
    for (int i = 0; i < NUMBERS; i++)
        *number_at(ret_counts, i) = unpack_u64(from);
    int tags = unpack_u8(from);
    if (tags > ARCHIVE_TAGS_MAX) {
        from->bad = true;
        return;
    }
    for (int i = 0; i < tags; i++) {
        unpack_text(from, ret_counts->by_tag[i].tag, TAG_TEXT_SIZE);
        ret_counts->by_tag[i].pages = unpack_u64(from);
        from->bad = from->bad || !ret_counts->by_tag[i].tag[0];
    }
}

void counts_add_tag(struct archive_counts *counts, const char *tag, int64_t pages)
{
    int row = 0;
    while (row < LAST_TAG && counts->by_tag[row].tag[0] &&
           strcmp(counts->by_tag[row].tag, tag) != 0)
        row++;
    snprintf(counts->by_tag[row].tag, TAG_TEXT_SIZE, "%s", row == LAST_TAG ? "(more)" : tag);
    counts->by_tag[row].pages += (uint64_t)pages;
}

void counts_add(struct archive_counts *sum, const struct archive_counts *more)
{
    struct archive_counts copy = *more;
    for (int i = 0; i < NUMBERS; i++)
        *number_at(sum, i) += *number_at(&copy, i);
    for (int i = 0; i < ARCHIVE_TAGS_MAX && more->by_tag[i].tag[0]; i++)
        counts_add_tag(sum, more->by_tag[i].tag, (int64_t)more->by_tag[i].pages);
    if (more->oldest_unread_ms &&
        (!sum->oldest_unread_ms || more->oldest_unread_ms < sum->oldest_unread_ms))
        sum->oldest_unread_ms = more->oldest_unread_ms;
}

void counts_tidy(struct archive_counts *counts)
{
    struct archive_counts tidy = *counts;
    memset(tidy.by_tag, 0, sizeof tidy.by_tag);
    for (int i = 0, to = 0; i < ARCHIVE_TAGS_MAX && counts->by_tag[i].tag[0]; i++)
        if (counts->by_tag[i].pages)
            memcpy(&tidy.by_tag[to++], &counts->by_tag[i], sizeof tidy.by_tag[0]);
    *counts = tidy;
}
