/*
 * fuzz.h: what a fuzz target is.
 *
 * A target is one file, fuzz_NAME.c, with one function: libFuzzer calls it
 * with whatever it can think of (`make fuzz`), and replay.c with what is in
 * corpus/NAME (`make check`).  It ends the program by FUZZ_MUST() where
 * something is other than it has to be, and leaves nothing behind.
 */
#ifndef KX_FUZZ_H
#define KX_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* End the program, loudly, unless condition holds. */
#define FUZZ_MUST(condition)                                                  \
    do {                                                                      \
        if (!(condition)) {                                                   \
            fprintf(stderr, "%s:%d: %s does not hold\n", __FILE__, __LINE__,  \
                    #condition);                                              \
            abort();                                                          \
        }                                                                     \
    } while (0)

#endif /* KX_FUZZ_H */
