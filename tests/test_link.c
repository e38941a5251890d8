/*
 * Links between processes: messages arrive whole, the gone are noticed, and over tcp only listed
 * keys get in.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "wire/link.h"

#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/scope.h"
#include "tests/check.h"

enum { PATIENCE_MS = 3000, REFUSAL_MS = 800 };

static char folder[] = "/tmp/tripli-link-XXXXXX";

static const char *at(const char *name)
{
    static char path[4][200];
    static int next;
    char *to = path[next++ % 4];
    snprintf(to, sizeof path[0], "%s/%s", folder, name);
    return to;
}

/* Turns both sides until the server has a message or time is over. */
struct pair {
    struct wire *wire; /* the server's */
    struct link *server, *client;
};

static int exchange(struct pair pair, int wait_ms, struct message *ret_got, struct peer *ret_from)
{
    int64_t until = clock_mono_ms() + wait_ms;
    bool sent = false;
    struct err err = {0};
    const struct message bye = {.kind = MESSAGE_BYE};
    const struct link_set set = {.links = {pair.server}, .link_count = 1};
    while (clock_mono_ms() < until) {
        struct link_ready ready;
        sent = sent || link_send(pair.client, NULL, &bye, bytes_of("payload", 7), &err) == 0;
        check_ok(link_poll(pair.wire, &set, 10, &ready, &err), &err);
        int rc = link_receive(pair.server, ret_got, ret_from, &err);
        if (rc != 0)
            return rc;
    }
    return 0;
}

static void a_message_and_its_answer_go_over_ipc(void **state)
{
    (void)state;
    char endpoint[300];
    struct err err = {0};
    struct wire *wire = NULL;
    struct link *server = NULL, *client = NULL;
    struct message got;
    struct peer from;
    snprintf(endpoint, sizeof endpoint, "ipc://%s", at("socket"));
    const struct link_params params = {
        .endpoint = endpoint, .receive_messages = 10, .send_messages = 10};
    check_ok(wire_open(&wire, &err), &err);
    check_ok(link_serve(wire, &params, &server, &err), &err);
    check_ok(link_call(wire, &params, &client, &err), &err);
    assert_int_equal(exchange((struct pair){wire, server, client}, PATIENCE_MS, &got, &from), 1);
    assert_int_equal(got.kind, MESSAGE_BYE);
    assert_true(bytes_equal(buf_view(&got.payload), bytes_of("payload", 7)));
    message_clear(&got);
    check_ok(
        link_send(server, &from, &(struct message){.kind = MESSAGE_BYE}, bytes_of(NULL, 0), &err),
        &err);
    const struct link_set set = {.links = {client}, .link_count = 1};
    struct link_ready ready;
    check_ok(link_poll(wire, &set, PATIENCE_MS, &ready, &err), &err);
    assert_int_equal(ready.links, 1);
    assert_int_equal(link_receive(client, &got, NULL, &err), 1);
    message_clear(&got);
    link_free(&client);
    link_free(&server);
    wire_free(&wire);
}

static void an_answer_to_a_peer_that_is_gone_is_an_error(void **state)
{
    (void)state;
    struct err err = {0};
    struct wire *wire = NULL;
    struct link *server = NULL;
    char endpoint[300];
    const struct peer nobody = {.id = {1, 2, 3, 4, 5}, .id_len = 5};
    snprintf(endpoint, sizeof endpoint, "ipc://%s", at("gone"));
    const struct link_params params = {
        .endpoint = endpoint, .receive_messages = 10, .send_messages = 10};
    check_ok(wire_open(&wire, &err), &err);
    check_ok(link_serve(wire, &params, &server, &err), &err);
    check_refused(
        link_send(server, &nobody, &(struct message){.kind = MESSAGE_BYE}, bytes_of(NULL, 0), &err),
        ERR_UNAVAILABLE, &err);
    link_free(&server);
    wire_free(&wire);
}

