/*
 * The transfer: see seda_transfer.h. Order of elements: seda-2.3-main.xsd, ArchiveTransferType, and
 * what it refers to. Identifiers of access rules are the articles of the law, for SEDA leaves their
 * list to the two sides: code du patrimoine L.213-2 I, 2° medical secrecy, 3° private life.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "workers/seda_transfer.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "archive/history.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/scope.h"
#include "workers/document_sheets.h"
#include "workers/xml.h"

enum {
    FOLDER_MODE = 0700,
    FILE_MODE = 0600,
    NUMBER_SIZE = 24,
    LINE_SIZE = 200,
    PDF_BYTES_MAX = 1 << 30 /* of one document: what it would take to read it back */
};

static const char medical_rule[] = "L213-2-I-2", private_rule[] = "L213-2-I-3";

struct transfer {
    struct archive *archive;
    char folder[PATH_MAX / 2], agency[64];
    char tenant[TENANT_TEXT_SIZE];
    struct xml objects, units;
    struct document_sheets sheets; /* its program is NULL: no PDFs are made */
    struct transfer_extent extent;
};

int transfer_begin(struct archive *archive, const char *folder,
                   const struct transfer_params *params, struct transfer **ret_transfer,
                   struct err *err)
{
    char path[PATH_MAX];
    struct stat st;
    struct transfer *transfer = calloc(1, sizeof *transfer);
    if (!transfer)
        return err_set(err, ERR_MEMORY, "transfer: no memory");
    transfer->archive = archive;
    transfer->sheets.program = params->pdf_by;
    snprintf(transfer->folder, sizeof transfer->folder, "%s", folder);
    snprintf(transfer->agency, sizeof transfer->agency, "%s", params->agency);
    snprintf(transfer->tenant, sizeof transfer->tenant, "%.3s", params->tenant);
    snprintf(path, sizeof path, "%s/manifest.xml", folder);
    int rc = stat(path, &st) == 0
                 ? err_set(err, ERR_CONFLICT, "%s: there is a transfer already", path)
                 : 0;
    snprintf(path, sizeof path, "%s/content", folder);
    if (rc == 0)
        rc = file_make_folders(path, FOLDER_MODE, err);
    if (rc < 0)
        transfer_free(&transfer);
    *ret_transfer = transfer;
    return rc;
}

void transfer_free(struct transfer **transfer)
{
    if (!transfer || !*transfer)
        return;
    document_sheets_clear(&(*transfer)->sheets);
    buf_free(&(*transfer)->objects.text);
    buf_free(&(*transfer)->units.text);
    free(*transfer);
    *transfer = NULL;
}

struct transfer_extent transfer_extent(const struct transfer *transfer)
{
    return transfer->extent;
}

/* ---- objects ---- */

struct format {
    const char *extension, *name, *mime, *pronom; /* pronom "": depends on the version */
};

static const struct format *format_of(struct bytes image)
{
    static const struct format tiff = {"tif", "TIFF", "image/tiff", "fmt/353"},
                               jpeg = {"jpg", "JPEG", "image/jpeg", ""},
                               png = {"png", "PNG", "image/png", ""},
                               pdf = {"pdf", "PDF", "application/pdf", ""};
    if (image.len > 2 && image.at[0] == 0xff && image.at[1] == 0xd8)
        return &jpeg;
    if (image.len > 4 && memcmp(image.at, "%PDF", 4) == 0)
        return &pdf;
    return image.len > 1 && image.at[0] == 0x89 && image.at[1] == 'P' ? &png : &tiff;
}

static void number_element(struct xml *xml, const char *name, uint64_t number)
{
    char text[NUMBER_SIZE];
    snprintf(text, sizeof text, "%llu", (unsigned long long)number);
    xml_element(xml, name, text);
}

