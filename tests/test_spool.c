/*
 * The spool of a partner's batch: what is durable, what goes on where, what does not open.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "partners/spool.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/scope.h"
#include "base/seal.h"
#include "partners/spool_read.h"
#include "partners/spool_record.h"
#include "tests/check.h"

enum { FILES = 3, CHUNKS = 4, WHOLE = SPOOL_CHUNK_BYTES + 5000 + 2 * 3000, BLOCK = 4096 };

/* Where each chunk begins in the spool, and the end; file 1 has two. */
enum { SECOND = SPOOL_CHUNK_BYTES + BLOCK, THIRD = SECOND + 2 * BLOCK, LAST = THIRD + BLOCK };
static const size_t begins[CHUNKS + 1] = {0, SECOND, THIRD, LAST, LAST + BLOCK};

static char folder[] = "/tmp/tripli-spool-XXXXXX";
static char path[100];
static struct spool_public key;
static struct spool_secret secret;
static uint8_t plain[WHOLE];
static struct manifest_file files[FILES] = {
    {1, SPOOL_CHUNK_BYTES + 5000, {{0}}}, {1, 3000, {{0}}}, {2, 3000, {{0}}}};
static const struct manifest manifest = {.count = FILES, .files = files};

static struct bytes bytes_of_file(uint32_t file)
{
    size_t before = 0;
    for (uint32_t i = 1; i < file; i++)
        before += files[i - 1].bytes;
    return bytes_of(plain + before, files[file - 1].bytes);
}

static int open_known(uint32_t known, struct spool **ret_spool, struct err *err)
{
    const struct spool_params params = {path, &key, &manifest, known};
    return spool_open(&params, ret_spool, err);
}

static struct spool *opened(void)
{
    struct err err = {0};
    struct spool *spool = NULL;
    check_ok(open_known(0, &spool, &err), &err);
    return spool;
}

static uint32_t count_of(const struct spool *spool)
{
    return spool_next(spool)->number;
}

/* Seals, writes and syncs. */
static int append(struct spool *spool, const struct spool_chunk *chunk, struct err *err)
{
    SCOPED(scope_free) uint8_t *memory = aligned_alloc(SPOOL_BLOCK_BYTES, SPOOL_BLOCKS_MOST);
    struct spool_blocks blocks = {.sealed = {.at = memory, .capacity = SPOOL_BLOCKS_MOST}};
    int rc = spool_seal(spool, chunk, &blocks, err);
    if (rc < 0)
        return rc;
    spool_mark(spool);
    rc = spool_put(&blocks, 1, err);
    if (rc == 0)
        rc = spool_sync(spool, err);
    (rc < 0 ? spool_take_back : spool_settle)(spool);
    return rc;
}

static struct spool_chunk next_of(const struct spool *spool)
{
    const struct spool_place *next = spool_next(spool);
    return (struct spool_chunk){
        next->file, next->at,
        bytes_of(bytes_of_file(next->file).at + next->at, spool_chunk_length(&manifest, next))};
}

/* Sends on until `count` chunks are durable. */
static void send_until(struct spool *spool, uint32_t count)
{
    struct err err = {0};
    while (count_of(spool) < count) {
        uint32_t before = count_of(spool);
        const struct spool_chunk chunk = next_of(spool);
        check_ok(append(spool, &chunk, &err), &err);
        assert_int_equal(count_of(spool), before + 1);
    }
}

/* All files; the first error of one. */
static int read_with(const struct spool_secret *with, struct buf *ret_plain, struct err *err)
{
    SCOPED(spool_reader_free) struct spool_reader *reader = NULL;
    int rc = spool_reader_open(path, with, &manifest, &reader, err);
    for (uint32_t file = 1; rc == 0 && file <= FILES; file++)
        rc = spool_reader_file(reader, file, ret_plain, err);
    return rc;
}

static void check_reads(void)
{
    struct err err = {0};
    SCOPED(buf_free) struct buf back = {0};
    check_ok(read_with(&secret, &back, &err), &err);
    assert_true(bytes_equal(buf_view(&back), bytes_of(plain, WHOLE)));
}

