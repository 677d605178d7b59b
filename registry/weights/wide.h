/* The passes of a sketch for processors with vectors of doubles: the same numbers, some times faster. Plain types are
 * taken as they lie in a file, without being written out as doubles first. Inside weights/ only. */
#ifndef JK_WEIGHTS_WIDE_H
#define JK_WEIGHTS_WIDE_H

#include "weights/divisor.h"
#include "weights/type.h"

/* What the elements are written as. */
enum jk_wide_form { JK_WIDE_DOUBLE, JK_WIDE_FLOAT, JK_WIDE_HALF, JK_WIDE_BF16 };

/* False: elements of this type must be unpacked. */
bool jk_wide_form_of(const struct jk_type *type, enum jk_wide_form *out_form);

/* Both add `rows` of 256 elements, by vectors of at most so many bits. False: this processor has none; nothing was
 * added. The first is not for doubles, whose squares would be rounded twice. The second takes 256 signs for each row. */
bool jk_wide_first(unsigned bits, enum jk_wide_form form, double *sum, double *squares, const unsigned char *elements,
                   size_t rows);
bool jk_wide_second(unsigned bits, enum jk_wide_form form, double *sum, const unsigned char *elements, size_t rows,
                    const uint64_t *signs, double mean, const struct jk_divisor *deviation);

#endif
