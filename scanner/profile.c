/*
 * Scanner profiles: see profile.h. The parsed file stays open as long as the profile lives; all
 * texts are borrowed from it.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "scanner/profile.h"

#include <dirent.h>
#include <errno.h>
#include <fnmatch.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/config.h"
#include "base/scope.h"
#include "scanner/meaning.h"

enum { PATTERNS_MAX = 16, FORBIDDEN_MAX = 16, FILES_MAX = 256 };

/* Which request a list of choices is for. */
enum choice_key {
    FOR_ALL,
    FOR_MODE, /* + enum scan_mode */
    FOR_SIMPLEX = FOR_MODE + SCAN_MODES,
    FOR_DUPLEX,
    CHOICE_KEYS
};

static const char *const choice_names[CHOICE_KEYS] = {
    "value", "bilevel", "grey", "colour", "as_scanned", "simplex", "duplex",
};

static const char *const mode_names[SCAN_MODES] = {"bilevel", "grey", "colour", "as-scanned"};

struct option_row {
    const char *name;
    const char *choices[CHOICE_KEYS][PROFILE_CHOICES_MAX + 1];
    bool required;
    double within;
};

struct profile {
    config_t config;
    bool config_opened;
    const char *id, *title;
    const char *patterns[PATTERNS_MAX + 1];
    struct option_row options[PROFILE_OPTIONS_MAX];
    size_t option_count;
    const char *forbidden[FORBIDDEN_MAX + 1];
    struct profile_sensors sensors;
    struct scan_rule rules[PROFILE_RULES_MAX];
    size_t rule_count;
    bool holds_last_sheet;
    const char *take_back;
};

const char *scan_mode_name(enum scan_mode mode)
{
    return (unsigned)mode < SCAN_MODES ? mode_names[mode] : "unknown";
}

int scan_mode_parse(const char *name, enum scan_mode *ret_mode)
{
    for (int mode = 0; mode < SCAN_MODES; mode++)
        if (strcmp(mode_names[mode], name) == 0) {
            *ret_mode = (enum scan_mode)mode;
            return 0;
        }
    return ERR_FORMAT;
}

/* A text, or a list of 1 to `most` texts, into a NULL-terminated array. A missing key is none. */
static int read_texts(const config_setting_t *group, const char *key, size_t most,
                      const char **ret_texts, struct err *err)
{
    const config_setting_t *at = config_setting_get_member(group, key);
    if (!at)
        return 0;
    if (config_setting_type(at) == CONFIG_TYPE_STRING) {
        ret_texts[0] = config_setting_get_string(at);
        return 0;
    }
    if (!config_setting_is_array(at) && !config_setting_is_list(at))
        return config_refuse(at, err, "%s: a text or a list of texts is wanted", key);
    size_t count = (size_t)config_setting_length(at);
    if (count < 1 || count > most)
        return config_refuse(at, err, "%s: %zu texts, must be 1 to %zu", key, count, most);
    for (size_t i = 0; i < count; i++) {
        ret_texts[i] = config_setting_get_string_elem(at, (int)i);
        if (!ret_texts[i])
            return config_refuse(at, err, "%s: entry %zu is not a text", key, i + 1);
    }
    return 0;
}

/* An option has either `value`, or values by mode, or values by number of sides. */
static int check_choices(const config_setting_t *group, const struct option_row *row,
                         struct err *err)
{
    int forms = row->choices[FOR_ALL][0] != NULL;
    bool by_mode = false;
    for (int mode = 0; mode < SCAN_MODES; mode++)
        by_mode |= row->choices[FOR_MODE + mode][0] != NULL;
    forms += by_mode;
    forms += row->choices[FOR_SIMPLEX][0] || row->choices[FOR_DUPLEX][0];
    if (forms != 1)
        return config_refuse(group, err,
                             "option '%s' needs one of: value; values by mode (bilevel, grey, "
                             "colour, as_scanned); simplex and duplex",
                             row->name);
    return 0;
}

