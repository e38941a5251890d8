/*
 * The catalogue: see catalogue.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "archive/catalogue.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/scope.h"

/* A catalogue that holds batches names the layout of its rows. */
static int check_layout(struct store *store, struct err *err)
{
    SCOPED(store_abort) struct store_txn txn = {0};
    uint64_t layout, batches;
    int rc = store_begin_read(store, &txn, err);
    if (rc == 0)
        rc = catalogue_number(&txn, "last_batch", &batches, err);
    if (rc >= 0)
        rc = catalogue_number(&txn, "layout", &layout, err);
    if (rc < 0 || batches == 0 || layout == CATALOGUE_LAYOUT)
        return rc < 0 ? rc : 0;
    return err_set(err, ERR_CONFLICT,
                   "%.200s: its rows have layout %llu, this tripli reads layout %d; open it with "
                   "the version that wrote it",
                   store_path(store), (unsigned long long)layout, CATALOGUE_LAYOUT);
}

int catalogue_open(const char *data_dir, uint64_t map_bytes, enum store_mode mode,
                   struct store **ret_store, struct err *err)
{
    static const char *const names[CAT_DATABASES] = {
        [CAT_META] = "meta",
        [CAT_BATCHES] = "batches",
        [CAT_UUIDS] = "uuids",
        [CAT_UNCLOSED] = "unclosed",
        [CAT_ENVELOPES] = "envelopes",
        [CAT_DOCUMENTS] = "documents",
        [CAT_PAGES] = "pages",
        [CAT_BOXES] = "boxes",
        [CAT_SERIES] = "series",
        [CAT_OPEN_BOXES] = "open_boxes",
        [CAT_BY_TENANT] = "by_tenant",
        [CAT_BY_TAG] = "by_tag",
        [CAT_BY_INSURED] = "by_insured",
        [CAT_BY_BOX] = "by_box",
        [CAT_JOURNAL] = "journal",
        [CAT_HEADS] = "heads",
        [CAT_EVENTS] = "events",
        [CAT_MOVED] = "moved",
        [CAT_HOLDS] = "holds",
        [CAT_HELD] = "held",
        [CAT_HOLD_SUBJECTS] = "hold_subjects",
        [CAT_SLIPS] = "slips",
        [CAT_SLIP_LINES] = "slip_lines",
        [CAT_SLIP_BOXES] = "slip_boxes",
        [CAT_BOX_SLIPS] = "box_slips",
        [CAT_ERASING] = "erasing",
        [CAT_TOMBS] = "tombs",
        [CAT_PAPERS] = "papers",
        [CAT_SLIP_PAPERS] = "slip_papers",
    };
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/catalogue", data_dir);
    const struct store_spec spec = {path, names, CAT_DATABASES, map_bytes, mode};
    int rc = store_open(&spec, ret_store, err);
    return rc < 0 ? rc : check_layout(*ret_store, err);
}

static int damaged(struct store_txn *txn, struct err *err, const char *what, uint32_t a, uint32_t b)
{
    return err_set(err, ERR_INTEGRITY, "%.200s: the row of %s %u-%u is damaged",
                   store_path(txn->store), what, a, b);
}

/* ---- numbers ---- */

static struct db_key name_key(const char *name)
{
    struct db_key key = {.len = 0};
    key_text(&key, name);
    return key;
}

int catalogue_number(struct store_txn *txn, const char *name, uint64_t *ret_number, struct err *err)
{
    struct db_key key = name_key(name);
    struct bytes value = {0};
    *ret_number = 0;
    int rc = store_get(txn, CAT_META, &key, &value, err);
    if (rc <= 0)
        return rc;
    struct unpacker row = {.left = value};
    *ret_number = unpack_u64(&row);
    return row.bad ? damaged(txn, err, name, 0, 0) : 0;
}

int catalogue_set_number(struct store_txn *txn, const char *name, uint64_t number, struct err *err)
{
    struct db_key key = name_key(name), value = {.len = 0};
    key_u64(&value, number);
    return store_put(txn, CAT_META, &key, key_view(&value), err);
}

