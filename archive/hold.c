/*
 * Holds: see hold.h. CAT_HELD leads from a subject (document, keyed hash, box, batch) to the names
 * of its holds, CAT_HOLD_SUBJECTS from a name to its subjects, so that lifting finds them all.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "archive/hold.h"

#include <stdio.h>
#include <string.h>

#include "archive/catalogue.h"
#include "archive/filing_record.h"
#include "archive/journal.h"
#include "archive/purge.h"
#include "archive/slip_store.h"
#include "archive/state.h"
#include "archive/successor.h"
#include "base/clock.h"
#include "base/scope.h"

enum { ROW_VERSION = 1, SUBJECT_INSURED = 'i', SUBJECT_BOX = 'b' };
enum { SUBJECT_DOCUMENT = 'd', SUBJECT_BATCH = 'l' };

const char *hold_scope_name(enum hold_scope scope)
{
    static const char *const names[] = {"document", "insured", "box", "batch", "case"};
    return names[scope];
}

bool hold_lies(const struct hold_row *row, struct day today)
{
    return row->lifted_ms == 0 && (day_is_none(row->until) || day_compare(today, row->until) <= 0);
}

/* ---- rows ---- */

void hold_row_encode(struct packer *to, const struct hold_row *row)
{
    pack_u8(to, ROW_VERSION);
    pack_text(to, row->name);
    pack_text(to, row->tenant);
    pack_u8(to, (uint8_t)row->scope);
    pack_u32(to, row->first);
    pack_u32(to, row->second);
    pack_text(to, row->reason);
    pack_text(to, row->owner);
    pack_text(to, row->set_by);
    pack_text(to, row->lifted_by);
    pack_day(to, row->until);
    pack_day(to, row->review);
    pack_u64(to, (uint64_t)row->set_ms);
    pack_u64(to, (uint64_t)row->lifted_ms);
}

bool hold_row_decode(struct bytes from, struct hold_row *ret_row)
{
    struct unpacker row = {.left = from};
    struct hold_row read = {0};
    row.bad = unpack_u8(&row) != ROW_VERSION;
    unpack_text(&row, read.name, sizeof read.name);
    unpack_text(&row, read.tenant, sizeof read.tenant);
    uint8_t scope = unpack_u8(&row);
    read.scope = (enum hold_scope)scope;
    read.first = unpack_u32(&row);
    read.second = unpack_u32(&row);
    unpack_text(&row, read.reason, sizeof read.reason);
    unpack_text(&row, read.owner, sizeof read.owner);
    unpack_text(&row, read.set_by, sizeof read.set_by);
    unpack_text(&row, read.lifted_by, sizeof read.lifted_by);
    read.until = unpack_day(&row);
    read.review = unpack_day(&row);
    read.set_ms = (int64_t)unpack_u64(&row);
    read.lifted_ms = (int64_t)unpack_u64(&row);
    if (row.bad || row.left.len != 0 || scope > HOLD_CASE)
        return false;
    *ret_row = read;
    return true;
}

static struct db_key name_key(const char *name)
{
    struct db_key key = {.len = 0};
    key_u8(key_text(&key, name), 0);
    return key;
}

/* 1 found. */
static int read_row(struct store_txn *txn, const char *name, struct hold_row *ret_row,
                    struct err *err)
{
    struct db_key key = name_key(name);
    struct bytes value;
    int rc = store_get(txn, CAT_HOLDS, &key, &value, err);
    if (rc == 1 && !hold_row_decode(value, ret_row))
        return err_set(err, ERR_INTEGRITY, "hold '%s': its row is damaged", name);
    return rc;
}

int hold_is_there(struct store_txn *txn, const char *name, struct err *err)
{
    struct hold_row row;
    int rc = strlen(name) < HOLD_NAME_SIZE ? read_row(txn, name, &row, err) : 0;
    return rc == 0 ? err_set(err, ERR_NOT_FOUND, "hold '%.40s': there is none of that name", name)
                   : rc;
}

static int write_row(struct store_txn *txn, const struct hold_row *row, struct err *err)
{
    SCOPED(packer_free) struct packer bytes = {0};
    struct db_key key = name_key(row->name);
    hold_row_encode(&bytes, row);
    return store_put_row(txn, CAT_HOLDS, &key, &bytes, err);
}