static void check_does_not_read(int want)
{
    struct err err = {0};
    SCOPED(buf_free) struct buf back = {0};
    check_refused(read_with(&secret, &back, &err), want, &err);
}

static int fresh(void **state)
{
    (void)state;
    unlink(path);
    return 0;
}

/* The file as it lies on the disk, for damaging it. */
static void on_disk(struct buf *ret_held)
{
    struct err err = {0};
    check_ok(file_read(path, 2 * WHOLE, ret_held, &err), &err);
}

static void put_on_disk(struct bytes held)
{
    struct err err = {0};
    check_ok(file_write(path, 0600, held, &err), &err);
}

static off_t length_on_disk(void)
{
    struct stat stat_of;
    assert_int_equal(stat(path, &stat_of), 0);
    return stat_of.st_size;
}

/* All of it, sent in one go. */
static void send_all(struct buf *ret_held)
{
    SCOPED(spool_free) struct spool *spool = opened();
    send_until(spool, CHUNKS);
    on_disk(ret_held);
    assert_int_equal(ret_held->len, begins[CHUNKS]);
}

static void a_whole_batch_opens_with_the_hubs_key_only(void **state)
{
    (void)state;
    struct err err = {0};
    struct spool_public other_public;
    struct spool_secret other;
    SCOPED(buf_free) struct buf held = {0}, back = {0};
    send_all(&held);
    check_reads();
    spool_keys_make(&other_public, &other);
    check_refused(read_with(&other, &back, &err), ERR_INTEGRITY, &err);
    assert_int_equal(back.len, 0);
}

static void files_open_in_any_order(void **state)
{
    (void)state;
    static const uint32_t order[] = {3, 1, 1, 2, 3};
    struct err err = {0};
    SCOPED(buf_free) struct buf held = {0};
    send_all(&held);
    SCOPED(spool_reader_free) struct spool_reader *reader = NULL;
    check_ok(spool_reader_open(path, &secret, &manifest, &reader, &err), &err);
    for (size_t i = 0; i < sizeof order / sizeof *order; i++) {
        SCOPED(buf_free) struct buf back = {0};
        check_ok(spool_reader_file(reader, order[i], &back, &err), &err);
        assert_true(bytes_equal(buf_view(&back), bytes_of_file(order[i])));
    }
}

static void nothing_sent_lies_on_the_disk_in_clear(void **state)
{
    (void)state;
    struct stat stat_of;
    SCOPED(buf_free) struct buf held = {0};
    send_all(&held);
    for (int at = 0; at + 16 <= WHOLE; at += 160)
        assert_null(memmem(held.at, held.len, plain + at, 16));
    assert_int_equal(stat(path, &stat_of), 0);
    assert_int_equal(stat_of.st_mode & 0777, 0600);
}

/* Of the record that begins at `begin`, without what fills its block. */
static size_t record_end(uint32_t number)
{
    struct spool_place place = spool_start();
    while (place.number < number)
        place = spool_after(&manifest, &place);
    return place.block + spool_record_length(&manifest, &place);
}

static void every_cut_goes_on_at_the_last_whole_chunk(void **state)
{
    (void)state;
    SCOPED(buf_free) struct buf held = {0};
    send_all(&held);
    for (size_t cut = 0; cut <= held.len; cut += cut % BLOCK < 130 ? 13 : 1300) {
        uint32_t whole = 0;
        while (whole < CHUNKS && begins[whole + 1] <= cut)
            whole++;
        put_on_disk(bytes_of(held.at, cut));
        SCOPED(spool_free) struct spool *spool = opened();
        assert_int_equal(count_of(spool), whole);
        assert_int_equal(length_on_disk(), begins[whole]);
    }
}

