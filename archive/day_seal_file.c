/*
 * Day seals as text and files: see day_seal.h. Files may have been changed by anybody: nothing in
 * them is believed before the signature was checked, and sizes never.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "archive/day_seal_file.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "archive/state.h"
#include "base/file.h"
#include "base/scope.h"

enum { SEAL_FILE_LIMIT = 256 << 10, KEY_FILE_LIMIT = 256 };

/* ---- statements ---- */

void statement_format(const struct statement *statement, char ret_text[STATEMENT_SIZE])
{
    char before[DIGEST_HEX_SIZE], root[DIGEST_HEX_SIZE], heads[DIGEST_HEX_SIZE];
    char access[DIGEST_HEX_SIZE], part[DIGEST_HEX_SIZE + 64] = "";
    if (statement->access.seq)
        snprintf(part, sizeof part, ",\"access\":{\"seq\":%llu,\"hash\":\"%s\"}",
                 (unsigned long long)statement->access.seq,
                 digest_hex(&statement->access.hash, access));
    snprintf(ret_text, STATEMENT_SIZE,
             "{\"tripli_seal\":1,\"number\":%u,\"at\":\"%s\",\"before\":\"%s\",\"leaves\":%llu,"
             "\"root\":\"%s\",\"heads\":\"%s\"%s}",
             statement->number, statement->at, digest_hex(&statement->before, before),
             (unsigned long long)statement->leaves, digest_hex(&statement->root, root),
             digest_hex(&statement->heads, heads), part);
}

/* Seals made before there was an access journal say nothing of it. */
static bool parse_access(json_t *json, struct access_head *ret)
{
    json_int_t seq = 0;
    const char *hash = NULL;
    *ret = (struct access_head){0};
    if (!json)
        return true;
    bool good = json_unpack(json, "{s:I, s:s}", "seq", &seq, "hash", &hash) == 0 && seq > 0 &&
                digest_parse(hash, &ret->hash) == 0;
    ret->seq = good ? (uint64_t)seq : 0;
    return good;
}

static bool parse_statement(const char *text, struct statement *ret)
{
    json_int_t version = 0, number = 0, leaves = 0;
    const char *at = NULL, *before = NULL, *root = NULL, *heads = NULL;
    json_t *json = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
    bool good = json && json_unpack(json, "{s:I, s:I, s:s, s:s, s:I, s:s, s:s}", "tripli_seal",
                                    &version, "number", &number, "at", &at, "before", &before,
                                    "leaves", &leaves, "root", &root, "heads", &heads) == 0;
    good = good && version == 1 && number > 0 && number <= UINT32_MAX && leaves > 0 &&
           strlen(at) == sizeof ret->at - 1 && digest_parse(before, &ret->before) == 0 &&
           digest_parse(root, &ret->root) == 0 && digest_parse(heads, &ret->heads) == 0 &&
           parse_access(json_object_get(json, "access"), &ret->access);
    if (good) {
        ret->number = (uint32_t)number;
        ret->leaves = (uint64_t)leaves;
        memcpy(ret->at, at, sizeof ret->at);
    }
    json_decref(json);
    return good;
}

int statement_is_by(const struct signed_statement *by, const struct digest *public_key,
                    struct err *err)
{
    return crypto_sign_verify_detached(by->signature, (const uint8_t *)by->text, strlen(by->text),
                                       public_key->at) == 0
               ? 0
               : err_set(err, ERR_INTEGRITY, "the platform key did not sign this statement");
}

int statement_sign(struct keys *keys, json_t *json, struct signed_statement *ret_signed,
                   struct err *err)
{
    SCOPED(scope_free) char *text = json ? json_dumps(json, JSON_COMPACT) : NULL;
    json_decref(json);
    if (!text)
        return err_set(err, ERR_MEMORY, "statement: no memory");
    if (strlen(text) >= sizeof ret_signed->text)
        return err_set(err, ERR_LIMIT, "statement: %zu bytes to sign, at most %zu", strlen(text),
                       sizeof ret_signed->text - 1);
    memcpy(ret_signed->text, text, strlen(text) + 1);
    return keys_sign(keys, bytes_of(text, strlen(text)), ret_signed->signature, err);
}

