/* Assertions that stay on in release builds, and magic numbers for objects that cross a void *.
 * A failed check writes one line to standard error and aborts. */
#ifndef JK_BASE_CHECK_H
#define JK_BASE_CHECK_H

#include <stdint.h>

_Noreturn void jk_check_failed(const char *file, int line, const char *what);

#define JK_CHECK(condition)                                                                                            \
    do {                                                                                                               \
        if (__builtin_expect(!(condition), 0)) jk_check_failed(__FILE__, __LINE__, #condition);                        \
    } while (0)

#define JK_CHECK_MAGIC(object, number) JK_CHECK((object) != 0 && (object)->magic == (number))

#endif
