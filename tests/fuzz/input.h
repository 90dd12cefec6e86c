/*
 * input.h: taking an input apart from its front, for targets whose inputs have
 * several parts, DER among them.
 */
#ifndef KX_FUZZ_INPUT_H
#define KX_FUZZ_INPUT_H

#include "base/kx_base.h"

/* What is left of an input. */
struct input {
    const uint8_t *at;
    size_t left;
};

/* Take n bytes off in; NULL if there are not so many. */
const uint8_t *input_take(struct input *in, size_t n);

/* Take one element of DER off in; an empty one if there is none.  *inner gets
 * what it is made of. */
krb5_data input_take_element(struct input *in, struct input *inner);

/* Take a SEQUENCE off in: its first max elements, which it is made of, in
 * list; returns how many. */
size_t input_take_list(struct input *in, krb5_data *list, size_t max);

#endif /* KX_FUZZ_INPUT_H */
