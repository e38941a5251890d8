/*
 * Boxes: see box.h. Databases: images, records, meta ("run": number of the run and its pages).
 * SPDX-License-Identifier: Apache-2.0
 */
#include "archive/box.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fault.h"
#include "base/file.h"
#include "base/log.h"
#include "base/scope.h"

enum box_db { BOX_IMAGES, BOX_RECORDS, BOX_META, BOX_DATABASES };

/* One open box. */
struct open_box {
    uint32_t number; /* 0: free place */
    enum store_mode mode;
    struct store *store;
    struct seal_key *key;
    uint64_t last_use;
};

struct boxes {
    char data_dir[PATH_MAX / 2];
    struct keys *keys;
    uint64_t map_bytes;
    bool writer;
    uint64_t uses;
    struct open_box at[BOXES_OPEN_MAX];
};

int boxes_open(const struct boxes_params *params, struct boxes **ret_boxes, struct err *err)
{
    struct boxes *boxes = calloc(1, sizeof *boxes);
    if (!boxes)
        return err_set(err, ERR_MEMORY, "boxes: no memory");
    snprintf(boxes->data_dir, sizeof boxes->data_dir, "%s", params->data_dir);
    boxes->keys = params->keys;
    boxes->map_bytes = params->map_bytes;
    boxes->writer = params->writer;
    *ret_boxes = boxes;
    return 0;
}

static void close_one(struct open_box *open)
{
    store_free(&open->store);
    seal_key_free(&open->key);
    *open = (struct open_box){0};
}

void boxes_free(struct boxes **boxes)
{
    if (!boxes || !*boxes)
        return;
    for (int i = 0; i < BOXES_OPEN_MAX; i++)
        close_one(&(*boxes)->at[i]);
    free(*boxes);
    *boxes = NULL;
}

void box_forget(struct boxes *boxes, uint32_t number)
{
    for (int i = 0; i < BOXES_OPEN_MAX; i++)
        if (boxes->at[i].number == number)
            close_one(&boxes->at[i]);
}

static void full_path(const struct boxes *boxes, const struct box_row *row, char ret[PATH_MAX])
{
    char below[SERIES_TEXT_SIZE];
    snprintf(ret, PATH_MAX, "%s/boxes/%s", boxes->data_dir, box_path(row, below));
}

static struct key_owner owner_of(const struct box_row *row)
{
    return (struct key_owner){row->tenant, row->compartment};
}

static int open_store(const struct boxes *boxes, const struct box_row *row, enum store_mode mode,
                      struct store **ret_store, struct err *err)
{
    static const char *const names[BOX_DATABASES] = {"images", "records", "meta"};
    char path[PATH_MAX];
    full_path(boxes, row, path);
    const struct store_spec spec = {path, names, BOX_DATABASES, boxes->map_bytes, mode};
    return store_open(&spec, ret_store, err);
}

int box_create(struct boxes *boxes, const struct box_ref *ref, struct err *err)
{
    const struct key_owner owner = owner_of(ref->row);
    char path[PATH_MAX];
    full_path(boxes, ref->row, path);
    box_forget(boxes, ref->number);
    int fault = fault_point("box.create.before");
    if (fault)
        return err_errno(err, fault, "%s: make box", path);
    int rc = file_remove_tree(path, err);
    if (rc == 0)
        rc = keys_make_box(boxes->keys, &owner, ref->number, err);
    fault_point("box.create.after_key");
    struct store *store = NULL;
    if (rc == 0)
        rc = open_store(boxes, ref->row, STORE_WRITE, &store, err);
    store_free(&store);
    if (rc == 0)
        rc = file_sync_folder(path, err);
    fault_point("box.create.after");
    return rc;
}

/* ---- the open ones ---- */

static enum store_mode mode_for(const struct boxes *boxes, const struct box_row *row)
{
    if (row->state != BOX_OPEN)
        return STORE_READ_CLOSED;
    return boxes->writer ? STORE_WRITE : STORE_READ;
}

/* The open place of the box, else the best one to use for it: free, or least recently used. */
static struct open_box *place_for(struct boxes *boxes, uint32_t number)
{
    struct open_box *best = &boxes->at[0];
    for (int i = 0; i < BOXES_OPEN_MAX; i++) {
        struct open_box *open = &boxes->at[i];
        if (open->number == number)
            return open;
        if (best->number && (!open->number || open->last_use < best->last_use))
            best = open;
    }
    return best;
}

