/*
 * tripli read DOC: the full text of a filed document. Text that was read when it was sorted is
 * printed; otherwise the pages are read now, by the sealed reader.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "archive/find.h"
#include "workers/ask.h"
#include "workers/reader_client.h"
#include "workers/verb.h"

enum { DEADLINE_MS = 120000 }; /* for all stages of one page */

struct read_verb {
    struct program program;
    bool json;
    struct document_id id;
    struct reader *reader;
};

static const struct argp_option options[] = {
    {"json", 'j', NULL, 0, "one JSON object per page", 0},
    {0},
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct read_verb *verb = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &verb->program;
        return 0;
    case 'j':
        verb->json = true;
        return 0;
    case ARGP_KEY_ARG:
        verb->id = verb_document_id(arg, state);
        return 0;
    case ARGP_KEY_NO_ARGS:
        argp_error(state, "which document?");
        return EINVAL;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static int start_reader(struct read_verb *verb, struct err *err)
{
    return reader_start(&verb->program.place, &verb->program.tuning, &verb->reader, err);
}

/* The text of a page, read now; a new string object. */
static int read_now(struct read_verb *verb, struct bytes image, int rotation, json_t **ret_text,
                    struct err *err)
{
    json_t *answer = NULL;
    int rc = verb->reader ? 0 : start_reader(verb, err);
    if (rc == 0)
        rc = reader_send_text(verb->reader, rotation, DEADLINE_MS, image, err);
    if (rc == 0)
        rc = reader_receive(verb->reader, DEADLINE_MS, &answer, err);
    if (rc < 0)
        return rc;
    const json_t *error = json_object_get(answer, "error");
    *ret_text = json_incref(json_object_get(answer, "text"));
    if (!*ret_text)
        rc = err_set(err, ERR_FORMAT, "%s",
                     error ? json_string_value(json_object_get(error, "text")) : "no text");
    json_decref(answer);
    return rc;
}

static int read_page(struct read_verb *verb, const struct found_page *page, struct err *err)
{
    char id[ID_TEXT_SIZE];
    json_t *verdict = json_loadb((const char *)page->record.at, page->record.len, 0, NULL);
    json_t *text = json_incref(json_object_get(verdict, "text"));
    int rotation = (int)json_integer_value(json_object_get(verdict, "rotation"));
    bool kept = json_is_string(text);
    int rc = 0;
    if (!kept) {
        json_decref(text);
        text = NULL;
        rc = read_now(verb, buf_view(&page->image), rotation, &text, err);
    }
    page_id_format(page->id, id);
    if (rc == 0 && verb->json)
        verb_print(json_pack("{s:s, s:s, s:b, s:O}", "page", id, "tag", page->tag, "kept", kept,
                             "text", text));
    else if (rc == 0)
        printf("--- page %s (%s)\n%s\n", id, page->tag, json_string_value(text));
    json_decref(text);
    json_decref(verdict);
    return rc;
}

static int read_document(struct read_verb *verb, struct archive *archive, struct err *err)
{
    struct found_document document;
    int rc = find_document(archive, verb->id, &document, err);
    if (rc == 0)
        rc = ask_open_document(&verb->program, archive, &document, err);
    for (uint32_t i = 0; rc == 0 && i < document.page_count; i++) {
        struct found_page page = {0};
        rc = find_page(archive, &document, i, &page, err);
        bool written = strcmp(page.tag, "blank") != 0 && strcmp(page.tag, "separator") != 0;
        if (rc == 0 && written)
            rc = read_page(verb, &page, err);
        found_page_clear(&page);
    }
    return rc;
}

int verb_read(int argc, char **argv)
{
    static const struct argp_child children[] = {{&program_argp, 0, NULL, 0}, {0}};
    static const struct argp argp = {
        options,  parse, "DOCUMENT", "Prints the text of a document, reading it now if need be.",
        children, NULL,  NULL};
    struct read_verb verb = {0};
    struct archive *archive = NULL;
    struct err err = {0};
    int status = verb_start(&argp, argc, argv, &verb.program);
    if (status != 0)
        return status;
    int rc = ask_open_archive(&verb.program, &archive, &err);
    if (rc == 0)
        rc = read_document(&verb, archive, &err);
    reader_kill(&verb.reader);
    archive_free(&archive);
    return verb_end(&verb.program, rc, &err);
}
