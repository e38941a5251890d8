/*
 * Whatever is done in whatever order, every page is in exactly one state, the counts say so, and
 * nothing is lost or doubled, also over restarts. The seed of a failing run is printed; give it in
 * TRIPLI_SEED to repeat it.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <string.h>

#include "base/clock.h"
#include "base/seal.h"
#include "tests/archive_room.h"
#include "tests/check.h"

enum { STEPS = 900, LENT_MAX = 16, BATCHES = 3, PAGES = 60 };

struct game {
    struct room room;
    uint64_t seed;
    struct batch_id batches[BATCHES];
    uint32_t fed[BATCHES];
    bool ended[BATCHES];
    struct intake_lending lent[LENT_MAX];
    int lent_count;
};

/* xorshift64*: the same numbers on every machine. */
static uint32_t draw(struct game *game, uint32_t below)
{
    game->seed ^= game->seed >> 12;
    game->seed ^= game->seed << 25;
    game->seed ^= game->seed >> 27;
    return (uint32_t)((game->seed * UINT64_C(2685821657736338717)) >> 33) % below;
}

static void feed(struct game *game)
{
    uint32_t which = draw(game, BATCHES);
    if (game->ended[which] || game->fed[which] == PAGES)
        return;
    struct page_id id = {game->batches[which].n, ++game->fed[which]};
    assert_int_equal(room_feed(&game->room, id, draw(game, 3) == 0), 0);
    if (draw(game, 4) == 0)
        assert_int_equal(room_feed(&game->room, id, false), 0);
}

static void end(struct game *game)
{
    struct err err = {0};
    uint32_t which = draw(game, BATCHES);
    if (game->fed[which] < PAGES || game->ended[which])
        return;
    struct batch_end as = {PAGES, 0, PAGES};
    check_ok(archive_batch_end(game->room.archive, game->batches[which], &as, &err), &err);
    game->ended[which] = true;
}

static void lend(struct game *game)
{
    struct err err = {0};
    struct intake_lease leases[4];
    if (game->lent_count + 4 > LENT_MAX)
        return;
    int count = intake_lend(game->room.archive, 1 + draw(game, 4), 60000, leases, &err);
    check_ok(count, &err);
    for (int i = 0; i < count; i++) {
        game->lent[game->lent_count++] = (struct intake_lending){leases[i].id, leases[i].epoch};
        intake_lease_clear(&leases[i]);
    }
}

static void decide(struct game *game, struct intake_lending lending)
{
    static const char *const tags[] = {"letter", "cheque", "sick_note", "blank", "separator"};
    struct err err = {0};
    uint32_t tag = draw(game, 5);
    struct intake_decision decision = {
        .lending = lending,
        .accepted = lending.epoch == 0 || draw(game, 5) != 0,
        .kind = tag == 3   ? PAGE_BLANK
                : tag == 4 ? PAGE_SEPARATOR
                           : PAGE_WRITTEN,
        .compartment = tag == 2 && draw(game, 2) ? COMPARTMENT_MEDICAL : COMPARTMENT_ADMIN,
        .record = bytes_of("{}", 2),
        .actor = lending.epoch ? "worker" : "martin"};
    snprintf(decision.tag, sizeof decision.tag, "%s", tags[tag]);
    int result = 1;
    check_ok(intake_decide(game->room.archive, &decision, 1, &result, &err), &err);
    assert_true(result == 0 || result == ERR_CONFLICT);
}

static void answer(struct game *game)
{
    struct err err = {0};
    if (game->lent_count == 0)
        return;
    struct intake_lending lending = game->lent[--game->lent_count];
    switch (draw(game, 8)) {
    case 0:
        intake_return(game->room.archive, lending, &err);
        break;
    case 1:
        intake_fail(game->room.archive, lending, "reader died", &err);
        break;
    case 2:
        intake_quarantine(game->room.archive, lending, "damaged", &err);
        break;
    default:
        decide(game, lending);
    }
}

static void code(struct game *game)
{
    struct err err = {0};
    enum page_state state = draw(game, 2) ? PAGE_TO_CODE : PAGE_QUARANTINED;
    struct intake_waiting waiting;
    int count =
        intake_list(game->room.archive, (struct intake_line){state, {0}}, &waiting, 1, &err);
    check_ok(count, &err);
    if (count == 0)
        return;
    struct page_id id = waiting.id;
    intake_waiting_clear(&waiting);
    if (state == PAGE_QUARANTINED && draw(game, 2)) {
        check_ok(intake_release(game->room.archive, id, "martin", &err), &err);
        return;
    }
    decide(game, (struct intake_lending){id, 0});
    if (draw(game, 3) == 0)
        check_ok(intake_undo(game->room.archive, id, "martin", &err), &err);
}

