/*
 * The inbox of partners: goes on at the durable byte, keeps tenants apart, gives one receipt.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "partners/inbox_queue.h"

#include <fcntl.h>
#include <signal.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/scope.h"
#include "base/seal.h"
#include "partners/spool_read.h"
#include "tests/check.h"

enum { FILES = 3, FILE_BYTES = 600000, STEP = SPOOL_CHUNK_BYTES };

static char uuid[] = "0123456789abcdef0123456789abcdef";
static const struct inbox_batch batch = {"041", uuid};
static char top[] = "/tmp/tripli-inbox-XXXXXX";
static char root[64], key_path[64];
static uint8_t plain[FILES][FILE_BYTES];
static struct digest digests[FILES];
static struct buf manifest;
static struct inbox_manifest claim;
static struct spool_secret secret;

static struct inbox *opened(void)
{
    struct err err = {0};
    struct inbox *inbox = NULL;
    const struct inbox_params params = {.root = root};
    check_ok(inbox_open(&params, &inbox, &err), &err);
    return inbox;
}

static struct inbox_standing announced(struct inbox *inbox)
{
    struct err err = {0};
    struct inbox_standing standing = {0};
    check_ok(inbox_announce(inbox, &batch, &claim, &standing, &err), &err);
    check_ok(inbox_sync(inbox, &err), &err);
    return standing;
}

/* The next chunk, not synced. */
static struct inbox_standing taken(struct inbox *inbox, struct inbox_standing from)
{
    struct err err = {0};
    struct bytes file =
        from.file ? bytes_of(plain[from.file - 1], FILE_BYTES) : buf_view(&manifest);
    size_t len = file.len - from.at < STEP ? file.len - from.at : STEP;
    const struct spool_chunk chunk = {from.file, from.at, bytes_of(file.at + from.at, len)};
    check_ok(inbox_take(inbox, &batch, &chunk, &from, &err), &err);
    return from;
}

static struct inbox_standing sent(struct inbox *inbox, struct inbox_standing from)
{
    struct err err = {0};
    from = taken(inbox, from);
    check_ok(inbox_sync(inbox, &err), &err);
    return from;
}

static void write_manifest(const char *received)
{
    struct err err = {0};
    struct manifest_file files[FILES];
    struct manifest made = {.tenant = "041", .kind = "sick_note", .count = FILES, .files = files};
    memcpy(made.uuid, uuid, sizeof made.uuid);
    snprintf(made.received, sizeof made.received, "%s", received);
    for (uint32_t i = 0; i < FILES; i++)
        files[i] = (struct manifest_file){i + 1, FILE_BYTES, digests[i]};
    manifest.len = 0;
    check_ok(manifest_write(&made, &manifest, &err), &err);
    claim = (struct inbox_manifest){digest_of(buf_view(&manifest)), (uint32_t)manifest.len};
}

/* The batch is number N from now on. */
static void name_batch(unsigned n)
{
    snprintf(uuid, sizeof uuid, "0123456789abcdef%016x", n);
    write_manifest("2026-11-20");
}

static int fresh(void **state)
{
    (void)state;
    struct err err = {0};
    file_remove_tree(root, &err);
    name_batch(0);
    return inbox_hub_key(root, key_path, &secret, &err);
}

static void send_all(struct inbox *inbox)
{
    struct inbox_standing standing = announced(inbox);
    while (standing.phase <= INBOX_FILES)
        standing = sent(inbox, standing);
    assert_int_equal(standing.phase, INBOX_QUEUED);
}

static void give_receipt(const char *text)
{
    struct err err = {0};
    char path[INBOX_PATH_SIZE];
    inbox_path(root, &batch, "receipt", path);
    check_ok(file_write(path, 0600, bytes_of(text, strlen(text)), &err), &err);
    check_ok(inbox_clear(root, &batch, &err), &err);
}

static void check_opens(void)
{
    struct err err = {0};
    char path[INBOX_PATH_SIZE];
    struct manifest read = {0};
    SCOPED(spool_reader_free) struct spool_reader *reader = NULL;
    check_ok(manifest_read(buf_view(&manifest), &read, &err), &err);
    inbox_path(root, &batch, INBOX_SPOOL, path);
    check_ok(spool_reader_open(path, &secret, &read, &reader, &err), &err);
    for (uint32_t file = 1; file <= FILES; file++) {
        SCOPED(buf_free) struct buf back = {0};
        check_ok(spool_reader_file(reader, file, &back, &err), &err);
    }
    manifest_clear(&read);
}

