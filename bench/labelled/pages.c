/*
 * Labelled pages: see pages.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "bench/labelled/pages.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/scope.h"
#include "image/header.h"

enum { COLUMNS_MAX = 24, LABELS_LIMIT_BYTES = 16 << 20, PATH_SIZE = 4096, ROOM_FIRST = 256 };

/* Which field of a line is what; -1 where the file has no such column. */
struct columns {
    int path, type, rotation, nir, micr, text, print, group;
};

/* Cuts a line at its tabs. */
static int cut_line(char *line, char *ret_fields[COLUMNS_MAX])
{
    int count = 0;
    for (char *at = line; at && count < COLUMNS_MAX;)
        ret_fields[count++] = strsep(&at, "\t");
    return count;
}

static int column_of(char *const names[], int count, const char *name)
{
    for (int i = 0; i < count; i++)
        if (strcmp(names[i], name) == 0)
            return i;
    return -1;
}

static const char *field_at(char *const fields[], int count, int column)
{
    return column >= 0 && column < count ? fields[column] : "";
}

static struct columns columns_of(char *const names[], int count, const char *group)
{
    return (struct columns){
        column_of(names, count, "path"),     column_of(names, count, "type"),
        column_of(names, count, "rotation"), column_of(names, count, "nir"),
        column_of(names, count, "micr"),     column_of(names, count, "text"),
        column_of(names, count, "print"),    column_of(names, count, group ? group : "source")};
}

/* Makes room for one more page in steps of double size. */
static int make_room(struct labelled_pages *pages, struct err *err)
{
    size_t count = pages->count;
    if (count > 0 && (count < ROOM_FIRST || (count & (count - 1)) != 0))
        return 0;
    size_t room = count == 0 ? ROOM_FIRST : 2 * count;
    struct labelled_page *more = reallocarray(pages->at, room, sizeof *more);
    if (!more)
        return err_set(err, ERR_MEMORY, "labels: no memory for %zu pages", room);
    pages->at = more;
    return 0;
}

static int take_line(struct labelled_pages *pages, char *line, const struct columns *columns,
                     struct err *err)
{
    char *fields[COLUMNS_MAX];
    int count = cut_line(line, fields);
    enum tag truth = tag_of_name(field_at(fields, count, columns->type));
    const char *path = field_at(fields, count, columns->path);
    if (!*path || truth == TAG_NONE)
        return 0;
    int rc = make_room(pages, err);
    if (rc < 0)
        return rc;
    const char *group = field_at(fields, count, columns->group);
    struct labelled_page *page = &pages->at[pages->count++];
    *page = (struct labelled_page){.path = path,
                                   .rotation = field_at(fields, count, columns->rotation),
                                   .nir = field_at(fields, count, columns->nir),
                                   .micr = field_at(fields, count, columns->micr),
                                   .text = field_at(fields, count, columns->text),
                                   .print = field_at(fields, count, columns->print),
                                   .truth = truth};
    snprintf(page->group, sizeof page->group, "%.*s", (int)strcspn(group, "@ "), group);
    return 0;
}

int labelled_pages_read(const char *labels, const char *group, struct labelled_pages *ret_pages,
                        struct err *err)
{
    SCOPED(labelled_pages_free) struct labelled_pages pages = {.labels = labels};
    *ret_pages = (struct labelled_pages){0};
    int rc = file_read(labels, LABELS_LIMIT_BYTES, &pages.text, err);
    if (rc == 0 && buf_append(&pages.text, bytes_of("", 1)) < 0)
        rc = err_set(err, ERR_MEMORY, "%s: no memory", labels);
    if (rc < 0)
        return rc;
    char *at = (char *)pages.text.at, *names[COLUMNS_MAX];
    int count = cut_line(strsep(&at, "\n"), names);
    struct columns columns = columns_of(names, count, group);
    if (columns.path < 0 || columns.type < 0)
        return err_set(err, ERR_FORMAT, "%s: columns 'path' and 'type' are wanted", labels);
    while (rc == 0 && at)
        rc = take_line(&pages, strsep(&at, "\n"), &columns, err);
    if (rc < 0)
        return rc;
    *ret_pages = pages;
    pages = (struct labelled_pages){0}; /* handed over */
    return 0;
}

void labelled_pages_free(struct labelled_pages *pages)
{
    for (size_t i = 0; i < pages->count; i++)
        verdict_clear(&pages->at[i].verdict);
    free(pages->at);
    buf_free(&pages->text);
    *pages = (struct labelled_pages){0};
}

int labelled_file(const struct labelled_pages *pages, const char *path, struct buf *ret_file,
                  struct err *err)
{
    char whole[PATH_SIZE];
    const char *slash = strrchr(pages->labels, '/');
    snprintf(whole, sizeof whole, "%.*s%s", slash ? (int)(slash - pages->labels) + 1 : 0,
             pages->labels, path);
    return file_read(whole, IMAGE_FILE_LIMIT_BYTES, ret_file, err);
}

int labelled_page_file(const struct labelled_pages *pages, const struct labelled_page *page,
                       struct buf *ret_file, struct err *err)
{
    return labelled_file(pages, page->path, ret_file, err);
}

void labelled_pages_sort(struct labelled_pages *pages, struct classifier *classifier)
{
    for (size_t i = 0; i < pages->count; i++) {
        struct labelled_page *page = &pages->at[i];
        struct err err = {0};
        SCOPED(buf_free) struct buf file = {0};
        int rc = labelled_page_file(pages, page, &file, &err);
        struct classify_page given = {
            .file = buf_view(&file), .page = 1, .ret_evidence = &page->evidence};
        if (rc == 0)
            rc = classifier_read(classifier, &given, &page->verdict, &err);
        page->refused = rc < 0;
        if (rc < 0)
            fprintf(stderr, "%s: %s\n", page->path, err.text);
    }
}

bool labelled_page_is_wrong(const struct labelled_page *page)
{
    return page->verdict.tag != page->truth;
}

bool labelled_page_is_turned(const struct labelled_page *page)
{
    return *page->rotation && page->truth != TAG_BLANK &&
           atoi(page->rotation) != page->verdict.rotation;
}

static enum field_fate fate_of(const struct field *field, const char *label)
{
    if (!*label || label[strspn(label, "0123456789AB:;<=> ")])
        return FATE_NO_LABEL; /* or one in words */
    if (field->state == FIELD_ABSENT)
        return FATE_ABSENT;
    const char *value = field->value;
    for (; *label; label++) {
        if (*label == ' ')
            continue;
        if (*value++ != *label)
            return FATE_WRONG;
    }
    return *value ? FATE_WRONG : field->state == FIELD_PROVEN ? FATE_PROVEN : FATE_READ;
}

enum field_fate labelled_page_nir(const struct labelled_page *page)
{
    return fate_of(&page->verdict.fields[FIELD_NIR], page->nir);
}

enum field_fate labelled_page_micr(const struct labelled_page *page)
{
    return fate_of(&page->verdict.fields[FIELD_CMC7], page->micr);
}
