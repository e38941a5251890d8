/*
 * Asking the hub: see ask.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "workers/ask.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "archive/access.h"
#include "base/clock.h"
#include "base/scope.h"
#include "wire/link.h"
#include "workers/desk.h"

enum {
    ANSWER_LIMIT_MS = 10000, /* a hub that files a large envelope answers within a second */
    STEP_MS = 20,
    PATIENCE_MS = 1500 /* to find out whether a hub is there */
};

struct asker {
    struct wire *wire;
    struct link *link;
    const struct caller *caller;
    int patience_ms; /* to find out whether a hub is there */
};

void asker_free(struct asker **asker)
{
    if (!asker || !*asker)
        return;
    link_free(&(*asker)->link);
    wire_free(&(*asker)->wire);
    free(*asker);
    *asker = NULL;
}

static int wait_step(struct asker *asker, struct err *err)
{
    const struct link_set set = {.links = {asker->link}, .link_count = 1};
    struct link_ready ready;
    return link_poll(asker->wire, &set, STEP_MS, &ready, err);
}

static int send_until(struct asker *asker, const struct message *message, int64_t until_ms,
                      struct err *err)
{
    while (link_send(asker->link, NULL, message, bytes_of(NULL, 0), err) < 0) {
        if (clock_mono_ms() > until_ms)
            return err_set(err, ERR_UNAVAILABLE, "no hub answers");
        int rc = wait_step(asker, err);
        if (rc < 0)
            return rc;
    }
    return 0;
}

static int take_answer(struct message *message, json_t **ret_answer, struct err *err)
{
    if (message->kind == MESSAGE_ANSWER) {
        *ret_answer = json_incref(message->answer.details);
        return 1;
    }
    if (message->kind == MESSAGE_REFUSED)
        return err_set(err, ERR_CONFLICT, "%s", message->refused.reason);
    return 0;
}

static int receive_until(struct asker *asker, int64_t until_ms, json_t **ret_answer,
                         struct err *err)
{
    while (clock_mono_ms() < until_ms) {
        struct message message;
        int rc = link_receive(asker->link, &message, NULL, err);
        if (rc > 0)
            rc = take_answer(&message, ret_answer, err);
        else if (rc == 0)
            rc = wait_step(asker, err);
        message_clear(&message);
        if (rc != 0)
            return rc < 0 ? rc : 0;
    }
    return err_set(err, ERR_TIMEOUT, "the hub gave no answer within %d ms", ANSWER_LIMIT_MS);
}

int asker_ask(struct asker *asker, const char *verb, json_t *details, json_t **ret_answer,
              struct err *err)
{
    struct message message = {.kind = MESSAGE_ASK, .ask = {.details = details}};
    snprintf(message.ask.verb, sizeof message.ask.verb, "%s", verb);
    snprintf(message.ask.actor, sizeof message.ask.actor, "%s", asker->caller->name);
    int rc = send_until(asker, &message, clock_mono_ms() + asker->patience_ms, err);
    if (rc < 0)
        return rc;
    return receive_until(asker, clock_mono_ms() + ANSWER_LIMIT_MS, ret_answer, err);
}

/* Whether somebody listens behind a socket's file; a hub that was killed leaves the file. */
static bool listens(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    SCOPED(scope_close) int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || strlen(path) >= sizeof address.sun_path)
        return false;
    memcpy(address.sun_path, path, strlen(path) + 1);
    return connect(fd, (const struct sockaddr *)&address, sizeof address) == 0;
}

int asker_open(const struct program *program, int patience_ms, struct asker **ret_asker,
               struct err *err)
{
    char front[PLACE_SIZE + 32];
    place_endpoint(&program->place, "front", front, sizeof front);
    *ret_asker = NULL;
    if (!listens(front + strlen("ipc://")))
        return 0;
    struct asker *asker = calloc(1, sizeof *asker);
    if (!asker)
        return err_set(err, ERR_MEMORY, "no memory");
    asker->caller = &program->caller;
    asker->patience_ms = patience_ms;
    const struct link_params params = {
        .endpoint = front, .receive_messages = 100, .send_messages = 10};
    int rc = wire_open(&asker->wire, err);
    if (rc == 0)
        rc = link_call(asker->wire, &params, &asker->link, err);
    json_t *nothing = json_object(), *answer = NULL;
    if (rc == 0)
        rc = asker_ask(asker, "status", nothing, &answer, err);
    json_decref(nothing);
    json_decref(answer);
    if (rc < 0)
        asker_free(&asker);
    *ret_asker = asker;
    if (rc != ERR_UNAVAILABLE)
        return rc;
    *err = (struct err){0}; /* it ended just now */
    return 0;
}

