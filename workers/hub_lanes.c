/*
 * The hub towards workers: who they are, what is lent to whom, verdicts back. State that counts is
 * in the archive; a lane is only what this life of the hub knows of a worker.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "workers/desk.h"
#include "workers/hub.h"

static bool same_peer(const struct lane *lane, const struct link *link, const struct peer *peer)
{
    return lane->used && lane->link == link && lane->peer.id_len == peer->id_len &&
           memcmp(lane->peer.id, peer->id, peer->id_len) == 0;
}

static struct lane *find_lane(struct hub *hub, const struct link *link, const struct peer *peer)
{
    for (int i = 0; i < LANES_MAX; i++)
        if (same_peer(&hub->lanes[i], link, peer))
            return &hub->lanes[i];
    return NULL;
}

/* Gives back what a lane holds, at no cost to the pages, and forgets the lane. */
static void close_lane(struct hub *hub, struct lane *lane, const char *why)
{
    struct err err = {0};
    for (int i = 0; i < lane->lent_count; i++)
        if (intake_return(hub->archive, lane->lent[i].lending, &err) < 0 &&
            err.code != ERR_CONFLICT)
            log_warn("page=%u-%u not returned: %s", lane->lent[i].lending.id.batch,
                     lane->lent[i].lending.id.page, err.text);
    log_info("worker=%s %s, %d pages returned", lane->name, why, lane->lent_count);
    hub->may_have_unread |= lane->lent_count > 0;
    for (int i = 0; i < hub->verdict_count; i++)
        if (hub->verdict_lane[i] == lane)
            hub->verdict_lane[i] = NULL;
    *lane = (struct lane){0};
}

/* A worker that comes back under its name takes the place of what it was. */
static void close_namesake(struct hub *hub, const struct ready_message *ready,
                           const struct peer *peer)
{
    for (int i = 0; i < LANES_MAX; i++) {
        struct lane *lane = &hub->lanes[i];
        if (lane->used && strcmp(lane->name, ready->worker) == 0 &&
            strcmp(lane->peer.key, peer->key) == 0)
            close_lane(hub, lane, "came back");
    }
}

static struct lane *open_lane(struct hub *hub, struct link *link, const struct peer *peer,
                              const struct ready_message *ready)
{
    close_namesake(hub, ready, peer);
    for (int i = 0; i < LANES_MAX; i++) {
        struct lane *lane = &hub->lanes[i];
        if (lane->used)
            continue;
        *lane = (struct lane){.used = true, .link = link, .peer = *peer};
        snprintf(lane->name, sizeof lane->name, "%s", ready->worker);
        log_info("worker=%s ready, holds up to %u pages", lane->name, ready->credit);
        return lane;
    }
    return NULL;
}

static void take_ready(struct hub *hub, struct link *link, const struct peer *peer,
                       const struct message *message)
{
    struct lane *lane = find_lane(hub, link, peer);
    if (!lane)
        lane = open_lane(hub, link, peer, &message->ready);
    if (!lane) {
        struct err err = {0};
        err_set(&err, ERR_LIMIT, "%d workers are here, at most %d", LANES_MAX, LANES_MAX);
        hub_refuse(link, peer, message, &err);
        return;
    }
    uint32_t credit = message->ready.credit;
    lane->credit = credit < LANE_CREDIT_MAX ? credit : LANE_CREDIT_MAX;
    lane->heard_ms = clock_mono_ms();
}

static void drop_lent(struct lane *lane, int i)
{
    lane->lent_count--;
    lane->lent[i] = lane->lent[lane->lent_count];
}

/* Where a lending stands in the lane's list; -1 when this lane does not hold it. */
static int place_of(const struct lane *lane, struct intake_lending lending)
{
    for (int i = 0; lane && i < lane->lent_count; i++) {
        const struct intake_lending *lent = &lane->lent[i].lending;
        if (lent->id.batch == lending.id.batch && lent->id.page == lending.id.page &&
            lent->epoch == lending.epoch)
            return i;
    }
    return -1;
}