static void restart(struct game *game)
{
    struct err err = {0};
    if (draw(game, 20) != 0)
        return;
    room_reopen(&game->room);
    check_ok(intake_recover(game->room.archive, &err), &err);
    /* Old lendings stay in hand: their answers must be refused. */
}

static void file(struct game *game)
{
    struct err err = {0};
    check_ok(filing_run(game->room.archive, 1 + (int)draw(game, 5), &err), &err);
}

static void check_counts(struct game *game)
{
    struct archive_counts sum = {0};
    for (int i = 0; i < BATCHES; i++) {
        struct archive_counts counts = room_count(&game->room, game->batches[i]);
        room_check_equation(&counts);
        assert_int_equal(counts.accepted, game->fed[i]);
        sum.accepted += counts.accepted;
        sum.filed += counts.filed;
    }
    struct archive_counts all = room_count(&game->room, (struct batch_id){0});
    room_check_equation(&all);
    assert_int_equal(all.accepted, sum.accepted);
    assert_int_equal(all.filed, sum.filed);
}

static void finish(struct game *game)
{
    struct err err = {0};
    for (int i = 0; i < BATCHES; i++)
        while (game->fed[i] < PAGES)
            assert_int_equal(
                room_feed(&game->room, (struct page_id){game->batches[i].n, ++game->fed[i]}, false),
                0);
    check_ok(intake_recover(game->room.archive, &err), &err);
    for (;;) {
        struct archive_counts all = room_count(&game->room, (struct batch_id){0});
        if (all.unread + all.to_code + all.quarantined == 0)
            break;
        game->lent_count = 0;
        lend(game);
        while (game->lent_count)
            decide(game, game->lent[--game->lent_count]);
        code(game);
    }
    for (int i = 0; i < BATCHES; i++) {
        struct batch_end as = {PAGES, 0, PAGES};
        check_ok(archive_batch_end(game->room.archive, game->batches[i], &as, &err), &err);
        int rc;
        while ((rc = filing_run(game->room.archive, 100, &err)) > 0)
            ;
        check_ok(rc, &err);
        check_ok(archive_batch_close(game->room.archive, game->batches[i], "test", &err), &err);
    }
}

static void tell(void *to, const char *line)
{
    (void)to;
    print_error("discrepancy: %s\n", line);
}

static void check_whole(struct game *game)
{
    struct err err = {0};
    struct verify_report report;
    check_ok(verify_archive(game->room.archive, tell, NULL, &report, &err), &err);
    assert_int_equal(report.discrepancies, 0);
}

static void any_order_of_events_loses_and_doubles_nothing(void **state)
{
    (void)state;
    struct game game = {.seed = (uint64_t)clock_wall_ms()};
    if (getenv("TRIPLI_SEED"))
        game.seed = strtoull(getenv("TRIPLI_SEED"), NULL, 10);
    print_message("seed %llu\n", (unsigned long long)game.seed);
    room_open(&game.room);
    for (int i = 0; i < BATCHES; i++)
        game.batches[i] = room_batch(&game.room, (uint8_t)(i + 1),
                                     i == 0 ? BOUNDARY_SEPARATORS : BOUNDARY_MARKED);
    void (*const moves[])(struct game *) = {feed,   feed,   feed, feed, lend,    lend, answer,
                                            answer, answer, code, file, restart, end};
    for (int i = 0; i < STEPS; i++) {
        moves[draw(&game, sizeof moves / sizeof *moves)](&game);
        if (i % 50 == 0)
            check_counts(&game);
    }
    check_counts(&game);
    check_whole(&game);
    finish(&game);
    check_whole(&game);
    struct archive_counts all = room_count(&game.room, (struct batch_id){0});
    assert_int_equal(all.filed + all.blank + all.separators, BATCHES * PAGES);
    room_remove(&game.room);
}

int main(void)
{
    struct err err;
    if (seal_start(&err) < 0)
        return 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_order_of_events_loses_and_doubles_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
