/*
 * The care form ("feuille de soins - médecin", like Cerfa 12541*02) as data.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "bench/mail/form.h"

enum { CARE_FORM_ACT_ROWS = 4 };

extern const struct form_item CARE_FORM_ITEMS[];
extern const size_t CARE_FORM_ITEM_COUNT;
extern const struct form_inks CARE_FORM_INKS;

/* Where things are written. Cells are the inside of combs. */
#define CARE_FORM_NIR ((struct area){58.4, 36.0, 63.6, 4.9})     /* 13 cells */
#define CARE_FORM_NIR_KEY ((struct area){124.5, 36.0, 9.7, 4.9}) /* 2 */
#define CARE_FORM_NAME ((struct area){33, 28.2, 150, 3.6})
#define CARE_FORM_BIRTH ((struct area){58.6, 44.2, 38.7, 3.9})       /* 8 */
#define CARE_FORM_ORGANISATION ((struct area){156.3, 36.0, 44, 4.9}) /* 9 */
#define CARE_FORM_INSURED_NAME ((struct area){33, 53.1, 150, 3.6})
#define CARE_FORM_INSURED_NIR ((struct area){58.4, 61.2, 63.6, 4.9})
#define CARE_FORM_INSURED_KEY ((struct area){124.5, 61.2, 9.7, 4.9})
#define CARE_FORM_ADDRESS ((struct area){13, 70.2, 180, 3.5})
#define CARE_FORM_DATE ((struct area){161.2, 15.0, 38.9, 3.9}) /* 8 */
#define CARE_FORM_INVOICE ((struct area){156.3, 8.7, 44, 4.9}) /* 9 */
#define CARE_FORM_PRACTICE ((struct area){14, 82, 84, 22})
#define CARE_FORM_STRUCTURE ((struct area){110, 82, 84, 26})
#define CARE_FORM_IDENTIFIER ((struct area){56.7, 114.7, 41, 4.8}) /* 9 */
#define CARE_FORM_ILLNESS ((struct area){12.2, 126.0, 4.4, 3.4})
#define CARE_FORM_MATERNITY ((struct area){12.2, 146.0, 4.4, 3.4})
#define CARE_FORM_ACCIDENT ((struct area){12.2, 153.0, 4.4, 3.4})
#define CARE_FORM_THIRD_PARTY_NO ((struct area){67.1, 139.0, 4.4, 3.4})
#define CARE_FORM_ALD ((struct area){58.2, 132.5, 4.4, 3.4})
#define CARE_FORM_REFERRER ((struct area){55, 169.5, 100, 3.6})
#define CARE_FORM_TOTAL ((struct area){109.9, 245.6, 29.4, 5}) /* 6 */
#define CARE_FORM_SIGN_DOCTOR ((struct area){41, 262.5, 42, 10})
#define CARE_FORM_SIGN_INSURED ((struct area){115, 262.5, 42, 10})

/* Row 0..3 of the acts: date (8 cells), code (7 cells), fees (6 cells), and the letter column. */
struct area care_form_act_date(int row);
struct area care_form_act_code(int row);
struct area care_form_act_letter(int row);
struct area care_form_act_fee(int row);
