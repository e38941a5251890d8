/*
 * tripli-gateway: the door for partner funds. It takes batches over tcp with CURVE from keys that
 * are listed under a tenant, seals each chunk for the hub's side before it touches the disk, hands
 * receipts out, and passes on what tripli-handover has sealed for the partner. It holds no key that
 * opens anything. docs/partners.md is its protocol.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sysexits.h>

#include "archive/tenants.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "partners/listed.h"
#include "partners/outbox.h"
#include "partners/tries.h"
#include "wire/link.h"
#include "workers/gateway_notes.h"
#include "workers/program.h"

enum {
    TURN_MS = 200,
    PEER_MESSAGES = 4,        /* queued per connection: 4 × 512 KB = 2 MB at the most */
    PEER_ANSWERS = 16,        /* a window's at once, and ZeroMQ counts what it has sent late */
    FRAME_BYTES = 512 * 1024, /* a chunk and room; a larger frame ends the connection */
    TAKEN_AT_ONCE = 128,      /* messages that one sync makes durable: 4 of each of 32 peers */
    DESCRIPTORS = 65536,      /* connections that never finish their handshake hold one each */
    KEY_PATIENCE_MS = 10000,  /* tripli-import, started beside it, makes the key meanwhile */
    VISITS_A_MINUTE = 60      /* connections of one key; an honest one needs one a batch */
};

/* An answer that waits for the sync of what it acknowledges. */
struct answer {
    struct peer to;
    struct message message;
    struct buf payload;
};

/* Answers that one sync lets go, in the order of the messages. */
struct round {
    struct answer answers[TAKEN_AT_ONCE];
    int count;
};

struct gateway {
    struct program program;
    const char *listen, *key_file, *allow_file;
    struct wire *wire;
    struct link *link;
    struct allow_list *allowed;
    struct tenants *tenants;
    char root[PLACE_SIZE + 16]; /* of inbox and outbox */
    struct inbox *inbox;
    struct round rounds[2]; /* one gathers while what the other answers is synced */
    struct round *gathering;
    bool syncing;
    struct notes notes;
    struct tries_counter tries;
    bool stopping;
};

/* A message with who sent it. */
struct call {
    const struct peer *from;
    const struct message *message;
    struct outbox_owner who; /* whose key it is */
};

/* ---- refused tries: for the access journal ---- */

/* Whose key it is, is asked once more: the message may not have come so far. */
static void count_try(struct gateway *gateway, const char *key, const char *kind, int code,
                      unsigned count)
{
    struct tried tried = {.count = count};
    struct listed listed;
    if (listed_find(gateway->allowed, key, &listed, NULL) == 0)
        memcpy(tried.tenant, listed.tenant, sizeof tried.tenant);
    snprintf(tried.key, sizeof tried.key, "%s", key);
    snprintf(tried.kind, sizeof tried.kind, "%s", kind);
    snprintf(tried.code, sizeof tried.code, "%s", err_name(code));
    tries_count(&gateway->tries, &tried, clock_wall_ms());
}

/* What was asked: a kind of the door's, or "other". */
static const char *kind_tried(const struct message *message)
{
    switch (message->header ? message->kind : MESSAGE_REFUSED) {
    case MESSAGE_SUBMIT:
    case MESSAGE_CHUNK:
    case MESSAGE_RECEIPT:
    case MESSAGE_FETCH:
    case MESSAGE_PART:
    case MESSAGE_ACKNOWLEDGE:
        return message_name(message->kind);
    default:
        return "other";
    }
}

/* Trouble of this side is nobody's try. */
static bool is_ours(int code)
{
    return code == ERR_FULL || code == ERR_IO || code == ERR_MEMORY || code == ERR_UNAVAILABLE;
}

static void keep_tries(struct gateway *gateway, bool ends)
{
    struct err err = {0};
    if (tries_keep(&gateway->tries, clock_wall_ms(), ends, &err) < 0)
        notes_say(&gateway->notes, "tries", err.text);
}

