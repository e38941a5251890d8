/*
 * A filed document as JSON: see document_json.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "workers/document_json.h"

#include <stdio.h>

#include "base/clock.h"

const char *page_extension(struct bytes image)
{
    if (image.len > 2 && image.at[0] == 0xff && image.at[1] == 0xd8)
        return "jpg";
    return image.len > 1 && image.at[0] == 0x89 && image.at[1] == 'P' ? "png" : "tif";
}

json_t *paper_to_json(const struct paper_info *paper)
{
    char expiry[DAY_TEXT_SIZE], trigger[DAY_TEXT_SIZE], destroyed[CLOCK_TEXT_SIZE] = "";
    if (paper->row.destroyed_ms)
        clock_format(paper->row.destroyed_ms, destroyed);
    return json_pack(
        "{s:s, s:s, s:I, s:s, s:I, s:s, s:s, s:s, s:I, s:I, s:s}", "carton", paper->row.carton,
        "place", paper->row.place, "sheets", (json_int_t)paper->sheets, "rule", paper->rule,
        "rule_version", (json_int_t)paper->rule_version, "law", paper->law, "trigger_day",
        day_format(paper->trigger, trigger), "expiry", day_format(paper->expiry, expiry), "slip",
        (json_int_t)paper->row.slip, "line", (json_int_t)paper->row.line, "destroyed", destroyed);
}

const char *paper_text(const struct paper_info *paper, char ret_text[PAPER_TEXT_SIZE])
{
    char day[DAY_TEXT_SIZE];
    const struct paper_row *row = &paper->row;
    int len = paper->placed ? snprintf(ret_text, PAPER_TEXT_SIZE, "carton %s", row->carton)
                            : snprintf(ret_text, PAPER_TEXT_SIZE, "emplacement non indiqué");
    if (row->place[0])
        len += snprintf(ret_text + len, PAPER_TEXT_SIZE - (size_t)len, " (%s)", row->place);
    if (row->destroyed_ms)
        snprintf(ret_text + len, PAPER_TEXT_SIZE - (size_t)len, ", détruit le %s (bordereau %u)",
                 day_format(day_of_ms(row->destroyed_ms), day), row->slip);
    else if (row->slip)
        snprintf(ret_text + len, PAPER_TEXT_SIZE - (size_t)len, ", sur le bordereau %u", row->slip);
    return ret_text;
}

json_t *document_to_json(const struct found_document *document)
{
    char id[ID_TEXT_SIZE], envelope[ID_TEXT_SIZE], received[DAY_TEXT_SIZE], event[DAY_TEXT_SIZE],
        expiry[DAY_TEXT_SIZE], filed[CLOCK_TEXT_SIZE];
    const struct document_id first = {document->envelope.batch, document->envelope.first_page};
    return json_pack(
        "{s:s, s:s, s:s, s:s, s:s, s:f, s:s, s:s, s:s, s:s, s:s, s:i, s:s, s:s, s:i}", "document",
        document_id_format(document->id, id), "envelope", document_id_format(first, envelope),
        "tenant", document->tenant, "compartment", compartment_name(document->compartment), "tag",
        document->tag, "confidence", document->confidence, "decided_by", document->decided_by,
        "received", day_format(document->received, received), "event",
        day_format(document->event, event), "expiry", day_format(document->expiry, expiry), "rule",
        document->rule, "rule_version", (int)document->rule_version, "box", document->box, "filed",
        clock_format(document->filed_ms, filed), "pages", (int)document->page_count);
}
