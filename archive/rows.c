/*
 * Rows of the catalogue: see rows.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "archive/rows.h"

#include <stdio.h>
#include <string.h>

enum { ROW_VERSION = 1 };

/* Of a batch. Its kind follows when it has one, so that rows of before there were any hold. */
enum { FLAG_DUPLEX = 1, FLAG_MEDICAL = 2, FLAG_KIND = 4 };

static struct unpacker begin(struct bytes from)
{
    struct unpacker row = {.left = from};
    if (unpack_u8(&row) != ROW_VERSION)
        row.bad = true;
    return row;
}

static bool done(const struct unpacker *row)
{
    return !row->bad && row->left.len == 0;
}

/* ---- batches ---- */

static void pack_spec(struct packer *to, const struct batch_spec *spec)
{
    pack_raw(to, bytes_of(spec->uuid.at, sizeof spec->uuid.at));
    pack_text(to, spec->tenant);
    pack_day(to, spec->received);
    pack_u8(to, (uint8_t)spec->boundary);
    pack_u8(to, (uint8_t)((spec->duplex ? FLAG_DUPLEX : 0) | (spec->medical ? FLAG_MEDICAL : 0) |
                          (spec->kind[0] ? FLAG_KIND : 0)));
    pack_text(to, spec->source);
    pack_text(to, spec->profile);
    if (spec->kind[0])
        pack_text(to, spec->kind);
}

static void unpack_spec(struct unpacker *from, struct batch_spec *spec)
{
    unpack_raw(from, spec->uuid.at, sizeof spec->uuid.at);
    unpack_text(from, spec->tenant, sizeof spec->tenant);
    spec->received = unpack_day(from);
    spec->boundary = (enum boundary)unpack_u8(from);
    const uint8_t flags = unpack_u8(from);
    from->bad = from->bad || flags > (FLAG_DUPLEX | FLAG_MEDICAL | FLAG_KIND);
    spec->duplex = flags & FLAG_DUPLEX;
    spec->medical = flags & FLAG_MEDICAL;
    unpack_text(from, spec->source, sizeof spec->source);
    unpack_text(from, spec->profile, sizeof spec->profile);
    if (flags & FLAG_KIND)
        unpack_text(from, spec->kind, sizeof spec->kind);
    from->bad = from->bad || ((flags & FLAG_KIND) && !spec->kind[0]);
}

void batch_row_encode(struct packer *to, const struct batch_row *row)
{
    pack_u8(to, ROW_VERSION);
    pack_spec(to, &row->spec);
    pack_u8(to, (uint8_t)row->state);
    pack_u64(to, (uint64_t)row->opened_ms);
    pack_u64(to, (uint64_t)row->closed_ms);
    pack_day(to, row->intake_day);
    pack_u32(to, row->end.sheets_fed);
    pack_u32(to, row->end.sheets_rejected);
    pack_u32(to, row->end.pages);
    counts_encode(to, &row->counts);
}

bool batch_row_decode(struct bytes from, struct batch_row *ret_row)
{
    struct unpacker row = begin(from);
    *ret_row = (struct batch_row){0};
    unpack_spec(&row, &ret_row->spec);
    ret_row->state = (enum batch_state)unpack_u8(&row);
    ret_row->opened_ms = (int64_t)unpack_u64(&row);
    ret_row->closed_ms = (int64_t)unpack_u64(&row);
    ret_row->intake_day = unpack_day(&row);
    ret_row->end.sheets_fed = unpack_u32(&row);
    ret_row->end.sheets_rejected = unpack_u32(&row);
    ret_row->end.pages = unpack_u32(&row);
    counts_decode(&row, &ret_row->counts);
    return done(&row) && ret_row->state <= BATCH_CLOSED &&
           ret_row->spec.boundary <= BOUNDARY_MARKED;
}

/* ---- envelopes and documents ---- */

void envelope_row_encode(struct packer *to, const struct envelope_row *row)
{
    pack_u8(to, ROW_VERSION);
    pack_u32(to, row->pages);
    pack_u32(to, row->documents);
    pack_u64(to, (uint64_t)row->filed_ms);
}

bool envelope_row_decode(struct bytes from, struct envelope_row *ret_row)
{
    struct unpacker row = begin(from);
    ret_row->pages = unpack_u32(&row);
    ret_row->documents = unpack_u32(&row);
    ret_row->filed_ms = (int64_t)unpack_u64(&row);
    return done(&row);
}

void document_row_encode(struct packer *to, const struct document_row *row)
{
    pack_u8(to, ROW_VERSION);
    pack_u32(to, row->envelope);
    pack_text(to, row->tenant);
    pack_u8(to, (uint8_t)row->compartment);
    pack_text(to, row->tag);
    pack_real(to, row->confidence);
    pack_text(to, row->decided_by);
    pack_day(to, row->received);
    pack_day(to, row->event);
    pack_day(to, row->expiry);
    pack_text(to, row->rule);
    pack_u32(to, row->rule_version);
    pack_u8(to, row->by_fallback);
    pack_u32(to, row->box);
    pack_u64(to, (uint64_t)row->filed_ms);
    pack_u32(to, row->page_count);
    pack_u64(to, row->journal_seq);
    pack_u8(to, row->insured_count);
    for (int i = 0; i < row->insured_count; i++)
        pack_raw(to, bytes_of(row->insured[i].at, INSURED_HASH_BYTES));
}