/* ---- answers ---- */

/* Each message has one answer; it is sent after the sync, in the order of the messages. `&payload`
 * is taken over. */
static void answer(struct gateway *gateway, const struct call *call, const struct message *message,
                   struct buf *payload)
{
    struct answer *to = &gateway->gathering->answers[gateway->gathering->count++];
    *to = (struct answer){.to = *call->from, .message = *message};
    if (payload) {
        to->payload = *payload;
        *payload = (struct buf){0};
    }
}

static struct message refusal(const char *what, const struct err *why)
{
    struct message refused = {.kind = MESSAGE_REFUSED};
    snprintf(refused.refused.what, sizeof refused.refused.what, "%s", what);
    snprintf(refused.refused.code, sizeof refused.refused.code, "%s", err_name(why->code));
    snprintf(refused.refused.reason, sizeof refused.refused.reason, "%.250s", why->text);
    return refused;
}

static void refuse(struct gateway *gateway, const struct call *call, const struct err *why)
{
    const struct message *about = call->message;
    struct message refused = refusal(about->header ? message_name(about->kind) : "message", why);
    answer(gateway, call, &refused, NULL);
    notes_say(&gateway->notes, call->from->key[0] ? call->from->key : "unknown", why->text);
    if (!is_ours(why->code))
        count_try(gateway, call->from->key, kind_tried(about), why->code, 1);
}

/* A batch that stands: told to the partner. */
static void tell_standing(struct gateway *gateway, const struct call *call, const char *uuid,
                          const struct inbox_standing *standing)
{
    struct message message = {.kind = MESSAGE_STANDING};
    snprintf(message.standing.uuid, sizeof message.standing.uuid, "%s", uuid);
    snprintf(message.standing.phase, sizeof message.standing.phase, "%s",
             inbox_phase_name(standing->phase));
    message.standing.file = standing->file;
    message.standing.at = standing->at;
    answer(gateway, call, &message, NULL);
}

static void send_answers(struct gateway *gateway, struct round *round, const struct err *failed)
{
    struct err err = {0};
    for (int i = 0; i < round->count; i++) {
        struct answer *at = &round->answers[i];
        if (failed && at->message.kind == MESSAGE_STANDING)
            at->message = refusal("chunk", failed);
        if (link_give(gateway->link, &at->to, &at->message, &at->payload, &err) < 0)
            log_debug("'%s' not sent: %s", message_name(at->message.kind), err.text);
        buf_free(&at->payload);
    }
    round->count = 0;
}

static struct round *other_round(struct gateway *gateway)
{
    return &gateway->rounds[gateway->gathering == &gateway->rounds[0]];
}

/* What was taken in a round is durable, or is not: then its messages have their answers. */
static void end_round(struct gateway *gateway)
{
    struct err why = {0};
    int rc = inbox_sync_end(gateway->inbox, &why);
    if (rc < 0)
        notes_say(&gateway->notes, "disk", why.text);
    send_answers(gateway, other_round(gateway), rc < 0 ? &why : NULL);
    gateway->syncing = false;
}

/* What was taken begins to become durable; the next round gathers meanwhile. */
static void begin_round(struct gateway *gateway)
{
    keep_tries(gateway, false);
    inbox_sync_begin(gateway->inbox);
    gateway->gathering = other_round(gateway);
    gateway->syncing = true;
}

/* ---- submitting ---- */

static int check_uuid(const char *uuid, struct err *err)
{
    return manifest_uuid_is_valid(uuid)
               ? 0
               : err_set(err, ERR_PROTOCOL, "uuid: 32 lower-case hex digits are wanted");
}