/* The file's length may be there before its bytes. */
static void a_torn_record_and_all_after_it_go(void **state)
{
    (void)state;
    SCOPED(buf_free) struct buf held = {0};
    for (uint32_t torn = 0; torn < CHUNKS; torn++) {
        fresh(state);
        held.len = 0;
        send_all(&held);
        memset(held.at + record_end(torn) - 50, 0, 50);
        put_on_disk(buf_view(&held));
        SCOPED(spool_free) struct spool *spool = opened();
        assert_int_equal(count_of(spool), torn);
        assert_int_equal(length_on_disk(), begins[torn]);
        send_until(spool, CHUNKS);
        check_reads();
    }
}

static void what_is_known_to_be_whole_is_not_looked_at(void **state)
{
    (void)state;
    struct err err = {0};
    SCOPED(buf_free) struct buf held = {0};
    SCOPED(spool_free) struct spool *spool = NULL;
    send_all(&held);
    held.at[begins[1] + 200] ^= 1;
    put_on_disk(buf_view(&held));
    check_ok(open_known(2, &spool, &err), &err);
    assert_int_equal(count_of(spool), CHUNKS);
    spool_free(&spool);
    check_ok(open_known(1, &spool, &err), &err);
    assert_int_equal(count_of(spool), 1);
}

static void an_upload_that_broke_off_ends_whole(void **state)
{
    (void)state;
    for (uint32_t until = 0; until < CHUNKS; until++) {
        fresh(state);
        struct spool *spool = opened();
        send_until(spool, until);
        spool_free(&spool);
        spool = opened();
        assert_int_equal(count_of(spool), until);
        send_until(spool, CHUNKS);
        spool_free(&spool);
        check_reads();
    }
}

static void wrong_chunks_are_refused_and_leave_the_rest(void **state)
{
    (void)state;
    static uint8_t large[SPOOL_CHUNK_BYTES + 1];
    enum { AT = SPOOL_CHUNK_BYTES };
    static const struct {
        uint32_t file, at;
        size_t length;
        int want;
    } rows[] = {
        {1, AT, 0, ERR_LIMIT},
        {1, AT, 4999, ERR_LIMIT},
        {1, AT, 5001, ERR_LIMIT},
        {1, AT, SPOOL_CHUNK_BYTES + 1, ERR_LIMIT},
        {1, 0, SPOOL_CHUNK_BYTES, ERR_CONFLICT},
        {1, AT + 1, 4999, ERR_CONFLICT},
        {1, AT - 1, 5001, ERR_CONFLICT},
        {1, UINT32_MAX, 5000, ERR_CONFLICT},
        {2, 0, 3000, ERR_CONFLICT},
        {0, AT, 5000, ERR_CONFLICT},
        {UINT32_MAX, AT, 5000, ERR_CONFLICT},
    };
    SCOPED(spool_free) struct spool *spool = opened();
    send_until(spool, 1);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct err err = {0};
        const struct spool_chunk chunk = {rows[i].file, rows[i].at,
                                          bytes_of(large, rows[i].length)};
        check_refused(append(spool, &chunk, &err), rows[i].want, &err);
        assert_int_equal(count_of(spool), 1);
    }
    struct err err = {0};
    const struct spool_chunk beyond = {FILES + 1, 0, bytes_of(large, 1)};
    send_until(spool, CHUNKS);
    check_refused(append(spool, &beyond, &err), ERR_CONFLICT, &err);
    check_reads();
}

static void a_spool_has_one_writer(void **state)
{
    (void)state;
    struct err err = {0};
    SCOPED(spool_free) struct spool *first = opened();
    struct spool *second = NULL;
    assert_int_equal(count_of(first), 0);
    check_refused(open_known(0, &second, &err), ERR_CONFLICT, &err);
    assert_null(second);
}

static void links_and_folders_are_no_spools(void **state)
{
    (void)state;
    struct err err = {0};
    struct spool *spool = NULL;
    assert_int_equal(symlink("/tmp", path), 0);
    assert_true(open_known(0, &spool, &err) < 0);
    unlink(path);
    const struct spool_params params = {folder, &key, &manifest, 0};
    assert_true(spool_open(&params, &spool, &err) < 0);
    assert_int_equal(mkfifo(path, 0600), 0);
    check_refused(open_known(0, &spool, &err), ERR_FORMAT, &err);
    assert_null(spool);
}

