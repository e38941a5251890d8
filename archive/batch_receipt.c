/*
 * Receipts of batches: see batch_receipt.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "archive/batch_receipt.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "archive/journal.h"
#include "archive/state.h"
#include "base/scope.h"

/* ---- fields ---- */

json_t *batch_receipt_to_json(const struct batch_receipt *receipt)
{
    char manifest[DIGEST_HEX_SIZE], refusals[DIGEST_HEX_SIZE];
    return json_pack(
        "{s:i, s:s, s:s, s:s, s:s, s:s, s:I, s:I, s:I, s:I, s:I, s:s}", "tripli_batch_receipt", 1,
        "uuid", receipt->uuid, "tenant", receipt->tenant, "received", receipt->received, "manifest",
        digest_hex(&receipt->manifest, manifest), "refusals",
        digest_hex(&receipt->refusals, refusals), "files", (json_int_t)receipt->files, "refused",
        (json_int_t)receipt->refused, "sheets", (json_int_t)receipt->sheets, "number",
        (json_int_t)receipt->number, "pages", (json_int_t)receipt->pages, "at", receipt->at);
}

static int read_text(const json_t *json, const char *name, char *to, size_t size)
{
    const char *text = json_string_value(json_object_get(json, name));
    if (!text || strlen(text) >= size)
        return ERR_FORMAT;
    memcpy(to, text, strlen(text) + 1);
    return 0;
}

static int read_number(const json_t *json, const char *name, uint32_t *to)
{
    const json_t *value = json_object_get(json, name);
    json_int_t number = json_integer_value(value);
    if (!json_is_integer(value) || number < 0 || number > UINT32_MAX)
        return ERR_FORMAT;
    *to = (uint32_t)number;
    return 0;
}

static int read_digest(const json_t *json, const char *name, struct digest *to)
{
    const char *hex = json_string_value(json_object_get(json, name));
    return hex ? digest_parse(hex, to) : ERR_FORMAT;
}

int batch_receipt_from_json(const json_t *json, struct batch_receipt *ret_receipt, struct err *err)
{
    struct batch_receipt *to = ret_receipt;
    const struct {
        const char *name;
        char *text;
        size_t size;
    } texts[] = {{"uuid", to->uuid, sizeof to->uuid},
                 {"tenant", to->tenant, sizeof to->tenant},
                 {"received", to->received, sizeof to->received},
                 {"at", to->at, sizeof to->at}};
    const struct {
        const char *name;
        uint32_t *number;
    } numbers[] = {{"files", &to->files},
                   {"refused", &to->refused},
                   {"sheets", &to->sheets},
                   {"number", &to->number},
                   {"pages", &to->pages}};
    const char *bad = NULL;
    if (json_integer_value(json_object_get(json, "tripli_batch_receipt")) != 1)
        bad = "tripli_batch_receipt";
    for (size_t i = 0; !bad && i < sizeof texts / sizeof *texts; i++)
        if (read_text(json, texts[i].name, texts[i].text, texts[i].size) < 0)
            bad = texts[i].name;
    for (size_t i = 0; !bad && i < sizeof numbers / sizeof *numbers; i++)
        if (read_number(json, numbers[i].name, numbers[i].number) < 0)
            bad = numbers[i].name;
    if (!bad && read_digest(json, "manifest", &to->manifest) < 0)
        bad = "manifest";
    if (!bad && read_digest(json, "refusals", &to->refusals) < 0)
        bad = "refusals";
    return bad ? err_set(err, ERR_FORMAT, "receipt of a batch: '%s' is missing or not valid", bad)
               : 0;
}

/* ---- signing ---- */

static int compare_batch(struct archive *archive, const struct batch_receipt *receipt,
                         struct err *err)
{
    SCOPED(store_abort) struct store_txn txn = {0};
    struct batch_row row;
    char received[DAY_TEXT_SIZE];
    if (receipt->number == 0)
        return receipt->pages == 0 && receipt->refused == receipt->files
                   ? archive_check_tenant(archive, receipt->tenant, err)
                   : err_set(err, ERR_CONFLICT, "receipt: pages without a batch");
    int rc = store_begin_read(archive->catalogue, &txn, err);
    if (rc == 0)
        rc = catalogue_batch(&txn, (struct batch_id){receipt->number}, &row, err);
    if (rc < 0)
        return rc;
    if (rc == 0 || row.state == BATCH_FEEDING || strcmp(row.spec.tenant, receipt->tenant) != 0 ||
        strcmp(day_format(row.spec.received, received), receipt->received) != 0 ||
        row.end.pages != receipt->pages)
        return err_set(err, ERR_CONFLICT, "receipt: batch %u has not ended so", receipt->number);
    return 0;
}

static bool is_code(const char *name)
{
    for (int code = ERR_IO; code >= ERR_UNAVAILABLE; code--)
        if (strcmp(err_name(code), name) == 0)
            return true;
    return false;
}

