/*
 * Finding and reading back: see find.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "archive/find.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "archive/filing_record.h"
#include "archive/gone.h"
#include "archive/hold.h"
#include "archive/slip_store.h"
#include "archive/successor.h"
#include "archive/tenants.h"
#include "base/clock.h"
#include "base/scope.h"

enum { MOST_FOUND = 10000 };

/* ---- rows as answers ---- */

static int fill(struct store_txn *txn, struct document_id id, const struct document_row *row,
                struct found_document *ret_document, struct err *err)
{
    struct box_row box;
    int rc = catalogue_box(txn, row->box, &box, err);
    if (rc == 0)
        rc = err_set(err, ERR_INTEGRITY, "document %u-%u: box %u is not in the catalogue", id.batch,
                     id.first_page, row->box);
    if (rc < 0)
        return rc;
    struct found_document found = {.id = id,
                                   .envelope = {id.batch, row->envelope},
                                   .compartment = row->compartment,
                                   .confidence = row->confidence,
                                   .received = row->received,
                                   .event = row->event,
                                   .expiry = row->expiry,
                                   .rule_version = row->rule_version,
                                   .filed_ms = row->filed_ms,
                                   .page_count = row->page_count};
    memcpy(found.tenant, row->tenant, sizeof found.tenant);
    memcpy(found.tag, row->tag, sizeof found.tag);
    memcpy(found.decided_by, row->decided_by, sizeof found.decided_by);
    memcpy(found.rule, row->rule, sizeof found.rule);
    box_path(&box, found.box);
    *ret_document = found;
    return 0;
}

static bool may_read(struct archive *archive, const char *tenant, enum compartment compartment,
                     struct err *err)
{
    return keys_check(archive->keys, &(struct key_owner){tenant, compartment}, err) == 0;
}

/* ---- searching ---- */

struct search {
    struct archive *archive;
    const struct find_query *query;
    struct store_txn txn;
    struct found_document *documents;
    int count;
    struct tenant_group group;     /* the tenant asked for and those merged into it */
    char tenant[TENANT_TEXT_SIZE]; /* at hand, and what of it may not be read */
    bool medical_denied, admin_denied;
};

static bool is_in_group(const struct tenant_group *group, const char *tenant)
{
    for (int i = 0; i < group->count; i++)
        if (strcmp(group->at[i], tenant) == 0)
            return true;
    return false;
}

static bool day_matches(const struct find_query *query, struct day received)
{
    return (day_is_none(query->received_from) ||
            day_compare(received, query->received_from) >= 0) &&
           (day_is_none(query->received_to) || day_compare(received, query->received_to) <= 0);
}

static bool expiry_matches(const struct find_query *query, struct day expiry)
{
    if (day_is_none(query->expiry_from) && day_is_none(query->expiry_to))
        return true;
    return !day_is_none(expiry) &&
           (day_is_none(query->expiry_from) || day_compare(expiry, query->expiry_from) >= 0) &&
           (day_is_none(query->expiry_to) || day_compare(expiry, query->expiry_to) <= 0);
}

static bool matches(const struct search *search, struct document_id id,
                    const struct document_row *row)
{
    const struct find_query *query = search->query;
    if (row->compartment == COMPARTMENT_MEDICAL ? search->medical_denied : search->admin_denied)
        return false;
    return (!query->tenant || is_in_group(&search->group, row->tenant)) &&
           (!query->tag || strcmp(row->tag, query->tag) == 0) &&
           (!query->batch.n || id.batch == query->batch.n) && day_matches(query, row->received) &&
           (!query->box || row->box == query->box) && expiry_matches(query, row->expiry);
}

/* Whether its box is on the slip: 1, 0. */
static int is_on_slip(struct search *search, const struct document_row *row, struct err *err)
{
    struct db_key key = key_of_number(row->box);
    struct bytes value;
    int rc = store_get(&search->txn, CAT_BOX_SLIPS, &key, &value, err);
    struct unpacker at = {.left = rc == 1 ? value : bytes_of(NULL, 0)};
    return rc == 1 ? unpack_u32(&at) == search->query->slip : rc;
}

static int is_held(struct search *search, struct document_id id, const struct document_row *row,
                   struct err *err)
{
    struct hold_names names;
    const struct hold_subject subject = {id, row, day_of_ms(clock_wall_ms())};
    int rc = holds_on(&search->txn, &subject, &names, err);
    for (int i = 0; rc > 0 && i < names.count && i < HOLD_NAMES_SHOWN; i++)
        if (strcmp(names.names[i], search->query->hold) == 0)
            return 1;
    return rc < 0 ? rc : 0;
}

