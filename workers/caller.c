/*
 * People and roles: see caller.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "workers/caller.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/config.h"
#include "base/scope.h"

enum { GROUPS_MAX = 256 }; /* of a person; more are not looked at */

static const struct {
    const char *name;
    enum role role;
} roles[] = {{"operator", ROLE_OPERATOR},
             {"medical", ROLE_MEDICAL},
             {"archivist", ROLE_ARCHIVIST},
             {"auditor", ROLE_AUDITOR}};

enum { ROLE_COUNT = sizeof roles / sizeof *roles };

/* The owner of DATA; -1 as long as there is none. */
static int owner_of(const struct place *place, uid_t *ret_owner, struct err *err)
{
    struct stat st;
    *ret_owner = (uid_t)-1;
    if (stat(place->data, &st) == 0)
        *ret_owner = st.st_uid;
    else if (errno != ENOENT)
        return err_errno(err, errno, "%s", place->data);
    return 0;
}

/* Who called sudo to become root or the owner. Whoever is one of them without sudo could do
 * without this program what it would refuse. */
static uid_t person_of(uid_t owner)
{
    uid_t user = getuid();
    const char *text = getenv("SUDO_UID");
    char *end;
    unsigned long sudo = text ? strtoul(text, &end, 10) : 0;
    return text && *text && !*end && (user == 0 || user == owner) ? (uid_t)sudo : user;
}

static void name_person(uid_t person, char ret_name[CALLER_NAME_SIZE])
{
    const struct passwd *user = getpwuid(person);
    if (user)
        snprintf(ret_name, CALLER_NAME_SIZE, "%.32s", user->pw_name);
    else
        snprintf(ret_name, CALLER_NAME_SIZE, "uid-%u", (unsigned)person);
}

struct membership {
    gid_t groups[GROUPS_MAX];
    int count;
};

static void find_groups(uid_t person, struct membership *ret_membership)
{
    const struct passwd *user = getpwuid(person);
    ret_membership->count = GROUPS_MAX;
    if (person == getuid())
        ret_membership->count = getgroups(GROUPS_MAX, ret_membership->groups);
    else if (!user || getgrouplist(user->pw_name, user->pw_gid, ret_membership->groups,
                                   &ret_membership->count) < 0)
        ret_membership->count = 0;
}

static bool is_member(const char *group, const struct membership *membership)
{
    const struct group *row = getgrnam(group);
    for (int i = 0; row && i < membership->count; i++)
        if (membership->groups[i] == row->gr_gid)
            return true;
    return false;
}

/* ---- roles.conf ---- */

static int check_trust(int fd, const char *path, uid_t owner, struct err *err)
{
    struct stat st;
    if (fstat(fd, &st) < 0)
        return err_errno(err, errno, "%s", path);
    if (st.st_uid != 0 && st.st_uid != owner)
        return err_set(err, ERR_CONFIG,
                       "%s: belongs to uid %u; roles are taken from files of root "
                       "or of who owns the data",
                       path, (unsigned)st.st_uid);
    if (st.st_mode & (S_IWGRP | S_IWOTH))
        return err_set(err, ERR_CONFIG,
                       "%s: mode %o; roles are taken from files that their owner "
                       "alone may write",
                       path, (unsigned)(st.st_mode & 07777));
    return 0;
}

/* The file that was checked, under a name that cannot be given to another. 1 when there is one. */
static int open_trusted(const struct place *place, uid_t owner, int *ret_fd, struct err *err)
{
    char path[PLACE_SIZE + 16];
    SCOPED(scope_close) int folder = open(place->config, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0)
        return err_errno(err, errno, "%s", place->config);
    int rc = check_trust(folder, place->config, owner, err);
    if (rc < 0)
        return rc;
    snprintf(path, sizeof path, "%s/roles.conf", place->config);
    *ret_fd = openat(folder, "roles.conf", O_RDONLY | O_CLOEXEC);
    if (*ret_fd < 0)
        return errno == ENOENT ? 0 : err_errno(err, errno, "%s", path);
    rc = check_trust(*ret_fd, path, owner, err);
    return rc < 0 ? rc : 1;
}

static int has_role(const config_setting_t *groups, const struct membership *membership,
                    struct err *err)
{
    if (config_setting_type(groups) != CONFIG_TYPE_ARRAY)
        return config_refuse(groups, err, "not an array of groups: [\"a\", \"b\"]");
    for (int i = 0; i < config_setting_length(groups); i++) {
        const char *group = config_setting_get_string_elem(groups, i);
        if (!group)
            return config_refuse(groups, err, "not an array of names of groups");
        if (is_member(group, membership))
            return 1;
    }
    return 0;
}

static int read_roles(int fd, uid_t person, unsigned *ret_roles, struct err *err)
{
    const char *known[ROLE_COUNT + 1] = {NULL};
    struct membership membership;
    char path[40];
    config_t config;
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    int rc = config_open(path, &config, err);
    if (rc < 0)
        return rc;
    for (int i = 0; i < ROLE_COUNT; i++)
        known[i] = roles[i].name;
    find_groups(person, &membership);
    const config_setting_t *top = config_root_setting(&config);
    rc = config_check_keys(top, known, err);
    for (int i = 0; rc >= 0 && i < ROLE_COUNT; i++) {
        const config_setting_t *groups = config_setting_get_member(top, roles[i].name);
        rc = groups ? has_role(groups, &membership, err) : 0;
        *ret_roles |= rc > 0 ? roles[i].role : 0u;
    }
    config_close(&config);
    return rc < 0 ? rc : 0;
}

int caller_find(const struct place *place, struct caller *ret_caller, struct err *err)
{
    uid_t owner;
    int rc = owner_of(place, &owner, err);
    if (rc < 0)
        return rc;
    uid_t person = person_of(owner);
    *ret_caller = (struct caller){0};
    name_person(person, ret_caller->name);
    if (getuid() == 0 || person == owner || owner == (uid_t)-1) {
        ret_caller->roles = ROLE_OWNER;
        return 0;
    }
    SCOPED(scope_close) int fd = -1;
    rc = open_trusted(place, owner, &fd, err);
    if (rc > 0)
        rc = read_roles(fd, person, &ret_caller->roles, err);
    return rc < 0 ? err_prefix(err, "roles") : 0;
}

int caller_may(const struct caller *caller, unsigned wanted, const char *what, struct err *err)
{
    char names[80] = "";
    if (caller->roles & (wanted | ROLE_OWNER))
        return 0;
    for (int i = 0; i < ROLE_COUNT; i++)
        if (wanted & roles[i].role)
            snprintf(names + strlen(names), sizeof names - strlen(names), "%s%s",
                     names[0] ? ", " : "", roles[i].name);
    return err_set(err, ERR_DENIED, "%s: no right; wanted: %s (roles.conf says which groups)", what,
                   names[0] ? names : "the account that owns the data");
}