static void a_whole_batch_is_queued_and_opens_with_the_hubs_key(void **state)
{
    (void)state;
    struct err err = {0};
    struct inbox_queued queued;
    static struct inbox_pass pass = {.first = "cheque sick_note"};
    struct inbox_waiting waiting;
    SCOPED(inbox_free) struct inbox *inbox = opened();
    assert_int_equal(inbox_next(root, &pass, &queued, &err), 0);
    check_ok(inbox_look(root, &waiting, &err), &err);
    assert_true(waiting.batches == 0 && waiting.oldest_ms == 0);
    send_all(inbox);
    check_ok(inbox_look(root, &waiting, &err), &err);
    assert_int_equal(waiting.batches, 1);
    assert_in_range(clock_wall_ms() - waiting.oldest_ms, 0, 60000);
    assert_int_equal(inbox_next(root, &pass, &queued, &err), 1);
    assert_string_equal(queued.uuid, uuid);
    assert_string_equal(queued.received, "2026-11-20");
    assert_string_equal(queued.kind, "sick_note");
    check_opens();
}

/* The gateway may be killed between any two chunks: a new one goes on where the disk is. */
static void a_new_gateway_goes_on_at_the_durable_byte(void **state)
{
    (void)state;
    for (int kill_after = 1; kill_after <= 9; kill_after++) {
        fresh(state);
        struct inbox *inbox = opened();
        struct inbox_standing standing = announced(inbox), found;
        for (int i = 0; i < kill_after; i++)
            standing = sent(inbox, standing);
        inbox_free(&inbox);
        inbox = opened();
        found = announced(inbox);
        assert_int_equal(found.phase, standing.phase);
        assert_int_equal(found.file, standing.file);
        assert_int_equal(found.at, standing.at);
        send_all(inbox);
        inbox_free(&inbox);
    }
}

/* Everything after the manifest in one group, not synced. */
static void take_all(struct inbox *inbox)
{
    struct inbox_standing at = sent(inbox, announced(inbox));
    while (at.phase == INBOX_FILES)
        at = taken(inbox, at);
    assert_int_equal(at.phase, INBOX_QUEUED);
}

static bool is_queued(void)
{
    struct err err = {0};
    struct inbox_queued queued;
    static struct inbox_pass pass = {.first = "cheque sick_note"};
    pass = (struct inbox_pass){.first = "cheque sick_note"};
    return inbox_next(root, &pass, &queued, &err) == 1;
}

static void a_batch_is_queued_with_the_sync_not_before(void **state)
{
    (void)state;
    struct err err = {0};
    SCOPED(inbox_free) struct inbox *inbox = opened();
    take_all(inbox);
    assert_false(is_queued());
    check_ok(inbox_sync(inbox, &err), &err);
    assert_true(is_queued());
}

static void what_comes_during_a_sync_counts_with_the_next(void **state)
{
    (void)state;
    struct err err = {0};
    SCOPED(inbox_free) struct inbox *inbox = opened();
    struct inbox_standing at = sent(inbox, announced(inbox));
    at = taken(inbox, at);
    for (int round = 0; round < 3; round++) {
        inbox_sync_begin(inbox);
        at = taken(inbox, at);
        check_ok(inbox_sync_end(inbox, &err), &err);
    }
    inbox_sync_begin(inbox);
    while (at.phase == INBOX_FILES)
        at = taken(inbox, at);
    check_ok(inbox_sync_end(inbox, &err), &err);
    assert_false(is_queued());
    check_ok(inbox_sync(inbox, &err), &err);
    assert_true(is_queued());
    check_opens();
}

/* Takes everything and writes it, as if the power were cut before the sync's end. */
static void write_all(void)
{
    struct err err = {0};
    char path[INBOX_PATH_SIZE];
    SCOPED(inbox_free) struct inbox *inbox = opened();
    take_all(inbox);
    check_ok(inbox_sync(inbox, &err), &err);
    snprintf(path, sizeof path, "%s/queue/%s-%s", root, batch.tenant, uuid);
    assert_int_equal(unlink(path), 0);
}