static void put_format(struct xml *xml, const struct format *format)
{
    xml_put(xml, "<FormatIdentification>");
    xml_element(xml, "FormatLitteral", format->name);
    xml_element(xml, "MimeType", format->mime);
    if (format->pronom[0])
        xml_element(xml, "FormatId", format->pronom);
    xml_put(xml, "</FormatIdentification>\n");
}

/* `version`: what the object is to its unit. */
static void put_object(struct xml *xml, const char *id, const char *version, struct bytes image)
{
    const struct format *format = format_of(image);
    char line[LINE_SIZE], digest[SHA512_HEX_SIZE];
    snprintf(line, sizeof line, "<DataObjectGroup id=\"G%s\">\n<BinaryDataObject id=\"B%s\">\n", id,
             id);
    xml_put(xml, line);
    xml_element(xml, "DataObjectVersion", version);
    snprintf(line, sizeof line, "content/%s.%s", id, format->extension);
    xml_element(xml, "Uri", line);
    xml_put(xml, "<MessageDigest algorithm=\"SHA-512\">");
    xml_put(xml, sha512_hex(image, digest));
    xml_put(xml, "</MessageDigest>\n");
    number_element(xml, "Size", image.len);
    put_format(xml, format);
    snprintf(line, sizeof line, "%s.%s", id, format->extension);
    xml_put(xml, "<FileInfo>");
    xml_element(xml, "Filename", line);
    xml_put(xml, "</FileInfo>\n</BinaryDataObject>\n</DataObjectGroup>\n");
}

static void put_reference(struct xml *xml, const char *id)
{
    char line[LINE_SIZE];
    snprintf(line, sizeof line,
             "<DataObjectReference><DataObjectGroupReferenceId>G%s</DataObjectGroupReferenceId>"
             "</DataObjectReference>\n",
             id);
    xml_put(xml, line);
}

/* How the copy came to be (décret 2016-1673): the record of its capture, as it is kept. */
static void put_evidence(struct xml *xml, const struct found_page *page)
{
    json_t *capture = json_loadb((const char *)page->capture.at, page->capture.len, 0, NULL);
    char *text = capture ? json_dumps(capture, JSON_COMPACT) : NULL;
    json_decref(capture);
    if (!text)
        return;
    xml_put(xml, "<CustodialHistory>");
    xml_element(xml, "CustodialHistoryItem", text);
    xml_put(xml, "</CustodialHistory>\n");
    free(text);
}

static void put_page_unit(struct xml *xml, const char *id, const struct found_page *page)
{
    char line[LINE_SIZE];
    snprintf(line, sizeof line, "<ArchiveUnit id=\"P%s\"><Content>\n", id);
    xml_put(xml, line);
    xml_element(xml, "DescriptionLevel", "Item");
    snprintf(line, sizeof line, "Feuille %u, %s", page->sheet, page->side ? "verso" : "recto");
    xml_element(xml, "Title", line);
    xml_element(xml, "OriginatingAgencyArchiveUnitIdentifier", id);
    put_evidence(xml, page);
    xml_element(xml, "DocumentType", page->tag);
    xml_put(xml, "</Content>");
    put_reference(xml, id);
    xml_put(xml, "</ArchiveUnit>\n");
}

static int add_page(struct transfer *transfer, const struct found_document *document,
                    uint32_t index, struct err *err)
{
    char id[ID_TEXT_SIZE], path[PATH_MAX];
    struct found_page page = {0};
    int rc = find_page(transfer->archive, document, index, &page, err);
    if (rc < 0)
        return rc;
    struct bytes image = buf_view(&page.image);
    page_id_format(page.id, id);
    snprintf(path, sizeof path, "%s/content/%s.%s", transfer->folder, id,
             format_of(image)->extension);
    rc = file_write(path, FILE_MODE, image, err);
    put_object(&transfer->objects, id, "BinaryMaster_1", image);
    put_page_unit(&transfer->units, id, &page);
    if (rc == 0 && transfer->sheets.program)
        rc = document_sheets_add(&transfer->sheets, document, &page, err);
    transfer->extent.pages++;
    transfer->extent.bytes += image.len;
    found_page_clear(&page);
    return rc;
}