/* Takes a lending off the lane's list; false when this lane does not hold it. */
static bool settle(struct lane *lane, struct intake_lending lending)
{
    int at = place_of(lane, lending);
    if (at >= 0)
        drop_lent(lane, at);
    return at >= 0;
}

static void take_failure(struct hub *hub, struct lane *lane, const struct failed_message *failed)
{
    const struct intake_lending lending = {{failed->batch, failed->page}, failed->epoch};
    struct err err = {0};
    if (!settle(lane, lending))
        return; /* not its page any more */
    int rc = failed->unreadable ? intake_quarantine(hub->archive, lending, failed->reason, &err)
                                : intake_fail(hub->archive, lending, failed->reason, &err);
    if (rc < 0 && rc != ERR_CONFLICT)
        hub_trouble(hub, &err);
    bool set_aside = failed->unreadable || rc == PAGE_QUARANTINED;
    log_warn("page=%u-%u failed at %s: %s; %s", failed->batch, failed->page, lane->name,
             failed->reason, set_aside ? "in quarantine" : "will be read again");
    hub->may_have_unread = hub->may_have_complete = true;
}

static void take_return(struct hub *hub, struct lane *lane, const struct lend_message *returned)
{
    const struct intake_lending lending = {{returned->batch, returned->page}, returned->epoch};
    struct err err = {0};
    if (settle(lane, lending) && intake_return(hub->archive, lending, &err) < 0)
        log_debug("return: %s", err.text);
    hub->may_have_unread = true;
}

/* A worker speaks for the pages that it was lent and has not answered; another's are not its. */
static void take_verdict(struct hub *hub, struct lane *lane, struct message *message)
{
    const struct verdict_message *said = &message->verdict;
    if (place_of(lane, (struct intake_lending){{said->batch, said->page}, said->epoch}) < 0) {
        log_warn("page=%u-%u epoch=%u verdict not taken: not lent to this worker", said->batch,
                 said->page, said->epoch);
        return;
    }
    hub->verdict_lane[hub->verdict_count] = lane;
    hub->verdicts[hub->verdict_count++] = *message;
    *message = (struct message){0};
}

static void take(struct hub *hub, struct link *link, const struct peer *peer,
                 struct message *message)
{
    struct lane *lane = find_lane(hub, link, peer);
    if (lane)
        lane->heard_ms = clock_mono_ms();
    switch (message->kind) {
    case MESSAGE_READY:
        take_ready(hub, link, peer, message);
        return;
    case MESSAGE_VERDICT:
        take_verdict(hub, lane, message);
        return;
    case MESSAGE_FAILED:
        take_failure(hub, lane, &message->failed);
        return;
    case MESSAGE_RETURNED:
        take_return(hub, lane, &message->returned);
        return;
    case MESSAGE_BYE:
        hub_lanes_commit(hub); /* its last verdicts came before it */
        if (lane)
            close_lane(hub, lane, "left");
        return;
    default:
        hub_refuse(link, peer, message,
                   &(struct err){ERR_PROTOCOL, "this message is not for the workers' door"});
    }
}

int hub_lanes_receive(struct hub *hub, struct link *link, struct err *err)
{
    while (hub->verdict_count < hub->program.tuning.hub.group_pages) {
        struct message message;
        struct peer from;
        int rc = link_receive(link, &message, &from, err);
        if (rc == 0)
            return 0;
        if (rc == ERR_UNAVAILABLE)
            return rc;
        if (rc < 0) {
            log_warn("worker's message not taken: %s", err->text);
            hub_refuse(link, &from, NULL, err);
        } else {
            take(hub, link, &from, &message);
        }
        message_clear(&message);
    }
    return 0;
}