/* ---- batches ---- */

int catalogue_batch(struct store_txn *txn, struct batch_id id, struct batch_row *ret_row,
                    struct err *err)
{
    struct db_key key = key_of_number(id.n);
    struct bytes value = {0};
    int rc = store_get(txn, CAT_BATCHES, &key, &value, err);
    if (rc == 1 && !batch_row_decode(value, ret_row))
        return damaged(txn, err, "batch", id.n, 0);
    return rc;
}

int catalogue_put_batch(struct store_txn *txn, struct batch_id id, const struct batch_row *row,
                        struct err *err)
{
    SCOPED(packer_free) struct packer bytes = {0};
    struct db_key key = key_of_number(id.n), uuid = {.len = 0};
    key_raw(&uuid, row->spec.uuid.at, sizeof row->spec.uuid.at);
    batch_row_encode(&bytes, row);
    int rc = store_put_row(txn, CAT_BATCHES, &key, &bytes, err);
    if (rc == 0)
        rc = store_put(txn, CAT_UUIDS, &uuid, key_view(&key), err);
    if (rc < 0)
        return rc;
    if (row->state != BATCH_CLOSED)
        return store_put(txn, CAT_UNCLOSED, &key, bytes_of("", 0), err);
    rc = store_delete(txn, CAT_UNCLOSED, &key, err);
    return rc < 0 ? rc : 0;
}

/* ---- envelopes, documents, pages ---- */

static struct db_key pair_key(uint32_t batch, uint32_t page)
{
    return key_of_page((struct page_id){batch, page});
}

int catalogue_envelope(struct store_txn *txn, struct envelope_id id, struct envelope_row *ret_row,
                       struct err *err)
{
    struct db_key key = pair_key(id.batch, id.first_page);
    struct bytes value = {0};
    int rc = store_get(txn, CAT_ENVELOPES, &key, &value, err);
    if (rc == 1 && !envelope_row_decode(value, ret_row))
        return damaged(txn, err, "envelope", id.batch, id.first_page);
    return rc;
}

int catalogue_put_envelope(struct store_txn *txn, struct envelope_id id,
                           const struct envelope_row *row, struct err *err)
{
    SCOPED(packer_free) struct packer bytes = {0};
    struct db_key key = pair_key(id.batch, id.first_page);
    envelope_row_encode(&bytes, row);
    return store_put_row(txn, CAT_ENVELOPES, &key, &bytes, err);
}

int catalogue_document(struct store_txn *txn, struct document_id id, struct document_row *ret_row,
                       struct err *err)
{
    struct db_key key = pair_key(id.batch, id.first_page);
    struct bytes value = {0};
    int rc = store_get(txn, CAT_DOCUMENTS, &key, &value, err);
    if (rc == 1 && !document_row_decode(value, ret_row))
        return damaged(txn, err, "document", id.batch, id.first_page);
    return rc;
}

struct db_key catalogue_tenant_key(const char *tenant)
{
    struct db_key key = {.len = 0};
    key_text(&key, tenant);
    return key;
}

struct db_key catalogue_tag_key(const char *tenant, const char *tag)
{
    struct db_key key = catalogue_tenant_key(tenant);
    key_u8(key_text(&key, tag), 0);
    return key;
}

struct db_key catalogue_insured_key(const char *tenant, enum compartment compartment,
                                    const struct insured_hash *hash)
{
    struct db_key key = catalogue_tenant_key(tenant);
    key_raw(key_u8(&key, (uint8_t)compartment), hash->at, sizeof hash->at);
    return key;
}

struct document_id catalogue_document_of(struct bytes index_key)
{
    struct page_id id = {0};
    if (index_key.len >= 8)
        id = page_of_key(bytes_of(index_key.at + index_key.len - 8, 8));
    return (struct document_id){id.batch, id.page};
}

