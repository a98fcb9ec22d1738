/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Functions that lend does not use.  Each is a compile error, and the name
 * after LEND_IS_BANNED in the message says what to write instead.
 */

#ifndef LEND_BASE_BANNED_H
#define LEND_BASE_BANNED_H

/* First the headers that declare them: the macros below would break the declarations. */
#include <alloca.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#undef alloca
#undef strcpy
#undef strcat
#undef strncpy
#undef sprintf
#undef vsprintf
#undef strtok
#undef atoi
#undef atol
#undef gets

#define alloca(n)        LEND_IS_BANNED_use_an_arena
#define strcpy(d, s)     LEND_IS_BANNED_use_lend_arena_strdup
#define strcat(d, s)     LEND_IS_BANNED_use_lend_buf_puts
#define strncpy(d, s, n) LEND_IS_BANNED_use_lend_arena_strndup
#define sprintf(...)     LEND_IS_BANNED_use_snprintf_or_lend_buf_printf
#define vsprintf(...)    LEND_IS_BANNED_use_vsnprintf
#define strtok(s, d)     LEND_IS_BANNED_use_strcspn
#define atoi(s)          LEND_IS_BANNED_use_lend_parse_u64
#define atol(s)          LEND_IS_BANNED_use_lend_parse_u64

#endif