/* What takes more than the row to tell: 1, 0. */
static int is_listed(struct search *search, struct document_id id, const struct document_row *row,
                     struct err *err)
{
    int rc = search->query->slip ? is_on_slip(search, row, err) : 1;
    return rc == 1 && search->query->hold ? is_held(search, id, row, err) : rc;
}

/* 1 taken, 0 passed over. */
static int consider(struct search *search, struct document_id id, struct document_row *ret_row,
                    struct err *err)
{
    int rc = catalogue_document(&search->txn, id, ret_row, err);
    if (rc == 0)
        return err_set(err, ERR_INTEGRITY, "document %u-%u is indexed and not there", id.batch,
                       id.first_page);
    if (rc < 0 || !matches(search, id, ret_row))
        return rc < 0 ? rc : 0;
    rc = is_listed(search, id, ret_row, err);
    if (rc <= 0)
        return rc;
    rc = fill(&search->txn, id, ret_row, &search->documents[search->count], err);
    if (rc < 0)
        return rc;
    search->count++;
    return 1;
}

/* First document id that may still match: after the query's, within its batch. */
static struct document_id first_id(const struct find_query *query)
{
    struct document_id id = {query->after.batch, query->after.first_page + 1};
    if (query->batch.n > id.batch)
        id = (struct document_id){query->batch.n, 0};
    return id;
}

/* Each tenant's rights are looked up once, as long as it is the same. */
static void look_up_rights(struct search *search, const char *tenant)
{
    if (strcmp(search->tenant, tenant) == 0)
        return;
    snprintf(search->tenant, sizeof search->tenant, "%s", tenant);
    search->admin_denied = !may_read(search->archive, tenant, COMPARTMENT_ADMIN, NULL);
    search->medical_denied = !may_read(search->archive, tenant, COMPARTMENT_MEDICAL, NULL);
}

static int compare_ids(struct document_id a, struct document_id b)
{
    if (a.batch != b.batch)
        return a.batch < b.batch ? -1 : 1;
    return a.first_page < b.first_page ? -1 : a.first_page > b.first_page;
}

/* An index: the documents under a key, of one tenant. */
struct list {
    const char *tenant; /* NULL: of any */
    struct db_key prefix;
};

struct lists {
    int db, count;
    char of_box[TENANT_TEXT_SIZE]; /* whose box it is */
    struct list at[2 * TENANTS_MAX];
};

/* The lowest id of all lists from `from` on, and whose it is: 1, 0 none. */
static int next_of(struct search *search, const struct lists *lists, struct document_id from,
                   struct document_id *ret_id, struct err *err)
{
    const char *tenant = NULL;
    *ret_id = (struct document_id){0};
    for (int i = 0; i < lists->count; i++) {
        struct document_id id = from;
        int rc = catalogue_seek_document(&search->txn, lists->db, &lists->at[i].prefix, &id, err);
        if (rc < 0)
            return rc;
        if (rc == 0 || (ret_id->batch && compare_ids(id, *ret_id) >= 0))
            continue;
        *ret_id = id;
        tenant = lists->at[i].tenant;
    }
    if (ret_id->batch && tenant)
        look_up_rights(search, tenant);
    return ret_id->batch > 0;
}

/* The lists merged by id. A batch whose day of receipt does not match is passed over as a whole:
 * all its documents have the same. */
static int walk_lists(struct search *search, const struct lists *lists, struct err *err)
{
    struct document_id from = first_id(search->query);
    while (search->count < search->query->most) {
        struct document_row row;
        struct document_id id;
        int rc = next_of(search, lists, from, &id, err);
        if (rc <= 0)
            return rc;
        if (search->query->batch.n && id.batch > search->query->batch.n)
            return 0;
        rc = consider(search, id, &row, err);
        if (rc < 0)
            return rc;
        from = (struct document_id){id.batch, id.first_page + 1};
        if (!day_matches(search->query, row.received))
            from = (struct document_id){id.batch + 1, 0};
    }
    return 0;
}

