/*
 * The hopper's journal: see journal.h. In memory it is a hash table of the last verb per name, so
 * that a hopper of many thousand sheets is looked up in constant time.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "scanner/feeder/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/file.h"
#include "base/scope.h"

enum { BUCKETS = 4096 };

static const char *const verbs[JOURNAL_VERBS] = {"pass", "done", "jam", "back", "aside", "fault"};

/* The last verb of a sheet, or a fault: the two have names of their own. */
struct entry {
    struct entry *next;
    enum journal_verb verb;
    uint32_t number; /* in the tray, 0 elsewhere */
    char name[];
};

struct journal {
    int fd;
    struct entry *buckets[BUCKETS];
    struct entry *last; /* of the last line */
    uint32_t passed;
};

/* FNV-1a, 32 bits. */
static unsigned bucket_of(const char *name)
{
    uint32_t hash = 2166136261U;
    for (; *name; name++)
        hash = (hash ^ (uint8_t)*name) * 16777619U;
    return hash % BUCKETS;
}

static struct entry *find(const struct journal *journal, const char *name, bool fault)
{
    struct entry *entry = journal->buckets[bucket_of(name)];
    while (entry && ((entry->verb == JOURNAL_FAULT) != fault || strcmp(entry->name, name) != 0))
        entry = entry->next;
    return entry;
}

static int remember(struct journal *journal, enum journal_verb verb, const char *name)
{
    struct entry *entry = find(journal, name, verb == JOURNAL_FAULT);
    if (!entry) {
        entry = calloc(1, sizeof *entry + strlen(name) + 1);
        if (!entry)
            return ERR_MEMORY;
        memcpy(entry->name, name, strlen(name));
        struct entry **bucket = &journal->buckets[bucket_of(name)];
        entry->next = *bucket;
        *bucket = entry;
    }
    entry->verb = verb;
    if (verb == JOURNAL_PASS)
        entry->number = ++journal->passed;
    if (verb == JOURNAL_BACK && entry->number > 0) {
        entry->number = 0;
        journal->passed--;
    }
    journal->last = entry;
    return 0;
}

/* One line of the file, without its end; lines of another form are passed over. */
static int remember_line(struct journal *journal, char *line)
{
    int verb = 0;
    char *space = strchr(line, ' ');
    if (!space)
        return 0;
    *space = '\0';
    while (verb < JOURNAL_VERBS && strcmp(verbs[verb], line) != 0)
        verb++;
    return verb < JOURNAL_VERBS ? remember(journal, (enum journal_verb)verb, space + 1) : 0;
}

static int replay(struct journal *journal, const char *path, size_t limit, struct err *err)
{
    SCOPED(buf_free) struct buf text = {0};
    int rc = file_read(path, limit, &text, err);
    size_t start = 0;
    for (size_t at = 0; rc == 0 && at < text.len; at++) {
        if (text.at[at] != '\n')
            continue;
        text.at[at] = '\0';
        rc = remember_line(journal, (char *)text.at + start);
        start = at + 1;
    }
    if (rc == ERR_MEMORY)
        return err_set(err, ERR_MEMORY, "%s: no memory", path);
    if (rc == 0 && ftruncate(journal->fd, (off_t)start) < 0)
        return err_errno(err, errno, "%s: cut", path);
    return rc;
}

int journal_open(const char *path, size_t limit, struct journal **ret_journal, struct err *err)
{
    SCOPED(journal_free) struct journal *journal = calloc(1, sizeof *journal);
    if (!journal)
        return err_set(err, ERR_MEMORY, "%s: no memory", path);
    journal->fd = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (journal->fd < 0)
        return err_errno(err, errno, "%s", path);
    if (flock(journal->fd, LOCK_EX | LOCK_NB) < 0)
        return err_set(err, ERR_CONFLICT, "%s: another feeder has this hopper", path);
    int rc = replay(journal, path, limit, err);
    if (rc < 0)
        return rc;
    *ret_journal = journal;
    journal = NULL;
    return 0;
}

void journal_free(struct journal **journal)
{
    if (!*journal)
        return;
    for (unsigned i = 0; i < BUCKETS; i++) {
        while ((*journal)->buckets[i]) {
            struct entry *entry = (*journal)->buckets[i];
            (*journal)->buckets[i] = entry->next;
            free(entry);
        }
    }
    if ((*journal)->fd >= 0)
        close((*journal)->fd);
    free(*journal);
    *journal = NULL;
}

int journal_add(struct journal *journal, enum journal_verb verb, const char *what, struct err *err)
{
    SCOPED(scope_free) char *line = NULL;
    int length = asprintf(&line, "%s %s\n", verbs[verb], what);
    if (length < 0) {
        line = NULL;
        return err_set(err, ERR_MEMORY, "hopper journal: no memory");
    }
    int rc = file_write_all(journal->fd, bytes_of(line, (size_t)length), "hopper journal", err);
    if (rc < 0)
        return rc;
    if (remember(journal, verb, what) < 0)
        return err_set(err, ERR_MEMORY, "hopper journal: no memory");
    return 0;
}

bool journal_has_fault(const struct journal *journal, const char *fault)
{
    return find(journal, fault, true) != NULL;
}

bool journal_is_out(const struct journal *journal, const char *sheet)
{
    const struct entry *entry = find(journal, sheet, false);
    return entry && entry->verb != JOURNAL_BACK;
}

uint32_t journal_passed(const struct journal *journal)
{
    return journal->passed;
}

uint32_t journal_number(const struct journal *journal, const char *sheet)
{
    const struct entry *entry = find(journal, sheet, false);
    return entry ? entry->number : 0;
}

const char *journal_passed_from(const struct journal *journal, uint32_t number)
{
    for (unsigned i = 0; i < BUCKETS; i++)
        for (const struct entry *entry = journal->buckets[i]; entry; entry = entry->next)
            if (entry->number >= number && entry->number > 0)
                return entry->name;
    return NULL;
}

const char *journal_unfinished(const struct journal *journal)
{
    const struct entry *last = journal->last;
    return last && last->verb == JOURNAL_PASS ? last->name : NULL;
}

int journal_next_stuck(const struct journal *journal, const char **ret_sheet)
{
    for (unsigned i = 0; i < BUCKETS; i++)
        for (const struct entry *entry = journal->buckets[i]; entry; entry = entry->next)
            if (entry->verb == JOURNAL_JAM) {
                *ret_sheet = entry->name;
                return 1;
            }
    return 0;
}