static int take_submit(struct gateway *gateway, const struct call *call, struct err *err)
{
    const struct submit_message *submit = &call->message->submit;
    const struct inbox_batch batch = {call->who.tenant, submit->uuid};
    struct inbox_standing standing;
    struct inbox_manifest manifest = {.bytes = submit->bytes};
    int rc = check_uuid(submit->uuid, err);
    if (rc == 0 && strcmp(submit->tenant, call->who.tenant) != 0)
        rc = err_set(err, ERR_DENIED, "submit: this key is not listed for that tenant");
    if (rc == 0 && digest_parse(submit->manifest, &manifest.digest) < 0)
        rc = err_set(err, ERR_PROTOCOL, "submit: manifest: 64 hex digits are wanted");
    if (rc == 0)
        rc = inbox_announce(gateway->inbox, &batch, &manifest, &standing, err);
    if (rc == 0)
        tell_standing(gateway, call, submit->uuid, &standing);
    return rc;
}

static int take_chunk(struct gateway *gateway, const struct call *call, struct err *err)
{
    const struct chunk_message *said = &call->message->chunk;
    const struct inbox_batch batch = {call->who.tenant, said->uuid};
    const struct spool_chunk chunk = {said->file, said->at, buf_view(&call->message->payload)};
    struct inbox_standing standing;
    int rc = check_uuid(said->uuid, err);
    if (rc == 0)
        rc = inbox_take(gateway->inbox, &batch, &chunk, &standing, err);
    if (rc < 0)
        return rc;
    tell_standing(gateway, call, said->uuid, &standing);
    if (standing.phase == INBOX_QUEUED)
        log_info("tenant=%s batch=%.8s… is whole", call->who.tenant, said->uuid);
    return 0;
}

static int take_receipt(struct gateway *gateway, const struct call *call, struct err *err)
{
    const struct receipt_message *said = &call->message->receipt;
    const struct inbox_batch batch = {call->who.tenant, said->uuid};
    struct message answered = {.kind = MESSAGE_RECEIPT_PART};
    struct receipt_part_message *to = &answered.receipt_part;
    struct inbox_part part = {0};
    int rc = check_uuid(said->uuid, err);
    if (rc == 0)
        rc = inbox_receipt(gateway->inbox, &batch, said->at, &part, err);
    if (rc < 0)
        return rc;
    memcpy(to->uuid, said->uuid, sizeof to->uuid);
    to->at = part.at;
    to->bytes = part.whole;
    answer(gateway, call, &answered, &part.bytes);
    return 0;
}

/* ---- fetching ---- */

static void tell_handover(struct gateway *gateway, const struct call *call, const char *uuid,
                          const struct outbox_standing *standing)
{
    struct message message = {.kind = MESSAGE_HANDOVER};
    struct handover_message *to = &message.handover;
    snprintf(to->uuid, sizeof to->uuid, "%s", uuid);
    snprintf(to->phase, sizeof to->phase, "%s", outbox_phase_name(standing->phase));
    to->number = standing->number;
    to->files = standing->files;
    answer(gateway, call, &message, NULL);
}

static int take_fetch(struct gateway *gateway, const struct call *call, struct err *err)
{
    const struct fetch_message *said = &call->message->fetch;
    struct outbox_order order = {.again = said->again, .pdf = said->pdf};
    struct outbox_standing standing;
    int rc = check_uuid(said->uuid, err);
    memcpy(order.uuid, said->uuid, sizeof order.uuid);
    if (rc == 0)
        rc = outbox_ask(gateway->root, &call->who, &order, &standing, err);
    if (rc == 0)
        tell_handover(gateway, call, said->uuid, &standing);
    return rc;
}

static int take_part(struct gateway *gateway, const struct call *call, struct err *err)
{
    const struct part_message *said = &call->message->part;
    const struct outbox_place place = {said->number, said->file, said->at};
    struct message answered = {.kind = MESSAGE_FILE_PART};
    struct inbox_part part = {0};
    int rc = outbox_piece(gateway->root, &call->who, &place, &part, err);
    answered.file_part = (struct file_part_message){said->number, said->file, said->at, part.whole};
    if (rc == 0)
        answer(gateway, call, &answered, &part.bytes);
    buf_free(&part.bytes);
    return rc;
}