static int use(struct boxes *boxes, const struct box_ref *ref, struct open_box **ret_open,
               struct err *err)
{
    enum store_mode mode = mode_for(boxes, ref->row);
    struct open_box *open = place_for(boxes, ref->number);
    if (open->number != ref->number || open->mode != mode) {
        close_one(open);
        const struct key_owner owner = owner_of(ref->row);
        int rc = keys_open_box(boxes->keys, &owner, ref->number, &open->key, err);
        if (rc == 0)
            rc = open_store(boxes, ref->row, mode, &open->store, err);
        if (rc < 0) {
            close_one(open);
            return rc;
        }
        open->number = ref->number;
        open->mode = mode;
    }
    open->last_use = ++boxes->uses;
    *ret_open = open;
    return 0;
}

/* ---- runs ---- */

static struct db_key run_key(void)
{
    struct db_key key = {.len = 0};
    key_text(&key, "run");
    return key;
}

/* The pages of the box's last run, and its number; none and 0 before the first. */
static int last_run(struct store_txn *txn, uint64_t *ret_run, struct unpacker *ret_pages,
                    struct err *err)
{
    struct db_key key = run_key();
    struct bytes value = {0};
    *ret_run = 0;
    *ret_pages = (struct unpacker){0};
    int rc = store_get(txn, BOX_META, &key, &value, err);
    if (rc <= 0)
        return rc;
    *ret_pages = (struct unpacker){.left = value};
    *ret_run = unpack_u64(ret_pages);
    return ret_pages->bad
               ? err_set(err, ERR_INTEGRITY, "%.200s: its run is damaged", store_path(txn->store))
               : 0;
}

/* Removes what a run left that the catalogue never heard of. */
static int remove_unfinished(struct box_writing *writing, struct err *err)
{
    uint64_t run;
    struct unpacker pages;
    int rc = last_run(&writing->txn, &run, &pages, err);
    if (rc < 0 || run <= writing->ref.row->run)
        return rc;
    SCOPED(buf_free) struct buf copy = {0}; /* the value moves when the box is written */
    if (buf_append(&copy, pages.left) < 0)
        return err_set(err, ERR_MEMORY, "box %u: no memory", writing->ref.number);
    for (pages.left = buf_view(&copy); pages.left.len >= 8;) {
        struct page_id id;
        id.batch = unpack_u32(&pages);
        id.page = unpack_u32(&pages);
        struct db_key key = key_of_page(id);
        rc = store_delete(&writing->txn, BOX_IMAGES, &key, err);
        if (rc >= 0)
            rc = store_delete(&writing->txn, BOX_RECORDS, &key, err);
        if (rc < 0)
            return rc;
    }
    log_info("box=%u removed the pages of an unfinished filing run", writing->ref.number);
    return 0;
}

int box_begin(struct boxes *boxes, const struct box_ref *ref, struct box_writing *ret_writing,
              struct err *err)
{
    struct open_box *open;
    *ret_writing = (struct box_writing){.boxes = boxes, .ref = *ref};
    int rc = use(boxes, ref, &open, err);
    if (rc == 0)
        rc = store_begin(open->store, &ret_writing->txn, err);
    if (rc < 0)
        return rc;
    ret_writing->key = open->key;
    pack_u64(&ret_writing->pages, ref->row->run + 1);
    return remove_unfinished(ret_writing, err);
}

static struct db_key label_of(uint32_t box, enum box_db db, struct page_id id)
{
    struct db_key label = {.len = 0};
    key_u32(key_text(&label, db == BOX_IMAGES ? "box image " : "box record "), box);
    key_u32(key_u32(&label, id.batch), id.page);
    return label;
}

static int put_sealed(struct box_writing *writing, enum box_db db, struct page_id id,
                      struct bytes plain, struct err *err)
{
    SCOPED(buf_free) struct buf sealed = {0};
    struct db_key label = label_of(writing->ref.number, db, id), key = key_of_page(id);
    if (seal_close(writing->key, key_view(&label), plain, &sealed) < 0)
        return err_set(err, ERR_MEMORY, "page %u-%u: no memory for %zu bytes", id.batch, id.page,
                       plain.len);
    writing->bytes += sealed.len;
    return store_put(&writing->txn, (int)db, &key, buf_view(&sealed), err);
}

int box_put(struct box_writing *writing, struct page_id id, struct bytes image, struct bytes record,
            struct err *err)
{
    pack_u32(&writing->pages, id.batch);
    pack_u32(&writing->pages, id.page);
    int rc = put_sealed(writing, BOX_IMAGES, id, image, err);
    return rc < 0 ? rc : put_sealed(writing, BOX_RECORDS, id, record, err);
}

