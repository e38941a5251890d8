/*
 * The spool of a partner's file: what is durable, what goes on where, what does not open.
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
#include "tests/check.h"

enum {
    WHOLE = 20000,
    CHUNK = 8000,
    MAGIC = 8,
    HEAD = 16,
    FIRST = MAGIC + HEAD + SEAL_KEY_BYTES + 48, /* where the first chunk's record begins */
    RECORD = HEAD + SEAL_OVERHEAD_BYTES + CHUNK,
    BLOCKS = 2 * SPOOL_BLOCK_BYTES /* of a chunk with all around it */
};

static char folder[] = "/tmp/tripli-spool-XXXXXX";
static char path[100];
static struct spool_public key;
static struct spool_secret secret;
static uint8_t plain[WHOLE];

static struct spool *opened(uint64_t whole)
{
    struct err err = {0};
    struct spool *spool = NULL;
    check_ok(spool_open(path, &key, whole, &spool, &err), &err);
    return spool;
}

/* Seals, writes and syncs. */
static int append(struct spool *spool, uint64_t at, struct bytes chunk, struct err *err)
{
    SCOPED(scope_free) uint8_t *memory = aligned_alloc(SPOOL_BLOCK_BYTES, SPOOL_BLOCKS_MOST);
    struct spool_blocks blocks = {.sealed = {.at = memory, .capacity = SPOOL_BLOCKS_MOST}};
    int rc = spool_seal(spool, at, chunk, &blocks, err);
    if (rc < 0)
        return rc;
    spool_mark(spool);
    if (blocks.sealed.len > 0)
        rc = spool_put(&blocks, err);
    if (rc == 0)
        rc = spool_sync(spool, err);
    (rc < 0 ? spool_take_back : spool_settle)(spool);
    return rc;
}

/* Sends from the durable byte to byte `until`. */
static void send_until(struct spool *spool, uint64_t until)
{
    struct err err = {0};
    while (spool_durable(spool) < until) {
        uint64_t at = spool_durable(spool);
        uint64_t length = until - at < CHUNK ? until - at : CHUNK;
        check_ok(append(spool, at, bytes_of(plain + at, length), &err), &err);
        assert_int_equal(spool_durable(spool), at + length);
    }
}

static int read_back(struct buf *ret_plain, struct err *err)
{
    struct digest digest = digest_of(bytes_of(plain, WHOLE));
    return spool_read(path, &secret, &digest, ret_plain, err);
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
    check_ok(file_read(path, SPOOL_FILE_BYTES, ret_held, &err), &err);
}

static void put_on_disk(struct bytes held)
{
    struct err err = {0};
    check_ok(file_write(path, 0600, held, &err), &err);
}

static void a_whole_file_opens_with_the_hubs_key_only(void **state)
{
    (void)state;
    struct err err = {0};
    SCOPED(spool_free) struct spool *spool = opened(WHOLE);
    send_until(spool, WHOLE);
    SCOPED(buf_free) struct buf back = {0};
    check_ok(read_back(&back, &err), &err);
    assert_true(bytes_equal(buf_view(&back), bytes_of(plain, WHOLE)));
    struct spool_public other_public;
    struct spool_secret other;
    spool_keys_make(&other_public, &other);
    struct digest digest = digest_of(bytes_of(plain, WHOLE));
    check_refused(spool_read(path, &other, &digest, &back, &err), ERR_INTEGRITY, &err);
    assert_int_equal(back.len, WHOLE);
}

static void nothing_sent_lies_on_the_disk_in_clear(void **state)
{
    (void)state;
    SCOPED(spool_free) struct spool *spool = opened(WHOLE);
    send_until(spool, WHOLE);
    SCOPED(buf_free) struct buf held = {0};
    on_disk(&held);
    for (int at = 0; at + 16 <= WHOLE; at += 16)
        assert_null(memmem(held.at, held.len, plain + at, 16));
    struct stat stat_of;
    assert_int_equal(stat(path, &stat_of), 0);
    assert_int_equal(stat_of.st_mode & 0777, 0600);
}

