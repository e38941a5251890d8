/*
 * The sick note ("avis d'arrêt de travail", like Cerfa 10170*06) as data: what all volets share,
 * what each adds.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "bench/mail/form.h"

enum { SICK_NOTE_VOLETS = 3 };

struct form_items {
    const struct form_item *at;
    size_t count;
};

extern const struct form_inks SICK_NOTE_INKS;
extern const struct form_items SICK_NOTE_COMMON;
extern const struct form_items SICK_NOTE_MEDICAL;                 /* volets 1 and 2 */
extern const struct form_items SICK_NOTE_VOLET[SICK_NOTE_VOLETS]; /* index: volet - 1 */

#define SICK_NOTE_NIR ((struct area){59.7, 33.0, 66.2, 4.6})
#define SICK_NOTE_NIR_KEY ((struct area){129.1, 33.0, 10.0, 4.6})
#define SICK_NOTE_NAME ((struct area){37, 39.6, 155, 4})
#define SICK_NOTE_ORGANISATION ((struct area){123.7, 49.6, 45.7, 4.6}) /* 9 */
#define SICK_NOTE_ADDRESS ((struct area){118, 56.4, 78, 4})
#define SICK_NOTE_POSTCODE ((struct area){31.8, 63.2, 25.2, 4.4}) /* 5 */
#define SICK_NOTE_TOWN ((struct area){69, 63, 60, 3.8})
#define SICK_NOTE_PHONE ((struct area){156, 63, 42, 3.8})
#define SICK_NOTE_INITIAL ((struct area){106.9, 9.9, 4.4, 4.4})
#define SICK_NOTE_EXTENSION ((struct area){127.3, 9.9, 4.4, 4.4})
#define SICK_NOTE_EMPLOYED ((struct area){37.7, 79.6, 4.2, 4.2})
#define SICK_NOTE_UNEMPLOYED ((struct area){32.9, 85.2, 4.1, 4.1})
#define SICK_NOTE_ACCIDENT_NO ((struct area){189.6, 91.4, 3.9, 4.1})
#define SICK_NOTE_EMPLOYER ((struct area){73, 131.6, 60, 4.2})
#define SICK_NOTE_EMPLOYER_PHONE ((struct area){156, 130.2, 42, 3.6})
#define SICK_NOTE_EMPLOYER_ADDRESS ((struct area){26, 138.6, 170, 4})
#define SICK_NOTE_PATIENT ((struct area){102, 150.4, 95, 4})
#define SICK_NOTE_UNTIL_WORDS ((struct area){96, 155.6, 90, 3.6})
#define SICK_NOTE_UNTIL ((struct area){92.9, 164.2, 40.9, 4.2}) /* 8 */
#define SICK_NOTE_ALD_WITHOUT ((struct area){33.1, 170.8, 3.9, 3.9})
#define SICK_NOTE_PREGNANCY_WITHOUT ((struct area){33.1, 176.5, 3.9, 4.1})
#define SICK_NOTE_OUTINGS_YES ((struct area){50.2, 187.3, 3.9, 4.1})
#define SICK_NOTE_OUTINGS_FROM ((struct area){77.9, 187.2, 40.9, 4.2}) /* 8 */
#define SICK_NOTE_FREE_NO ((struct area){19.8, 200.7, 4.1, 4.2})
#define SICK_NOTE_MOTIVE ((struct area){13, 236.5, 180, 5})
#define SICK_NOTE_PRACTITIONER ((struct area){12, 254.6, 78, 9})
#define SICK_NOTE_STRUCTURE ((struct area){100, 254.4, 96, 7})
#define SICK_NOTE_IDENTIFIER ((struct area){34.4, 262.4, 56.4, 4.4})      /* 11 */
#define SICK_NOTE_STRUCTURE_NUMBER ((struct area){126.9, 262.4, 46, 4.4}) /* 9 */
#define SICK_NOTE_DATE ((struct area){20.2, 270.2, 40.8, 4.2})            /* 8 */
#define SICK_NOTE_SIGNATURE ((struct area){104, 268, 60, 13})