static int check_reasons(const json_t *reasons, uint32_t refused, struct err *err)
{
    const char *name;
    json_t *count;
    json_int_t sum = 0;
    json_object_foreach((json_t *)reasons, name, count)
    {
        const json_int_t number = json_integer_value(count);
        if (!is_code(name) || number < 1 || number > (json_int_t)refused)
            return err_set(err, ERR_PROTOCOL, "receipt: a reason is no code with a count");
        sum += number;
    }
    return sum == (json_int_t)refused
               ? 0
               : err_set(err, ERR_PROTOCOL, "receipt: %lld reasons for %u files refused",
                         (long long)sum, refused);
}

/* An import that was killed before it wrote the receipt asks again: what differs is another event,
 * what is the same is the same. */
static void event_id(const struct batch_receipt *receipt, char ret_id[EVENT_ID_SIZE])
{
    char refusals[DIGEST_HEX_SIZE], hex[DIGEST_HEX_SIZE], what[256];
    int len = snprintf(what, sizeof what, "%s %u %u %u %s", receipt->uuid, receipt->number,
                       receipt->pages, receipt->refused, digest_hex(&receipt->refusals, refusals));
    struct digest digest = digest_of(bytes_of(what, (size_t)len));
    snprintf(ret_id, EVENT_ID_SIZE, "vouched %.32s", digest_hex(&digest, hex));
}

static int note_vouched(struct archive *archive, const struct batch_receipt *receipt,
                        const json_t *reasons, struct err *err)
{
    static const struct commit_points points = {"batch.vouch.before_commit",
                                                "batch.vouch.after_commit"};
    SCOPED(store_abort) struct store_txn txn = {0};
    char id[EVENT_ID_SIZE], manifest[DIGEST_HEX_SIZE];
    event_id(receipt, id);
    const struct journal_event event = {
        receipt->tenant, id, "batch_vouched", clock_wall_ms(),
        json_pack("{s:I, s:s, s:s, s:s, s:I, s:I, s:I, s:O}", "batch", (json_int_t)receipt->number,
                  "uuid", receipt->uuid, "received", receipt->received, "manifest",
                  digest_hex(&receipt->manifest, manifest), "files", (json_int_t)receipt->files,
                  "refused", (json_int_t)receipt->refused, "pages", (json_int_t)receipt->pages,
                  "reasons", reasons)};
    int rc = store_begin(archive->catalogue, &txn, err);
    if (rc == 0)
        rc = journal_note(&txn, &event, err);
    else
        json_decref(event.facts);
    return rc < 0 ? rc : store_commit(&txn, &points, err);
}

int batch_receipt_sign(struct archive *archive, struct batch_receipt *receipt,
                       const json_t *reasons, struct signed_statement *ret_signed, struct err *err)
{
    int rc = archive_may_write(archive, err);
    if (rc == 0)
        rc = compare_batch(archive, receipt, err);
    if (rc == 0)
        rc = check_reasons(reasons, receipt->refused, err);
    if (rc == 0)
        rc = note_vouched(archive, receipt, reasons, err);
    if (rc < 0)
        return rc;
    clock_format(clock_wall_ms(), receipt->at);
    return statement_sign(archive->keys, batch_receipt_to_json(receipt), ret_signed, err);
}

int batch_receipt_write(const struct signed_statement *by, struct bytes refusals,
                        struct buf *ret_file, struct err *err)
{
    json_t *json = statement_to_json(by);
    SCOPED(scope_free) char *line = json ? json_dumps(json, JSON_COMPACT) : NULL;
    json_decref(json);
    if (!line || buf_append(ret_file, bytes_of(line, strlen(line))) < 0 ||
        buf_append(ret_file, bytes_of("\n", 1)) < 0 || buf_append(ret_file, refusals) < 0)
        return err_set(err, ERR_MEMORY, "receipt: no memory");
    return 0;
}

/* ---- checking ---- */

static int read_statement(const struct signed_statement *by, struct batch_receipt *ret_receipt,
                          struct err *err)
{
    json_t *json = json_loads(by->text, JSON_REJECT_DUPLICATES, NULL);
    int rc = batch_receipt_from_json(json, ret_receipt, err);
    json_decref(json);
    return rc;
}

int batch_receipt_check(struct bytes file, const struct digest *public_key,
                        struct batch_receipt *ret_receipt, struct err *err)
{
    struct signed_statement by;
    struct bytes refusals;
    int rc = statement_take(file, public_key, &by, &refusals, err);
    if (rc == ERR_FORMAT)
        return err_set(err, rc, "it is no receipt of a batch");
    if (rc == 0)
        rc = read_statement(&by, ret_receipt, err);
    struct digest rest = digest_of(refusals);
    if (rc == 0 && !digest_equal(&rest, &ret_receipt->refusals))
        rc = err_set(err, ERR_INTEGRITY, "its list of refused files was changed");
    return rc;
}