static void every_cut_goes_on_at_the_last_whole_chunk(void **state)
{
    (void)state;
    struct spool *spool = opened(WHOLE);
    send_until(spool, WHOLE);
    spool_free(&spool);
    SCOPED(buf_free) struct buf held = {0};
    on_disk(&held);
    assert_int_equal(held.len, 3 * BLOCKS - SPOOL_BLOCK_BYTES);
    for (size_t cut = 0; cut <= held.len; cut += cut % BLOCKS < 300 ? 1 : 37) {
        put_on_disk(bytes_of(held.at, cut));
        spool = opened(WHOLE);
        size_t chunks = cut < FIRST + RECORD ? 0 : cut < BLOCKS + RECORD ? 1 : 2;
        bool whole = cut >= 2 * BLOCKS + HEAD + SEAL_OVERHEAD_BYTES + WHOLE - 2 * CHUNK;
        assert_int_equal(spool_durable(spool), whole ? WHOLE : chunks * CHUNK);
        spool_free(&spool);
        struct stat stat_of;
        assert_int_equal(stat(path, &stat_of), 0);
        size_t end = whole ? held.len : chunks * BLOCKS;
        assert_int_equal(stat_of.st_size, cut < end ? cut : end);
    }
}

static void an_upload_that_broke_off_ends_whole(void **state)
{
    (void)state;
    struct err err = {0};
    struct spool *spool = opened(WHOLE);
    send_until(spool, 2 * CHUNK);
    spool_free(&spool);
    SCOPED(buf_free) struct buf held = {0}, back = {0};
    on_disk(&held);
    put_on_disk(bytes_of(held.at, BLOCKS + RECORD - 1));
    spool = opened(WHOLE);
    assert_int_equal(spool_durable(spool), CHUNK);
    send_until(spool, WHOLE);
    spool_free(&spool);
    check_ok(read_back(&back, &err), &err);
    assert_true(bytes_equal(buf_view(&back), bytes_of(plain, WHOLE)));
}

static void a_chunk_sent_again_changes_nothing(void **state)
{
    (void)state;
    struct err err = {0};
    SCOPED(spool_free) struct spool *spool = opened(WHOLE);
    send_until(spool, 2 * CHUNK);
    SCOPED(buf_free) struct buf before = {0}, after = {0};
    on_disk(&before);
    check_ok(append(spool, 0, bytes_of(plain, CHUNK), &err), &err);
    check_ok(append(spool, CHUNK, bytes_of(plain + CHUNK, CHUNK), &err), &err);
    assert_int_equal(spool_durable(spool), 2 * CHUNK);
    on_disk(&after);
    assert_true(bytes_equal(buf_view(&before), buf_view(&after)));
}

static void wrong_chunks_are_refused_and_leave_the_rest(void **state)
{
    (void)state;
    static uint8_t large[SPOOL_CHUNK_BYTES + 1];
    static const struct {
        uint64_t at;
        size_t length;
        int want;
    } rows[] = {
        {CHUNK, 0, ERR_LIMIT},
        {CHUNK, SPOOL_CHUNK_BYTES + 1, ERR_LIMIT},
        {CHUNK, WHOLE - CHUNK + 1, ERR_LIMIT},
        {WHOLE, 1, ERR_LIMIT},
        {UINT64_MAX, 1, ERR_LIMIT},
        {UINT64_MAX - 1, CHUNK, ERR_LIMIT},
        {CHUNK + 1, 10, ERR_CONFLICT}, /* leaves a gap */
        {CHUNK - 1, 2, ERR_CONFLICT},  /* half durable already */
    };
    SCOPED(spool_free) struct spool *spool = opened(WHOLE);
    send_until(spool, CHUNK);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct err err = {0};
        check_refused(append(spool, rows[i].at, bytes_of(large, rows[i].length), &err),
                      rows[i].want, &err);
        assert_int_equal(spool_durable(spool), CHUNK);
    }
    struct err err = {0};
    SCOPED(buf_free) struct buf back = {0};
    send_until(spool, WHOLE);
    check_ok(read_back(&back, &err), &err);
}