static int take_acknowledge(struct gateway *gateway, const struct call *call, struct err *err)
{
    const struct acknowledge_message *said = &call->message->acknowledge;
    struct outbox_given given = {.number = said->number};
    struct outbox_standing standing;
    int rc = check_uuid(said->uuid, err);
    if (rc == 0 && digest_parse(said->manifest, &given.manifest) < 0)
        rc = err_set(err, ERR_PROTOCOL, "acknowledge: manifest: 64 hex digits are wanted");
    memcpy(given.uuid, said->uuid, sizeof given.uuid);
    if (rc == 0)
        rc = outbox_acknowledge(gateway->root, &call->who, &given, &standing, err);
    if (rc == 0)
        tell_handover(gateway, call, said->uuid, &standing);
    return rc;
}

/* ---- who may ---- */

static int find_owner(const struct gateway *gateway, const struct peer *from,
                      struct outbox_owner *ret_owner, struct err *err)
{
    struct listed listed;
    int rc = listed_find(gateway->allowed, from->key, &listed, err);
    if (rc == 0 && !tenants_find(gateway->tenants, listed.tenant))
        rc = err_set(err, ERR_DENIED, "key %.8s… is listed for no tenant", from->key);
    if (rc < 0)
        return rc;
    *ret_owner = (struct outbox_owner){.medical = listed.medical};
    memcpy(ret_owner->tenant, listed.tenant, sizeof ret_owner->tenant);
    memcpy(ret_owner->key, from->key, sizeof ret_owner->key);
    return 0;
}

static void take(struct gateway *gateway, const struct peer *from, const struct message *message)
{
    static const struct {
        enum message_kind kind;
        int (*act)(struct gateway *, const struct call *, struct err *);
    } calls[] = {{MESSAGE_SUBMIT, take_submit},   {MESSAGE_CHUNK, take_chunk},
                 {MESSAGE_RECEIPT, take_receipt}, {MESSAGE_FETCH, take_fetch},
                 {MESSAGE_PART, take_part},       {MESSAGE_ACKNOWLEDGE, take_acknowledge}};
    enum { CALLS = sizeof calls / sizeof *calls };
    struct call call = {.from = from, .message = message};
    struct err err = {0};
    int which = 0, rc = find_owner(gateway, from, &call.who, &err);
    while (which < CALLS && calls[which].kind != message->kind)
        which++;
    if (rc == 0 && which < CALLS)
        rc = calls[which].act(gateway, &call, &err);
    else if (rc == 0)
        rc = err_set(&err, ERR_PROTOCOL, "'%s' is not for the partners' door",
                     message_name(message->kind));
    if (rc < 0)
        refuse(gateway, &call, &err);
}

/* ---- loop ---- */

static bool is_full(const struct gateway *gateway)
{
    return gateway->gathering->count == TAKEN_AT_ONCE;
}

static int receive(struct gateway *gateway, struct err *err)
{
    int rc = 1;
    while (rc > 0 && !is_full(gateway)) {
        struct message message;
        struct peer from;
        struct err why = {0};
        rc = link_receive(gateway->link, &message, &from, &why);
        if (rc > 0)
            take(gateway, &from, &message);
        else if (rc == ERR_UNAVAILABLE || rc == ERR_MEMORY)
            *err = why;
        else if (rc < 0) {
            refuse(gateway, &(struct call){.from = &from, .message = &message}, &why);
            rc = 1;
        }
        message_clear(&message);
    }
    return rc < 0 ? rc : 0;
}