static int read_option(const config_setting_t *group, struct option_row *row, struct err *err)
{
    static const char *const known[] = {"name",     "value",   "bilevel", "grey",
                                        "colour",   "simplex", "duplex",  "as_scanned",
                                        "required", "within",  NULL};
    row->required = true;
    int rc = config_check_keys(group, known, err);
    if (rc == 0)
        rc = config_text_required(group, "name", &row->name, err);
    for (int key = 0; rc == 0 && key < CHOICE_KEYS; key++)
        rc = read_texts(group, choice_names[key], PROFILE_CHOICES_MAX, row->choices[key], err);
    if (rc == 0)
        rc = config_bool(group, "required", &row->required, err);
    if (rc == 0)
        rc = config_real(group, "within", (double[]){0, 1000}, &row->within, err);
    return rc < 0 ? rc : check_choices(group, row, err);
}

/* The list under `key` and its length; a missing list has length 0. */
static int open_list(const config_setting_t *root, const char *key, size_t most,
                     const config_setting_t **ret_list, struct err *err)
{
    *ret_list = config_setting_get_member(root, key);
    if (!*ret_list)
        return 0;
    if (!config_setting_is_list(*ret_list))
        return config_refuse(*ret_list, err, "%s: a list of groups is wanted: ( {…}, {…} )", key);
    int count = config_setting_length(*ret_list);
    if ((size_t)count > most)
        return config_refuse(*ret_list, err, "%s: %d entries, at most %zu", key, count, most);
    for (int i = 0; i < count; i++)
        if (!config_setting_is_group(config_setting_get_elem(*ret_list, (unsigned)i)))
            return config_refuse(*ret_list, err, "%s: entry %d is not a group", key, i + 1);
    return count;
}

static int read_options(struct profile *profile, const config_setting_t *root, struct err *err)
{
    const config_setting_t *list;
    int count = open_list(root, "options", PROFILE_OPTIONS_MAX, &list, err);
    for (int i = 0; i < count; i++) {
        int rc = read_option(config_setting_get_elem(list, (unsigned)i),
                             &profile->options[profile->option_count++], err);
        if (rc < 0)
            return rc;
    }
    return count < 0 ? count : 0;
}

static int read_sensors(struct profile_sensors *sensors, const config_setting_t *root,
                        struct err *err)
{
    static const char *const known[] = {"loaded",  "cover_open", "double_feed", "error_code",
                                        "counter", "side",       "button",      "x_dpi",
                                        "y_dpi",   "read_twice", NULL};
    const char **const fields[] = {
        &sensors->loaded,     &sensors->cover_open, &sensors->double_feed,
        &sensors->error_code, &sensors->counter,    &sensors->side,
        &sensors->button,     &sensors->x_dpi,      &sensors->y_dpi};
    sensors->x_dpi = "resolution";
    sensors->y_dpi = "resolution";
    const config_setting_t *group = config_setting_get_member(root, "sensors");
    if (!group)
        return 0;
    if (!config_setting_is_group(group))
        return config_refuse(group, err, "sensors: a group is wanted");
    int rc = config_check_keys(group, known, err);
    for (size_t i = 0; rc == 0 && i < sizeof fields / sizeof *fields; i++)
        rc = config_text(group, known[i], fields[i], err);
    return rc < 0 ? rc : config_bool(group, "read_twice", &sensors->read_twice, err);
}

static int read_condition(const config_setting_t *group, const char *key, int *condition,
                          struct err *err)
{
    bool wanted = false;
    if (!config_setting_get_member(group, key))
        return 0;
    int rc = config_bool(group, key, &wanted, err);
    *condition = wanted ? SCAN_YES : SCAN_NO;
    return rc;
}

static int read_rule(const config_setting_t *group, struct scan_rule *rule, struct err *err)
{
    static const char *const known[] = {"status",     "answered",    "loaded",
                                        "cover_open", "double_feed", "error_code",
                                        "event",      "say",         NULL};
    const char *status = NULL, *event = NULL;
    long long error_code = -1;
    *rule = SCAN_RULE_DEFAULT;
    int *const conditions[] = {&rule->answered, &rule->loaded, &rule->cover_open,
                               &rule->double_feed};
    int rc = config_check_keys(group, known, err);
    for (size_t i = 0; rc == 0 && i < sizeof conditions / sizeof *conditions; i++)
        rc = read_condition(group, known[1 + i], conditions[i], err);
    if (rc == 0)
        rc = config_int(group, "error_code", (long long[]){0, INT_MAX}, &error_code, err);
    if (rc == 0)
        rc = config_text_required(group, "status", &status, err);
    if (rc == 0)
        rc = config_text_required(group, "event", &event, err);
    if (rc == 0)
        rc = config_text(group, "say", &rule->say, err);
    if (rc < 0)
        return rc;
    rule->error_code = (long)error_code;
    rule->status = meaning_status_parse(status);
    if (rule->status < 1)
        return config_refuse(group, err, "status '%s' is not one of SANE's failures", status);
    int kind = scan_event_parse(event);
    if (kind < 0 || kind == SCAN_HUNG)
        return config_refuse(group, err, "event '%s' is not known", event);
    rule->kind = (enum scan_event_kind)kind;
    return 0;
}