static void sizes_out_of_range_make_no_file(void **state)
{
    (void)state;
    struct err err = {0};
    struct spool *spool = NULL;
    check_refused(spool_open(path, &key, 0, &spool, &err), ERR_LIMIT, &err);
    check_refused(spool_open(path, &key, SPOOL_FILE_BYTES + 1ULL, &spool, &err), ERR_LIMIT, &err);
    assert_null(spool);
    assert_int_equal(access(path, F_OK), -1);
}

static void a_spool_has_one_writer_and_one_size(void **state)
{
    (void)state;
    struct err err = {0};
    struct spool *first = opened(WHOLE), *second = NULL;
    check_refused(spool_open(path, &key, WHOLE, &second, &err), ERR_CONFLICT, &err);
    send_until(first, WHOLE);
    spool_free(&first);
    check_refused(spool_open(path, &key, WHOLE - 1, &second, &err), ERR_CONFLICT, &err);
    assert_null(second);
}

static void links_and_folders_are_no_spools(void **state)
{
    (void)state;
    struct err err = {0};
    struct spool *spool = NULL;
    assert_int_equal(symlink("/tmp", path), 0);
    assert_true(spool_open(path, &key, WHOLE, &spool, &err) < 0);
    unlink(path);
    assert_true(spool_open(folder, &key, WHOLE, &spool, &err) < 0);
    assert_int_equal(mkfifo(path, 0600), 0);
    check_refused(spool_open(path, &key, WHOLE, &spool, &err), ERR_FORMAT, &err);
    assert_null(spool);
}

static void damage_and_exchanged_records_do_not_open(void **state)
{
    (void)state;
    struct err err = {0};
    struct spool *spool = opened(WHOLE);
    send_until(spool, WHOLE);
    spool_free(&spool);
    SCOPED(buf_free) struct buf held = {0}, back = {0};
    on_disk(&held);
    for (size_t at = MAGIC; at < BLOCKS + RECORD; at += at < FIRST ? 1 : 97) {
        if (at >= FIRST + RECORD && at < BLOCKS)
            continue; /* what fills a block may be anything */
        held.at[at] ^= 1;
        put_on_disk(buf_view(&held));
        check_refused(read_back(&back, &err), ERR_INTEGRITY, &err);
        held.at[at] ^= 1;
    }
    static uint8_t record[RECORD];
    memcpy(record, held.at + FIRST, RECORD);
    memmove(held.at + FIRST, held.at + BLOCKS, RECORD);
    memcpy(held.at + BLOCKS, record, RECORD);
    put_on_disk(buf_view(&held));
    check_refused(read_back(&back, &err), ERR_INTEGRITY, &err);
    assert_int_equal(back.len, 0);
}

/* Zeros, where a power cut left the length only, are no version. */
static void another_version_stays_as_it_is(void **state)
{
    (void)state;
    struct err err = {0};
    struct spool *spool = opened(WHOLE);
    send_until(spool, WHOLE);
    spool_free(&spool);
    SCOPED(buf_free) struct buf held = {0}, after = {0}, back = {0};
    on_disk(&held);
    held.at[MAGIC - 1]++;
    put_on_disk(buf_view(&held));
    check_refused(spool_open(path, &key, WHOLE, &spool, &err), ERR_UNAVAILABLE, &err);
    check_refused(read_back(&back, &err), ERR_UNAVAILABLE, &err);
    on_disk(&after);
    assert_true(bytes_equal(buf_view(&held), buf_view(&after)));
    memset(held.at, 0, held.len);
    put_on_disk(buf_view(&held));
    check_refused(read_back(&back, &err), ERR_INTEGRITY, &err);
    spool = opened(WHOLE);
    assert_int_equal(spool_durable(spool), 0);
    send_until(spool, WHOLE);
    spool_free(&spool);
    check_ok(read_back(&back, &err), &err);
}