static void damage_and_exchanged_records_do_not_open(void **state)
{
    (void)state;
    SCOPED(buf_free) struct buf held = {0};
    send_all(&held);
    for (uint32_t number = 0; number < CHUNKS; number++)
        for (size_t at = begins[number]; at < record_end(number);
             at += at % BLOCK < 130 ? 1 : 4001) {
            if (number == 0 && at < SPOOL_MAGIC_BYTES)
                continue; /* another version */
            held.at[at] ^= 1;
            put_on_disk(buf_view(&held));
            check_does_not_read(ERR_INTEGRITY);
            held.at[at] ^= 1;
        }
    static uint8_t record[BLOCK];
    memcpy(record, held.at + THIRD, BLOCK);
    memcpy(held.at + THIRD, held.at + LAST, BLOCK);
    memcpy(held.at + LAST, record, BLOCK);
    put_on_disk(buf_view(&held));
    check_does_not_read(ERR_INTEGRITY);
}

/* Zeros, where a power cut left the length only, are no version. */
static void another_version_stays_as_it_is(void **state)
{
    (void)state;
    struct err err = {0};
    struct spool *none = NULL;
    SCOPED(buf_free) struct buf held = {0}, after = {0};
    send_all(&held);
    held.at[SPOOL_MAGIC_BYTES - 1]++;
    put_on_disk(buf_view(&held));
    check_refused(open_known(0, &none, &err), ERR_UNAVAILABLE, &err);
    check_does_not_read(ERR_UNAVAILABLE);
    on_disk(&after);
    assert_true(bytes_equal(buf_view(&held), buf_view(&after)));
    memset(held.at, 0, held.len);
    put_on_disk(buf_view(&held));
    check_does_not_read(ERR_INTEGRITY);
    SCOPED(spool_free) struct spool *spool = opened();
    assert_int_equal(count_of(spool), 0);
    send_until(spool, CHUNKS);
    check_reads();
}

/* A limit on the size of files stands for the full disk: half a record is written, then no more. */
static void a_write_that_fails_half_way_is_taken_back(void **state)
{
    (void)state;
    struct err err = {0};
    SCOPED(spool_free) struct spool *spool = opened();
    send_until(spool, 1);
    struct rlimit before, small;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    small = before;
    small.rlim_cur = SECOND + BLOCK;
    const struct spool_chunk chunk = next_of(spool);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    int rc = append(spool, &chunk, &err);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    check_refused(rc, ERR_IO, &err);
    assert_int_equal(count_of(spool), 1);
    assert_int_equal(length_on_disk(), SECOND);
    send_until(spool, CHUNKS);
    check_reads();
}

/* What a key has sealed under a number may have reached the disk before it was taken back. */
static void what_is_taken_back_is_sealed_with_another_key(void **state)
{
    (void)state;
    struct err err = {0};
    SCOPED(spool_free) struct spool *spool = opened();
    SCOPED(scope_free) uint8_t *memory = aligned_alloc(SPOOL_BLOCK_BYTES, SPOOL_BLOCKS_MOST);
    static uint8_t keys[2][SPOOL_SEALED_KEY_BYTES];
    for (int i = 0; i < 2; i++) {
        struct spool_blocks blocks = {.sealed = {.at = memory, .capacity = SPOOL_BLOCKS_MOST}};
        const struct spool_chunk chunk = next_of(spool);
        check_ok(spool_seal(spool, &chunk, &blocks, &err), &err);
        memcpy(keys[i], memory + SPOOL_MAGIC_BYTES + SPOOL_CHECK_BYTES, sizeof keys[i]);
        spool_take_back(spool);
    }
    assert_memory_not_equal(keys[0], keys[1], sizeof keys[0]);
}