/* One sync covers many chunks: a power cut before its end may keep the later ones and lose a part
 * of an earlier one, with the file's length there or not. */
static void a_batch_with_a_hole_is_sent_again_from_there(void **state)
{
    enum { BLOCKS = STEP + SPOOL_BLOCK_BYTES };
    static const struct {
        off_t at;
        uint32_t file, byte;
    } holes[] = {{100, 1, 0}, {BLOCKS + 8, 1, STEP}, {2 * BLOCKS, 1, 2 * STEP}};
    char path[INBOX_PATH_SIZE];
    for (int is_cut = 0; is_cut <= 1; is_cut++)
        for (size_t i = 0; i < sizeof holes / sizeof *holes; i++) {
            fresh(state);
            write_all();
            inbox_path(root, &batch, INBOX_SPOOL, path);
            int fd = open(path, O_WRONLY);
            assert_int_equal(is_cut ? ftruncate(fd, holes[i].at)
                                    : pwrite(fd, "\0\0\0\0\0\0\0", 8, holes[i].at) - 8,
                             0);
            close(fd);
            struct inbox *inbox = opened();
            assert_int_equal(announced(inbox).file, holes[i].file);
            assert_int_equal(announced(inbox).at, holes[i].byte);
            assert_false(is_queued());
            send_all(inbox);
            inbox_free(&inbox);
            check_opens();
        }
}

/* More batches than are kept in memory, a chunk of each in turn. */
static void batches_that_lose_their_place_in_memory_go_on(void **state)
{
    (void)state;
    enum { MANY = INBOX_OPEN_MAX + 3 };
    static struct inbox_standing at[MANY];
    struct err err = {0};
    int queued = 0;
    SCOPED(inbox_free) struct inbox *inbox = opened();
    memset(at, 0, sizeof at);
    for (int step = 0; queued < MANY && step < 20; step++) {
        for (int i = 0; i < MANY; i++) {
            name_batch(i);
            if (step == 0)
                at[i] = announced(inbox);
            else if (at[i].phase <= INBOX_FILES)
                at[i] = taken(inbox, at[i]);
            queued += at[i].phase == INBOX_QUEUED && at[i].at == 0;
            at[i].at += at[i].phase == INBOX_QUEUED; /* counted */
        }
        check_ok(inbox_sync(inbox, &err), &err);
    }
    assert_int_equal(queued, MANY);
}

#ifdef TRIPLI_FAULTS
/* Takes everything and syncs it, in a process of its own with a fault; answers its wait status. */
static int sync_with(const char *fault)
{
    int status = 0;
    pid_t child = fork();
    if (child == 0) {
        struct err err = {0};
        struct inbox *inbox = opened();
        take_all(inbox);
        setenv("TRIPLI_FAULT", fault, 1);
        int rc = inbox_sync(inbox, &err);
        _exit(rc == ERR_FULL ? 3 : 1);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    return status;
}

static void a_kill_at_the_groups_sync_loses_nothing(void **state)
{
    static const char *const faults[] = {"spool.group.before_sync=kill",
                                         "spool.group.after_sync=kill"};
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
        fresh(state);
        int status = sync_with(faults[i]);
        assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
        SCOPED(inbox_free) struct inbox *inbox = opened();
        announced(inbox); /* what is found is synced: all of it */
        assert_true(is_queued());
        check_opens();
    }
}

static void after_a_sync_that_failed_nothing_of_the_group_counts(void **state)
{
    (void)state;
    int status = sync_with("spool.group.before_sync=fail:1");
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 3);
    assert_false(is_queued());
    SCOPED(inbox_free) struct inbox *inbox = opened();
    assert_int_equal(announced(inbox).file, 1);
    send_all(inbox);
    check_opens();
}

/* What comes before it is known that a sync failed is taken upon what was lost. */
static void a_failed_sync_takes_what_came_meanwhile_with_it(void **state)
{
    (void)state;
    struct err err = {0};
    SCOPED(inbox_free) struct inbox *inbox = opened();
    struct inbox_standing at = sent(inbox, announced(inbox));
    at = taken(inbox, at);
    setenv("TRIPLI_FAULT", "spool.group.before_sync=fail:1", 1);
    inbox_sync_begin(inbox);
    at = taken(inbox, at);
    check_refused(inbox_sync_end(inbox, &err), ERR_FULL, &err);
    unsetenv("TRIPLI_FAULT");
    inbox_sync_begin(inbox);
    check_refused(inbox_sync_end(inbox, &err), ERR_FULL, &err);
    at = announced(inbox);
    assert_int_equal(at.file, 1);
    assert_int_equal(at.at, 0);
    send_all(inbox);
    check_opens();
}
#endif

