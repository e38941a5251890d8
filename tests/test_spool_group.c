/*
 * Chunks of several partners' spools that one sync makes durable: what the disk gets is what each
 * partner sent, in its order, however they came in turns; and nothing of a group that failed.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "partners/spool_group.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/file.h"
#include "base/scope.h"
#include "base/seal.h"
#include "partners/spool_read.h"
#include "partners/spool_record.h"
#include "tests/check.h"

/* One chunk a file, of lengths that fill their blocks differently. */
enum { SPOOLS = 3, FILES = SPOOL_GROUP_MAX / SPOOLS, LENGTH_STEP = 997, ALL = 1 << 20 };

_Static_assert((int)FILES > 2 * (int)SPOOL_PUT_MOST, "more than two writes for each spool");

static char folder[] = "/tmp/tripli-group-XXXXXX";
static struct spool_public key;
static struct spool_secret secret;
static uint8_t plain[ALL];
static struct manifest_file files[FILES];
static const struct manifest manifest = {.count = FILES, .files = files};

struct desk {
    struct spool_group *group;
    struct spool *spools[SPOOLS];
    char paths[SPOOLS][100];
};

static void open_desk(struct desk *desk)
{
    struct err err = {0};
    *desk = (struct desk){0};
    check_ok(spool_group_open(folder, &desk->group, &err), &err);
    for (int i = 0; i < SPOOLS; i++) {
        snprintf(desk->paths[i], sizeof desk->paths[i], "%s/%d", folder, i);
        unlink(desk->paths[i]);
        const struct spool_params params = {desk->paths[i], &key, &manifest, 0};
        check_ok(spool_open(&params, &desk->spools[i], &err), &err);
    }
}

static void close_desk(struct desk *desk)
{
    spool_group_free(&desk->group);
    for (int i = 0; i < SPOOLS; i++)
        spool_free(&desk->spools[i]);
}

/* Each spool's bytes are its own: the same files, begun at another place of `plain`. */
static struct bytes bytes_of_file(int spool, uint32_t file)
{
    size_t before = (size_t)spool;
    for (uint32_t i = 1; i < file; i++)
        before += files[i - 1].bytes;
    return bytes_of(plain + before, files[file - 1].bytes);
}

static void write_next(struct desk *desk, int spool)
{
    struct err err = {0};
    uint32_t file = spool_next(desk->spools[spool])->file;
    const struct spool_chunk chunk = {file, 0, bytes_of_file(spool, file)};
    check_ok(spool_group_write(desk->group, desk->spools[spool], &chunk, &err), &err);
}

/* In turns, the last of them twice as often until it is at its end. */
static void write_until(struct desk *desk, uint32_t count)
{
    bool wrote;
    do {
        wrote = false;
        for (int i = 0; i <= SPOOLS; i++) {
            int spool = i % SPOOLS;
            if (spool_next(desk->spools[spool])->number == count)
                continue;
            write_next(desk, spool);
            wrote = true;
        }
    } while (wrote);
}

static int sync_group(struct desk *desk, struct err *err)
{
    spool_group_begin(desk->group);
    return spool_group_end(desk->group, err);
}

/* What lies on the disk, as the hub reads it; the digests are not looked at here, the bytes are. */
static void check_reads(const struct desk *desk)
{
    for (int spool = 0; spool < SPOOLS; spool++) {
        struct err err = {0};
        SCOPED(spool_reader_free) struct spool_reader *reader = NULL;
        for (uint32_t file = 1; file <= FILES; file++)
            files[file - 1].digest = digest_of(bytes_of_file(spool, file));
        check_ok(spool_reader_open(desk->paths[spool], &secret, &manifest, &reader, &err), &err);
        for (uint32_t file = 1; file <= FILES; file++) {
            SCOPED(buf_free) struct buf back = {0};
            check_ok(spool_reader_file(reader, file, &back, &err), &err);
            assert_true(bytes_equal(buf_view(&back), bytes_of_file(spool, file)));
        }
    }
}

static void chunks_in_turns_lie_in_their_own_spools_in_order(void **state)
{
    (void)state;
    struct desk desk;
    struct err err = {0};
    open_desk(&desk);
    write_until(&desk, FILES);
    check_ok(sync_group(&desk, &err), &err);
    close_desk(&desk);
    check_reads(&desk);
}

static void several_syncs_end_with_the_same_spools(void **state)
{
    (void)state;
    struct desk desk;
    struct err err = {0};
    open_desk(&desk);
    for (uint32_t count = 1; count <= FILES; count += count < 4 ? 1 : FILES - 4) {
        write_until(&desk, count);
        check_ok(sync_group(&desk, &err), &err);
    }
    close_desk(&desk);
    check_reads(&desk);
}

static void limit_files_to(rlim_t bytes)
{
    struct rlimit limit;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = bytes;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

/* The limit lies within a chunk that one write takes together with others. */
static void a_write_cut_short_takes_back_the_whole_group(void **state)
{
    (void)state;
    struct desk desk;
    struct err err = {0};
    open_desk(&desk);
    write_until(&desk, 2);
    check_ok(sync_group(&desk, &err), &err);
    write_until(&desk, FILES / 2);
    limit_files_to(spool_next(desk.spools[0])->block - SPOOL_BLOCK_BYTES);
    assert_true(sync_group(&desk, &err) < 0);
    limit_files_to(RLIM_INFINITY);
    for (int i = 0; i < SPOOLS; i++)
        assert_int_equal(spool_next(desk.spools[i])->number, 2);
    write_until(&desk, FILES);
    check_ok(sync_group(&desk, &err), &err);
    close_desk(&desk);
    check_reads(&desk);
}

int main(void)
{
    struct err err = {0};
    uint32_t total = SPOOLS;
    signal(SIGXFSZ, SIG_IGN);
    if (seal_start(&err) < 0 || !mkdtemp(folder))
        return 1;
    for (unsigned i = 0; i < ALL; i++)
        plain[i] = (uint8_t)(i * 2654435761U >> 13);
    for (uint32_t i = 0; i < FILES; i++) {
        files[i] = (struct manifest_file){.envelope = 1, .bytes = (i + 1) * LENGTH_STEP};
        total += files[i].bytes;
    }
    assert_true(total <= ALL);
    spool_keys_make(&key, &secret);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(chunks_in_turns_lie_in_their_own_spools_in_order),
        cmocka_unit_test(several_syncs_end_with_the_same_spools),
        cmocka_unit_test(a_write_cut_short_takes_back_the_whole_group),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    file_remove_tree(folder, &err);
    return failed;
}
