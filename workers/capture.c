/*
 * The capture's side of the way to the hub: see capture.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "workers/capture.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/digest.h"
#include "base/log.h"
#include "base/scope.h"

enum {
    WINDOW_MAX = 64, /* pages; capture.window_pages is at most this */
    STEP_MS = 50,    /* how long one wait for an answer lasts before times are looked at */
    CALM_MS = 2000   /* a hub away for less is not worth a word */
};

struct sent {
    struct message message;
    struct buf image;
    int64_t sent_ms; /* 0: to be sent (again) */
};

struct capture {
    struct program *program;
    struct capture_watch watch;
    struct wire *wire;
    struct link *link;
    struct sent window[WINDOW_MAX];
    int window_count;
    uint32_t acknowledged;
    int64_t silent_since_ms, hold_until_ms;
    bool told_waiting;
    struct message answer; /* the last answer that is about no page */
    bool has_answer;
};

int capture_open(struct program *program, const struct capture_watch *watch,
                 struct capture **ret_capture, struct err *err)
{
    struct capture *capture = calloc(1, sizeof *capture);
    if (!capture)
        return err_set(err, ERR_MEMORY, "capture: no memory");
    capture->program = program;
    if (watch)
        capture->watch = *watch;
    capture->silent_since_ms = clock_mono_ms();
    char front[PLACE_SIZE + 32];
    place_endpoint(&program->place, "front", front, sizeof front);
    const struct link_params params = {
        .endpoint = front, .receive_messages = 1000, .send_messages = WINDOW_MAX};
    int rc = wire_open(&capture->wire, err);
    if (rc == 0)
        rc = link_call(capture->wire, &params, &capture->link, err);
    if (rc < 0)
        capture_free(&capture);
    else
        *ret_capture = capture;
    return rc;
}

static void drop_sent(struct capture *capture, int index)
{
    struct sent *sent = &capture->window[index];
    json_decref(sent->message.page.capture);
    buf_free(&sent->image);
    capture->window_count--;
    memmove(sent, sent + 1, sizeof *sent * (size_t)(capture->window_count - index));
    capture->window[capture->window_count] = (struct sent){0};
}

void capture_free(struct capture **capture)
{
    if (!capture || !*capture)
        return;
    while ((*capture)->window_count > 0)
        drop_sent(*capture, 0);
    message_clear(&(*capture)->answer);
    link_free(&(*capture)->link);
    wire_free(&(*capture)->wire);
    free(*capture);
    *capture = NULL;
}

static void tell_waiting(struct capture *capture, const char *why)
{
    if (!capture->told_waiting && capture->watch.waiting)
        capture->watch.waiting(capture->watch.context, why);
    capture->told_waiting = true;
}

static void heard(struct capture *capture)
{
    capture->silent_since_ms = clock_mono_ms();
    if (capture->told_waiting && capture->watch.going_on)
        capture->watch.going_on(capture->watch.context);
    capture->told_waiting = false;
}

static void take_accepted(struct capture *capture, const struct accepted_message *accepted)
{
    heard(capture);
    for (int i = 0; i < capture->window_count; i++) {
        const struct page_message *page = &capture->window[i].message.page;
        if (page->batch != accepted->batch || page->page != accepted->page)
            continue;
        drop_sent(capture, i);
        capture->acknowledged++;
        return;
    }
}

/* Everything not acknowledged is sent again when the hub's pause is over. */
static void take_wait(struct capture *capture, const struct wait_message *wait)
{
    capture->silent_since_ms = clock_mono_ms();
    capture->hold_until_ms = capture->silent_since_ms + wait->retry_ms;
    for (int i = 0; i < capture->window_count; i++)
        capture->window[i].sent_ms = 0;
    tell_waiting(capture, wait->reason);
}

static int take_refusal(const struct message *message, struct err *err)
{
    const struct refused_message *refused = &message->refused;
    if (refused->page != 0 || strcmp(refused->what, "page") == 0)
        return err_set(err, ERR_CONFLICT, "the hub refused page %u-%u: %s", refused->batch,
                       refused->page, refused->reason);
    return err_set(err, ERR_CONFLICT, "the hub refused '%s': %s", refused->what, refused->reason);
}