/* A limit on the size of files stands for the full disk: half a record is written, then no more. */
static void a_write_that_fails_half_way_is_taken_back(void **state)
{
    (void)state;
    struct err err = {0};
    SCOPED(spool_free) struct spool *spool = opened(WHOLE);
    send_until(spool, CHUNK);
    struct rlimit before, small;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    small = before;
    small.rlim_cur = BLOCKS + SPOOL_BLOCK_BYTES;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    int rc = append(spool, CHUNK, bytes_of(plain + CHUNK, CHUNK), &err);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    check_refused(rc, ERR_IO, &err);
    assert_int_equal(spool_durable(spool), CHUNK);
    struct stat stat_of;
    assert_int_equal(stat(path, &stat_of), 0);
    assert_int_equal(stat_of.st_size, BLOCKS);
    send_until(spool, WHOLE);
    SCOPED(buf_free) struct buf back = {0};
    check_ok(read_back(&back, &err), &err);
}

#ifdef TRIPLI_FAULTS
/* Sends the whole file in a process of its own, with a fault; answers its wait status. */
static int send_with(const char *fault)
{
    int status = 0;
    pid_t child = fork();
    if (child == 0) {
        struct err err = {0};
        struct spool *spool = NULL;
        setenv("TRIPLI_FAULT", fault, 1);
        int rc = spool_open(path, &key, WHOLE, &spool, &err);
        for (uint64_t at = 0; rc == 0 && at < WHOLE; at += CHUNK)
            rc = append(spool, at, bytes_of(plain + at, WHOLE - at < CHUNK ? WHOLE - at : CHUNK),
                        &err);
        _exit(rc == ERR_FULL ? 3 : rc != 0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    return status;
}

static void expect_goes_on_at(uint64_t durable)
{
    struct err err = {0};
    SCOPED(spool_free) struct spool *spool = opened(WHOLE);
    SCOPED(buf_free) struct buf back = {0};
    assert_int_equal(spool_durable(spool), durable);
    send_until(spool, WHOLE);
    check_ok(read_back(&back, &err), &err);
    assert_true(bytes_equal(buf_view(&back), bytes_of(plain, WHOLE)));
}

static void a_kill_at_any_point_leaves_what_was_durable(void **state)
{
    static const struct {
        const char *fault;
        uint64_t durable;
    } rows[] = {
        {"spool.append.before_write=kill:1", 0},    {"spool.append.before_write=kill:2", CHUNK},
        {"spool.append.before_sync=kill:1", CHUNK}, {"spool.append.before_sync=kill:2", 2 * CHUNK},
        {"spool.append.after_sync=kill:1", CHUNK},  {"spool.append.after_sync=kill:3", WHOLE},
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
        expect_goes_on_at(CHUNK);
    }
}
#endif

int main(void)
{
    struct err err = {0};
    signal(SIGXFSZ, SIG_IGN);
    if (seal_start(&err) < 0 || !mkdtemp(folder))
        return 1;
    snprintf(path, sizeof path, "%s/file", folder);
    for (int i = 0; i < WHOLE; i++)
        plain[i] = (uint8_t)((unsigned)i * 2654435761U >> 13);
    spool_keys_make(&key, &secret);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_whole_file_opens_with_the_hubs_key_only, fresh),
        cmocka_unit_test_setup(nothing_sent_lies_on_the_disk_in_clear, fresh),
        cmocka_unit_test_setup(every_cut_goes_on_at_the_last_whole_chunk, fresh),
        cmocka_unit_test_setup(an_upload_that_broke_off_ends_whole, fresh),
        cmocka_unit_test_setup(a_chunk_sent_again_changes_nothing, fresh),
        cmocka_unit_test_setup(wrong_chunks_are_refused_and_leave_the_rest, fresh),
        cmocka_unit_test_setup(sizes_out_of_range_make_no_file, fresh),
        cmocka_unit_test_setup(a_spool_has_one_writer_and_one_size, fresh),
        cmocka_unit_test_setup(links_and_folders_are_no_spools, fresh),
        cmocka_unit_test_setup(damage_and_exchanged_records_do_not_open, fresh),
        cmocka_unit_test_setup(another_version_stays_as_it_is, fresh),
        cmocka_unit_test_setup(a_write_that_fails_half_way_is_taken_back, fresh),
#ifdef TRIPLI_FAULTS
        cmocka_unit_test_setup(a_kill_at_any_point_leaves_what_was_durable, fresh),
        cmocka_unit_test_setup(a_full_disk_at_any_point_takes_nothing_back, fresh),
#endif
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    file_remove_tree(folder, &err);
    return failed;
}