static int read_rules(struct profile *profile, const config_setting_t *root, struct err *err)
{
    const config_setting_t *list;
    int count = open_list(root, "events", PROFILE_RULES_MAX, &list, err);
    for (int i = 0; i < count; i++) {
        int rc = read_rule(config_setting_get_elem(list, (unsigned)i),
                           &profile->rules[profile->rule_count++], err);
        if (rc < 0)
            return rc;
    }
    return count < 0 ? count : 0;
}

static int read_double_feed(struct profile *profile, const config_setting_t *root, struct err *err)
{
    const char *when = "at";
    int rc = config_text(root, "double_feed", &when, err);
    if (rc < 0)
        return rc;
    profile->holds_last_sheet = strcmp(when, "after") == 0;
    if (!profile->holds_last_sheet && strcmp(when, "at") != 0)
        return config_refuse(root, err, "double_feed: '%s', must be \"at\" or \"after\"", when);
    return 0;
}

static int read_profile(struct profile *profile, struct err *err)
{
    static const char *const known[] = {"version",     "id",        "title",   "devices",
                                        "options",     "forbidden", "sensors", "events",
                                        "double_feed", "take_back", NULL};
    const config_setting_t *root = config_root_setting(&profile->config);
    long long version = 0;
    int rc = config_check_keys(root, known, err);
    if (rc == 0)
        rc = config_int(root, "version", (long long[]){1, 1}, &version, err);
    if (rc == 0 && version == 0)
        rc = config_refuse(root, err, "'version' is missing");
    if (rc == 0)
        rc = config_text_required(root, "id", &profile->id, err);
    if (rc == 0)
        rc = config_text_required(root, "title", &profile->title, err);
    if (rc == 0)
        rc = read_texts(root, "devices", PATTERNS_MAX, profile->patterns, err);
    if (rc == 0 && !profile->patterns[0])
        rc = config_refuse(root, err, "'devices' is missing");
    if (rc == 0)
        rc = read_texts(root, "forbidden", FORBIDDEN_MAX, profile->forbidden, err);
    if (rc == 0)
        rc = config_text(root, "take_back", &profile->take_back, err);
    if (rc == 0)
        rc = read_options(profile, root, err);
    if (rc == 0)
        rc = read_sensors(&profile->sensors, root, err);
    if (rc == 0)
        rc = read_rules(profile, root, err);
    return rc < 0 ? rc : read_double_feed(profile, root, err);
}

int profile_load(const char *path, struct profile **ret_profile, struct err *err)
{
    SCOPED(profile_free) struct profile *profile = calloc(1, sizeof *profile);
    if (!profile)
        return err_set(err, ERR_MEMORY, "%s: no memory", path);
    int rc = config_open(path, &profile->config, err);
    if (rc < 0)
        return rc;
    profile->config_opened = true;
    rc = read_profile(profile, err);
    if (rc < 0)
        return rc;
    *ret_profile = profile;
    profile = NULL;
    return 0;
}

static int is_profile_name(const struct dirent *entry)
{
    const char *dot = strrchr(entry->d_name, '.');
    return dot && dot != entry->d_name && strcmp(dot, ".conf") == 0;
}

static void free_names(struct dirent **names, int count)
{
    for (int i = 0; i < count; i++)
        free(names[i]);
    free(names);
}

/* Keeps in `*best` whichever of it and the file's profile fits the device better. */
static int keep_better(const char *path, const char *device, struct profile **best, struct err *err)
{
    SCOPED(profile_free) struct profile *profile = NULL;
    int rc = profile_load(path, &profile, err);
    if (rc < 0)
        return rc;
    size_t fit = profile_fit(profile, device);
    if (fit > 0 && (!*best || fit > profile_fit(*best, device))) {
        struct profile *worse = *best;
        *best = profile;
        profile = worse;
    }
    return 0;
}