static int take(struct capture *capture, struct message *message, struct err *err)
{
    switch (message->kind) {
    case MESSAGE_ACCEPTED:
        take_accepted(capture, &message->accepted);
        return 0;
    case MESSAGE_WAIT:
        take_wait(capture, &message->wait);
        return 0;
    case MESSAGE_REFUSED:
        return take_refusal(message, err);
    default:
        heard(capture);
        message_clear(&capture->answer);
        capture->answer = *message;
        capture->has_answer = true;
        *message = (struct message){0};
        return 0;
    }
}

static int receive_all(struct capture *capture, struct err *err)
{
    for (;;) {
        struct message message;
        int rc = link_receive(capture->link, &message, NULL, err);
        if (rc <= 0)
            return rc;
        rc = take(capture, &message, err);
        message_clear(&message);
        if (rc < 0)
            return rc;
    }
}

/* Sends what is due; a page whose answer is late is due again. */
static void send_due(struct capture *capture)
{
    int64_t now = clock_mono_ms();
    long long resend_ms = capture->program->tuning.capture.resend_ms;
    if (now < capture->hold_until_ms)
        return;
    for (int i = 0; i < capture->window_count; i++) {
        struct sent *sent = &capture->window[i];
        struct err err;
        if (sent->sent_ms && now - sent->sent_ms < resend_ms)
            continue;
        if (link_send(capture->link, NULL, &sent->message, buf_view(&sent->image), &err) < 0)
            return; /* the hub is away or its queue is full */
        sent->sent_ms = now;
    }
}

static int check_patience(struct capture *capture, struct err *err)
{
    int64_t silent = clock_mono_ms() - capture->silent_since_ms;
    long long patience = capture->program->tuning.capture.patience_ms;
    int number = program_take_signal(capture->program);
    if (number == SIGTERM || number == SIGINT)
        return err_set(err, ERR_CANCELLED,
                       "stopped; what is acknowledged is safe, the batch can "
                       "be resumed");
    if (silent > CALM_MS)
        tell_waiting(capture, "no hub answers for this data folder");
    if (silent > patience)
        return err_set(err, ERR_TIMEOUT,
                       "the hub did not answer for %lld ms, at most %lld; %d pages are not "
                       "acknowledged, the batch can be resumed",
                       (long long)silent, patience, capture->window_count);
    return 0;
}

/* One turn: send, wait a little, receive. */
static int turn(struct capture *capture, int wait_ms, struct err *err)
{
    struct link_set set = {.links = {capture->link},
                           .link_count = 1,
                           .fds = {capture->program->signals},
                           .fd_count = 1};
    struct link_ready ready;
    send_due(capture);
    int rc = link_poll(capture->wire, &set, wait_ms, &ready, err);
    if (rc == 0)
        rc = receive_all(capture, err);
    return rc < 0 ? rc : check_patience(capture, err);
}

/* Sends a message that is about the batch until its answer comes. */
static int ask(struct capture *capture, const struct message *message, enum message_kind want,
               struct err *err)
{
    int64_t sent_ms = 0;
    capture->has_answer = false;
    capture->silent_since_ms = clock_mono_ms();
    while (!capture->has_answer || capture->answer.kind != want) {
        int64_t now = clock_mono_ms();
        struct err ignored;
        if ((sent_ms == 0 || now - sent_ms > capture->program->tuning.capture.resend_ms) &&
            link_send(capture->link, NULL, message, bytes_of(NULL, 0), &ignored) == 0)
            sent_ms = now;
        int rc = turn(capture, STEP_MS, err);
        if (rc < 0)
            return rc;
    }
    return 0;
}

int capture_batch_open(struct capture *capture, const struct batch_open_message *open,
                       struct batch_opened_message *ret_opened, struct err *err)
{
    const struct message message = {.kind = MESSAGE_BATCH_OPEN, .batch_open = *open};
    int rc = ask(capture, &message, MESSAGE_BATCH_OPENED, err);
    if (rc < 0)
        return rc;
    *ret_opened = capture->answer.batch_opened;
    return 0;
}

