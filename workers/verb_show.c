/*
 * tripli show: what is filed of a document — the facts, and on request its images, byte for byte as
 * they were taken at birth, and its text. Names of files written are made of ids alone.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "archive/find.h"
#include "base/file.h"
#include "base/scope.h"
#include "workers/ask.h"
#include "workers/document_json.h"
#include "workers/document_sheets.h"
#include "workers/french.h"
#include "workers/verb.h"

struct show_verb {
    struct program program;
    bool json, text;
    const char *out, *pdf_path;
    struct document_sheets sheets;
    struct document_id id;
    struct archive *archive;
    struct found_document document;
    json_t *pages;
};

static const struct argp_option options[] = {
    {"out", 'o', "DIR", 0, "write the images into DIR", 0},
    {"pdf", 'p', "FILE", 0, "write a searchable PDF of it to FILE", 0},
    {"text", 'x', NULL, 0, "print the text read from the pages", 0},
    {"json", 'j', NULL, 0, "as JSON, with the verdict of each page", 0},
    {0},
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct show_verb *verb = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &verb->program;
        return 0;
    case 'o':
        verb->out = arg;
        return 0;
    case 'p':
        verb->pdf_path = arg;
        return 0;
    case 'x':
        verb->text = true;
        return 0;
    case 'j':
        verb->json = true;
        return 0;
    case ARGP_KEY_ARG:
        verb->id = verb_document_id(arg, state);
        return 0;
    case ARGP_KEY_END:
        if (verb->id.batch == 0)
            argp_error(state, "which document?");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static int write_image(const struct show_verb *verb, const struct found_page *page, char *ret_path,
                       size_t size, struct err *err)
{
    struct bytes image = buf_view(&page->image);
    char id[ID_TEXT_SIZE];
    snprintf(ret_path, size, "%s/%s-%s.%s", verb->out, page_id_format(page->id, id), page->tag,
             page_extension(image));
    return file_write(ret_path, 0600, image, err);
}

static json_t *page_json(const struct found_page *page, const char *path)
{
    char id[ID_TEXT_SIZE], digest[DIGEST_HEX_SIZE];
    json_t *object =
        json_pack("{s:s, s:i, s:i, s:s, s:s, s:i, s:o, s:o}", "page", page_id_format(page->id, id),
                  "sheet", (int)page->sheet, "side", (int)page->side, "tag", page->tag, "digest",
                  digest_hex(&page->digest, digest), "bytes", (int)page->image.len, "verdict",
                  json_loadb((const char *)page->record.at, page->record.len, 0, NULL), "capture",
                  json_loadb((const char *)page->capture.at, page->capture.len, 0, NULL));
    if (object && path[0])
        json_object_set_new(object, "file", json_string(path));
    return object;
}

static void print_page(const struct show_verb *verb, const json_t *page)
{
    printf("  page %s, feuille %lld %s : %s\n", json_string_value(json_object_get(page, "page")),
           (long long)json_integer_value(json_object_get(page, "sheet")),
           json_integer_value(json_object_get(page, "side")) ? "verso" : "recto",
           french_tag(json_string_value(json_object_get(page, "tag"))));
    const char *path = json_string_value(json_object_get(page, "file"));
    if (path)
        printf("    image : %s\n", path);
    const json_t *verdict = json_object_get(page, "verdict");
    size_t i;
    json_t *reason;
    char french[FRENCH_SIZE];
    json_array_foreach(json_object_get(verdict, "reasons"), i, reason)
        printf("    %s\n", french_reason(json_string_value(reason), french));
    const char *text = json_string_value(json_object_get(verdict, "text"));
    if (verb->text && text)
        printf("%s\n", text);
}

/* ---- the document ---- */

static int show_page(struct show_verb *verb, uint32_t index, struct err *err)
{
    struct found_page page = {0};
    char path[PLACE_SIZE + 64] = "";
    int rc = find_page(verb->archive, &verb->document, index, &page, err);
    if (rc == 0 && verb->out)
        rc = write_image(verb, &page, path, sizeof path, err);
    if (rc == 0 && verb->pdf_path)
        rc = document_sheets_add(&verb->sheets, &verb->document, &page, err);
    if (rc == 0)
        json_array_append_new(verb->pages, page_json(&page, path));
    found_page_clear(&page);
    return rc;
}

static void print_document(const struct show_verb *verb, json_t *object)
{
    size_t i;
    json_t *page;
    const char *expiry = json_string_value(json_object_get(object, "expiry"));
    printf("document %s, caisse %s (%s), %s, reçu %s, %s%s (%s)\n",
           json_string_value(json_object_get(object, "document")),
           json_string_value(json_object_get(object, "tenant")),
           json_string_value(json_object_get(object, "compartment")),
           json_string_value(json_object_get(object, "tag")),
           json_string_value(json_object_get(object, "received")),
           expiry[0] ? "éliminable à partir du " : "jamais éliminable", expiry,
           json_string_value(json_object_get(object, "rule")));
    json_array_foreach(json_object_get(object, "pages"), i, page) print_page(verb, page);
}

static int show(struct show_verb *verb, struct err *err)
{
    int rc = find_document(verb->archive, verb->id, &verb->document, err);
    if (rc == 0)
        rc = ask_open_document(&verb->program, verb->archive, &verb->document, err);
    if (rc == 0 && verb->out)
        rc = file_make_folders(verb->out, 0700, err);
    json_t *object = rc == 0 ? document_to_json(&verb->document) : NULL;
    verb->pages = json_array();
    for (uint32_t i = 0; rc == 0 && i < verb->document.page_count; i++)
        rc = show_page(verb, i, err);
    if (rc == 0 && verb->pdf_path)
        rc = document_sheets_write(&verb->sheets, verb->pdf_path, err);
    if (object)
        json_object_set(object, "pages", verb->pages);
    json_decref(verb->pages);
    if (rc == 0 && verb->json)
        verb_print(json_incref(object));
    else if (rc == 0)
        print_document(verb, object);
    json_decref(object);
    return rc;
}

int verb_show(int argc, char **argv)
{
    static const struct argp_child children[] = {{&program_argp, 0, NULL, 0}, {0}};
    static const struct argp argp = {
        options, parse, "DOCUMENT", "Shows a document: facts, images, text.", children, NULL, NULL};
    struct show_verb verb = {0};
    struct err err = {0};
    int status = verb_start(&argp, argc, argv, &verb.program);
    if (status != 0)
        return status;
    verb.sheets.program = &verb.program;
    int rc = ask_open_archive(&verb.program, &verb.archive, &err);
    if (rc == 0)
        rc = show(&verb, &err);
    document_sheets_clear(&verb.sheets);
    archive_free(&verb.archive);
    return verb_end(&verb.program, rc, &err);
}
