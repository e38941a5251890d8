/*
 * Hand-overs: see handover.h. Number and last record of the one acknowledged last stand among the
 * catalogue's numbers; the journal has each ("handed_over medical 12"), so that any can be made
 * again.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "archive/handover.h"

#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "archive/journal.h"
#include "archive/state.h"
#include "archive/successor.h"
#include "base/scope.h"

enum { NAME_SIZE = 48 };

/* ---- fields ---- */

json_t *handover_to_json(const struct handover *handover)
{
    char lines[DIGEST_HEX_SIZE];
    return json_pack("{s:i, s:s, s:s, s:I, s:b, s:b, s:I, s:I, s:I, s:I, s:I, s:s, s:s}",
                     "tripli_handover", 1, "tenant", handover->tenant, "compartment",
                     compartment_name(handover->compartment), "number",
                     (json_int_t)handover->number, "again", (int)handover->again, "pdf",
                     (int)handover->pdf, "after", (json_int_t)handover->after, "to",
                     (json_int_t)handover->to, "documents", (json_int_t)handover->documents,
                     "files", (json_int_t)handover->files, "gone", (json_int_t)handover->gone,
                     "lines", digest_hex(&handover->lines, lines), "at", handover->at);
}

static int read_number(const json_t *json, const char *name, int64_t most, int64_t *ret_number)
{
    const json_t *value = json_object_get(json, name);
    *ret_number = json_integer_value(value);
    return json_is_integer(value) && *ret_number >= 0 && *ret_number <= most ? 0 : ERR_FORMAT;
}

static const char *text_of(const json_t *json, const char *name)
{
    const char *text = json_string_value(json_object_get(json, name));
    return text ? text : "";
}

/* Name of the first number that is missing or not valid, or NULL. */
static const char *read_numbers(const json_t *json, struct handover *to)
{
    static const char *const names[] = {"number", "documents", "files", "gone", "after", "to"};
    enum { NAMES = sizeof names / sizeof *names, LONG_ONES = 4 };
    int64_t numbers[NAMES];
    for (int i = 0; i < NAMES; i++)
        if (read_number(json, names[i], i < LONG_ONES ? UINT32_MAX : INT64_MAX, &numbers[i]) < 0)
            return names[i];
    to->number = (uint32_t)numbers[0];
    to->documents = (uint32_t)numbers[1];
    to->files = (uint32_t)numbers[2];
    to->gone = (uint32_t)numbers[3];
    to->after = (uint64_t)numbers[4];
    to->to = (uint64_t)numbers[5];
    return NULL;
}

static const char *read_texts(const json_t *json, struct handover *to)
{
    const char *tenant = text_of(json, "tenant"), *name = text_of(json, "compartment"),
               *at = text_of(json, "at");
    bool medical = strcmp(name, compartment_name(COMPARTMENT_MEDICAL)) == 0;
    if (strlen(tenant) != TENANT_TEXT_SIZE - 1)
        return "tenant";
    if (!medical && strcmp(name, compartment_name(COMPARTMENT_ADMIN)) != 0)
        return "compartment";
    if (strlen(at) >= sizeof to->at)
        return "at";
    memcpy(to->tenant, tenant, sizeof to->tenant);
    to->compartment = medical ? COMPARTMENT_MEDICAL : COMPARTMENT_ADMIN;
    memcpy(to->at, at, strlen(at) + 1);
    return digest_parse(text_of(json, "lines"), &to->lines) < 0 ? "lines" : NULL;
}

int handover_from_json(const json_t *json, struct handover *ret_handover, struct err *err)
{
    const json_t *again = json_object_get(json, "again");
    const json_t *pdf = json_object_get(json, "pdf"); /* older manifests have it not */
    const char *bad = NULL;
    *ret_handover = (struct handover){.again = json_is_true(again), .pdf = json_is_true(pdf)};
    if (json_integer_value(json_object_get(json, "tripli_handover")) != 1)
        bad = "tripli_handover";
    else if (!json_is_boolean(again))
        bad = "again";
    if (!bad)
        bad = read_numbers(json, ret_handover);
    if (!bad)
        bad = read_texts(json, ret_handover);
    return bad ? err_set(err, ERR_FORMAT, "hand-over: '%s' is missing or not valid", bad) : 0;
}

/* ---- where the hand-overs of a compartment are ---- */