static void a_chunk_that_is_not_the_next_changes_nothing(void **state)
{
    (void)state;
    struct err err = {0};
    SCOPED(inbox_free) struct inbox *inbox = opened();
    struct inbox_standing standing = sent(inbox, sent(inbox, announced(inbox))), after;
    static const uint32_t rows[][2] = {{0, 0}, {1, 0}, {1, 199999}, {2, 0}, {3, 7}, {9, 0}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct spool_chunk chunk = {rows[i][0], rows[i][1], bytes_of(plain[0], 100)};
        check_ok(inbox_take(inbox, &batch, &chunk, &after, &err), &err);
        assert_int_equal(after.file, standing.file);
        assert_int_equal(after.at, standing.at);
    }
}

static void a_chunk_of_another_length_is_refused_and_leaves_the_rest(void **state)
{
    (void)state;
    static const size_t lengths[] = {0, 100, STEP - 1};
    struct err err = {0};
    SCOPED(inbox_free) struct inbox *inbox = opened();
    struct inbox_standing standing = sent(inbox, announced(inbox)), after;
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        const struct spool_chunk chunk = {1, 0, bytes_of(plain[0], lengths[i])};
        check_refused(inbox_take(inbox, &batch, &chunk, &after, &err), ERR_LIMIT, &err);
        assert_int_equal(announced(inbox).file, standing.file);
    }
    send_all(inbox);
    check_opens();
}

static void the_same_batch_has_one_receipt_and_other_contents_are_refused(void **state)
{
    (void)state;
    struct err err = {0};
    struct inbox_standing standing;
    struct inbox_part part = {0};
    SCOPED(inbox_free) struct inbox *inbox = opened();
    send_all(inbox);
    check_refused(inbox_receipt(inbox, &batch, 0, &part, &err), ERR_NOT_FOUND, &err);
    give_receipt("signed");
    assert_int_equal(announced(inbox).phase, INBOX_DONE);
    check_ok(inbox_receipt(inbox, &batch, 2, &part, &err), &err);
    assert_int_equal(part.whole, 6);
    assert_memory_equal(part.bytes.at, "gned", 4);
    buf_free(&part.bytes);
    const struct inbox_manifest other = {digest_of(bytes_of("other", 5)), 100};
    check_refused(inbox_announce(inbox, &batch, &other, &standing, &err), ERR_CONFLICT, &err);
    assert_int_equal(announced(inbox).phase, INBOX_DONE);
}

static void another_tenant_finds_nothing_under_a_guessed_uuid(void **state)
{
    (void)state;
    struct err err = {0};
    struct inbox_part part = {0};
    struct inbox_standing standing;
    SCOPED(inbox_free) struct inbox *inbox = opened();
    const struct inbox_batch guess = {"061", uuid};
    send_all(inbox);
    give_receipt("signed");
    const struct spool_chunk chunk = {1, 0, bytes_of(plain[0], 100)};
    check_refused(inbox_receipt(inbox, &guess, 0, &part, &err), ERR_NOT_FOUND, &err);
    check_refused(inbox_take(inbox, &guess, &chunk, &standing, &err), ERR_NOT_FOUND, &err);
    check_ok(inbox_announce(inbox, &guess, &claim, &standing, &err), &err);
    assert_int_equal(standing.phase, INBOX_MANIFEST); /* a batch of its own, with nothing in it */
}

static void a_manifest_that_does_not_hold_forgets_the_batch(void **state)
{
    (void)state;
    struct err err = {0};
    struct inbox_standing standing;
    SCOPED(inbox_free) struct inbox *inbox = opened();
    const struct inbox_batch other = {"061", uuid};
    const struct spool_chunk chunk = {0, 0, buf_view(&manifest)};
    check_ok(inbox_announce(inbox, &other, &claim, &standing, &err), &err);
    check_refused(inbox_take(inbox, &other, &chunk, &standing, &err), ERR_DENIED, &err);
    check_refused(inbox_take(inbox, &other, &chunk, &standing, &err), ERR_NOT_FOUND, &err);
    write_manifest("2199-01-01");
    announced(inbox);
    const struct spool_chunk later = {0, 0, buf_view(&manifest)};
    check_refused(inbox_take(inbox, &batch, &later, &standing, &err), ERR_FORMAT, &err);
    assert_non_null(strstr(err.text, "has not come yet"));
}

