/*
 * Reading config/classify.conf: see settings.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "classify/settings.h"

#include <string.h>

#include "base/config.h"
#include "base/file.h"
#include "base/scope.h"

enum { FORMAT = 1, SETTINGS_LIMIT_BYTES = 1 << 16 };

static const double share_range[] = {0, 1}, nats_range[] = {0, 50}, weight_range[] = {-100, 100};

static const config_setting_t *group_of(const config_setting_t *root, const char *name,
                                        const char *const known[], struct err *err)
{
    const config_setting_t *group = config_setting_get_member(root, name);
    if (!group || !config_setting_is_group(group)) {
        config_refuse(root, err, "'%s = { … };' is missing", name);
        return NULL;
    }
    return config_check_keys(group, known, err) < 0 ? NULL : group;
}

/* One number that must be there. */
static int number(const config_setting_t *group, const char *key, const double range[2],
                  double *ret_value, struct err *err)
{
    if (!config_setting_get_member(group, key))
        return config_refuse(group, err, "'%s' is missing", key);
    return config_real(group, key, range, ret_value, err);
}

static int read_tags(const config_setting_t *root, const char *name, double ret_of[TAG_COUNT],
                     struct err *err)
{
    static const char *const known[] = {"care_form", "sick_note", "cheque",   "letter", "other",
                                        "blank",     "separator", "rotation", NULL};
    const config_setting_t *group = group_of(root, name, known, err);
    if (!group)
        return ERR_CONFIG;
    for (int tag = TAG_NONE + 1; tag < TAG_COUNT; tag++) {
        int rc = config_real(group, tag_name((enum tag)tag), share_range, &ret_of[tag], err);
        if (rc < 0)
            return rc;
    }
    return 0;
}

static int read_accept(const config_setting_t *root, struct settings *settings, struct err *err)
{
    for (int tag = 0; tag < TAG_COUNT; tag++)
        settings->accept[tag] = 1;
    settings->accept_rotation = 1;
    int rc = read_tags(root, "accept", settings->accept, err);
    return rc < 0 ? rc
                  : config_real(config_setting_get_member(root, "accept"), "rotation", share_range,
                                &settings->accept_rotation, err);
}

static int read_form(const config_setting_t *root, struct settings *s, struct err *err)
{
    static const char *const known[] = {"middle", "slope", "most", "none", "doubtful", NULL};
    const config_setting_t *group = group_of(root, "form", known, err);
    if (!group)
        return ERR_CONFIG;
    int rc = number(group, "middle", share_range, &s->form.middle, err);
    if (rc == 0)
        rc = number(group, "slope", weight_range, &s->form.slope, err);
    if (rc == 0)
        rc = number(group, "most", nats_range, &s->form.most, err);
    if (rc == 0)
        rc = number(group, "none", nats_range, &s->form.none, err);
    return rc < 0 ? rc : number(group, "doubtful", share_range, &s->form.doubtful, err);
}

static int read_cheque(const config_setting_t *root, struct settings *s, struct err *err)
{
    static const char *const known[] = {"line", "size", "shape", "none", "words", NULL};
    const config_setting_t *group = group_of(root, "cheque", known, err);
    if (!group)
        return ERR_CONFIG;
    int rc = number(group, "line", nats_range, &s->cheque.line, err);
    if (rc == 0)
        rc = number(group, "size", nats_range, &s->cheque.size, err);
    if (rc == 0)
        rc = number(group, "shape", nats_range, &s->cheque.shape, err);
    if (rc == 0)
        rc = number(group, "words", nats_range, &s->cheque.words, err);
    return rc < 0 ? rc : number(group, "none", nats_range, &s->cheque.none, err);
}

static int read_title(const config_setting_t *root, struct settings *s, struct err *err)
{
    static const char *const known[] = {"part", "alone", "larger", "nats", NULL};
    const config_setting_t *group = group_of(root, "title", known, err);
    if (!group)
        return ERR_CONFIG;
    int rc = number(group, "part", share_range, &s->title.part, err);
    if (rc == 0)
        rc = number(group, "alone", share_range, &s->title.alone, err);
    if (rc == 0)
        rc = number(group, "larger", (double[]){0, 10}, &s->title.larger, err);
    return rc < 0 ? rc : number(group, "nats", nats_range, &s->title.nats, err);
}

