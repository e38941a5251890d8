/*
 * Boxes against the catalogue, both ways: every page of every document is read back and its digest
 * taken; every page in a box, and every box folder, must be known.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "archive/journal.h"
#include "archive/verify.h"
#include "base/scope.h"

/* A box under examination, in one transaction of the catalogue. */
struct box_look {
    struct verifying *verifying;
    struct store_txn txn;
    struct box_ref ref;
    struct box_row row;
    char path[SERIES_TEXT_SIZE];
    uint32_t documents, pages;
    json_t *filed; /* the journal's record of the document at hand, or NULL */
};

/* How the copy came to be is what the journal says since the filing; older records do not say. */
static void check_evidence(struct box_look *look, struct page_id id, uint32_t index,
                           struct bytes record)
{
    char name[ID_TEXT_SIZE], hex[DIGEST_HEX_SIZE];
    struct box_record content;
    const json_t *page = json_array_get(json_object_get(look->filed, "pages"), index);
    const char *vouched = json_string_value(json_object_get(page, "evidence"));
    const char *of = json_string_value(json_object_get(page, "page"));
    if (look->filed && (!of || strcmp(of, page_id_format(id, name)) != 0))
        discrepancy(look->verifying,
                    "page %u-%u: the journal's record of its filing does not name it", id.batch,
                    id.page);
    if (!vouched)
        return;
    bool read = box_record_decode(record, &content);
    struct digest digest = digest_of(read ? content.capture : bytes_of(NULL, 0));
    if (!read || strcmp(vouched, digest_hex(&digest, hex)) != 0)
        discrepancy(look->verifying,
                    "box %s: page %u-%u: the record of its capture is not the one that was filed",
                    look->path, id.batch, id.page);
}

static void check_page(struct box_look *look, struct document_id document, uint32_t index)
{
    const struct page_id id = {document.batch, document.first_page + index};
    SCOPED(box_page_clear) struct box_page content = {0};
    struct page_row row;
    struct err err = {0};
    look->pages++;
    look->verifying->report.pages++;
    if (catalogue_page(&look->txn, id, &row, &err) != 1 || row.document != document.first_page) {
        discrepancy(look->verifying, "page %u-%u: its row in the catalogue is missing or damaged",
                    id.batch, id.page);
        return;
    }
    if (box_get(look->verifying->archive->boxes, &look->ref, id, &content, &err) < 0) {
        discrepancy(look->verifying, "box %s: %s", look->path, err.text);
        return;
    }
    struct digest digest = digest_of(buf_view(&content.image));
    if (!digest_equal(&digest, &row.digest))
        discrepancy(look->verifying, "box %s: page %u-%u is not the image that was accepted",
                    look->path, id.batch, id.page);
    check_evidence(look, id, index, buf_view(&content.record));
}

static json_t *filed_record(struct box_look *look, struct document_id id, const char *tenant)
{
    char event[EVENT_ID_SIZE];
    struct bytes text = {0};
    uint64_t seq;
    snprintf(event, sizeof event, "filed %u-%u", id.batch, id.first_page);
    int rc = journal_find(&look->txn, tenant, event, &seq, NULL);
    if (rc == 1)
        rc = journal_record(&look->txn, tenant, seq, &text, NULL);
    return rc == 1 ? json_loadb((const char *)text.at, text.len, 0, NULL) : NULL;
}

static void check_document(struct box_look *look, struct document_id id)
{
    struct document_row row;
    look->documents++;
    if (catalogue_document(&look->txn, id, &row, NULL) != 1 || row.box != look->ref.number) {
        discrepancy(look->verifying, "box %s: document %u-%u is indexed there and is not",
                    look->path, id.batch, id.first_page);
        return;
    }
    if (strcmp(row.tenant, look->row.tenant) != 0 || row.compartment != look->row.compartment)
        discrepancy(look->verifying, "box %s: document %u-%u of tenant %s, %s lies in it",
                    look->path, id.batch, id.first_page, row.tenant,
                    compartment_name(row.compartment));
    look->filed = filed_record(look, id, row.tenant);
    for (uint32_t i = 0; i < row.page_count; i++)
        check_page(look, id, i);
    json_decref(look->filed);
}

static int check_documents(struct box_look *look, struct err *err)
{
    struct db_key of_box = key_of_number(look->ref.number);
    struct document_id id = {0};
    int rc;
    for (; (rc = catalogue_seek_document(&look->txn, CAT_BY_BOX, &of_box, &id, err)) == 1;
         id.first_page++)
        check_document(look, id);
    return rc;
}

