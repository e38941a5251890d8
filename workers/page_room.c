/*
 * A folder for pages: see page_room.h. Its lock tells whether its process lives.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "workers/page_room.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/scope.h"

enum { PATTERN_BYTES = PLACE_SIZE - 64 };
#define FREE_BYTES (UINT64_C(2) << 30) /* the pages of one PDF, 1 GB, and as much again */

struct page_room {
    char path[PATTERN_BYTES];
    int lock; /* on the folder itself */
    unsigned folders;
};

static const char *temporary(void)
{
    const char *folder = getenv("TMPDIR");
    return folder && folder[0] == '/' ? folder : "/tmp";
}

static int lock(const char *path)
{
    struct stat stat;
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd >= 0 && fstat(fd, &stat) == 0 && stat.st_uid == geteuid() &&
        flock(fd, LOCK_EX | LOCK_NB) == 0)
        return fd;
    if (fd >= 0)
        close(fd);
    return -1;
}

/* Those of processes that are no more. */
static void clear_left(void)
{
    char pattern[PATTERN_BYTES];
    glob_t found = {0};
    struct err ignored;
    snprintf(pattern, sizeof pattern, "%s/tripli-pages-??????", temporary());
    if (glob(pattern, GLOB_NOSORT, NULL, &found) == 0)
        for (size_t i = 0; i < found.gl_pathc; i++) {
            SCOPED(scope_close) int own = lock(found.gl_pathv[i]);
            if (own >= 0)
                file_remove_tree(found.gl_pathv[i], &ignored);
        }
    globfree(&found);
}

int page_room_open(struct page_room **ret_room, struct err *err)
{
    struct page_room *room = calloc(1, sizeof *room);
    if (!room)
        return err_set(err, ERR_MEMORY, "no memory for pages");
    clear_left();
    snprintf(room->path, sizeof room->path, "%s/tripli-pages-XXXXXX", temporary());
    room->lock = mkdtemp(room->path) ? lock(room->path) : -1;
    if (room->lock < 0) {
        int rc = err_errno(err, errno, "%s", room->path);
        free(room);
        return rc;
    }
    *ret_room = room;
    return 0;
}

void page_room_free(struct page_room **room)
{
    struct err ignored;
    if (!room || !*room)
        return;
    file_remove_tree((*room)->path, &ignored);
    close((*room)->lock);
    free(*room);
    *room = NULL;
}

int page_room_folder(struct page_room *room, char ret_path[PLACE_SIZE], struct err *err)
{
    uint64_t free_bytes;
    int rc = file_free_bytes(room->path, &free_bytes, err);
    if (rc == 0 && free_bytes < FREE_BYTES)
        rc = err_set(err, ERR_FULL, "%s: %llu bytes free, pages of a PDF want %llu; set TMPDIR",
                     room->path, (unsigned long long)free_bytes, (unsigned long long)FREE_BYTES);
    if (rc < 0)
        return rc;
    snprintf(ret_path, PLACE_SIZE, "%s/%u", room->path, ++room->folders);
    return mkdir(ret_path, 0700) < 0 ? err_errno(err, errno, "%s", ret_path) : 0;
}
