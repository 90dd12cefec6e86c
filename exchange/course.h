/*
 * course.h: how the rooms of exchange/ keep a course; what it is for stands in
 * kx_course.h.  A NULL course is fine everywhere: then nobody is told.
 */
#ifndef KX_COURSE_INSIDE_H
#define KX_COURSE_INSIDE_H

#include "exchange/kx_course.h"

/* The course, which is all zero or has its remote and its source set, begins,
 * and with it KX_STEP_EXCHANGE.  All pointers are borrowed. */
void kx_course_begin(struct kx_course *course,
                     const struct kx_listener *listener, krb5_context context,
                     enum kx_side side, const char *local);

/* It is about this server from now on (borrowed); NULL: about none. */
void kx_course_server(struct kx_course *course, const char *host,
                      uint16_t port);

/* Begin step; one that is under way goes on, and is not told again. */
void kx_step_begin(struct kx_course *course, enum kx_step step);

/* End step with code, of which the context holds the message, and what it
 * found (NULL: nothing).  Returns code.  One that was not begun is not told.
 */
krb5_error_code kx_step_end(struct kx_course *course, enum kx_step step,
                            krb5_error_code code,
                            const struct kx_found *found);

/* Stop the time of a step that is under way, and let it go on. */
void kx_step_pause(struct kx_course *course, enum kx_step step);
void kx_step_resume(struct kx_course *course, enum kx_step step);

/* End all steps that are under way but the whole with code. */
void kx_course_interrupt(struct kx_course *course, krb5_error_code code);

/* End the whole with code; crossover is NULL without a key.  Nothing happens
 * if it has ended already. */
void kx_course_end(struct kx_course *course, krb5_error_code code,
                   const struct kx_crossover *crossover);

#endif /* KX_COURSE_INSIDE_H */