/* Whether a page is of a document of this box, or of one that left it. */
static bool belongs(struct store_txn *txn, uint32_t box, struct page_id id)
{
    struct page_row page;
    struct document_row document;
    if (catalogue_page(txn, id, &page, NULL) != 1)
        return false;
    const struct document_id of = {id.batch, page.document};
    return catalogue_document(txn, of, &document, NULL) == 1 &&
           (document.box == box || catalogue_has_moved(txn, box, of, NULL) == 1);
}

/* The same in the catalogue as it is now. */
static bool is_known(const struct box_look *look, struct page_id id)
{
    SCOPED(store_abort) struct store_txn now = {0};
    return store_begin_read(look->verifying->archive->catalogue, &now, NULL) == 0 &&
           belongs(&now, look->ref.number, id);
}

static int check_known(void *to, struct page_id id)
{
    struct box_look *look = to;
    if (!belongs(&look->txn, look->ref.number, id) && !is_known(look, id))
        discrepancy(look->verifying,
                    "box %s: holds page %u-%u, of which the catalogue knows nothing", look->path,
                    id.batch, id.page);
    return 0;
}

/* Of a destroyed box nothing is left, unless its destruction is under way. */
static void check_gone(struct box_look *look)
{
    char path[PATH_MAX];
    struct stat st;
    struct bytes value;
    struct db_key key = key_of_number(look->ref.number);
    snprintf(path, sizeof path, "%s/boxes/%s", look->verifying->archive->data_dir, look->path);
    if (stat(path, &st) == 0 && store_get(&look->txn, CAT_ERASING, &key, &value, NULL) != 1)
        discrepancy(look->verifying, "box %s: is destroyed, and its files are there", look->path);
}

static int check_box(struct box_look *look, struct err *err)
{
    struct verifying *verifying = look->verifying;
    struct err why = {0};
    box_path(&look->row, look->path);
    verifying->report.boxes++;
    if (look->row.state == BOX_DESTROYED) {
        check_gone(look);
        return 0;
    }
    if (key_is_missing(verifying, &(struct key_owner){look->row.tenant, look->row.compartment},
                       NULL))
        return 0; /* told once for all its boxes */
    int rc = check_documents(look, err);
    if (rc < 0)
        return rc;
    if (look->documents != look->row.documents || look->pages != look->row.pages)
        discrepancy(verifying, "box %s: %u documents with %u pages, its row says %u with %u",
                    look->path, look->documents, look->pages, look->row.documents, look->row.pages);
    if (box_walk(verifying->archive->boxes, &look->ref, check_known, look, &why) < 0)
        discrepancy(verifying, "box %s: %s", look->path, why.text);
    return 0;
}

static int look_at_box(struct verifying *verifying, uint32_t number, struct err *err)
{
    struct box_look look = {.verifying = verifying, .ref = {number, NULL}};
    struct err why = {0};
    int rc = store_begin_read(verifying->archive->catalogue, &look.txn, err);
    if (rc < 0)
        return rc;
    rc = catalogue_box(&look.txn, number, &look.row, &why);
    look.ref.row = &look.row;
    if (rc == 1)
        rc = check_box(&look, err);
    else if (rc < 0)
        discrepancy(verifying, "box %u: %s", number, why.text);
    store_abort(&look.txn);
    return rc == ERR_INTEGRITY ? 0 : rc;
}

int verify_boxes_from(struct verifying *verifying, uint32_t first,
                      void (*before)(void *to, uint32_t number), void *to, struct err *err)
{
    SCOPED(store_abort) struct store_txn txn = {0};
    uint64_t last;
    int rc = store_begin_read(verifying->archive->catalogue, &txn, err);
    if (rc == 0)
        rc = catalogue_number(&txn, "last_box", &last, err);
    store_abort(&txn);
    for (uint64_t number = first; rc >= 0 && number <= last; number++) {
        before(to, (uint32_t)number);
        rc = look_at_box(verifying, (uint32_t)number, err);
    }
    return rc < 0 ? rc : 0;
}

/* ---- folders that no box of the catalogue has ---- */

static int name_stray(void *to, const char *path)
{
    discrepancy(to, "boxes/%s: no box of the catalogue", path);
    return 0;
}

int verify_folders(struct verifying *verifying, struct err *err)
{
    return stray_boxes_walk(verifying->archive, name_stray, verifying, err);
}