#ifdef TRIPLI_FAULTS
/* Sends the whole batch in a process of its own, with a fault; answers its wait status. */
static int send_with(const char *fault)
{
    int status = 0;
    pid_t child = fork();
    if (child == 0) {
        struct err err = {0};
        struct spool *spool = NULL;
        setenv("TRIPLI_FAULT", fault, 1);
        int rc = open_known(0, &spool, &err);
        while (rc == 0 && count_of(spool) < CHUNKS) {
            const struct spool_chunk chunk = next_of(spool);
            rc = append(spool, &chunk, &err);
        }
        _exit(rc == ERR_FULL ? 3 : rc != 0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    return status;
}

static void expect_goes_on_at(uint32_t durable)
{
    SCOPED(spool_free) struct spool *spool = opened();
    assert_int_equal(count_of(spool), durable);
    send_until(spool, CHUNKS);
    check_reads();
}

static void a_kill_at_any_point_leaves_what_was_durable(void **state)
{
    static const struct {
        const char *fault;
        uint32_t durable;
    } rows[] = {
        {"spool.append.before_write=kill:1", 0}, {"spool.append.before_write=kill:2", 1},
        {"spool.append.before_sync=kill:1", 1},  {"spool.append.before_sync=kill:2", 2},
        {"spool.append.after_sync=kill:1", 1},   {"spool.append.after_sync=kill:4", CHUNKS},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        fresh(state);
        int status = send_with(rows[i].fault);
        assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
        expect_goes_on_at(rows[i].durable);
    }
}

static void a_full_disk_at_any_point_takes_nothing_back(void **state)
{
    static const char *const faults[] = {"spool.append.before_write=fail:2",
                                         "spool.append.before_sync=fail:2"};
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
        fresh(state);
        int status = send_with(faults[i]);
        assert_true(WIFEXITED(status));
        assert_int_equal(WEXITSTATUS(status), 3);
        expect_goes_on_at(1);
    }
}
#endif

int main(void)
{
    struct err err = {0};
    signal(SIGXFSZ, SIG_IGN);
    if (seal_start(&err) < 0 || !mkdtemp(folder))
        return 1;
    snprintf(path, sizeof path, "%s/files", folder);
    for (int i = 0; i < WHOLE; i++)
        plain[i] = (uint8_t)((unsigned)i * 2654435761U >> 13);
    memcpy(plain + WHOLE - 3000, plain + WHOLE - 2 * 3000, 3000); /* files 2 and 3 are the same */
    for (uint32_t file = 1; file <= FILES; file++)
        files[file - 1].digest = digest_of(bytes_of_file(file));
    spool_keys_make(&key, &secret);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_whole_batch_opens_with_the_hubs_key_only, fresh),
        cmocka_unit_test_setup(files_open_in_any_order, fresh),
        cmocka_unit_test_setup(nothing_sent_lies_on_the_disk_in_clear, fresh),
        cmocka_unit_test_setup(every_cut_goes_on_at_the_last_whole_chunk, fresh),
        cmocka_unit_test_setup(a_torn_record_and_all_after_it_go, fresh),
        cmocka_unit_test_setup(what_is_known_to_be_whole_is_not_looked_at, fresh),
        cmocka_unit_test_setup(an_upload_that_broke_off_ends_whole, fresh),
        cmocka_unit_test_setup(wrong_chunks_are_refused_and_leave_the_rest, fresh),
        cmocka_unit_test_setup(a_spool_has_one_writer, fresh),
        cmocka_unit_test_setup(links_and_folders_are_no_spools, fresh),
        cmocka_unit_test_setup(damage_and_exchanged_records_do_not_open, fresh),
        cmocka_unit_test_setup(another_version_stays_as_it_is, fresh),
        cmocka_unit_test_setup(a_write_that_fails_half_way_is_taken_back, fresh),
        cmocka_unit_test_setup(what_is_taken_back_is_sealed_with_another_key, fresh),
#ifdef TRIPLI_FAULTS
        cmocka_unit_test_setup(a_kill_at_any_point_leaves_what_was_durable, fresh),
        cmocka_unit_test_setup(a_full_disk_at_any_point_takes_nothing_back, fresh),
#endif
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    file_remove_tree(folder, &err);
    return failed;
}