static int note(struct store_txn *txn, const struct hold_row *row, const char *event,
                struct err *err)
{
    char id[EVENT_ID_SIZE], until[DAY_TEXT_SIZE], review[DAY_TEXT_SIZE];
    bool lifted = row->lifted_ms != 0;
    snprintf(id, sizeof id, "%s %s", event, row->name);
    const struct journal_event noted = {
        row->tenant, id, event, lifted ? row->lifted_ms : row->set_ms,
        json_pack("{s:s, s:s, s:I, s:I, s:s, s:s, s:s, s:s, s:s}", "hold", row->name, "scope",
                  hold_scope_name(row->scope), "first", (json_int_t)row->first, "second",
                  (json_int_t)row->second, "reason", row->reason, "owner", row->owner, "until",
                  day_format(row->until, until), "review", day_format(row->review, review), "actor",
                  lifted ? row->lifted_by : row->set_by)};
    return journal_note(txn, &noted, err);
}

/* ---- subjects ---- */

static struct db_key subject_of_document(struct document_id id)
{
    struct db_key key = {.len = 0};
    key_u32(key_u32(key_u8(&key, SUBJECT_DOCUMENT), id.batch), id.first_page);
    return key;
}

static struct db_key subject_of_number(uint8_t kind, uint32_t number)
{
    struct db_key key = {.len = 0};
    key_u32(key_u8(&key, kind), number);
    return key;
}

static struct db_key subject_of_insured(const char *tenant, enum compartment compartment,
                                        const struct insured_hash *hash)
{
    struct db_key key = {.len = 0};
    struct db_key index = catalogue_insured_key(tenant, compartment, hash);
    key_raw(key_u8(&key, SUBJECT_INSURED), index.at, index.len);
    return key;
}

static int put_subject(struct store_txn *txn, const char *name, const struct db_key *subject,
                       struct err *err)
{
    struct db_key held = *subject, by_name = name_key(name);
    key_text(&held, name);
    key_raw(&by_name, subject->at, subject->len);
    int rc = store_put(txn, CAT_HELD, &held, bytes_of("", 0), err);
    return rc < 0 ? rc : store_put(txn, CAT_HOLD_SUBJECTS, &by_name, bytes_of("", 0), err);
}

static int remove_subjects(struct store_txn *txn, const char *name, struct err *err)
{
    struct db_key prefix = name_key(name);
    struct store_entry entry;
    int rc;
    while ((rc = store_seek(txn, CAT_HOLD_SUBJECTS, &prefix, &entry, err)) == 1 &&
           key_has_prefix(entry.key, &prefix)) {
        struct db_key by_name = {.len = 0}, held = {.len = 0};
        key_raw(&by_name, entry.key.at, entry.key.len);
        key_raw(&held, entry.key.at + prefix.len, entry.key.len - prefix.len);
        key_text(&held, name);
        rc = store_delete(txn, CAT_HELD, &held, err);
        if (rc >= 0)
            rc = store_delete(txn, CAT_HOLD_SUBJECTS, &by_name, err);
        if (rc < 0)
            return rc;
    }
    return rc < 0 ? rc : 0;
}

/* ---- setting ---- */

struct setting {
    struct archive *archive;
    struct store_txn txn;
    const struct hold_spec *spec;
    struct hold_row row;
};

static int not_there(const struct setting *setting, struct err *err)
{
    return err_set(err, ERR_NOT_FOUND, "hold '%s': there is no %s %u-%u", setting->spec->name,
                   hold_scope_name(setting->spec->scope), setting->row.first, setting->row.second);
}

static int on_document(struct setting *setting, struct err *err)
{
    struct document_id id = setting->spec->document;
    struct document_row document;
    setting->row.first = id.batch;
    setting->row.second = id.first_page;
    int rc = catalogue_document(&setting->txn, id, &document, err);
    if (rc <= 0)
        return rc < 0 ? rc : not_there(setting, err);
    memcpy(setting->row.tenant, document.tenant, sizeof document.tenant);
    struct db_key subject = subject_of_document(id);
    return put_subject(&setting->txn, setting->row.name, &subject, err);
}

static int on_batch(struct setting *setting, struct err *err)
{
    struct batch_row batch;
    setting->row.first = setting->spec->batch.n;
    int rc = catalogue_batch(&setting->txn, setting->spec->batch, &batch, err);
    if (rc <= 0)
        return rc < 0 ? rc : not_there(setting, err);
    memcpy(setting->row.tenant, batch.spec.tenant, sizeof batch.spec.tenant);
    struct db_key subject = subject_of_number(SUBJECT_BATCH, setting->row.first);
    return put_subject(&setting->txn, setting->row.name, &subject, err);
}

