/*
 * config/classify.conf as values. Read once, strictly; the digest of the file is part of the
 * configuration id that every verdict carries.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "base/digest.h"
#include "base/err.h"
#include "classify/phrase.h"
#include "classify/verdict.h"

enum {
    SETTINGS_TITLES_MAX = 64,
    SETTINGS_WORDS_MAX = 24,
    SETTINGS_BODIES_MAX = 8,
    LOOK_WEIGHTS = 13,
    TEXT_WEIGHTS = 10
};

struct title_setting {
    enum tag tag;
    struct phrase phrase;
};

/* Words usual on pages of one kind, a form whatever its version or a prescription: so many
 * different ones make it likely. */
struct body_setting {
    enum tag tag;
    int least;
    struct phrase phrases[SETTINGS_WORDS_MAX];
    int count;
};

struct settings {
    double mix[TAG_COUNT];
    double accept[TAG_COUNT];
    double accept_rotation;
    struct {
        double middle, slope, most; /* nats = slope * (score - middle), within +-most */
        double none;                /* nats against forms when no model fits at all */
        double doubtful;            /* a score below this asks for the title too */
    } form;
    struct {
        double line;  /* nats for a magnetic line */
        double size;  /* for paper of a cheque's size alone */
        double shape; /* for its proportions, where the size is not known */
        double none;  /* against cheques on all other pages */
        double words; /* for its printed words on such paper */
    } cheque;
    struct {
        double part;   /* of the page's height that is read */
        double alone;  /* least share of its lines' letters that are the title's */
        double larger; /* than the median word of the part read */
        double nats;
    } title;
    struct title_setting titles[SETTINGS_TITLES_MAX];
    int title_count;
    struct body_setting bodies[SETTINGS_BODIES_MAX];
    int body_count;
    struct {
        int least;   /* phrases found, fewer say nothing */
        double nats; /* for each phrase found */
        double most;
    } body;
    struct phrase not_the_form[SETTINGS_WORDS_MAX];
    int not_the_form_count;
    double look_typed[LOOK_WEIGHTS], look_hand[LOOK_WEIGHTS], look_most;
    double text_typed[TEXT_WEIGHTS], text_hand[TEXT_WEIGHTS], text_most;
    int text_words;     /* fewer words read say nothing */
    double text_unread; /* nats for a letter when handwriting cannot be read at all */
    struct phrase cheque_words[SETTINGS_WORDS_MAX];
    int cheque_word_count;
    struct phrase medical_service[SETTINGS_WORDS_MAX]; /* how letters address it */
    int medical_service_count;
    bool read_forms; /* the text of forms that are sure, too */
    struct digest digest;
};

/* ERR_CONFIG names file and line. */
int settings_read(const char *path, struct settings *ret_settings, struct err *err);
