/*
 * Slips in the catalogue: see slip_store.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "archive/slip_store.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "archive/filing_record.h"
#include "archive/hold.h"
#include "archive/journal.h"
#include "archive/paper_slip.h"
#include "base/clock.h"
#include "base/scope.h"

/* ---- rows ---- */

static struct db_key line_key(struct slip_place place)
{
    struct db_key key = key_of_number(place.slip);
    key_u32(&key, place.line);
    return key;
}

int slip_read(struct store_txn *txn, uint32_t slip, struct slip_row *ret_row, struct err *err)
{
    struct db_key key = key_of_number(slip);
    struct bytes value = {0};
    int rc = store_get(txn, CAT_SLIPS, &key, &value, err);
    if (rc == 0)
        return err_set(err, ERR_NOT_FOUND, "slip %u: there is none of that number", slip);
    if (rc == 1 && !slip_row_decode(value, ret_row))
        return err_set(err, ERR_INTEGRITY, "slip %u: its row is damaged", slip);
    return rc < 0 ? rc : 0;
}

int slip_write(struct store_txn *txn, uint32_t slip, const struct slip_row *row, struct err *err)
{
    SCOPED(packer_free) struct packer bytes = {0};
    struct db_key key = key_of_number(slip);
    slip_row_encode(&bytes, row);
    return store_put_row(txn, CAT_SLIPS, &key, &bytes, err);
}

int slip_read_line(struct store_txn *txn, struct slip_place place, struct slip_line_row *ret_row,
                   struct err *err)
{
    struct db_key key = line_key(place);
    struct bytes value = {0};
    int rc = store_get(txn, CAT_SLIP_LINES, &key, &value, err);
    if (rc == 0)
        return err_set(err, ERR_NOT_FOUND, "slip %u has no line %u", place.slip, place.line);
    if (rc == 1 && !slip_line_row_decode(value, ret_row))
        return err_set(err, ERR_INTEGRITY, "slip %u line %u: its row is damaged", place.slip,
                       place.line);
    return rc < 0 ? rc : 0;
}

int slip_write_line(struct store_txn *txn, struct slip_place place, const struct slip_line_row *row,
                    struct err *err)
{
    SCOPED(packer_free) struct packer bytes = {0};
    struct db_key key = line_key(place);
    slip_line_row_encode(&bytes, row);
    return store_put_row(txn, CAT_SLIP_LINES, &key, &bytes, err);
}

struct db_key slip_box_key(struct slip_place place, uint32_t box)
{
    struct db_key key = line_key(place);
    key_u32(&key, box);
    return key;
}

int slip_next_box(struct store_txn *txn, struct slip_place place, uint32_t from, uint32_t *ret_box,
                  struct err *err)
{
    struct db_key prefix = line_key(place), key = slip_box_key(place, from);
    struct store_entry entry;
    int rc = store_seek(txn, CAT_SLIP_BOXES, &key, &entry, err);
    if (rc <= 0 || !key_has_prefix(entry.key, &prefix))
        return rc < 0 ? rc : 0;
    struct unpacker number = {.left =
                                  bytes_of(entry.key.at + prefix.len, entry.key.len - prefix.len)};
    *ret_box = unpack_u32(&number);
    return 1;
}

/* ---- whether a box may go ---- */

struct look {
    struct archive *archive;
    struct store_txn *txn;
    struct slip_candidate *candidate;
    struct day today;
};

enum fate { GOES, STAYS, HELD };

static int kept(struct look *look, const char *format, ...) __attribute__((format(printf, 2, 3)));
static int kept(struct look *look, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(look->candidate->why, sizeof look->candidate->why, format, args);
    va_end(args);
    return STAYS;
}