static void a_payload_is_given_away_only_when_it_is_sent(void **state)
{
    (void)state;
    struct err err = {0};
    struct wire *wire = NULL;
    struct link *server = NULL, *client = NULL;
    struct link_ready ready;
    struct message got = {0};
    char endpoint[300];
    const struct message bye = {.kind = MESSAGE_BYE};
    SCOPED(buf_free) struct buf payload = {0};
    snprintf(endpoint, sizeof endpoint, "ipc://%s", at("later"));
    const struct link_params params = {
        .endpoint = endpoint, .receive_messages = 10, .send_messages = 10};
    assert_int_equal(buf_append(&payload, bytes_of("payload", 7)), 0);
    check_ok(wire_open(&wire, &err), &err);
    check_ok(link_call(wire, &params, &client, &err), &err);
    check_refused(link_give(client, NULL, &bye, &payload, &err), ERR_UNAVAILABLE, &err);
    assert_int_equal(payload.len, 7);
    check_ok(link_serve(wire, &params, &server, &err), &err);
    const struct link_set set = {.links = {server}, .link_count = 1};
    int64_t until = clock_mono_ms() + PATIENCE_MS;
    int rc = 0;
    while (rc == 0 && clock_mono_ms() < until) {
        if (payload.len > 0 && link_give(client, NULL, &bye, &payload, &err) == 0)
            assert_int_equal(payload.len, 0);
        check_ok(link_poll(wire, &set, 10, &ready, &err), &err);
        rc = link_receive(server, &got, NULL, &err);
    }
    assert_int_equal(rc, 1);
    assert_true(bytes_equal(buf_view(&got.payload), bytes_of("payload", 7)));
    message_clear(&got);
    link_free(&client);
    link_free(&server);
    wire_free(&wire);
}

static void endpoints_that_cannot_be_safe_are_refused(void **state)
{
    (void)state;
    struct err err = {0};
    struct wire *wire = NULL;
    struct link *link = NULL;
    char longest[300] = "ipc:///";
    memset(longest + 7, 'x', 200);
    struct link_params params = {.receive_messages = 1, .send_messages = 1};
    check_ok(wire_open(&wire, &err), &err);
    params.endpoint = "tcp://127.0.0.1:*";
    check_refused(link_serve(wire, &params, &link, &err), ERR_DENIED, &err);
    params.endpoint = "inproc://x";
    check_refused(link_serve(wire, &params, &link, &err), ERR_CONFIG, &err);
    params.endpoint = longest;
    check_refused(link_serve(wire, &params, &link, &err), ERR_LIMIT, &err);
    wire_free(&wire);
}

struct guarded {
    struct wire *wire, *outside;
    struct link *server;
    struct allow_list *list;
    struct curve_keys hub, worker;
    char endpoint[64];
};

static void write_list(const struct guarded *guarded, const char *key)
{
    struct err err = {0};
    char line[128];
    (void)guarded;
    snprintf(line, sizeof line, "# keys\n%s a worker\n", key);
    check_ok(file_write(at("allow"), 0600, bytes_of(line, strlen(line)), &err), &err);
}

static void open_guarded(struct guarded *guarded, const char *listed)
{
    struct err err = {0};
    snprintf(guarded->endpoint, sizeof guarded->endpoint, "tcp://127.0.0.1:%d",
             20000 + (int)getpid() % 20000);
    write_list(guarded, listed);
    check_ok(allow_list_open(at("allow"), &guarded->list, &err), &err);
    check_ok(wire_open(&guarded->wire, &err), &err);
    check_ok(wire_open(&guarded->outside, &err), &err);
    check_ok(wire_guard(guarded->wire, guarded->list, &err), &err);
    const struct link_params params = {.endpoint = guarded->endpoint,
                                       .receive_messages = 10,
                                       .send_messages = 10,
                                       .keys = &guarded->hub};
    check_ok(link_serve(guarded->wire, &params, &guarded->server, &err), &err);
}

static void close_guarded(struct guarded *guarded)
{
    link_free(&guarded->server);
    wire_free(&guarded->outside);
    wire_free(&guarded->wire);
    allow_list_free(&guarded->list);
}