/* The lists of the compartments that may be read. */
static int add_insured(struct search *search, const char *tenant, struct lists *lists,
                       struct err *err)
{
    for (int i = COMPARTMENT_ADMIN; i <= COMPARTMENT_MEDICAL; i++) {
        const struct key_owner owner = {tenant, (enum compartment)i};
        struct insured_hash hash;
        if (!may_read(search->archive, tenant, owner.compartment, NULL))
            continue;
        int rc =
            filing_insured_hash(search->archive->keys, &owner, search->query->insured, &hash, err);
        if (rc == ERR_NOT_FOUND)
            continue; /* nothing was ever filed there */
        if (rc < 0)
            return rc;
        lists->at[lists->count++] =
            (struct list){tenant, catalogue_insured_key(tenant, owner.compartment, &hash)};
    }
    return 0;
}

/* ---- every tenant, by document id ---- */

static int search_all(struct search *search, struct err *err)
{
    struct document_id from = first_id(search->query);
    const struct db_key all = {.len = 0};
    while (search->count < search->query->most) {
        struct batch_row batch;
        struct document_row row;
        struct document_id id = from;
        int rc = catalogue_seek_document(&search->txn, CAT_DOCUMENTS, &all, &id, err);
        if (rc <= 0)
            return rc;
        if (search->query->batch.n && id.batch > search->query->batch.n)
            return 0;
        rc = catalogue_batch(&search->txn, (struct batch_id){id.batch}, &batch, err);
        if (rc == 1)
            look_up_rights(search, batch.spec.tenant);
        if (rc == 1)
            rc = consider(search, id, &row, err);
        if (rc < 0)
            return rc;
        from = (struct document_id){id.batch, id.first_page + 1};
    }
    return 0;
}

/* A box is one tenant's. */
static int add_box(struct search *search, struct lists *lists, struct err *err)
{
    struct box_row box;
    int rc = catalogue_box(&search->txn, search->query->box, &box, err);
    if (rc <= 0)
        return rc;
    memcpy(lists->of_box, box.tenant, sizeof lists->of_box);
    lists->at[lists->count++] = (struct list){lists->of_box, key_of_number(search->query->box)};
    return 0;
}

/* The index that fits the query, of every tenant of the group. */
static int choose_lists(struct search *search, struct lists *lists, struct err *err)
{
    const struct find_query *query = search->query;
    int rc = 0;
    lists->db = query->tag ? CAT_BY_TAG : CAT_BY_TENANT;
    lists->db = query->box ? CAT_BY_BOX : lists->db;
    lists->db = query->insured ? CAT_BY_INSURED : lists->db;
    if (query->box && !query->insured)
        return add_box(search, lists, err);
    for (int i = 0; rc == 0 && i < search->group.count; i++) {
        const char *tenant = search->group.at[i];
        if (query->insured)
            rc = add_insured(search, tenant, lists, err);
        else
            lists->at[lists->count++] =
                (struct list){tenant, query->tag ? catalogue_tag_key(tenant, query->tag)
                                                 : catalogue_tenant_key(tenant)};
    }
    return rc;
}

static int search_tenant(struct search *search, struct err *err)
{
    const struct find_query *query = search->query;
    int rc = archive_check_tenant(search->archive, query->tenant, err);
    if (rc == 0 && !may_read(search->archive, query->tenant, COMPARTMENT_ADMIN, err))
        rc = ERR_DENIED;
    if (rc == 0)
        rc = successor_group(&search->txn, query->tenant, &search->group, err);
    struct lists *lists = calloc(1, sizeof *lists);
    if (rc == 0)
        rc = lists ? choose_lists(search, lists, err) : err_set(err, ERR_MEMORY, "find: no memory");
    if (rc == 0)
        rc = walk_lists(search, lists, err);
    free(lists);
    return rc;
}

/* ---- what the query names ---- */

static int check_there(int rc, const char *what, uint32_t number, struct err *err)
{
    return rc == 0
               ? err_set(err, ERR_NOT_FOUND, "%s %u: there is none of that number", what, number)
               : rc;
}

/* 1: what it names exists. */
static int check_named(struct search *search, struct err *err)
{
    const struct find_query *query = search->query;
    struct batch_row batch;
    struct box_row box;
    struct slip_row slip;
    int rc = 1;
    if (query->batch.n)
        rc = check_there(catalogue_batch(&search->txn, query->batch, &batch, err), "batch",
                         query->batch.n, err);
    if (rc == 1 && query->box)
        rc =
            check_there(catalogue_box(&search->txn, query->box, &box, err), "box", query->box, err);
    if (rc == 1 && query->slip)
        rc = slip_read(&search->txn, query->slip, &slip, err) < 0 ? err->code : 1;
    if (rc == 1 && query->hold)
        rc = hold_is_there(&search->txn, query->hold, err);
    return rc;
}