bool document_row_decode(struct bytes from, struct document_row *ret_row)
{
    struct unpacker row = begin(from);
    *ret_row = (struct document_row){.envelope = unpack_u32(&row)};
    unpack_text(&row, ret_row->tenant, sizeof ret_row->tenant);
    ret_row->compartment = (enum compartment)unpack_u8(&row);
    unpack_text(&row, ret_row->tag, sizeof ret_row->tag);
    ret_row->confidence = unpack_real(&row);
    unpack_text(&row, ret_row->decided_by, sizeof ret_row->decided_by);
    ret_row->received = unpack_day(&row);
    ret_row->event = unpack_day(&row);
    ret_row->expiry = unpack_day(&row);
    unpack_text(&row, ret_row->rule, sizeof ret_row->rule);
    ret_row->rule_version = unpack_u32(&row);
    ret_row->by_fallback = unpack_bool(&row);
    ret_row->box = unpack_u32(&row);
    ret_row->filed_ms = (int64_t)unpack_u64(&row);
    ret_row->page_count = unpack_u32(&row);
    ret_row->journal_seq = unpack_u64(&row);
    ret_row->insured_count = unpack_u8(&row);
    if (ret_row->insured_count > DOCUMENT_INSURED)
        return false;
    for (int i = 0; i < ret_row->insured_count; i++)
        unpack_raw(&row, ret_row->insured[i].at, INSURED_HASH_BYTES);
    return done(&row) && ret_row->compartment <= COMPARTMENT_MEDICAL;
}

void page_row_encode(struct packer *to, const struct page_row *row)
{
    pack_u8(to, ROW_VERSION);
    pack_u32(to, row->document);
    pack_u32(to, row->sheet);
    pack_u8(to, row->side);
    pack_u8(to, row->kind);
    pack_text(to, row->tag);
    pack_real(to, row->confidence);
    pack_digest(to, &row->digest);
    pack_u32(to, row->image_bytes);
}

bool page_row_decode(struct bytes from, struct page_row *ret_row)
{
    struct unpacker row = begin(from);
    ret_row->document = unpack_u32(&row);
    ret_row->sheet = unpack_u32(&row);
    ret_row->side = unpack_u8(&row);
    ret_row->kind = unpack_u8(&row);
    unpack_text(&row, ret_row->tag, sizeof ret_row->tag);
    ret_row->confidence = unpack_real(&row);
    ret_row->digest = unpack_digest(&row);
    ret_row->image_bytes = unpack_u32(&row);
    return done(&row) && ret_row->kind <= PAGE_SEPARATOR;
}

/* ---- boxes ---- */

void box_row_encode(struct packer *to, const struct box_row *row)
{
    pack_u8(to, ROW_VERSION);
    pack_text(to, row->tenant);
    pack_u8(to, (uint8_t)row->compartment);
    pack_text(to, row->class_name);
    pack_day(to, row->expiry);
    pack_day(to, row->filing);
    pack_u32(to, row->number);
    pack_u8(to, (uint8_t)row->state);
    pack_u32(to, row->pages);
    pack_u32(to, row->documents);
    pack_u64(to, row->bytes);
    pack_u64(to, row->run);
    pack_u64(to, (uint64_t)row->opened_ms);
    pack_u64(to, (uint64_t)row->closed_ms);
}

bool box_row_decode(struct bytes from, struct box_row *ret_row)
{
    struct unpacker row = begin(from);
    unpack_text(&row, ret_row->tenant, sizeof ret_row->tenant);
    ret_row->compartment = (enum compartment)unpack_u8(&row);
    unpack_text(&row, ret_row->class_name, sizeof ret_row->class_name);
    ret_row->expiry = unpack_day(&row);
    ret_row->filing = unpack_day(&row);
    ret_row->number = unpack_u32(&row);
    ret_row->state = (enum box_state)unpack_u8(&row);
    ret_row->pages = unpack_u32(&row);
    ret_row->documents = unpack_u32(&row);
    ret_row->bytes = unpack_u64(&row);
    ret_row->run = unpack_u64(&row);
    ret_row->opened_ms = (int64_t)unpack_u64(&row);
    ret_row->closed_ms = (int64_t)unpack_u64(&row);
    return done(&row) && ret_row->compartment <= COMPARTMENT_MEDICAL &&
           ret_row->state <= BOX_DESTROYED && tag_is_valid(ret_row->class_name);
}

char *box_series(const struct box_row *row, char ret_text[SERIES_TEXT_SIZE])
{
    char month[MONTH_TEXT_SIZE];
    snprintf(ret_text, SERIES_TEXT_SIZE, "%s/%s/%s/%s", row->tenant,
             compartment_name(row->compartment), row->class_name,
             day_is_none(row->expiry) ? "open" : day_format_month(row->expiry, month));
    return ret_text;
}

char *box_path(const struct box_row *row, char ret_text[SERIES_TEXT_SIZE])
{
    char series[SERIES_TEXT_SIZE], month[MONTH_TEXT_SIZE];
    snprintf(ret_text, SERIES_TEXT_SIZE, "%.64s/%s-%u", box_series(row, series),
             day_format_month(row->filing, month), row->number);
    return ret_text;
}

bool tag_is_valid(const char *tag)
{
    size_t len = strlen(tag);
    return len > 0 && len < TAG_TEXT_SIZE &&
           strspn(tag, "abcdefghijklmnopqrstuvwxyz0123456789_") == len;
}
