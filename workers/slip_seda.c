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
#include "workers/xml.h"

enum { FILE_MODE = 0640, ID_SIZE = 64 };

static int put_box(void *to, uint32_t box, const struct box_row *row)
{
    char path[SERIES_TEXT_SIZE];
    (void)box;
    xml_element(to, "UnitIdentifier", box_path(row, path));
    return 0;
}

static int put_line(struct xml *xml, struct archive *archive, const struct slip_paper *paper,
                    uint32_t number, struct err *err)
{
    const struct slip_line_row *line = &paper->lines[number - 1];
    char date[CLOCK_TEXT_SIZE], id[ID_SIZE];
    snprintf(id, sizeof id, "tripli-%s-slip-%u-%u", paper->slip.tenant, paper->number, number);
    xml_put(xml, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ArchiveDestructionNotification "
                 "xmlns=\"fr:gouv:culture:archivesdefrance:seda:v2.3\">\n");
    xml_element(xml, "Date", clock_format(line->destroyed_ms, date));
    xml_element(xml, "MessageIdentifier", id);
    xml_put(xml, "<CodeListVersions/>\n");
    xml_element(xml, "AuthorizationRequestReplyIdentifier", line->visa);
    int rc = slip_boxes(archive, (struct slip_place){paper->number, number}, put_box, xml, err);
    xml_put(xml, "<ArchivalAgency>");
    xml_element(xml, "Identifier", paper->slip.tenant);
    xml_put(xml, "</ArchivalAgency>\n<OriginatingAgency>");
    xml_element(xml, "Identifier", paper->slip.tenant);
    xml_put(xml, "</OriginatingAgency>\n</ArchiveDestructionNotification>\n");
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