int profile_find(const char *folder, const char *device, struct profile **ret_profile,
                 struct err *err)
{
    SCOPED(profile_free) struct profile *best = NULL;
    struct dirent **names = NULL;
    char path[PATH_MAX];
    int rc = 0;
    int count = scandir(folder, &names, is_profile_name, alphasort);
    if (count < 0)
        return err_errno(err, errno, "%s: scanner profiles", folder);
    if (count > FILES_MAX)
        rc = err_set(err, ERR_LIMIT, "%s: %d profiles, at most %d", folder, count, FILES_MAX);
    for (int i = 0; rc == 0 && i < count; i++) {
        snprintf(path, sizeof path, "%.3500s/%s", folder, names[i]->d_name);
        rc = keep_better(path, device, &best, err);
    }
    free_names(names, count);
    if (rc < 0)
        return rc;
    if (!best)
        return err_set(err, ERR_NOT_FOUND,
                       "%s: no profile in %s fits; docs/scanners.md tells how "
                       "to write one",
                       device, folder);
    *ret_profile = best;
    best = NULL;
    return 0;
}

void profile_free(struct profile **profile)
{
    if (!*profile)
        return;
    if ((*profile)->config_opened)
        config_close(&(*profile)->config);
    free(*profile);
    *profile = NULL;
}

const char *profile_id(const struct profile *profile)
{
    return profile->id;
}

const char *profile_title(const struct profile *profile)
{
    return profile->title;
}

size_t profile_fit(const struct profile *profile, const char *device)
{
    size_t longest = 0;
    for (const char *const *pattern = profile->patterns; *pattern; pattern++)
        if (strlen(*pattern) > longest && fnmatch(*pattern, device, 0) == 0)
            longest = strlen(*pattern);
    return longest;
}

static const char *const *choices_for(const struct option_row *row,
                                      const struct scan_request *request)
{
    if (row->choices[FOR_ALL][0])
        return row->choices[FOR_ALL];
    if (row->choices[FOR_SIMPLEX][0] || row->choices[FOR_DUPLEX][0])
        return row->choices[request->duplex ? FOR_DUPLEX : FOR_SIMPLEX];
    return row->choices[FOR_MODE + request->mode];
}

int profile_options(const struct profile *profile, const struct scan_request *request,
                    struct profile_option ret_options[PROFILE_OPTIONS_MAX], struct err *err)
{
    int count = 0;
    for (size_t i = 0; i < profile->option_count; i++) {
        const struct option_row *row = &profile->options[i];
        const char *const *choices = choices_for(row, request);
        if (!choices[0] && row->required)
            return err_set(err, ERR_UNSUPPORTED, "profile %s: option '%s' has no value for %s, %s",
                           profile->id, row->name, scan_mode_name(request->mode),
                           request->duplex ? "duplex" : "simplex");
        if (!choices[0])
            continue;
        struct profile_option *option = &ret_options[count++];
        *option = (struct profile_option){
            .name = row->name, .required = row->required, .within = row->within};
        memcpy(option->choices, choices, sizeof option->choices);
    }
    return count;
}

bool profile_can(const struct profile *profile, const struct scan_request *request)
{
    struct profile_option options[PROFILE_OPTIONS_MAX];
    return profile_options(profile, request, options, NULL) >= 0;
}

const char *const *profile_forbidden(const struct profile *profile)
{
    return profile->forbidden;
}

const struct profile_sensors *profile_sensors(const struct profile *profile)
{
    return &profile->sensors;
}

bool profile_holds_last_sheet(const struct profile *profile)
{
    return profile->holds_last_sheet;
}

const char *profile_take_back(const struct profile *profile)
{
    return profile->take_back;
}

enum scan_event_kind profile_meaning(const struct profile *profile, int sane_status,
                                     const struct scan_sensors *sensors, const char **ret_say)
{
    const struct scan_rule *rule =
        meaning_find(profile->rules, profile->rule_count, sane_status, sensors);
    *ret_say = rule->say;
    return rule->kind;
}