int catalogue_seek_document(struct store_txn *txn, int db, const struct db_key *prefix,
                            struct document_id *id, struct err *err)
{
    struct store_entry entry;
    struct db_key key = *prefix;
    key_u32(key_u32(&key, id->batch), id->first_page);
    int rc = store_seek(txn, db, &key, &entry, err);
    if (rc <= 0 || !key_has_prefix(entry.key, prefix))
        return rc < 0 ? rc : 0;
    *id = catalogue_document_of(entry.key);
    return 1;
}

static int put_entry(struct store_txn *txn, int db, const struct db_key *key, struct err *err)
{
    return store_put(txn, db, key, bytes_of("", 0), err);
}

static int remove_entry(struct store_txn *txn, int db, const struct db_key *key, struct err *err)
{
    int rc = store_delete(txn, db, key, err);
    return rc < 0 ? rc : 0;
}

/* Does something to every index entry of a document. */
static int each_index(struct store_txn *txn, struct document_id id, const struct document_row *row,
                      int (*act)(struct store_txn *, int, const struct db_key *, struct err *),
                      struct err *err)
{
    struct {
        int db;
        struct db_key key;
    } places[3 + DOCUMENT_INSURED] = {{CAT_BY_TENANT, catalogue_tenant_key(row->tenant)},
                                      {CAT_BY_TAG, catalogue_tag_key(row->tenant, row->tag)},
                                      {CAT_BY_BOX, key_of_number(row->box)}};
    for (int i = 0; i < row->insured_count; i++) {
        places[3 + i].db = CAT_BY_INSURED;
        places[3 + i].key = catalogue_insured_key(row->tenant, row->compartment, &row->insured[i]);
    }
    int rc = 0;
    for (int i = 0; rc == 0 && i < 3 + row->insured_count; i++) {
        key_u32(key_u32(&places[i].key, id.batch), id.first_page);
        rc = act(txn, places[i].db, &places[i].key, err);
    }
    return rc;
}

int catalogue_unindex_document(struct store_txn *txn, struct document_id id,
                               const struct document_row *row, struct err *err)
{
    return each_index(txn, id, row, remove_entry, err);
}

static struct db_key moved_key(uint32_t box, struct document_id id)
{
    struct db_key key = key_of_number(box);
    key_u32(key_u32(&key, id.batch), id.first_page);
    return key;
}

int catalogue_has_moved(struct store_txn *txn, uint32_t box, struct document_id id, struct err *err)
{
    struct db_key key = moved_key(box, id);
    struct bytes value;
    return store_get(txn, CAT_MOVED, &key, &value, err);
}

int catalogue_set_moved(struct store_txn *txn, uint32_t box, struct document_id id, bool moved,
                        struct err *err)
{
    struct db_key key = moved_key(box, id);
    return moved ? put_entry(txn, CAT_MOVED, &key, err) : remove_entry(txn, CAT_MOVED, &key, err);
}

int catalogue_filed(struct store_txn *txn, struct document_id id, struct document_row *ret_row,
                    struct err *err)
{
    int rc = catalogue_document(txn, id, ret_row, err);
    if (rc == 0)
        return err_set(err, ERR_NOT_FOUND, "document %u-%u is not filed", id.batch, id.first_page);
    return rc < 0 ? rc : 0;
}

int catalogue_put_document(struct store_txn *txn, struct document_id id,
                           const struct document_row *row, struct err *err)
{
    SCOPED(packer_free) struct packer bytes = {0};
    struct db_key key = pair_key(id.batch, id.first_page);
    document_row_encode(&bytes, row);
    int rc = store_put_row(txn, CAT_DOCUMENTS, &key, &bytes, err);
    return rc < 0 ? rc : each_index(txn, id, row, put_entry, err);
}

int catalogue_remove_document(struct store_txn *txn, struct document_id id,
                              const struct document_row *row, struct err *err)
{
    struct db_key key = pair_key(id.batch, id.first_page);
    int rc = each_index(txn, id, row, remove_entry, err);
    return rc < 0 ? rc : remove_entry(txn, CAT_DOCUMENTS, &key, err);
}

