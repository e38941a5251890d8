/*
 * The SEDA notification: see slip_seda.h. Order of elements: seda-2.3-main.xsd,
 * ArchiveDestructionNotificationType.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "workers/slip_seda.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/scope.h"

enum { FILE_MODE = 0640, TAG_SIZE = 64 };

/* Collects the text; the first failure sticks. */
struct xml {
    struct buf text;
    bool failed;
};

static void put(struct xml *xml, const char *text)
{
    xml->failed |= buf_append(&xml->text, bytes_of(text, strlen(text))) < 0;
}

static void put_escaped(struct xml *xml, const char *text)
{
    for (; *text; text++) {
        if (*text == '&')
            put(xml, "&amp;");
        else if (*text == '<')
            put(xml, "&lt;");
        else if ((unsigned char)*text >= ' ')
            xml->failed |= buf_append(&xml->text, bytes_of(text, 1)) < 0;
    }
}

static void put_element(struct xml *xml, const char *name, const char *text)
{
    char tag[TAG_SIZE];
    snprintf(tag, sizeof tag, "<%s>", name);
    put(xml, tag);
    put_escaped(xml, text);
    snprintf(tag, sizeof tag, "</%s>\n", name);
    put(xml, tag);
}

static int put_box(void *to, uint32_t box, const struct box_row *row)
{
    char path[SERIES_TEXT_SIZE];
    (void)box;
    put_element(to, "UnitIdentifier", box_path(row, path));
    return 0;
}

static int put_line(struct xml *xml, struct archive *archive, const struct slip_paper *paper,
                    uint32_t number, struct err *err)
{
    const struct slip_line_row *line = &paper->lines[number - 1];
    char date[CLOCK_TEXT_SIZE], id[TAG_SIZE];
    snprintf(id, sizeof id, "tripli-%s-slip-%u-%u", paper->slip.tenant, paper->number, number);
    put(xml, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ArchiveDestructionNotification "
             "xmlns=\"fr:gouv:culture:archivesdefrance:seda:v2.3\">\n");
    put_element(xml, "Date", clock_format(line->destroyed_ms, date));
    put_element(xml, "MessageIdentifier", id);
    put(xml, "<CodeListVersions/>\n");
    put_element(xml, "AuthorizationRequestReplyIdentifier", line->visa);
    int rc = slip_boxes(archive, (struct slip_place){paper->number, number}, put_box, xml, err);
    put(xml, "<ArchivalAgency>");
    put_element(xml, "Identifier", paper->slip.tenant);
    put(xml, "</ArchivalAgency>\n<OriginatingAgency>");
    put_element(xml, "Identifier", paper->slip.tenant);
    put(xml, "</OriginatingAgency>\n</ArchiveDestructionNotification>\n");
    if (rc == 0 && xml->failed)
        rc = err_set(err, ERR_MEMORY, "slip %u: no memory", paper->number);
    return rc;
}

int slip_seda_write(struct archive *archive, const struct slip_paper *paper, const char *folder,
                    struct err *err)
{
    int rc = 0;
    for (uint32_t i = 1; rc == 0 && i <= paper->slip.lines; i++) {
        struct xml xml = {0};
        char path[PATH_MAX];
        if (paper->lines[i - 1].state != SLIP_DESTROYED)
            continue;
        snprintf(path, sizeof path, "%s/notification-%u-%u.xml", folder, paper->number, i);
        rc = put_line(&xml, archive, paper, i, err);
        if (rc == 0)
            rc = file_write(path, FILE_MODE, buf_view(&xml.text), err);
        buf_free(&xml.text);
    }
    return rc;
}