int find_documents(struct archive *archive, const struct find_query *query,
                   struct found_document *ret_documents, struct err *err)
{
    struct search search = {.archive = archive, .query = query, .documents = ret_documents};
    if (query->most < 1 || query->most > MOST_FOUND)
        return err_set(err, ERR_LIMIT, "find: %d documents wanted, must be 1 to %d", query->most,
                       MOST_FOUND);
    if (query->insured && !query->tenant)
        return err_set(err, ERR_FORMAT, "find: an insured number is looked up within a tenant");
    if (query->tag && !tag_is_valid(query->tag))
        return err_set(err, ERR_FORMAT, "find: '%.24s' is no tag", query->tag);
    int rc = store_begin_read(archive->catalogue, &search.txn, err);
    if (rc == 0 && !query->after.batch)
        rc = check_named(&search, err);
    if (rc >= 0)
        rc = query->tenant ? search_tenant(&search, err) : search_all(&search, err);
    store_abort(&search.txn);
    return rc < 0 ? rc : search.count;
}

int find_document(struct archive *archive, struct document_id id,
                  struct found_document *ret_document, struct err *err)
{
    SCOPED(store_abort) struct store_txn txn = {0};
    struct document_row row;
    int rc = store_begin_read(archive->catalogue, &txn, err);
    if (rc == 0)
        rc = filed_or_gone(archive, &txn, id, &row, err);
    if (rc == 0)
        rc = keys_check(archive->keys, &(struct key_owner){row.tenant, row.compartment}, err);
    return rc < 0 ? rc : fill(&txn, id, &row, ret_document, err);
}

/* ---- pages ---- */

static int read_page(struct archive *archive, const struct found_document *document,
                     struct page_id id, struct found_page *page, struct err *err)
{
    SCOPED(store_abort) struct store_txn txn = {0};
    SCOPED(box_page_clear) struct box_page content = {0};
    struct document_row row;
    struct page_row filed;
    struct box_row box;
    int rc = store_begin_read(archive->catalogue, &txn, err);
    if (rc == 0)
        rc = catalogue_document(&txn, document->id, &row, err);
    if (rc == 1)
        rc = catalogue_page(&txn, id, &filed, err);
    if (rc == 1)
        rc = catalogue_box(&txn, row.box, &box, err);
    if (rc == 0)
        rc = err_set(err, ERR_NOT_FOUND, "page %u-%u is not filed", id.batch, id.page);
    if (rc == 1)
        rc = box_get(archive->boxes, &(struct box_ref){row.box, &box}, id, &content, err);
    if (rc < 0)
        return rc;
    struct box_record record;
    struct digest digest = digest_of(buf_view(&content.image));
    if (!digest_equal(&digest, &filed.digest) ||
        !box_record_decode(buf_view(&content.record), &record))
        return err_set(err, ERR_INTEGRITY, "page %u-%u: what its box holds is not what was filed",
                       id.batch, id.page);
    *page = (struct found_page){
        .id = id, .sheet = filed.sheet, .side = filed.side, .digest = filed.digest};
    memcpy(page->tag, filed.tag, sizeof page->tag);
    if (buf_append(&page->record, record.verdict) < 0 ||
        buf_append(&page->capture, record.capture) < 0)
        return err_set(err, ERR_MEMORY, "page %u-%u: no memory", id.batch, id.page);
    page->image = content.image;
    content.image = (struct buf){0};
    return 0;
}

int find_page(struct archive *archive, const struct found_document *document, uint32_t index,
              struct found_page *ret_page, struct err *err)
{
    if (index >= document->page_count)
        return err_set(err, ERR_NOT_FOUND, "document %u-%u has %u pages", document->id.batch,
                       document->id.first_page, document->page_count);
    struct found_page page = {0};
    struct page_id id = {document->id.batch, document->id.first_page + index};
    int rc = read_page(archive, document, id, &page, err);
    if (rc < 0) {
        found_page_clear(&page);
        return rc;
    }
    *ret_page = page;
    return 0;
}

void found_page_clear(struct found_page *page)
{
    buf_free(&page->image);
    buf_free(&page->record);
    buf_free(&page->capture);
    *page = (struct found_page){0};
}