/* A list of at least one and at most `most` elements; its length. */
static int list_of(const config_setting_t *root, const char *name, int most,
                   const config_setting_t **ret_list, struct err *err)
{
    *ret_list = config_setting_get_member(root, name);
    int count = *ret_list ? config_setting_length(*ret_list) : 0;
    if (!*ret_list || config_setting_type(*ret_list) != CONFIG_TYPE_LIST || count < 1 ||
        count > most)
        return config_refuse(*ret_list ? *ret_list : root, err, "'%s': a list of 1 to %d is wanted",
                             name, most);
    return count;
}

static int read_titles(const config_setting_t *root, struct settings *s, struct err *err)
{
    static const char *const known[] = {"tag", "phrase", NULL};
    const config_setting_t *list;
    int count = list_of(root, "titles", SETTINGS_TITLES_MAX, &list, err);
    for (int i = 0; i < count; i++) {
        const config_setting_t *one = config_setting_get_elem(list, (unsigned)i);
        const char *tag, *phrase;
        int rc = config_check_keys(one, known, err);
        if (rc == 0)
            rc = config_text_required(one, "tag", &tag, err);
        if (rc == 0)
            rc = config_text_required(one, "phrase", &phrase, err);
        if (rc < 0)
            return rc;
        if (!tag_is_written(tag_of_name(tag)) || phrase_of(phrase).count == 0)
            return config_refuse(one, err, "a written tag and a phrase are wanted");
        s->titles[s->title_count++] = (struct title_setting){tag_of_name(tag), phrase_of(phrase)};
    }
    return count < 0 ? count : 0;
}

static int read_words(const config_setting_t *root, const char *name, struct phrase *ret_words,
                      int *ret_count, struct err *err)
{
    const config_setting_t *list;
    int count = list_of(root, name, SETTINGS_WORDS_MAX, &list, err);
    for (int i = 0; i < count; i++) {
        const char *word = config_setting_get_string_elem(list, i);
        if (!word || phrase_of(word).count == 0)
            return config_refuse(list, err, "%s: words in quotes are wanted", name);
        ret_words[(*ret_count)++] = phrase_of(word);
    }
    return count < 0 ? count : 0;
}

static int read_body(const config_setting_t *root, struct settings *s, struct err *err)
{
    static const char *const known[] = {"least", "nats", "most", NULL};
    const config_setting_t *group = group_of(root, "body", known, err);
    long long least = 0;
    if (!group)
        return ERR_CONFIG;
    int rc = config_int(group, "least", (long long[]){1, SETTINGS_WORDS_MAX}, &least, err);
    s->body.least = (int)least;
    if (rc == 0)
        rc = number(group, "nats", nats_range, &s->body.nats, err);
    return rc < 0 ? rc : number(group, "most", nats_range, &s->body.most, err);
}

static int read_bodies(const config_setting_t *root, struct settings *s, struct err *err)
{
    static const char *const known[] = {"tag", "least", "phrases", NULL};
    const config_setting_t *list;
    int count = list_of(root, "bodies", SETTINGS_BODIES_MAX, &list, err);
    for (int i = 0; i < count; i++) {
        const config_setting_t *one = config_setting_get_elem(list, (unsigned)i);
        struct body_setting *body = &s->bodies[s->body_count++];
        const char *tag;
        long long least = s->body.least;
        int rc = config_check_keys(one, known, err);
        if (rc == 0)
            rc = config_text_required(one, "tag", &tag, err);
        if (rc == 0)
            rc = config_int(one, "least", (long long[]){1, SETTINGS_WORDS_MAX}, &least, err);
        body->least = (int)least;
        if (rc == 0)
            rc = read_words(one, "phrases", body->phrases, &body->count, err);
        if (rc < 0)
            return rc;
        body->tag = tag_of_name(tag);
        if (!tag_is_written(body->tag))
            return config_refuse(one, err, "a written tag is wanted");
    }
    return count < 0 ? count : 0;
}