static void take_rule(struct slip_line_row *line, const struct document_row *row,
                      const struct retention_row *rule)
{
    if (!line->rule[0]) {
        memcpy(line->rule, row->rule, sizeof line->rule);
        line->version_low = row->rule_version;
    }
    if (strcmp(line->rule, row->rule) != 0)
        snprintf(line->rule, sizeof line->rule, "several");
    if (row->rule_version < line->version_low)
        line->version_low = row->rule_version;
    if (row->rule_version < line->version_high)
        return;
    line->version_high = row->rule_version;
    memcpy(line->law, rule->law, sizeof line->law);
    line->years = rule->years;
    line->months = rule->months;
    line->days = rule->days;
}

static int check_rule(struct look *look, struct document_id id, const struct document_row *row,
                      struct err *err)
{
    char day[DAY_TEXT_SIZE];
    const struct retention_row *rule = NULL;
    if (day_is_none(row->expiry))
        return kept(look, "document %u-%u never expires", id.batch, id.first_page);
    if (day_compare(row->expiry, look->today) > 0)
        return kept(look, "document %u-%u is kept until %s", id.batch, id.first_page,
                    day_format(row->expiry, day));
    int rc = retention_find(look->archive->retention, row->rule, row->rule_version, &rule, err);
    if (rc == ERR_NOT_FOUND)
        return kept(look, "document %u-%u: rule %s %u is not in retention.conf", id.batch,
                    id.first_page, row->rule, row->rule_version);
    if (rc < 0)
        return rc;
    if (rule->disposition != DISPOSITION_DESTROY)
        return kept(look, "document %u-%u: rule %s does not end in destruction", id.batch,
                    id.first_page, row->rule);
    take_rule(&look->candidate->line, row, rule);
    return 0;
}

/* Its fate; what is held does not keep the others. */
static int check_document(struct look *look, struct document_id id, const struct document_row *row,
                          struct err *err)
{
    struct hold_names holds;
    struct batch_row batch;
    int rc = check_rule(look, id, row, err);
    if (rc != 0)
        return rc;
    rc = catalogue_batch(look->txn, (struct batch_id){id.batch}, &batch, err);
    if (rc == 1 && batch.state != BATCH_CLOSED)
        return kept(look, "batch %u is not closed", id.batch);
    if (rc >= 0)
        rc = holds_on(look->txn, &(struct hold_subject){id, row, look->today}, &holds, err);
    if (rc <= 0)
        return rc;
    if (look->candidate->held++ == 0)
        kept(look, "document %u-%u is held by '%s'%s", id.batch, id.first_page, holds.names[0],
             holds.count > 1 ? " and others" : "");
    return HELD;
}

static int measure(struct look *look, struct document_id id, const struct document_row *row,
                   struct err *err)
{
    struct slip_extent one = {.documents = 1,
                              .pages = row->page_count,
                              .oldest = row->received,
                              .newest = row->received,
                              .last_expiry = row->expiry};
    for (uint32_t i = 0; i < row->page_count; i++) {
        struct page_row page;
        int rc =
            catalogue_page(look->txn, (struct page_id){id.batch, id.first_page + i}, &page, err);
        if (rc < 0)
            return rc;
        one.bytes += rc == 1 ? page.image_bytes : 0;
    }
    slip_extent_add(&look->candidate->line.extent, &one);
    return 0;
}

static int look_at(struct look *look, struct document_id id, struct err *err)
{
    struct document_row row;
    int rc = catalogue_document(look->txn, id, &row, err);
    if (rc == 0)
        return err_set(err, ERR_INTEGRITY, "document %u-%u is indexed and not there", id.batch,
                       id.first_page);
    if (rc < 0)
        return rc;
    rc = check_document(look, id, &row, err);
    return rc == GOES ? measure(look, id, &row, err) : rc;
}

