/*
 * A filed document as JSON: see document_json.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "workers/document_json.h"

#include "base/clock.h"

const char *page_extension(struct bytes image)
{
    if (image.len > 2 && image.at[0] == 0xff && image.at[1] == 0xd8)
        return "jpg";
    return image.len > 1 && image.at[0] == 0x89 && image.at[1] == 'P' ? "png" : "tif";
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
