/*
 * model.h: what analysers cannot see from one file, told to them.
 *
 * `make lint` has it included before each file of the products, but for those
 * that define what is told of here.  No product is compiled with it.
 */
#ifndef KX_MODEL_H
#define KX_MODEL_H

#include "config.h"
#include <stdint.h>
#include <sys/queue.h>
#include "base/kx_base.h"
#include "exchange/course.h"

/* They return code, and turn no failure into a success. */
#define kx_error(context, code, ...)                                          \
    (kx_error(context, code, __VA_ARGS__), (krb5_error_code)(code))

#define kx_step_end(course, step, code, said)                                 \
    (kx_step_end(course, step, code, said), (krb5_error_code)(code))

/* It holds p, which is lost only with what it returns. */
static inline krb5_data
model_data(const void *p, size_t length)
{
    /* NOLINTNEXTLINE(performance-no-int-to-ptr): it takes the const off. */
    krb5_data d = {KV5M_DATA, (unsigned int)length, (char *)(uintptr_t)p};

    return d;
}
#define kx_data model_data

/* Something of the queue changes.  What sys/queue.h has there changes the head
 * through a pointer that the element has, so analysers go on as if the
 * element, released by then, were the first one still. */
void model_changes(void *queue, const void *element);
#undef TAILQ_REMOVE
#define TAILQ_REMOVE(head, element, field) model_changes(head, element)

#endif /* KX_MODEL_H */