/* A list of exactly `count` weights. */
static int read_weights(const config_setting_t *group, const char *name, int count,
                        double *ret_weights, struct err *err)
{
    const config_setting_t *list;
    int have = list_of(group, name, count, &list, err);
    if (have < 0)
        return have;
    if (have != count)
        return config_refuse(list, err, "%s: %d numbers, %d are wanted", name, have, count);
    for (int i = 0; i < count; i++) {
        ret_weights[i] = config_setting_get_float_elem(list, i);
        if (!(ret_weights[i] >= weight_range[0] && ret_weights[i] <= weight_range[1]))
            return config_refuse(list, err, "%s: %g is out of range", name, ret_weights[i]);
    }
    return 0;
}

static int read_logistics(const config_setting_t *root, struct settings *s, struct err *err)
{
    static const char *const look_keys[] = {"typed", "hand", "most", NULL};
    static const char *const text_keys[] = {"typed", "hand", "most", "words", "unread", NULL};
    const config_setting_t *look = group_of(root, "look", look_keys, err);
    const config_setting_t *text = look ? group_of(root, "text", text_keys, err) : NULL;
    long long words = 0;
    if (!text)
        return ERR_CONFIG;
    int rc = read_weights(look, "typed", LOOK_WEIGHTS, s->look_typed, err);
    if (rc == 0)
        rc = read_weights(look, "hand", LOOK_WEIGHTS, s->look_hand, err);
    if (rc == 0)
        rc = number(look, "most", nats_range, &s->look_most, err);
    if (rc == 0)
        rc = read_weights(text, "typed", TEXT_WEIGHTS, s->text_typed, err);
    if (rc == 0)
        rc = read_weights(text, "hand", TEXT_WEIGHTS, s->text_hand, err);
    if (rc == 0)
        rc = number(text, "unread", nats_range, &s->text_unread, err);
    if (rc == 0)
        rc = number(text, "most", nats_range, &s->text_most, err);
    if (rc == 0)
        rc = config_int(text, "words", (long long[]){1, 1000}, &words, err);
    s->text_words = (int)words;
    return rc;
}

static int read_all(const config_setting_t *root, struct settings *s, struct err *err)
{
    static const char *const known[] = {
        "format",     "mix",  "accept", "form",         "cheque", "cheque_words", "title",
        "titles",     "body", "bodies", "not_the_form", "look",   "text",         "medical_service",
        "read_forms", NULL};
    long long format = 0;
    int rc = config_check_keys(root, known, err);
    if (rc == 0)
        rc = config_int(root, "format", (long long[]){FORMAT, FORMAT}, &format, err);
    if (rc == 0 && format != FORMAT)
        rc = config_refuse(root, err, "'format = %d;' is missing", FORMAT);
    if (rc == 0)
        rc = read_tags(root, "mix", s->mix, err);
    if (rc == 0)
        rc = read_accept(root, s, err);
    if (rc == 0)
        rc = read_form(root, s, err);
    if (rc == 0)
        rc = read_cheque(root, s, err);
    if (rc == 0)
        rc = read_title(root, s, err);
    if (rc == 0)
        rc = read_titles(root, s, err);
    if (rc == 0)
        rc = read_body(root, s, err);
    if (rc == 0)
        rc = read_bodies(root, s, err);
    if (rc == 0)
        rc = read_words(root, "not_the_form", s->not_the_form, &s->not_the_form_count, err);
    if (rc == 0)
        rc = read_words(root, "cheque_words", s->cheque_words, &s->cheque_word_count, err);
    if (rc == 0)
        rc =
            read_words(root, "medical_service", s->medical_service, &s->medical_service_count, err);
    if (rc == 0)
        rc = config_bool(root, "read_forms", &s->read_forms, err);
    return rc < 0 ? rc : read_logistics(root, s, err);
}

int settings_read(const char *path, struct settings *ret_settings, struct err *err)
{
    SCOPED(buf_free) struct buf text = {0};
    config_t config;
    *ret_settings = (struct settings){0};
    int rc = file_read(path, SETTINGS_LIMIT_BYTES, &text, err);
    if (rc == 0)
        rc = config_open(path, &config, err);
    if (rc < 0)
        return rc;
    ret_settings->digest = digest_of(buf_view(&text));
    rc = read_all(config_root_setting(&config), ret_settings, err);
    config_close(&config);
    return rc;
}