/* Its documents one by one, for they may move; the box itself, for more may be filed there. */
static int on_box(struct setting *setting, struct err *err)
{
    struct box_row box;
    setting->row.first = setting->spec->box;
    int rc = catalogue_box(&setting->txn, setting->spec->box, &box, err);
    if (rc < 0 || rc == 0 || box.state == BOX_DESTROYED)
        return rc < 0 ? rc : not_there(setting, err);
    memcpy(setting->row.tenant, box.tenant, sizeof box.tenant);
    struct db_key subject = subject_of_number(SUBJECT_BOX, setting->row.first);
    rc = put_subject(&setting->txn, setting->row.name, &subject, err);
    struct db_key of_box = key_of_number(setting->spec->box);
    struct document_id id = {0};
    struct store_txn *txn = &setting->txn;
    for (; rc >= 0 && (rc = catalogue_seek_document(txn, CAT_BY_BOX, &of_box, &id, err)) == 1;
         id.first_page++) {
        subject = subject_of_document(id);
        rc = put_subject(txn, setting->row.name, &subject, err);
    }
    return rc;
}

/* In both compartments: a hold that leaves out what its owner may not read would let it go. */
static int on_insured_of(struct setting *setting, const char *tenant, struct err *err)
{
    int rc = 0;
    for (int i = COMPARTMENT_ADMIN; rc == 0 && i <= COMPARTMENT_MEDICAL; i++) {
        const struct key_owner owner = {tenant, (enum compartment)i};
        struct insured_hash hash;
        rc =
            filing_insured_hash(setting->archive->keys, &owner, setting->spec->insured, &hash, err);
        if (rc < 0)
            break;
        struct db_key subject = subject_of_insured(tenant, owner.compartment, &hash);
        rc = put_subject(&setting->txn, setting->row.name, &subject, err);
    }
    return rc;
}

static int on_insured(struct setting *setting, struct err *err)
{
    struct tenant_group group;
    const char *tenant = setting->spec->tenant;
    int rc = archive_check_tenant(setting->archive, tenant, err);
    snprintf(setting->row.tenant, sizeof setting->row.tenant, "%.3s", tenant);
    if (rc == 0)
        rc = successor_group(&setting->txn, tenant, &group, err);
    for (int i = 0; rc == 0 && i < group.count; i++)
        rc = on_insured_of(setting, group.at[i], err);
    return rc;
}

static int on_case(struct setting *setting, struct err *err)
{
    snprintf(setting->row.tenant, sizeof setting->row.tenant, "%.3s", setting->spec->tenant);
    return archive_check_tenant(setting->archive, setting->spec->tenant, err);
}

