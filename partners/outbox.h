/*
 * The outbox: what partners fetch, on disk. The gateway writes down what a partner asks for and
 * acknowledges; the hub's side (tripli-handover) makes it, sealed for that partner's key, and tells
 * how it stands. The gateway finds a file by tenant, compartment and key of whoever asks, all three
 * from the platform's list: so nobody can name what is another's.
 * Every function returns after what it says is durable.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "partners/inbox.h"
#include "partners/parcel.h"

/* On disk, below ROOT/outbox/TENANT-COMPARTMENT-(digest of the key)/:
 *   order      what the partner asked for and nobody has looked at yet
 *   given      what the partner acknowledged and the hub does not know yet
 *   standing   how it stands
 *   manifest   signed; holds nothing personal
 *   000001 …   the files, sealed (parcel.h)
 */
enum { OUTBOX_REASON_SIZE = 200, OUTBOX_NAME_SIZE = 64 };

struct outbox_owner {
    char tenant[MANIFEST_TENANT_SIZE];
    bool medical;
    char key[CURVE_KEY_SIZE]; /* public */
};

enum outbox_phase {
    OUTBOX_PREPARING,
    OUTBOX_READY,
    OUTBOX_NOTHING, /* nothing was filed since */
    OUTBOX_GIVING,  /* acknowledged by the partner, not yet in the journal */
    OUTBOX_GIVEN,
    OUTBOX_REFUSED
};

const char *outbox_phase_name(enum outbox_phase phase); /* "preparing", …, "acknowledged" */

struct outbox_standing {
    char uuid[MANIFEST_UUID_SIZE]; /* of the call that it answers */
    enum outbox_phase phase;
    uint32_t number, again, files;
    int code; /* OUTBOX_REFUSED: why */
    char reason[OUTBOX_REASON_SIZE];
};

/* ---- for the gateway ---- */

/* The next hand-over is asked for, or one of before: how that call stands. Valid uuid. */
struct outbox_order {
    char uuid[MANIFEST_UUID_SIZE];
    uint32_t again; /* 0: the next */
    bool pdf;       /* with a searchable PDF of each document */
};
int outbox_ask(const char *root, const struct outbox_owner *owner, const struct outbox_order *order,
               struct outbox_standing *ret_standing, struct err *err);

/* The partner has all of it, durable. */
struct outbox_given {
    char uuid[MANIFEST_UUID_SIZE];
    uint32_t number;
    struct digest manifest;
};
int outbox_acknowledge(const char *root, const struct outbox_owner *owner,
                       const struct outbox_given *given, struct outbox_standing *ret_standing,
                       struct err *err);

/* A piece of a file of the hand-over that is ready; ERR_NOT_FOUND when it is not. */
struct outbox_place {
    uint32_t number, file, at;
};
int outbox_piece(const char *root, const struct outbox_owner *owner,
                 const struct outbox_place *place, struct inbox_part *ret_part, struct err *err);

/* ---- for the hub's side ---- */

/* The owner's folder, or a file in it. */
void outbox_path(const char *root, const struct outbox_owner *owner, const char *name,
                 char ret_path[INBOX_PATH_SIZE]);
void outbox_file_path(const char *root, const struct outbox_owner *owner, uint32_t file,
                      char ret_path[INBOX_PATH_SIZE]);

/* What waits in one folder. */
struct outbox_work {
    char name[OUTBOX_NAME_SIZE]; /* of the folder */
    struct outbox_owner owner;
    bool has_order, has_given;
    struct outbox_order order;
    struct outbox_given given;
};

/* The first folder behind `after` ("": from the start) where something waits: 1, or 0. */
int outbox_next(const char *root, const char *after, struct outbox_work *ret_work, struct err *err);

/* How it stands, ERR_NOT_FOUND when nothing was made yet. */
int outbox_standing(const char *root, const struct outbox_owner *owner,
                    struct outbox_standing *ret_standing, struct err *err);

/* Tells how it stands, and takes away the order, or the acknowledgement, that this answers. */
int outbox_settle(const char *root, const struct outbox_owner *owner,
                  const struct outbox_standing *standing, struct err *err);

/* Nothing is ready any more; order and acknowledgement stay. */
int outbox_empty(const char *root, const struct outbox_owner *owner, struct err *err);
/* Removes the files of a hand-over; how it stands stays, too. */
int outbox_remove_files(const char *root, const struct outbox_owner *owner, struct err *err);

/* Removes folders that nobody has asked anything of for `age_s`; returns how many. */
int outbox_tidy(const char *root, int64_t age_s, struct err *err);