/* Turns verdict `i` into a decision; the record's text is owned by the caller. */
static int decision_of(const struct message *message, struct intake_decision *ret_decision,
                       char **ret_record, struct err *err)
{
    const struct verdict_message *said = &message->verdict;
    struct verdict verdict;
    *ret_record = NULL;
    if (said->epoch == 0) /* of no lending: so the archive would take it for a person's */
        return err_set(err, ERR_PROTOCOL, "epoch 0");
    int rc = verdict_of_json(said->verdict, &verdict, err);
    if (rc < 0)
        return rc;
    desk_decision_of(&verdict, ret_decision);
    if (verdict.tag == TAG_NONE)
        ret_decision->accepted = false;
    verdict_clear(&verdict);
    *ret_record = json_dumps(said->verdict, JSON_COMPACT);
    if (!*ret_record)
        return err_set(err, ERR_MEMORY, "verdict: no memory");
    ret_decision->record = bytes_of(*ret_record, strlen(*ret_record));
    ret_decision->lending = (struct intake_lending){{said->batch, said->page}, said->epoch};
    ret_decision->actor = "worker";
    return 0;
}

/* A verdict that makes no sense counts as a failed try of its page. */
static void refuse_verdict(struct hub *hub, struct lane *lane, const struct verdict_message *said,
                           const struct err *why)
{
    struct failed_message failed = {.batch = said->batch, .page = said->page, .epoch = said->epoch};
    snprintf(failed.reason, sizeof failed.reason, "verdict not valid: %.200s", why->text);
    take_failure(hub, lane, &failed);
}

static void count_verdict(struct hub *hub, int i, const struct intake_decision *decision)
{
    const struct verdict_message *said = &hub->verdicts[i].verdict;
    struct lane *lane = hub->verdict_lane[i];
    hub->pages_decided++;
    hub->cpu_ms += said->cpu_ms;
    hub->unread -= hub->unread > 0;
    if (lane) {
        lane->pages++;
        lane->cpu_ms += said->cpu_ms;
        snprintf(lane->last_tag, sizeof lane->last_tag, "%s",
                 decision->accepted ? decision->tag : "to_code");
    }
    log_info("page=%u-%u sorted: %s %.3f, %s, %u ms", said->batch, said->page, decision->tag,
             decision->confidence, decision->accepted ? "accepted" : "to code", said->cpu_ms);
}

static void note_bad_scan(struct hub *hub, int i, struct intake_lending lending)
{
    const json_t *found = json_object_get(hub->verdicts[i].verdict.verdict, "quality");
    const struct lane *lane = hub->verdict_lane[i];
    int at = place_of(lane, lending);
    if (json_array_size(found) == 0 || at < 0)
        return;
    struct bad_scan *scan = &hub->bad_scans[hub->bad_scan_count++ % BAD_SCANS_MAX];
    *scan = (struct bad_scan){.id = lending.id,
                              .sheet = lane->lent[at].sheet,
                              .side = lane->lent[at].side,
                              .seen_ms = clock_mono_ms()};
    for (size_t k = 0; k < json_array_size(found); k++)
        scan->findings |=
            1u << quality_finding_of_name(json_string_value(json_array_get(found, k)));
}

static void drop_verdicts(struct hub *hub, char **records)
{
    for (int i = 0; i < hub->verdict_count; i++) {
        free(records[i]);
        message_clear(&hub->verdicts[i]);
    }
    hub->verdict_count = 0;
}

