/*
 * Writing XML: see xml.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "workers/xml.h"

#include <string.h>

void xml_put(struct xml *xml, const char *markup)
{
    xml->failed |= buf_append(&xml->text, bytes_of(markup, strlen(markup))) < 0;
}

static void put_escaped(struct xml *xml, const char *text)
{
    for (; *text; text++) {
        if (*text == '&')
            xml_put(xml, "&amp;");
        else if (*text == '<')
            xml_put(xml, "&lt;");
        else if ((unsigned char)*text >= ' ')
            xml->failed |= buf_append(&xml->text, bytes_of(text, 1)) < 0;
    }
}

void xml_element(struct xml *xml, const char *name, const char *text)
{
    xml_put(xml, "<");
    xml_put(xml, name);
    xml_put(xml, ">");
    put_escaped(xml, text);
    xml_put(xml, "</");
    xml_put(xml, name);
    xml_put(xml, ">\n");
}
