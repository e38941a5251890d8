/*
 * Messages: the table of kinds and fields, and the one reader and writer that follow it.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "wire/message.h"

#include <assert.h>
#include <string.h>

enum field_type { TEXT, NUMBER, FLAG, OBJECT };

struct field {
    const char *name;
    enum field_type type;
    size_t offset; /* in struct message */
    size_t size;   /* TEXT: of the array */
};

enum { FIELDS_MAX = 8 };

struct row {
    const char *name;
    struct field fields[FIELDS_MAX]; /* ends at a NULL name */
};

#define TEXT_FIELD(kind, field)                                                                    \
    {                                                                                              \
#field, TEXT, offsetof(struct message, kind.field),                                        \
            sizeof(((struct message *)0)->kind.field)                                              \
    }
#define NUMBER_FIELD(kind, field)                                                                  \
    {                                                                                              \
#field, NUMBER, offsetof(struct message, kind.field), 0                                    \
    }
#define FLAG_FIELD(kind, field)                                                                    \
    {                                                                                              \
#field, FLAG, offsetof(struct message, kind.field), 0                                      \
    }
#define OBJECT_FIELD(kind, field)                                                                  \
    {                                                                                              \
#field, OBJECT, offsetof(struct message, kind.field), 0                                    \
    }
#define PAGE_FIELDS(kind) NUMBER_FIELD(kind, batch), NUMBER_FIELD(kind, page)
#define LENDING_FIELDS(kind) PAGE_FIELDS(kind), NUMBER_FIELD(kind, epoch)

