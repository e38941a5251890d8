/*
 * Day seals and receipts: what they cover, what damage they show, and that a receipt is proven by
 * itself and the public key alone.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <sodium.h>
#include <string.h>

#include "archive/catalogue.h"
#include "archive/day_seal.h"
#include "archive/journal.h"
#include "archive/receipt.h"
#include "archive/state.h"
#include "archive/timestamp.h"
#include "base/file.h"
#include "base/scope.h"
#include "base/seal.h"
#include "tests/archive_room.h"
#include "tests/check.h"

enum { PAGES = 5, TEXT_LIMIT = 1 << 20 };

static const struct commit_points no_points = {"test.before", "test.after"};
static int setup(void **state)
{
    room_set_up(state);
    struct room *room = *state;
    room_file_letters(room, 1, PAGES);
    return 0;
}

static int make_seal(struct room *room)
{
    struct err err = {0};
    int made = day_seal_make(room->archive, &err);
    check_ok(made < 0 ? made : 0, &err);
    return made;
}

/* ---- trees ---- */

static void every_leaf_of_every_small_tree_climbs_to_its_root(void **state)
{
    (void)state;
    struct digest leaves[20];
    struct err err = {0};
    for (size_t count = 1; count <= 20; count++) {
        SCOPED(merkle_free) struct merkle *tree = NULL;
        leaves[count - 1] = merkle_leaf(bytes_of(&count, sizeof count));
        check_ok(merkle_build(leaves, count, &tree, &err), &err);
        struct digest root = merkle_root(tree);
        for (size_t i = 0; i < count; i++) {
            struct merkle_path path;
            merkle_path_of(tree, i, &path);
            struct digest end = merkle_climb(&leaves[i], &path);
            assert_true(digest_equal(&end, &root));
            end = merkle_climb(&leaves[(i + 1) % count], &path);
            assert_int_equal(digest_equal(&end, &root), count == 1);
        }
    }
}

/* ---- seals ---- */

static void a_seal_takes_in_what_is_new_and_nothing_twice(void **state)
{
    struct room *room = *state;
    struct room_heard heard;
    assert_int_equal(make_seal(room), 1);
    assert_int_equal(make_seal(room), 0);
    room_file_letters(room, 2, PAGES);
    room_reopen(room);
    assert_int_equal(make_seal(room), 1);
    struct verify_report report = room_verify(room, &heard);
    if (heard.lines)
        fail_msg("%s", heard.first);
    assert_int_equal(report.seals, 2);
}

static void a_day_is_sealed_once(void **state)
{
    struct room *room = *state;
    struct err err = {0};
    assert_int_equal(day_seal_due(room->archive, &err), 1);
    room_file_letters(room, 2, PAGES);
    assert_int_equal(day_seal_due(room->archive, &err), 0);
    room_reopen(room);
    assert_int_equal(day_seal_due(room->archive, &err), 0);
}

static void reader_does_not_seal(void **state)
{
    struct err err = {0};
    struct archive *reader = room_reader(*state);
    assert_int_equal(day_seal_make(reader, &err), ERR_CONFLICT);
    archive_free(&reader);
}

/* A chain that fits in itself, written anew from `seq` on with another text of the same length. */
static void rewrite_chain(struct room *room, uint64_t from)
{
    struct err err = {0};
    struct store_txn txn;
    struct digest hash;
    uint64_t next, seq;
    check_ok(store_begin(room->archive->catalogue, &txn, &err), &err);
    check_ok(journal_hash(&txn, "061", from - 1, &hash, &err), &err);
    check_ok(journal_next(&txn, "061", &next, &err), &err);
    for (seq = from; seq < next; seq++) {
        struct bytes record;
        SCOPED(buf_free) struct buf text = {0};
        SCOPED(packer_free) struct packer entry = {0}, head = {0};
        struct db_key key = catalogue_tenant_key("061"), top = catalogue_tenant_key("061");
        assert_int_equal(journal_record(&txn, "061", seq, &record, &err), 1);
        assert_int_equal(buf_append(&text, record), 0);
        if (seq == from) /* the last digit of a year or number, never a quote or brace */
            *(char *)memchr(text.at, '2', text.len) = '3';
        assert_int_equal(journal_chain(&hash, buf_view(&text), &hash), 0);
        pack_digest(&entry, &hash);
        pack_raw(&entry, buf_view(&text));
        pack_u64(&head, seq);
        pack_digest(&head, &hash);
        key_u64(&key, seq);
        check_ok(store_put_row(&txn, CAT_JOURNAL, &key, &entry, &err), &err);
        check_ok(store_put_row(&txn, CAT_HEADS, &top, &head, &err), &err);
    }
    check_ok(store_commit(&txn, &no_points, &err), &err);
}