static char *name_of(const struct handover *handover, const char *what, char ret_name[NAME_SIZE])
{
    snprintf(ret_name, NAME_SIZE, "handover %s %s %s", handover->tenant,
             compartment_name(handover->compartment), what);
    return ret_name;
}

static int read_place(struct store_txn *txn, struct handover *handover, struct err *err)
{
    char name[NAME_SIZE];
    uint64_t last;
    int rc = catalogue_number(txn, name_of(handover, "number", name), &last, err);
    if (rc == 0)
        rc = catalogue_number(txn, name_of(handover, "to", name), &handover->after, err);
    if (rc == 0 && last == UINT32_MAX)
        rc = err_set(err, ERR_LIMIT, "hand-over: all numbers are used");
    handover->number = (uint32_t)last + 1;
    return rc;
}

int handover_next(struct archive *archive, struct handover *handover, struct err *err)
{
    SCOPED(store_abort) struct store_txn txn = {0};
    int rc = archive_check_tenant(archive, handover->tenant, err);
    if (rc == 0)
        rc = store_begin_read(archive->catalogue, &txn, err);
    if (rc == 0)
        rc = read_place(&txn, handover, err);
    if (rc == 0)
        rc = journal_own_end(&txn, handover->tenant, &handover->to, err);
    handover->again = false;
    return rc;
}

static char *event_id(const struct handover *handover, char ret_id[EVENT_ID_SIZE])
{
    snprintf(ret_id, EVENT_ID_SIZE, "handed_over %s %u", compartment_name(handover->compartment),
             handover->number);
    return ret_id;
}

/* The journal's record of an acknowledged one, a new object; NULL and 0 when there is none. */
static int find_given(struct store_txn *txn, const struct handover *handover, json_t **ret_record,
                      struct err *err)
{
    char id[EVENT_ID_SIZE];
    uint64_t seq;
    struct bytes text = {0};
    *ret_record = NULL;
    int rc = journal_find(txn, handover->tenant, event_id(handover, id), &seq, err);
    if (rc == 1)
        rc = journal_record(txn, handover->tenant, seq, &text, err);
    if (rc <= 0)
        return rc;
    *ret_record = json_loadb((const char *)text.at, text.len, 0, NULL);
    return *ret_record ? 0 : err_set(err, ERR_INTEGRITY, "journal: record '%s' is damaged", id);
}

static int read_given(const json_t *record, struct handover *handover, struct day *ret_day,
                      struct err *err)
{
    int64_t after, to;
    char day[DAY_TEXT_SIZE];
    snprintf(day, sizeof day, "%.10s", text_of(record, "at"));
    if (read_number(record, "after", INT64_MAX, &after) < 0 ||
        read_number(record, "to", INT64_MAX, &to) < 0 || day_parse(day, ret_day) < 0)
        return err_set(err, ERR_INTEGRITY, "journal: the record of hand-over %u is damaged",
                       handover->number);
    handover->after = (uint64_t)after;
    handover->to = (uint64_t)to;
    handover->again = true;
    return 0;
}

int handover_past(struct archive *archive, long long days, struct handover *handover,
                  struct err *err)
{
    SCOPED(store_abort) struct store_txn txn = {0};
    json_t *record = NULL;
    struct day given;
    int rc = archive_check_tenant(archive, handover->tenant, err);
    if (rc == 0)
        rc = store_begin_read(archive->catalogue, &txn, err);
    if (rc == 0)
        rc = find_given(&txn, handover, &record, err);
    if (rc == 0 && !record)
        rc = err_set(err, ERR_NOT_FOUND, "hand-over %u was never acknowledged", handover->number);
    if (rc == 0)
        rc = read_given(record, handover, &given, err);
    json_decref(record);
    if (rc == 0 && day_compare(day_add_days(given, (int)days), day_of_ms(clock_wall_ms())) < 0)
        rc = err_set(err, ERR_LIMIT, "hand-over %u was acknowledged more than %lld days ago",
                     handover->number, days);
    return rc;
}

/* ---- what it takes in ---- */

/* The document that a record puts into a hand-over: 1, 0 none. */
static int document_in(struct bytes text, struct document_id *ret_id)
{
    json_t *record = json_loadb((const char *)text.at, text.len, 0, NULL);
    const char *event = text_of(record, "event");
    bool takes = strcmp(event, "filed") == 0 || strcmp(event, "tag_corrected") == 0;
    int rc = takes && document_id_parse(text_of(record, "document"), ret_id) == 0;
    json_decref(record);
    return rc;
}