/* ---- units ---- */

static void day_element(struct xml *xml, const char *name, struct day day)
{
    char text[DAY_TEXT_SIZE];
    if (!day_is_none(day))
        xml_element(xml, name, day_format(day, text));
}

static void put_appraisal(struct xml *xml, const struct history *history)
{
    if (!history->has_rule)
        return;
    xml_put(xml, "<AppraisalRule>");
    xml_element(xml, "Rule", history->rule.rule);
    day_element(xml, "StartDate", history->trigger);
    xml_element(xml, "FinalAction",
                history->rule.disposition == DISPOSITION_DESTROY ? "Destroy" : "Keep");
    xml_put(xml, "</AppraisalRule>\n");
}

/* One hold among those of the document. */
struct hold_look {
    struct xml *xml;
    const struct hold_names *names;
};

static int put_hold(void *to, const struct hold_row *row)
{
    const struct hold_look *look = to;
    bool named = false;
    for (int i = 0; i < look->names->count && i < HOLD_NAMES_SHOWN; i++)
        named |= strcmp(look->names->names[i], row->name) == 0;
    if (!named)
        return 0;
    xml_element(look->xml, "Rule", row->name);
    day_element(look->xml, "StartDate", day_of_ms(row->set_ms));
    day_element(look->xml, "HoldEndDate", row->until);
    xml_element(look->xml, "HoldOwner", row->owner);
    day_element(look->xml, "HoldReassessingDate", row->review);
    xml_element(look->xml, "HoldReason", row->reason);
    return 0;
}

static int put_holds(struct transfer *transfer, const struct history *history, struct err *err)
{
    struct hold_look look = {&transfer->units, &history->holds};
    if (history->holds.count == 0)
        return 0;
    xml_put(look.xml, "<HoldRule>");
    int rc = hold_each(transfer->archive, put_hold, &look, err);
    xml_put(look.xml, "</HoldRule>\n");
    return rc;
}

static int put_management(struct transfer *transfer, const struct found_document *document,
                          const struct history *history, struct err *err)
{
    struct xml *xml = &transfer->units;
    xml_put(xml, "<Management>\n");
    put_appraisal(xml, history);
    xml_put(xml, "<AccessRule>");
    xml_element(xml, "Rule",
                document->compartment == COMPARTMENT_MEDICAL ? medical_rule : private_rule);
    day_element(xml, "StartDate", document->received);
    xml_put(xml, "</AccessRule>\n");
    int rc = put_holds(transfer, history, err);
    xml_put(xml, "</Management>\n");
    return rc;
}

static void put_content(struct xml *xml, const struct found_document *document, const char *id)
{
    char title[LINE_SIZE];
    xml_put(xml, "<Content>\n");
    xml_element(xml, "DescriptionLevel", "File");
    snprintf(title, sizeof title, "Document %s", id);
    xml_element(xml, "Title", title);
    xml_element(xml, "OriginatingAgencyArchiveUnitIdentifier", id);
    xml_element(xml, "DocumentType", document->tag);
    day_element(xml, "ReceivedDate", document->received);
    xml_put(xml, "</Content>\n");
}

/* A PDF of the pages that were added, beside them. */
static int add_pdf(struct transfer *transfer, const char *document, struct err *err)
{
    SCOPED(buf_free) struct buf file = {0};
    char id[ID_TEXT_SIZE + 1], path[PATH_MAX];
    snprintf(id, sizeof id, "D%s", document);
    snprintf(path, sizeof path, "%s/content/%s.pdf", transfer->folder, id);
    int rc = document_sheets_write(&transfer->sheets, path, err);
    if (rc == 0)
        rc = file_read(path, PDF_BYTES_MAX, &file, err);
    if (rc < 0)
        return rc;
    put_object(&transfer->objects, id, "Dissemination_1", buf_view(&file));
    put_reference(&transfer->units, id);
    return 0;
}