/* One connection that comes again and again was cut each time: ZeroMQ says no reason. */
static void tell_visit(struct gateway *gateway, const struct visit *visit)
{
    const char *address = visit->address[0] ? visit->address : "unknown";
    const char *about = visit->key[0] ? visit->key : address;
    char text[160];
    if (!visit->key[0])
        snprintf(text, sizeof text, "a connection did not finish its handshake");
    else if (!visit->listed)
        snprintf(text, sizeof text, "from %s: key not listed, turned away", address);
    else if (notes_visit(&gateway->notes, visit->key, visit->count) > VISITS_A_MINUTE)
        snprintf(text, sizeof text,
                 "from %s: over %d connections in a minute; a frame over %d bytes ends one",
                 address, VISITS_A_MINUTE, FRAME_BYTES);
    else
        return;
    if (visit->key[0] && !visit->listed)
        count_try(gateway, visit->key, "handshake", ERR_DENIED, visit->count);
    notes_add_unsaid(&gateway->notes, about, visit->count - 1);
    notes_say(&gateway->notes, about, text);
}

static void tell_visits(struct gateway *gateway)
{
    struct visits since;
    wire_visits(gateway->wire, &since);
    for (int i = 0; i < since.count; i++)
        tell_visit(gateway, &since.at[i]);
}

static void take_signals(struct gateway *gateway)
{
    for (int number; (number = program_take_signal(&gateway->program)) != 0;)
        gateway->stopping |= number == SIGTERM || number == SIGINT;
}

/* A full round takes no more before the one that is synced has ended. */
static int turn(struct gateway *gateway, struct err *err)
{
    const struct link_set set = {
        .links = {gateway->link},
        .link_count = !is_full(gateway),
        .fds = {gateway->program.signals, inbox_sync_descriptor(gateway->inbox)},
        .fd_count = 1 + gateway->syncing};
    struct link_ready ready;
    int rc = link_poll(gateway->wire, &set, TURN_MS, &ready, err);
    take_signals(gateway);
    allow_list_refresh(gateway->allowed);
    tell_visits(gateway);
    if (gateway->syncing && (ready.fds & 2))
        end_round(gateway);
    if (rc == 0)
        rc = receive(gateway, err);
    if (!gateway->syncing && gateway->gathering->count > 0)
        begin_round(gateway);
    return rc < 0 ? rc : 0;
}

static int open_inbox(struct gateway *gateway, struct err *err)
{
    char path[PLACE_SIZE + 32];
    snprintf(gateway->root, sizeof gateway->root, "%s/partners", gateway->program.place.data);
    const struct inbox_params params = {.root = gateway->root,
                                        .reserve_bytes = PARTNERS_RESERVE_BYTES};
    int64_t until = clock_mono_ms() + KEY_PATIENCE_MS;
    int rc = inbox_open(&params, &gateway->inbox, err);
    while (rc == ERR_NOT_FOUND && clock_mono_ms() < until && !gateway->stopping) {
        struct pollfd signals = {.fd = gateway->program.signals, .events = POLLIN};
        poll(&signals, 1, TURN_MS);
        take_signals(gateway);
        rc = inbox_open(&params, &gateway->inbox, err);
    }
    if (rc == ERR_NOT_FOUND)
        return err_set(err, rc, "%s/hub.pub is not there; tripli-import makes it", gateway->root);
    snprintf(path, sizeof path, "%s/tenants.conf", gateway->program.place.config);
    return rc < 0 ? rc : tenants_load(path, &gateway->tenants, err);
}

/* The key given, or the one beside the inbox, made at the first start. Its public half lies there,
 * for partners are to be given it. */
static int load_keys(const struct gateway *gateway, struct curve_keys *ret_keys, struct err *err)
{
    char path[PLACE_SIZE + 32], line[CURVE_KEY_SIZE + 1];
    struct err why = {0};
    snprintf(path, sizeof path, "%s/gateway.key", gateway->root);
    int rc = curve_load(gateway->key_file ? gateway->key_file : path, ret_keys, err);
    if (rc == ERR_NOT_FOUND && !gateway->key_file) {
        rc = curve_generate(ret_keys, err);
        if (rc == 0)
            rc = curve_save(path, ret_keys, err);
    }
    if (rc < 0)
        return rc;
    snprintf(path, sizeof path, "%s/gateway.pub", gateway->root);
    int len = snprintf(line, sizeof line, "%s\n", ret_keys->public_key);
    if (file_write(path, 0644, bytes_of(line, (size_t)len), &why) < 0) /* a full disk, perhaps */
        log_warn("%s; the public key for partners is %s", why.text, ret_keys->public_key);
    return 0;
}