int slip_look(struct archive *archive, struct store_txn *txn, uint32_t box,
              struct slip_candidate *ret_candidate, struct err *err)
{
    struct box_row row;
    struct look look = {archive, txn, ret_candidate, day_of_ms(clock_wall_ms())};
    int rc = catalogue_box(txn, box, &row, err);
    if (rc <= 0)
        return rc < 0 ? rc : err_set(err, ERR_NOT_FOUND, "box %u: there is none", box);
    *ret_candidate = (struct slip_candidate){.box = box, .line.extent.boxes = 1};
    memcpy(ret_candidate->tenant, row.tenant, sizeof row.tenant);
    memcpy(ret_candidate->line.class_name, row.class_name, sizeof row.class_name);
    ret_candidate->line.compartment = row.compartment;
    struct db_key of_box = key_of_number(box);
    struct document_id id = {0};
    for (; (rc = catalogue_seek_document(txn, CAT_BY_BOX, &of_box, &id, err)) == 1;
         id.first_page++) {
        rc = look_at(&look, id, err);
        ret_candidate->stays = rc == STAYS;
        if (rc < 0 || rc == STAYS)
            return rc < 0 ? rc : 0;
    }
    return rc;
}

int slip_close_box(struct archive *archive, struct store_txn *txn, uint32_t box, struct err *err)
{
    struct box_row row;
    int rc = catalogue_box(txn, box, &row, err);
    if (rc <= 0 || row.state != BOX_OPEN)
        return rc < 0 ? rc : 0;
    row.state = BOX_CLOSED;
    row.closed_ms = clock_wall_ms();
    box_forget(archive->boxes, box);
    rc = catalogue_put_box(txn, box, &row, err);
    return rc < 0 ? rc : filing_note_box(txn, box, &row, "box_closed", err);
}

int slip_check_box(struct archive *archive, struct store_txn *txn, struct slip_place place,
                   uint32_t box, struct err *err)
{
    struct slip_candidate now;
    struct db_key key = slip_box_key(place, box);
    struct bytes value = {0};
    int rc = slip_look(archive, txn, box, &now, err);
    if (rc < 0)
        return rc;
    if (now.why[0])
        return err_set(err, ERR_CONFLICT, "slip %u line %u: box %u: %s", place.slip, place.line,
                       box, now.why);
    rc = store_get(txn, CAT_SLIP_BOXES, &key, &value, err);
    struct unpacker drawn = {.left = value};
    uint32_t documents = unpack_u32(&drawn);
    if (rc == 1 && documents != now.line.extent.documents)
        return err_set(err, ERR_CONFLICT,
                       "slip %u line %u: box %u has %u documents, %u when the slip was drawn",
                       place.slip, place.line, box, now.line.extent.documents, documents);
    return rc < 0 ? rc : 0;
}

int slip_check_number(uint32_t slip, const char *what, const char *number, struct err *err)
{
    const size_t len = strlen(number);
    if (len == 0 || len >= VISA_NUMBER_SIZE)
        return err_set(err, ERR_FORMAT, "slip %u: %s has 1 to %d bytes, this one %zu", slip, what,
                       VISA_NUMBER_SIZE - 1, len);
    for (size_t i = 0; i < len; i++)
        if ((unsigned char)number[i] < ' ')
            return err_set(err, ERR_FORMAT, "slip %u: byte %zu of %s is no text", slip, i + 1,
                           what);
    return 0;
}

int slip_check_line(struct archive *archive, struct store_txn *txn, struct slip_place place,
                    struct err *err)
{
    uint32_t box = 0;
    int rc;
    while ((rc = slip_next_box(txn, place, box + 1, &box, err)) == 1) {
        rc = slip_check_box(archive, txn, place, box, err);
        if (rc < 0)
            return rc;
    }
    return rc < 0 ? rc : papers_check(archive, txn, place, err);
}

/* ---- the journal ---- */

int slip_note(struct store_txn *txn, const char *tenant, const struct slip_step *step,
              struct err *err)
{
    char id[EVENT_ID_SIZE];
    snprintf(id, sizeof id, "slip %u-%u %s", step->place.slip, step->place.line, step->name);
    const struct journal_event event = {
        tenant, id, step->name, step->at_ms,
        json_pack("{s:I, s:I, s:s, s:s*, s:s}", "slip", (json_int_t)step->place.slip, "line",
                  (json_int_t)step->place.line, "visa", step->visa ? step->visa : "", "record",
                  step->record, "actor", step->actor)};
    return journal_note(txn, &event, err);
}
