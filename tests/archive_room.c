/*
 * A fresh archive for a test: see archive_room.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/archive_room.h"

#include <ftw.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "tests/check.h"

struct archive_params room_params(const struct room *room, bool writer)
{
    return (struct archive_params){.data_dir = room->data,
                                   .key_dir = room->keys,
                                   .config_dir = getenv("TRIPLI_CONFIG"),
                                   .first = "cheque sick_note",
                                   .writer = writer,
                                   .box_map_bytes = UINT64_C(64) << 20,
                                   .reserve_bytes = 1 << 20};
}

void room_reopen(struct room *room)
{
    struct err err = {0};
    room_close(room);
    struct archive_params params = room_params(room, true);
    int rc = archive_open(&params, &room->archive, &err);
    check_ok(rc, &err);
}

void room_open(struct room *room)
{
    const char *temporary = getenv("TMPDIR");
    snprintf(room->root, sizeof room->root, "%.90s/tripli-archive-XXXXXX",
             temporary ? temporary : "/tmp");
    assert_non_null(mkdtemp(room->root));
    snprintf(room->data, sizeof room->data, "%s/data", room->root);
    snprintf(room->keys, sizeof room->keys, "%s/keys", room->root);
    room->archive = NULL;
    room_reopen(room);
}

void room_close(struct room *room)
{
    archive_free(&room->archive);
}

struct archive *room_reader(const struct room *room)
{
    struct err err = {0};
    struct archive *reader = NULL;
    struct archive_params params = room_params(room, false);
    int rc = archive_open(&params, &reader, &err);
    check_ok(rc, &err);
    return reader;
}

void room_remove(struct room *room)
{
    struct err err = {0};
    room_close(room);
    int rc = file_remove_tree(room->root, &err);
    check_ok(rc, &err);
}

int room_set_up(void **state)
{
    struct room *room = calloc(1, sizeof *room);
    assert_non_null(room);
    room_open(room);
    *state = room;
    return 0;
}

int room_tear_down(void **state)
{
    room_remove(*state);
    free(*state);
    return 0;
}

struct batch_spec room_spec(uint8_t mark, enum boundary boundary)
{
    struct batch_spec spec = {.uuid = {{mark}},
                              .tenant = "061",
                              .received = {2026, 11, 20},
                              .boundary = boundary,
                              .source = "folder"};
    return spec;
}

struct batch_id room_batch(struct room *room, uint8_t mark, enum boundary boundary)
{
    struct err err = {0};
    struct batch_id id;
    struct batch_spec spec = room_spec(mark, boundary);
    int rc = archive_batch_open(room->archive, &spec, &id, &err);
    check_ok(rc, &err);
    return id;
}

void room_image(struct page_id id, size_t size, struct buf *ret_image)
{
    char line[64];
    int len =
        snprintf(line, sizeof line, "image of page %u-%u, patient Dupont\n", id.batch, id.page);
    while (ret_image->len < size)
        assert_int_equal(buf_append(ret_image, bytes_of(line, (size_t)len)), 0);
}

int room_feed(struct room *room, struct page_id id, bool starts_envelope)
{
    struct err err = {0};
    struct buf image = {0};
    static const char capture[] = "{\"dpi\":300,\"note\":\"capture secret\"}";
    room_image(id, 5000, &image);
    struct intake_page page = {.id = id,
                               .image = buf_view(&image),
                               .digest = digest_of(buf_view(&image)),
                               .starts_envelope = starts_envelope,
                               .sheet = id.page,
                               .capture = bytes_of(capture, sizeof capture - 1)};
    int result = 1, rc = intake_accept(room->archive, &page, 1, &result, &err);
    buf_free(&image);
    check_ok(rc, &err);
    return result;
}

struct page_id room_decide_next(struct room *room, const struct room_verdict *verdict)
{
    struct err err = {0};
    struct intake_lease lease;
    int rc = intake_lend(room->archive, 1, 60000, &lease, &err);
    check_ok(rc, &err);
    assert_int_equal(rc, 1);
    static const char record[] = "{\"reason\":\"verdict secret\"}";
    struct intake_decision decision = {.lending = {lease.id, lease.epoch},
                                       .accepted = !verdict->to_code,
                                       .kind = verdict->kind,
                                       .compartment = verdict->compartment,
                                       .confidence = 0.9,
                                       .record = bytes_of(record, sizeof record - 1),
                                       .actor = "worker"};
    snprintf(decision.tag, sizeof decision.tag, "%s", verdict->tag);
    snprintf(decision.insured, sizeof decision.insured, "%s",
             verdict->insured ? verdict->insured : "");
    int result = 1;
    rc = intake_decide(room->archive, &decision, 1, &result, &err);
    check_ok(rc, &err);
    assert_int_equal(result, 0);
    struct page_id id = lease.id;
    intake_lease_clear(&lease);
    return id;
}

struct archive_counts room_count(struct room *room, struct batch_id id)
{
    struct err err = {0};
    struct archive_counts counts = {0};
    int rc = archive_count(room->archive, id, &counts, &err);
    check_ok(rc, &err);
    return counts;
}

void room_check_equation(const struct archive_counts *counts)
{
    assert_int_equal(counts->accepted, counts->filed + counts->blank + counts->separators +
                                           counts->to_code + counts->quarantined + counts->waiting +
                                           counts->unread);
}

static struct bytes wanted;
static bool seen;

static int look(const char *path, const struct stat *st, int kind, struct FTW *where)
{
    (void)st;
    (void)where;
    struct buf file = {0};
    if (kind == FTW_F && file_read(path, SIZE_MAX / 4, &file, NULL) == 0 && file.len)
        seen = seen || memmem(file.at, file.len, wanted.at, wanted.len) != NULL;
    buf_free(&file);
    return 0;
}

bool room_holds(const char *folder, struct bytes needle)
{
    wanted = needle;
    seen = false;
    assert_int_equal(nftw(folder, look, 16, FTW_PHYS), 0);
    return seen;
}

static void hear(void *to, const char *line)
{
    struct room_heard *heard = to;
    if (heard->lines++ == 0)
        snprintf(heard->first, sizeof heard->first, "%s", line);
}

struct verify_report room_verify(struct room *room, struct room_heard *heard)
{
    struct err err = {0};
    struct verify_report report;
    *heard = (struct room_heard){0};
    check_ok(verify_archive(room->archive, hear, heard, &report, &err), &err);
    assert_int_equal(report.discrepancies + report.keys_missing, heard->lines);
    return report;
}

void room_expect_named(struct room *room, const char *words)
{
    struct room_heard heard;
    room_verify(room, &heard);
    if (heard.lines == 0 || !strstr(heard.first, words))
        fail_msg("got %d lines, first '%s', want one with '%s'", heard.lines, heard.first, words);
}

struct batch_id room_file(struct room *room, const struct batch_spec *spec,
                          const struct room_verdict *verdict, uint32_t pages)
{
    struct err err = {0};
    struct batch_id batch;
    check_ok(archive_batch_open(room->archive, spec, &batch, &err), &err);
    for (uint32_t page = 1; page <= pages; page++)
        room_feed(room, (struct page_id){batch.n, page}, true);
    for (uint32_t i = 0; i < pages; i++)
        room_decide_next(room, verdict);
    const struct batch_end end = {pages, 0, pages};
    check_ok(archive_batch_end(room->archive, batch, &end, &err), &err);
    assert_int_equal(filing_run(room->archive, 10, &err), pages);
    return batch;
}

struct batch_id room_file_letters(struct room *room, uint8_t mark, uint32_t pages)
{
    const struct batch_spec spec = room_spec(mark, BOUNDARY_MARKED);
    return room_file(room, &spec, &(struct room_verdict){.tag = "letter"}, pages);
}