int box_commit(struct box_writing *writing, struct err *err)
{
    static const struct commit_points points = {"filing.box.before_commit",
                                                "filing.box.after_commit"};
    struct db_key key = run_key();
    int rc = store_put_row(&writing->txn, BOX_META, &key, &writing->pages, err);
    return rc < 0 ? rc : store_commit(&writing->txn, &points, err);
}

void box_abort(struct box_writing *writing)
{
    if (!writing)
        return;
    store_abort(&writing->txn);
    packer_free(&writing->pages);
}

/* ---- reading ---- */

static int get_sealed(struct store_txn *txn, const struct open_box *open, enum box_db db,
                      struct page_id id, struct buf *ret_plain)
{
    struct db_key key = key_of_page(id), label = label_of(open->number, db, id);
    struct bytes sealed = {0};
    int rc = store_get(txn, (int)db, &key, &sealed, NULL);
    if (rc <= 0)
        return rc < 0 ? rc : ERR_NOT_FOUND;
    return seal_open(open->key, key_view(&label), sealed, ret_plain);
}

int box_get(struct boxes *boxes, const struct box_ref *ref, struct page_id id,
            struct box_page *ret_page, struct err *err)
{
    struct open_box *open;
    SCOPED(store_abort) struct store_txn txn = {0};
    int rc = use(boxes, ref, &open, err);
    if (rc == 0)
        rc = store_begin_read(open->store, &txn, err);
    if (rc < 0)
        return rc;
    rc = get_sealed(&txn, open, BOX_IMAGES, id, &ret_page->image);
    if (rc == 0)
        rc = get_sealed(&txn, open, BOX_RECORDS, id, &ret_page->record);
    if (rc == ERR_NOT_FOUND)
        return err_set(err, rc, "%.200s: page %u-%u is not in it", store_path(open->store),
                       id.batch, id.page);
    if (rc < 0)
        return err_set(err, rc, "%.200s: page %u-%u does not open with the box's key",
                       store_path(open->store), id.batch, id.page);
    return 0;
}

void box_page_clear(struct box_page *page)
{
    buf_free(&page->image);
    buf_free(&page->record);
}

static bool is_listed(struct unpacker pages, struct page_id wanted)
{
    while (pages.left.len >= 8) {
        struct page_id id;
        id.batch = unpack_u32(&pages);
        id.page = unpack_u32(&pages);
        if (id.batch == wanted.batch && id.page == wanted.page)
            return true;
    }
    return false;
}

int box_walk(struct boxes *boxes, const struct box_ref *ref,
             int (*each)(void *to, struct page_id id), void *to, struct err *err)
{
    struct open_box *open;
    SCOPED(store_abort) struct store_txn txn = {0};
    SCOPED(store_walk_end) struct store_cursor cursor = {0};
    uint64_t run;
    struct unpacker pages;
    struct db_key start = {.len = 0};
    int rc = use(boxes, ref, &open, err);
    if (rc == 0)
        rc = store_begin_read(open->store, &txn, err);
    if (rc == 0)
        rc = last_run(&txn, &run, &pages, err);
    if (rc == 0)
        rc = store_walk(&txn, BOX_RECORDS, &start, &cursor, err);
    if (rc < 0)
        return rc;
    struct store_entry entry;
    while ((rc = store_next(&cursor, &entry, err)) == 1) {
        struct page_id id = page_of_key(entry.key);
        if (run > ref->row->run && is_listed(pages, id))
            continue;
        rc = each(to, id);
        if (rc < 0)
            break;
    }
    return rc;
}

/* ---- records ---- */

enum { RECORD_VERSION = 1 };

void box_record_encode(struct packer *to, const struct box_record *record)
{
    pack_u8(to, RECORD_VERSION);
    pack_bytes(to, record->verdict);
    pack_bytes(to, record->capture);
    pack_text(to, record->insured);
    pack_text(to, record->reason);
}

bool box_record_decode(struct bytes bytes, struct box_record *ret_record)
{
    struct unpacker from = {.left = bytes};
    uint8_t version = unpack_u8(&from);
    ret_record->verdict = unpack_bytes(&from);
    ret_record->capture = unpack_bytes(&from);
    unpack_text(&from, ret_record->insured, sizeof ret_record->insured);
    unpack_text(&from, ret_record->reason, sizeof ret_record->reason);
    return version == RECORD_VERSION && !from.bad && from.left.len == 0;
}