static void a_chain_written_anew_does_not_match_its_seal(void **state)
{
    make_seal(*state);
    rewrite_chain(*state, 1);
    room_expect_named(*state, "of tenant 061 is not the one that was sealed");
}

static void read_seal(const struct room *room, const char *name, struct buf *ret_file)
{
    char path[ROOM_PATH_SIZE + 40];
    struct err err = {0};
    snprintf(path, sizeof path, "%s/seals/%s", room->data, name);
    check_ok(file_read(path, TEXT_LIMIT, ret_file, &err), &err);
}

static void damage_seal(const struct room *room, const char *word)
{
    char path[ROOM_PATH_SIZE + 40];
    struct err err = {0};
    SCOPED(buf_free) struct buf file = {0};
    read_seal(room, "000001.json", &file);
    uint8_t *at = memmem(file.at, file.len, word, strlen(word));
    assert_non_null(at);
    at += strlen(word);
    at += *at == '\\'; /* a quote inside the statement */
    while (!(*at >= '0' && *at <= '9'))
        at++;
    *at = *at == '7' ? '8' : '7';
    snprintf(path, sizeof path, "%s/seals/000001.json", room->data);
    check_ok(file_write(path, 0640, buf_view(&file), &err), &err);
}

static void a_changed_seal_is_named(void **state)
{
    static const struct {
        const char *at, *words;
    } rows[] = {{"\\\"root\\\":", "the platform key did not sign"},
                {"\\\"at\\\":", "the platform key did not sign"},
                {"\"signature\":", "the platform key did not sign"},
                {"\"hash\":", "its heads are not the ones that were signed"},
                {"\"seq\":", "its heads are not the ones that were signed"}};
    struct room *room = *state;
    make_seal(room);
    char path[ROOM_PATH_SIZE + 40];
    struct err err = {0};
    SCOPED(buf_free) struct buf whole = {0};
    read_seal(room, "000001.json", &whole);
    snprintf(path, sizeof path, "%s/seals/000001.json", room->data);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        damage_seal(room, rows[i].at);
        room_expect_named(room, rows[i].words);
        check_ok(file_write(path, 0640, buf_view(&whole), &err), &err);
    }
}

static void a_missing_seal_is_named(void **state)
{
    struct room *room = *state;
    char path[ROOM_PATH_SIZE + 40];
    make_seal(room);
    snprintf(path, sizeof path, "%s/seals/000001.json", room->data);
    assert_int_equal(unlink(path), 0);
    room_expect_named(room, "seals/000001.json");
}

/* The DER of RFC 3161, 2.4.1, built here from its parts; the digest by its own way. */
static void the_request_asks_for_a_stamp_on_the_seal_file(void **state)
{
    static const uint8_t oid[] = {0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01};
    struct room *room = *state;
    SCOPED(buf_free) struct buf file = {0}, request = {0};
    uint8_t hash[crypto_hash_sha256_BYTES];
    make_seal(room);
    read_seal(room, "000001.json", &file);
    read_seal(room, "000001.tsq", &request);
    crypto_hash_sha256(hash, file.at, file.len);
    assert_int_equal(request.len, TIMESTAMP_REQUEST_BYTES);
    assert_int_equal(request.at[0], 0x30);
    assert_int_equal(request.at[1], request.len - 2);
    assert_non_null(memmem(request.at, request.len, oid, sizeof oid));
    assert_memory_equal(request.at + request.len - 3 - sizeof hash, hash, sizeof hash);
}

/* ---- receipts ---- */

static json_t *receipt_of(struct room *room, uint32_t page)
{
    struct err err = {0};
    json_t *receipt = NULL;
    check_ok(receipt_make(room->archive, (struct envelope_id){1, page}, &receipt, &err), &err);
    return receipt;
}

static struct digest public_key(const struct room *room)
{
    struct digest key;
    struct err err = {0};
    check_ok(day_seal_own_key(room->archive, &key, &err), &err);
    return key;
}

static void every_receipt_is_proven_after_later_seals(void **state)
{
    struct room *room = *state;
    struct err err = {0};
    struct receipt_facts facts;
    make_seal(room);
    room_file_letters(room, 2, PAGES);
    make_seal(room);
    struct digest key = public_key(room);
    for (uint32_t page = 1; page <= PAGES; page++) {
        json_t *receipt = receipt_of(room, page);
        assert_non_null(json_object_get(json_object_get(receipt, "seals"), "1"));
        check_ok(receipt_check(receipt, &key, &facts, &err), &err);
        assert_int_equal(facts.documents, 1);
        assert_int_equal(facts.pages, 1);
        assert_string_equal(facts.tenant, "061");
        json_decref(receipt);
    }
}