int statement_take(struct bytes file, const struct digest *public_key,
                   struct signed_statement *ret_signed, struct bytes *ret_rest, struct err *err)
{
    const uint8_t *end = file.len ? memchr(file.at, '\n', file.len) : NULL;
    *ret_rest = bytes_of(NULL, 0);
    if (!end)
        return err_set(err, ERR_FORMAT, "no line with a signed statement");
    size_t len = (size_t)(end - file.at);
    json_t *json = json_loadb((const char *)file.at, len, JSON_REJECT_DUPLICATES, NULL);
    int rc = statement_from_json(json, ret_signed, err);
    json_decref(json);
    *ret_rest = bytes_of(end + 1, file.len - len - 1);
    return rc < 0 ? rc : statement_is_by(ret_signed, public_key, err);
}

int statement_check(const struct signed_statement *sealed, const struct digest *public_key,
                    struct statement *ret_statement, struct err *err)
{
    int rc = statement_is_by(sealed, public_key, err);
    if (rc < 0)
        return rc;
    if (!parse_statement(sealed->text, ret_statement))
        return err_set(err, ERR_INTEGRITY, "what was signed is no statement of a seal");
    return 0;
}

json_t *statement_to_json(const struct signed_statement *sealed)
{
    char hex[2 * SEAL_SIGNATURE_BYTES + 1];
    sodium_bin2hex(hex, sizeof hex, sealed->signature, sizeof sealed->signature);
    return json_pack("{s:s, s:s}", "statement", sealed->text, "signature", hex);
}

int statement_from_json(const json_t *json, struct signed_statement *ret_sealed, struct err *err)
{
    const char *text = json_string_value(json_object_get(json, "statement"));
    const char *hex = json_string_value(json_object_get(json, "signature"));
    size_t len = 0;
    if (!text || !hex || strlen(text) >= sizeof ret_sealed->text ||
        sodium_hex2bin(ret_sealed->signature, sizeof ret_sealed->signature, hex, strlen(hex), NULL,
                       &len, NULL) != 0 ||
        len != sizeof ret_sealed->signature)
        return err_set(err, ERR_FORMAT, "statement or signature are missing or damaged");
    snprintf(ret_sealed->text, sizeof ret_sealed->text, "%s", text);
    return 0;
}

/* ---- whole seals ---- */

void day_seal_path(const struct archive *archive, uint32_t number, const char *ending,
                   char ret_path[PATH_MAX])
{
    snprintf(ret_path, PATH_MAX, "%s/seals/%06u.%s", archive->data_dir, number, ending);
}

struct digest day_seal_heads_digest(const struct day_seal *seal)
{
    SCOPED(packer_free) struct packer text = {0};
    for (int i = 0; i < seal->head_count; i++) {
        pack_text(&text, seal->heads[i].tenant);
        pack_u64(&text, seal->heads[i].seq);
        pack_digest(&text, &seal->heads[i].hash);
    }
    return digest_of(packer_view(&text));
}

char *day_seal_format(const struct day_seal *seal)
{
    json_t *json = statement_to_json(&seal->sealed), *heads = json_array();
    for (int i = 0; heads && i < seal->head_count; i++) {
        char hex[DIGEST_HEX_SIZE];
        json_array_append_new(heads, json_pack("{s:s, s:I, s:s}", "tenant", seal->heads[i].tenant,
                                               "seq", (json_int_t)seal->heads[i].seq, "hash",
                                               digest_hex(&seal->heads[i].hash, hex)));
    }
    char *text = NULL;
    if (json && heads && (int)json_array_size(heads) == seal->head_count &&
        json_object_set(json, "heads", heads) == 0)
        text = json_dumps(json, JSON_INDENT(1));
    json_decref(heads);
    json_decref(json);
    return text;
}