static const struct row rows[MESSAGE_KIND_COUNT] = {
    [MESSAGE_BATCH_OPEN] = {"batch_open",
                            {TEXT_FIELD(batch_open, uuid), TEXT_FIELD(batch_open, tenant),
                             TEXT_FIELD(batch_open, received), FLAG_FIELD(batch_open, marked),
                             FLAG_FIELD(batch_open, duplex), TEXT_FIELD(batch_open, mail),
                             TEXT_FIELD(batch_open, source), TEXT_FIELD(batch_open, profile)}},
    [MESSAGE_BATCH_OPENED] = {"batch_opened",
                              {TEXT_FIELD(batch_opened, uuid), NUMBER_FIELD(batch_opened, batch),
                               NUMBER_FIELD(batch_opened, accepted),
                               NUMBER_FIELD(batch_opened, rejected),
                               FLAG_FIELD(batch_opened, ended)}},
    [MESSAGE_PAGE] = {"page",
                      {PAGE_FIELDS(page), TEXT_FIELD(page, digest),
                       FLAG_FIELD(page, starts_envelope), NUMBER_FIELD(page, sheet),
                       NUMBER_FIELD(page, side), OBJECT_FIELD(page, capture)}},
    [MESSAGE_ACCEPTED] = {"accepted", {PAGE_FIELDS(accepted)}},
    [MESSAGE_WAIT] = {"wait", {TEXT_FIELD(wait, reason), NUMBER_FIELD(wait, retry_ms)}},
    [MESSAGE_SHEET_REJECTED] = {"sheet_rejected",
                                {NUMBER_FIELD(sheet_rejected, batch),
                                 NUMBER_FIELD(sheet_rejected, number),
                                 NUMBER_FIELD(sheet_rejected, sheet),
                                 TEXT_FIELD(sheet_rejected, reason)}},
    [MESSAGE_REJECTION_NOTED] = {"rejection_noted",
                                 {NUMBER_FIELD(rejection_noted, batch),
                                  NUMBER_FIELD(rejection_noted, number)}},
    [MESSAGE_BATCH_END] = {"batch_end",
                           {NUMBER_FIELD(batch_end, batch), NUMBER_FIELD(batch_end, sheets_fed),
                            NUMBER_FIELD(batch_end, sheets_rejected),
                            NUMBER_FIELD(batch_end, pages)}},
    [MESSAGE_BATCH_ENDED] = {"batch_ended", {NUMBER_FIELD(accepted, batch)}},
    [MESSAGE_READY] = {"ready",
                       {TEXT_FIELD(ready, worker), TEXT_FIELD(ready, software),
                        TEXT_FIELD(ready, config), NUMBER_FIELD(ready, credit)}},
    [MESSAGE_LEND] = {"lend",
                      {LENDING_FIELDS(lend), TEXT_FIELD(lend, digest), TEXT_FIELD(lend, finding),
                       NUMBER_FIELD(lend, deadline_ms)}},
    [MESSAGE_VERDICT] = {"verdict",
                         {LENDING_FIELDS(verdict), NUMBER_FIELD(verdict, cpu_ms),
                          OBJECT_FIELD(verdict, verdict)}},
    [MESSAGE_FAILED] = {"failed",
                        {LENDING_FIELDS(failed), FLAG_FIELD(failed, unreadable),
                         TEXT_FIELD(failed, reason)}},
    [MESSAGE_RETURNED] = {"returned", {LENDING_FIELDS(returned)}},
    [MESSAGE_BYE] = {"bye", {{0}}},
    [MESSAGE_ASK] = {"ask",
                     {TEXT_FIELD(ask, verb), TEXT_FIELD(ask, actor), OBJECT_FIELD(ask, details)}},
    [MESSAGE_ANSWER] = {"answer", {OBJECT_FIELD(answer, details)}},
    [MESSAGE_SUBMIT] = {"submit",
                        {TEXT_FIELD(submit, uuid), TEXT_FIELD(submit, tenant),
                         TEXT_FIELD(submit, manifest), NUMBER_FIELD(submit, bytes)}},
    [MESSAGE_CHUNK] = {"chunk",
                       {TEXT_FIELD(chunk, uuid), NUMBER_FIELD(chunk, file),
                        NUMBER_FIELD(chunk, at)}},
    [MESSAGE_STANDING] = {"standing",
                          {TEXT_FIELD(standing, uuid), TEXT_FIELD(standing, phase),
                           NUMBER_FIELD(standing, file), NUMBER_FIELD(standing, at)}},
    [MESSAGE_RECEIPT] = {"receipt", {TEXT_FIELD(receipt, uuid), NUMBER_FIELD(receipt, at)}},
    [MESSAGE_RECEIPT_PART] = {"receipt_part",
                              {TEXT_FIELD(receipt_part, uuid), NUMBER_FIELD(receipt_part, at),
                               NUMBER_FIELD(receipt_part, bytes)}},
    [MESSAGE_FETCH] = {"fetch",
                       {TEXT_FIELD(fetch, uuid), NUMBER_FIELD(fetch, again),
                        FLAG_FIELD(fetch, pdf)}},
    [MESSAGE_HANDOVER] = {"handover",
                          {TEXT_FIELD(handover, uuid), TEXT_FIELD(handover, phase),
                           NUMBER_FIELD(handover, number), NUMBER_FIELD(handover, files)}},
    [MESSAGE_PART] = {"part",
                      {NUMBER_FIELD(part, number), NUMBER_FIELD(part, file),
                       NUMBER_FIELD(part, at)}},
    [MESSAGE_FILE_PART] = {"file_part",
                           {NUMBER_FIELD(file_part, number), NUMBER_FIELD(file_part, file),
                            NUMBER_FIELD(file_part, at), NUMBER_FIELD(file_part, bytes)}},
    [MESSAGE_ACKNOWLEDGE] = {"acknowledge",
                             {TEXT_FIELD(acknowledge, uuid), NUMBER_FIELD(acknowledge, number),
                              TEXT_FIELD(acknowledge, manifest)}},
    [MESSAGE_REFUSED] = {"refused",
                         {TEXT_FIELD(refused, what), PAGE_FIELDS(refused),
                          TEXT_FIELD(refused, code), TEXT_FIELD(refused, reason)}},
};

const char *message_name(enum message_kind kind)
{
    assert(kind < MESSAGE_KIND_COUNT);
    return rows[kind].name;
}

static void *place(const struct message *message, const struct field *field)
{
    return (char *)message + field->offset;
}

static int read_text(const json_t *value, char *to, size_t size)
{
    const char *text = json_string_value(value);
    size_t len = text ? strlen(text) : 0;
    if (!text || len != json_string_length(value) || len >= size)
        return ERR_PROTOCOL;
    memcpy(to, text, len + 1);
    return 0;
}