void hub_lanes_commit(struct hub *hub)
{
    static struct intake_decision decisions[GROUP_MAX];
    static int source[GROUP_MAX], results[GROUP_MAX];
    char *records[GROUP_MAX];
    struct err err = {0};
    int count = 0;
    for (int i = 0; i < hub->verdict_count; i++) {
        const struct verdict_message *said = &hub->verdicts[i].verdict;
        if (decision_of(&hub->verdicts[i], &decisions[count], &records[i], &err) < 0)
            refuse_verdict(hub, hub->verdict_lane[i], said, &err);
        else
            source[count++] = i;
    }
    int rc = count ? intake_decide(hub->archive, decisions, (size_t)count, results, &err) : 0;
    if (rc < 0)
        hub_trouble(hub, &err); /* the pages' leases run out and they are read again */
    for (int k = 0; k < count; k++) {
        bool taken = rc >= 0 && results[k] == 0;
        if (taken)
            note_bad_scan(hub, source[k], decisions[k].lending);
        settle(hub->verdict_lane[source[k]], decisions[k].lending);
        if (taken)
            count_verdict(hub, source[k], &decisions[k]);
        else
            log_warn("page=%u-%u epoch=%u verdict not taken: %s", decisions[k].lending.id.batch,
                     decisions[k].lending.id.page, decisions[k].lending.epoch,
                     err_name(rc < 0 ? rc : results[k]));
    }
    hub->may_have_complete |= count > 0;
    drop_verdicts(hub, records);
}

/* What capture saw of a page, from its record; "" when that is sound. */
static void find_captured(struct bytes record, char *ret_finding, size_t size)
{
    json_t *capture = json_loadb((const char *)record.at, record.len, 0, NULL);
    const char *finding = json_string_value(json_object_get(capture, "finding"));
    snprintf(ret_finding, size, "%s", finding ? finding : "");
    json_decref(capture);
}

static void send_lease(struct hub *hub, struct lane *lane, const struct intake_lease *lease)
{
    struct message lend = {.kind = MESSAGE_LEND};
    struct err err = {0};
    lend.lend =
        (struct lend_message){.batch = lease->id.batch,
                              .page = lease->id.page,
                              .epoch = lease->epoch,
                              .deadline_ms = (uint32_t)hub->program.tuning.worker.deadline_ms};
    digest_hex(&lease->digest, lend.lend.digest);
    find_captured(buf_view(&lease->capture), lend.lend.finding, sizeof lend.lend.finding);
    lane->lent[lane->lent_count++] =
        (struct lent){{lease->id, lease->epoch}, clock_mono_ms(), lease->sheet, lease->side};
    if (link_send(lane->link, &lane->peer, &lend, buf_view(&lease->image), &err) < 0)
        close_lane(hub, lane, "is gone");
}

static void lend_to(struct hub *hub, struct lane *lane)
{
    struct intake_lease leases[LANE_CREDIT_MAX];
    struct err err = {0};
    int room = (int)lane->credit - lane->lent_count;
    if (room <= 0)
        return;
    int got =
        intake_lend(hub->archive, (size_t)room, hub->program.tuning.hub.lease_ms, leases, &err);
    if (got < 0) {
        hub_trouble(hub, &err);
        return;
    }
    if (got == 0)
        hub->may_have_unread = false;
    for (int i = 0; i < got; i++) {
        if (lane->used)
            send_lease(hub, lane, &leases[i]);
        else
            intake_return(hub->archive, (struct intake_lending){leases[i].id, leases[i].epoch},
                          &err);
        intake_lease_clear(&leases[i]);
    }
}

void hub_lanes_lend(struct hub *hub)
{
    for (int i = 0; i < LANES_MAX; i++)
        if (hub->lanes[i].used && hub->may_have_unread && !hub->stopping)
            lend_to(hub, &hub->lanes[i]);
}

/* Lendings past their time are no longer the lane's; intake_expire gave the pages back. */
static void drop_expired(struct lane *lane, int64_t now, int64_t lease_ms)
{
    for (int i = lane->lent_count - 1; i >= 0; i--)
        if (now - lane->lent[i].since_ms > lease_ms)
            drop_lent(lane, i);
}

void hub_lanes_check(struct hub *hub)
{
    int64_t now = clock_mono_ms(), silence = hub->program.tuning.hub.worker_silence_ms;
    for (int i = 0; i < LANES_MAX; i++) {
        struct lane *lane = &hub->lanes[i];
        if (!lane->used)
            continue;
        drop_expired(lane, now, hub->program.tuning.hub.lease_ms);
        if (now - lane->heard_ms > silence)
            close_lane(hub, lane, "is silent");
    }
}
