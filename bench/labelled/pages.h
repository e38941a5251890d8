/*
 * Labelled pages and what the cascade said of each: what the figures of bench/accuracy are made of.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/bytes.h"
#include "classify/classify.h"
#include "classify/evidence.h"

enum { GROUP_SIZE = 48 };

/* One page; strings point into the labels file. */
struct labelled_page {
    const char *path, *rotation, *nir, *micr; /* "" where the label does not say */
    const char *text, *print;                 /* files of what stands there; "" without */
    char group[GROUP_SIZE];                   /* value of the group column up to '@' or a blank */
    enum tag truth;
    bool refused; /* the file could not be read: no verdict */
    struct verdict verdict;
    struct evidence evidence;
};

struct labelled_pages {
    const char *labels; /* path of the labels file; its folder is where `path` begins */
    struct buf text;    /* the labels file */
    struct labelled_page *at;
    size_t count;
};

/* Reads a labels file: tab-separated, the first line names the columns; `path` and `type` are
 * wanted, `rotation`, `nir`, `micr`, `text`, `print` and the column named `group` (NULL: `source`)
 * used where they are. Lines of a type that is no tag are left out. ERR_FORMAT when a wanted column
 * is missing. */
int labelled_pages_read(const char *labels, const char *group, struct labelled_pages *ret_pages,
                        struct err *err);
void labelled_pages_free(struct labelled_pages *pages);

/* A file that the labels name by `path`: the page itself, or a text of it. */
int labelled_file(const struct labelled_pages *pages, const char *path, struct buf *ret_file,
                  struct err *err);
int labelled_page_file(const struct labelled_pages *pages, const struct labelled_page *page,
                       struct buf *ret_file, struct err *err);

/* Reads every page in turn; a file that cannot be read is named on stderr and marked refused. */
void labelled_pages_sort(struct labelled_pages *pages, struct classifier *classifier);

/* The verdict says another tag than the label. */
bool labelled_page_is_wrong(const struct labelled_page *page);
/* … another quarter turn; false where the label has none, and for blank sides, of which nobody
 * can say. */
bool labelled_page_is_turned(const struct labelled_page *page);

/* What became of a field whose label says what stands there. Wrong: proven or read as something
 * else. */
enum field_fate { FATE_NO_LABEL, FATE_ABSENT, FATE_READ, FATE_PROVEN, FATE_WRONG };
enum field_fate labelled_page_nir(const struct labelled_page *page);
/* The label may have blanks, the line has none. */
enum field_fate labelled_page_micr(const struct labelled_page *page);