/* 1 it lies in this compartment of the tenant, 0 in another; ERR_NOT_FOUND: it is gone. */
static int look_up(struct store_txn *txn, const struct handover *handover, struct document_id id,
                   struct err *err)
{
    struct document_row row;
    int rc = catalogue_document(txn, id, &row, err);
    if (rc == 0)
        return err_set(err, ERR_NOT_FOUND, "document %u-%u is gone", id.batch, id.first_page);
    if (rc < 0)
        return rc;
    return row.compartment == handover->compartment
               ? successor_is(txn, handover->tenant, row.tenant, err)
               : 0;
}

static bool is_among(const struct handover_row *rows, int count, struct document_id id)
{
    for (int i = 0; i < count; i++)
        if (rows[i].id.batch == id.batch && rows[i].id.first_page == id.first_page)
            return true;
    return false;
}

int handover_documents(struct archive *archive, struct handover *handover,
                       struct handover_row *ret_rows, int most, struct err *err)
{
    SCOPED(store_abort) struct store_txn txn = {0};
    uint64_t seq = handover->after;
    int count = 0, rc = store_begin_read(archive->catalogue, &txn, err);
    handover->gone = 0;
    while (rc >= 0 && count < most && seq < handover->to) {
        struct document_id id;
        struct bytes text;
        rc = journal_record(&txn, handover->tenant, ++seq, &text, err);
        if (rc == 0)
            rc = err_set(err, ERR_INTEGRITY, "journal of tenant %s: record %" PRIu64 " is missing",
                         handover->tenant, seq);
        if (rc < 0 || !document_in(text, &id) || is_among(ret_rows, count, id))
            continue;
        rc = look_up(&txn, handover, id, err);
        if (rc == 1)
            ret_rows[count++] = (struct handover_row){id, seq};
        if (rc == ERR_NOT_FOUND) {
            handover->gone++;
            rc = 0;
        }
    }
    handover->to = seq;
    return rc < 0 ? rc : count;
}

int handover_may_hold(struct archive *archive, const struct handover *handover,
                      struct document_id id, struct err *err)
{
    SCOPED(store_abort) struct store_txn txn = {0};
    int rc = store_begin_read(archive->catalogue, &txn, err);
    if (rc == 0)
        rc = look_up(&txn, handover, id, err);
    return rc == ERR_NOT_FOUND ? 0 : rc;
}

/* ---- signing ---- */

/* What is signed follows the last acknowledged one, or is one that was acknowledged. */
static int compare(struct store_txn *txn, const struct handover *handover, struct err *err)
{
    struct handover is = *handover;
    json_t *record = NULL;
    struct day given;
    uint64_t end;
    int rc = journal_own_end(txn, handover->tenant, &end, err);
    if (rc == 0 && !handover->again)
        rc = read_place(txn, &is, err);
    if (rc == 0 && handover->again)
        rc = find_given(txn, handover, &record, err);
    if (rc == 0 && record)
        rc = read_given(record, &is, &given, err);
    bool known = !handover->again || record;
    json_decref(record);
    if (rc < 0)
        return rc;
    return known && is.number == handover->number && is.after == handover->after &&
                   handover->to >= is.after && handover->to <= end
               ? 0
               : err_set(err, ERR_CONFLICT, "hand-over %u is not the one to be made",
                         handover->number);
}

int handover_sign(struct archive *archive, struct handover *handover,
                  struct signed_statement *ret_signed, struct err *err)
{
    SCOPED(store_abort) struct store_txn txn = {0};
    int rc = archive_check_tenant(archive, handover->tenant, err);
    if (rc == 0)
        rc = store_begin_read(archive->catalogue, &txn, err);
    if (rc == 0)
        rc = compare(&txn, handover, err);
    if (rc < 0)
        return rc;
    clock_format(clock_wall_ms(), handover->at);
    return statement_sign(archive->keys, handover_to_json(handover), ret_signed, err);
}

int handover_check(struct bytes manifest, const struct digest *public_key,
                   struct handover *ret_handover, struct bytes *ret_lines, struct err *err)
{
    struct signed_statement by;
    json_t *json = NULL;
    int rc = statement_take(manifest, public_key, &by, ret_lines, err);
    if (rc == 0)
        json = json_loads(by.text, JSON_REJECT_DUPLICATES, NULL);
    if (rc == 0)
        rc = handover_from_json(json, ret_handover, err);
    json_decref(json);
    struct digest lines = digest_of(*ret_lines);
    if (rc == 0 && !digest_equal(&lines, &ret_handover->lines))
        rc = err_set(err, ERR_INTEGRITY, "hand-over: its list of files was changed");
    return rc;
}