static void unfinished_batches_of_a_tenant_are_bounded(void **state)
{
    (void)state;
    struct err err = {0};
    struct inbox_standing standing;
    char name[MANIFEST_UUID_SIZE];
    const struct inbox_batch one = {"041", name};
    SCOPED(inbox_free) struct inbox *inbox = opened();
    int rc = 0, count = 0;
    for (; rc == 0 && count <= INBOX_UNFINISHED_MAX; count++) {
        snprintf(name, sizeof name, "%032x", count);
        rc = inbox_announce(inbox, &one, &claim, &standing, &err);
    }
    check_refused(rc, ERR_LIMIT, &err);
    assert_int_equal(count, INBOX_UNFINISHED_MAX + 1);
    const struct inbox_batch other = {"061", name};
    check_ok(inbox_announce(inbox, &other, &claim, &standing, &err), &err);
}

static void a_full_disk_is_said_and_changes_nothing(void **state)
{
    (void)state;
    struct err err = {0};
    struct inbox_standing standing;
    const struct inbox_params params = {.root = root, .reserve_bytes = UINT64_MAX / 2};
    SCOPED(inbox_free) struct inbox *inbox = NULL;
    check_ok(inbox_open(&params, &inbox, &err), &err);
    check_refused(inbox_announce(inbox, &batch, &claim, &standing, &err), ERR_FULL, &err);
}

static int start(void **state)
{
    (void)state;
    struct err err = {0};
    if (seal_start(&err) < 0 || !mkdtemp(top))
        return -1;
    snprintf(root, sizeof root, "%s/in", top);
    snprintf(key_path, sizeof key_path, "%s/partners.key", top);
    randombytes_buf(plain, sizeof plain);
    for (int i = 0; i < FILES; i++)
        digests[i] = digest_of(bytes_of(plain[i], FILE_BYTES));
    return 0;
}

static int end(void **state)
{
    (void)state;
    struct err err = {0};
    buf_free(&manifest);
    return file_remove_tree(top, &err);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_whole_batch_is_queued_and_opens_with_the_hubs_key, fresh),
        cmocka_unit_test_setup(a_new_gateway_goes_on_at_the_durable_byte, fresh),
        cmocka_unit_test_setup(a_batch_is_queued_with_the_sync_not_before, fresh),
        cmocka_unit_test_setup(what_comes_during_a_sync_counts_with_the_next, fresh),
        cmocka_unit_test_setup(a_batch_with_a_hole_is_sent_again_from_there, fresh),
        cmocka_unit_test_setup(batches_that_lose_their_place_in_memory_go_on, fresh),
#ifdef TRIPLI_FAULTS
        cmocka_unit_test_setup(a_kill_at_the_groups_sync_loses_nothing, fresh),
        cmocka_unit_test_setup(after_a_sync_that_failed_nothing_of_the_group_counts, fresh),
        cmocka_unit_test_setup(a_failed_sync_takes_what_came_meanwhile_with_it, fresh),
#endif
        cmocka_unit_test_setup(a_chunk_that_is_not_the_next_changes_nothing, fresh),
        cmocka_unit_test_setup(a_chunk_of_another_length_is_refused_and_leaves_the_rest, fresh),
        cmocka_unit_test_setup(the_same_batch_has_one_receipt_and_other_contents_are_refused,
                               fresh),
        cmocka_unit_test_setup(another_tenant_finds_nothing_under_a_guessed_uuid, fresh),
        cmocka_unit_test_setup(a_manifest_that_does_not_hold_forgets_the_batch, fresh),
        cmocka_unit_test_setup(unfinished_batches_of_a_tenant_are_bounded, fresh),
        cmocka_unit_test_setup(a_full_disk_is_said_and_changes_nothing, fresh),
    };
    return cmocka_run_group_tests(tests, start, end);
}