static void what_is_not_sealed_or_not_filed_has_no_receipt(void **state)
{
    struct room *room = *state;
    struct err err = {0};
    json_t *receipt = NULL;
    assert_int_equal(receipt_make(room->archive, (struct envelope_id){1, 1}, &receipt, &err),
                     ERR_CONFLICT);
    make_seal(room);
    room_file_letters(room, 2, PAGES);
    assert_int_equal(receipt_make(room->archive, (struct envelope_id){2, 1}, &receipt, &err),
                     ERR_CONFLICT);
    assert_int_equal(receipt_make(room->archive, (struct envelope_id){7, 1}, &receipt, &err),
                     ERR_NOT_FOUND);
    assert_null(receipt);
}

/* Every digit and letter inside the receipt counts: changing any is noticed. */
static void no_changed_receipt_is_proven(void **state)
{
    struct room *room = *state;
    make_seal(room);
    json_t *whole = receipt_of(room, 3);
    struct digest key = public_key(room);
    SCOPED(scope_free) char *text = json_dumps(whole, JSON_COMPACT);
    json_decref(whole);
    for (size_t i = 0; text[i]; i++) {
        struct receipt_facts facts;
        struct err err = {0};
        char was = text[i];
        if (!strchr("0123456789abcdefLR", was))
            continue;
        text[i] = was == '1' ? '2' : was == 'L' ? 'R' : was == 'R' ? 'L' : '1';
        json_t *changed = json_loads(text, 0, NULL);
        if (changed && receipt_check(changed, &key, &facts, &err) == 0)
            fail_msg("a receipt with '%c' for '%c' at %zu (%.40s) is proven", text[i], was, i,
                     text + (i < 20 ? 0 : i - 20));
        json_decref(changed);
        text[i] = was;
    }
}

static void another_platforms_key_proves_nothing(void **state)
{
    struct room *room = *state;
    struct err err = {0};
    struct receipt_facts facts;
    uint8_t secret[crypto_sign_SECRETKEYBYTES];
    struct digest key;
    make_seal(room);
    crypto_sign_keypair(key.at, secret);
    json_t *receipt = receipt_of(room, 1);
    assert_int_equal(receipt_check(receipt, &key, &facts, &err), ERR_INTEGRITY);
    json_decref(receipt);
}

static void what_is_no_receipt_is_refused(void **state)
{
    static const char *const texts[] = {
        "[]",
        "{}",
        "{\"tripli_receipt\":1}",
        "{\"tripli_receipt\":1,\"envelope\":\"1-1\",\"tenant\":\"061\",\"documents\":[]}",
        "{\"tripli_receipt\":1,\"envelope\":\"1-1\",\"tenant\":\"061\",\"documents\":[1]}",
        "{\"tripli_receipt\":1,\"envelope\":\"1-1\",\"tenant\":\"0611\",\"documents\":[{}]}",
        "{\"tripli_receipt\":1,\"envelope\":\"1-1\",\"tenant\":\"061\",\"documents\":{\"a\":1}}"};
    struct digest key = public_key(*state);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct receipt_facts facts;
        struct err err = {0};
        json_t *json = json_loads(texts[i], 0, NULL);
        assert_int_equal(receipt_check(json, &key, &facts, &err), ERR_FORMAT);
        json_decref(json);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, room_tear_down)

int main(void)
{
    struct err err = {0};
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_leaf_of_every_small_tree_climbs_to_its_root),
        TEST(a_seal_takes_in_what_is_new_and_nothing_twice),
        TEST(a_day_is_sealed_once),
        TEST(reader_does_not_seal),
        TEST(a_chain_written_anew_does_not_match_its_seal),
        TEST(a_changed_seal_is_named),
        TEST(a_missing_seal_is_named),
        TEST(the_request_asks_for_a_stamp_on_the_seal_file),
        TEST(every_receipt_is_proven_after_later_seals),
        TEST(what_is_not_sealed_or_not_filed_has_no_receipt),
        TEST(no_changed_receipt_is_proven),
        TEST(another_platforms_key_proves_nothing),
        TEST(what_is_no_receipt_is_refused),
    };
    check_ok(seal_start(&err), &err);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