static struct archive_params params_of(const struct program *program, bool writer)
{
    return (struct archive_params){.data_dir = program->place.data,
                                   .key_dir = program->place.keys,
                                   .config_dir = program->place.config,
                                   .writer = writer};
}

int ask_open_archive(const struct program *program, struct archive **ret_archive, struct err *err)
{
    const struct archive_params params = params_of(program, false);
    char catalogue[PLACE_SIZE + 16];
    snprintf(catalogue, sizeof catalogue, "%s/catalogue", program->place.data);
    if (access(catalogue, F_OK) < 0 && errno == ENOENT)
        return err_set(err, ERR_NOT_FOUND,
                       "%s: no archive here; --data names another, tripli run begins one",
                       program->place.data);
    return archive_open(&params, ret_archive, err);
}

int ask_settle(const struct program *program, struct err *err)
{
    const struct archive_params params = params_of(program, true);
    struct archive *archive = NULL;
    char list[PLACE_SIZE + 16];
    snprintf(list, sizeof list, "%s/tombstones", program->place.keys);
    int rc = access(list, F_OK) == 0 ? archive_open(&params, &archive, err) : 0;
    archive_free(&archive);
    return rc;
}

static int do_here(const struct program *program, const char *verb, const json_t *details,
                   json_t **ret_answer, struct err *err)
{
    const struct archive_params params = params_of(program, true);
    struct archive *archive = NULL;
    int rc = archive_open(&params, &archive, err);
    if (rc == 0)
        rc = desk_do(archive, &(struct desk_ask){verb, program->caller.name, details}, ret_answer,
                     err);
    if (rc == 0)
        rc = desk_file(archive, err);
    archive_free(&archive);
    return rc;
}

int ask_desk(const struct program *program, const char *verb, json_t *details, struct err *err)
{
    struct asker *asker = NULL;
    json_t *answer = NULL;
    int rc = asker_open(program, PATIENCE_MS, &asker, err);
    if (rc == 0)
        rc = asker ? asker_ask(asker, verb, details, &answer, err)
                   : do_here(program, verb, details, &answer, err);
    asker_free(&asker);
    json_decref(answer);
    json_decref(details);
    return rc;
}

int ask_may_open(const struct program *program, const struct found_document *document,
                 struct err *err)
{
    bool medical = document->compartment == COMPARTMENT_MEDICAL;
    return caller_may(&program->caller,
                      medical ? (unsigned)ROLE_MEDICAL : (unsigned)ROLE_OPERATOR | ROLE_ARCHIVIST,
                      medical ? "a medical document" : "a document", err);
}

static int note(const struct program *program, const struct archive *archive,
                const struct access_to *things, size_t count, struct err *err)
{
    const struct access_by by = {program->caller.name, program->verb, clock_wall_ms()};
    return access_note(archive, &by, things, count, err);
}

int ask_note_access(const struct program *program, const struct archive *archive,
                    const struct found_document *documents, size_t count, struct err *err)
{
    struct access_to things[ACCESS_GROUP_MAX];
    assert(count <= ACCESS_GROUP_MAX);
    for (size_t i = 0; i < count; i++) {
        things[i] = (struct access_to){ACCESS_DOCUMENT, "", documents[i].id.batch,
                                       documents[i].id.first_page};
        memcpy(things[i].tenant, documents[i].tenant, sizeof things[i].tenant);
    }
    return count ? note(program, archive, things, count, err) : 0;
}

int ask_note_page(const struct program *program, const struct archive *archive, struct page_id page,
                  struct err *err)
{
    const struct access_to thing = {ACCESS_PAGE, "", page.batch, page.page};
    return note(program, archive, &thing, 1, err);
}

int ask_note_search(const struct program *program, const struct archive *archive,
                    const char *tenant, struct err *err)
{
    struct access_to thing = {.kind = ACCESS_SEARCH};
    snprintf(thing.tenant, sizeof thing.tenant, "%s", tenant);
    return note(program, archive, &thing, 1, err);
}

int ask_open_document(const struct program *program, const struct archive *archive,
                      const struct found_document *document, struct err *err)
{
    int rc = ask_may_open(program, document, err);
    return rc < 0 ? rc : ask_note_access(program, archive, document, 1, err);
}