static struct link *call(struct guarded *guarded)
{
    struct err err = {0};
    struct link *client = NULL;
    const struct link_params params = {.endpoint = guarded->endpoint,
                                       .receive_messages = 10,
                                       .send_messages = 10,
                                       .keys = &guarded->worker,
                                       .server_key = guarded->hub.public_key};
    check_ok(link_call(guarded->outside, &params, &client, &err), &err);
    return client;
}

/* People take a key out by a '#' before it. */
static void a_key_behind_a_hash_is_out(void **state)
{
    (void)state;
    struct curve_keys out, in;
    struct allow_list *list = NULL;
    struct err err = {0};
    char text[256];
    check_ok(curve_generate(&out, &err), &err);
    check_ok(curve_generate(&in, &err), &err);
    snprintf(text, sizeof text, "# keys\n#%s lost\n%s kept\n", out.public_key, in.public_key);
    check_ok(file_write(at("hash"), 0600, bytes_of(text, strlen(text)), &err), &err);
    check_ok(allow_list_open(at("hash"), &list, &err), &err);
    assert_null(allow_list_name(list, out.public_key));
    assert_string_equal(allow_list_name(list, in.public_key), "kept");
    assert_false(allow_list_is_broken(list));
    allow_list_free(&list);
}

static void only_a_listed_key_gets_in(void **state)
{
    (void)state;
    struct guarded guarded = {0};
    struct curve_keys other;
    struct message got;
    struct peer from;
    struct err err = {0};
    check_ok(curve_generate(&guarded.hub, &err), &err);
    check_ok(curve_generate(&guarded.worker, &err), &err);
    check_ok(curve_generate(&other, &err), &err);
    open_guarded(&guarded, other.public_key);
    struct link *client = call(&guarded);
    assert_int_equal(
        exchange((struct pair){guarded.wire, guarded.server, client}, REFUSAL_MS, &got, &from), 0);
    struct visits since;
    wire_visits(guarded.wire, &since);
    assert_int_equal(since.count, 1);
    assert_true(since.at[0].count > 0 && !since.at[0].listed);
    assert_string_equal(since.at[0].key, guarded.worker.public_key);
    assert_string_equal(since.at[0].address, "127.0.0.1");
    wire_visits(guarded.wire, &since);
    assert_int_equal(since.count, 0);
    link_free(&client);
    close_guarded(&guarded);

    open_guarded(&guarded, guarded.worker.public_key);
    client = call(&guarded);
    assert_int_equal(
        exchange((struct pair){guarded.wire, guarded.server, client}, PATIENCE_MS, &got, &from), 1);
    assert_string_equal(from.key, guarded.worker.public_key);
    message_clear(&got);
    link_free(&client);
    close_guarded(&guarded);
}

static void keys_are_kept_private_and_never_replaced(void **state)
{
    (void)state;
    struct err err = {0};
    struct curve_keys keys, back;
    check_ok(curve_generate(&keys, &err), &err);
    check_ok(curve_save(at("pair"), &keys, &err), &err);
    check_ok(curve_load(at("pair"), &back, &err), &err);
    assert_string_equal(back.secret_key, keys.secret_key);
    check_refused(curve_save(at("pair"), &keys, &err), ERR_CONFLICT, &err);
    check_ok(file_write(at("open"), 0644, bytes_of("public x\nsecret y\n", 18), &err), &err);
    check_refused(curve_load(at("open"), &back, &err), ERR_DENIED, &err);
    check_ok(file_write(at("bad"), 0600, bytes_of("public x\nsecret y\n", 18), &err), &err);
    check_refused(curve_load(at("bad"), &back, &err), ERR_FORMAT, &err);
}

int main(void)
{
    if (!mkdtemp(folder))
        return 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_message_and_its_answer_go_over_ipc),
        cmocka_unit_test(an_answer_to_a_peer_that_is_gone_is_an_error),
        cmocka_unit_test(a_payload_is_given_away_only_when_it_is_sent),
        cmocka_unit_test(endpoints_that_cannot_be_safe_are_refused),
        cmocka_unit_test(a_key_behind_a_hash_is_out),
        cmocka_unit_test(only_a_listed_key_gets_in),
        cmocka_unit_test(keys_are_kept_private_and_never_replaced),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    struct err err;
    file_remove_tree(folder, &err);
    return failed;
}