static bool parse_head(json_t *json, struct seal_head *ret)
{
    json_int_t seq = 0;
    const char *tenant = NULL, *hash = NULL;
    if (json_unpack(json, "{s:s, s:I, s:s}", "tenant", &tenant, "seq", &seq, "hash", &hash) != 0 ||
        strlen(tenant) != TENANT_TEXT_SIZE - 1 || seq < 0 || digest_parse(hash, &ret->hash) < 0)
        return false;
    memcpy(ret->tenant, tenant, sizeof ret->tenant);
    ret->seq = (uint64_t)seq;
    return true;
}

static int parse_seal(const json_t *json, struct day_seal *ret, struct err *err)
{
    const json_t *heads = json_object_get(json, "heads");
    size_t count = json_array_size(heads);
    if (count == 0 || count > SEAL_HEADS_MAX)
        return err_set(err, ERR_FORMAT, "%zu heads, must be 1 to %d", count, SEAL_HEADS_MAX);
    for (size_t i = 0; i < count; i++)
        if (!parse_head(json_array_get(heads, i), &ret->heads[i]))
            return err_set(err, ERR_FORMAT, "head %zu is damaged", i + 1);
    ret->head_count = (int)count;
    return statement_from_json(json, &ret->sealed, err);
}

static int check_seal(const struct digest *public_key, uint32_t number, struct day_seal *seal,
                      struct err *err)
{
    int rc = statement_check(&seal->sealed, public_key, &seal->statement, err);
    if (rc < 0)
        return rc;
    struct digest heads = day_seal_heads_digest(seal);
    if (seal->statement.number != number)
        return err_set(err, ERR_INTEGRITY, "it is seal %u", seal->statement.number);
    if (!digest_equal(&heads, &seal->statement.heads))
        return err_set(err, ERR_INTEGRITY, "its heads are not the ones that were signed");
    return 0;
}

int day_seal_load(const struct archive *archive, uint32_t number, const struct digest *public_key,
                  struct day_seal *ret_seal, struct err *err)
{
    char path[PATH_MAX];
    SCOPED(buf_free) struct buf file = {0};
    struct err why = {0};
    day_seal_path(archive, number, "json", path);
    *ret_seal = (struct day_seal){0};
    int rc = file_read(path, SEAL_FILE_LIMIT, &file, err);
    if (rc < 0)
        return rc;
    json_t *json = json_loadb((const char *)file.at, file.len, JSON_REJECT_DUPLICATES, NULL);
    rc = json ? parse_seal(json, ret_seal, &why) : err_set(&why, ERR_FORMAT, "it is no JSON");
    json_decref(json);
    if (rc == 0)
        rc = check_seal(public_key, number, ret_seal, &why);
    return rc < 0 ? err_set(err, rc, "%.200s: %.150s", path, why.text) : 0;
}

/* ---- the public key ---- */

int day_seal_public_key(const char *path, struct digest *ret_key, struct err *err)
{
    SCOPED(buf_free) struct buf file = {0};
    char hex[DIGEST_HEX_SIZE] = "";
    int rc = file_read(path, KEY_FILE_LIMIT, &file, err);
    if (rc < 0)
        return rc;
    if (file.len == DIGEST_HEX_SIZE && file.at[file.len - 1] == '\n')
        memcpy(hex, file.at, file.len - 1);
    if (digest_parse(hex, ret_key) < 0)
        return err_set(err, ERR_FORMAT, "%s: not a public key of 64 hex digits", path);
    return 0;
}

int day_seal_own_key(const struct archive *archive, struct digest *ret_key, struct err *err)
{
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/platform.pub", archive->data_dir);
    return day_seal_public_key(path, ret_key, err);
}
