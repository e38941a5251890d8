/*
 * tripli page: one verdict per page of each file, by the same reader that workers use. A file that
 * cannot be read gives an object with its error; the rest goes on.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "base/file.h"
#include "base/scope.h"
#include "image/header.h"
#include "workers/reader_client.h"
#include "workers/verb.h"

enum { GRACE_MS = 2000 }; /* beyond the deadline before it is killed */

struct page_verb {
    struct program program;
    bool json;
    const char *engine; /* NULL: as configured */
    char **files;
    int file_count;
    struct reader *reader;
    bool refused; /* at least one file or page got no verdict */
};

static int start_reader(struct page_verb *verb, struct err *err)
{
    return reader_start(&verb->program.place, &verb->program.tuning, &verb->reader, err);
}

/* Asks for one page; a reader that dies or hangs is an error of that page. */
static int ask_page(struct page_verb *verb, unsigned page, struct bytes file, json_t **ret_answer,
                    struct err *err)
{
    int deadline = (int)verb->program.tuning.worker.deadline_ms;
    int rc = verb->reader ? 0 : start_reader(verb, err);
    if (rc == 0)
        rc = reader_send(verb->reader, &(struct reader_page){page, deadline, NULL}, file, err);
    if (rc == 0)
        rc = reader_receive(verb->reader, deadline + GRACE_MS, ret_answer, err);
    if (rc < 0)
        reader_kill(&verb->reader);
    return rc;
}

static void print_fields(const json_t *fields)
{
    const char *name;
    json_t *field;
    json_object_foreach((json_t *)fields, name, field)
    {
        const char *state = json_string_value(json_object_get(field, "state"));
        if (state && strcmp(state, "absent") != 0)
            printf("    %s: %s (%s)\n", name, json_string_value(json_object_get(field, "value")),
                   state);
    }
}

static void print_plain(const json_t *page)
{
    const char *error = json_string_value(json_object_get(page, "error"));
    const char *file = json_string_value(json_object_get(page, "file"));
    if (error) {
        printf("%s: not read: %s\n", file, error);
        return;
    }
    printf("%s page %d: %s %.3f%s, rotation %d, skew %.2f\n", file,
           (int)json_integer_value(json_object_get(page, "page")),
           json_string_value(json_object_get(page, "tag")),
           json_number_value(json_object_get(page, "confidence")),
           json_is_true(json_object_get(page, "accepted")) ? "" : " (to code)",
           (int)json_integer_value(json_object_get(page, "rotation")),
           json_number_value(json_object_get(page, "skew")));
    size_t i;
    json_t *line;
    json_array_foreach(json_object_get(page, "reasons"), i, line)
        printf("    %s\n", json_string_value(line));
    json_array_foreach(json_object_get(page, "quality"), i, line)
        printf("    quality: %s\n", json_string_value(line));
    print_fields(json_object_get(page, "fields"));
}

static void put(const struct page_verb *verb, json_t *page)
{
    if (!verb->json)
        print_plain(page);
    if (verb->json)
        verb_print(page);
    else
        json_decref(page);
    fflush(stdout);
}

static void put_error(struct page_verb *verb, const char *path, unsigned page, const char *text)
{
    json_t *object = json_pack("{s:s, s:s}", "file", path, "error", text);
    if (page > 1)
        json_object_set_new(object, "page", json_integer(page));
    verb->refused = true;
    put(verb, object);
}

/* Prints the verdict of one page; returns how many pages the file has, 0 when that is not known. */
static unsigned do_page(struct page_verb *verb, const char *path, unsigned page, struct bytes file)
{
    struct err err = {0};
    json_t *answer = NULL;
    if (ask_page(verb, page, file, &answer, &err) < 0) {
        put_error(verb, path, page, err.text);
        return 0;
    }
    unsigned pages = (unsigned)json_integer_value(json_object_get(answer, "pages"));
    json_t *verdict = json_object_get(answer, "verdict");
    if (verdict) {
        json_t *object = json_pack("{s:s, s:i}", "file", path, "page", (int)page);
        json_object_update(object, verdict);
        put(verb, object);
    } else {
        json_t *error = json_object_get(answer, "error");
        put_error(verb, path, page, json_string_value(json_object_get(error, "text")));
    }
    json_decref(answer);
    return pages;
}

static void do_file(struct page_verb *verb, const char *path)
{
    SCOPED(buf_free) struct buf file = {0};
    struct err err = {0};
    if (file_read(path, IMAGE_FILE_LIMIT_BYTES, &file, &err) < 0) {
        const char *fact = err.text;
        if (strncmp(fact, path, strlen(path)) == 0 && fact[strlen(path)] == ':')
            fact += strlen(path) + 2;
        put_error(verb, path, 1, fact);
        return;
    }
    unsigned pages = do_page(verb, path, 1, buf_view(&file));
    for (unsigned page = 2; page <= pages && page <= IMAGE_PAGES_LIMIT; page++)
        do_page(verb, path, page, buf_view(&file));
}

static const struct argp_option options[] = {
    {"json", 'j', NULL, 0, "one JSON object per page (docs/schemas.md)", 0},
    {"engine", 'e', "NAME", 0, "who reads text: fast or tesseract (worker.engine)", 0},
    {0},
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct page_verb *verb = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &verb->program;
        return 0;
    case 'j':
        verb->json = true;
        return 0;
    case 'e':
        if (!tuning_has_engine(arg))
            argp_error(state, "'%s' is no engine: fast or tesseract", arg);
        verb->engine = arg;
        return 0;
    case ARGP_KEY_ARGS:
        verb->files = state->argv + state->next;
        verb->file_count = state->argc - state->next;
        return 0;
    case ARGP_KEY_NO_ARGS:
        argp_error(state, "which file?");
        return EINVAL;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

int verb_page(int argc, char **argv)
{
    static const struct argp_child children[] = {{&program_argp, 0, NULL, 0}, {0}};
    static const struct argp argp = {
        options,  parse, "FILE...", "Reads and sorts image files, one verdict per page.",
        children, NULL,  NULL};
    struct page_verb verb = {0};
    int status = verb_start(&argp, argc, argv, &verb.program);
    if (status != 0)
        return status;
    struct err err = {0};
    if (verb.engine)
        snprintf(verb.program.tuning.worker.engine, sizeof verb.program.tuning.worker.engine, "%s",
                 verb.engine);
    int rc = start_reader(&verb, &err);
    for (int i = 0; rc == 0 && i < verb.file_count; i++)
        do_file(&verb, verb.files[i]);
    reader_kill(&verb.reader);
    if (rc < 0)
        return program_fail(&verb.program, &err);
    return verb.refused ? EX_DATAERR : EX_OK;
}