/* ---- acknowledging ---- */

static json_t *facts_of(const struct handover *handover, const struct digest *statement,
                        const char *key)
{
    char hex[DIGEST_HEX_SIZE];
    return json_pack("{s:s, s:I, s:I, s:I, s:I, s:I, s:s, s:s}", "compartment",
                     compartment_name(handover->compartment), "number",
                     (json_int_t)handover->number, "after", (json_int_t)handover->after, "to",
                     (json_int_t)handover->to, "documents", (json_int_t)handover->documents,
                     "files", (json_int_t)handover->files, "statement", digest_hex(statement, hex),
                     "key", key);
}

static int note_again(struct store_txn *txn, const struct handover *handover,
                      const struct digest *statement, const char *key, struct err *err)
{
    char id[EVENT_ID_SIZE], hex[DIGEST_HEX_SIZE];
    snprintf(id, sizeof id, "handed_again %s %u %.12s", compartment_name(handover->compartment),
             handover->number, digest_hex(statement, hex));
    const struct journal_event event = {handover->tenant, id, "handed_again", clock_wall_ms(),
                                        facts_of(handover, statement, key)};
    return journal_note(txn, &event, err);
}

static int note_given(struct store_txn *txn, const struct handover *handover,
                      const struct digest *statement, const char *key, struct err *err)
{
    char id[EVENT_ID_SIZE], name[NAME_SIZE];
    const struct journal_event event = {handover->tenant, event_id(handover, id), "handed_over",
                                        clock_wall_ms(), facts_of(handover, statement, key)};
    int rc = journal_note(txn, &event, err);
    if (rc == 0)
        rc = catalogue_set_number(txn, name_of(handover, "number", name), handover->number, err);
    return rc < 0 ? rc
                  : catalogue_set_number(txn, name_of(handover, "to", name), handover->to, err);
}

/* 1 it is to be noted, 0 it was. */
static int is_new(struct store_txn *txn, const struct handover *handover,
                  const struct digest *statement, struct err *err)
{
    char hex[DIGEST_HEX_SIZE];
    json_t *record;
    int rc = handover->again ? compare(txn, handover, err) : 0;
    if (rc < 0 || handover->again)
        return rc < 0 ? rc : 1;
    rc = find_given(txn, handover, &record, err);
    if (rc < 0)
        return rc;
    if (!record)
        return (rc = compare(txn, handover, err)) < 0 ? rc : 1;
    bool same = strcmp(text_of(record, "statement"), digest_hex(statement, hex)) == 0;
    json_decref(record);
    return same ? 0
                : err_set(err, ERR_CONFLICT, "hand-over %u was acknowledged with other contents",
                          handover->number);
}

static int give(struct archive *archive, const struct handover *handover,
                const struct digest *statement, const char *key, struct err *err)
{
    static const struct commit_points points = {"handover.give.before_commit",
                                                "handover.give.after_commit"};
    SCOPED(store_abort) struct store_txn txn = {0};
    int rc = store_begin(archive->catalogue, &txn, err);
    if (rc == 0)
        rc = is_new(&txn, handover, statement, err);
    if (rc <= 0)
        return rc;
    rc = handover->again ? note_again(&txn, handover, statement, key, err)
                         : note_given(&txn, handover, statement, key, err);
    return rc < 0 ? rc : store_commit(&txn, &points, err);
}

int handover_give(struct archive *archive, const struct signed_statement *by, const char *key,
                  struct err *err)
{
    struct handover handover;
    struct digest own, statement = digest_of(bytes_of(by->text, strlen(by->text)));
    json_t *json = json_loads(by->text, JSON_REJECT_DUPLICATES, NULL);
    int rc = archive_may_write(archive, err);
    if (rc == 0)
        rc = day_seal_own_key(archive, &own, err);
    if (rc == 0)
        rc = statement_is_by(by, &own, err);
    if (rc == 0)
        rc = handover_from_json(json, &handover, err);
    json_decref(json);
    return rc < 0 ? rc : give(archive, &handover, &statement, key, err);
}
