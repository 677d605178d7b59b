/* Numbers as people give them: indexes, sizes and counts, plain or as this program prints them ("21,211"). Pure. */
#ifndef JK_CLI_CONSOLE_NUMBER_H
#define JK_CLI_CONSOLE_NUMBER_H

#include <stdbool.h>
#include <stdint.h>

/* Decimal digits, all of their thousands apart by commas or none; at most 2^64 - 1. */
bool jk_number_parse(const char *text, uint64_t *out_number);

#endif