static int open_door(struct gateway *gateway, struct err *err)
{
    struct curve_keys keys;
    const struct rlimit files = {DESCRIPTORS, DESCRIPTORS};
    setrlimit(RLIMIT_NOFILE, &files); /* as many as there may be */
    const struct link_params params = {.endpoint = gateway->listen,
                                       .receive_messages = PEER_MESSAGES,
                                       .send_messages = PEER_ANSWERS,
                                       .largest_bytes = FRAME_BYTES,
                                       .keys = &keys};
    int rc = load_keys(gateway, &keys, err);
    if (rc == 0)
        rc = allow_list_open(gateway->allow_file, &gateway->allowed, err);
    if (rc == 0)
        rc = wire_open(&gateway->wire, err);
    if (rc == 0)
        rc = wire_guard(gateway->wire, gateway->allowed, err);
    if (rc == 0)
        rc = link_serve(gateway->wire, &params, &gateway->link, err);
    if (rc == 0)
        log_info("partners may come to %s, for the public key %s, with keys listed in %s",
                 gateway->listen, keys.public_key, gateway->allow_file);
    return rc;
}

static int serve(struct gateway *gateway, struct err *err)
{
    char list[PLACE_SIZE + 32];
    snprintf(list, sizeof list, "%s/partners.list", gateway->program.place.config);
    if (!gateway->allow_file)
        gateway->allow_file = list;
    int rc = program_signals(&gateway->program, err);
    if (rc == 0)
        rc = open_inbox(gateway, err);
    if (rc == 0)
        rc = tries_open(gateway->root, &gateway->tries, err);
    if (rc == 0)
        rc = open_door(gateway, err);
    if (rc < 0)
        return rc;
    gateway->gathering = &gateway->rounds[0];
    while (rc == 0 && !gateway->stopping)
        rc = turn(gateway, err);
    while (gateway->syncing || gateway->gathering->count > 0)
        (gateway->syncing ? end_round : begin_round)(gateway);
    keep_tries(gateway, true);
    return rc;
}

static void close_all(struct gateway *gateway)
{
    link_free(&gateway->link);
    wire_free(&gateway->wire);
    allow_list_free(&gateway->allowed);
    inbox_free(&gateway->inbox);
    tenants_free(&gateway->tenants);
}

static const struct argp_option options[] = {
    {"listen", 'l', "tcp://ADDRESS:PORT", 0, "where partners come", 0},
    {"key", 'K', "FILE", 0, "own key pair (DATA/partners/gateway.key)", 0},
    {"allow", 'A', "FILE", 0, "lines of public key and tenant (CONFIG/partners.list)", 0},
    {0},
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct gateway *gateway = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &gateway->program;
        return 0;
    case 'l':
        gateway->listen = arg;
        return 0;
    case 'K':
        gateway->key_file = arg;
        return 0;
    case 'A':
        gateway->allow_file = arg;
        return 0;
    case ARGP_KEY_END:
        if (!gateway->listen)
            argp_error(state, "--listen is wanted");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

int main(int argc, char **argv)
{
    static const struct argp_child children[] = {{&program_argp, 0, NULL, 0}, {0}};
    static const struct argp argp = {options,  parse, NULL, "Takes batches from partner funds.",
                                     children, NULL,  NULL};
    static struct gateway gateway = {.program = {.name = "tripli-gateway"}};
    struct err err = {0};
    program_keep_memory();
    argp_parse(&argp, argc, argv, 0, NULL, &gateway);
    int rc = program_start(&gateway.program, &err);
    if (rc == 0)
        rc = serve(&gateway, &err);
    close_all(&gateway);
    return rc < 0 ? program_fail(&gateway.program, &err) : EX_OK;
}