int transfer_add(struct transfer *transfer, const struct found_document *document, struct err *err)
{
    SCOPED(history_clear) struct history history = {0};
    char id[ID_TEXT_SIZE], line[LINE_SIZE];
    if (transfer->extent.documents++ == TRANSFER_DOCUMENTS_MAX)
        return err_set(err, ERR_LIMIT, "transfer: more than %d documents; ask for fewer at once",
                       TRANSFER_DOCUMENTS_MAX);
    int rc = history_read(transfer->archive, document->id, &history, err);
    if (rc < 0)
        return rc;
    snprintf(line, sizeof line, "<ArchiveUnit id=\"D%s\">\n", document_id_format(document->id, id));
    xml_put(&transfer->units, line);
    rc = put_management(transfer, document, &history, err);
    put_content(&transfer->units, document, id);
    for (uint32_t i = 0; rc == 0 && i < document->page_count; i++)
        rc = add_page(transfer, document, i, err);
    if (rc == 0 && transfer->sheets.program)
        rc = add_pdf(transfer, id, err);
    xml_put(&transfer->units, "</ArchiveUnit>\n");
    return rc;
}

/* ---- the manifest ---- */

static void put_agency(struct xml *xml, const char *name, const char *identifier)
{
    char line[LINE_SIZE];
    snprintf(line, sizeof line, "<%s>", name);
    xml_put(xml, line);
    xml_element(xml, "Identifier", identifier);
    snprintf(line, sizeof line, "</%s>\n", name);
    xml_put(xml, line);
}

static void put_all(struct xml *xml, const struct transfer *transfer)
{
    char date[CLOCK_TEXT_SIZE], id[LINE_SIZE];
    const int64_t now = clock_wall_ms();
    snprintf(id, sizeof id, "tripli-%s-%lld", transfer->tenant, (long long)now);
    xml_put(xml, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ArchiveTransfer "
                 "xmlns=\"fr:gouv:culture:archivesdefrance:seda:v2.3\">\n");
    xml_element(xml, "Date", clock_format(now, date));
    xml_element(xml, "MessageIdentifier", id);
    xml_put(xml, "<CodeListVersions/>\n<DataObjectPackage>\n");
    xml->failed |= transfer->objects.failed || transfer->units.failed ||
                   buf_append(&xml->text, buf_view(&transfer->objects.text)) < 0;
    xml_put(xml, "<DescriptiveMetadata>\n");
    xml->failed |= buf_append(&xml->text, buf_view(&transfer->units.text)) < 0;
    xml_put(xml, "</DescriptiveMetadata>\n<ManagementMetadata>\n");
    xml_element(xml, "LegalStatus", "Public Archive");
    xml_element(xml, "OriginatingAgencyIdentifier", transfer->tenant);
    xml_element(xml, "SubmissionAgencyIdentifier", transfer->tenant);
    xml_put(xml, "</ManagementMetadata>\n</DataObjectPackage>\n");
    put_agency(xml, "ArchivalAgency", transfer->agency);
    put_agency(xml, "TransferringAgency", transfer->tenant);
    xml_put(xml, "</ArchiveTransfer>\n");
}

int transfer_end(struct transfer *transfer, struct err *err)
{
    struct xml xml = {0};
    char path[PATH_MAX];
    if (transfer->extent.documents == 0)
        return err_set(err, ERR_NOT_FOUND, "transfer: no such document");
    snprintf(path, sizeof path, "%s/manifest.xml", transfer->folder);
    put_all(&xml, transfer);
    int rc = xml.failed ? err_set(err, ERR_MEMORY, "%s: no memory", path)
                        : file_write(path, FILE_MODE, buf_view(&xml.text), err);
    buf_free(&xml.text);
    return rc;
}