int catalogue_page(struct store_txn *txn, struct page_id id, struct page_row *ret_row,
                   struct err *err)
{
    struct db_key key = key_of_page(id);
    struct bytes value = {0};
    int rc = store_get(txn, CAT_PAGES, &key, &value, err);
    if (rc == 1 && !page_row_decode(value, ret_row))
        return damaged(txn, err, "page", id.batch, id.page);
    return rc;
}

int catalogue_put_page(struct store_txn *txn, struct page_id id, const struct page_row *row,
                       struct err *err)
{
    SCOPED(packer_free) struct packer bytes = {0};
    struct db_key key = key_of_page(id);
    page_row_encode(&bytes, row);
    return store_put_row(txn, CAT_PAGES, &key, &bytes, err);
}

int catalogue_document_digest(struct store_txn *txn, struct document_id id,
                              struct digest *ret_digest, struct err *err)
{
    SCOPED(packer_free) struct packer all = {0};
    struct document_row row;
    int rc = catalogue_document(txn, id, &row, err);
    if (rc == 0)
        return err_set(err, ERR_NOT_FOUND, "document %u-%u is not there", id.batch, id.first_page);
    if (rc < 0)
        return rc;
    document_row_encode(&all, &row);
    for (uint32_t i = 0; i < row.page_count; i++) {
        struct db_key key = pair_key(id.batch, id.first_page + i);
        struct bytes value = {0};
        rc = store_get(txn, CAT_PAGES, &key, &value, err);
        if (rc < 0)
            return rc;
        pack_bytes(&all, value);
    }
    if (all.failed)
        return err_set(err, ERR_MEMORY, "catalogue: no memory");
    *ret_digest = digest_of(packer_view(&all));
    return 0;
}

/* ---- boxes ---- */

/* Series and filing month; the number follows. */
static struct db_key series_key(const struct box_row *row)
{
    char series[SERIES_TEXT_SIZE], month[MONTH_TEXT_SIZE];
    struct db_key key = {.len = 0};
    key_u8(key_text(&key, box_series(row, series)), '/');
    key_text(&key, day_format_month(row->filing, month));
    return key;
}

int catalogue_box(struct store_txn *txn, uint32_t box, struct box_row *ret_row, struct err *err)
{
    struct db_key key = key_of_number(box);
    struct bytes value = {0};
    int rc = store_get(txn, CAT_BOXES, &key, &value, err);
    if (rc == 1 && !box_row_decode(value, ret_row))
        return damaged(txn, err, "box", box, 0);
    return rc;
}

int catalogue_put_box(struct store_txn *txn, uint32_t box, const struct box_row *row,
                      struct err *err)
{
    SCOPED(packer_free) struct packer bytes = {0};
    struct db_key key = key_of_number(box), place = series_key(row);
    key_u32(&place, row->number);
    box_row_encode(&bytes, row);
    int rc = store_put_row(txn, CAT_BOXES, &key, &bytes, err);
    if (rc == 0)
        rc = store_put(txn, CAT_SERIES, &place, key_view(&key), err);
    if (rc < 0)
        return rc;
    if (row->state == BOX_OPEN)
        return store_put(txn, CAT_OPEN_BOXES, &key, bytes_of("", 0), err);
    rc = store_delete(txn, CAT_OPEN_BOXES, &key, err);
    return rc < 0 ? rc : 0;
}

int catalogue_last_box(struct store_txn *txn, const struct box_row *like, uint32_t *ret_box,
                       struct err *err)
{
    struct db_key prefix = series_key(like), bound = prefix;
    struct store_entry entry;
    key_u32(&bound, UINT32_MAX);
    *ret_box = 0;
    int rc = store_seek_before(txn, CAT_SERIES, &bound, &entry, err);
    if (rc <= 0 || !key_has_prefix(entry.key, &prefix))
        return rc < 0 ? rc : 0;
    struct unpacker row = {.left = entry.value};
    *ret_box = unpack_u32(&row);
    return row.bad ? damaged(txn, err, "series of box", 0, 0) : 0;
}