/* How the last step made the image, with the digests before and after it. What it was made of is
 * in the record: the pixels that the scanner gave, or a file. */
static int add_step(json_t *record, const struct digest *after)
{
    char hex[DIGEST_HEX_SIZE];
    const char *pixels = json_string_value(json_object_get(record, "pixels_digest"));
    const char *file = json_string_value(json_object_get(record, "file_digest"));
    const char *before = pixels ? pixels : file;
    digest_hex(after, hex);
    if (!before)
        return 0;
    const char *step = pixels ? "encoded" : strcmp(before, hex) == 0 ? "kept" : "cut";
    return json_object_set_new(
        record, "steps",
        json_pack("[{s:s, s:s, s:s}]", "step", step, "before", before, "after", hex));
}

/* The page's record with what makes its image a faithful copy: see capture.h. */
static json_t *evidence_of(const struct capture *capture, const struct page_message *page,
                           struct bytes image)
{
    char at[CLOCK_TEXT_SIZE];
    const struct digest after = digest_of(image);
    json_t *record = page->capture ? json_copy(page->capture) : json_object();
    bool failed =
        !record || add_step(record, &after) < 0 ||
        json_object_set_new(record, "software", json_string("tripli " TRIPLI_VERSION)) < 0 ||
        json_object_set_new(record, "operator", json_string(capture->program->caller.name)) < 0 ||
        json_object_set_new(record, "captured", json_string(clock_format(clock_wall_ms(), at))) < 0;
    if (!failed)
        return record;
    json_decref(record);
    return NULL;
}

int capture_page(struct capture *capture, const struct page_message *page, struct bytes image,
                 struct err *err)
{
    int rc = 0;
    if (image.len > WIRE_PAYLOAD_LIMIT_BYTES)
        return err_set(err, ERR_LIMIT, "page %u-%u: %zu bytes, at most %d", page->batch, page->page,
                       image.len, WIRE_PAYLOAD_LIMIT_BYTES);
    while (rc == 0 && capture->window_count >= capture->program->tuning.capture.window_pages)
        rc = turn(capture, STEP_MS, err);
    if (rc < 0)
        return rc;
    struct sent *sent = &capture->window[capture->window_count];
    *sent = (struct sent){.message = {.kind = MESSAGE_PAGE, .page = *page}};
    if (buf_append(&sent->image, image) < 0)
        return err_set(err, ERR_MEMORY, "page %u-%u: no memory for %zu bytes", page->batch,
                       page->page, image.len);
    sent->message.page.capture = evidence_of(capture, page, image);
    if (!sent->message.page.capture) {
        buf_free(&sent->image);
        return err_set(err, ERR_MEMORY, "page %u-%u: no memory", page->batch, page->page);
    }
    if (capture->window_count++ == 0)
        capture->silent_since_ms = clock_mono_ms();
    return turn(capture, 0, err);
}

int capture_flush(struct capture *capture, struct err *err)
{
    int rc = 0;
    while (rc == 0 && capture->window_count > 0)
        rc = turn(capture, STEP_MS, err);
    return rc;
}

int capture_reject(struct capture *capture, const struct sheet_rejected_message *sheet,
                   struct err *err)
{
    const struct message message = {.kind = MESSAGE_SHEET_REJECTED, .sheet_rejected = *sheet};
    return ask(capture, &message, MESSAGE_REJECTION_NOTED, err);
}

int capture_batch_end(struct capture *capture, const struct batch_end_message *end, struct err *err)
{
    const struct message message = {.kind = MESSAGE_BATCH_END, .batch_end = *end};
    int rc = capture_flush(capture, err);
    return rc < 0 ? rc : ask(capture, &message, MESSAGE_BATCH_ENDED, err);
}

uint32_t capture_acknowledged(const struct capture *capture)
{
    return capture->acknowledged;
}
