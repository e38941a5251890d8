/*
 * Rows of slips: see slip_row.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "archive/slip_row.h"

enum { ROW_VERSION = 1 };

const char *slip_state_name(enum slip_state state)
{
    static const char *const names[] = {"on_slip", "submitted", "visa_granted", "visa_refused",
                                        "destroyed"};
    return names[state];
}

void slip_extent_add(struct slip_extent *sum, const struct slip_extent *more)
{
    sum->boxes += more->boxes;
    sum->documents += more->documents;
    sum->pages += more->pages;
    sum->batches += more->batches;
    sum->sheets += more->sheets;
    sum->bytes += more->bytes;
    if (day_is_none(sum->oldest) || day_compare(more->oldest, sum->oldest) < 0)
        sum->oldest = more->oldest;
    if (day_is_none(sum->newest) || day_compare(more->newest, sum->newest) > 0)
        sum->newest = more->newest;
    if (day_is_none(sum->last_expiry) || day_compare(more->last_expiry, sum->last_expiry) > 0)
        sum->last_expiry = more->last_expiry;
}

static enum slip_state unpack_state(struct unpacker *from)
{
    uint8_t state = unpack_u8(from);
    from->bad |= state > SLIP_DESTROYED;
    return (enum slip_state)state;
}

void slip_row_encode(struct packer *to, const struct slip_row *row)
{
    pack_u8(to, ROW_VERSION);
    pack_text(to, row->tenant);
    pack_u8(to, (uint8_t)row->state);
    pack_u32(to, row->lines);
    pack_text(to, row->drawn_by);
    pack_u64(to, (uint64_t)row->drawn_ms);
    pack_u64(to, (uint64_t)row->submitted_ms);
    pack_u64(to, (uint64_t)row->decided_ms);
    pack_u64(to, (uint64_t)row->destroyed_ms);
}

bool slip_row_decode(struct bytes from, struct slip_row *ret_row)
{
    struct unpacker row = {.left = from};
    struct slip_row read = {0};
    row.bad = unpack_u8(&row) != ROW_VERSION;
    unpack_text(&row, read.tenant, sizeof read.tenant);
    read.state = unpack_state(&row);
    read.lines = unpack_u32(&row);
    unpack_text(&row, read.drawn_by, sizeof read.drawn_by);
    read.drawn_ms = (int64_t)unpack_u64(&row);
    read.submitted_ms = (int64_t)unpack_u64(&row);
    read.decided_ms = (int64_t)unpack_u64(&row);
    read.destroyed_ms = (int64_t)unpack_u64(&row);
    if (row.bad || row.left.len != 0)
        return false;
    *ret_row = read;
    return true;
}

static void pack_extent(struct packer *to, const struct slip_extent *extent)
{
    pack_u32(to, extent->boxes);
    pack_u32(to, extent->documents);
    pack_u32(to, extent->pages);
    pack_u32(to, extent->batches);
    pack_u32(to, extent->sheets);
    pack_u64(to, extent->bytes);
    pack_day(to, extent->oldest);
    pack_day(to, extent->newest);
    pack_day(to, extent->last_expiry);
}

static void unpack_extent(struct unpacker *from, struct slip_extent *extent)
{
    extent->boxes = unpack_u32(from);
    extent->documents = unpack_u32(from);
    extent->pages = unpack_u32(from);
    extent->batches = unpack_u32(from);
    extent->sheets = unpack_u32(from);
    extent->bytes = unpack_u64(from);
    extent->oldest = unpack_day(from);
    extent->newest = unpack_day(from);
    extent->last_expiry = unpack_day(from);
}

void slip_line_row_encode(struct packer *to, const struct slip_line_row *row)
{
    pack_u8(to, ROW_VERSION);
    pack_u8(to, (uint8_t)row->compartment);
    pack_text(to, row->class_name);
    pack_text(to, row->rule);
    pack_u32(to, row->version_low);
    pack_u32(to, row->version_high);
    pack_text(to, row->law);
    pack_u32(to, (uint32_t)row->years);
    pack_u32(to, (uint32_t)row->months);
    pack_u32(to, (uint32_t)row->days);
    pack_extent(to, &row->extent);
    pack_u8(to, (uint8_t)row->state);
    pack_text(to, row->record);
    pack_text(to, row->visa);
    pack_text(to, row->visa_by);
    pack_u64(to, (uint64_t)row->visa_ms);
    pack_u64(to, (uint64_t)row->destroyed_ms);
}

bool slip_line_row_decode(struct bytes from, struct slip_line_row *ret_row)
{
    struct unpacker row = {.left = from};
    struct slip_line_row read = {0};
    row.bad = unpack_u8(&row) != ROW_VERSION;
    uint8_t compartment = unpack_u8(&row);
    read.compartment = (enum compartment)compartment;
    unpack_text(&row, read.class_name, sizeof read.class_name);
    unpack_text(&row, read.rule, sizeof read.rule);
    read.version_low = unpack_u32(&row);
    read.version_high = unpack_u32(&row);
    unpack_text(&row, read.law, sizeof read.law);
    read.years = (int)unpack_u32(&row);
    read.months = (int)unpack_u32(&row);
    read.days = (int)unpack_u32(&row);
    unpack_extent(&row, &read.extent);
    read.state = unpack_state(&row);
    unpack_text(&row, read.record, sizeof read.record);
    unpack_text(&row, read.visa, sizeof read.visa);
    unpack_text(&row, read.visa_by, sizeof read.visa_by);
    read.visa_ms = (int64_t)unpack_u64(&row);
    read.destroyed_ms = (int64_t)unpack_u64(&row);
    if (row.bad || row.left.len != 0 || compartment > COMPARTMENT_MEDICAL)
        return false;
    *ret_row = read;
    return true;
}