static int check_spec(const struct hold_spec *spec, struct err *err)
{
    size_t len = strlen(spec->name);
    if (len == 0 || len >= HOLD_NAME_SIZE ||
        strspn(spec->name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-") !=
            len)
        return err_set(err, ERR_FORMAT,
                       "hold '%.40s': a name has 1 to %d of A-Z, a-z, 0-9, '.', '_' and '-'",
                       spec->name, HOLD_NAME_SIZE - 1);
    if (!spec->reason[0] || strlen(spec->reason) >= HOLD_REASON_SIZE)
        return err_set(err, ERR_FORMAT, "hold '%s': a reason of 1 to %d bytes is wanted",
                       spec->name, HOLD_REASON_SIZE - 1);
    if (!spec->owner[0] || strlen(spec->owner) >= HOLD_OWNER_SIZE)
        return err_set(err, ERR_FORMAT, "hold '%s': an owner of 1 to %d bytes is wanted",
                       spec->name, HOLD_OWNER_SIZE - 1);
    char until[DAY_TEXT_SIZE];
    if (!day_is_none(spec->until) && day_compare(spec->until, day_of_ms(clock_wall_ms())) < 0)
        return err_set(err, ERR_FORMAT, "hold '%s': it would end on %s, which is past", spec->name,
                       day_format(spec->until, until));
    return 0;
}

static int set(struct setting *setting, struct err *err)
{
    static int (*const on[])(struct setting *, struct err *) = {on_document, on_insured, on_box,
                                                                on_batch, on_case};
    const struct hold_spec *spec = setting->spec;
    struct hold_row before;
    int rc = read_row(&setting->txn, spec->name, &before, err);
    if (rc == 1)
        return err_set(err, ERR_CONFLICT, "hold '%s': the name was given before, in tenant %s",
                       spec->name, before.tenant);
    struct hold_row *row = &setting->row;
    *row = (struct hold_row){.scope = spec->scope,
                             .until = spec->until,
                             .review = spec->review,
                             .set_ms = clock_wall_ms()};
    snprintf(row->name, sizeof row->name, "%s", spec->name);
    snprintf(row->reason, sizeof row->reason, "%s", spec->reason);
    snprintf(row->owner, sizeof row->owner, "%s", spec->owner);
    snprintf(row->set_by, sizeof row->set_by, "%.31s", spec->actor);
    if (rc == 0)
        rc = on[spec->scope](setting, err);
    if (rc == 0)
        rc = write_row(&setting->txn, row, err);
    return rc < 0 ? rc : note(&setting->txn, row, "hold_set", err);
}

static const struct commit_points set_points = {"hold.set.before_commit", "hold.set.after_commit"};
static const struct commit_points lift_points = {"hold.lift.before_commit",
                                                 "hold.lift.after_commit"};

int hold_set(struct archive *archive, const struct hold_spec *spec, struct err *err)
{
    struct setting setting = {.archive = archive, .spec = spec};
    int rc = check_spec(spec, err);
    if (rc == 0)
        rc = archive_may_write(archive, err);
    if (rc == 0)
        rc = store_begin(archive->catalogue, &setting.txn, err);
    if (rc == 0)
        rc = set(&setting, err);
    if (rc == 0)
        rc = store_commit(&setting.txn, &set_points, err);
    store_abort(&setting.txn);
    return rc;
}

/* ---- a case grows ---- */

static int note_added(struct store_txn *txn, const struct hold_row *row,
                      struct document_id document, const char *actor, struct err *err)
{
    char id[EVENT_ID_SIZE], text[ID_TEXT_SIZE];
    snprintf(id, sizeof id, "case %s %u", row->name, row->first);
    const struct journal_event event = {row->tenant, id, "hold_extended", clock_wall_ms(),
                                        json_pack("{s:s, s:s, s:s}", "hold", row->name, "document",
                                                  document_id_format(document, text), "actor",
                                                  actor)};
    return journal_note(txn, &event, err);
}

/* 0 it may be added, 1 it is in the case. */
static int check_added(struct store_txn *txn, const char *name, struct document_id id,
                       struct hold_row *row, struct err *err)
{
    struct document_row document;
    struct bytes value;
    struct db_key held = subject_of_document(id);
    int rc = hold_is_there(txn, name, err);
    if (rc == 1)
        rc = read_row(txn, name, row, err);
    if (rc < 0)
        return rc;
    if (row->scope != HOLD_CASE || row->lifted_ms)
        return err_set(err, ERR_CONFLICT, "hold '%s': %s", name,
                       row->lifted_ms ? "it was lifted; set another" : "no case, it cannot grow");
    rc = catalogue_filed(txn, id, &document, err);
    if (rc == 0)
        rc = successor_is(txn, row->tenant, document.tenant, err);
    if (rc == 0)
        return err_set(err, ERR_CONFLICT, "hold '%s': a case of tenant %s, document %u-%u is of %s",
                       name, row->tenant, id.batch, id.first_page, document.tenant);
    key_text(&held, name);
    return rc < 0 ? rc : store_get(txn, CAT_HELD, &held, &value, err);
}

int hold_add(struct archive *archive, const char *name, struct document_id document,
             const char *actor, struct err *err)
{
    static const struct commit_points points = {"hold.add.before_commit", "hold.add.after_commit"};
    SCOPED(store_abort) struct store_txn txn = {0};
    struct db_key subject = subject_of_document(document);
    struct hold_row row;
    int rc = archive_may_write(archive, err);
    if (rc == 0)
        rc = store_begin(archive->catalogue, &txn, err);
    if (rc == 0)
        rc = check_added(&txn, name, document, &row, err);
    if (rc != 0)
        return rc < 0 ? rc : 0;
    row.first++;
    rc = put_subject(&txn, row.name, &subject, err);
    if (rc == 0)
        rc = write_row(&txn, &row, err);
    if (rc == 0)
        rc = note_added(&txn, &row, document, actor, err);
    return rc < 0 ? rc : store_commit(&txn, &points, err);
}

/* ---- lifting ---- */

int hold_lift(struct archive *archive, const char *name, const char *actor, struct err *err)
{
    SCOPED(store_abort) struct store_txn txn = {0};
    struct hold_row row;
    int rc = archive_may_write(archive, err);
    if (rc == 0)
        rc = strlen(name) < HOLD_NAME_SIZE ? store_begin(archive->catalogue, &txn, err)
                                           : ERR_NOT_FOUND;
    if (rc == 0)
        rc = read_row(&txn, name, &row, err);
    if (rc == 0 || (rc == ERR_NOT_FOUND && !txn.at))
        return err_set(err, ERR_NOT_FOUND, "hold '%.40s': there is none of that name", name);
    if (rc < 0)
        return rc;
    if (row.lifted_ms)
        return err_set(err, ERR_CONFLICT, "hold '%s': %s lifted it before", name, row.lifted_by);
    row.lifted_ms = clock_wall_ms();
    snprintf(row.lifted_by, sizeof row.lifted_by, "%.31s", actor);
    rc = remove_subjects(&txn, name, err);
    if (rc == 0 && row.scope == HOLD_INSURED)
        rc = purge_ask(&txn, err); /* the hash stays in the file's free bytes until then */
    if (rc == 0)
        rc = write_row(&txn, &row, err);
    if (rc == 0)
        rc = note(&txn, &row, "hold_lifted", err);
    return rc < 0 ? rc : store_commit(&txn, &lift_points, err);
}

int hold_each(struct archive *archive, int (*each)(void *to, const struct hold_row *row), void *to,
              struct err *err)
{
    SCOPED(store_abort) struct store_txn txn = {0};
    SCOPED(store_walk_end) struct store_cursor cursor = {0};
    const struct db_key from = {.len = 0};
    struct store_entry entry;
    struct hold_row row;
    int rc = store_begin_read(archive->catalogue, &txn, err);
    if (rc == 0)
        rc = store_walk(&txn, CAT_HOLDS, &from, &cursor, err);
    while (rc >= 0 && (rc = store_next(&cursor, &entry, err)) == 1) {
        if (!hold_row_decode(entry.value, &row))
            return err_set(err, ERR_INTEGRITY, "the row of a hold is damaged");
        rc = each(to, &row);
        if (rc != 0)
            return rc;
    }
    return rc < 0 ? rc : 0;
}

/* ---- asking ---- */

static bool is_named(const struct hold_names *names, const char *name)
{
    for (int i = 0; i < names->count && i < HOLD_NAMES_SHOWN; i++)
        if (strcmp(names->names[i], name) == 0)
            return true;
    return false;
}

static int add_name(struct store_txn *txn, struct bytes name, struct day today,
                    struct hold_names *names, struct err *err)
{
    char text[HOLD_NAME_SIZE] = "";
    struct hold_row row;
    if (name.len >= sizeof text)
        return err_set(err, ERR_INTEGRITY, "the name of a hold is damaged");
    memcpy(text, name.at, name.len);
    int rc = read_row(txn, text, &row, err);
    if (rc <= 0)
        return rc < 0 ? rc : err_set(err, ERR_INTEGRITY, "hold '%s' is held by nothing", text);
    if (!hold_lies(&row, today) || is_named(names, text))
        return 0;
    if (names->count < HOLD_NAMES_SHOWN)
        memcpy(names->names[names->count], text, sizeof text);
    names->count++;
    return 0;
}

static int add_of_subject(struct store_txn *txn, const struct db_key *subject, struct day today,
                          struct hold_names *names, struct err *err)
{
    struct db_key from = *subject;
    struct store_entry entry;
    int rc;
    while ((rc = store_seek(txn, CAT_HELD, &from, &entry, err)) == 1 &&
           key_has_prefix(entry.key, subject)) {
        rc = add_name(txn, bytes_of(entry.key.at + subject->len, entry.key.len - subject->len),
                      today, names, err);
        if (rc < 0)
            return rc;
        from.len = 0;
        key_u8(key_raw(&from, entry.key.at, entry.key.len), 0);
    }
    return rc < 0 ? rc : 0;
}

int holds_on_batch(struct store_txn *txn, struct batch_id batch, struct day today,
                   struct hold_names *ret_names, struct err *err)
{
    struct db_key subject = subject_of_number(SUBJECT_BATCH, batch.n);
    *ret_names = (struct hold_names){0};
    int rc = add_of_subject(txn, &subject, today, ret_names, err);
    return rc < 0 ? rc : ret_names->count;
}

int holds_on(struct store_txn *txn, const struct hold_subject *subject,
             struct hold_names *ret_names, struct err *err)
{
    const struct document_row *row = subject->row;
    struct db_key keys[3 + DOCUMENT_INSURED];
    int count = 0, rc = 0;
    *ret_names = (struct hold_names){0};
    keys[count++] = subject_of_document(subject->id);
    keys[count++] = subject_of_number(SUBJECT_BATCH, subject->id.batch);
    keys[count++] = subject_of_number(SUBJECT_BOX, row->box);
    for (int i = 0; i < row->insured_count; i++)
        keys[count++] = subject_of_insured(row->tenant, row->compartment, &row->insured[i]);
    for (int i = 0; rc == 0 && i < count; i++)
        rc = add_of_subject(txn, &keys[i], subject->today, ret_names, err);
    return rc < 0 ? rc : ret_names->count;
}