static int read_number(const json_t *value, uint32_t *to)
{
    json_int_t got = json_integer_value(value);
    if (!json_is_integer(value) || got < 0 || got > UINT32_MAX)
        return ERR_PROTOCOL;
    *to = (uint32_t)got;
    return 0;
}

static int read_field(const struct field *field, json_t *value, void *to)
{
    switch (field->type) {
    case TEXT:
        return read_text(value, to, field->size);
    case NUMBER:
        return read_number(value, to);
    case FLAG:
        *(bool *)to = json_is_true(value);
        return json_is_boolean(value) ? 0 : ERR_PROTOCOL;
    case OBJECT:
        *(json_t **)to = value;
        return json_is_object(value) ? 0 : ERR_PROTOCOL;
    }
    return ERR_PROTOCOL;
}

static int kind_of(const char *name)
{
    for (int kind = 0; name && kind < MESSAGE_KIND_COUNT; kind++)
        if (strcmp(rows[kind].name, name) == 0)
            return kind;
    return -1;
}

static int read_fields(struct message *message, struct err *err)
{
    const struct row *row = &rows[message->kind];
    size_t count = 0;
    for (; count < FIELDS_MAX && row->fields[count].name; count++) {
        const struct field *field = &row->fields[count];
        json_t *value = json_object_get(message->header, field->name);
        if (!value || read_field(field, value, place(message, field)) < 0)
            return err_set(err, ERR_PROTOCOL, "message '%s': field '%s' is missing or not valid",
                           row->name, field->name);
    }
    if (json_object_size(message->header) != count + 2)
        return err_set(err, ERR_PROTOCOL, "message '%s': %zu fields, must be %zu", row->name,
                       json_object_size(message->header), count + 2);
    return 0;
}

int message_read(struct bytes header, struct message *ret_message, struct err *err)
{
    *ret_message = (struct message){0};
    if (header.len > WIRE_HEADER_LIMIT_BYTES)
        return err_set(err, ERR_PROTOCOL, "message header: %zu bytes, at most %d", header.len,
                       WIRE_HEADER_LIMIT_BYTES);
    ret_message->header =
        json_loadb((const char *)header.at, header.len, JSON_REJECT_DUPLICATES, NULL);
    if (!json_is_object(ret_message->header))
        return err_set(err, ERR_PROTOCOL, "message header: not a JSON object");
    int kind = kind_of(json_string_value(json_object_get(ret_message->header, "kind")));
    if (kind < 0)
        return err_set(err, ERR_PROTOCOL, "message header: unknown kind");
    const json_t *version = json_object_get(ret_message->header, "v");
    if (json_integer_value(version) != WIRE_VERSION)
        return err_set(err, ERR_PROTOCOL, "message '%s': version %lld, must be %d", rows[kind].name,
                       (long long)json_integer_value(version), WIRE_VERSION);
    ret_message->kind = (enum message_kind)kind;
    return read_fields(ret_message, err);
}

static json_t *field_value(const struct field *field, const void *from)
{
    switch (field->type) {
    case TEXT:
        return json_string(from);
    case NUMBER:
        return json_integer(*(const uint32_t *)from);
    case FLAG:
        return json_boolean(*(const bool *)from);
    case OBJECT:
        return json_incref(*(json_t *const *)from);
    }
    return NULL;
}

char *message_write(const struct message *message)
{
    const struct row *row = &rows[message->kind];
    json_t *header = json_pack("{s:s, s:i}", "kind", row->name, "v", WIRE_VERSION);
    int failed = header == NULL;
    for (int i = 0; !failed && i < FIELDS_MAX && row->fields[i].name; i++) {
        const struct field *field = &row->fields[i];
        failed =
            json_object_set_new(header, field->name, field_value(field, place(message, field))) < 0;
    }
    char *text = failed ? NULL : json_dumps(header, JSON_COMPACT);
    json_decref(header);
    return text;
}

void message_clear(struct message *message)
{
    if (!message)
        return;
    json_decref(message->header);
    buf_free(&message->payload);
    *message = (struct message){0};
}
